"""Whether two words are one word, written or read wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

Known = Callable[[str], bool]

_SHORTEST = 4  # letters of the longer of two spellings of one word
_FEWEST_UNKNOWN = 5  # the same where no list of words knows either
_NAME = 6  # letters from which a name that is a known word too may be misspelled
_TWO_EDITS = 8  # letters from which two edits may be one misspelling
# What scanners read for one another; both words are brought to the right-hand side.
_SCANS = (
    ("rn", "m"), ("cl", "d"), ("vv", "w"), ("1", "l"), ("|", "l"), ("i", "l"), ("0", "o"), ("c", "e"), ("5", "s"),
    ("8", "b"), ("h", "b"), ("6", "b"), ("9", "g"), ("q", "g"), ("u", "n"),
)  # fmt: skip
# Endings of British and American spelling, longest first; and words of their own.
_BRITISH = tuple(
    (british + end, american + end)
    for british, american, ends in (
        ("is", "iz", ("ations", "ation", "ers", "er", "ing", "ed", "es", "e")),
        ("ys", "yz", ("ers", "er", "ing", "ed", "es", "e")),
        ("ell", "el", ("ers", "er", "ing", "ed")),
        ("all", "al", ("ing", "ed")),
        ("ogue", "og", ("s", "")),
        ("fence", "fense", ("s", "")),
        ("cence", "cense", ("s", "")),
    )
    for end in ends
) + (("tres", "ters"), ("tre", "ter"))
_AMERICAN = {
    "grey": "gray",
    "greys": "grays",
    "programme": "program",
    "programmes": "programs",
    "tyre": "tire",
    "tyres": "tires",
}
_LOOK_ALIKE = {
    "0": "oо\u03bf",
    "1": "liı\u0456",
    "3": "з",
    "4": "ч",
    "6": "б",
}  # digits and the letters of three scripts
_UNMARKED = {
    0x131: 0x69,
    0xF8: 0x6F,
    0x142: 0x6C,
    0x111: 0x64,
}  # ı ø ł đ: letters that plain writing does without marks


def is_misspelling(one: str, other: str, known: Known, *, is_name: bool, is_covered: bool) -> bool:
    """Whether two words differ as a word and its misspelling do.

    Args:
        one: A word in its plain form, without digits or symbols.
        other: Another.
        known: Tells whether a plain form is a known word.
        is_name: Both are written as names are.
        is_covered: Nearly all words around them are known, so that an unknown one says something.

    Returns:
        Whether they do. Two known words are never misspellings of each other.
    """
    if not (_is_letters(one) and _is_letters(other)) or max(len(one), len(other)) < _SHORTEST:
        return False
    edit = _edit(one, other)
    if edit is None:
        return False
    n_edits, begins_alike, is_inner, is_swap = edit
    is_known, is_other_known = known(one), known(other)
    if is_known and is_other_known:
        return False
    if not begins_alike and not is_swap:
        return False  # slips hardly ever touch the first letter; other words often differ there
    if n_edits == 2 and min(len(one), len(other)) < _TWO_EDITS and scanned(one) != scanned(other):
        return False
    least = min(len(one), len(other))
    is_slip = is_swap or scanned(one) == scanned(other)
    if not is_covered:
        if is_slip:
            return is_inner and least >= _FEWEST_UNKNOWN
        return is_inner and n_edits == 1 and least >= _NAME and not is_name and _has_vowels(one)
    if is_known == is_other_known:
        return is_slip and is_inner and least >= _FEWEST_UNKNOWN
    if is_name and least < _NAME and not is_slip:
        return False
    unknown, word = (other, one) if is_known else (one, other)
    return is_inner or not _is_inflected(unknown, word)


def is_other_spelling(one: str, other: str) -> bool:
    """Whether two words are the British and the American spelling of one.

    Examples:
        >>> is_other_spelling("colours", "colors"), is_other_spelling("four", "for")
        (True, False)
    """
    return min(len(one), len(other)) >= _SHORTEST and _american(one) == _american(other)


@lru_cache(maxsize=1 << 12)
def _american(word: str) -> str:
    if word in _AMERICAN:
        return _AMERICAN[word]
    for british, american in _BRITISH:
        if word.endswith(british) and len(word) > len(british) + 1:
            return word[: -len(british)] + american
    at = word.find("our", 2)
    return word[:at] + "or" + word[at + 3 :] if at > 0 and len(word) > 4 else word


def _has_vowels(word: str) -> bool:
    """Whether its script writes the vowels; in others one letter more or less is another word."""
    return all(ord(letter) < 0x590 for letter in word)


def is_misread(digits_and_letters: str, word: str) -> bool:
    """Whether a word with digits in it is a scan of a word of letters, as ``he1lo`` is of ``hello``."""
    n_digits = sum(character.isdigit() for character in digits_and_letters)
    return (
        len(word) >= _SHORTEST
        and _is_letters(word)
        and 0 < n_digits <= 2
        and len(digits_and_letters) - n_digits >= 3
        and (scanned(digits_and_letters) == scanned(word) or _looks_like(digits_and_letters, word))
    )


def _looks_like(digits_and_letters: str, word: str) -> bool:
    """Whether the letters are the same, but for digits that look like the letter in their place."""
    return len(digits_and_letters) == len(word) and all(
        one == other or other in _LOOK_ALIKE.get(one, "") for one, other in zip(digits_and_letters, word, strict=True)
    )


def lost_marks(one: str, other: str) -> int:
    """Which of two words is the other without its accents: 1 the first, 2 the second, 0 neither."""
    bare, other_bare = without_marks(one), without_marks(other)
    if bare != other_bare or one == other:
        return 0
    return 1 if one == bare else 2 if other == other_bare else 0


@lru_cache(maxsize=1 << 12)
def without_marks(word: str) -> str:
    """The letters of a word of the Latin script without accents; the word itself in other scripts."""
    if word.isascii() or not any(0x61 <= ord(letter) <= 0x24F for letter in word):
        return word
    return "".join(chr(_UNMARKED.get(ord(c), ord(c))) for c in word if not 0x300 <= ord(c) <= 0x36F)


@lru_cache(maxsize=1 << 12)
def scanned(word: str) -> str:
    """One name for all that a scanner may read for a word."""
    for read, meant in _SCANS:
        word = word.replace(read, meant)
    return word


def _is_letters(word: str) -> bool:
    """Whether a word is of one alphabet, with its marks: no digit, no underscore, no syllable or sign of its own."""
    return all(
        0x61 <= code <= 0x7A or 0xDF <= code < 0x530 or 0x561 <= code <= 0x587 or 0x5D0 <= code <= 0x5EA
        or 0x620 <= code <= 0x64A or 0x671 <= code <= 0x6D3 or 0x1E00 <= code <= 0x1FFF
        or 0x900 <= code <= 0x963 or 0x971 <= code <= 0xDFF
        for code in map(ord, word)
    )  # fmt: skip


def _edit(one: str, other: str) -> tuple[int, bool, bool, bool] | None:
    """How two words differ, when by one edit, two neighbors exchanged, one misread letter or two edits.

    Returns:
        Number of edits; whether they leave the first letter alone; whether also the last; whether it is an exchange
        or a doubled letter. None for more edits.
    """
    begin = 0
    while begin < len(one) and begin < len(other) and one[begin] == other[begin]:
        begin += 1
    tail = 0
    while tail < min(len(one), len(other)) - begin and one[-1 - tail] == other[-1 - tail]:
        tail += 1
    middle, other_middle = one[begin : len(one) - tail], other[begin : len(other) - tail]
    is_inner = begin > 0 and tail > 0
    sizes = len(middle), len(other_middle)
    if sizes == (2, 2) and middle == other_middle[::-1]:
        return 1, begin > 0, tail > 0, True
    if sizes in ((1, 0), (0, 1)):
        extra = middle or other_middle
        word = one if middle else other
        is_doubled = begin > 0 and word[begin - 1] == extra
        return 1, begin > 0, is_inner, is_doubled
    if sizes == (1, 1):
        return 1, begin > 0, is_inner, False
    if scanned(one) == scanned(other):
        return 2, begin > 0, is_inner, False
    if max(sizes) <= 2 + 4 * (_distance(middle, other_middle) <= 2) and _distance(middle, other_middle) <= 2:
        return 2, begin > 0, is_inner, False
    return None


def _distance(one: str, other: str) -> int:
    """Insertions, deletions, substitutions and exchanges of neighbors between two short strings."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                best = min(best, older[j - 2] + 1)
            row.append(best)
    return row[-1]


def _is_inflected(unknown: str, word: str) -> bool:
    """Whether an unknown word may be another form of a known one: it goes on where that ends, or begins before it."""
    return unknown.startswith(word) or word.startswith(unknown) or unknown.endswith(word) or word.endswith(unknown)
