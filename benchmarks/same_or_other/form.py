"""Edits of form: case, white space, punctuation and encoding; the words stay."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from html.entities import codepoint2name
from random import Random

from benchmarks.same_or_other.fragments import insert
from benchmarks.same_or_other.language import FINAL_MARKS, Language

_LIGATURES = (("ffi", "ﬃ"), ("ffl", "ﬄ"), ("ff", "ﬀ"), ("fi", "ﬁ"), ("fl", "ﬂ"))
_COMMAS = ",،、，"
_SEMICOLONS = {",": ";", "،": "؛", "，": "；"}
_QUOTES = ('"{}"', "“{}”", "„{}“", "«{}»", "»{}«", "「{}」", "''{}''")
_DASHES = (" - ", " – ", " — ", " -- ", "—")
_EMPHASIS = ("*{}*", "_{}_", "**{}**", "__{}__")
# Where "ー" needs a half-width twin too; NFKC takes each back to what it stands for.
_HALF_WIDTH = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFF66, 0xFF9E)}


def changed(old: str, new: str) -> str | None:
    """The new text, unless nothing changed."""
    return None if new == old else new


def case(style: str, text: str, draw: Random, language: Language) -> str | None:
    """Write a text in upper case, lower case or with a capital on each word."""
    if not language.has_case:
        return None
    if language.code == "tr":
        text_upper = text.replace("i", "İ").upper()
        text_lower = text.replace("İ", "i").replace("I", "ı").lower()
    else:
        text_upper, text_lower = text.upper(), text.lower()
    if style == "title":
        words = (
            word if word[:1] == "i" and language.code == "tr" else word[:1].upper() + word[1:]
            for word in text.split(" ")
        )
        return changed(text, " ".join(words))
    return changed(text, text_upper if style == "upper" else text_lower)


def wrap(width: int, text: str, draw: Random, language: Language) -> str | None:
    """Break the lines of a text at a width, in columns or, where no blanks stand, in characters."""
    if language.is_spaced:
        lines = textwrap.wrap(" ".join(text.split()), width, break_long_words=False, break_on_hyphens=False)
    else:
        joined = text.replace("\n", "")
        lines = [joined[at : at + width // 2] for at in range(0, len(joined), width // 2)]
    return changed(text, "\n".join(lines))


def unwrap(text: str, draw: Random, language: Language) -> str | None:
    """Put a text on one line."""
    return changed(text, text.replace("\n", " " if language.is_spaced else ""))


def blanks(new: str, text: str, draw: Random, language: Language) -> str | None:
    """Put other white space in place of a third of the blanks."""
    return _at_some(r" ", new, text, draw)


def trailing_blanks(text: str, draw: Random, language: Language) -> str | None:
    """Add blanks at the end."""
    return text + draw.choice(["  ", "\t", " \t "])


def indent(text: str, draw: Random, language: Language) -> str | None:
    """Add white space at the start."""
    return draw.choice(["  ", " ", "\t"] if language.is_spaced else ["\u3000", "\u3000\u3000"]) + text


def blank_beside_digits(text: str, draw: Random, language: Language) -> str | None:
    """Put blanks between ideographs and Latin letters or digits, as some typesetters do."""
    if language.is_spaced:
        return None
    return changed(text, re.sub(r"(?<=[\u3040-\u9fff])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[\u3040-\u9fff])", " ", text))


def period_dropped(text: str, draw: Random, language: Language) -> str | None:
    """Leave out the final period."""
    return text[:-1] if text[-1:] in (".", "。", "।") else None


def comma_dropped(text: str, draw: Random, language: Language) -> str | None:
    """Leave out a comma that does not stand between digits."""
    places = [hit.start() for hit in re.finditer(rf"[{_COMMAS}](?!\d)", text)]
    return None if not places else text[: (at := draw.choice(places))] + text[at + 1 :]


def comma_added(text: str, draw: Random, language: Language) -> str | None:
    """Put a comma behind a word of letters."""
    places = [hit.end() for hit in re.finditer(r"[^\W\d]{3,}(?= [^\W\d])", text)]
    mark = "،" if language.code == "ar" else ","
    return None if not places else text[: (at := draw.choice(places))] + mark + text[at:]


def semicolon(text: str, draw: Random, language: Language) -> str | None:
    """Put a semicolon in place of a comma."""
    places = [hit.start() for hit in re.finditer(r"[,،，](?!\d)", text)]
    return None if not places else text[: (at := draw.choice(places))] + _SEMICOLONS[text[at]] + text[at + 1 :]


def carry_quotes(text: str, draw: Random, language: Language) -> str:
    """Put straight quotes around a word."""
    return _around_a_word('"{}"', text, draw, language) or text


def quotes(text: str, draw: Random, language: Language) -> str | None:
    """Draw the quotes of a text in another shape."""
    shape = draw.choice(_QUOTES[1:])
    return changed(text, re.sub(r'"([^"]*)"', lambda hit: shape.format(hit[1]), text))


def apostrophe(text: str, draw: Random, language: Language) -> str | None:
    """Curl the apostrophes."""
    return changed(text, text.replace("'", "’"))


def carry_dash(text: str, draw: Random, language: Language) -> str:
    """Put a dash in place of the first comma between words."""
    return re.sub(rf"[{_COMMAS}](?!\d) ?", " – " if language.is_spaced else "—", text, count=1)


def dash(text: str, draw: Random, language: Language) -> str | None:
    """Draw the dash of a text in another shape."""
    shapes = _DASHES if language.is_spaced else ("–", "——", "--")
    return changed(text, re.sub(r" – |—", draw.choice([shape for shape in shapes if shape not in text]), text, count=1))


def carry_ellipsis(text: str, draw: Random, language: Language) -> str:
    """End a text with an ellipsis."""
    return text.rstrip(FINAL_MARKS) + "…"


def ellipsis(text: str, draw: Random, language: Language) -> str | None:
    """Write the ellipsis as three periods."""
    return changed(text, text.replace("…", "..."))


def carry_markup_signs(text: str, draw: Random, language: Language) -> str:
    """Give a text the signs that HTML must escape."""
    return insert(carry_quotes(text, draw, language), "R&D", language)


def entities(text: str, draw: Random, language: Language) -> str | None:
    """Write signs and accented letters as HTML entities by name."""
    names = {**{code: name for code, name in codepoint2name.items() if code < 0x180}, ord("'"): "#39"}
    return changed(text, "".join(f"&{names[ord(c)]};" if ord(c) in names else c for c in text))


def blank_entities(text: str, draw: Random, language: Language) -> str | None:
    """Write a third of the blanks as HTML entities."""
    return _at_some(r" ", draw.choice(["&nbsp;", "&#160;", "&#xA0;"]), text, draw)


def numeric_entities(text: str, draw: Random, language: Language) -> str | None:
    """Write a word of letters as HTML entities by number."""
    hits = list(re.finditer(r"[^\W\d_]{2,6}", text))
    hit = draw.choice(hits)
    return text[: hit.start()] + "".join(f"&#{ord(letter)};" for letter in hit[0]) + text[hit.end() :]


def full_width(text: str, draw: Random, language: Language) -> str | None:
    """Write Latin letters and digits in full width."""
    return changed(text, re.sub(r"[A-Za-z0-9]", lambda hit: chr(ord(hit[0]) + 0xFEE0), text))


def half_width(text: str, draw: Random, language: Language) -> str | None:
    """Write katakana in half width."""
    decomposed = unicodedata.normalize("NFD", text) if language.code == "ja" else text
    marks = {"\u3099": "ﾞ", "\u309a": "ﾟ"}

    def narrow(hit: re.Match[str]) -> str:
        return _HALF_WIDTH[hit[1]] + marks.get(hit[2], "")

    kana = "".join(_HALF_WIDTH)
    narrowed = re.sub(rf"([{kana}])([\u3099\u309a]?)", narrow, decomposed)
    return changed(text, unicodedata.normalize("NFC", narrowed))


def ligatures(text: str, draw: Random, language: Language) -> str | None:
    """Write fi, fl and ff as one sign."""
    new = text
    for letters, sign in _LIGATURES:
        new = new.replace(letters, sign)
    return changed(text, new)


def decomposed(text: str, draw: Random, language: Language) -> str | None:
    """Write accented letters as a letter and its accent (NFD)."""
    return changed(text, unicodedata.normalize("NFD", text))


def invisible(sign: str, text: str, draw: Random, language: Language) -> str | None:
    """Put a sign that nobody sees into a third of the longer words."""
    return _at_some(r"(?<=[^\W\d_]{3})(?=[^\W\d_]{3})", sign, text, draw)


def byte_order_mark(text: str, draw: Random, language: Language) -> str | None:
    """Put a byte order mark before a text."""
    return "\ufeff" + text


def emphasis(text: str, draw: Random, language: Language) -> str | None:
    """Put marks of emphasis around a word."""
    return _around_a_word(draw.choice(_EMPHASIS), text, draw, language)


def line_end_hyphen(text: str, draw: Random, language: Language) -> str | None:
    """Break a long word at the end of a line."""
    places = [hit.start() for hit in re.finditer(r"(?<=[^\W\d_]{3})(?=[^\W\d_]{3})", text)]
    if not language.has_case or not places:
        return None
    at = draw.choice(places)
    return f"{text[:at]}-\n{text[at:]}"


def carry_grouped_number(text: str, draw: Random, language: Language) -> str:
    """Give a text a number of five digits with a mark between its groups."""
    return insert(text, f"{draw.randrange(11, 99)}{language.group_mark}{draw.randrange(100, 999)}", language)


def group_marks(text: str, draw: Random, language: Language) -> str | None:
    """Write the numbers of a text with other marks between groups of digits, or none."""
    mark = draw.choice(["", "\u00a0", "\u202f", "'"])
    return changed(text, re.sub(rf"(?<=\d){re.escape(language.group_mark)}(?=\d{{3}}(?!\d))", mark, text))


def own_digits(text: str, draw: Random, language: Language) -> str | None:
    """Write digits in the shapes of the language."""
    return changed(text, text.translate(str.maketrans("0123456789", language.digits))) if language.digits else None


def _at_some(pattern: str, new: str, text: str, draw: Random) -> str | None:
    """Put something in place of a third of what a pattern finds, once at least."""
    hits = list(re.finditer(pattern, text))
    if not hits:
        return None
    for hit in sorted(draw.sample(hits, (len(hits) + 2) // 3), key=lambda hit: -hit.start()):
        text = text[: hit.start()] + new + text[hit.end() :]
    return text


def _around_a_word(shape: str, text: str, draw: Random, language: Language) -> str | None:
    spans = language.spans(text)
    if not spans:
        return None
    start, end = draw.choice(spans)
    return text[:start] + shape.format(text[start:end]) + text[end:]
