"""Which blocks stay: the walk in policy order, each block beside the leaders of its buckets.

The rule is in docs/core.md, "Survivors". Blocks are numbered in policy order here, the first is preferred.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dedupe.core.hashing import F64, I64, U8, Bool, distinct, offsets_of, opens_run, ranges, slices
from dedupe.core.meaning.lexicon import known_words
from dedupe.core.meaning.pairs import meanings
from dedupe.core.meaning.rules import CONTAINED, SAME
from dedupe.core.measures.similarity import pair_similarities, ranked
from dedupe.core.native import backend
from dedupe.core.pairs import Buckets
from dedupe.core.shingles import Shingles
from dedupe.core.text import unicode

LEADERS = 64
_ROUNDS = 200  # decided side by side before the rest is walked one by one
_PAIRS = 1 << 20  # pairs made at a time

_UNDECIDED, _STAYS, _DUPLICATE = range(3)


_NONE = np.zeros(0)


class Survivors(NamedTuple):
    """What the walk decided.

    Attributes:
        survivor: Array of shape (n_blocks,), int64: the block's own number when it stays.
        similarity: Array of shape (n_blocks,), float64: to the survivor; 0 for a block that stays.
        n_compared: Pairs that were compared.
        n_capped: Times that a bucket was too full for one more leader.
        variant: Array of shape (n_blocks,), int64: of a block that stays, the leader that it shares most with
            although it says something else; -1 for none. None without a judge.
        variant_similarity: Array of shape (n_blocks,), float64: to it.
    """

    survivor: I64
    similarity: F64
    n_compared: int
    n_capped: int
    variant: I64 | None = None
    variant_similarity: F64 = _NONE


class Judge(NamedTuple):
    """What decides, behind the similarity, whether a block may go: a survivor that says all that it says.

    Attributes:
        buffer: Array of shape (n_bytes,), uint8, UTF-8, the texts.
        starts: Array of shape (n_blocks,), int64.
        ends: Array of shape (n_blocks,), int64.
        least: Share of what both say from which a survivor may have whole sentences more.
    """

    buffer: U8
    starts: I64
    ends: I64
    least: float

    def passes(self, leader: I64, member: I64) -> tuple[Bool, F64]:
        """Which members of pairs may go because of their leader, and the share of what both say."""
        order = np.argsort(leader, kind="stable")
        verdicts, shares = np.empty(leader.size, np.int8), np.empty(leader.size)
        verdicts[order], shares[order] = meanings(*self[:3], leader[order], member[order])
        return ((verdicts == SAME) | (verdicts == CONTAINED)) & (shares >= self.least), shares


def leads(buckets: I64, n_before: I64 | int = 0, *, limit: int = LEADERS) -> Bool:
    """Which blocks that stay lead their bucket: the first of it, up to the limit.

    Args:
        buckets: Array of shape (n_postings,), int64, ascending, in each bucket in policy order.
        n_before: Leaders that the bucket of each has already.
        limit: How many a bucket can have.

    Returns:
        Array of shape (n_postings,), bool.
    """
    place = np.arange(buckets.size) - np.searchsorted(buckets, buckets)
    result: Bool = place + n_before < limit
    return result


def walk(
    sets: Shingles, buckets: Buckets, *,
    threshold: float, n_fixed: int = 0, leaders: int = LEADERS, judge: Judge | None = None,
) -> Survivors:  # fmt: skip
    """Decide for each block whether it stays or which survivor it duplicates.

    Blocks that wait for no earlier undecided block are decided together, round by round.
    Long chains, in which each block waits for the one before, are walked one by one in the end.

    Args:
        sets: Sorted shingle sets of the blocks.
        buckets: Buckets of the blocks.
        threshold: Jaccard similarity from which a block is a duplicate.
        n_fixed: The first `n_fixed` blocks stay whatever they resemble.
        leaders: Survivors of a bucket that later blocks are compared with.
        judge: A second test of the leaders that reach the threshold. The similarity of those that pass is the share of
            what both say, so that the earliest that says the same becomes the survivor. None for no such test.

    Returns:
        The decision, the same for any order of work.
    """
    if backend.native():
        survivor = np.empty(buckets.offsets.size - 1, np.int64)
        similarity = np.empty(survivor.size)
        given = (
            sets.offsets, sets.hashes, buckets.offsets, buckets.ids, buckets.n_buckets,
            n_fixed, threshold, leaders, survivor, similarity,
        )  # fmt: skip  # the kernel's order: sets, buckets, settings, results
        if judge is None:
            n_compared, _, n_capped = backend.kernels().walk(*given)
            return Survivors(survivor, similarity, n_compared, n_capped)
        variant, shared = np.empty(survivor.size, np.int64), np.empty(survivor.size)
        n_compared, _, n_capped = backend.kernels().walk(
            *given, judge.buffer, judge.starts, judge.ends, *unicode.table()[:3], known_words(), judge.least,
            variant, shared,
        )  # fmt: skip  # texts, tables, settings, results
        return Survivors(survivor, similarity, n_compared, n_capped, variant, shared)
    return _Walk(ranked(sets), buckets, threshold, n_fixed, leaders, judge).run()


class _Walk:
    """The state of one walk; postings are pairs of a bucket and a block in it."""

    def __init__(
        self, sets: Shingles, buckets: Buckets, threshold: float, n_fixed: int, leaders: int, judge: Judge | None
    ) -> None:
        self.sets, self.buckets, self.threshold, self.leaders, self.judge = sets, buckets, threshold, leaders, judge
        n_blocks = buckets.offsets.size - 1
        blocks = np.repeat(np.arange(n_blocks), np.diff(buckets.offsets))
        order = np.argsort(buckets.ids, kind="stable")
        self.block, self.bucket = blocks[order], buckets.ids[order]
        self.end = np.cumsum(np.bincount(buckets.ids, minlength=buckets.n_buckets))
        self.n_leaders = np.zeros(buckets.n_buckets, np.int64)
        self.state = np.zeros(n_blocks, np.int8)
        self.survivor = np.arange(n_blocks)
        self.similarity = np.zeros(n_blocks)
        self.variant, self.variant_similarity = np.full(n_blocks, -1), np.zeros(n_blocks)
        self.n_compared = 0
        self.n_fixed = n_fixed

    def run(self) -> Survivors:
        self._fix()
        open_postings = np.arange(self.block.size)
        for _ in range(_ROUNDS):
            if not (self.state == _UNDECIDED).any():
                break
            open_postings = self._round(open_postings)
        else:
            self._one_by_one()
        staying = np.bincount(self.bucket[self.state[self.block] == _STAYS], minlength=self.buckets.n_buckets)
        capped = int(np.maximum(staying - self.leaders, 0).sum())
        if self.judge is None:
            return Survivors(self.survivor, self.similarity, self.n_compared, capped)
        self.variant[self.state == _DUPLICATE] = -1
        return Survivors(self.survivor, self.similarity, self.n_compared, capped, self.variant, self.variant_similarity)

    def _fix(self) -> None:
        """Let the blocks that are known to stay lead their buckets."""
        self.state[: self.n_fixed] = _STAYS
        fixed = np.flatnonzero(self.block < self.n_fixed)
        self._lead(fixed[leads(self.bucket[fixed], limit=self.leaders)])

    def _round(self, postings: I64) -> I64:
        """Decide every block that no earlier undecided block of its open buckets can touch."""
        bucket, block = self.bucket[postings], self.block[postings]
        live = (self.n_leaders[bucket] < self.leaders) & (self.state[block] == _UNDECIDED)
        postings, bucket, block = postings[live], bucket[live], block[live]
        is_head = opens_run(bucket)
        behind = np.bincount(block[~is_head], minlength=self.state.size)
        ready = (self.state == _UNDECIDED) & (behind == 0)
        self.state[ready] = _STAYS
        self._lead(postings[is_head & ready[block]])
        return postings

    def _lead(self, leading: I64) -> None:
        """Register leaders, and measure all later members of their buckets against them."""
        np.add.at(self.n_leaders, self.bucket[leading], 1)
        self._compare(leading)

    def _compare(self, leading: I64) -> None:
        """Make the pairs of leaders and later members, in parts."""
        counts = self.end[self.bucket[leading]] - leading - 1
        n_blocks = self.state.size
        for part in slices(counts, _PAIRS):
            leader = np.repeat(self.block[leading[part]], counts[part])
            member = self.block[ranges(leading[part] + 1, counts[part])]
            free = member >= self.n_fixed
            pairs = distinct(leader[free] * n_blocks + member[free])
            self._measure(pairs // n_blocks, pairs % n_blocks)

    def _measure(self, leader: I64, member: I64) -> None:
        """Compare pairs, and note for each member its best leader so far."""
        self.n_compared += leader.size
        similarity = pair_similarities(self.sets, leader, member)
        match = similarity >= self.threshold
        leader, member, similarity = leader[match], member[match], similarity[match]
        if self.judge is not None:
            passes, share = self.judge.passes(leader, member)
            self._note_variants(leader[~passes], member[~passes], similarity[~passes])
            leader, member, similarity = leader[passes], member[passes], share[passes]
        order = np.lexsort((leader, -similarity, member))
        best = order[opens_run(member[order])]  # of each member: the highest similarity, then the earliest leader
        leader, member, similarity = leader[best], member[best], similarity[best]
        better = (similarity > self.similarity[member]) | (
            (similarity == self.similarity[member]) & (leader < self.survivor[member])
        )
        leader, member, similarity = leader[better], member[better], similarity[better]
        self.survivor[member], self.similarity[member] = leader, similarity
        self.state[member] = _DUPLICATE

    def _note_variants(self, leader: I64, member: I64, similarity: F64) -> None:
        """Note for each member the leader that it shares most with, of several the earliest."""
        order = np.lexsort((leader, -similarity, member))
        best = order[opens_run(member[order])]
        leader, member, similarity = leader[best], member[best], similarity[best]
        better = (similarity > self.variant_similarity[member]) | (
            (similarity == self.variant_similarity[member]) & (leader < self.variant[member])
        )
        self.variant[member[better]], self.variant_similarity[member[better]] = leader[better], similarity[better]

    def _one_by_one(self) -> None:
        """Walk the blocks that are left, in order, beside the leaders that this walk adds."""
        added: dict[int, list[int]] = {}
        first = int(np.argmax(self.state == _UNDECIDED))
        for block in np.flatnonzero(self.state[first:] != _STAYS).tolist():
            block += first
            own = self.buckets.ids[self.buckets.offsets[block] : self.buckets.offsets[block + 1]].tolist()
            near = np.array(sorted({leader for bucket in own for leader in added.get(bucket, ())}), np.int64)
            self._measure(near, np.full(near.size, block))
            if self.state[block] == _UNDECIDED:
                self.state[block] = _STAYS
                for bucket in own:
                    if self.n_leaders[bucket] < self.leaders:
                        self.n_leaders[bucket] += 1
                        added.setdefault(bucket, []).append(block)


def walk_matches(n_blocks: int, left: I64, right: I64, similarity: F64) -> tuple[I64, F64]:
    """Decide from measured pairs alone; blocks are numbered in policy order.

    Args:
        n_blocks: Number of blocks.
        left: Array of shape (n_pairs,), int64; the earlier block of each matching pair, left < right.
        right: Array of shape (n_pairs,), int64.
        similarity: Array of shape (n_pairs,), float64.

    Returns:
        Array of shape (n_blocks,), int64: the survivor of each block, itself when it stays; the most similar one,
        of several the earliest. Array of shape (n_blocks,), float64: the similarity to it, 0 when it stays.
    """
    order = np.lexsort((left, -similarity, right))
    left, right, similarity = left[order], right[order], similarity[order]
    survivor, best = np.arange(n_blocks), np.zeros(n_blocks)
    stays = np.ones(n_blocks, np.bool_)
    members, sizes = np.unique(right, return_counts=True)
    bounds = offsets_of(sizes)
    for member, begin, end in zip(members.tolist(), bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        kept = stays[left[begin:end]]
        nearest = int(kept.argmax())
        if kept[nearest]:
            stays[member] = False
            survivor[member], best[member] = left[begin + nearest], similarity[begin + nearest]
    return survivor, best
