"""The kinds of edits: what each does to a copy, and what its text must hold before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Literal, NamedTuple

from benchmarks.same_or_other import form, fragments, other, slips
from benchmarks.same_or_other.language import Language

Edit = Callable[[str, Random, Language], str | None]
Carry = Callable[[str, Random, Language], str]
Sort = Literal["other fact", "same fact"]


class Pair(NamedTuple):
    """A text and its edited copy."""

    text: str
    copy: str


@dataclass(frozen=True)
class Kind:
    """A kind of edit.

    Attributes:
        name: As the tables show it.
        sort: Whether the copy states another fact, or the same.
        edit: Gives the copy of a text, or None when it does not apply.
        carry: Gives the text what the edit changes.
        fuller: Which of the two says all that the other says; the other can go without loss.
    """

    name: str
    sort: Sort
    edit: Edit
    carry: Carry | None = None
    fuller: Literal["both", "text", "copy"] = "both"

    def pair(self, text: str, draw: Random, language: Language) -> Pair | None:
        """A text of this kind beside its copy, or None when the edit does not apply or changes nothing."""
        carried = self.carry(text, draw, language) if self.carry else text
        copy = self.edit(carried, draw, language)
        return None if copy is None or copy == carried else Pair(carried, copy)


def _other_facts() -> list[Kind]:
    kinds = [Kind("number", "other fact", other.number, other.carry_number)]
    kinds += [Kind(name, "other fact", partial(other.exchange, name)) for name in other.EXCHANGES]
    kinds += [Kind(f"{at} word", "other fact", partial(other.other_word, at)) for at in ("first", "middle", "last")]
    kinds += [
        Kind("word dropped", "other fact", other.word_dropped),
        Kind("names exchanged", "other fact", other.names_exchanged, other.carry_two_names),
        Kind("words exchanged", "other fact", other.words_exchanged),
        Kind("sentence more", "other fact", other.sentence_more, fuller="copy"),
        Kind("sentence less", "other fact", other.sentence_less, fuller="text"),
        Kind("question", "other fact", other.question),
    ]
    kinds += [
        Kind(
            name, "other fact", partial(fragments.other_prefix, name), partial(fragments.carry_prefix, name)
        )
        for name in ("speaker", *fragments.PREFIXES)
    ]  # fmt: skip
    kinds += [
        Kind(name, "other fact", partial(fragments.other_fragment, name), partial(fragments.carry_fragment, name))
        for name in fragments.FRAGMENTS
    ]
    return kinds


def _wrapped(text: str, draw: Random, language: Language) -> str:
    return form.wrap(72, text, draw, language) or text


def _forms() -> list[Kind]:
    plain: dict[str, tuple[Edit, Carry | None]] = {
        "upper case": (partial(form.case, "upper"), None),
        "lower case": (partial(form.case, "lower"), None),
        "title case": (partial(form.case, "title"), None),
        "wrapped": (partial(form.wrap, 60), None),
        "rewrapped": (partial(form.wrap, 40), _wrapped),
        "unwrapped": (form.unwrap, _wrapped),
        "tabs": (partial(form.blanks, "\t"), None),
        "double blanks": (partial(form.blanks, "  "), None),
        "no-break blanks": (partial(form.blanks, "\u00a0"), None),
        "trailing blanks": (form.trailing_blanks, None),
        "indent": (form.indent, None),
        "blank beside digits": (form.blank_beside_digits, None),
        "period dropped": (form.period_dropped, None),
        "comma dropped": (form.comma_dropped, None),
        "comma added": (form.comma_added, None),
        "semicolon": (form.semicolon, None),
        "quotes": (form.quotes, form.carry_quotes),
        "apostrophe": (form.apostrophe, None),
        "dash": (form.dash, form.carry_dash),
        "ellipsis": (form.ellipsis, form.carry_ellipsis),
        "entities": (form.entities, form.carry_markup_signs),
        "blank entities": (form.blank_entities, None),
        "numeric entities": (form.numeric_entities, None),
        "full width": (form.full_width, None),
        "half-width katakana": (form.half_width, None),
        "ligatures": (form.ligatures, None),
        "decomposed": (form.decomposed, None),
        "zero-width blanks": (partial(form.invisible, "\u200b"), None),
        "soft hyphens": (partial(form.invisible, "\u00ad"), None),
        "non-joiners": (partial(form.invisible, "\u200c"), None),
        "byte order mark": (form.byte_order_mark, None),
        "emphasis": (form.emphasis, None),
        "line-end hyphen": (form.line_end_hyphen, None),
        "group marks": (form.group_marks, form.carry_grouped_number),
        "own digits": (form.own_digits, None),
    }
    return [Kind(name, "same fact", edit, carry) for name, (edit, carry) in plain.items()]


def _slips() -> list[Kind]:
    plain: dict[str, Edit] = {
        "one typo": partial(slips.typos, 1),
        "two typos": partial(slips.typos, 2),
        "scanning error": slips.scanning_error,
        "lost accent": slips.lost_accent,
        "article less": slips.article_less,
        "article more": slips.article_more,
        "doubled word": slips.doubled_word,
        "spelling": slips.spelling,
        "letter forms": slips.letter_forms,
    }
    kinds = [Kind(name, "same fact", edit) for name, edit in plain.items()]
    return [*kinds, Kind("optional marks", "same fact", slips.without_optional_marks, slips.carry_marks)]


KINDS = (*_other_facts(), *_forms(), *_slips())
