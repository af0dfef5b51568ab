"""Groups of blocks are compared exactly, each for itself, in policy order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dedupe.core.hashing import F64, I64, inverse, offsets_of, ranges
from dedupe.core.shingles import Shingles
from dedupe.core.sketch import shingle_sets
from dedupe.core.survivors import LEADERS, Buckets, walk
from dedupe.engines.files.disk.columns import Bits
from dedupe.engines.files.disk.progress import Progress
from dedupe.engines.files.disk.run_columns import LINK, RunColumns
from dedupe.engines.files.job import Job
from dedupe.engines.files.matching.candidates import POSTING_BYTES, Groups, word_bytes
from dedupe.engines.files.matching.reread import Spill


class Walked(NamedTuple):
    """What comparing cost.

    Attributes:
        n_compared: Pairs that were compared.
        n_capped: Times that a bucket was too full for one more leader.
    """

    n_compared: int
    n_capped: int


def decide_groups(job: Job, columns: RunColumns, groups: Groups, progress: Progress) -> Walked:
    """Decide each group for itself, and link each near-duplicate to its survivor."""
    columns.near.remove()
    n_compared = n_capped = 0
    progress.stage("comparing", int(groups.n_words.sum()) * 6)
    for group in range(groups.n_groups):
        spill = Spill(columns.folder, group)
        links, walked = _Group(job, columns, spill).decide()
        columns.near.append(links)
        n_compared, n_capped = n_compared + walked.n_compared, n_capped + walked.n_capped
        progress.advance(int(groups.n_words[group]) * 6)
    columns.near.flush()
    return Walked(n_compared, n_capped)


def remove_groups(columns: RunColumns, groups: Groups) -> None:
    """Delete the texts and postings of the groups."""
    for group in range(groups.n_groups):
        for column in Spill(columns.folder, group).all():
            column.remove()


class _Group:
    """Blocks of one group in policy order, and a walk over them in parts that fit into memory."""

    def __init__(self, job: Job, columns: RunColumns, spill: Spill) -> None:
        self.job, self.spill = job, spill
        heads = spill.heads.read(0, len(spill.heads))
        self.offsets = offsets_of(heads["n_bytes"])
        order = np.arange(heads.size)
        if len(columns.scores):
            order = np.argsort(-columns.scores.take(heads["block"]), kind="stable")
        self.order, self.blocks = order, heads["block"][order]
        self.n_words = columns.blocks.take(self.blocks)["n_words"].astype(np.int64)
        postings = spill.postings.read(0, len(spill.postings))
        place = inverse(order)[np.searchsorted(heads["block"], postings["block"])]
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
        return found.take(inverse(by_file))

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
                self.sets(places), self.buckets.take(places),
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
