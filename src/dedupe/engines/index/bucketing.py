"""The buckets of new blocks, with the leaders of the index in them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dedupe.core.clustering.survivors import LEADERS, leads
from dedupe.core.hashing import I64, U64, Bool, offsets_of, opens_run
from dedupe.core.pairs import Buckets
from dedupe.engines.index.storage.postings import LOW, ids_of, pack, split
from dedupe.engines.index.storage.view import NONE, View
from dedupe.errors import InputError

_PART = 1 << 18  # postings looked at at a time: they stay in the cache


class Bucketed:
    """New heads of groups, and the leaders of the index that share a bucket with them.

    The postings are sorted as they will be stored, so equal keys stand side by side: that makes the buckets.
    As in the store, keys that agree in 40 bits share one.

    Attributes:
        fixed: Array of shape (n_fixed,), int64, ascending: heads of the index that a new head meets.
        near: Array of shape (n_near,), int64, ascending: places of the new heads that meet another, in `numbers`.
        buckets: Buckets of `fixed` and, behind them, of `near`.
    """

    def __init__(self, view: View, keys: U64, numbers: I64, *, all_known: bool) -> None:
        """Put new heads into buckets.

        Args:
            view: The index.
            keys: Array of shape (n_blocks, n_bands), uint64; the postings take its place, to save its memory.
            numbers: Array of shape (n_heads,), int64: the heads among the blocks, in policy order.
            all_known: All heads of the index lead buckets, not only its survivors.

        Raises:
            InputError: There are 2**24 blocks or more.
        """
        if keys.shape[0] > LOW:
            raise InputError(f"{keys.shape[0]} blocks in one call; give an index at most {LOW} at a time")
        self._postings = _packed(keys, np.sort(numbers))
        self._postings.sort()
        place, is_first, self._met, leaders = self._shared(view, heads_of if all_known else leaders_of)
        number = np.cumsum(is_first) - 1
        self.fixed, old = np.unique(leaders, return_inverse=True)
        rank = np.empty(int(numbers.max(initial=-1)) + 1, np.int64)
        rank[numbers] = np.arange(numbers.size)
        self.near, new = np.unique(rank[ids_of(self._postings[place])], return_inverse=True)
        block = np.concatenate((old, new + self.fixed.size))
        bucket = np.concatenate((number[np.searchsorted(place, self._met)], number))
        by_block = np.argsort(block, kind="stable")
        counts = np.bincount(block, minlength=self.fixed.size + self.near.size)
        self.buckets = Buckets(offsets_of(counts), bucket[by_block], int(is_first.sum()))

    def _shared(self, view: View, known_in: Callable[[View, U64], tuple[I64, I64]]) -> tuple[I64, Bool, I64, I64]:
        """Find the buckets with more than one block, old and new.

        Returns:
            Places of the postings in them, and whether each is the first of its bucket; places of the first
            postings of buckets that the index has leaders in, one for each leader; and these leaders.
        """
        found = [(NONE, np.zeros(0, np.bool_), NONE, NONE)]
        for first in range(0, self._postings.size, _PART):
            part = self._postings[first : first + _PART]
            follows = np.zeros(part.size + 1, np.bool_)  # has the key of the posting before
            around = self._postings[max(first - 1, 0) : first + _PART + 1]
            alike = (around[1:] ^ around[:-1]) <= LOW
            follows[int(first == 0) :][: alike.size] = alike
            begins = np.flatnonzero(~follows[:-1])
            rows, leaders = known_in(view, part[begins])
            met = begins[rows]
            shared = follows[:-1] | follows[1:]
            shared[met] = True
            place = np.flatnonzero(shared)
            found.append((place + first, ~follows[place], met + first, leaders))
        place, is_first, met, leaders = (np.concatenate(column) for column in zip(*found, strict=True))
        return place, is_first, met, leaders

    def split(self, stays: Bool) -> tuple[U64, U64]:
        """Split the postings into those of leaders, at most LEADERS to a bucket, and the rest; both sorted.

        Nothing else may be asked for afterwards: the postings are moved in place.

        Args:
            stays: Array of shape (n_blocks,), bool, by block number.
        """
        return split(self._postings, stays, self._met, leaders=LEADERS)


def leaders_of(view: View, keys: U64) -> tuple[I64, I64]:
    """The leaders of buckets in an index.

    Args:
        view: The index.
        keys: Array of shape (n_keys,), uint64, ascending, each once.

    Returns:
        Two arrays of shape (n_leaders,), int64: position of the key, and leader; the first LEADERS of each bucket.
    """
    rows, ids = view.lead.get(keys)
    if rows.size == 0:
        return rows, ids
    head, survivor, _ = view.decisions(ids)
    stays = (head == ids) & (survivor == ids) & view.is_alive(ids)
    rows, ids = rows[stays], ids[stays]
    leading = leads(rows)
    return rows[leading], ids[leading]


def heads_of(view: View, keys: U64) -> tuple[I64, I64]:
    """The same for texts that stay beside all that an index has: its heads, whether they are duplicates or not."""
    found = [view.lead.get(keys), view.rest.get(keys, limit=LEADERS)]
    rows, ids = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.lexsort((ids, rows))
    rows, ids = rows[order], ids[order]
    is_valid = (view.decisions(ids)[0] == ids) & view.is_alive(ids) & opens_run(rows, ids)
    rows, ids = rows[is_valid], ids[is_valid]
    leading = leads(rows)
    return rows[leading], ids[leading]


def _packed(keys: U64, rows: I64) -> U64:
    """Postings of some rows of keys, ascending, written over the first of them."""
    step = max(1, _PART // max(keys.shape[1], 1))
    for first in range(0, rows.size, step):  # no row is written over before it is read: rows[i] >= i
        part = rows[first : first + step]
        keys[first : first + step][: part.size] = pack(keys[part], part[:, None])
    return keys[: rows.size].ravel()
