"""Exact similarity of candidate pairs, from their shingle sets."""

from __future__ import annotations

import numpy as np

from dedupe.core.hashing import F64, I64, U64, ranges, slices
from dedupe.core.native import backend
from dedupe.core.shingles import Shingles

_PART = 1 << 20  # shingles compared at a time: bounds memory, and the part stays in the cache


def dense(found: Shingles) -> Shingles:
    """Replace each hash of sorted sets by its rank among all, from 0 up.

    Returns:
        Sets of the same layout, still ascending within each block.

    Raises:
        MemoryError: 2**32 different shingles or more; split the texts first.
    """
    known, ranks = np.unique(found.hashes, return_inverse=True)
    if known.size >= 1 << 32:
        raise MemoryError(f"{known.size} different shingles in one call, the limit is 2**32; split the texts")
    return Shingles(ranks.astype(np.uint64), found.offsets)


def ranked(found: Shingles) -> Shingles:
    """Prepare sorted sets for :func:`intersections`.

    NumPy wants dense ranks, so that the number of the pair fits beside one; the compiled kernel takes any hashes.
    """
    return found if backend.native() else dense(found)


def intersections(found: Shingles, left: I64, right: I64) -> I64:
    """Count the shingles that two blocks share, for each pair.

    Args:
        found: Ranked sets (see :func:`ranked`).
        left: Array of shape (n_pairs,), int64, block numbers.
        right: Array of shape (n_pairs,), int64.

    Returns:
        Array of shape (n_pairs,), int64.
    """
    counts = np.zeros(left.size, np.int64)
    if backend.native():
        left, right = np.ascontiguousarray(left), np.ascontiguousarray(right)
        backend.kernels().intersections(found.offsets, found.hashes, left, right, counts)
        return counts
    sizes = found.sizes
    for part in slices(sizes[left] + sizes[right], _PART):
        counts[part] = _count_shared(found, sizes, left[part], right[part])
    return counts


def _count_shared(found: Shingles, sizes: I64, left: I64, right: I64) -> I64:
    """The same for a part that fits into memory."""
    blocks = np.concatenate((left, right))
    pair = np.tile(np.arange(left.size, dtype=np.uint64), 2)
    # pair number above, shingle rank below: a set holds a rank once, so equal neighbours are shared shingles
    keyed: U64 = np.repeat(pair << np.uint64(32), sizes[blocks])
    keyed |= found.hashes[ranges(found.offsets[blocks], sizes[blocks])]
    keyed.sort()
    shared = keyed[1:][keyed[1:] == keyed[:-1]] >> np.uint64(32)
    return np.bincount(shared.astype(np.int64), minlength=left.size)


def jaccard(shared: I64, left_sizes: I64, right_sizes: I64) -> F64:
    """Shared shingles over all shingles of the pair, 0–1; 0 when both are empty.

    Args:
        shared: Array of shape (n_pairs,), int64, sizes of the intersections.
        left_sizes: Array of shape (n_pairs,), int64, sizes of the left sets.
        right_sizes: Array of shape (n_pairs,), int64.

    Returns:
        Array of shape (n_pairs,), float64.
    """
    union = left_sizes + right_sizes - shared
    result: F64 = shared / np.maximum(union, 1)
    return result


def pair_similarities(found: Shingles, left: I64, right: I64) -> F64:
    """Jaccard similarity of each pair of blocks, from ranked sets."""
    sizes = found.sizes
    return jaccard(intersections(found, left, right), sizes[left], sizes[right])


def containment(shared: I64, sizes: I64) -> F64:
    """Share of the blocks' own shingles that the partner has too, 0–1; 0 for an empty block."""
    result: F64 = shared / np.maximum(sizes, 1)
    return result
