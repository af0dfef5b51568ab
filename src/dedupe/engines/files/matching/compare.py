"""Groups of blocks are compared exactly, each for itself, in policy order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dedupe.core.hashing import I64, inverse, offsets_of, ranges
from dedupe.core.survivors import Buckets, leads
from dedupe.engines.files.disk.columns import Array, Bits
from dedupe.engines.files.disk.progress import Progress
from dedupe.engines.files.disk.run_columns import LINK, RunColumns
from dedupe.engines.files.job import Job
from dedupe.engines.files.matching.candidates import POSTING_BYTES, Groups, word_bytes
from dedupe.engines.files.matching.reread import Spill
from dedupe.matching.comparable import Comparable, Spans
from dedupe.matching.deciding import Links, decide_next


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
        blocks = _Group(job, columns, Spill(columns.folder, group))
        for links in blocks.decide():
            columns.near.append(blocks.rows(links))
            n_compared, n_capped = n_compared + links.n_compared, n_capped + links.n_capped
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

    def decide(self) -> list[Links]:
        """The blocks that go, by place in policy order, in parts."""
        cost = self.n_words * word_bytes() + np.diff(self.buckets.offsets) * POSTING_BYTES
        if int(cost.sum()) <= self.job.budget_bytes:
            every = np.arange(self.blocks.size)
            return [decide_next(every[:0], every, self.buckets, self.texts(every), self.job.recipe)]
        return self._in_parts(cost)

    def rows(self, links: Links) -> Array:
        """Links between places in policy order as rows of LINK."""
        rows = np.empty(links.block.size, LINK)
        rows["block"], rows["survivor"] = self.blocks[links.block], self.blocks[links.survivor]
        rows["similarity"] = links.similarity
        return rows

    def texts(self, places: I64) -> Comparable:
        """What blocks are compared by, by place in policy order; their texts are read from disk."""
        stored = self.order[places]
        by_file = np.argsort(stored, kind="stable")
        stored = stored[by_file]
        if stored.size and stored[-1] - stored[0] == stored.size - 1:
            buffer = self.spill.bytes.read(int(self.offsets[stored[0]]), int(self.offsets[stored[-1] + 1]))
        else:
            parts = [self.spill.bytes.read(int(self.offsets[i]), int(self.offsets[i + 1])) for i in stored.tolist()]
            buffer = np.concatenate([np.zeros(0, np.uint8), *parts])
        ends = offsets_of(self.offsets[stored + 1] - self.offsets[stored])
        return Comparable.of(Spans(buffer, ends[:-1], ends[1:]).take(inverse(by_file)), self.job.options)

    def _in_parts(self, cost: I64) -> list[Links]:
        """Walk a group that is too large for memory: part by part in policy order.

        Each part meets those earlier survivors that lead one of its buckets, as blocks that are known to stay.
        A bucket's leaders are its first survivors, so the answer is that of one walk over the whole group.
        """
        n_blocks = self.blocks.size
        leading = _Leads(self.buckets)
        decided: list[Links] = []
        total = np.cumsum(cost)
        begin = 0
        while begin < n_blocks:
            done = int(total[begin - 1]) if begin else 0
            end = max(begin + 1, int(np.searchsorted(total, done + self.job.budget_bytes // 2, side="right")))
            known = leading.of(begin, end)
            while end > begin + 1 and int(cost[known].sum()) > self.job.budget_bytes:
                end = begin + (end - begin) // 2
                known = leading.of(begin, end)
            new = np.arange(begin, end)
            both = np.concatenate((known, new))
            links = decide_next(known, new, self.buckets.take(both), self.texts(both), self.job.recipe)
            leading.add(np.setdiff1d(new, links.block, assume_unique=True))
            decided.append(links)
            begin = end
        return decided


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
        room = leads(bucket, self.n_leaders[bucket])
        block, bucket = block[room], bucket[room]
        self.n_leaders += np.bincount(bucket, minlength=self.n_leaders.size)
        self.block = np.concatenate((self.block, block))
        self.bucket = np.concatenate((self.bucket, bucket))
