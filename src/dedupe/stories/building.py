"""A story with the user's keys, characters and dates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from dedupe.core.text.batch import Batch, char_offsets
from dedupe.results import Block
from dedupe.stories.alignment import MatchSpans, Span
from dedupe.stories.feed import Feed
from dedupe.stories.fusion import Fusion, Node
from dedupe.stories.results import Conflict, CoverageMatch, Passage, Story, TimelineEntry, Variant

_AMOUNT = re.compile(r"(?:(?<=\s)|^|(?<=[$€£¥(\"“]))(\d[\d.,]*)(?:[ \u00a0-]?(%)|[ \u00a0-]([^\W\d_]+))")
_DATED = re.compile(r"\b([A-Z][^\W\d_]{2,8}) (\d{1,2})\b(?![.,]?\d)")

# words that often follow a number and are no unit
_NO_UNIT = frozenset("to of in and or at by on for the from as is was per a an with that".split())


def build_story(fusion: Fusion, feed: Feed, members: list[int], labels: Mapping[Any, str]) -> Story:
    """Turn byte spans into blocks of the user's texts, and add timeline and conflicts."""
    make = _Maker(fusion, feed)
    passages = tuple(make.passage(node) for node in fusion.nodes)
    return Story(
        documents=tuple(feed.keys[i] for i in members),
        passages=passages,
        furniture=tuple(make.block(span) for span in fusion.boilerplate),
        timeline=_timeline(feed, members, passages),
        conflicts=tuple(conflict for passage in passages for conflict in conflicts_in(passage)),
        matches=tuple(make.match(match) for match in fusion.matches),
        labels=labels,
    )


class _Maker:
    """Makes blocks; counts the characters of all spans of a story at once."""

    def __init__(self, fusion: Fusion, feed: Feed) -> None:
        spans = [*fusion.boilerplate]
        for node in fusion.nodes:
            spans += [node.span, *(variant.span for variant in node.others)]
        for match in fusion.matches:
            spans += [match.left, match.right]
        table = np.array(spans, np.int64).reshape(-1, 3)
        self._feed = feed
        self._places: dict[Span, tuple[int, int]] = {}
        pieces = fusion.pieces
        for doc in np.unique(table[:, 0]).tolist():
            rows = table[table[:, 0] == doc]
            low, high = int(pieces.batch.offsets[doc]), int(pieces.batch.offsets[doc + 1])
            if high - low == len(feed.texts[doc]):  # one byte per character
                chars = rows[:, 1:] - low
            else:
                alone = Batch(pieces.batch.buffer[low:high], np.array([0, high - low]))
                chars = char_offsets(alone, np.zeros(len(rows), np.int64), rows[:, 1:].T - low).T
            for row, (start, end) in zip(rows.tolist(), chars.tolist(), strict=True):
                self._places[Span(*row)] = (start, end)

    def block(self, span: Span) -> Block:
        start, end = self._places[span]
        return Block(self._feed.keys[span.doc], start, end, self._feed.texts[span.doc][start:end])

    def match(self, match: MatchSpans) -> CoverageMatch:
        left, right = self.block(match.left), self.block(match.right)
        return CoverageMatch(left, right, min(1.0, match.score), match.verdict, match.terms)

    def passage(self, node: Node) -> Passage:
        variants = tuple(
            Variant(self.block(other.span), other.verdict, min(1.0, other.similarity), other.terms)
            for other in sorted(node.others, key=lambda other: (other.span.doc, other.span.start))
        )
        return Passage(self.block(node.span), variants, node.begins)


def conflicts_in(passage: Passage) -> list[Conflict]:
    """Find numbers with the same unit that differ between a passage and its variants.

    Examples:
        >>> one = Block("a", 0, 20, "He gave $1 million.")
        >>> other = Variant(Block("b", 0, 20, "He gave $2 million."), "overlaps", 0.9)
        >>> [conflict.values for conflict in conflicts_in(Passage(one, (other,)))]
        [(('a', '1 million'), ('b', '2 million'))]
    """
    if all(variant.verdict == "repeat" for variant in passage.variants):
        return []
    base = _amounts(passage.text)
    found = []
    for variant in passage.variants:
        theirs = _amounts(variant.block.text)
        for unit in base.keys() & theirs.keys():
            if not set(base[unit]) & set(theirs[unit]):
                one, other = next(iter(base[unit].values())), next(iter(theirs[unit].values()))
                found.append(Conflict(unit, ((passage.block.doc, one), (variant.block.doc, other)), passage))
    return sorted(found, key=lambda conflict: (conflict.unit, str(conflict.values)))


def _amounts(text: str) -> dict[str, dict[str, str]]:
    """Unit to number to the words as written."""
    amounts: dict[str, dict[str, str]] = {}
    for match in _AMOUNT.finditer(text):
        unit = (match[2] or match[3]).casefold()
        if unit in _NO_UNIT:
            continue
        amounts.setdefault(unit, {})[match[1].rstrip(".,").replace(",", "")] = match[0].strip()
    for match in _DATED.finditer(text):
        amounts.setdefault(match[1].casefold(), {})[match[2]] = match[0]
    return amounts


def _timeline(feed: Feed, members: list[int], passages: tuple[Passage, ...]) -> tuple[TimelineEntry, ...]:
    dated = [(date, i) for i in members if (date := feed.dates[i]) is not None]
    dated.sort()
    place = {feed.keys[i]: rank for rank, (_, i) in enumerate(dated)}
    added: dict[Any, list[Passage]] = {feed.keys[i]: [] for _, i in dated}
    for passage in passages:
        known = [doc for doc in passage.sources if doc in place]
        if known:
            added[min(known, key=place.__getitem__)].append(passage)
    return tuple(
        TimelineEntry(date.isoformat(), feed.keys[i], feed.sources[i], tuple(added[feed.keys[i]])) for date, i in dated
    )
