"""Edits after which a text states another fact."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from itertools import permutations
from random import Random

from benchmarks.same_or_other.fragments import insert
from benchmarks.same_or_other.language import FINAL_MARKS, SENTENCE_END, Language, Span

EXCHANGES = (
    "negation", "opposite", "number in words", "name", "quantifier", "modal", "pronoun", "near word", "month",
    "weekday", "unit in words",
)  # fmt: skip
_NUMBER = re.compile(r"\d+")


def exchange(kind: str, text: str, draw: Random, language: Language) -> str | None:
    """Put another word of the same slot in the place of one; groups of the language say which."""
    hits = [
        (span, group)
        for group in language.exchange.get(kind, ())
        for span in language.occurrences(text, group)
    ]  # fmt: skip
    if not hits:
        return None
    span, group = draw.choice(hits)
    old = text[span[0] : span[1]]
    return _put(text, span, _cased_like(old, draw.choice([word for word in group if word.lower() != old.lower()])))


def _put(text: str, span: Span, new: str) -> str:
    return text[: span[0]] + new + text[span[1] :]


def _cased_like(old: str, new: str) -> str:
    return new[:1].upper() + new[1:] if old[:1].isupper() else new


def carry_number(text: str, draw: Random, language: Language) -> str:
    """Give a text a number, unless it has one."""
    return text if _NUMBER.search(text) else insert(text, str(draw.randrange(12, 900)), language)


def number(text: str, draw: Random, language: Language) -> str | None:
    """Change one number to another of as many digits."""
    hits = list(_NUMBER.finditer(text))
    if not hits:
        return None
    hit = draw.choice(hits)
    digits = list(hit[0])
    place = draw.randrange(len(digits))
    digits[place] = draw.choice([digit for digit in "123456789" if digit != digits[place]])
    return _put(text, hit.span(), "".join(digits))


def other_word(position: str, text: str, draw: Random, language: Language) -> str | None:
    """Put a real word that looks different in the place of the first, a middle or the last word.

    A word that is short, an article or a number is passed over: its neighbor stands for it.
    """
    spans = [span for span in language.spans(text) if _is_content(text[span[0] : span[1]], language)]
    if len(spans) < 3:
        return None
    span = {"first": spans[0], "middle": draw.choice(spans[1:-1]), "last": spans[-1]}[position]
    old = text[span[0] : span[1]]
    words = [word for word in language.pool if word not in text.lower()]
    words = [word for word in draw.sample(words, min(20, len(words))) if not _is_near(old.lower(), word)]
    return _put(text, span, _cased_like(old, words[0])) if words else None


def _is_content(word: str, language: Language) -> bool:
    least = 4 if language.is_spaced else 1
    return len(word) >= least and word.lower() not in language.articles and word[0].isalpha()


def _is_near(word: str, other: str) -> bool:
    return SequenceMatcher(None, word, other).ratio() > 0.6


def word_dropped(text: str, draw: Random, language: Language) -> str | None:
    """Leave out a word that limits or turns round what is said."""
    spans = language.occurrences(text, language.restrictive)
    if not spans:
        return None
    start, end = draw.choice(spans)
    rest = text[end:].lstrip(" ")
    return text[:start] + (_cased_like(text[start:end], rest) if language.is_spaced else rest)


def carry_two_names(text: str, draw: Random, language: Language) -> str:
    """Add a sentence on two people."""
    return text + " " * language.is_spaced + language.two_names.format(*draw.sample(language.speakers, 2))


def names_exchanged(text: str, draw: Random, language: Language) -> str | None:
    """Let the two people of the last sentence change places."""
    for first, second in permutations(language.speakers, 2):
        told = language.two_names.format(first, second)
        if text.endswith(told):
            return text.removesuffix(told) + language.two_names.format(second, first)
    return None


def words_exchanged(text: str, draw: Random, language: Language) -> str | None:
    """Let two content words of a text change places."""
    spans = [span for span in language.spans(text) if _is_content(text[span[0] : span[1]], language)]
    if len(spans) < 3:
        return None
    (start, end), (later, last) = sorted(draw.sample(spans, 2))
    if end > later or text[start:end].lower() == text[later:last].lower():
        return None
    return text[:start] + text[later:last] + text[end:later] + text[start:end] + text[last:]


def sentence_more(text: str, draw: Random, language: Language) -> str | None:
    """Add a sentence behind, before or within a text."""
    sentences = SENTENCE_END.split(text)
    sentences.insert(draw.randrange(len(sentences) + 1), draw.choice(language.extra))
    return (" " if language.is_spaced else "").join(sentences)


def sentence_less(text: str, draw: Random, language: Language) -> str | None:
    """Leave out a sentence."""
    sentences = SENTENCE_END.split(text)
    if len(sentences) < 2:
        return None
    del sentences[draw.randrange(len(sentences))]
    return (" " if language.is_spaced else "").join(sentences)


def question(text: str, draw: Random, language: Language) -> str | None:
    """Ask what the text states."""
    return language.question.format(text.rstrip(FINAL_MARKS)) if text[-1:] in ".。।" else None
