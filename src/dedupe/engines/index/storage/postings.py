"""Postings as plain numbers: how they are packed, looked up, and told apart by whether their block leads.

A posting is one uint64: the upper 40 bits of its key, and the lower 24 bits of its id. So a run is sorted by sorting
plain numbers, and takes 8 bytes per posting. All ids of a run agree in the bits above 24, their era.
Two keys that agree in 40 bits share a bucket here. Such a pair of blocks is compared in vain, no more: with 2**24 blocks
of 17 keys, a key that is looked up meets a strange one with a chance of 2**28 / 2**40, one in 4,000.
"""

from __future__ import annotations

import numpy as np

from dedupe.core.hashing import I64, U64, Bool
from dedupe.core.native import backend

ID_BITS = 24
LOW = np.uint64((1 << ID_BITS) - 1)
HIGH = ~LOW


def pack(keys: U64, ids: I64) -> U64:
    """Postings of keys and ids; of an id only the lower bits."""
    packed: U64 = keys & HIGH
    packed |= ids.astype(np.uint64) & LOW
    return packed


def ids_of(postings: U64) -> I64:
    """The lower bits of the ids."""
    return (postings & LOW).astype(np.int64)


def find(run: U64, wanted: U64) -> tuple[I64, I64, I64]:
    """Look up keys in a sorted run.

    Args:
        run: Array of shape (n_postings,), uint64, ascending; may be a mapped file, of which little is read.
        wanted: Array of shape (n_keys,), uint64, ascending; only their upper bits count.

    Returns:
        Three arrays of shape (n_found,), int64: position of each key that is there, in `wanted`; where its postings
        begin; and where they end.
    """
    if backend.native():
        row, first, end = (np.empty(wanted.size, np.int64) for _ in range(3))
        n_found = backend.kernels().find_postings(wanted, run, ID_BITS, row, first, end)
        return row[:n_found], first[:n_found], end[:n_found]
    keys = wanted & HIGH
    at = np.searchsorted(run, keys)
    row = np.flatnonzero(run[np.minimum(at, run.size - 1)] & HIGH == keys) if run.size else at[:0]
    return row, at[row], np.searchsorted(run, keys[row] | LOW, side="right")


def split(postings: U64, stays: Bool, met: I64, *, leaders: int) -> tuple[U64, U64]:
    """Tell the postings of leaders from the others: in each bucket, the first `leaders` ids that stay.

    Args:
        postings: Array of shape (n_postings,), uint64, ascending; they are moved, so it is used up.
        stays: Array of shape (n_ids,), bool, by id.
        met: Array of shape (n_met,), int64, ascending: place of the first posting of a bucket, once for each leader
            that the bucket has before all of these ids.
        leaders: At most so many to a bucket.

    Returns:
        The postings of leaders, and the rest; both ascending.
    """
    if backend.native():
        rest = np.empty_like(postings)
        n_leads = backend.kernels().split_postings(postings, ID_BITS, stays.view(np.uint8), met, leaders, rest)
        return postings[:n_leads], rest[: postings.size - n_leads]
    staying = stays[ids_of(postings)]
    is_first = np.ones(postings.size, np.bool_)
    is_first[1:] = (postings[1:] ^ postings[:-1]) > LOW
    first = np.flatnonzero(is_first)
    # leaders that come before each posting: of its bucket, old and new
    before: I64 = np.cumsum(staying) - staying
    n_old = np.searchsorted(met, first, side="right") - np.searchsorted(met, first)
    lead = staying & (before + np.repeat(n_old - before[first], np.diff(np.append(first, postings.size))) < leaders)
    return postings[lead], postings[~lead]
