"""Pairs in which one block holds most of the other: containment, with no pair missed."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dedupe.core.hashing import F64, I64, distinct, inverse, offsets_of, ranges, slices
from dedupe.core.measures.similarity import containment, dense, intersections, ranked
from dedupe.core.shingles import Shingles

HOLDERS = 1000  # blocks, the largest first, that are tried for one shingle
_PART = 1 << 20  # pairs looked up at a time


def contained_pairs(
    sets: Shingles, threshold: float, short: Iterable[tuple[I64, Shingles]] = (), exact: Shingles | None = None
) -> tuple[I64, I64, I64, F64, int]:
    """Find every pair in which the larger block holds a share of the smaller one's shingles.

    A block that has `threshold` of its n shingles in another has at least one of its rarest
    n - ceil(threshold * n) + 1 shingles there: more than that many cannot all be missing.
    So only these are looked up (prefix filtering); shingles of one block alone are dropped at once.
    A block with fewer words than a shingle is contained where all its words stand in a row.

    Args:
        sets: Sorted shingle sets, in policy order; which pairs are looked up depends on them alone.
        threshold: Containment from which a pair matches, above 0 up to 1.
        short: For each number of words below that of a shingle, by falling number: the blocks that have so many, and
            the shingles of so many words of all blocks.
        exact: The same sets by other hashes, which the shares are counted with; None for `sets`.

    Returns:
        Array of shape (n_blocks,), int64: blocks by falling size, short ones behind the others; ties in policy order;
        pairs number into it.
        Two arrays of shape (n_pairs,), int64: holder and contained block, holder first in that order.
        Array of shape (n_pairs,), float64: share of the contained block's shingles that the holder has.
        And how many look-ups the limit of HOLDERS cut off.

    Source:
        S. Chaudhuri, V. Ganti, R. Kaushik, "A primitive operator for similarity joins", ICDE 2006.
    """
    short = list(short)
    shortness = np.zeros(sets.n_rows, np.int64)
    for number, (blocks, _) in enumerate(short):
        shortness[blocks] = number + 1
    order = np.lexsort((shortness, -sets.sizes))
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
    score = containment(intersections(found if exact is None else ranked(exact.take(order)), left, right), sizes[right])
    place = inverse(order)
    for blocks, windows in short:
        holder, inner, left_out = _holders(blocks, windows, place)
        left, right = np.concatenate((left, holder)), np.concatenate((right, inner))
        score, capped = np.concatenate((score, np.ones(holder.size))), capped + left_out
    return order, left, right, score, capped


def _holders(blocks: I64, windows: Shingles, place: I64) -> tuple[I64, I64, int]:
    """The blocks in which all words of a short block stand in a row.

    Args:
        blocks: Array of shape (n_short,), int64: blocks of as many words as a window, no two of them equal.
        windows: For each block of the run, its words in windows.
        place: Array of shape (n_blocks,), int64: where each block stands in the order of the pairs.

    Returns:
        Two arrays of shape (n_pairs,), int64: the places of holder and short block; and how many pairs the limit of
        HOLDERS cut off.
    """
    whole = windows.hashes[windows.starts[blocks]]
    by_hash = np.argsort(whole)
    nearest = by_hash[np.minimum(np.searchsorted(whole, windows.hashes, sorter=by_hash), whole.size - 1)]
    inner, holder = blocks[nearest], windows.row_of_value
    held = (whole[nearest] == windows.hashes) & (inner != holder)
    holder, inner = place[holder[held]], place[inner[held]]
    order = np.lexsort((holder, inner))
    holder, inner = holder[order], inner[order]
    tried = np.arange(inner.size) - np.searchsorted(inner, inner) < HOLDERS
    return holder[tried], inner[tried], int((~tried).sum())
