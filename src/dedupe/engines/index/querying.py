"""Texts beside an index: which blocks match, and what a whole text is to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dedupe.core.hashing import F64, I64, Bool
from dedupe.core.survivors import LEADERS
from dedupe.core.text.batch import Batch, char_offsets
from dedupe.core.text.blocks import Blocks, split
from dedupe.engines.index.deciding import Source, known_words
from dedupe.engines.index.joining import of_texts
from dedupe.engines.index.results import IndexMatch
from dedupe.engines.index.storage.view import View
from dedupe.inputs.texts import batch_of
from dedupe.matching.deciding import is_compared, similarities
from dedupe.results import Block, Rule, rule_of


class Hits(NamedTuple):
    """Blocks of texts and the blocks of an index that they match.

    Attributes:
        query: Array of shape (n_hits,), int64: block of the texts.
        block: Array of shape (n_hits,), int64: block of the index.
        similarity: Array of shape (n_hits,), float64.
        same_words: Array of shape (n_hits,), bool.
    """

    query: I64
    block: I64
    similarity: F64
    same_words: Bool


class Asked(NamedTuple):
    """Texts that are asked about, cut and fingerprinted as those of the index."""

    batch: Batch
    blocks: Blocks
    source: Source


def prepare(view: View, texts: Sequence[str]) -> Asked:
    """Cut and fingerprint texts by the rules of an index."""
    batch = batch_of(texts)
    blocks = split(batch, view.rules.options.unit)
    return Asked(batch, blocks, of_texts(view.rules, batch, blocks))


def hits(view: View, asked: Asked) -> Hits:
    """Find and measure what matches; heads of groups stand for all blocks of their words."""
    options = view.rules.options
    twin = known_words(view, asked.source.sketch)
    same = np.flatnonzero(twin >= 0)
    query, block = candidates(view, asked)
    fresh = twin[query] != block
    query, block = query[fresh], block[fresh]
    score = _measure(view, asked, query, block)
    near = score >= options.threshold
    return Hits(
        np.concatenate((same, query[near])),
        np.concatenate((twin[same], block[near])),
        np.concatenate((np.ones(same.size), score[near])),
        np.concatenate((np.ones(same.size, np.bool_), np.zeros(int(near.sum()), np.bool_))),
    )


def candidates(view: View, asked: Asked) -> tuple[I64, I64]:
    """Pairs of a block asked about and a head that shares a bucket with it, each once."""
    compared = np.flatnonzero(is_compared(asked.source.sketch.n_words, view.rules.options))
    keys = asked.source.sketch.keys[compared].ravel()
    order = np.argsort(keys)
    keys = keys[order]
    fresh = np.ones(keys.size, np.bool_)
    fresh[1:] = keys[1:] != keys[:-1]
    first = np.flatnonzero(fresh)
    counts = np.diff(np.append(first, keys.size))
    wanted = keys[first]
    parts = [view.lead.get(wanted), view.rest.get(wanted, limit=LEADERS)]
    rows, heads = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
    if rows.size == 0:
        return rows, heads
    known, back = np.unique(heads, return_inverse=True)
    valid = view.is_alive(known) & (view.decisions(known)[0] == known)
    rows, heads = rows[valid[back]], heads[valid[back]]
    # a key may stand for several blocks asked about
    at = first[rows]
    n_askers = counts[rows]
    which = np.repeat(at, n_askers) + (
        np.arange(int(n_askers.sum())) - np.repeat(np.cumsum(n_askers) - n_askers, n_askers)
    )
    query = compared[order[which] // max(asked.source.sketch.keys.shape[1], 1)]
    pair = np.unique((query << 32) | np.repeat(heads, n_askers))
    return pair >> 32, pair & 0xFFFFFFFF


def _measure(view: View, asked: Asked, query: I64, block: I64) -> F64:
    if query.size == 0:
        return np.zeros(0)
    ours, left = np.unique(query, return_inverse=True)
    theirs, right = np.unique(block, return_inverse=True)
    return similarities(asked.source.texts(ours), view.comparable(theirs), left, right)


def matches(view: View, texts: Sequence[str], k: int) -> list[tuple[IndexMatch, ...]]:
    """The best matches of each text, the most similar first, then the earliest.

    Args:
        view: The index.
        texts: What is asked about.
        k: How many for each text.
    """
    asked = prepare(view, texts)
    found = hits(view, asked)
    if found.query.size == 0:
        return [() for _ in texts]
    doc = asked.blocks.docs[found.query]
    order = np.lexsort((found.block, -found.similarity, doc))
    place = np.arange(order.size) - np.searchsorted(doc[order], doc[order])
    order = order[place < k]
    made: list[list[IndexMatch]] = [[] for _ in texts]
    query = found.query[order]
    docs = asked.blocks.docs[query]
    spans = np.stack((asked.blocks.starts[query], asked.blocks.ends[query]))
    starts, ends = char_offsets(asked.batch, docs, spans).tolist()
    rows = zip(
        docs.tolist(), starts, ends, view.block_fields(found.block[order]),
        found.similarity[order].tolist(), found.same_words[order].tolist(), strict=True,
    )  # fmt: skip
    has_text = view.rules.store_text
    for number, start, end, (one, first, last, text), score, same in rows:
        verdict: Rule = "same words" if same else "similar"
        if has_text:
            verdict = rule_of(Block(None, start, end, texts[number][start:end]), Block(one, first, last, text), score)
        made[number].append(IndexMatch(one, first, last, score, verdict, not (has_text or same), start, end))
    return [tuple(each) for each in made]
