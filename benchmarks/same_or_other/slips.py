"""Slips and customs of writing: misspellings, scanning errors, accents, articles; the facts stay."""

from __future__ import annotations

import re
import unicodedata
from random import Random

from benchmarks.same_or_other.form import changed
from benchmarks.same_or_other.language import Language, Span

_TRIES = 20


def typos(count: int, text: str, draw: Random, language: Language) -> str | None:
    """Misspell words of five letters or more, each once; no misspelling is a word of the language's texts."""
    spans = _plain_words(text, language)
    if len(spans) < count:
        return None
    for start, end in sorted(draw.sample(spans, count), reverse=True):
        slip = _misspelled(text[start:end], draw, language)
        if slip is None:
            return None
        text = text[:start] + slip + text[end:]
    return text


def _plain_words(text: str, language: Language) -> list[Span]:
    """Words of five letters or more without capitals or digits."""
    if not language.is_spaced:
        return []
    return [span for span in language.spans(text) if _is_plain(text[slice(*span)])]


def _is_plain(word: str) -> bool:
    return len(word) >= 5 and word == word.lower() and not re.search(r"[\d_'’-]", word)


def _misspelled(word: str, draw: Random, language: Language) -> str | None:
    for _ in range(_TRIES):
        slip = _slip(word, draw.randrange(1, len(word) - 1), draw, language)
        if slip != word and slip not in language.vocabulary:
            return slip
    return None


def _slip(word: str, at: int, draw: Random, language: Language) -> str:
    """The word with one slip at a place where a letter and the next stand without marks; else the word."""
    if not (word[at].isalpha() and word[at + 1].isalpha()):
        return word
    before, letter, after = word[:at], word[at], word[at + 1 :]
    beside = [row[place + step] for row in language.keyboard for place, key in enumerate(row) if key == letter
              for step in (-1, 1) if 0 <= place + step < len(row)]  # fmt: skip
    slips = [before + after, before + letter + letter + after, before + after[0] + letter + after[1:]]
    return draw.choice(slips + [before + draw.choice(beside) + after] if beside else slips)


def scanning_error(text: str, draw: Random, language: Language) -> str | None:
    """Misread a letter inside a word of five letters or more, as a scanner does."""
    if not language.is_spaced:
        return _replaced_once(text, language.scan, draw)
    candidates = []
    for start, end in _plain_words(text, language):
        word = text[start:end]
        for letter, misread in language.scan:
            at = word.find(letter, 1)
            slip = word[:at] + misread + word[at + len(letter) :]
            if 0 < at < len(word) - len(letter) and slip not in language.vocabulary:
                candidates.append(text[:start] + slip + text[end:])
    return draw.choice(candidates) if candidates else None


def lost_accent(text: str, draw: Random, language: Language) -> str | None:
    """Leave out the accents of a word of the Latin script, unless that gives another known word."""
    candidates = []
    for start, end in language.spans(text):
        word = text[start:end]
        bare = re.sub(r"([A-Za-z])[\u0300-\u036f]+", r"\1", unicodedata.normalize("NFD", word))
        bare = unicodedata.normalize("NFC", bare)
        if bare != word and bare.lower() not in language.vocabulary:
            candidates.append(text[:start] + bare + text[end:])
    return draw.choice(candidates) if candidates else None


def article_less(text: str, draw: Random, language: Language) -> str | None:
    """Leave out an article that does not open a sentence."""
    members = "|".join(language.articles)
    hits = list(re.finditer(rf"(?<=[^\W\d_] )(?:{members}) (?=[^\W\d_])", text)) if members else []
    return None if not hits else text[: (hit := draw.choice(hits)).start()] + text[hit.end() :]


def article_more(text: str, draw: Random, language: Language) -> str | None:
    """Put an English article before a plain word that has none."""
    spans = [span for span in _plain_words(text, language) if re.search(r"[^\W\d_]{4} $", text[: span[0]])]
    if language.code != "en" or not spans:
        return None
    at = draw.choice(spans)[0]
    return f"{text[:at]}the {text[at:]}"


def doubled_word(text: str, draw: Random, language: Language) -> str | None:
    """Write a word of letters twice."""
    spans = language.spans(text) if language.is_spaced else [
        hit.span() for particle in language.particles for hit in re.finditer(particle, text)
    ]  # fmt: skip
    spans = [span for span in spans if text[slice(*span)].isalpha()]
    if not spans:
        return None
    start, end = draw.choice(spans)
    return text[:end] + " " * language.is_spaced + text[start:]


def spelling(text: str, draw: Random, language: Language) -> str | None:
    """Write a word in another accepted spelling."""
    pairs = [pair for first, second in language.spellings for pair in ((first, second), (second, first))]
    pairs = [pair for pair in pairs if re.search(_whole(pair[0], language), text)]
    if not pairs:
        return None
    old, new = draw.choice(pairs)
    return re.sub(_whole(old, language), new, text, count=1)


def _whole(word: str, language: Language) -> str:
    return rf"\b{re.escape(word)}\b" if language.is_spaced else re.escape(word)


def without_optional_marks(text: str, draw: Random, language: Language) -> str | None:
    """Leave out every mark that writers of the language may leave out."""
    new = unicodedata.normalize("NFD", text) if language.code == "hi" else text
    for marked, bare in language.optional:
        new = new.replace(marked, bare)
    new = new if not language.marks else re.sub(f"[{language.marks}]", "", new)
    return changed(text, new)


def carry_marks(text: str, draw: Random, language: Language) -> str:
    """Put an optional mark behind a third of the letters; the choice of mark is by chance."""
    if not language.marks:
        return text
    return "".join(c + draw.choice(language.marks) if c.isalpha() and draw.random() < 0.3 else c for c in text)


def letter_forms(text: str, draw: Random, language: Language) -> str | None:
    """Write letters as keyboards of other countries do."""
    old_and_new = [pair for pair in language.letter_forms if pair[0] in text]
    return text.replace(*draw.choice(old_and_new)) if old_and_new else None


def _replaced_once(text: str, pairs: tuple[tuple[str, ...], ...], draw: Random) -> str | None:
    pairs = tuple(pair for pair in pairs if pair[0] in text)
    return text.replace(*draw.choice(pairs), 1) if pairs else None
