"""Recall, measured on the texts of the run: pairs at the threshold are planted, and looked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dedupe.core.measures.similarity import pair_similarities, ranked
from dedupe.core.text.batch import encode
from dedupe.matching.comparable import Comparable, Spans, fingerprint
from dedupe.matching.recipe import Recipe
from dedupe.options import Options

LEAST_WORDS, MOST_WORDS = 50, 1000  # of a text that is used; of a longer one its beginning
_SLACK = 0.1  # planted pairs are this much above the threshold, at most


def measure_recall(texts: Sequence[str], recipe: Recipe) -> tuple[float | None, int]:
    """Share of planted pairs at the threshold that share a bucket.

    Words of each text are replaced, spread evenly by chance, until its similarity to the original lies between the
    threshold and 0.1 above it; the pair counts as found when a band key is equal.

    Args:
        texts: Texts of the run; those under 50 words are not used.
        recipe: How blocks are matched.

    Returns:
        The share, None when no text was fit; and the number of pairs.
    """
    options = recipe.options
    pairs = list(_planted(texts, options))
    if not pairs:
        return None, 0
    batch = encode([text for pair in pairs for text in pair])
    spans, left = Spans.whole(batch), np.arange(0, batch.n_rows, 2)
    similarity = pair_similarities(ranked(Comparable.of(spans, recipe).sets), left, left + 1)
    fit = (similarity >= options.threshold) & (similarity < options.threshold + _SLACK)
    keys = fingerprint(spans, recipe).keys
    is_found = (keys[left] == keys[left + 1]).any(axis=1) | (similarity >= 1.0)
    return (round(float(is_found[fit].mean()), 4) if fit.any() else None), int(fit.sum())


def _planted(texts: Sequence[str], options: Options) -> Iterator[tuple[str, str]]:
    """Texts beside edited ones, a few for each text, as nobody knows beforehand what an edit costs."""
    random = np.random.default_rng(options.seed)
    width = options.width_words
    for number, text in enumerate(texts):
        words = text.split(maxsplit=MOST_WORDS)[:MOST_WORDS]
        if len(words) < LEAST_WORDS:
            continue
        for target in (options.threshold, options.threshold + _SLACK / 2):
            # a share p of replaced words leaves (1 - p)**width of the shingles: J = kept / (2 - kept)
            kept = 2 * target / (1 + target)
            share = 1 - kept ** (1 / width)
            edited = [
                f"zq{number}x{position}" if chance < share else word
                for position, (word, chance) in enumerate(zip(words, random.random(len(words)).tolist(), strict=True))
            ]
            yield " ".join(words), " ".join(edited)
