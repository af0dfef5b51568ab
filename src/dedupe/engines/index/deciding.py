"""New blocks beside an index: the walk of `find`, begun with the leaders that are there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from dedupe.core import pairs
from dedupe.core.hashing import F64, I64, U64
from dedupe.core.sketch import Sketch
from dedupe.engines.index.bucketing import Bucketed
from dedupe.engines.index.storage.view import NONE, View
from dedupe.matching.comparable import Comparable
from dedupe.matching.deciding import Links, decide_next, follow_heads, is_compared, takes_part


class Source(NamedTuple):
    """What is known of blocks that are not in the index yet.

    Attributes:
        sketch: Their words and fingerprints.
        texts: Gives what they are compared by, for block numbers in any order.
    """

    sketch: Sketch
    texts: Callable[[I64], Comparable]


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


def decide(view: View, source: Source, order: I64, *, against: bool = False) -> Decided:
    """Decide about new blocks, as `find` would with the old ones before them.

    Args:
        view: The index.
        source: The new blocks; their keys are used up.
        order: Block numbers in policy order; the blocks of the index come before all of them.
        against: All blocks of the index stay, those too that are duplicates in it.

    Returns:
        The decision; nothing in the index changes by it.
    """
    options, base, found = view.rules.options, view.n_blocks, source.sketch
    own = np.arange(found.n_words.size)
    is_long = takes_part(found.n_words, options)
    group = np.where(is_long, pairs.groups(found.text_hashes, None, order), own)
    heads = order[((group == own) & is_long)[order]]
    twin = view.find_words(found.text_hashes[heads])
    new_heads = heads[twin < 0]
    walked = new_heads[is_compared(found.n_words[new_heads], options)]

    met = Bucketed(view, found.keys, walked, all_known=against)
    near = walked[met.near]
    texts = Comparable.concat((view.comparable(met.fixed), source.texts(near)))
    links = decide_next(met.fixed, base + near, met.buckets, texts, view.rules.recipe)

    head = base + own
    head[heads[twin >= 0]] = twin[twin >= 0]
    head = head[group]
    gone = _gone_heads(view, NONE if against else np.unique(twin[twin >= 0]), links)
    survivor, similarity = base + own, np.zeros(own.size)
    survivor[links.block - base], similarity[links.block - base] = links.survivor, links.similarity
    copies = np.flatnonzero(head != base + own)
    survivor[copies], similarity[copies] = follow_heads(head[copies], gone)
    stays = survivor == base + own
    stats = {
        "blocks": own.size,
        "groups": int((group == own).sum()),
        "duplicates": int((~stays).sum()),
        "known_words": int((twin >= 0).sum()),
        "candidates": int(met.buckets.ids.size),
        "compared": links.n_compared,
        "capped": links.n_capped,
    }
    lead, rest = met.split(stays)
    words = found.text_hashes[new_heads, 0], base + new_heads
    return Decided(head, survivor, similarity, lead, rest, words, stats)


def _gone_heads(view: View, known: I64, links: Links) -> Links:
    """The heads that go, by number: those of the index among `known`, and behind them the new ones."""
    _, survivor, similarity = view.decisions(known)
    goes = survivor != known
    by_number = np.argsort(links.block)
    return links._replace(
        block=np.concatenate((known[goes], links.block[by_number])),
        survivor=np.concatenate((survivor[goes], links.survivor[by_number])),
        similarity=np.concatenate((similarity[goes], links.similarity[by_number])),
    )


def known_words(view: View, sketch: Sketch) -> I64:
    """The head in the index with the words of each new block; -1 where there is none, and for short blocks."""
    result = np.full(sketch.n_words.size, -1)
    is_long = takes_part(sketch.n_words, view.rules.options)
    result[is_long] = view.find_words(sketch.text_hashes[is_long])
    return result
