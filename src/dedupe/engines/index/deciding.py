"""New blocks beside an index: the walk of `find`, begun with the leaders that are there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from dedupe.core import pairs
from dedupe.core.hashing import F64, I64, U64, inverse
from dedupe.core.ragged import concat
from dedupe.core.shingles import Shingles
from dedupe.core.sketch import Sketch
from dedupe.core.survivors import walk
from dedupe.engines.index.bucketing import Bucketed
from dedupe.engines.index.storage.view import View


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
        found: Words and fingerprints of the new blocks; the keys are used up.
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

    met = Bucketed(view, found.keys, walked)
    near, fixed = met.near, met.fixed
    in_text = np.argsort(walked[near])  # sets are read in text order
    sets = concat((view.sets(fixed), sets_of(walked[near][in_text]).take(inverse(in_text))))
    result = walk(sets, met.buckets, threshold=options.threshold, n_fixed=fixed.size)
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
        "candidates": int(met.buckets.ids.size),
        "compared": result.n_compared,
        "capped": result.n_capped,
    }
    lead, rest = met.split(stays)
    words = found.text_hashes[new_heads, 0], base + new_heads
    return Decided(head, outcome, similarity, lead, rest, words, stats)
