"""Ways in which a copy of a text differs from it: one function per kind of edit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import numpy as np

Draw = np.random.RandomState
Edit = Callable[[str, float, Draw, str], str]

_WORD = re.compile(r"[^\W_]+")
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+|(?<=[。！？])(?=\S)")
_BLANK = re.compile(r"\n[ \t]*\n")
_PUNCTUATION = re.compile(r"[^\w\s]")
_DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_NUMBER = re.compile(r"\d+")
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
# characters that optical recognition takes for one another
_OCR = dict(zip("lI1O0oScegBuvn", "1lI0Oo5eq98vun", strict=True)) | {
    "m": "rn",
    "w": "vv",
    "d": "cl",
}
_DIGITS = {ord(str(d)): chr(0x660 + d) for d in range(10)}  # Arabic-Indic
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


def exact(text: str, strength: float, draw: Draw, donor: str) -> str:
    """The text itself."""
    return text


def words(text: str, strength: float, draw: Draw, donor: str) -> str:
    """Replace, drop or double a share of the words; replacements come from the donor."""
    pool = _WORD.findall(donor) or ["other"]

    def change(match: re.Match[str]) -> str:
        if draw.random_sample() >= strength:
            return match.group()
        kind = draw.randint(4)
        other = pool[draw.randint(len(pool))]
        return (other, other, "", f"{match.group()} {other}")[kind]

    return _WORD.sub(change, text)


def head(text: str, strength: float, draw: Draw, donor: str) -> str:
    """Put words of the donor before the text, a share of the text's own words."""
    return f"{_some_words(text, strength, donor)}\n{text}"


def tail(text: str, strength: float, draw: Draw, donor: str) -> str:
    """Put words of the donor behind the text, a share of the text's own words."""
    return f"{text}\n{_some_words(text, strength, donor)}"


def _some_words(text: str, strength: float, donor: str) -> str:
    count = max(1, round(strength * len(_WORD.findall(text))))
    pool = _WORD.findall(donor) or ["other"]
    return " ".join(pool[i % len(pool)] for i in range(count))


def shuffle(text: str, strength: float, draw: Draw, donor: str) -> str:
    """Move a share of the paragraphs (of the sentences, in a text of one paragraph)."""
    gap = "\n\n" if _BLANK.search(text) else " "
    parts = _BLANK.split(text) if gap == "\n\n" else _SENTENCE_END.split(text)
    moved = np.flatnonzero(draw.random_sample(len(parts)) < strength)
    order = np.arange(len(parts))
    order[moved] = draw.permutation(moved)
    return gap.join(parts[i] for i in order.tolist())


def drop(text: str, strength: float, draw: Draw, donor: str) -> str:
    """Leave a share of the sentences out, never all."""
    parts = _SENTENCE_END.split(text)
    kept = draw.random_sample(len(parts)) >= strength
    kept[draw.randint(len(parts))] = True
    return " ".join(part for part, stays in zip(parts, kept.tolist(), strict=True) if stays)


def merge(text: str, strength: float, draw: Draw, donor: str) -> str:
    """Join a share of the sentences with the next by a comma and a conjunction."""
    parts = _SENTENCE_END.split(text)
    joined = parts[0]
    for part in parts[1:]:
        if part and draw.random_sample() < strength:
            joined = f"{joined.rstrip('.!?')}, and {part[0].lower()}{part[1:]}"
        else:
            joined = f"{joined} {part}"
    return joined


def wrap(text: str, strength: float, draw: Draw, donor: str) -> str:
    """Break the lines elsewhere: shorter lines with more strength."""
    width = round(100 - 80 * min(strength, 1.0))
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + len(word) >= width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return "\n".join([*lines, line])


def case(text: str, strength: float, draw: Draw, donor: str) -> str:
    """Write a share of the words in capitals."""
    return _WORD.sub(lambda m: m.group().upper() if draw.random_sample() < strength else m.group(), text)


def punctuation(text: str, strength: float, draw: Draw, donor: str) -> str:
    """Turn a share of the punctuation into a space or another mark."""
    marks = ("", " ", ";", " – ")
    return _PUNCTUATION.sub(lambda m: marks[draw.randint(4)] if draw.random_sample() < strength else m.group(), text)


def unicode_form(text: str, strength: float, draw: Draw, donor: str) -> str:
    """Write the same characters in another Unicode form: NFD, NFKC, or full width above one half."""
    form = unicodedata.normalize("NFD" if draw.randint(2) else "NFKC", text)
    return form.translate(_FULL_WIDTH) if strength > 0.5 else form


def ocr(text: str, strength: float, draw: Draw, donor: str) -> str:
    """Misread a share of the characters, as optical recognition does."""
    hit = draw.random_sample(len(text)) < strength
    return "".join(_OCR.get(c, c) if is_hit else c for c, is_hit in zip(text, hit.tolist(), strict=True))


def numbers(text: str, strength: float, draw: Draw, donor: str) -> str:
    """Write dates in words, and a share of the numbers with other digits or one higher."""

    def spelled(match: re.Match[str]) -> str:
        year, month, day = (int(group) for group in match.groups())
        return f"{day} {_MONTHS[month - 1]} {year}" if 1 <= month <= 12 else match.group()

    def other(match: re.Match[str]) -> str:
        if draw.random_sample() >= strength:
            return match.group()
        digits = match.group()
        return digits.translate(_DIGITS) if draw.randint(2) else str(int(digits[:18]) + 1)

    return _NUMBER.sub(other, _DATE.sub(spelled, text))


EDITS: dict[str, Edit] = {
    "exact": exact, "words": words, "head": head, "tail": tail, "shuffle": shuffle, "drop": drop,
    "merge": merge, "wrap": wrap, "case": case, "punctuation": punctuation, "unicode": unicode_form,
    "ocr": ocr, "numbers": numbers,
}  # fmt: skip
