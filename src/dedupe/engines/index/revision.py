"""Deciding again what the removal of documents touches, and nothing else."""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from itertools import pairwise

import numpy as np

from dedupe.core.clustering.survivors import LEADERS
from dedupe.core.hashing import F64, I64, U64, Bool, distinct
from dedupe.core.measures.similarity import jaccard
from dedupe.engines.index.storage.view import NONE, Changes, View
from dedupe.matching.deciding import ALIKE_AT_LEAST, is_compared, judged

_PART = 1 << 16  # heads looked at at a time


class _Bucket:
    """The heads that share a band key, ascending, and those of them that stay."""

    def __init__(self, members: list[int], stays: list[int]) -> None:
        self.members, self.stays = members, stays


class Revision:
    """Removes documents and decides again, block after block in order of arrival.

    A decision depends only on the first LEADERS surviving blocks of each bucket that come before the block.
    So when a block leaves or enters the list of a bucket, only blocks after it can change: those that were its
    duplicates, those that it matches now, and the same for the one block that the limit lets in or pushes out.
    Blocks wait in a heap by arrival; when one is decided, all before it are final. Thus each is decided once, and the
    result is that of the walk over what is left (tests/engines/index/test_one_answer.py).
    """

    def __init__(self, view: View) -> None:
        """Start from a state of the index."""
        self.view = view
        self.decision: dict[int, tuple[int, int, float]] = {}
        self.lead: list[tuple[int, int]] = []  # postings that are new
        self.rest: list[tuple[int, int]] = []
        self.words: list[tuple[int, int]] = []
        self._keys: dict[int, list[int]] = {}
        self._sets: dict[int, U64] = {}
        self._buckets: dict[int, _Bucket] = {}
        self._waiting: list[int] = []
        self._seen: set[int] = set()
        self._dead: set[int] = set()
        self._dead_blocks = NONE
        self._entering: set[int] = set()  # members of a group that stand for it now

    def remove(self, docs: I64) -> View:
        """Take documents out.

        Args:
            docs: Array of shape (n_docs,), int64, ascending: documents that are there.

        Returns:
            The state without them; its new postings wait to be written.
        """
        view = self.view
        dead = view.blocks_of(docs)
        self._dead, self._dead_blocks = set(dead.tolist()), dead
        head, _, _ = view.decisions(dead)
        dead_heads = dead[head == dead]
        removed = np.union1d(view.changes.removed, docs)
        heirs = self._heirs(dead_heads, removed)
        has_heir = np.isin(dead_heads, np.array(list(heirs.values()), np.int64))
        start = np.union1d(dead_heads[has_heir | self._meets(dead_heads)], np.array(sorted(heirs), np.int64))
        start = start[is_compared(view.column("n_words", start), view.rules.options)]
        self._entering = set(heirs)
        self._wait(start.tolist())
        while self._waiting:
            self._decide(heapq.heappop(self._waiting))
        self._follow_heads(heirs, removed)
        return self._result(removed)

    # -- groups of equal words

    def _heirs(self, dead_heads: I64, removed: I64) -> dict[int, int]:
        """The next member of each group that lost its head, and the head it had."""
        if dead_heads.size == 0:
            return {}
        members, heads = self._members(dead_heads, removed)
        lost, first = np.unique(heads, return_index=True)
        heirs = dict(zip(members[first].tolist(), lost.tolist(), strict=True))
        for heir in heirs:
            self.decision[heir] = (heir, heir, 0.0)
        if heirs:
            numbers = np.array(sorted(heirs), np.int64)
            hashes = self.view.text_hashes(numbers)[:, 0]
            self.words = list(zip(hashes.tolist(), numbers.tolist(), strict=True))
        return heirs

    def _follow_heads(self, heirs: dict[int, int], removed: I64) -> None:
        """Give the members of each group the decision of their head."""
        changed = {number: number for number in self.decision}
        changed.update({lost: heir for heir, lost in heirs.items()})
        if not changed:
            return
        members, heads = self._members(np.array(sorted(changed), np.int64), removed)
        for member, old in zip(members.tolist(), heads.tolist(), strict=True):
            head = changed[old]
            _, survivor, similarity = self.decision[head]
            if member != head:
                self.decision[member] = (head, survivor, 1.0 if survivor == head else similarity)

    def _members(self, heads: I64, removed: I64) -> tuple[I64, I64]:
        """The blocks in the groups of these heads that are still there, ascending, and the head of each."""
        members, their_heads = self.view.members_of(heads)
        there = ~np.isin(self.view.docs_of(members), removed)
        return members[there], their_heads[there]

    # -- the walk

    def _decide(self, number: int) -> None:
        keys = self._keys[number]
        stayed = number not in self._entering and self._stays(number)
        if number in self._dead:
            stays = False
        else:
            survivor, similarity = self._nearest(number, keys)
            stays = survivor == number
            if (number, survivor, similarity) != self._of(number):
                self.decision[number] = (number, survivor, similarity)
        if number in self._entering:
            for key in keys:
                insort(self._buckets[key].members, number)
                self.rest.append((key, number))
        if stays != stayed:
            for key in keys:
                (self._enter if stays else self._leave)(key, number)

    def _enter(self, key: int, number: int) -> None:
        bucket = self._buckets[key]
        place = bisect_left(bucket.stays, number)
        bucket.stays.insert(place, number)
        if place < LEADERS:
            self.lead.append((key, number))
            self._touch_alike(bucket, number)
            if len(bucket.stays) > LEADERS:
                self._touch_duplicates(bucket, bucket.stays[LEADERS])

    def _leave(self, key: int, number: int) -> None:
        bucket = self._buckets[key]
        place = bisect_left(bucket.stays, number)
        del bucket.stays[place]
        if place < LEADERS:
            self._touch_duplicates(bucket, number)
            if len(bucket.stays) >= LEADERS:
                promoted = bucket.stays[LEADERS - 1]
                self.lead.append((key, promoted))
                self._touch_alike(bucket, promoted)

    def _touch_alike(self, bucket: _Bucket, leader: int) -> None:
        """Let the later members that match a block which leads now be decided again."""
        later = bucket.members[bisect_left(bucket.members, leader + 1) :]
        later = [number for number in later if number not in self._seen]
        if later:
            similar = self._similarities([leader], later) >= self.view.rules.options.threshold
            self._wait([number for number, hit in zip(later, similar.tolist(), strict=True) if hit])

    def _touch_duplicates(self, bucket: _Bucket, leader: int) -> None:
        """Let the duplicates of a block that leads no more be decided again."""
        later = bucket.members[bisect_left(bucket.members, leader + 1) :]
        later = [number for number in later if number not in self._seen]
        if later:
            survivors = self.view.decisions(np.array(later, np.int64))[1]
            self._wait([number for number, hit in zip(later, (survivors == leader).tolist(), strict=True) if hit])

    def _wait(self, numbers: list[int]) -> None:
        fresh = [number for number in numbers if number not in self._seen]
        self._seen.update(fresh)
        for number in fresh:
            heapq.heappush(self._waiting, number)
        self._load_keys(np.array(fresh, np.int64))
        self._load_buckets({key for number in fresh for key in self._keys[number]})

    def _nearest(self, number: int, keys: list[int]) -> tuple[int, float]:
        """The survivor of a block and the similarity to it; the block itself and 0 when it stays."""
        found: set[int] = set()
        for key in keys:
            stays = self._buckets[key].stays
            found.update(stays[: min(bisect_left(stays, number), LEADERS)])
        if not found:
            return number, 0.0
        leaders = sorted(found)
        similarity = self._similarities(leaders, [number])
        best = int(similarity.argmax())  # the first of the highest
        if similarity[best] >= self.view.rules.options.threshold:
            return leaders[best], float(similarity[best])
        return number, 0.0

    # -- what is known

    def _of(self, number: int) -> tuple[int, int, float]:
        known = self.decision.get(number)
        if known is None:
            head, survivor, similarity = self.view.decisions(np.array([number]))
            known = int(head[0]), int(survivor[0]), float(similarity[0])
        return known

    def _stays(self, number: int) -> bool:
        return self._of(number)[1] == number

    def _load_keys(self, numbers: I64) -> None:
        missing = np.array(sorted(set(numbers.tolist()) - self._keys.keys()), np.int64)
        if missing.size:
            self._keys.update(zip(missing.tolist(), self.view.keys(missing).tolist(), strict=True))

    def _load_buckets(self, keys: set[int]) -> None:
        """Read buckets as they were before.

        Whatever a block did to its buckets since, it did to all that were loaded when it began to wait: so a bucket
        that is loaded later has none of it.
        """
        missing = np.array(sorted(keys - self._buckets.keys()), np.uint64)
        if missing.size == 0:
            return
        rows, ids, stays = self._heads_in(missing)
        edges = np.arange(missing.size + 1)
        lists = []
        for row_of, found in ((rows, ids), (rows[stays], ids[stays])):
            borders, values = np.searchsorted(row_of, edges).tolist(), found.tolist()
            lists.append([values[first:last] for first, last in pairwise(borders)])
        for key, members, staying in zip(missing.tolist(), *lists, strict=True):
            self._buckets[key] = _Bucket(members, staying)

    def _heads_in(self, keys: U64) -> tuple[I64, I64, Bool]:
        """The heads in buckets, as they were before: position of the key, head, and whether it stays."""
        view = self.view
        parts = [view.lead.get(keys), view.rest.get(keys)]
        pair = distinct(
            (np.concatenate([part[0] for part in parts]) << 32) | np.concatenate([part[1] for part in parts])
        )
        rows, ids = pair >> 32, pair & 0xFFFFFFFF
        head, survivor, _ = view.decisions(ids)
        valid = (head == ids) & view.is_alive(ids)
        return rows[valid], ids[valid], (survivor == ids)[valid]

    def _meets(self, heads: I64) -> Bool:
        """Whether heads share a bucket with another; most do not, and nothing hangs on these."""
        made = np.zeros(heads.size, np.bool_)
        for first in range(0, heads.size, _PART):
            keys = self.view.keys(heads[first : first + _PART])
            wanted, back = np.unique(keys, return_inverse=True)
            counts = np.bincount(self._heads_in(wanted)[0], minlength=wanted.size)
            made[first : first + _PART] = (counts[back].reshape(keys.shape) > 1).any(axis=1)
        return made

    def _similarities(self, leaders: list[int], members: list[int]) -> F64:
        """Similarity of one leader and some members, or of some leaders and one member."""
        number, others = (members[0], leaders) if len(members) == 1 else (leaders[0], members)
        similarity = self._shared(number, others)
        recipe = self.view.rules.recipe
        near = np.flatnonzero(similarity >= min(ALIKE_AT_LEAST, recipe.options.threshold))
        if recipe.options.lose != "words" and near.size:
            pairs = np.stack(np.broadcast_arrays(leaders, members))[:, near]
            blocks, place = np.unique(pairs, return_inverse=True)
            left, right = place.reshape(pairs.shape)
            similarity[near] = judged(similarity[near], self.view.comparable(blocks), left, right, recipe)
        return similarity

    def _shared(self, number: int, others: list[int]) -> F64:
        """Similarity of the shingle sets of one block and others."""
        missing = np.array(sorted({number, *others} - self._sets.keys()), np.int64)
        if missing.size:
            sets = self.view.comparable(missing).sets
            self._sets.update(zip(missing.tolist(), np.split(sets.hashes, sets.offsets[1:-1]), strict=True))
        own = self._sets[number]
        sizes = np.array([self._sets[other].size for other in others])
        all_hashes = np.concatenate([self._sets[other] for other in others])
        at = np.minimum(np.searchsorted(own, all_hashes), own.size - 1)
        owner = np.repeat(np.arange(sizes.size), sizes)
        shared = np.bincount(owner[own[at] == all_hashes], minlength=sizes.size)
        return jaccard(shared, np.full(sizes.size, own.size), sizes)

    # -- the new state

    def _result(self, removed: I64) -> View:
        old = self.view.changes
        fresh = np.array(sorted(self.decision), np.int64)
        rows = [self.decision[block] for block in fresh.tolist()]
        keep = ~np.isin(old.blocks, np.concatenate((fresh, self._dead_blocks)))
        blocks = np.concatenate((old.blocks[keep], fresh))
        order = np.argsort(blocks)
        changes = Changes(
            removed,
            blocks[order],
            np.concatenate((old.head[keep], np.array([row[0] for row in rows], np.int64)))[order],
            np.concatenate((old.survivor[keep], np.array([row[1] for row in rows], np.int64)))[order],
            np.concatenate((old.similarity[keep], np.array([row[2] for row in rows], np.float64)))[order],
        )
        runs = {family: run.draft() for family, run in self.view.runs.items()}
        for family, made in (("lead", self.lead), ("rest", self.rest), ("words", self.words)):
            keys = np.array([key for key, _ in made], np.uint64)
            runs[family].put(keys, np.array([number for _, number in made], np.int64))
        return View(self.view.rules, self.view.records, runs, changes)
