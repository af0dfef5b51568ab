"""Postings, from keys to ids: packed into plain numbers, and kept in sorted runs.

A posting is one uint64: the upper 40 bits of its key, and the lower 24 bits of its id. So a run is sorted by sorting
plain numbers, and takes 8 bytes per posting. All ids of a run agree in the bits above 24, their era.
Two keys that agree in 40 bits share a bucket here. Such a pair of blocks is compared in vain, no more: with 2**24 blocks
of 17 keys, a key that is looked up meets a strange one with a chance of 2**28 / 2**40, one in 4,000.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from dedupe.core.hashing import I64, U64, Bool, opens_run, ranges
from dedupe.core.native import backend
from dedupe.engines.index.storage.segments import Array, Segment

ID_BITS = 24
LOW = np.uint64((1 << ID_BITS) - 1)
HIGH = ~LOW
_MERGED_AT_ONCE = 1 << 22  # postings

ByEra = dict[int, Callable[[], Iterator[U64]]]  # for each era, what makes its postings in parts


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


class Run(NamedTuple):
    """Sorted postings, each once.

    Attributes:
        era: What all ids have above their lower 24 bits.
        postings: Array of shape (n_postings,), uint64.
    """

    era: int
    postings: Array


class Runs:
    """Postings of one family: pairs of a 64-bit key and an id below 2**32; a key has any number of ids.

    They lie in sorted runs, memory-mapped or in memory; nothing that is in a run ever changes.
    """

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
        """Add postings, in any order."""
        eras = ids >> ID_BITS
        for era in np.unique(eras).tolist():
            here = eras == era
            self.pending.append(Run(era, _sorted_once(pack(keys[here], ids[here]))))

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
        """Look up many keys at once.

        Args:
            keys: Array of shape (n_keys,), uint64, ascending.
            limit: Enough ids of one key; more may come.

        Returns:
            Two arrays of shape (n_found,), int64: position in `keys`, and id; sorted by both, each pair once.
        """
        rows: list[I64] = []
        ids: list[I64] = []
        for run in (*self.runs, *self.pending):
            if run.postings.size and keys.size:
                row, run_ids = _look_up(run, keys, limit)
                if row.size:
                    rows.append(row)
                    ids.append(run_ids)
        if not rows:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        if len(rows) == 1:
            return rows[0], ids[0]
        pair = _sorted_once(((np.concatenate(rows) << 32) | np.concatenate(ids)).view(np.uint64)).view(np.int64)
        return pair >> 32, pair & 0xFFFFFFFF


def _sorted_once(postings: U64) -> U64:
    """Sort postings in place, and drop repeats."""
    postings.sort()
    fresh = np.ones(postings.size, np.bool_)
    fresh[1:] = postings[1:] != postings[:-1]
    return postings if fresh.all() else postings[fresh]


def _look_up(run: Run, wanted: U64, limit: int | None) -> tuple[I64, I64]:
    row, first, end = find(run.postings, wanted)
    counts = end - first if limit is None else np.minimum(end - first, limit)
    ids = ids_of(run.postings[ranges(first, counts)])
    return np.repeat(row, counts), ids + (run.era << ID_BITS)


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
    n_parts = -(-sum(run.postings.size for run in runs) // _MERGED_AT_ONCE)
    largest = max(runs, key=lambda run: run.postings.size).postings
    # borders that cut the largest run evenly cut the others nearly so: keys are hashes
    cuts = np.unique(largest[(np.arange(1, n_parts) * largest.size) // n_parts] & HIGH)
    borders = [[0, *np.searchsorted(run.postings, cuts).tolist(), run.postings.size] for run in runs]
    one_era = len({run.era for run in runs}) == 1
    for part in range(len(cuts) + 1):
        spans = [run.postings[border[part] : border[part + 1]] for run, border in zip(runs, borders, strict=True)]
        if one_era:
            postings = spans[0] if len(spans) == 1 else _sorted_once(np.concatenate(spans))
            yield postings & HIGH, ids_of(postings) + (runs[0].era << ID_BITS)
            continue
        keys = np.concatenate([span & HIGH for span in spans])
        ids = np.concatenate([ids_of(span) + (run.era << ID_BITS) for run, span in zip(runs, spans, strict=True)])
        order = np.lexsort((ids, keys))
        keys, ids = keys[order], ids[order]
        fresh = opens_run(keys, ids)
        yield keys[fresh], ids[fresh]


def of_era(parts: Iterable[tuple[U64, I64]], era: int) -> Iterator[U64]:
    """The postings of one era among merged parts."""
    for keys, ids in parts:
        here = ids >> ID_BITS == era
        yield pack(keys[here], ids[here]) if not here.all() else pack(keys, ids)


def runs_of(segments: list[Segment], family: str) -> list[Run]:
    """The runs of one family in segments of postings."""
    names = [(segment, name) for segment in segments for name in segment.names() if name.startswith(f"{family}:")]
    return [Run(int(name.partition(":")[2]), segment[name]) for segment, name in names if segment.count(name)]


def by_era(runs: list[Run]) -> ByEra:
    """What is written for each era: the only run as it is, or several merged."""
    grouped: dict[int, list[Run]] = {}
    for run in runs:
        grouped.setdefault(run.era, []).append(run)
    return {era: partial(_postings, era, same_era) for era, same_era in grouped.items()}


def _postings(era: int, runs: list[Run]) -> Iterator[U64]:
    return iter([runs[0].postings]) if len(runs) == 1 else of_era(merged(runs), era)
