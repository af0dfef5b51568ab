"""The pieces of one story in reading order: the fullest account, and what only the others say put in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from dedupe.core.hashing import F64, I64, Bool
from dedupe.stories.coverage import agreement as coverage
from dedupe.stories.grouping import Encoder, encode_texts
from dedupe.stories.pieces import Pieces, pieces_of, sentence_spans
from dedupe.stories.results import CoverageVerdict

COVERED = 0.5  # a sentence of an overlapping passage is told when half of its weight is
_SEMANTIC_LEVEL = 3.5  # standard deviations above the story's other pairs
_SEMANTIC_LEAST = 0.5
_TERMS_SHOWN = 8


class Span(NamedTuple):
    """A stretch of a document, in bytes of the buffer."""

    doc: int
    start: int
    end: int


@dataclass
class Telling:
    """A variant: where, how alike, and why."""

    span: Span
    verdict: CoverageVerdict
    similarity: float
    terms: tuple[tuple[str, float], ...] = ()


@dataclass(eq=False)
class Node:
    """A passage of the account in a list that can be added to anywhere."""

    piece: int
    span: Span
    begins: bool
    place: int = 0  # of the passage of the leading account that it stands at
    others: list[Telling] = field(default_factory=list)
    before: Node | None = field(default=None, repr=False)
    after: Node | None = None


class Seen(NamedTuple):
    """A match between two pieces, for the evidence."""

    left: Span
    right: Span
    score: float
    verdict: CoverageVerdict
    terms: tuple[tuple[str, float], ...]


class Woven(NamedTuple):
    """A story before it is given to the user.

    Attributes:
        pieces: All pieces of the collection.
        nodes: The account, in order.
        furniture: Spans kept apart.
        matches: Every match between pieces, in order of their places.
    """

    pieces: Pieces
    nodes: list[Node]
    furniture: list[Span]
    matches: list[Seen]


def weave(pieces: Pieces, members: Sequence[int], ranked: Sequence[int], encoder: Encoder | None) -> Woven:
    """Weave the documents of one story.

    Args:
        pieces: The pieces of the collection.
        members: The documents of the story, ascending.
        ranked: The same in the order of the keep policy; the first leads.
        encoder: Adds matches by meaning, or None.

    Returns:
        The account. Each piece of each member is in it once: as a passage, as a variant, or as furniture.
    """
    mine = pieces_of(pieces, members)
    told = mine[~pieces.furniture[mine] & (pieces.copy_of[mine] < 0)]
    loom = _Loom(pieces, told)
    if len(members) > 1:
        loom.match(encoder)
    for doc in ranked:
        loom.add(told[pieces.docs[told] == doc] if len(members) > 1 else told)
    _add_repeats(loom, mine[~pieces.furniture[mine] & (pieces.copy_of[mine] >= 0)])
    kept_apart = [_span(pieces, piece) for piece in mine[pieces.furniture[mine]].tolist()]
    return Woven(pieces, list(loom.nodes()), kept_apart, loom.seen)


def _span(pieces: Pieces, piece: int) -> Span:
    return Span(int(pieces.docs[piece]), int(pieces.starts[piece]), int(pieces.ends[piece]))


def _add_repeats(loom: _Loom, repeated: I64) -> None:
    """List each repeat inside a document with the passage that tells it."""
    for piece in repeated.tolist():
        node = loom.home[int(loom.pieces.copy_of[piece])]
        node.others.append(Telling(_span(loom.pieces, piece), "repeat", 1.0))


class _Match(NamedTuple):
    """A match as one of its pieces sees it."""

    score: float
    mine_told: float  # share of this piece that the other one has
    node_told: float  # share of the other piece that this one has
    pair: tuple[int, int] | None  # rows of the pieces; None for a match by meaning


class _Loom:
    """The account while it grows."""

    def __init__(self, pieces: Pieces, told: I64) -> None:
        self.pieces, self.told = pieces, told
        self.home: dict[int, Node] = {}  # piece: the node that tells it
        self._first: Node | None = None
        self._last: Node | None = None
        self._has_lead = False  # the leading account is complete
        self._partners: dict[int, list[tuple[int, _Match]]] = {}
        self.seen: list[Seen] = []
        self._passages: coverage.Passages | None = None

    def nodes(self) -> Iterator[Node]:
        node = self._first
        while node is not None:
            yield node
            node = node.after

    def match(self, encoder: Encoder | None) -> None:
        """Find which pieces of different documents cover the same."""
        pieces, told = self.pieces, self.told
        docs = pieces.docs[told]
        self._passages = coverage.weigh(pieces.batch.buffer, pieces.starts[told], pieces.ends[told])
        found = coverage.matches(self._passages, docs)
        for left, right, score, in_left, in_right in zip(*(one.tolist() for one in found), strict=True):
            self._pair(left, right, _Match(score, in_right, in_left, (left, right)))
        if encoder is not None and told.size:
            vectors = encode_texts(encoder, [pieces.text(piece) for piece in told.tolist()])
            for left, right, score in _by_meaning(vectors, docs):
                self._pair(left, right, _Match(score, 0.0, 0.0, None))

    def _pair(self, left: int, right: int, match: _Match) -> None:
        one, other = int(self.told[left]), int(self.told[right])
        back = match._replace(mine_told=match.node_told, node_told=match.mine_told)
        self._partners.setdefault(one, []).append((other, match))
        self._partners.setdefault(other, []).append((one, back))
        spans = _span(self.pieces, one), _span(self.pieces, other)
        # the verdict of the evidence is about the left passage: what it contains, or what contains it
        self.seen.append(Seen(*spans, match.score, _verdict(back), self._terms(match.pair)))

    def add(self, new: I64) -> None:
        """Put the pieces of the next document into the account."""
        waiting: list[Node] = []
        cursor: Node | None = None
        is_first = self._first is None
        for piece in new.tolist():
            found = self._best(piece)
            if found is None:
                node = Node(piece, _span(self.pieces, piece), bool(self.pieces.begins[piece]))
                self.home[piece] = node
                if cursor is None and not is_first:
                    waiting.append(node)
                else:
                    cursor = self._insert(node, cursor)
                continue
            end = self._join(piece, *found)
            if waiting:
                self._insert_before(waiting, found[0])
                waiting = []
            # a document goes on where it has come to, even when it looks back at an earlier passage
            if cursor is None or end.place >= cursor.place:
                cursor = end
        for node in waiting:
            self._insert(node, self._last)
        self._has_lead = self._first is not None

    def _best(self, piece: int) -> tuple[Node, _Match] | None:
        """The passage of the account that matches a piece best, directly."""
        best: tuple[Node, _Match] | None = None
        for other, match in self._partners.get(piece, ()):
            node = self.home.get(other)
            if node is None or node.piece != other:  # a variant's variant need not match the passage
                continue
            if best is None or _rank(match) > _rank(best[1]):
                best = node, match
        return best

    def _join(self, piece: int, node: Node, found: _Match) -> Node:
        """Make a piece a variant; return the node after which its document goes on."""
        terms = self._terms(found.pair)
        self.home[piece] = node
        span = _span(self.pieces, piece)
        verdict = _verdict(found)
        if verdict == "contains":
            self._swap(node, piece, span, found.score, terms)
            return node
        if verdict != "overlaps":
            node.others.append(Telling(span, verdict, found.score, terms))
            return node
        cursor = node
        for start, end, is_told in self._runs(piece, node.piece):
            part = Span(span.doc, start, end)
            if is_told:
                node.others.append(Telling(part, verdict, found.score, terms))
            else:
                cursor = self._insert(Node(-1, part, cursor is node), cursor)
        return cursor

    def _swap(self, node: Node, piece: int, span: Span, score: float, terms: tuple[tuple[str, float], ...]) -> None:
        """Let a fuller telling of the same passage take its place."""
        node.others.insert(0, Telling(node.span, "contained", score, terms))
        node.piece, node.span = piece, span

    def _runs(self, piece: int, other: int) -> list[tuple[int, int, bool]]:
        """Cut an overlapping piece into sentences that the other one tells, and that it does not.

        Told sentences between others stay in the text too, where the next sentence may lean on them.

        Returns:
            Start, end, and whether it is a variant; untold runs in order, told sentences beside them.
        """
        passages = self._passages
        assert passages is not None
        row, base = (int(np.searchsorted(self.told, one)) for one in (piece, other))
        offsets, hashes = passages.words.offsets, passages.words.hashes
        mine = slice(int(offsets[row]), int(offsets[row + 1]))
        known = np.isin(hashes[mine], hashes[offsets[base] : offsets[base + 1]])
        weight, begins = passages.rarity[mine], passages.words.starts[mine]
        spans = sentence_spans(self.pieces, piece)
        shares = []
        for start, end in spans:
            inside = (begins >= start) & (begins < end)
            shares.append(float((weight * known)[inside].sum() / max(weight[inside].sum(), 1e-9)))
        is_told = [share >= COVERED or share == max(shares) for share in shares]
        rest = [k for k, flag in enumerate(is_told) if not flag]
        runs = [(*spans[k], True) for k, flag in enumerate(is_told) if flag]
        if rest:
            first, last = rest[0], rest[-1]
            runs.append((spans[first][0], spans[last][1], False))
        return runs

    def _terms(self, pair: tuple[int, int] | None) -> tuple[tuple[str, float], ...]:
        if pair is None:
            return ()
        assert self._passages is not None
        data = self.pieces.batch.buffer
        shown = coverage.shared_terms(self._passages, *pair, limit=_TERMS_SHOWN)
        return tuple((data[a:b].tobytes().decode("utf-8", "surrogatepass"), weight) for a, b, weight in shown)

    def _insert(self, node: Node, cursor: Node | None) -> Node:
        """Put a node behind the cursor, at the start for None."""
        if cursor is not None:
            node.place = cursor.place if self._has_lead else cursor.place + 1
        node.before, node.after = cursor, self._first if cursor is None else cursor.after
        if cursor is None:
            self._first = node
        else:
            cursor.after = node
        if node.after is None:
            self._last = node
        else:
            node.after.before = node
        return node

    def _insert_before(self, waiting: list[Node], anchor: Node) -> None:
        """Put nodes before the anchor; behind it when it opens the account, whose lead stays first."""
        cursor = anchor if anchor.before is None else anchor.before
        for node in waiting:
            cursor = self._insert(node, cursor)


def _rank(match: _Match) -> tuple[bool, float, float]:
    return match.pair is not None, match.score, match.mine_told


def _verdict(found: _Match) -> CoverageVerdict:
    """What the piece that sees the match is to the other one."""
    if found.pair is None:
        return "semantic"
    return coverage.verdict(found.node_told, found.mine_told)


def _by_meaning(vectors: F64, docs: I64) -> list[tuple[int, int, float]]:
    """Pairs of pieces that are each other's nearest across two documents, and stand out by meaning."""
    alike = vectors @ vectors.T
    apart: Bool = docs[:, None] != docs[None, :]
    if not apart.any():
        return []
    centre = float(np.median(alike[apart]))
    spread = max(0.05, 1.4826 * float(np.median(np.abs(alike[apart] - centre))))
    alike = np.where(apart, alike, -np.inf)
    found = []
    for left in range(len(vectors)):
        right = int(np.argmax(alike[left]))
        level = (alike[left, right] - centre) / spread
        is_mutual = int(np.argmax(alike[right])) == left
        if left < right and is_mutual and level >= _SEMANTIC_LEVEL and alike[left, right] >= _SEMANTIC_LEAST:
            found.append((left, right, float(alike[left, right])))
    return found
