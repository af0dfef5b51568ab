"""What a whole text is to an index: new, known, another version, a part or a whole of a document."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from dedupe.core.hashing import I64, Bool
from dedupe.core.ragged import concat
from dedupe.core.similarity import containment, intersections, jaccard, ranked
from dedupe.engines.index.deciding import known_words
from dedupe.engines.index.querying import Asked, candidates, prepare
from dedupe.engines.index.results import Check
from dedupe.engines.index.storage.records import Id
from dedupe.engines.index.storage.view import View

_DOCS = 32  # documents that share most buckets with the text; the others are not looked at


class _Shares(NamedTuple):
    """How much a text and a document share.

    Attributes:
        own: Share of the text that the document has.
        other: Share of the document that the text has.
        same_words: Both have the same words in the same blocks.
    """

    own: float
    other: float
    same_words: bool


def relate(view: View, id: Id | None, text: str) -> Check:
    """Say what a text is to an index; see `Index.check`."""
    asked = prepare(view, [text])
    known = int(view.find_ids([id])[0]) if id is not None else -1
    if known >= 0:
        shares = _shares(view, asked, known)
        is_estimate = not (view.rules.store_text or shares.same_words)
        return Check("same as" if shares.same_words else "updates", id, shares.own, shares.other, is_estimate)
    best, doc = _Shares(0.0, 0.0, False), -1
    for candidate in _near(view, asked).tolist():
        shares = _shares(view, asked, candidate)
        if _rank(shares) > _rank(best):
            best, doc = shares, candidate
    threshold = view.rules.options.threshold
    if max(best.own, best.other) < threshold:
        return Check("new", None, best.own, best.other, not view.rules.store_text and doc >= 0)
    kind: Literal["same as", "contains", "contained in"] = "same as"
    if best.own < threshold:
        kind = "contains"
    elif best.other < threshold:
        kind = "contained in"
    is_estimate = not (view.rules.store_text or best.same_words)
    return Check(kind, view.doc_ids(np.array([doc]))[0], best.own, best.other, is_estimate)


def _rank(shares: _Shares) -> tuple[bool, float, float]:
    return shares.same_words, min(shares.own, shares.other), max(shares.own, shares.other)


def _near(view: View, asked: Asked) -> I64:
    """The documents with blocks that share most buckets or words with the text, ascending."""
    twins = known_words(view, asked.source.sketch)
    blocks = np.concatenate((twins[twins >= 0], candidates(view, asked)[1]))
    docs, counts = np.unique(view.docs_of(blocks), return_counts=True)
    return np.sort(docs[np.argsort(-counts, kind="stable")[:_DOCS]])


def _shares(view: View, asked: Asked, doc: int) -> _Shares:
    ours, theirs = np.arange(asked.blocks.starts.size), view.blocks_of(np.array([doc]))
    own_hashes, hashes = asked.source.sketch.text_hashes, view.text_hashes(theirs)
    same_words = own_hashes.shape == hashes.shape and bool((own_hashes == hashes).all())
    if same_words:
        return _Shares(1.0, 1.0, True)
    if ours.size == 0 or theirs.size == 0:
        return _Shares(0.0, 0.0, False)
    left, right = (grid.ravel() for grid in np.meshgrid(ours, np.arange(theirs.size), indexing="ij"))
    sets = ranked(concat((asked.source.texts(ours).sets, view.comparable(theirs).sets)))
    sizes = sets.sizes
    shared = intersections(sets, left, right + ours.size)
    if view.rules.options.unit == "document":
        first, second = containment(shared, sizes[:1]), containment(shared, sizes[1:])
        return _Shares(float(first[0]), float(second[0]), False)
    score = jaccard(shared, sizes[left], sizes[right + ours.size])
    match = score >= view.rules.options.threshold
    match |= (own_hashes[left] == hashes[right]).all(axis=1)
    grid: Bool = match.reshape(ours.size, theirs.size)
    n_words = asked.source.sketch.n_words
    rows, columns = (np.asarray(grid.any(axis=axis)) for axis in (1, 0))
    return _Shares(_part(n_words, rows), _part(view.column("n_words", theirs), columns), False)


def _part(n_words: Any, matched: Bool) -> float:
    """Share of the words that lie in matched blocks."""
    total = int(n_words.sum())
    return float(n_words[matched].sum()) / total if total else 0.0
