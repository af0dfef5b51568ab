"""New blocks beside an index: the walk of `find`, begun with the leaders that are there."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any, NamedTuple

import numpy as np

from dedupe.core import pairs
from dedupe.core.hashing import F64, I64, U64, Bool, fmix64, offsets_of, ranges
from dedupe.core.shingles import Shingles
from dedupe.core.sketch import Sketch
from dedupe.core.survivors import LEADERS, walk
from dedupe.index.store import HIGH, LOW, pack
from dedupe.index.view import NONE, View

_PART = 1 << 18  # postings looked at at a time


class Decided(NamedTuple):
    """What was decided about new blocks; new block i has the number `base + i`, the others are in the index.

    Attributes:
        head: Array of shape (n_blocks,), int64: the first block with the same words.
        survivor: Array of shape (n_blocks,), int64: the block's own number when it stays.
        similarity: Array of shape (n_blocks,), float64: to the survivor; 0 for a block that stays.
        lead: Postings of new leaders, sorted, new block i as i.
        rest: Postings of the other heads, sorted.
        words: First half of the text hash, and number, of new heads.
        stats: Counts per stage.
    """

    head: I64
    survivor: I64
    similarity: F64
    lead: U64
    rest: U64
    words: tuple[U64, I64]
    stats: dict[str, Any]


def decide(view: View, found: Sketch, sets_of: Callable[[I64], Shingles], order: I64) -> Decided:
    """Decide about new blocks, as `find` would with the old ones before them.

    Args:
        view: The index.
        found: Words and fingerprints of the new blocks.
        sets_of: Gives what similarity is measured on, for block numbers in ascending order.
        order: Block numbers in policy order; the blocks of the index come before all of them.

    Returns:
        The decision; nothing in the index changes by it.
    """
    options, base = view.rules.options, view.n_blocks
    n_blocks = found.n_words.size
    group = pairs.groups(found.text_hashes, None, order)
    heads = order[group[order] == order]
    old = view.find_words(found.text_hashes[heads])
    is_new = old < 0
    new_heads = heads[is_new]
    walked = new_heads[found.n_words[new_heads] >= max(options.min_words, 1)]

    head, survivor, similarity = base + np.arange(n_blocks), base + np.arange(n_blocks), np.zeros(n_blocks)
    known, twins = old[~is_new], heads[~is_new]
    _, survivor[twins], similarity[twins] = view.decisions(known)
    head[twins] = known
    similarity[twins] = np.where(survivor[twins] == known, 1.0, similarity[twins])

    run = _Walk(view, found.keys[walked], walked)
    near, fixed = run.near, run.fixed
    in_text = np.argsort(walked[near])  # sets are read in text order
    place = np.empty(near.size, np.int64)
    place[in_text] = np.arange(near.size)
    sets = _joined(view.sets(fixed), _picked(sets_of(walked[near][in_text]), place))
    result = walk(sets, run.buckets, threshold=options.threshold, n_fixed=fixed.size)
    chosen = result.survivor[fixed.size :]
    is_old = chosen < fixed.size
    target = np.empty(near.size, np.int64)
    target[is_old] = fixed[chosen[is_old]]
    target[~is_old] = base + walked[near[chosen[~is_old] - fixed.size]]
    survivor[walked[near]], similarity[walked[near]] = target, result.similarity[fixed.size :]

    # a block in a group has the words of its head: what the head matches, it matches
    head, outcome = head[group], survivor[group]
    in_group = head != base + np.arange(n_blocks)
    similarity = np.where(in_group & (outcome == head), 1.0, similarity[group])
    stays = survivor == base + np.arange(n_blocks)
    stats = {
        "blocks": n_blocks,
        "groups": int(heads.size),
        "duplicates": int((outcome != base + np.arange(n_blocks)).sum()),
        "known_words": int(known.size),
        "candidates": int(run.buckets.ids.size),
        "compared": result.n_compared,
        "capped": result.n_capped,
    }
    lead, rest = run.postings(stays)
    words = found.text_hashes[new_heads, 0], base + new_heads
    return Decided(head, outcome, similarity, lead, rest, words, stats)


class _Walk:
    """The buckets of new heads, with the leaders of the index in them."""

    def __init__(self, view: View, keys: U64, numbers: I64) -> None:
        self.packed = pack(keys, numbers[:, None]).ravel()
        # nothing is looked up in an empty index, so the sort can go on beside the walk: it lets go of the interpreter
        self._sorting = Thread(target=self.packed.sort)
        self._sorting.start()
        rows, leaders = NONE, NONE
        if len(view.lead):
            self._sorting.join()
            bucket = self.packed & HIGH
            fresh = np.ones(bucket.size, np.bool_)
            fresh[1:] = bucket[1:] != bucket[:-1]
            first = np.flatnonzero(fresh)
            rows, leaders = leaders_of(view, bucket[first])
            rows = first[rows]
        self.met, self.n_met = np.unique(rows, return_counts=True)
        self.fixed, old = np.unique(leaders, return_inverse=True)
        shared, self.buckets = pairs.buckets(
            np.concatenate((self._old_keys(keys, numbers, rows, old), keys)) if self.fixed.size else keys
        )
        self.near = shared[self.fixed.size :] - self.fixed.size

    def _old_keys(self, keys: U64, numbers: I64, rows: I64, old: I64) -> U64:
        """Rows of keys for the old leaders: the keys that new blocks have too, and fillers that nothing has."""
        n_bands = keys.shape[1]
        place = np.empty(int(numbers.max()) + 1, np.int64)
        place[numbers] = np.arange(numbers.size)
        own = keys[place[(self.packed[rows] & LOW).astype(np.int64)]]
        band = ((own & HIGH) == (self.packed[rows] & HIGH)[:, None]).argmax(axis=1)
        made = fmix64(np.arange(1, self.fixed.size * n_bands + 1, dtype=np.uint64)).reshape(-1, n_bands)
        made[old, band] = own[np.arange(rows.size), band]
        return made

    def postings(self, stays: Bool) -> tuple[U64, U64]:
        """Split the postings into those of leaders, at most LEADERS to a bucket, and the rest."""
        self._sorting.join()
        leads = np.empty(self.packed.size, np.bool_)
        crowded = [NONE]
        for first in range(0, self.packed.size, _PART):  # in parts that stay in the cache
            part = self.packed[first : first + _PART]
            leads[first : first + part.size] = stays[(part & LOW).astype(np.int64)]
            ahead = self.packed[first + LEADERS : first + LEADERS + part.size]
            crowded.append(np.flatnonzero((ahead ^ part[: ahead.size]) <= LOW) + first)
        # only a bucket with more than LEADERS blocks, old and new, can be too full for one of them
        large = np.unique(self.packed[np.concatenate(crowded)] & HIGH)
        size = np.searchsorted(self.packed, self.packed[self.met] | LOW, side="right") - self.met
        full = np.union1d(np.searchsorted(self.packed, large), self.met[size + self.n_met > LEADERS])
        n_old = dict(zip(self.met.tolist(), self.n_met.tolist(), strict=True)) if full.size else {}
        for first in full.tolist():
            here = slice(first, int(np.searchsorted(self.packed, self.packed[first] | LOW, side="right")))
            leads[here] &= np.cumsum(leads[here]) + n_old.get(first, 0) <= LEADERS
        return self.packed[leads], self.packed[~leads]


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
    known, back = np.unique(ids, return_inverse=True)
    head, survivor, _ = view.decisions(known)
    stays = (head == known) & (survivor == known) & view.is_alive(known)
    keep = stays[back]
    rows, ids = rows[keep], ids[keep]
    place = np.arange(rows.size) - np.searchsorted(rows, rows)
    return rows[place < LEADERS], ids[place < LEADERS]


def _picked(sets: Shingles, order: I64) -> Shingles:
    """The sets of blocks in another order."""
    counts = np.diff(sets.offsets)
    if (order == np.arange(order.size)).all():
        return sets
    return Shingles(sets.hashes[ranges(sets.offsets[order], counts[order])], offsets_of(counts[order]))


def _joined(first: Shingles, second: Shingles) -> Shingles:
    if first.offsets.size == 1:
        return second
    offsets = np.concatenate((first.offsets, second.offsets[1:] + first.offsets[-1]))
    return Shingles(np.concatenate((first.hashes, second.hashes)), offsets)
