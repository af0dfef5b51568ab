"""Keys to ids: the batched protocol, and sorted runs that implement it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

import numpy as np

from dedupe.core.hashing import I64, U64, ranges
from dedupe.engines.index.storage.postings import HIGH, ID_BITS, LOW, find, ids_of, pack
from dedupe.engines.index.storage.segments import Array

_PART = 1 << 22  # postings merged at a time


class Store(Protocol):
    """Postings: pairs of a 64-bit key and an id below 2**32; a key has any number of ids."""

    def put(self, keys: U64, ids: I64) -> None:
        """Add postings, in any order."""

    def get(self, keys: U64, *, limit: int | None = None) -> tuple[I64, I64]:
        """Look up many keys at once.

        Args:
            keys: Array of shape (n_keys,), uint64, ascending.
            limit: Enough ids of one key; more may come.

        Returns:
            Two arrays of shape (n_found,), int64: position in `keys`, and id; sorted by both, each pair once.
        """


class Run(NamedTuple):
    """Sorted postings, each once.

    Attributes:
        era: What all ids have above their lower 24 bits.
        postings: Array of shape (n_postings,), uint64.
    """

    era: int
    postings: Array


class Runs:
    """A store of sorted runs, memory-mapped or in memory; nothing that is in a run ever changes."""

    def __init__(self, runs: list[Run]) -> None:
        """Take runs in the order in which they were made."""
        self.runs = runs
        self.pending: list[Run] = []  # put, but not in a file yet

    def __len__(self) -> int:
        """Number of postings."""
        return sum(run.postings.size for run in (*self.runs, *self.pending))

    def draft(self) -> Runs:
        """A copy to put into; the runs are shared."""
        copy = Runs(self.runs)
        copy.pending = list(self.pending)
        return copy

    def put(self, keys: U64, ids: I64) -> None:
        """Add postings, in any order; see :class:`Store`."""
        eras = ids >> ID_BITS
        for era in np.unique(eras).tolist():
            here = eras == era
            self.pending.append(Run(era, _each_once(pack(keys[here], ids[here]))))

    def put_sorted(self, postings: U64, base: int, n_ids: int) -> None:
        """Add sorted postings whose ids count from `base` on, up to `n_ids`; the array is used up."""
        first, last = base >> ID_BITS, (base + max(n_ids, 1) - 1) >> ID_BITS
        if first == last:  # the ids have room for the base: no bit is carried into the key
            postings += np.uint64(base) & LOW
            self.pending += [Run(first, postings)] if postings.size else []
            return
        ids = ids_of(postings) + base
        for era in range(first, last + 1):
            here = ids >> ID_BITS == era
            if here.any():
                self.pending.append(Run(era, pack(postings[here], ids[here])))

    def get(self, keys: U64, *, limit: int | None = None) -> tuple[I64, I64]:
        """Look up many keys at once; see :class:`Store`."""
        rows: list[I64] = []
        ids: list[I64] = []
        for run in (*self.runs, *self.pending):
            if run.postings.size and keys.size:
                row, found = _look_up(run, keys, limit)
                if row.size:
                    rows.append(row)
                    ids.append(found)
        if not rows:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        if len(rows) == 1:
            return rows[0], ids[0]
        pair = _each_once(((np.concatenate(rows) << 32) | np.concatenate(ids)).view(np.uint64)).view(np.int64)
        return pair >> 32, pair & 0xFFFFFFFF


def _each_once(postings: U64) -> U64:
    """Sort postings in place, and drop repeats."""
    postings.sort()
    fresh = np.ones(postings.size, np.bool_)
    fresh[1:] = postings[1:] != postings[:-1]
    return postings if fresh.all() else postings[fresh]


def _look_up(run: Run, wanted: U64, limit: int | None) -> tuple[I64, I64]:
    row, first, end = find(run.postings, wanted)
    counts = end - first if limit is None else np.minimum(end - first, limit)
    found = ids_of(run.postings[ranges(first, counts)])
    return np.repeat(row, counts), found + (run.era << ID_BITS)


def merged(runs: list[Run]) -> Iterator[tuple[U64, I64]]:
    """Merge runs into parts that follow each other, a few million postings in memory at a time.

    Args:
        runs: Sorted runs.

    Yields:
        Keys (their upper 40 bits) and ids, sorted by both, without repeats; a key is never split over two parts.
    """
    runs = [run for run in runs if run.postings.size]
    if not runs:
        return
    n_parts = -(-sum(run.postings.size for run in runs) // _PART)
    largest = max(runs, key=lambda run: run.postings.size).postings
    # borders that cut the largest run evenly cut the others nearly so: keys are hashes
    cuts = np.unique(largest[(np.arange(1, n_parts) * largest.size) // n_parts] & HIGH)
    places = [[0, *np.searchsorted(run.postings, cuts).tolist(), run.postings.size] for run in runs]
    one_era = len({run.era for run in runs}) == 1
    for part in range(len(cuts) + 1):
        spans = [run.postings[place[part] : place[part + 1]] for run, place in zip(runs, places, strict=True)]
        if one_era:
            postings = spans[0] if len(spans) == 1 else _each_once(np.concatenate(spans))
            yield postings & HIGH, ids_of(postings) + (runs[0].era << ID_BITS)
            continue
        keys = np.concatenate([span & HIGH for span in spans])
        ids = np.concatenate([ids_of(span) + (run.era << ID_BITS) for run, span in zip(runs, spans, strict=True)])
        order = np.lexsort((ids, keys))
        keys, ids = keys[order], ids[order]
        fresh = np.ones(keys.size, np.bool_)
        fresh[1:] = (keys[1:] != keys[:-1]) | (ids[1:] != ids[:-1])
        yield keys[fresh], ids[fresh]


def of_era(parts: Iterable[tuple[U64, I64]], era: int) -> Iterator[U64]:
    """The postings of one era among merged parts."""
    for keys, ids in parts:
        here = ids >> ID_BITS == era
        yield pack(keys[here], ids[here]) if not here.all() else pack(keys, ids)
