"""Keys to ids: the batched protocol, and sorted runs that implement it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np

from dedupe.core.hashing import I64, U64, ranges
from dedupe.index.segments import Array

_PART = 1 << 22  # postings merged at a time


class Store(Protocol):
    """Postings: pairs of a 64-bit key and an id below 2**32; a key has any number of ids."""

    def put(self, keys: U64, ids: I64) -> None:
        """Add postings, in any order."""

    def get(self, keys: U64, *, limit: int | None = None) -> tuple[I64, I64]:
        """Look up many keys at once.

        Args:
            keys: Array of shape (n_keys,), uint64, ascending, each once.
            limit: Enough ids of one key; more may come.

        Returns:
            Two arrays of shape (n_found,), int64: position in `keys`, and id; sorted by both, each pair once.
        """


class Run(NamedTuple):
    """Postings sorted by key, then by id.

    Attributes:
        keys: Array of shape (n_postings,), uint64.
        ids: Array of shape (n_postings,), uint32.
    """

    keys: Array
    ids: Array


class Runs:
    """A store of sorted runs, memory-mapped or in memory; nothing that is in a run ever changes."""

    def __init__(self, runs: list[Run]) -> None:
        """Take runs in the order in which they were made."""
        self.runs = runs
        self.pending: list[Run] = []  # put, but not in a file yet

    def __len__(self) -> int:
        """Number of postings."""
        return sum(run.keys.size for run in (*self.runs, *self.pending))

    def draft(self) -> Runs:
        """A copy to put into; the runs are shared."""
        copy = Runs(self.runs)
        copy.pending = list(self.pending)
        return copy

    def put(self, keys: U64, ids: I64) -> None:
        """Add postings, in any order; see :class:`Store`."""
        if keys.size:
            order = np.lexsort((ids, keys))
            self.put_sorted(*_each_once(keys[order], ids[order]))

    def put_sorted(self, keys: U64, ids: I64) -> None:
        """Add postings that are sorted by key, then by id."""
        if keys.size:
            self.pending.append(Run(keys, ids.astype(np.uint32)))

    def get(self, keys: U64, *, limit: int | None = None) -> tuple[I64, I64]:
        """Look up many keys at once; see :class:`Store`."""
        rows: list[I64] = []
        ids: list[I64] = []
        for run in (*self.runs, *self.pending):
            if run.keys.size and keys.size:
                row, found = _look_up(run, keys, limit)
                if row.size:
                    rows.append(row)
                    ids.append(found)
        if not rows:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        if len(rows) == 1:
            return rows[0], ids[0]
        pair = np.unique((np.concatenate(rows) << 32) | np.concatenate(ids))
        return pair >> 32, pair & 0xFFFFFFFF


def _look_up(run: Run, keys: U64, limit: int | None) -> tuple[I64, I64]:
    at = np.searchsorted(run.keys, keys)
    row = np.flatnonzero(run.keys[np.minimum(at, run.keys.size - 1)] == keys)
    if row.size == 0:
        return row, row
    first = at[row]
    counts = np.searchsorted(run.keys, keys[row], side="right") - first
    if limit is not None:
        counts = np.minimum(counts, limit)
    return np.repeat(row, counts), run.ids[ranges(first, counts)].astype(np.int64)


def merged(runs: list[Run]) -> Iterator[Run]:
    """Merge runs into parts that follow each other, a few million postings in memory at a time.

    Args:
        runs: Sorted runs.

    Yields:
        Sorted parts without repeats; a key is never split over two parts.
    """
    runs = [run for run in runs if run.keys.size]
    total = sum(run.keys.size for run in runs)
    if total == 0:
        return
    n_parts = -(-total // _PART)
    largest = max(runs, key=lambda run: run.keys.size).keys
    # borders that cut the largest run evenly cut the others nearly so: keys are hashes
    cuts = np.unique(largest[(np.arange(1, n_parts) * largest.size) // n_parts])
    places = [[0, *np.searchsorted(run.keys, cuts).tolist(), run.keys.size] for run in runs]
    for part in range(len(cuts) + 1):
        spans = [slice(place[part], place[part + 1]) for place in places]
        keys = np.concatenate([run.keys[span] for run, span in zip(runs, spans, strict=True)])
        ids = np.concatenate([run.ids[span] for run, span in zip(runs, spans, strict=True)])
        order = np.lexsort((ids, keys))
        yield Run(*_each_once(keys[order], ids[order]))


def _each_once(keys: U64, ids: Array) -> tuple[U64, Array]:
    """Drop repeats from sorted postings."""
    fresh = np.ones(keys.size, np.bool_)
    fresh[1:] = (keys[1:] != keys[:-1]) | (ids[1:] != ids[:-1])
    return keys[fresh], ids[fresh]
