"""New blocks beside an index: the walk of `find`, begun with the leaders that are there."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dedupe.core import pairs
from dedupe.core.batch import Batch
from dedupe.core.blocks import Blocks
from dedupe.core.hashing import F64, I64, U64, Bool, offsets_of, ranges
from dedupe.core.shingles import Shingles
from dedupe.core.sketch import Sketch, shingle_sets, sketch
from dedupe.core.survivors import LEADERS, Buckets, walk
from dedupe.index.records import halves
from dedupe.index.view import View


class Decided(NamedTuple):
    """What was decided about new blocks; new block i has the number `base + i`, the others are in the index.

    Attributes:
        head: Array of shape (n_blocks,), int64: the first block with the same words.
        survivor: Array of shape (n_blocks,), int64: the block's own number when it stays.
        similarity: Array of shape (n_blocks,), float64: to the survivor; 0 for a block that stays.
        sketch: Words and fingerprints of the blocks.
        lead: Keys and numbers of the postings of new leaders, sorted by key.
        rest: Keys and numbers of the other heads, sorted by key.
        words: First half of the text hash, and number, of new heads.
        stats: Counts per stage.
    """

    head: I64
    survivor: I64
    similarity: F64
    sketch: Sketch
    lead: tuple[U64, I64]
    rest: tuple[U64, I64]
    words: tuple[U64, I64]
    stats: dict[str, Any]


def decide(view: View, batch: Batch, blocks: Blocks, order: I64) -> Decided:
    """Decide about new blocks, as `find` would with the old ones before them.

    Args:
        view: The index.
        batch: The new texts.
        blocks: Their blocks.
        order: Block numbers in policy order; the blocks of the index come before all of them.

    Returns:
        The decision; nothing in the index changes by it.
    """
    rules, base = view.rules, view.n_blocks
    options = rules.options
    found = sketch(
        batch.buffer, blocks.starts, blocks.ends,
        width_words=options.width_words, plan=rules.plan, seed=options.seed, threads=options.threads,
    )  # fmt: skip
    n_blocks = blocks.starts.size
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

    run = _Walk(view, found.keys[walked])
    near, fixed = run.near, run.fixed
    in_text = np.argsort(walked[near])  # sets are read in text order
    place = np.empty(near.size, np.int64)
    place[in_text] = np.arange(near.size)
    numbers = walked[near][in_text]
    sets = shingle_sets(
        batch.buffer, blocks.starts[numbers], blocks.ends[numbers],
        width_words=options.width_words, threads=options.threads,
    )  # fmt: skip
    if not rules.store_text:
        sets = halves(sets)
    sets = _joined(view.sets(fixed), _picked(sets, place))
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
    stays = survivor[walked] == base + walked
    stats = {
        "blocks": n_blocks,
        "groups": int(heads.size),
        "duplicates": int((outcome != base + np.arange(n_blocks)).sum()),
        "known_words": int(known.size),
        "candidates": int(run.buckets.ids.size),
        "compared": result.n_compared,
        "capped": result.n_capped,
    }
    lead, rest = run.postings(stays, base + walked)
    words = found.text_hashes[new_heads, 0], base + new_heads
    return Decided(head, outcome, similarity, found, lead, rest, words, stats)


class _Walk:
    """The buckets of new heads, with the leaders of the index in them."""

    def __init__(self, view: View, keys: U64) -> None:
        n_heads, n_bands = keys.shape
        flat = keys.ravel()
        order = _sorted_order(flat)
        self.key, self.who = flat[order], order // max(n_bands, 1)
        fresh = np.ones(flat.size, np.bool_)
        fresh[1:] = self.key[1:] != self.key[:-1]
        self.run = np.cumsum(fresh) - 1
        self.first = first = np.flatnonzero(fresh)
        n_new = np.diff(np.append(first, flat.size))
        rows, leaders = leaders_of(view, self.key[first])
        self.n_old = np.bincount(rows, minlength=first.size)
        self.fixed, old = np.unique(leaders, return_inverse=True)

        is_shared = (n_new > 1) | (self.n_old > 0)
        number = np.cumsum(is_shared) - 1
        member = is_shared[self.run]
        is_near = np.zeros(n_heads, np.bool_)
        is_near[self.who[member]] = True
        self.near = np.flatnonzero(is_near)
        dense = np.cumsum(is_near) - 1 + self.fixed.size
        block = np.concatenate((old, dense[self.who[member]]))
        bucket = np.concatenate((number[rows], number[self.run[member]]))
        by_block = np.argsort(block, kind="stable")
        counts = np.bincount(block, minlength=self.fixed.size + self.near.size)
        self.buckets = Buckets(offsets_of(counts), bucket[by_block], int(is_shared.sum()))

    def postings(self, stays: Bool, numbers: I64) -> tuple[tuple[U64, I64], tuple[U64, I64]]:
        """Split the postings into those of leaders, at most LEADERS to a bucket, and the rest."""
        staying = stays[self.who]
        before = np.cumsum(staying) - staying
        rank = before - before[self.first][self.run]
        leads = staying & (rank + self.n_old[self.run] < LEADERS)
        number = numbers[self.who]
        return (self.key[leads], number[leads]), (self.key[~leads], number[~leads])


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


def _sorted_order(keys: U64) -> I64:
    """Positions in ascending order of the keys; equal keys in ascending position."""
    order = np.argsort(keys)
    values = keys[order]
    same = np.flatnonzero(values[1:] == values[:-1])
    if same.size:  # the fast sort is not stable: put the few equal ones in order
        touched = np.union1d(same, same + 1)
        order[touched] = order[touched][np.lexsort((order[touched], values[touched]))]
    return order


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
