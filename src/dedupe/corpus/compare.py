"""The second pass: texts that may match are read back, compared exactly, and decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dedupe.core.batch import Batch
from dedupe.core.blocks import split
from dedupe.core.hashing import F64, I64, U8, offsets_of, ranges
from dedupe.core.shingles import Shingles
from dedupe.core.sketch import shingle_sets
from dedupe.core.survivors import LEADERS, Buckets, walk
from dedupe.corpus.candidates import POSTING_BYTES, Groups, word_bytes
from dedupe.corpus.fingerprint import cleaned_inside, joined, prefetched
from dedupe.corpus.formats import read
from dedupe.corpus.formats.rows import Texts
from dedupe.corpus.inputs import Source
from dedupe.corpus.job import Job
from dedupe.corpus.progress import Progress
from dedupe.corpus.spill import Bits, Column
from dedupe.corpus.store import INSIDE, LINK, POSTING, Extent, FirstBlocks, Store
from dedupe.errors import InputError

_TEXT = np.dtype([("block", "<i8"), ("n_bytes", "<i8")])


class _Spill:
    """The texts and postings of one group on disk."""

    def __init__(self, folder: Path, group: int) -> None:
        self.heads = Column(folder / f"group-{group:06}.heads", _TEXT)
        self.bytes = Column(folder / f"group-{group:06}.bytes", np.uint8)
        self.postings = Column(folder / f"group-{group:06}.postings", POSTING)

    def all(self) -> tuple[Column, Column, Column]:
        return self.heads, self.bytes, self.postings


def spill_texts(
    sources: Sequence[Source], extents: Sequence[Extent], job: Job, store: Store, groups: Groups, progress: Progress
) -> None:
    """Read back the texts of blocks that share buckets, each file once, and write them to the files of their groups."""
    spills = [_Spill(store.folder, group) for group in range(groups.n_groups)]
    for spill in spills:
        for column in spill.all():
            column.remove()
    for _, postings in store.postings.chunks():
        group = groups.group[np.searchsorted(groups.blocks, postings["block"])]
        for one in np.unique(group).tolist():
            spills[one].postings.append(postings[group == one])
    progress.stage("reading back", sum(source.size_bytes for source in sources))
    for source, extent in zip(sources, extents, strict=True):
        first, last = np.searchsorted(
            groups.blocks, [extent.first_block, extent.first_block + extent.n_blocks]
        ).tolist()
        if last > first:
            for blocks, texts in wanted_blocks(source, extent, job, store, groups.blocks[first:last]):
                _append(spills, groups, blocks, texts)
        progress.advance(source.size_bytes)
    for spill in spills:
        for column in spill.all():
            column.flush()


def _append(spills: list[_Spill], groups: Groups, blocks: I64, texts: Batch) -> None:
    group = groups.group[np.searchsorted(groups.blocks, blocks)]
    sizes = np.diff(texts.offsets)
    for one in np.unique(group).tolist():
        mine = np.flatnonzero(group == one)
        heads = np.empty(mine.size, _TEXT)
        heads["block"], heads["n_bytes"] = blocks[mine], sizes[mine]
        spills[one].heads.append(heads)
        if mine.size == sizes.size:
            spills[one].bytes.append(texts.buffer)
        else:
            spills[one].bytes.append(_gathered(texts.buffer, texts.offsets[mine], texts.offsets[mine + 1]))


def _gathered(buffer: U8, starts: I64, ends: I64) -> U8:
    """Stretches of a buffer behind each other; slices, because an index for every byte takes eight times the text."""
    spans = zip(starts.tolist(), ends.tolist(), strict=True)
    return np.concatenate([np.zeros(0, np.uint8), *(buffer[start:end] for start, end in spans)])


def wanted_blocks(source: Source, extent: Extent, job: Job, store: Store, wanted: I64) -> Iterator[tuple[I64, Batch]]:
    """Read a file again for the texts of some of its blocks.

    Args:
        source: The file.
        extent: Where its rows and blocks lie.
        job: The settings.
        store: The columns.
        wanted: Array of shape (n,), int64, ascending: numbers of blocks of this file.

    Yields:
        Numbers of blocks, and their texts; all in file order.
    """
    for _, first, rows, texts in prefetched(wanted_texts(source, extent, job, store, wanted)):
        batch = texts.batch
        if (rows & INSIDE).any():
            batch, _ = cleaned_inside(batch)
        blocks = split(batch, job.options.unit)
        number = np.concatenate([np.zeros(0, np.int64), ranges(first, np.bincount(blocks.docs, minlength=first.size))])
        if number.size and number[-1] >= extent.first_block + extent.n_blocks:
            raise InputError(f"{source.path} has other texts than at the start of the run; run again")
        mine = np.isin(number, wanted, assume_unique=True)
        starts, ends = blocks.starts[mine], blocks.ends[mine]
        if mine.all() and starts.size and bool((ends[:-1] == starts[1:]).all()):
            yield number, Batch(batch.buffer[starts[0] : ends[-1]], np.append(starts, ends[-1:]) - starts[0])
        else:
            yield number[mine], Batch(_gathered(batch.buffer, starts, ends), offsets_of(ends - starts))


def wanted_texts(
    source: Source, extent: Extent, job: Job, store: Store, wanted: I64
) -> Iterator[tuple[int, I64, U8, Texts]]:
    """The texts of rows that hold wanted blocks: place in the file, first block of each, state of each, texts."""
    cursor = FirstBlocks(store.rows, extent)
    row = 0
    for chunk in read(source.path, source.kind, job.text, (job.text,)):
        n_rows = min(chunk.n_rows, extent.n_rows - row)
        if n_rows <= 0:
            break
        first, rows = cursor.take(row, row + n_rows)
        at = np.searchsorted(wanted, first)
        chosen = np.flatnonzero(at[1:] > at[:-1])
        if chosen.size:
            texts = chunk.texts(chosen.tolist())
            if texts.problems:
                raise InputError(f"{source.path} has other texts than at the start of the run; run again")
            yield row, first[chosen], rows["state"][chosen], texts
        row += n_rows
    source.check_unchanged()
    if row < extent.n_rows:
        raise InputError(f"{source.path} has fewer rows than at the start of the run; run again")


class Walked(NamedTuple):
    """What comparing cost.

    Attributes:
        n_compared: Pairs that were compared.
        n_capped: Times that a bucket was too full for one more leader.
    """

    n_compared: int
    n_capped: int


def decide_groups(job: Job, store: Store, groups: Groups, progress: Progress) -> Walked:
    """Decide each group for itself, and link each near-duplicate to its survivor."""
    store.near.remove()
    n_compared = n_capped = 0
    progress.stage("comparing", int(groups.n_words.sum()) * 6)
    for group in range(groups.n_groups):
        spill = _Spill(store.folder, group)
        links, walked = _Group(job, store, spill).decide()
        store.near.append(links)
        n_compared, n_capped = n_compared + walked.n_compared, n_capped + walked.n_capped
        progress.advance(int(groups.n_words[group]) * 6)
    store.near.flush()
    return Walked(n_compared, n_capped)


def remove_groups(store: Store, groups: Groups) -> None:
    """Delete the texts and postings of the groups."""
    for group in range(groups.n_groups):
        for column in _Spill(store.folder, group).all():
            column.remove()


class _Group:
    """Blocks of one group in policy order, and a walk over them in parts that fit into memory."""

    def __init__(self, job: Job, store: Store, spill: _Spill) -> None:
        self.job, self.spill = job, spill
        heads = spill.heads.read(0, len(spill.heads))
        self.offsets = offsets_of(heads["n_bytes"])
        order = np.arange(heads.size)
        if len(store.scores):
            order = np.argsort(-store.scores.take(heads["block"]), kind="stable")
        self.order, self.blocks = order, heads["block"][order]
        self.n_words = store.blocks.take(self.blocks)["n_words"].astype(np.int64)
        postings = spill.postings.read(0, len(spill.postings))
        place = np.empty(heads.size, np.int64)
        place[order] = np.arange(heads.size)
        place = place[np.searchsorted(heads["block"], postings["block"])]
        by_block = np.argsort(place, kind="stable")
        counts = np.bincount(place, minlength=heads.size)
        used, ids = np.unique(postings["bucket"][by_block], return_inverse=True)
        self.buckets = Buckets(offsets_of(counts), ids.astype(np.int64), used.size)

    def decide(self) -> tuple[np.ndarray[tuple[int], np.dtype[np.void]], Walked]:
        cost = self.n_words * word_bytes() + np.diff(self.buckets.offsets) * POSTING_BYTES
        if int(cost.sum()) <= self.job.budget_bytes:
            found = walk(self.sets(np.arange(self.blocks.size)), self.buckets, threshold=self.job.options.threshold)
            return self._links(found.survivor, found.similarity), Walked(found.n_compared, found.n_capped)
        return self._in_parts(cost)

    def _links(self, survivor: I64, similarity: F64) -> np.ndarray[tuple[int], np.dtype[np.void]]:
        gone = np.flatnonzero(survivor != np.arange(survivor.size))
        links = np.empty(gone.size, LINK)
        links["block"], links["survivor"] = self.blocks[gone], self.blocks[survivor[gone]]
        links["similarity"] = similarity[gone]
        return links

    def sets(self, places: I64) -> Shingles:
        """Shingle sets of blocks, by place in policy order; their texts are read from disk."""
        stored = self.order[places]
        by_file = np.argsort(stored, kind="stable")
        stored = stored[by_file]
        if stored.size and stored[-1] - stored[0] == stored.size - 1:
            buffer = self.spill.bytes.read(int(self.offsets[stored[0]]), int(self.offsets[stored[-1] + 1]))
        else:
            parts = [self.spill.bytes.read(int(self.offsets[i]), int(self.offsets[i + 1])) for i in stored.tolist()]
            buffer = np.concatenate([np.zeros(0, np.uint8), *parts])
        ends = offsets_of(self.offsets[stored + 1] - self.offsets[stored])
        options = self.job.options
        found = shingle_sets(buffer, ends[:-1], ends[1:], width_words=options.width_words, threads=options.threads)
        if np.array_equal(by_file, np.arange(by_file.size)):
            return found
        back = np.empty(by_file.size, np.int64)
        back[by_file] = np.arange(by_file.size)
        counts = np.diff(found.offsets)[back]
        return Shingles(found.hashes[ranges(found.offsets[:-1][back], counts)], offsets_of(counts))

    def _in_parts(self, cost: I64) -> tuple[np.ndarray[tuple[int], np.dtype[np.void]], Walked]:
        """Walk a group that is too large for memory: part by part in policy order.

        Each part meets those earlier survivors that lead one of its buckets, as blocks that are known to stay.
        A bucket's leaders are its first survivors, so the answer is that of one walk over the whole group.
        """
        n_blocks = self.blocks.size
        survivor, similarity = np.arange(n_blocks), np.zeros(n_blocks)
        leads = _Leads(self.buckets)
        n_compared = n_capped = 0
        total = np.cumsum(cost)
        begin = 0
        while begin < n_blocks:
            done = int(total[begin - 1]) if begin else 0
            end = max(begin + 1, int(np.searchsorted(total, done + self.job.budget_bytes // 2, side="right")))
            known = leads.of(begin, end)
            while end > begin + 1 and int(cost[known].sum()) > self.job.budget_bytes:
                end = begin + (end - begin) // 2
                known = leads.of(begin, end)
            places = np.concatenate((known, np.arange(begin, end)))
            found = walk(
                self.sets(places), _sub(self.buckets, places),
                threshold=self.job.options.threshold, n_fixed=known.size,
            )  # fmt: skip
            survivor[begin:end] = places[found.survivor[known.size :]]
            similarity[begin:end] = found.similarity[known.size :]
            stays = survivor[begin:end] == np.arange(begin, end)
            leads.add(np.arange(begin, end)[stays])
            n_compared, n_capped = n_compared + found.n_compared, n_capped + found.n_capped
            begin = end
        return self._links(survivor, similarity), Walked(n_compared, n_capped)


class _Leads:
    """The survivors so far that lead a bucket."""

    def __init__(self, buckets: Buckets) -> None:
        self.buckets = buckets
        self.n_leaders = np.zeros(buckets.n_buckets, np.int64)
        self.block: I64 = np.zeros(0, np.int64)  # postings of leaders
        self.bucket: I64 = np.zeros(0, np.int64)

    def of(self, begin: int, end: int) -> I64:
        """Survivors that lead a bucket of the blocks `begin` to `end`, ascending."""
        offsets = self.buckets.offsets
        wanted = Bits(self.buckets.n_buckets)
        wanted.add(self.buckets.ids[offsets[begin] : offsets[end]])
        return np.unique(self.block[wanted.has(self.bucket)])

    def add(self, blocks: I64) -> None:
        """Let blocks that stay lead their buckets, as long as these have room."""
        offsets, ids = self.buckets.offsets, self.buckets.ids
        counts = offsets[blocks + 1] - offsets[blocks]
        block = np.repeat(blocks, counts)
        bucket = ids[ranges(offsets[blocks], counts)]
        by_bucket = np.argsort(bucket, kind="stable")
        block, bucket = block[by_bucket], bucket[by_bucket]
        nth = np.arange(bucket.size) - np.searchsorted(bucket, bucket)
        room = nth + self.n_leaders[bucket] < LEADERS
        block, bucket = block[room], bucket[room]
        self.n_leaders += np.bincount(bucket, minlength=self.n_leaders.size)
        self.block = np.concatenate((self.block, block))
        self.bucket = np.concatenate((self.bucket, bucket))


def _sub(buckets: Buckets, places: I64) -> Buckets:
    """The buckets of some blocks, numbered anew."""
    counts = buckets.offsets[places + 1] - buckets.offsets[places]
    used, ids = np.unique(buckets.ids[ranges(buckets.offsets[places], counts)], return_inverse=True)
    return Buckets(offsets_of(counts), ids.astype(np.int64), used.size)


__all__ = ["Walked", "decide_groups", "joined", "remove_groups", "spill_texts", "wanted_blocks", "wanted_texts"]
