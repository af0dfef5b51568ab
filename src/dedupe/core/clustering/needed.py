"""Which candidate pairs must be measured to find the survivors: those with a block that stays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dedupe.core.clustering.survivors import walk_matches
from dedupe.core.hashing import F64, I64

_FIRST, _MOST = 64, 1024  # blocks decided at a time: few at the start, where most of alike texts go


def measure_needed(
    n_blocks: int, left: I64, right: I64, measure: Callable[[I64, I64], F64], threshold: float
) -> tuple[I64, I64, F64]:
    """Measure the pairs that decide; a pair of a block that goes and a later one decides nothing.

    Blocks are decided some at a time. They meet the survivors before them first; those that match none meet each
    other; and what stays of these meets the ones that go, since it may be nearer to them than their survivor.

    Args:
        n_blocks: Number of blocks, in policy order.
        left: Array of shape (n_pairs,), int64, left < right.
        right: Array of shape (n_pairs,), int64.
        measure: Gives the similarity of pairs.
        threshold: Similarity from which a pair matches.

    Returns:
        The pairs that were measured, and their similarities: :func:`walk_matches` finds in them what it finds in all.
    """
    order = np.argsort(right, kind="stable")
    left, right = left[order], right[order]
    goes = np.zeros(n_blocks, np.bool_)
    measured = [(left[:0], left[:0], np.zeros(0))]

    def meet(one: I64, other: I64) -> tuple[I64, I64, F64]:
        measured.append((one, other, measure(one, other)))
        matches = measured[-1][2] >= threshold
        return one[matches], other[matches], measured[-1][2][matches]

    begin, width = 0, _FIRST
    while begin < n_blocks:
        first, last = np.searchsorted(right, (begin, begin + width))
        one, other = left[first:last], right[first:last]
        near = one >= begin
        before = ~near & ~goes[one]
        goes[meet(one[before], other[before])[1]] = True
        one, other = one[near], other[near]
        has_survivor = goes[other]
        among = ~goes[one] & ~has_survivor
        survivor, _ = walk_matches(n_blocks, *meet(one[among], other[among]))
        goes |= survivor != np.arange(n_blocks)
        late = has_survivor & ~goes[one]
        meet(one[late], other[late])
        begin, width = begin + width, min(2 * width, _MOST)
    parts = tuple(np.concatenate(column) for column in zip(*measured, strict=True))
    return parts[0], parts[1], parts[2]
