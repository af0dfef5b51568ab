"""Pairs of texts that may align: those that share one of some rare runs of characters."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from dedupe.core.hashing import GOLDEN, I64, MULTIPLY, U64, Bool, distinct, fmix64, offsets_of, ranges, slices

WIDTH = 5  # characters of a gram
WINDOW = 8  # grams of which the rarest is looked up
MOST_WINDOWS = 48  # of a text; edits in the real come in words and phrases, so that fewer do than by the formula
HOLDERS = 256  # texts of a gram and a length, the most preferred first, that a text is paired with
_MOST_BITS = 24  # of a slot in the table that grams are counted in; two in one slot cost a comparison, never a pair
_PART = 1 << 22  # pairs looked up at a time
_ONCE = 1 << 30  # frequency given to a gram that no other text can have


class Candidates(NamedTuple):
    """Pairs to be measured.

    Attributes:
        left: Array of shape (n_pairs,), int64, left < right; each pair once.
        right: Array of shape (n_pairs,), int64.
        n_capped: Look-ups that the limit of HOLDERS cut off.
    """

    left: I64
    right: I64
    n_capped: int


class _Grams(NamedTuple):
    """The grams of all texts, in text order.

    Attributes:
        hashes: Array of shape (n_grams,), uint64.
        offsets: Array of shape (n_texts + 1,), int64.
    """

    hashes: U64
    offsets: I64

    def slots(self, hashes: U64) -> I64:
        """Slots of a table that has about four for each gram."""
        result: I64 = (hashes >> np.uint64(64 - self.slot_bits)).astype(np.int64)
        return result

    def filed(self, places: I64 | slice, classes: I64) -> I64:
        """Slots in which grams of texts of a class of length are filed."""
        return self.slots(fmix64(self.hashes[places] + (classes + 2).astype(np.uint64) * np.uint64(GOLDEN)))

    @property
    def slot_bits(self) -> int:
        """Bits of the number of a slot."""
        return min(self.hashes.size.bit_length() + 2, _MOST_BITS)


def n_windows(threshold: float, recall: float) -> int:
    """Windows of a text from which grams are looked up.

    Of two texts with the ratio t, a share t of the characters of either aligns.
    When edits strike each character alike, all characters under a window stay with chance t**(WINDOW + WIDTH - 1),
    and one window that stays is enough. Below 0.78 that asks for more than MOST_WINDOWS; that these are enough
    is measured, not proven (tests/core/test_ratio.py).
    """
    wanted = math.ceil(math.log1p(-recall) / math.log1p(-min(threshold ** (WINDOW + WIDTH - 1), 1 - 1e-12)))
    return min(wanted, MOST_WINDOWS)


def candidate_pairs(
    texts: Sequence[str], threshold: float, recall: float, scope: U64 | None = None, n_fixed: int = 0
) -> Candidates:
    """Find the pairs of texts whose normalized Indel similarity may reach the threshold.

    A text is cut into windows of grams; of each the rarest is looked up among all grams of the texts before it.
    An edit makes grams that stand nowhere else, and those are passed over; a window holds few, so that the rarest
    of a window is not always one that an edit made.
    Texts whose lengths alone keep them below the threshold are no pairs: with n and m characters at most min(n, m)
    align, so 2 * min(n, m) / (n + m) bounds the ratio. Grams are filed by length, so that these are not even looked at.

    Args:
        texts: Folded texts, in policy order; an empty one is in no pair.
        threshold: Ratio from which pairs are wanted.
        recall: Share of these pairs to find.
        scope: Array of shape (n_texts,), uint64: only texts of equal scope are pairs; or None.
        n_fixed: The first `n_fixed` are not paired with each other.

    Source:
        E. Ukkonen, "Approximate string-matching with q-grams and maximal matches", 1992, for grams as a filter;
        S. Chaudhuri, V. Ganti, R. Kaushik, "A primitive operator for similarity joins", 2006, for the rarest first.
    """
    lengths = np.array([len(text) for text in texts], np.int64)
    n_texts = max(lengths.size, 1)
    grams = _grams(texts, lengths, scope)
    row = np.repeat(np.arange(lengths.size), np.diff(grams.offsets))
    picked = _rarest(grams, n_windows(threshold, recall))
    picked = picked[row[picked] >= n_fixed]
    # texts of a ratio of lengths up to `stretch` are of the same class of length or of neighbors
    stretch = (2 - threshold) / threshold
    classes = np.floor(np.log(np.maximum(lengths, 1)) / math.log(max(stretch, 1 + 1e-9)) + 1e-9).astype(np.int64)
    slots = np.concatenate([grams.filed(picked, classes[row[picked]] + step) for step in (-1, 0, 1)])
    seekers = np.tile(row[picked], 3)

    wanted = np.zeros(1 << grams.slot_bits, np.bool_)
    wanted[slots] = True
    filed = grams.filed(slice(None), classes[row])
    is_wanted = wanted[filed]
    filed, row = filed[is_wanted], row[is_wanted]
    holders, sizes = row[np.argsort(filed, kind="stable")], np.bincount(filed, minlength=wanted.size)
    tried = np.minimum(sizes[slots], HOLDERS)
    codes = [np.zeros(0, np.int64)]
    for left, right in _looked_up(holders, offsets_of(sizes)[slots], tried, seekers):
        fits = (left < right) & _may_reach(lengths[left], lengths[right], threshold)
        if scope is not None:
            fits &= scope[left] == scope[right]
        codes.append(distinct(left[fits] * n_texts + right[fits]))
    pairs = distinct(np.concatenate(codes))
    return Candidates(pairs // n_texts, pairs % n_texts, int((sizes[slots] - tried).sum()))


def _grams(texts: Sequence[str], lengths: I64, scope: U64 | None) -> _Grams:
    """Hash each run of WIDTH characters; spaces stand before and behind a text, so that its ends make grams too."""
    gap = " " * (WIDTH - 1)
    codes = np.frombuffer((gap + gap.join([*texts, ""])).encode("utf-32-le", "surrogatepass"), np.uint32)
    offsets = offsets_of(np.where(lengths > 0, lengths + WIDTH - 1, 0))
    first = ranges(offsets_of(lengths + WIDTH - 1)[:-1], np.diff(offsets))
    hashes = np.zeros(first.size, np.uint64)
    for j in range(WIDTH):
        hashes *= np.uint64(MULTIPLY)
        hashes += codes[first + j]
    if scope is not None:
        hashes += np.repeat(scope, np.diff(offsets))
    return _Grams(fmix64(hashes), offsets)


def _rarest(grams: _Grams, n_windows: int) -> I64:
    """Places of the grams to look up: the rarest of each window that another text may have."""
    slot = grams.slots(grams.hashes)
    frequency = np.bincount(slot)[slot]
    ranked = np.append(np.where(frequency > 1, frequency, _ONCE) << 32 | np.arange(slot.size), 0)
    sizes = np.diff(grams.offsets)
    counts = np.minimum(sizes, n_windows)
    text = np.repeat(np.arange(sizes.size), counts)
    number = ranges(np.zeros_like(counts), counts)
    begin = grams.offsets[text] + number * sizes[text] // counts[text]
    end = np.minimum(grams.offsets[text] + (number + 1) * sizes[text] // counts[text], begin + WINDOW)
    least = np.minimum.reduceat(ranked, np.stack((begin, end), axis=1).ravel())[::2] if begin.size else begin
    picked: I64 = least[least >> 32 < _ONCE] & 0xFFFFFFFF
    return picked


def _looked_up(holders: I64, begins: I64, counts: I64, seekers: I64) -> Iterator[tuple[I64, I64]]:
    """Holders beside those that look them up, a part at a time; the look-ups of a text are in one part or two."""
    order = np.argsort(seekers, kind="stable")
    begins, counts, seekers = begins[order], counts[order], seekers[order]
    for part in slices(counts, _PART):
        yield holders[ranges(begins[part], counts[part])], np.repeat(seekers[part], counts[part])


def _may_reach(one: I64, other: I64, threshold: float) -> Bool:
    """Whether texts of these lengths can reach the threshold."""
    result: Bool = 2 * np.minimum(one, other) >= threshold * (one + other) - 1e-9
    return result
