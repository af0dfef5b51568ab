"""How alike unrelated documents are by chance, and from where likeness means a shared story.

The scores of unrelated pairs are close to log-normal: on 135 English news articles, on the same cut into
syllables and into letter pairs, the logarithm of the score has a spread of 0.4 to 0.7 and hardly any skew
(docs/merge.md). So the logarithm is centered and scaled by the collection's own unrelated pairs, and a level
means the same in every language.

The cut is that of Benjamini and Hochberg: the lowest level at which the pairs expected by chance are at most
a given share of the pairs that are there. A collection without stories has next to no pairs above it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dedupe.core.hashing import F64, I64, U64, opens_run
from dedupe.stories.coverage.terms import term_hashes

FLOOR = 1e-6  # scores below count as this, so that the logarithm exists
LOWEST_LEVEL = 1.645  # one unrelated pair in twenty is higher: no less is asked, however few pairs there are
# Expected center for small collections: linear in the logarithms of the chance that two runs of two words in one
# document are equal, of the number of documents, and of their length. Fitted on English news as it is, cut into
# syllables, halves and letter pairs, with stems of four letters, with endings added, and cut off after 40 to 320
# words; the residual is 0.34.
CENTER, PER_REPEAT, PER_DOCUMENT, PER_LENGTH = 7.2, 1.41, -0.50, 0.65
USUAL_WORDS = 600.0
# Short texts share nothing or a little by luck: their spread is wider, 0.35 for long ones and twice that at 90 words.
SPREAD, SPREAD_WORDS = 0.35, 32.0
PRIOR_DOCS = 20  # the expected center counts as much as this many documents
_REPEAT_RANGE = (-9.0, -5.5)
_USUAL_REPEATS, _USUAL_PAIRS = 7.5e-4, 50_000.0  # what is assumed of a text too short to repeat itself


class Chance(NamedTuple):
    """The log scores of unrelated pairs.

    Attributes:
        center: Median of the logarithm.
        spread: Its standard deviation.
    """

    center: float
    spread: float

    def levels(self, scores: F64) -> F64:
        """Standard deviations above the center, for scores of any shape."""
        result: F64 = (np.log(np.maximum(scores, FLOOR)) - self.center) / self.spread
        return result


def expected(hashes: U64, offsets: I64) -> Chance:
    """Guess the chance level from how often documents repeat themselves.

    Where words are syllables, or short, a document repeats runs of words more often, and unrelated documents
    share more of them. Repeats inside documents do not depend on how the documents are related.

    Args:
        hashes: Array of shape (n_words,), uint64.
        offsets: Array of shape (n_docs + 1,), int64.

    Returns:
        The chance level for a collection of n_docs.
    """
    repeats = _pair_repeats(hashes, offsets)
    n_docs = max(2, offsets.size - 1)
    sizes = np.diff(offsets)
    n_words = max(10.0, float(np.median(sizes[sizes > 0]))) if (sizes > 0).any() else USUAL_WORDS
    center = CENTER + PER_REPEAT * repeats + PER_DOCUMENT * np.log(n_docs) + PER_LENGTH * np.log(n_words / USUAL_WORDS)
    return Chance(float(center), SPREAD + SPREAD_WORDS / n_words)


def measured(scores: F64, n_docs: int, prior: Chance) -> Chance:
    """Fit the chance level to the scores of random pairs.

    Pairs of one story can only raise scores, so high ones are left out step by step.

    Args:
        scores: Array of shape (n_pairs,), float64.
        n_docs: Documents that the pairs come from.
        prior: The level expected without looking at pairs; decides in small collections.
    """
    if scores.size == 0:
        return prior
    logs = np.log(np.maximum(scores, FLOOR))
    allowed = 0.6 + n_docs / 60
    center = float(np.clip(np.median(logs), prior.center - 2 * allowed, prior.center + allowed))
    spread = prior.spread
    weight = n_docs / (n_docs + PRIOR_DOCS)
    for _ in range(6):
        # a window with equal sides around the center keeps its median and, for normal logs, 0.955 of the pairs
        near = logs[np.abs(logs - center) < 2.0 * spread]
        if near.size < 3:
            break
        fitted = float(np.median(near))
        center = float(np.clip(fitted, prior.center - 2 * allowed, prior.center + allowed))
        deviation = 1.54 * float(np.median(np.abs(near - fitted)))
        spread = max(0.2, weight * deviation + (1 - weight) * prior.spread)
    return Chance(weight * center + (1 - weight) * prior.center, spread)


def cut(levels: F64, n_pairs: float, error_rate: float) -> float:
    """Find the level from which pairs belong together.

    Args:
        levels: Array of shape (n,): the highest levels of the collection, in any order.
        n_pairs: How many pairs were possible.
        error_rate: Share of the pairs above the cut that may be there by chance.

    Returns:
        The level; infinity when no pair stands out.

    Source:
        Benjamini and Hochberg 1995, Controlling the False Discovery Rate, section 3.1.
    """
    from scipy.special import ndtr, ndtri

    ranked = np.sort(levels)[::-1]
    by_chance = n_pairs * ndtr(-ranked)
    good = np.flatnonzero(by_chance <= error_rate * np.arange(1, ranked.size + 1))
    if good.size == 0:
        return float("inf")
    # the level itself, not the pair next above it: with few pairs the two are far apart
    n_above = int(good[-1]) + 1
    return max(float(-ndtri(min(0.5, error_rate * n_above / n_pairs))), LOWEST_LEVEL)


def _pair_repeats(hashes: U64, offsets: I64) -> float:
    """Logarithm of the chance that two runs of two words in one document are equal: median over the documents."""
    term = term_hashes(hashes, 2)
    block = np.repeat(np.arange(offsets.size - 1), np.diff(offsets))
    inside = block[: term.size] == block[1:] if term.size else np.zeros(0, np.bool_)
    term, block = term[inside], block[: term.size][inside]
    order = np.lexsort((term, block))
    term, block = term[order], block[order]
    first = np.flatnonzero(opens_run(term, block))
    times = np.diff(np.append(first, term.size))
    n_terms = np.bincount(block, minlength=offsets.size - 1).astype(np.float64)
    equal = np.zeros(offsets.size - 1)
    np.add.at(equal, block[first], times * (times - 1.0))
    possible = n_terms * (n_terms - 1)
    filled = possible > 0
    low, high = _REPEAT_RANGE
    if not filled.any():
        return low
    rate = float(np.median((equal + _USUAL_REPEATS * _USUAL_PAIRS)[filled] / (possible + _USUAL_PAIRS)[filled]))
    return float(np.clip(np.log(max(rate, 1e-9)), low, high))
