"""The pieces of one story in reading order: the fullest account, and what only the others say put in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from dedupe.core.hashing import I64
from dedupe.stories.alignment import Alignment, Match, MatchSpans, Span, WeightedTerms, span_of
from dedupe.stories.clustering import Encoder
from dedupe.stories.pieces import Pieces, pieces_of
from dedupe.stories.results import CoverageVerdict


@dataclass
class VariantSpan:
    """A variant: where, how alike, and why."""

    span: Span
    verdict: CoverageVerdict
    similarity: float
    terms: WeightedTerms = ()


@dataclass(eq=False)
class Node:
    """A passage of the account in a list that can be added to anywhere."""

    piece: int
    span: Span
    begins: bool
    place: int = 0  # of the passage of the leading account that it stands at
    others: list[VariantSpan] = field(default_factory=list)
    before: Node | None = field(default=None, repr=False)
    after: Node | None = None


class Fusion(NamedTuple):
    """A story before it is given to the user.

    Attributes:
        pieces: All pieces of the collection.
        nodes: The account, in order.
        boilerplate: Spans kept apart.
        matches: Every match between pieces, in order of their places.
    """

    pieces: Pieces
    nodes: list[Node]
    boilerplate: list[Span]
    matches: list[MatchSpans]


def fuse(pieces: Pieces, members: Sequence[int], ranked: Sequence[int], encoder: Encoder | None) -> Fusion:
    """Put the documents of one story together.

    Args:
        pieces: The pieces of the collection.
        members: The documents of the story, ascending.
        ranked: The same in the order of the keep policy; the first leads.
        encoder: Adds matches by meaning, or None.

    Returns:
        The account. Each piece of each member is in it once: as a passage, as a variant, or as boilerplate.
    """
    mine = pieces_of(pieces, members)
    content = mine[~pieces.boilerplate[mine] & (pieces.copy_of[mine] < 0)]
    alignment = Alignment(pieces, content)
    if len(members) > 1:
        alignment.find(encoder)
    account = _Account(pieces, alignment)
    for doc in ranked:
        account.add(content[pieces.docs[content] == doc] if len(members) > 1 else content)
    _add_repeats(account, mine[~pieces.boilerplate[mine] & (pieces.copy_of[mine] >= 0)])
    kept_apart = [span_of(pieces, piece) for piece in mine[pieces.boilerplate[mine]].tolist()]
    return Fusion(pieces, list(account.nodes()), kept_apart, alignment.evidence)


def _add_repeats(account: _Account, repeated: I64) -> None:
    """List each repeat inside a document with the passage that says it."""
    for piece in repeated.tolist():
        node = account.home[int(account.pieces.copy_of[piece])]
        node.others.append(VariantSpan(span_of(account.pieces, piece), "repeat", 1.0))


class _Account:
    """The account while it grows."""

    def __init__(self, pieces: Pieces, alignment: Alignment) -> None:
        self.pieces, self._alignment = pieces, alignment
        self.home: dict[int, Node] = {}  # piece: the node that says it
        self._first: Node | None = None
        self._last: Node | None = None
        self._has_lead = False  # the leading account is complete

    def nodes(self) -> Iterator[Node]:
        node = self._first
        while node is not None:
            yield node
            node = node.after

    def add(self, new: I64) -> None:
        """Put the pieces of the next document into the account."""
        waiting: list[Node] = []
        cursor: Node | None = None
        is_first = self._first is None
        for piece in new.tolist():
            best = self._best(piece)
            if best is None:
                node = Node(piece, span_of(self.pieces, piece), bool(self.pieces.begins[piece]))
                self.home[piece] = node
                if cursor is None and not is_first:
                    waiting.append(node)
                else:
                    cursor = self._insert(node, cursor)
                continue
            end = self._join(piece, *best)
            if waiting:
                self._insert_before(waiting, best[0])
                waiting = []
            # a document goes on where it has come to, even when it looks back at an earlier passage
            if cursor is None or end.place >= cursor.place:
                cursor = end
        for node in waiting:
            self._insert(node, self._last)
        self._has_lead = self._first is not None

    def _best(self, piece: int) -> tuple[Node, Match] | None:
        """The passage of the account that matches a piece best, directly."""
        best: tuple[Node, Match] | None = None
        for other, match in self._alignment.partners.get(piece, ()):
            node = self.home.get(other)
            if node is None or node.piece != other:  # a variant's variant need not match the passage
                continue
            if best is None or match.rank > best[1].rank:
                best = node, match
        return best

    def _join(self, piece: int, node: Node, match: Match) -> Node:
        """Make a piece a variant; return the node after which its document goes on."""
        terms = self._alignment.terms(match)
        self.home[piece] = node
        span = span_of(self.pieces, piece)
        verdict = match.verdict
        if verdict == "contains":
            self._swap(node, piece, span, match.score, terms)
            return node
        if verdict != "overlaps":
            node.others.append(VariantSpan(span, verdict, match.score, terms))
            return node
        cursor = node
        for start, end, is_covered in self._alignment.runs(piece, node.piece):
            part = Span(span.doc, start, end)
            if is_covered:
                node.others.append(VariantSpan(part, verdict, match.score, terms))
            else:
                cursor = self._insert(Node(-1, part, cursor is node), cursor)
        return cursor

    def _swap(self, node: Node, piece: int, span: Span, score: float, terms: WeightedTerms) -> None:
        """Let a fuller version of the same passage take its place."""
        node.others.insert(0, VariantSpan(node.span, "contained", score, terms))
        node.piece, node.span = piece, span

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
