"""What the edits know of a language: paragraphs, word lists, and where its words stand."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "languages"
CODES = tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))

Groups = tuple[tuple[str, ...], ...]

# Letters and digits, and the marks that Python's \w leaves out: combining accents, niqqud, harakat, Devanagari signs.
LETTER = r"(?:[^\W_]|[\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0962\u0963])"
_WORD = re.compile(rf"{LETTER}+(?:['’-]{LETTER}+)*")
_PLAIN = re.compile(rf"(?:(?!\d){LETTER}){{4,}}")
SENTENCE_END = re.compile(r"(?<=[.!?。！？؟।])(?:\s+|(?<=[。！？]))")
FINAL_MARKS = ".!?。！？؟।;…"

Span = tuple[int, int]


@dataclass(frozen=True)
class Language:
    """A language with the lists that edits draw from; languages/*.toml holds them.

    Attributes:
        code: The name of its file.
        name: In English.
        paragraphs: Texts to edit, 12 or more.
        extra: Sentences that fit behind any paragraph.
        two_names: A sentence on two people that says another thing when they change places.
        question: A pattern that turns a statement into a question.
        speakers: Names for transcripts, with different initials.
        exchange: For each kind, groups of words that fill one slot and state different facts.
        catalog: Its folder in /usr/share/locale.
        is_spaced: Whether blanks stand between words.
        articles: Words that can be left out and state nothing.
        restrictive: Words whose loss changes the statement.
        particles: Short words that a slip of the hand doubles, where no blanks stand.
        words: Nouns to exchange where no blanks stand.
        keyboard: Rows of its keyboard.
        group_mark: Between groups of three digits.
        digits: Its own digits, beside 0-9.
        scan: What a scanner reads in place of letters.
        spellings: Accepted spellings of one word.
        optional: Letters and the same without their optional mark.
        marks: Optional marks that can stand behind a letter.
        letter_forms: Letters that keyboards of other countries write as another code.
    """

    code: str
    name: str
    paragraphs: tuple[str, ...]
    extra: tuple[str, ...]
    two_names: str
    question: str
    speakers: tuple[str, ...]
    exchange: dict[str, Groups]
    catalog: str = ""
    is_spaced: bool = True
    articles: tuple[str, ...] = ()
    restrictive: tuple[str, ...] = ()
    particles: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    keyboard: tuple[str, ...] = ()
    group_mark: str = ","
    digits: str = ""
    scan: Groups = ()
    spellings: Groups = ()
    optional: Groups = ()
    marks: str = ""
    letter_forms: Groups = ()
    texts: tuple[str, ...] = field(default=(), repr=False)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every word that is known to be real, in lower case."""
        lists = [word for groups in self.exchange.values() for group in groups for word in group]
        sources = [*self.texts, *self.paragraphs, *self.extra, *lists, *self.words, *self.speakers]
        return frozenset(text[start:end].lower() for text in sources for start, end in word_spans(text))

    @cached_property
    def pool(self) -> tuple[str, ...]:
        """Content words of the texts, to put in place of others."""
        if not self.is_spaced:
            return self.words
        found = {text[start:end] for text in self.texts for start, end in word_spans(text)}
        plain = (word for word in found if _PLAIN.fullmatch(word) and word == word.lower())
        return tuple(sorted(word for word in plain if self.is_latin or not word.isascii()))

    @cached_property
    def is_latin(self) -> bool:
        """Whether it is written in the Latin script."""
        return self.paragraphs[0][0].isascii()

    @cached_property
    def has_case(self) -> bool:
        """Whether its script has capitals."""
        return self.paragraphs[0].upper() != self.paragraphs[0].lower()

    def spans(self, text: str) -> list[Span]:
        """Where words stand; without blanks between them, where listed nouns do."""
        if self.is_spaced:
            return word_spans(text)
        return [match.span() for match in _any_of(self.words).finditer(text)]

    def occurrences(self, text: str, members: Iterable[str]) -> list[Span]:
        """Where one of these words stands as it is listed, or with a capital at the start of a sentence."""
        pattern = _any_of(tuple(members), whole=self.is_spaced)
        listed = frozenset(members)
        return [
            match.span()
            for match in pattern.finditer(text)
            if match[0] in listed or (_opens_sentence(text, match.start()) and _lower_first(match[0]) in listed)
        ]


def word_spans(text: str) -> list[Span]:
    """Where the words of a text stand: runs of letters, digits and their marks."""
    return [match.span() for match in _WORD.finditer(text)]


@lru_cache(maxsize=1024)
def _any_of(members: tuple[str, ...], whole: bool = False) -> re.Pattern[str]:
    """Any of these, the longest first, in either case of the first letter."""
    forms = {form for word in members for form in (word, word[:1].upper() + word[1:])}
    body = "|".join(re.escape(word) for word in sorted(forms, key=lambda word: (-len(word), word)))
    return re.compile(rf"(?<!{LETTER})(?:{body})(?!{LETTER})" if whole else f"(?:{body})" if body else r"(?!)")


def _opens_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip()
    return not before or before[-1] in FINAL_MARKS + ":"


def _lower_first(word: str) -> str:
    return word[:1].lower() + word[1:]


@lru_cache(maxsize=len(CODES))
def load(code: str) -> Language:
    """Read a language; its texts are its own paragraphs."""
    with (_FOLDER / f"{code}.toml").open("rb") as file:
        plain = tomllib.load(file)
    plain["is_spaced"] = plain.pop("spaced", True)
    values = {key: _frozen(value) for key, value in plain.items()}
    values["exchange"] = {kind: _frozen(groups) for kind, groups in plain["exchange"].items()}
    return Language(**{"code": code, "catalog": code, **values, "texts": values["paragraphs"]})


def with_texts(language: Language, texts: Iterable[str]) -> Language:
    """The same language with other texts to edit."""
    return replace(language, texts=tuple(texts))


def _frozen(value: object) -> object:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
