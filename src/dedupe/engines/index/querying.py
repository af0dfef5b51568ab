"""Texts beside an index: which blocks match, and what a whole text is to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from dedupe.core.clustering.survivors import LEADERS
from dedupe.core.hashing import F64, I64, Bool, distinct, opens_run, ranges
from dedupe.core.meaning.pairs import meanings
from dedupe.core.meaning.rules import CONTAINED, CONTAINS, SAME
from dedupe.core.measures.similarity import containment, intersections, jaccard, ranked
from dedupe.core.text.batch import Batch, char_offsets
from dedupe.core.text.blocks import Blocks, split
from dedupe.engines.index.deciding import Source, known_words
from dedupe.engines.index.insertion import of_texts
from dedupe.engines.index.results import Check, IndexMatch, match_rule
from dedupe.engines.index.storage.records import Id
from dedupe.engines.index.storage.view import View
from dedupe.inputs.texts import batch_of
from dedupe.matching.comparable import Comparable
from dedupe.matching.deciding import ALIKE_AT_LEAST, is_compared, similarities
from dedupe.matching.recipe import Recipe
from dedupe.results import Block

_DOCS = 32  # documents that share most buckets with the text; the others are not looked at


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
    first = np.flatnonzero(opens_run(keys))
    counts = np.diff(first, append=keys.size)
    wanted = keys[first]
    parts = [view.lead.get(wanted), view.rest.get(wanted, limit=LEADERS)]
    rows, heads = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
    if rows.size == 0:
        return rows, heads
    known, back = np.unique(heads, return_inverse=True)
    valid = view.is_alive(known) & (view.decisions(known)[0] == known)
    rows, heads = rows[valid[back]], heads[valid[back]]
    # a key may stand for several blocks asked about
    n_askers = counts[rows]
    query = compared[order[ranges(first[rows], n_askers)] // max(asked.source.sketch.keys.shape[1], 1)]
    pair = distinct((query << 32) | np.repeat(heads, n_askers))
    return pair >> 32, pair & 0xFFFFFFFF


def _measure(view: View, asked: Asked, query: I64, block: I64) -> F64:
    if query.size == 0:
        return np.zeros(0)
    ours, left = np.unique(query, return_inverse=True)
    theirs, right = np.unique(block, return_inverse=True)
    return similarities(view.comparable(theirs), asked.source.texts(ours), right, left, view.rules.recipe)


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
        own, other = Block(None, start, end, texts[number][start:end]), Block(one, first, last, text)
        verdict = match_rule(view, own, other, score, same_words=same)
        made[number].append(IndexMatch(one, first, last, score, verdict, not (has_text or same), start, end))
    return [tuple(each) for each in made]


class _Shares(NamedTuple):
    """How much a text and a document share.

    Attributes:
        own: Share of the text that the document has.
        other: Share of the document that the text has.
        same_words: Both have the same words in the same blocks, and say the same.
        own_said: The document says all that those parts of the text say in which nothing may be lost.
        other_said: The text says all that those parts of the document say.
    """

    own: float
    other: float
    same_words: bool
    own_said: bool
    other_said: bool


_NOTHING = _Shares(0.0, 0.0, False, False, False)


def relate(view: View, id: Id | None, text: str) -> Check:
    """Say what a text is to an index; see `Index.check`."""
    asked = prepare(view, [text])
    known = int(view.find_ids([id])[0]) if id is not None else -1
    if known >= 0:
        shares = _shares(view, asked, known)
        is_estimate = not (view.rules.store_text or shares.same_words)
        return Check("same as" if shares.same_words else "updates", id, shares.own, shares.other, is_estimate)
    best, doc = _NOTHING, -1
    for candidate in _near(view, asked).tolist():
        shares = _shares(view, asked, candidate)
        if _rank(shares) > _rank(best):
            best, doc = shares, candidate
    verdict = _verdict(best, view.rules.options.threshold)
    if verdict == "new":
        return Check("new", None, best.own, best.other, not view.rules.store_text and doc >= 0)
    is_estimate = not (view.rules.store_text or best.same_words)
    return Check(verdict, view.doc_ids(np.array([doc]))[0], best.own, best.other, is_estimate)


def _verdict(shares: _Shares, threshold: float) -> Literal["new", "same as", "contains", "contained in", "variant"]:
    """What a text is to a document that shares so much with it."""
    if max(shares.own, shares.other) < threshold:
        return "new"
    is_held = shares.own >= threshold and shares.own_said
    holds = shares.other >= threshold and shares.other_said
    if is_held and holds:
        return "same as"
    return "contained in" if is_held else "contains" if holds else "variant"


def _rank(shares: _Shares) -> tuple[bool, float, float, float, float]:
    """The order of documents: those that say all come before those that share more and say something else."""
    said = shares.own * shares.own_said, shares.other * shares.other_said
    return shares.same_words, min(said), max(said), min(shares.own, shares.other), max(shares.own, shares.other)


def _near(view: View, asked: Asked) -> I64:
    """The documents with blocks that share most buckets or words with the text, ascending."""
    twins = known_words(view, asked.source.sketch)
    blocks = np.concatenate((twins[twins >= 0], candidates(view, asked)[1]))
    docs, counts = np.unique(view.docs_of(blocks), return_counts=True)
    return np.sort(docs[np.argsort(-counts, kind="stable")[:_DOCS]])


def _shares(view: View, asked: Asked, doc: int) -> _Shares:
    ours, theirs = np.arange(asked.blocks.starts.size), view.blocks_of(np.array([doc]))
    own_hashes, hashes = asked.source.sketch.text_hashes, view.text_hashes(theirs)
    if own_hashes.shape == hashes.shape and bool((own_hashes == hashes).all()):
        return _Shares(1.0, 1.0, True, True, True)
    if ours.size == 0 or theirs.size == 0:
        return _NOTHING
    left, right = (grid.ravel() for grid in np.meshgrid(ours, np.arange(theirs.size), indexing="ij"))
    both = Comparable.concat((asked.source.texts(ours), view.comparable(theirs)))
    sets = ranked(both.sets)
    sizes = sets.sizes
    shared = intersections(sets, left, right + ours.size)
    score = jaccard(shared, sizes[left], sizes[right + ours.size])
    is_same = (own_hashes[left] == hashes[right]).all(axis=1)
    held, holds = _said(both, left, right + ours.size, score, view.rules.recipe)
    own_said, other_said = _all_said(both.careful, sizes, left, right + ours.size, held | is_same, holds | is_same)
    same_words = own_said and other_said and bool(both.careful.all()) and _has_same_words(view, asked, theirs)
    if view.rules.options.unit == "document":
        first, second = containment(shared, sizes[:1]), containment(shared, sizes[1:])
        return _Shares(float(first[0]), float(second[0]), same_words, own_said, other_said)
    match: Bool = ((score >= view.rules.options.threshold) | held | holds | is_same).reshape(ours.size, theirs.size)
    n_words = asked.source.sketch.n_words
    rows, columns = (np.asarray(match.any(axis=axis)) for axis in (1, 0))
    shares = _part(n_words, rows), _part(view.column("n_words", theirs), columns)
    return _Shares(*shares, same_words, own_said, other_said)


def _said(both: Comparable, left: I64, right: I64, score: F64, recipe: Recipe) -> tuple[Bool, Bool]:
    """Of pairs in which nothing may be lost: whether the right says all that the left says, and the other way round."""
    held, holds = np.zeros(left.size, np.bool_), np.zeros(left.size, np.bool_)
    is_whole = recipe.options.unit == "document"  # one pair, of which one may be a small part of the other
    alike = is_whole | (score >= min(ALIKE_AT_LEAST, recipe.options.threshold))
    near = np.flatnonzero(both.careful[left] & both.careful[right] & alike)
    if near.size:
        spans = both.spans(np.arange(both.careful.size))
        verdicts, _ = meanings(*spans, right[near], left[near])
        held[near] = (verdicts == SAME) | (verdicts == CONTAINED)
        holds[near] = (verdicts == SAME) | (verdicts == CONTAINS)
    return held, holds


def _all_said(careful: Bool, sizes: I64, left: I64, right: I64, held: Bool, holds: Bool) -> tuple[bool, bool]:
    """Whether each block of either side in which nothing may be lost is said by one of the other side."""
    is_said = ~careful | (sizes == 0)
    is_said[left[held]] = True
    is_said[right[holds]] = True
    n_own = int(left.max()) + 1
    return bool(is_said[:n_own].all()), bool(is_said[n_own:].all())


def _has_same_words(view: View, asked: Asked, theirs: I64) -> bool:
    own, other = asked.source.sketch.words, view.word_hashes(theirs)
    return own.size == other.size and bool((own == other).all())


def _part(n_words: Any, matched: Bool) -> float:
    """Share of the words that lie in matched blocks."""
    total = int(n_words.sum())
    return float(n_words[matched].sum()) / total if total else 0.0
