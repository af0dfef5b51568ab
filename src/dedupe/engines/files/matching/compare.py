"""Groups of blocks are compared exactly, each for itself, in policy order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dedupe.core.clustering.survivors import leads
from dedupe.core.hashing import I64, inverse, offsets_of, ranges
from dedupe.core.pairs import Buckets
from dedupe.engines.files.disk.columns import Array, Bits, Column
from dedupe.engines.files.disk.run_columns import POSTING, RunColumns
from dedupe.engines.files.job import Job
from dedupe.engines.files.matching.against import KnownSurvivors, rows_of
from dedupe.engines.files.matching.candidates import POSTING_BYTES, Groups, word_bytes
from dedupe.engines.files.matching.reread import Spill
from dedupe.engines.files.progress import Progress
from dedupe.engines.index.storage.view import View
from dedupe.matching.comparable import Comparable, Spans
from dedupe.matching.deciding import Links, decide_next


class Walked(NamedTuple):
    """What comparing cost.

    Attributes:
        n_compared: Pairs that were compared.
        n_capped: Times that a bucket was too full for one more leader.
        n_variants: Blocks that share enough with one that stays, and say something else.
    """

    n_compared: int
    n_capped: int
    n_variants: int


def decide_groups(
    job: Job, columns: RunColumns, groups: Groups, progress: Progress, view: View | None = None
) -> Walked:
    """Decide each group for itself, and link each near-duplicate to its survivor; `view` is the index that stays."""
    columns.near.remove()
    known = KnownSurvivors(columns, len(columns.known))
    n_compared = n_capped = n_variants = 0
    progress.stage("comparing", int(groups.n_words.sum()) * 6)
    for group in range(groups.n_groups):
        blocks = _Group(job, columns, Spill(columns.folder, group), view)
        for links in blocks.decide():
            columns.near.append(rows_of(links, blocks.blocks, blocks.words, blocks.leaders, view, known))
            n_compared, n_capped = n_compared + links.n_compared, n_capped + links.n_capped
            n_variants += links.variants.block.size
        progress.advance(int(groups.n_words[group]) * 6)
    for column in (columns.near, columns.known_names, columns.known_ends):
        column.flush()
    return Walked(n_compared, n_capped, n_variants)


def remove_groups(columns: RunColumns, groups: Groups) -> None:
    """Delete the texts and postings of the groups."""
    for group in range(groups.n_groups):
        for column in Spill(columns.folder, group).all():
            column.remove()


class _Group:
    """Blocks of one group in policy order, and a walk over them in parts that fit into memory.

    Places number the leaders of an index that stays, and behind them the blocks.
    """

    def __init__(self, job: Job, columns: RunColumns, spill: Spill, view: View | None) -> None:
        self.job, self.spill, self.view = job, spill, view
        heads = spill.heads.read(0, len(spill.heads))
        self.offsets = offsets_of(heads["n_bytes"])
        order = np.arange(heads.size)
        if len(columns.scores):
            order = np.argsort(-columns.scores.take(heads["block"]), kind="stable")
        self.order, self.blocks = order, heads["block"][order]
        postings = spill.postings.read(0, len(spill.postings))
        of_leaders = _in_buckets(columns.lead_postings, np.unique(postings["bucket"]))
        self.leaders, leading = np.unique(of_leaders["block"], return_inverse=True)
        place = self.leaders.size + inverse(order)[np.searchsorted(heads["block"], postings["block"])]
        place = np.concatenate((leading, place))
        by_place = np.argsort(place, kind="stable")
        counts = np.bincount(place, minlength=self.leaders.size + heads.size)
        bucket = np.concatenate((of_leaders["bucket"], postings["bucket"]))
        used, ids = np.unique(bucket[by_place], return_inverse=True)
        self.buckets = Buckets(offsets_of(counts), ids.astype(np.int64), used.size)
        rows = columns.blocks.take(self.blocks)
        self.n_words, self.words = rows["n_words"].astype(np.int64), rows["words"]
        if view is not None:
            self.n_words = np.concatenate((view.column("n_words", self.leaders).astype(np.int64), self.n_words))

    def decide(self) -> list[Links]:
        """The blocks that go, by place in policy order, in parts."""
        cost = self.n_words * word_bytes() + np.diff(self.buckets.offsets) * POSTING_BYTES
        if int(cost.sum()) <= self.job.budget_bytes:
            known, new = np.split(np.arange(cost.size), [self.leaders.size])
            return [decide_next(known, new, self.buckets, self.texts(known, new), self.job.recipe)]
        return self._in_parts(cost)

    def texts(self, known: I64, new: I64) -> Comparable:
        """What blocks are compared by, by place, those of `known` ascending; texts are read from disk."""
        places = np.concatenate((known, new))
        n_leaders = int(np.searchsorted(known, self.leaders.size))
        own = self._own_texts(places[n_leaders:] - self.leaders.size)
        if self.view is None:
            return own
        return Comparable.concat((self.view.comparable(self.leaders[places[:n_leaders]]), own))

    def _own_texts(self, places: I64) -> Comparable:
        stored = self.order[places]
        by_file = np.argsort(stored, kind="stable")
        stored = stored[by_file]
        if stored.size and stored[-1] - stored[0] == stored.size - 1:
            buffer = self.spill.bytes.read(int(self.offsets[stored[0]]), int(self.offsets[stored[-1] + 1]))
        else:
            parts = [self.spill.bytes.read(int(self.offsets[i]), int(self.offsets[i + 1])) for i in stored.tolist()]
            buffer = np.concatenate([np.zeros(0, np.uint8), *parts])
        ends = offsets_of(self.offsets[stored + 1] - self.offsets[stored])
        return Comparable.of(Spans(buffer, ends[:-1], ends[1:]).take(inverse(by_file)), self.job.recipe)

    def _in_parts(self, cost: I64) -> list[Links]:
        """Walk a group that is too large for memory: part by part in policy order.

        Each part meets those earlier survivors that lead one of its buckets, as blocks that are known to stay.
        A bucket's leaders are its first survivors, so the answer is that of one walk over the whole group.
        """
        n_places, begin = cost.size, self.leaders.size
        leading = _Leads(self.buckets)
        decided: list[Links] = []
        leading.add(np.arange(begin))
        total = np.cumsum(cost)
        while begin < n_places:
            done = int(total[begin - 1]) if begin else 0
            end = max(begin + 1, int(np.searchsorted(total, done + self.job.budget_bytes // 2, side="right")))
            known = leading.of(begin, end)
            while end > begin + 1 and int(cost[known].sum()) > self.job.budget_bytes:
                end = begin + (end - begin) // 2
                known = leading.of(begin, end)
            new = np.arange(begin, end)
            buckets = self.buckets.take(np.concatenate((known, new)))
            links = decide_next(known, new, buckets, self.texts(known, new), self.job.recipe)
            leading.add(np.setdiff1d(new, links.block, assume_unique=True))
            decided.append(links)
            begin = end
        return decided


def _in_buckets(postings: Column, buckets: I64) -> Array:
    """The postings of some buckets, which ascend."""
    parts = [rows[np.isin(rows["bucket"], buckets)] for _, rows in postings.chunks()]
    return np.concatenate([np.zeros(0, POSTING), *parts])


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
