"""What differs between two texts, word by word, for people to see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from dedupe.core.meaning.align import Span
from dedupe.core.meaning.lexicon import is_known
from dedupe.core.meaning.rules import Part, meaning
from dedupe.core.meaning.tokens import GLUED, Token, tokens

__all__ = ["Difference", "Run", "difference"]

Verdict = Literal["same", "contained", "contains", "variant"]
_VERDICTS: tuple[Verdict, ...] = ("same", "contained", "contains", "variant")


@dataclass(frozen=True)
class Run:
    """Words of two texts that are equal, that stand for each other, or that one of them has alone.

    Attributes:
        kind: ``equal``, ``replaced``, ``left only`` or ``right only``.
        is_substance: Whether it changes what is said; if not, it is equal or form.
        reason: Why a difference is form, as ``misspelling``, ``article``, ``doubled word``, ``spacing``, ``accent``,
            ``spelling``, ``group marks`` or ``scan``; empty otherwise.
        left: The words on the left as written; empty where there are none.
        right: The words on the right.
        left_start: First character on the left.
        right_start: First character on the right.
    """

    kind: Literal["equal", "replaced", "left only", "right only"]
    is_substance: bool
    reason: str
    left: str
    right: str
    left_start: int
    right_start: int

    def to_dict(self) -> dict[str, Any]:
        """The run as plain values, for JSON."""
        return dict(vars(self))


@dataclass(frozen=True)
class Difference:
    """Two texts aligned word by word; the left one is to stay, the right one is the copy.

    Attributes:
        verdict: ``same`` (they differ in form alone), ``contained`` (the left says all that the right says, and has whole
            sentences more), ``contains`` (the right has them), ``variant`` (something else is said).
        similarity: Share of the words and signs that both have, equal or in another form, 0–1.
        runs: The runs in order; together they cover all words of both texts.
    """

    verdict: Verdict
    similarity: float
    runs: tuple[Run, ...]

    @property
    def substance(self) -> tuple[Run, ...]:
        """The runs that change what is said."""
        return tuple(run for run in self.runs if run.is_substance)

    def to_dict(self) -> dict[str, Any]:
        """The difference as plain values for JSON, without the equal runs."""
        runs = [run.to_dict() for run in self.runs if run.kind != "equal"]
        return {"verdict": self.verdict, "similarity": round(self.similarity, 6), "runs": runs}


def difference(left: str, right: str) -> Difference:
    """Align two texts word by word, and tell form from substance.

    Texts that differ in more than 2,000 words, or in a third of their words and 24 more, are not aligned in between:
    what lies between their common beginning and end is one run.

    Args:
        left: The text that is to stay.
        right: The copy.

    Returns:
        The runs, and what they mean together.

    Examples:
        >>> found = difference("SQLite 3.38.4 is used.", "SQLite 3.38.3 is used")
        >>> found.verdict, [(run.left, run.right) for run in found.substance]
        ('variant', [('3.38.4', '3.38.3')])
    """
    one, other = tokens(left), tokens(right)
    if left == right and not one:
        return Difference("same", 1.0, ())
    judged = meaning(one, other, is_known)
    parts = judged.parts or tuple(_ends(one, other))
    return Difference(
        _VERDICTS[judged.verdict], judged.similarity, tuple(_run(left, right, one, other, part) for part in parts)
    )


def _ends(one: list[Token], other: list[Token]) -> Iterator[Part]:
    """The common beginning and end of two texts that differ in too many words, and what lies between."""
    shorter = min(len(one), len(other))
    begin = 0
    while begin < shorter and one[begin].plain == other[begin].plain:
        begin += 1
    tail = 0
    while tail < shorter - begin and one[-1 - tail].plain == other[-1 - tail].plain:
        tail += 1
    spans = (
        Span(True, 0, begin, 0, begin),
        Span(False, begin, len(one) - tail, begin, len(other) - tail),
        Span(True, len(one) - tail, len(one), len(other) - tail, len(other)),
    )
    for span in spans:
        if span.left < span.left_end or span.right < span.right_end:
            yield Part(span, not span.is_equal, "")


def _run(left: str, right: str, one: list[Token], other: list[Token], part: Part) -> Run:
    span = part.span
    left_start, left_end = _place(one, span.left, span.left_end)
    right_start, right_end = _place(other, span.right, span.right_end)
    kind: Literal["equal", "replaced", "left only", "right only"] = "replaced"
    if span.is_equal:
        kind = "equal"
    elif span.right == span.right_end:
        kind = "left only"
    elif span.left == span.left_end:
        kind = "right only"
    return Run(
        kind, part.is_substance, part.reason, left[left_start:left_end], right[right_start:right_end],
        left_start, right_start,
    )  # fmt: skip


def _place(found: list[Token], begin: int, end: int) -> tuple[int, int]:
    """First character of some tokens and the one after the last; where there are none, the place between tokens."""
    if begin < end:
        return found[begin].start, found[end - 1].end
    at = found[begin - 1].end if begin else 0
    return at, at


def words_of(text: str) -> Iterator[str]:
    """The words of a text as written, with the signs that touch them.

    Examples:
        >>> list(words_of("use C++, not -5 %"))
        ['use', 'C++', 'not', '-5', '%']
    """
    start = end = -1
    for token in tokens(text):
        if token.flags & GLUED:
            end = token.end
            continue
        if end > 0:
            yield text[start:end]
        start, end = token.start, token.end
    if end > 0:
        yield text[start:end]
