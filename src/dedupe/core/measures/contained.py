"""Pairs in which one block holds most of the other: containment, with no pair missed."""

from __future__ import annotations

import numpy as np

from dedupe.core.hashing import F64, I64, distinct, offsets_of, ranges, slices
from dedupe.core.measures.similarity import containment, dense, intersections
from dedupe.core.shingles import Shingles

HOLDERS = 1000  # blocks, the largest first, that are tried for one shingle
_PART = 1 << 20  # pairs looked up at a time


def contained_pairs(sets: Shingles, threshold: float) -> tuple[I64, I64, I64, F64, int]:
    """Find every pair in which the larger block holds a share of the smaller one's shingles.

    A block that has `threshold` of its n shingles in another has at least one of its rarest
    n - ceil(threshold * n) + 1 shingles there: more than that many cannot all be missing.
    So only these are looked up (prefix filtering); shingles of one block alone are dropped at once.

    Args:
        sets: Sorted shingle sets, in policy order.
        threshold: Containment from which a pair matches, above 0 up to 1.

    Returns:
        Array of shape (n_blocks,), int64: blocks by falling size, ties in policy order; pairs number into it.
        Two arrays of shape (n_pairs,), int64: holder and contained block, holder first in that order.
        Array of shape (n_pairs,), float64: share of the contained block's shingles that the holder has.
        And how many look-ups the limit of HOLDERS cut off.

    Source:
        S. Chaudhuri, V. Ganti, R. Kaushik, "A primitive operator for similarity joins", ICDE 2006.
    """
    order = np.argsort(-sets.sizes, kind="stable")
    found = dense(sets.take(order))
    block, sizes = found.row_of_value, found.sizes
    shingle = found.hashes.astype(np.int64)
    frequency = np.bincount(shingle)
    # holders of each shingle, the largest block first
    by_shingle = block[np.argsort(shingle, kind="stable")]
    begin = offsets_of(frequency)

    rarest = np.lexsort((frequency[shingle], block))
    n_prefix = sizes - np.ceil(threshold * sizes - 1e-9).astype(np.int64) + 1
    prefix = rarest[ranges(found.offsets[:-1], np.minimum(n_prefix, sizes))]
    prefix = prefix[frequency[shingle[prefix]] > 1]
    tried = np.minimum(frequency[shingle[prefix]], HOLDERS)
    capped = int((frequency[shingle[prefix]] - tried).sum())

    parts = [np.zeros(0, np.int64)]
    for part in slices(tried, _PART):
        holder = by_shingle[ranges(begin[shingle[prefix[part]]], tried[part])]
        inner = np.repeat(block[prefix[part]], tried[part])
        parts.append(distinct((holder * sizes.size + inner)[holder < inner]))
    pair = distinct(np.concatenate(parts))
    left, right = pair // max(sizes.size, 1), pair % max(sizes.size, 1)
    score = containment(intersections(found, left, right), sizes[right])
    return order, left, right, score, capped
