"""Make `src/dedupe/core/text/unicode.bin`: python tools/make_unicode_table.py

Needs unicodedata2, whose Unicode version is the table's; a new version of it
changes hashes, so change it on purpose and say so in the changelog.

Full case folding comes from `str.casefold` of the running Python. Capitals
newer than that Python's Unicode are paired with small letters by name
("… CAPITAL …" and "… SMALL …"), which gives the same answer for all of them
up to Unicode 18; a capital without a namesake stays as it is and is printed.
"""

import sys
import unicodedata
from pathlib import Path

import numpy as np
import unicodedata2

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from dedupe.core.text import unicode as u

N_CODE_POINTS = 0x110000

# Scripts written without spaces: ideographs and what goes with them, and the
# scripts that Unicode's line breaking calls complex context (class SA). A word
# there would be a whole sentence, so each letter is a word of its own.
ALONE_NAMES = (
    "CJK UNIFIED IDEOGRAPH",
    "CJK COMPATIBILITY IDEOGRAPH",
    "CJK RADICAL",
    "IDEOGRAPHIC ITERATION MARK",
    "IDEOGRAPHIC CLOSING MARK",
    "IDEOGRAPHIC NUMBER ZERO",
    "VERTICAL IDEOGRAPHIC ITERATION MARK",
    "HANGZHOU NUMERAL",
    "HIRAGANA",
    "HENTAIGANA",
    "KATAKANA",
    "VERTICAL KANA REPEAT",
    "MASU MARK",
    "BOPOMOFO",
    "TANGUT",
    "NUSHU",
    "KHITAN",
    "JURCHEN",
    "SMALL SEAL CHARACTER",
    "THAI CHARACTER",
    "LAO ",
    "KHMER ",
    "MYANMAR ",
    "TAI LE ",
    "NEW TAI LUE ",
    "TAI THAM ",
    "TAI VIET ",
    "TAI YO ",
    "AHOM ",
)

# Emoji of category So outside the two large ranges: clocks, keyboard, stars.
PICTOGRAPHS = frozenset(
    [0x231A, 0x231B, 0x2328, 0x23CF, *range(0x23E9, 0x23F4), *range(0x23F8, 0x23FB)] + [0x2B1B, 0x2B1C, 0x2B50, 0x2B55]
)

# Unicode's property Default_Ignorable_Code_Point (DerivedCoreProperties.txt),
# without the tags that spell out a flag (see MARKS).
DEFAULT_IGNORABLE = frozenset(
    code_point
    for first, last in [
        (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160),
        (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E),
        (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
        (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A),
        (0xE0000, 0xE001F), (0xE0080, 0xE0FFF),
    ]
    for code_point in range(first, last + 1)
)  # fmt: skip

# The Arabic tatweel only stretches a word on the line.
IGNORED = DEFAULT_IGNORABLE | {0x0640}

# Skin tones, and the tags without which the flags of England and Wales are one.
MARKS = frozenset([*range(0x1F3FB, 0x1F400), *range(0xE0020, 0xE0080)])

# Apostrophes that Unicode calls letters: Ukrainian and Hawaiian words are
# written with them or with the punctuation marks, and must match.
APOSTROPHES = frozenset([0x02BB, 0x02BC])


def casefold(char: str) -> str:
    """Fold one character's case, also where Python is older than the table."""
    if unicodedata.category(char) != "Cn" or unicodedata2.category(char) != "Lu":
        return char.casefold()
    name = unicodedata2.name(char)
    try:
        return unicodedata2.lookup(name.replace("CAPITAL", "SMALL"))
    except KeyError:
        print(f"no small letter for U+{ord(char):04X} {name}")
        return char


def fold(char: str) -> str:
    """Apply NFKD and full case folding until nothing changes any more."""
    while True:
        folded = "".join(casefold(c) for c in unicodedata2.normalize("NFKD", char))
        folded = unicodedata2.normalize("NFKD", folded)
        if folded == char:
            return char
        char = folded


def class_of(code_point: int) -> int:
    """Return the class of a code point that folds to itself."""
    char = chr(code_point)
    category = unicodedata2.category(char)
    if code_point in IGNORED:
        return u.IGNORED
    if category[0] == "M" or code_point in MARKS:
        return u.MARK
    if is_alone(code_point, category):
        return u.ALONE
    # Private use is a letter: text in a private font then has words to compare,
    # while as separators two different texts would have the same words.
    if category[0] in "LN" or category == "Co":
        return u.SEPARATOR if code_point in APOSTROPHES else u.LETTER
    return u.SEPARATOR


def is_alone(code_point: int, category: str) -> bool:
    """Tell whether a code point is a word of its own."""
    if category == "So":
        is_picture = code_point >= 0x1F000 or 0x2600 <= code_point <= 0x27BF
        if is_picture or code_point in PICTOGRAPHS:
            return True
    name = unicodedata2.name(chr(code_point), "")
    # Decimal digits of any script run together into one number.
    is_text = category[0] == "L" or category == "Nl" or name.startswith("CJK RADICAL")
    return is_text and name.startswith(ALONE_NAMES)


def make_entries() -> tuple[np.ndarray, np.ndarray]:
    """Return the entry of every code point, and the expansions."""
    entries = np.zeros(N_CODE_POINTS, np.uint32)
    expansions: list[int] = []
    known: dict[str, int] = {}
    for code_point in range(N_CODE_POINTS):
        if 0xD800 <= code_point <= 0xDFFF:
            continue
        folded = fold(chr(code_point))
        classes = [class_of(ord(c)) for c in folded]
        if len(folded) == 1:
            entries[code_point] = entry_of(folded, classes[0])
        elif not has_only_separators(classes):
            if folded not in known:
                known[folded] = len(expansions)
                expansions += [len(folded), *map(ord, folded)]
            entries[code_point] = known[folded] | u.EXPANDS << u.CLASS_SHIFT
    return entries, np.array(expansions, np.uint32)


def entry_of(char: str, kind: int) -> int:
    """Return the entry of a folded character; all separators are 0."""
    if kind == u.SEPARATOR:
        return 0
    combining = unicodedata2.combining(char)
    return ord(char) | kind << u.CLASS_SHIFT | combining << u.COMBINING_SHIFT


def has_only_separators(classes: list[int]) -> bool:
    """Tell whether an expansion acts as a separator.

    A mark behind a separator is one itself, so a space with an accent is 0.
    """
    return classes[0] == u.SEPARATOR and set(classes) <= {u.SEPARATOR, u.MARK}


def main() -> None:
    """Write the table beside the module that reads it."""
    entries, expansions = make_entries()
    rows, pages = np.unique(entries.reshape(-1, u.PAGE_SIZE), axis=0, return_inverse=True)
    data = u.make(
        pages.reshape(-1).astype(np.uint16),
        rows.reshape(-1),
        expansions,
        unicodedata2.unidata_version,
    )
    path = Path(u.__file__).with_name("unicode.bin")
    path.write_bytes(data)
    print(f"{path.name}: {len(data)} bytes, {len(rows)} pages, {len(expansions)} expansions")


if __name__ == "__main__":
    main()
