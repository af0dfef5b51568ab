"""What a difference means: form, which may go, or substance, which may not."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from dedupe.core.meaning.align import Span, align
from dedupe.core.meaning.spelling import Known, is_misread, is_misspelling, is_other_spelling, lost_marks
from dedupe.core.meaning.tokens import (
    CAPITAL,
    CLOSES,
    CODE,
    GLUED,
    HYPHENED,
    LABEL,
    LOWER,
    NUMBER,
    OPENS,
    SPACED,
    SYMBOL,
    WORD,
    Token,
)

SAME, CONTAINED, CONTAINS, VARIANT = range(4)
_MOST_TOKENS = 12  # of a run on either side that can still be form
_FEWEST_WORDS, _FEWEST_TOKENS = 2, 3  # of what may be sentences more; less is a number, a label, a "Not so."
_SEVERAL = 2  # words without their accents that make a text one that is written without any

# Words that may be left out, and words that tell the language, in plain forms; of each language only its own articles are form.
_LANGUAGES: tuple[tuple[frozenset[str], frozenset[str]], ...] = tuple(
    (frozenset(articles.split()), frozenset(common.split()))
    for articles, common in (
        ("a an the", "the of and to is in that it for was on with as are this be not you by from at or"),
        ("der die das den dem des ein eine einen einem einer eines", "der die und das ist nicht ein eine zu den von mit sich auf dem des im auch es wird bei oder"),
        ("le la les l un une des du", "le la les et des de est une un du en que pour dans pas qui sur au avec ce il ou par"),
        ("el la los las un una unos unas", "el la los las de que y en un una es se no por con para su al del lo como o"),
        ("il lo la gli le l un uno una", "il la di che e un una non per con del della si da in le dei al sono come o"),
        ("o os as um uma uns umas", "o os que e de do da em um uma para com se por na no dos mais ao como ou"),
        ("de het een", "de het een en van is dat niet op te zijn met voor aan er die in om ook bij of"),
    )
)  # fmt: skip
_ENGLISH = 0
_COVERED = 0.9  # share of known words from which an unknown one is a slip
_SMALL = {capital: capital + 0x20 for capital in range(0x41, 0x5B)}
_PARTICLES = frozenset("的了在和是与及对将于把被就也都而或のはをにともへや")  # said twice, they are a slip
_AFTER_A = frozenset("few little lot bit".split())  # "a few" is not "few"


class Part(NamedTuple):
    """A run of the alignment and what it means.

    Attributes:
        span: The tokens on both sides.
        is_substance: Whether it changes what is said.
        reason: Why it is form, as ``misspelling``; empty for equal runs and for substance.
    """

    span: Span
    is_substance: bool
    reason: str


class Meaning(NamedTuple):
    """What a difference means as a whole.

    Attributes:
        verdict: SAME (they differ in form alone), CONTAINED (the left says all that the right says, and has whole
            sentences more), CONTAINS (the right has them), VARIANT (something else is said).
        similarity: Share of the tokens that both have, equal or in another form, 0–1.
        parts: The runs in order; empty when the texts differ in too many places to align them.
    """

    verdict: int
    similarity: float
    parts: tuple[Part, ...]


def meaning(left: Sequence[Token], right: Sequence[Token], known: Known) -> Meaning:
    """Align two texts and judge each difference.

    Args:
        left: Tokens of the text that is to stay.
        right: Tokens of the text that is to go.
        known: Tells whether a plain form is a known word.

    Returns:
        The judgment; of two texts without tokens nothing says that they mean the same, so they are variants.
    """
    if not left and not right:
        return Meaning(VARIANT, 0.0, ())
    spans = align([token.plain for token in left], [token.plain for token in right])
    if spans is None:
        return Meaning(VARIANT, 0.0, ())
    judge = _Judge(left, right, known)
    judge.look_at(spans)
    parts = tuple(judge.part(span) for span in spans)
    changed = [part.span for part in parts if part.is_substance]
    n_left = sum(span.left_end - span.left for span in changed)
    n_right = sum(span.right_end - span.right for span in changed)
    shared = max(len(left) - n_left, len(right) - n_right)
    similarity = shared / (shared + n_left + n_right) if shared else float(not changed)
    if not changed:
        return Meaning(SAME, 1.0, parts)
    verdict = VARIANT
    if not n_right and all(_are_sentences(left, span.left, span.left_end, right, span.right) for span in changed):
        verdict = CONTAINED
    elif not n_left and all(_are_sentences(right, span.right, span.right_end, left, span.left) for span in changed):
        verdict = CONTAINS
    return Meaning(verdict, similarity, parts)


def _are_sentences(more: Sequence[Token], begin: int, end: int, less: Sequence[Token], at: int) -> bool:
    """Whether tokens that only one side has are whole sentences, put between whole sentences of the other.

    The run may be moved along as long as what it passes is equal: ``b c. A`` between ``A`` and ``d`` is ``A b c.``
    """
    steps = range(1 + _passable(more, begin, end, at, less))
    return any(_opens_and_closes(more, begin - step, end - step, less, at - step) for step in steps) or any(
        _opens_and_closes(more, begin + step, end + step, less, at + step)
        for step in range(1, 1 + _passable_on(more, begin, end, less, at))
    )


def _passable(more: Sequence[Token], begin: int, end: int, at: int, less: Sequence[Token]) -> int:
    steps = 0
    while (
        steps < min(begin, at)
        and more[begin - 1 - steps].plain == more[end - 1 - steps].plain == less[at - 1 - steps].plain
    ):
        steps += 1
    return steps


def _passable_on(more: Sequence[Token], begin: int, end: int, less: Sequence[Token], at: int) -> int:
    steps = 0
    while (
        end + steps < len(more)
        and at + steps < len(less)
        and more[begin + steps].plain == more[end + steps].plain == less[at + steps].plain
    ):
        steps += 1
    return steps


def _opens_and_closes(more: Sequence[Token], begin: int, end: int, less: Sequence[Token], at: int) -> bool:
    n_words = sum(token.kind == WORD for token in more[begin:end])
    if n_words < _FEWEST_WORDS or end - begin < _FEWEST_TOKENS:
        return False
    opens = begin == 0 or bool(more[begin].flags & OPENS and more[begin - 1].flags & CLOSES)
    closes = bool(more[end - 1].flags & CLOSES) and (end == len(more) or bool(more[end].flags & OPENS))
    is_border = at in (0, len(less)) or bool(less[at].flags & OPENS and less[at - 1].flags & CLOSES)
    return opens and closes and is_border


class _Judge:
    """Tells form from substance in the runs of one pair."""

    def __init__(self, left: Sequence[Token], right: Sequence[Token], known: Known) -> None:
        self.left, self.right, self.known = left, right, known
        self.is_plainly_written = False  # one side writes several words without their accents, and the other none

    def look_at(self, spans: Sequence[Span]) -> None:
        """Count the words that lost their accents, before any is judged."""
        counts = [0, 0, 0]
        for span in spans:
            if not span.is_equal and span.left_end - span.left == span.right_end - span.right:
                pairs = zip(self.left[span.left : span.left_end], self.right[span.right : span.right_end], strict=True)
                for one, other in pairs:
                    counts[lost_marks(one.plain, other.plain)] += 1
        self.is_plainly_written = max(counts[1:]) >= _SEVERAL and min(counts[1:]) == 0

    def part(self, span: Span) -> Part:
        if span.is_equal:
            return Part(span, False, "")
        reason = self._form(span)
        return Part(span, reason is None, reason or "")

    def _form(self, span: Span) -> str | None:
        """Why a run is form, or None: its tokens are matched one by one or in small groups, from left to right."""
        n_left, n_right = span.left_end - span.left, span.right_end - span.right
        if max(n_left, n_right) > _MOST_TOKENS:
            return None
        # reached[i][j]: the reason by which the first i and j tokens are explained; the first way that is found stays
        reached: dict[tuple[int, int], str] = {(0, 0): ""}
        for i in range(n_left + 1):
            for j in range(n_right + 1):
                before = reached.get((i, j))
                if before is None:
                    continue
                for (more, other_more), reason in self._steps(span, i, j):
                    reached.setdefault((i + more, j + other_more), before or reason)
        return reached.get((n_left, n_right))

    def _steps(self, span: Span, n_left: int, n_right: int) -> list[tuple[tuple[int, int], str]]:
        """Ways to explain the next tokens of a run as form: how many of each side, and why."""
        left, right = self.left, self.right
        i, end, j, other_end = span.left + n_left, span.left_end, span.right + n_right, span.right_end
        steps: list[tuple[tuple[int, int], str]] = []
        if i < end and j < other_end and (reason := self._one_for_one(i, j)):
            steps.append(((1, 1), reason))
        for more in (1, 2, 3):
            for other_more in (1, 2, 3):
                is_new_pair = min(more, other_more) == 1 and more != other_more
                if is_new_pair and i + more <= end and j + other_more <= other_end:
                    reason = self._joined(left[i : i + more], right[j : j + other_more])
                    if reason:
                        steps.append(((more, other_more), reason))
        if i < end and (reason := self._left_out(left, i, span.left, end)):
            steps.append(((1, 0), reason))
        if j < other_end and (reason := self._left_out(right, j, span.right, other_end)):
            steps.append(((0, 1), reason))
        return steps

    def _one_for_one(self, i: int, j: int) -> str:
        one, other = self.left[i], self.right[j]
        if one.plain == other.plain:
            return "order"
        if one.kind == other.kind == NUMBER:
            return "group marks" if self.language > 0 and _plain_number(one.plain) == _plain_number(other.plain) else ""
        if one.kind != WORD or other.kind != WORD:
            return ""
        if "_" in one.plain and one.plain.translate(_SMALL) == other.plain.translate(_SMALL):
            return "case" if self.is_without_case else ""
        if one.plain in self.articles and other.plain in self.articles:
            return "article"
        if lost_marks(one.plain, other.plain):
            both_are_known = self.known(one.plain) and self.known(other.plain)
            return "" if both_are_known and not self.is_plainly_written and self.language != _ENGLISH else "accent"
        if self.language == _ENGLISH and is_other_spelling(one.plain, other.plain):
            return "spelling"
        if (one.flags | other.flags) & CODE:
            return ""
        is_name = bool(one.flags & other.flags & CAPITAL)
        is_slip = is_misspelling(one.plain, other.plain, self.known, is_name=is_name, is_covered=self.is_covered)
        return "misspelling" if is_slip else ""

    def _joined(self, some: Sequence[Token], others: Sequence[Token]) -> str:
        """Whether both sides have the same letters, cut into words in another way."""
        one, other = "".join(token.plain for token in some), "".join(token.plain for token in others)
        whole, parts = (some, others) if len(some) == 1 else (others, some)
        if any(not token.flags & (SPACED | GLUED | HYPHENED) for token in parts[1:]):
            return ""
        if whole[0].kind == NUMBER and one == other:
            is_group = (
                len(parts[0].plain) <= 3
                and parts[0].plain[0] != "0"
                and all(len(t.plain) == 3 and t.flags & SPACED for t in parts[1:])
            )
            return "group marks" if is_group and one.isdecimal() else ""
        if whole[0].kind != WORD or any(token.kind == SYMBOL for token in (*some, *others)):
            return ""
        has_number = any(token.kind == NUMBER for token in (*some, *others))
        if one == other and not has_number:
            return "spacing"
        if has_number and all(token.flags & GLUED for token in parts[1:]):
            return "scan" if is_misread("".join(token.plain for token in parts), whole[0].plain) else ""
        return ""

    def _left_out(self, tokens: Sequence[Token], at: int, begin: int, end: int) -> str:
        """Whether a token that one side has alone may be left out: an article, or a word that stays beside it.

        The word that stays lies outside of the run, from `begin` to `end`; what lies inside may go as well.
        """
        token = tokens[at]
        if token.kind != WORD:
            return ""
        for near, second in ((at - 1, at), (at + 1, at + 1)):
            is_there = 0 <= near < len(tokens) and not begin <= near < end and tokens[near].plain == token.plain
            is_said_once = len(token.plain) > 1 or token.plain in _PARTICLES or token.plain in self.common
            if is_there and is_said_once and tokens[second].flags & (SPACED | GLUED) and not token.flags & CODE:
                return "doubled word"
        is_label = bool(token.flags & LABEL) and len(token.plain) == 1
        following = tokens[at + 1].plain if at + 1 < len(tokens) else ""
        if token.plain in self.articles and not is_label and not (token.plain == "a" and following in _AFTER_A):
            return "article"
        return ""

    @cached_property
    def language(self) -> int:
        """Which of _LANGUAGES both texts seem to be in; -1 where none is told."""
        words = [token.plain for token in (*self.left, *self.right)]
        counts = [sum(word in common for word in words) for _, common in _LANGUAGES]
        best = max(range(len(counts)), key=counts.__getitem__)
        return best if counts[best] else -1

    @property
    def articles(self) -> frozenset[str]:
        """The articles of the language; none where no language is told."""
        return _LANGUAGES[self.language][0] if self.language >= 0 else frozenset()

    @property
    def common(self) -> frozenset[str]:
        """The most common words of the language."""
        return _LANGUAGES[self.language][1] if self.language >= 0 else frozenset()

    @cached_property
    def is_without_case(self) -> bool:
        """Whether one of the texts has capitals alone."""
        return any(not any(token.flags & LOWER for token in text) for text in (self.left, self.right))

    @cached_property
    def is_covered(self) -> bool:
        """Whether nearly all words of the text that is to stay are known."""
        words = [token.plain for token in self.left if token.kind == WORD and len(token.plain) > 1]
        return sum(map(self.known, words)) >= _COVERED * len(words)


def _plain_number(plain: str) -> str:
    """A number without points that group its digits by three."""
    head, *groups = plain.split(".")
    is_grouped = groups and head.isdecimal() and 1 <= len(head) <= 3 and head[0] != "0"
    return head + "".join(groups) if is_grouped and all(len(g) == 3 and g.isdecimal() for g in groups) else plain
