"""What merge hands back: stories, passages and their variants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dedupe.errors import InputError
from dedupe.results import Block

__all__ = ["Conflict", "CoverageMatch", "Passage", "Stories", "Story", "TimelineEntry", "Variant"]

CoverageVerdict = Literal["duplicate", "contains", "contained", "overlaps", "semantic", "repeat"]


@dataclass(frozen=True)
class Variant:
    """How another document, or another place of the same one, tells a passage.

    Attributes:
        block: The variant.
        verdict: ``duplicate`` (the same words, almost), ``contained`` (the passage has what the variant says),
            ``contains`` (the other way round), ``overlaps``, ``semantic`` (by the encoder alone), or ``repeat``
            (a repeat inside its own document).
        similarity: 0–1.
        terms: What carried the match: each term as written, with its weight, the heaviest first.
    """

    block: Block
    verdict: CoverageVerdict
    similarity: float
    terms: tuple[tuple[str, float], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            **self.block.to_dict(),
            "text": self.block.text,
            "verdict": self.verdict,
            "similarity": round(self.similarity, 4),
            "terms": [[term, round(weight, 3)] for term, weight in self.terms],
        }


@dataclass(frozen=True)
class Passage:
    """A stretch of the account, verbatim from one document.

    Attributes:
        block: The document and the place it comes from.
        variants: How others tell it, in the order of the documents.
        begins_paragraph: False for a sentence that follows the one before in the same paragraph of its source.
    """

    block: Block
    variants: tuple[Variant, ...] = ()
    begins_paragraph: bool = True

    @property
    def text(self) -> str:
        """The words of the passage."""
        return self.block.text

    @property
    def sources(self) -> tuple[Any, ...]:
        """The documents that tell it, the one it is taken from first."""
        return tuple(dict.fromkeys([self.block.doc, *(variant.block.doc for variant in self.variants)]))

    @property
    def spans(self) -> tuple[tuple[Any, int, int], ...]:
        """Document, first character and character after the last, of the passage and of each variant."""
        blocks = [self.block, *(variant.block for variant in self.variants)]
        return tuple((block.doc, block.start, block.end) for block in blocks)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            **self.block.to_dict(),
            "text": self.text,
            "sources": list(self.sources),
            "variants": [variant.to_dict() for variant in self.variants],
        }


@dataclass(frozen=True)
class CoverageMatch:
    """Two passages that cover the same, and why.

    Attributes:
        left: One passage.
        right: The other, of another document.
        similarity: 0–1: shared weight over a mean of both weights nearer the smaller.
        verdict: ``duplicate``, ``contains`` (left has what right says), ``contained``, ``overlaps`` or ``semantic``.
        terms: What carried the match: each term as written, with its weight, the heaviest first.
    """

    left: Block
    right: Block
    similarity: float
    verdict: CoverageVerdict
    terms: tuple[tuple[str, float], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "left": self.left.to_dict(),
            "right": self.right.to_dict(),
            "similarity": round(self.similarity, 4),
            "verdict": self.verdict,
            "terms": [[term, round(weight, 3)] for term, weight in self.terms],
        }


@dataclass(frozen=True)
class Conflict:
    """Numbers that disagree in passages that otherwise match.

    Attributes:
        unit: The word that goes with the number, folded: ``million`` in "$1 million".
        values: Document and number as written, of the passage first.
        passage: The passage in the account.
    """

    unit: str
    values: tuple[tuple[Any, str], ...]
    passage: Passage = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"unit": self.unit, "values": [list(value) for value in self.values]}


@dataclass(frozen=True)
class TimelineEntry:
    """One dated document of a story.

    Attributes:
        date: As ISO 8601 text.
        doc: The document.
        source: Its source, if the record named one.
        added: Passages that no earlier document of the story tells.
    """

    date: str
    doc: Any
    source: str | None
    added: tuple[Passage, ...] = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"date": self.date, "doc": self.doc, "source": self.source, "added": len(self.added)}


@dataclass(frozen=True)
class Story:
    """Documents that share coverage, merged into one account.

    Attributes:
        documents: Keys (or positions) of the documents, in input order.
        passages: The account, in reading order.
        furniture: Boilerplate, kept apart: headings, bylines, links and notices.
        timeline: The dated documents, earliest first.
        conflicts: Numbers that disagree.
        matches: The evidence: every pair of passages found to cover the same.
        labels: How a document is named to readers: its source where the record names one, its key otherwise.
    """

    documents: tuple[Any, ...]
    passages: tuple[Passage, ...] = field(repr=False)
    furniture: tuple[Block, ...] = field(repr=False)
    timeline: tuple[TimelineEntry, ...] = field(repr=False, default=())
    conflicts: tuple[Conflict, ...] = field(repr=False, default=())
    matches: tuple[CoverageMatch, ...] = field(repr=False, default=())
    labels: Mapping[Any, str] = field(repr=False, default_factory=dict)

    @property
    def dropped(self) -> tuple[Block, ...]:
        """Always empty: every block is in a passage, a variant or the boilerplate."""
        return ()

    @property
    def title(self) -> str | None:
        """The heading that opens the fullest account, if it has one."""
        if not self.passages:
            return None
        base = self.passages[0].block.doc
        opening = [block for block in self.furniture if block.doc == base and block.start == self._first_of(base)]
        return opening[0].text if opening else None

    def _first_of(self, doc: Any) -> int:
        spans = [span for passage in self.passages for span in passage.spans]
        starts = [start for key, start, _ in spans if key == doc]
        return min([*starts, *(block.start for block in self.furniture if block.doc == doc)])

    @property
    def agreement(self) -> tuple[tuple[int, Passage], ...]:
        """Number of sources and passage, most sources first, then in reading order."""
        counted = [(len(passage.sources), passage) for passage in self.passages]
        return tuple(sorted(counted, key=lambda one: -one[0]))

    def novel(self, doc: Any) -> tuple[Passage, ...]:
        """The passages that only this document tells.

        Raises:
            InputError: The document is not in this story.
        """
        if doc not in self.documents:
            raise InputError(f"document {doc!r} is not in this story; it has {list(self.documents)!r}")
        return tuple(passage for passage in self.passages if passage.sources == (doc,))

    def to_dict(self) -> dict[str, Any]:
        """The story as plain values for JSON; the layout is stable within a version."""
        return {
            "format": "dedupe.story",
            "version": 1,
            "documents": list(self.documents),
            "title": self.title,
            "passages": [passage.to_dict() for passage in self.passages],
            "furniture": [{**block.to_dict(), "text": block.text} for block in self.furniture],
            "timeline": [entry.to_dict() for entry in self.timeline],
            "conflicts": [conflict.to_dict() for conflict in self.conflicts],
            "matches": [match.to_dict() for match in self.matches],
            "dropped": [],
        }

    def to_markdown(self) -> str:
        """One account with a footnote for each passage: its sources, and how the others tell it."""
        from dedupe.stories.markdown import story_markdown

        return story_markdown(self)


class Stories(list[Story]):
    """The stories of a collection, in order of their first documents, and what was left out on the way.

    Attributes:
        skipped: Position and reason of each record that was left out with ``on_error="skip"``.
        stats: The chance level, the cut, and counts.
    """

    skipped: tuple[tuple[int, str], ...]
    stats: Mapping[str, Any]

    def __init__(
        self, stories: list[Story], *, skipped: tuple[tuple[int, str], ...] = (), stats: Mapping[str, Any] | None = None
    ) -> None:
        """Hold the stories and the counts of the run."""
        super().__init__(stories)
        self.skipped = skipped
        self.stats = stats or {}
