"""Which pieces of the documents of one story cover the same."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dedupe.core.hashing import F64, I64, Bool
from dedupe.stories.clustering import Encoder, encode_texts
from dedupe.stories.coverage import agreement
from dedupe.stories.pieces import Pieces, sentence_spans
from dedupe.stories.results import CoverageVerdict

COVERED = 0.5  # a sentence of an overlapping passage is covered when half of its weight is
_SEMANTIC_LEVEL = 3.5  # standard deviations above the story's other pairs
_SEMANTIC_LEAST = 0.5
_TERMS_SHOWN = 8

WeightedTerms = tuple[tuple[str, float], ...]


class Span(NamedTuple):
    """A stretch of a document, in bytes of the buffer."""

    doc: int
    start: int
    end: int


class MatchSpans(NamedTuple):
    """A match between two pieces, for the evidence."""

    left: Span
    right: Span
    score: float
    verdict: CoverageVerdict
    terms: WeightedTerms


class Match(NamedTuple):
    """A match as one of its pieces sees it.

    Attributes:
        score: How alike the two are.
        own_covered: Share of this piece that the other one has.
        other_covered: Share of the other piece that this one has.
        rows: Rows of the pieces among those compared; None for a match by meaning.
    """

    score: float
    own_covered: float
    other_covered: float
    rows: tuple[int, int] | None

    @property
    def verdict(self) -> CoverageVerdict:
        """What the piece that sees the match is to the other one."""
        return "semantic" if self.rows is None else agreement.relation(self.other_covered, self.own_covered)

    @property
    def rank(self) -> tuple[bool, float, float]:
        """Higher for the better of two matches."""
        return self.rows is not None, self.score, self.own_covered


class Alignment:
    """The matches between pieces of different documents.

    Attributes:
        partners: For each piece that matches others, these and how.
        evidence: Every match, in order of their places.
    """

    def __init__(self, pieces: Pieces, content: I64) -> None:
        """Take the pieces to compare: array of shape (n,), int64, ascending; nothing matches yet."""
        self.pieces, self._content = pieces, content
        self.partners: dict[int, list[tuple[int, Match]]] = {}
        self.evidence: list[MatchSpans] = []
        self._weighed: agreement.WeighedBlocks | None = None

    def find(self, encoder: Encoder | None) -> None:
        """Find which pieces of different documents cover the same, by their words and by meaning."""
        pieces, content = self.pieces, self._content
        docs = pieces.docs[content]
        self._weighed = agreement.weigh(pieces.batch.buffer, pieces.starts[content], pieces.ends[content])
        matches = agreement.matches(self._weighed, docs)
        for left, right, score, in_left, in_right in zip(*(column.tolist() for column in matches), strict=True):
            self._add(left, right, Match(score, in_right, in_left, (left, right)))
        if encoder is not None and content.size:
            vectors = encode_texts(encoder, [pieces.text(piece) for piece in content.tolist()])
            for left, right, score in _by_meaning(vectors, docs):
                self._add(left, right, Match(score, 0.0, 0.0, None))

    def _add(self, left: int, right: int, match: Match) -> None:
        piece, other = int(self._content[left]), int(self._content[right])
        back = match._replace(own_covered=match.other_covered, other_covered=match.own_covered)
        self.partners.setdefault(piece, []).append((other, match))
        self.partners.setdefault(other, []).append((piece, back))
        spans = span_of(self.pieces, piece), span_of(self.pieces, other)
        # the verdict of the evidence is about the left passage: what it contains, or what contains it
        self.evidence.append(MatchSpans(*spans, match.score, back.verdict, self.terms(match)))

    def terms(self, match: Match) -> WeightedTerms:
        """The terms that carry a match, as written, with their weights; the heaviest first."""
        if match.rows is None:
            return ()
        assert self._weighed is not None
        data = self.pieces.batch.buffer
        shown = agreement.shared_terms(self._weighed, *match.rows, limit=_TERMS_SHOWN)
        return tuple((data[a:b].tobytes().decode("utf-8", "surrogatepass"), weight) for a, b, weight in shown)

    def runs(self, piece: int, other: int) -> list[tuple[int, int, bool]]:
        """Cut an overlapping piece into sentences that the other one covers, and that it does not.

        Covered sentences between others stay in the text too, where the next sentence may lean on them.

        Returns:
            Start, end, and whether it is covered; covered sentences, then the run of the others.
        """
        weighed = self._weighed
        assert weighed is not None
        row, base = (int(np.searchsorted(self._content, number)) for number in (piece, other))
        offsets, hashes = weighed.words.offsets, weighed.words.hashes
        mine = slice(int(offsets[row]), int(offsets[row + 1]))
        known = np.isin(hashes[mine], hashes[offsets[base] : offsets[base + 1]])
        weight, begins = weighed.rarity[mine], weighed.words.starts[mine]
        spans = sentence_spans(self.pieces, piece)
        shares = []
        for start, end in spans:
            inside = (begins >= start) & (begins < end)
            shares.append(float((weight * known)[inside].sum() / max(weight[inside].sum(), 1e-9)))
        is_covered = [share >= COVERED or share == max(shares) for share in shares]
        rest = [k for k, flag in enumerate(is_covered) if not flag]
        runs = [(*spans[k], True) for k, flag in enumerate(is_covered) if flag]
        if rest:
            first, last = rest[0], rest[-1]
            runs.append((spans[first][0], spans[last][1], False))
        return runs


def span_of(pieces: Pieces, piece: int) -> Span:
    """Where a piece lies."""
    return Span(int(pieces.docs[piece]), int(pieces.starts[piece]), int(pieces.ends[piece]))


def _by_meaning(vectors: F64, docs: I64) -> list[tuple[int, int, float]]:
    """Pairs of pieces that are each other's nearest across two documents, and stand out by meaning."""
    alike = vectors @ vectors.T
    apart: Bool = docs[:, None] != docs[None, :]
    if not apart.any():
        return []
    center = float(np.median(alike[apart]))
    spread = max(0.05, 1.4826 * float(np.median(np.abs(alike[apart] - center))))
    alike = np.where(apart, alike, -np.inf)
    pairs = []
    for left in range(len(vectors)):
        right = int(np.argmax(alike[left]))
        level = (alike[left, right] - center) / spread
        is_mutual = int(np.argmax(alike[right])) == left
        if left < right and is_mutual and level >= _SEMANTIC_LEVEL and alike[left, right] >= _SEMANTIC_LEAST:
            pairs.append((left, right, float(alike[left, right])))
    return pairs
