"""Two texts side by side: every measure, the verdict, and the passages they share."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Unpack

import numpy as np

from dedupe.core.hashing import I64, U64
from dedupe.core.meaning.difference import Difference, difference
from dedupe.core.measures.ratio import ratio
from dedupe.core.measures.similarity import intersections, ranked
from dedupe.core.shingles import Shingles, sets, shingles
from dedupe.core.text.batch import Batch, char_offsets, encode
from dedupe.core.text.tokens import Words, words
from dedupe.inputs.texts import check_text
from dedupe.matching.recipe import Recipe
from dedupe.options import Options, Settings
from dedupe.results import Verdict

__all__ = ["Comparison", "SharedSpan", "compare"]


@dataclass(frozen=True)
class SharedSpan:
    """A passage that stands in both texts, in the same words.

    Attributes:
        start: First character in the first text.
        end: Character after the last.
        other_start: First character in the second text.
        other_end: Character after the last.
    """

    start: int
    end: int
    other_start: int
    other_end: int


@dataclass(frozen=True)
class Comparison:
    """How alike two texts are.

    Attributes:
        jaccard: Shared shingles over all shingles, 0–1.
        containment: Share of the first text's shingles that the second has, 0–1; of a text with fewer words than a
            shingle, 1 where all its words stand in a row in the other, else 0.
        containment_other: Share of the second text's shingles that the first has, 0–1.
        ratio: Share of characters that align after folding, 0–1.
        verdict: ``identical``, ``duplicate`` (jaccard reaches the threshold), ``contained`` (the second holds the
            first), ``contains``, ``overlaps`` (a passage is shared) or ``different``.
        shared: The passages in both, in the order of the first text.
    """

    jaccard: float
    containment: float
    containment_other: float
    ratio: float
    verdict: Verdict
    shared: tuple[SharedSpan, ...]
    _texts: tuple[str, str] = field(repr=False, compare=False)

    @cached_property
    def difference(self) -> Difference:
        """The texts aligned word by word, the first on the left, with what each difference means.

        Its verdict is about what is said, that of the comparison about how much is shared.
        """
        return difference(*self._texts)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "format": "dedupe.comparison",
            "version": 1,
            "jaccard": round(self.jaccard, 6),
            "containment": round(self.containment, 6),
            "containment_other": round(self.containment_other, 6),
            "ratio": round(self.ratio, 6),
            "verdict": self.verdict,
            "shared": [[span.start, span.end, span.other_start, span.other_end] for span in self.shared],
            "difference": self.difference.to_dict(),
        }


def compare(a: str, b: str, *, options: Options | None = None, **settings: Unpack[Settings]) -> Comparison:
    """Measure two texts against each other.

    Args:
        a: The first text.
        b: The second text.
        options: All settings in one object, instead of keywords.
        **settings: Of the fields of :class:`dedupe.Options`, `threshold` and `width_words` count here.

    Returns:
        All measures; texts without words are alike only when they are equal, and two empty ones are not.

    Raises:
        InputError: One of them is not str.
        OptionError: A setting breaks its rule.

    Examples:
        >>> result = compare("one two three four", "zero one two three four")
        >>> result.jaccard, result.containment, result.verdict
        (0.6666666666666666, 1.0, 'contained')
        >>> result.shared
        (SharedSpan(start=0, end=18, other_start=5, other_end=23),)
        >>> [(run.kind, run.right) for run in result.difference.substance]
        [('right only', 'zero')]
    """
    chosen = Recipe.of("compare", options, settings).options
    batch = encode([check_text(a, "a"), check_text(b, "b")])
    found = words(batch.buffer, batch.offsets[:-1], batch.offsets[1:])
    windows = shingles(found, chosen.width_words)
    both = ranked(sets(windows))
    sizes = both.sizes
    common = int(intersections(both, np.array([0]), np.array([1]))[0])
    is_same = a == b and bool(a.strip())
    if is_same and not common:  # no words: only equal texts are alike
        return Comparison(1.0, 1.0, 1.0, 1.0, "identical", (SharedSpan(0, len(a), 0, len(b)),), (a, b))
    jaccard = common / max(int(sizes.sum()) - common, 1)
    n_words = np.diff(found.offsets).tolist()
    width = max(min(chosen.width_words, *n_words), 1)
    if width < chosen.width_words:  # a text with fewer words than a shingle is looked for as a whole
        windows = shingles(found, width)
    shared = _shared_spans(batch, found, windows, width)
    inside, inside_other = (
        float(bool(shared)) if n == width < chosen.width_words else common / max(size, 1)
        for n, size in zip(n_words, sizes.tolist(), strict=True)
    )
    alike = ratio(a, b) if common or sizes.all() else 0.0
    verdict = "identical" if is_same else _verdict(jaccard, inside, inside_other, chosen.threshold, bool(shared))
    return Comparison(jaccard, inside, inside_other, alike, verdict, shared, (a, b))


def _verdict(jaccard: float, inside: float, inside_other: float, threshold: float, is_shared: bool) -> Verdict:
    if jaccard >= threshold:
        return "duplicate"
    if max(inside, inside_other) >= threshold:
        return "contained" if inside >= inside_other else "contains"
    return "overlaps" if is_shared else "different"


def _shared_spans(batch: Batch, found: Words, windows: Shingles, width_words: int) -> tuple[SharedSpan, ...]:
    """Longest runs of shingles of the first text that stand in a row in the second."""
    border = int(windows.offsets[1])
    first, second = windows.hashes[:border], windows.hashes[border:]
    if first.size == 0 or second.size == 0:
        return ()
    order = np.argsort(second, kind="stable")
    at = np.minimum(np.searchsorted(second[order], first), second.size - 1)
    partner = np.where(second[order[at]] == first, order[at], -1)
    # go on where the passage before goes on, even if the shingle stands earlier in the second text as well
    partner = _continued(first, second, partner)
    hit = np.flatnonzero(partner >= 0)
    if hit.size == 0:
        return ()
    new = np.ones(hit.size, np.bool_)
    new[1:] = (np.diff(hit) != 1) | (np.diff(partner[hit]) != 1)
    begin = hit[new]
    length = np.diff(np.append(np.flatnonzero(new), hit.size))
    return _in_characters(batch, found, begin, partner[begin], length, width_words)


def _continued(first: U64, second: U64, partner: I64) -> I64:
    """Let each passage go on for as long as the texts agree, also where a shingle stands earlier in the second text.

    Args:
        first: Array of shape (n_first,), uint64, shingle hashes.
        second: Array of shape (n_second,), uint64.
        partner: Array of shape (n_first,), int64: the earliest place in `second` of each shingle, -1 without one.

    Returns:
        Array of shape (n_first,), int64: one behind the partner of the shingle before where that one is equal too.
    """
    result, behind = partner.copy(), partner[:-1] + 1
    agrees = (partner[:-1] >= 0) & (second[np.minimum(behind, second.size - 1)] == first[1:]) & (behind < second.size)
    turns = np.flatnonzero(agrees & (behind != partner[1:])) + 1
    at = 0
    while at < turns.size:  # once for each passage that goes on so, not for each shingle
        place = int(turns[at])
        start = int(behind[place - 1])
        end = place + _n_equal(first[place:], second[start:])
        result[place:end] = np.arange(start, start + end - place)
        at = int(np.searchsorted(turns, end, side="right"))  # `end` itself begins a passage of its own
    return result


def _n_equal(one: U64, other: U64) -> int:
    """How many elements from the first on are equal, looking at twice as many each time."""
    size, begin, width = min(one.size, other.size), 0, 32
    while begin < size:
        part = slice(begin, min(begin + width, size))
        differs = one[part] != other[part]
        if differs.any():
            return begin + int(differs.argmax())
        begin, width = part.stop, 2 * width
    return size


def _in_characters(
    batch: Batch, found: Words, begin: I64, other: I64, length: I64, width_words: int
) -> tuple[SharedSpan, ...]:
    width = np.minimum(width_words, np.diff(found.offsets))
    first = np.concatenate((found.offsets[0] + begin, found.offsets[1] + other))  # words that open a passage
    docs = np.repeat([0, 1], begin.size)
    last = first + np.tile(length, 2) + width[docs] - 2
    at = char_offsets(batch, np.tile(docs, 2), np.concatenate((found.starts[first], found.ends[last])))
    start, other_start, end, other_end = at.reshape(4, -1)
    spans = np.stack((start, end, other_start, other_end), axis=1)
    return tuple(SharedSpan(*span) for span in spans.tolist())
