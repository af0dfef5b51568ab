"""Band keys to buckets, and buckets to candidate pairs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dedupe.core.hashing import I64, U64, distinct, offsets_of, opens_run, ranges
from dedupe.core.native import backend
from dedupe.core.ragged import Ragged

PAIRS_PER_BLOCK = 1000
_PART = 1 << 20  # keys sorted at a time
_FEW = 1 << 12  # values that are sorted at once, without a table first
_ALONE = np.uint64(0xFFFFFFFFFFFFFFFF)  # the kernel's mark for a value without an equal


class Buckets(NamedTuple):
    """The buckets of each block.

    Attributes:
        offsets: Array of shape (n_blocks + 1,), int64: buckets of block i are ids[offsets[i]:offsets[i + 1]].
        ids: Array of shape (n_postings,), int64, from 0 to n_buckets - 1.
        n_buckets: Number of buckets.
    """

    offsets: I64
    ids: I64
    n_buckets: int

    def take(self, blocks: I64) -> Buckets:
        """The buckets of some blocks, in the order given, numbered anew."""
        kept = Ragged(self.ids, self.offsets).take(blocks)
        used, ids = np.unique(kept.values, return_inverse=True)
        return Buckets(kept.offsets, ids.astype(np.int64), used.size)


def all_alone(text_hashes: U64, keys: U64) -> bool:
    """Whether, in a small batch, no two blocks can match: no text hash and no band key stands twice.

    A shortcut for the usual text without repeats; a larger batch is not looked at, and gives False.
    """
    if keys.size > _FEW:
        return False
    values = np.concatenate((text_hashes[:, 0], keys.ravel()))
    values.sort()
    return not bool((values[1:] == values[:-1]).any())


def groups(text_hashes: U64, scope: U64 | None, order: I64) -> I64:
    """Find the blocks of equal words, and the one in each group that stands for it.

    Args:
        text_hashes: Array of shape (n_blocks, 2), uint64.
        scope: Array of shape (n_blocks,), uint64: blocks of different scope are never equal; or None.
        order: Array of shape (n_blocks,), int64: block numbers in policy order.

    Returns:
        Array of shape (n_blocks,), int64: the group's first block in policy order, the block itself when alone.
    """
    first = text_hashes[order, 0] if scope is None else text_hashes[order, 0] + scope[order]
    repeated = _repeated(first[:, None])[0]
    result = np.arange(order.size)
    if repeated.size == 0:
        return result
    # a stable sort keeps policy order inside a group, so its head is the first of the run
    by_hash = order[repeated[np.argsort(first[repeated], kind="stable")]]
    scopes = () if scope is None else (scope[by_hash],)
    head = opens_run(*text_hashes[by_hash].T, *scopes)
    result[by_hash] = by_hash[np.flatnonzero(head)[np.cumsum(head) - 1]]
    return result


def buckets(keys: U64, rows: I64 | slice = slice(None)) -> tuple[I64, Buckets]:
    """Put blocks with a common band key into buckets; keys that stand alone make none.

    Args:
        keys: Array of shape (n_all, n_bands), uint64.
        rows: Array of shape (n_blocks,), int64: the rows of the blocks, in policy order; all, if not given.
            Taking them here, some bands at a time, saves a copy of the keys.

    Returns:
        Array of shape (n_shared,), int64: the blocks that share a bucket with another, ascending;
        and the buckets of these blocks, in that order.
    """
    n_blocks, n_bands = (keys.shape[0] if isinstance(rows, slice) else rows.size), keys.shape[1]
    blocks, ids, n_buckets = [], [], 0
    step = max(1, _PART // max(n_blocks, 1))
    for band in range(0, n_bands, step):
        # the number of the band is part of the key, so several bands can be looked at as one
        block, number, n_found = _repeated(keys[rows, band : band + step])
        blocks.append(block)
        ids.append(number + n_buckets)
        n_buckets += n_found
    block, bucket = np.concatenate(blocks), np.concatenate(ids)
    by_block = np.argsort(block, kind="stable") if len(blocks) > 1 else slice(None)
    counts = np.bincount(block, minlength=n_blocks)
    shared = np.flatnonzero(counts)
    return shared, Buckets(offsets_of(counts[shared]), bucket[by_block], n_buckets)


def _repeated(keys: U64) -> tuple[I64, I64, int]:
    """Find the keys that occur twice or more.

    Args:
        keys: Array of shape (n_blocks, n_bands), uint64.

    Returns:
        Two arrays of shape (n_found,), int64: the block of each, ascending, and a number that equal keys share;
        and how many numbers there are.
    """
    if backend.native():
        numbered = np.array(keys, order="C")  # a copy: the kernel writes over it
        n_numbers = backend.kernels().number_repeats(numbered, keys.shape[1])
        place = np.flatnonzero(numbered != _ALONE)
        return place // keys.shape[1], numbered.ravel()[place].astype(np.int64), n_numbers
    column = keys.ravel()
    order = _crowded(column)
    _, numbers, counts = np.unique(column[order], return_inverse=True, return_counts=True)
    repeated = counts > 1
    dense = np.cumsum(repeated) - 1
    kept = repeated[numbers]
    return order[kept] // keys.shape[1], dense[numbers[kept]], int(repeated.sum())


def _crowded(column: U64) -> I64:
    """Positions of values that share a slot of a small table with another value: all repeats are among them.

    Most keys stand alone; this finds them in a few passes, so that only the rest is sorted.
    Of two values in one slot the later one is left in the table, so the earlier one sees another number there.
    """
    if column.size <= _FEW:
        ascending = np.sort(column)
        return np.arange(column.size if (ascending[1:] == ascending[:-1]).any() else 0)
    mask = np.uint64((4 << int(column.size).bit_length()) - 1)
    slot = (column & mask).astype(np.intp)
    table = np.empty(int(mask) + 1, np.int32 if column.size < 1 << 31 else np.int64)
    place = np.arange(column.size, dtype=table.dtype)
    table[slot] = place
    pushed_out = np.flatnonzero(table[slot] != place)
    crowded = np.zeros(table.size, np.bool_)
    crowded[slot[pushed_out]] = True
    result: I64 = np.flatnonzero(crowded[slot])
    return result


def all_pairs(found: Buckets, *, limit: int = PAIRS_PER_BLOCK) -> tuple[I64, I64, int]:
    """Every pair of blocks that shares a bucket, each once.

    Args:
        found: The buckets.
        limit: In each bucket a block is paired with at most this many blocks before it.

    Returns:
        Two arrays of shape (n_pairs,), int64, left < right; and how many pairs the limit left out, at most.
    """
    n_blocks = found.offsets.size - 1
    block = np.repeat(np.arange(n_blocks), np.diff(found.offsets))
    order = np.argsort(found.ids, kind="stable")
    member, bucket = block[order], found.ids[order]
    begin = np.searchsorted(bucket, bucket)
    place = np.arange(member.size)
    first = np.maximum(begin, place - limit)
    counts = place - first
    left, right = member[ranges(first, counts)], np.repeat(member, counts)
    pairs = distinct(left * n_blocks + right)
    return pairs // max(n_blocks, 1), pairs % max(n_blocks, 1), int((first - begin).sum())
