"""Real text in many languages: the message catalogs (.mo) of the programs that are installed."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

from benchmarks.same_or_other.language import Language, word_spans

_LOCALES = Path("/usr/share/locale")
_MAGIC = 0x950412DE
_TEMPLATE = re.compile(r"%|--|[<>@{}\\|]")  # a form to be filled in, or a line of a usage message
_SHORTEST, _LONGEST = 12, 60


def texts(language: Language, limit: int, draw: Random) -> list[str]:
    """Paragraphs of 12 to 60 words from catalogs of a language, English from what they translate.

    No two share half of their words, so that only edited copies are copies.

    Args:
        language: Whose catalogs.
        limit: Most paragraphs.
        draw: Chooses them.

    Returns:
        As many as there are, up to the limit; none on a machine without catalogs.
    """
    folder = _LOCALES / ("de" if language.code == "en" else language.catalog) / "LC_MESSAGES"
    found: set[str] = set()
    for path in sorted(folder.glob("*.mo")):
        for message in messages(path.read_bytes(), is_source=language.code == "en"):
            found.update(" ".join(part.split()) for part in re.split(r"\n\s*\n|\0", message))
    candidates = sorted(text for text in found if _is_paragraph(text, language))
    draw.shuffle(candidates)
    return _apart(candidates, limit, language)


def messages(catalog: bytes, is_source: bool) -> Iterator[str]:
    """The texts of a catalog; see "The Format of GNU MO Files" in the manual of gettext."""
    magic, _, count, sources, translations = struct.unpack("<5I", catalog[:20])
    if magic != _MAGIC:
        return
    table = sources if is_source else translations
    for number in range(count):
        length, start = struct.unpack_from("<2I", catalog, table + 8 * number)
        yield catalog[start : start + length].decode("utf-8", "replace")


def _is_paragraph(text: str, language: Language) -> bool:
    words = len(text.split()) if language.is_spaced else len(text) // 2
    is_own_script = language.is_latin or _share_of_ascii_letters(text) < 0.3
    return _SHORTEST <= words <= _LONGEST and is_own_script and not _TEMPLATE.search(text) and "\ufffd" not in text


def _share_of_ascii_letters(text: str) -> float:
    return sum(letter.isascii() and letter.isalpha() for letter in text) / max(1, len(text))


def _apart(candidates: Iterable[str], limit: int, language: Language) -> list[str]:
    kept: list[str] = []
    sets: list[set[str]] = []
    for text in candidates:
        own = _pieces(text, language)
        if all(len(own & other) < 0.5 * min(len(own), len(other)) for other in sets):
            kept.append(text)
            sets.append(own)
        if len(kept) == limit:
            break
    return kept


def _pieces(text: str, language: Language) -> set[str]:
    """Words; pairs of characters where no blanks stand between words."""
    if language.is_spaced:
        return {text[start:end].lower() for start, end in word_spans(text)}
    return {text[at : at + 2] for at in range(len(text) - 1)}
