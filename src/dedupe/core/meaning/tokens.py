"""Text to tokens that carry meaning: words, numbers and symbols, each with its plain form and its place.

Two texts with equal plain forms in equal order differ in form alone. docs/meaning.md has the rules and their evidence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from dedupe.core.text import unicode
from dedupe.core.text.unicode import (
    ALONE,
    CLASS_MASK,
    CLASS_SHIFT,
    CODE_POINT_MASK,
    EXPANDS,
    IGNORED,
    LETTER,
    MARK,
    PAGE_SIZE,
)

WORD, NUMBER, SYMBOL = range(3)

# Flags of a token.
CAPITAL = 1  # begins with a capital letter, and is not all capitals
OPENS = 2  # begins a sentence
CLOSES = 4  # ends a sentence
GLUED = 8  # touches the token before it
LABEL = 16  # stands directly before `)`, `.` or `:`, as list letters do
SPACED = 32  # white space alone lies between it and the token before it
CODE = 64  # a name in code: a capital inside, an underscore, or a mark of code right beside it
HYPHENED = 128  # a hyphen alone lies between it and the token before it
LOWER = 256  # has a small letter of ASCII

ENTITIES = {
    "amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " ", "ndash": "-", "mdash": " ", "hellip": " ",
    "lsquo": "'", "rsquo": "'", "sbquo": "'", "ldquo": '"', "rdquo": '"', "bdquo": '"', "laquo": '"', "raquo": '"',
    "shy": "\u00ad", "ensp": " ", "emsp": " ", "thinsp": " ", "zwnj": "\u200c", "zwj": "\u200d", "copy": "©",
    "iquest": "¿", "iexcl": "¡", "lsaquo": "\u2039", "rsaquo": "\u203a", "reg": "®", "trade": "™", "deg": "°", "euro": "€", "pound": "£", "yen": "¥", "cent": "¢", "sect": "§",
    "times": "×", "divide": "÷", "plusmn": "±", "minus": "−", "middot": "·", "bull": "•", "szlig": "ß",
    "auml": "ä", "ouml": "ö", "uuml": "ü", "Auml": "Ä", "Ouml": "Ö", "Uuml": "Ü", "eacute": "é", "egrave": "è",
    "ecirc": "ê", "euml": "ë", "agrave": "à", "aacute": "á", "acirc": "â", "atilde": "ã", "aring": "å", "aelig": "æ",
    "ccedil": "ç", "iacute": "í", "igrave": "ì", "icirc": "î", "iuml": "ï", "ntilde": "ñ", "oacute": "ó",
    "ograve": "ò", "ocirc": "ô", "otilde": "õ", "oslash": "ø", "uacute": "ú", "ugrave": "ù", "ucirc": "û",
    "Eacute": "É", "Egrave": "È", "Agrave": "À", "Aacute": "Á", "Aring": "Å", "AElig": "Æ", "Ccedil": "Ç",
    "Iacute": "Í", "Ntilde": "Ñ", "Oacute": "Ó", "Oslash": "Ø", "Uacute": "Ú",
}  # fmt: skip
_ENTITY = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z]{2,6}));")
# A word cut at the end of a line; the rest follows on the next, perhaps behind the mark of a quotation or comment.
_CUT = re.compile(r"[-\u2010\u00ad][ \t]*(?:\r\n|\r|\n)[ \t>]*")

# Zero of each set of decimal digits.
_ZEROS = (
    0x30, 0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0,
    0xF20, 0x1040, 0x17E0, 0x1810,
)  # fmt: skip
_SUPERSCRIPTS = frozenset((0xB2, 0xB3, 0xB9, *range(0x2070, 0x2080)))
_FRACTIONS = frozenset((*range(0xBC, 0xBF), *range(0x2150, 0x215F), 0x2189))
_APOSTROPHES = frozenset(map(ord, "'\u2019\u02bc\u2018`\u00b4"))
_SPACES = frozenset(
    map(ord, " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000")
) | frozenset(range(0x2000, 0x200B))
_LINE_ENDS = frozenset(map(ord, "\n\r\x85\u2028\u2029"))
_NARROW_SPACES = frozenset((0xA0, 0x2009, 0x202F))  # between groups of digits
_QUOTES = frozenset(
    map(
        ord,
        "\"'`\u00ab\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a\u300c\u300d\u300e\u300f\uff02\uff07",
    )
)
_OPENING = frozenset(map(ord, "([{\u3010\u300a\uff08\uff3b")) | _QUOTES
_CLOSING = frozenset(map(ord, ")]}\u3011\u300b\uff09\uff3d")) | _QUOTES
_STOPS = frozenset(map(ord, ".!?\u2026\u3002\uff01\uff1f\uff61\u061f\u06d4\u0964\u0965\u037e\u1362\u104b\u17d4"))
_WIDE_STOPS = frozenset(map(ord, "\u3002\uff01\uff1f\uff61"))
_QUESTIONS = frozenset(map(ord, "?\uff1f\u061f\u037e\u2753"))
_MINUS = frozenset((0x2D, 0x2212, 0x2013))
_DASHES = frozenset((*_MINUS, 0x2010, 0x2011, 0x2012, 0x2014, 0x2015, 0xFE58, 0xFE63, 0xFF0D))
_HYPHENS = frozenset((0x2D, 0x2010, 0x2011))
_BRACKETS = frozenset(map(ord, "()[]{}"))
_OPERATORS = frozenset(map(ord, "+=<>~^&@#%\\*/!-|$"))
_ALWAYS = frozenset(map(ord, "%$@^~&\u2030\u2031\u00a2\u00a3\u00a4\u00a5\u00a7\u00b0\u00b1\u00ac\u00d7\u00f7"))
_ALWAYS_RANGES = ((0x2032, 0x2033), (0x20A0, 0x20CF), (0x2190, 0x2211), (0x2213, 0x22FF), (0x2610, 0x2612), (0x2713, 0x2718), (0x27F0, 0x27FF), (0x2900, 0x297F), (0x2A00, 0x2AFF))  # fmt: skip
_SPELLED = {0x2190: "<-", 0x2192: "->", 0x21D2: "=>", 0x2260: "!=", 0x2264: "<=", 0x2265: ">="}  # as in code
_CODE_MARKS = frozenset(map(ord, "=_./\\@:<>&$*[{+"))  # right behind a word they make it code, where more follows
_CODE_MARKS_BEFORE = frozenset(map(ord, "=_./\\@:<>&$*-+%#"))
_GREEK, _CYRILLIC_E = (0x370, 0x3FF), frozenset((0x435, 0x415))


class Token(NamedTuple):
    """A word, a number or a symbol.

    Attributes:
        plain: Its form without case, optional marks, apostrophes and group marks.
        kind: WORD, NUMBER or SYMBOL.
        flags: Sum of CAPITAL, OPENS, CLOSES, GLUED, LABEL, SPACED, CODE, HYPHENED, LOWER.
        start: First character in the text.
        end: Character after the last.
    """

    plain: str
    kind: int
    flags: int
    start: int
    end: int


class _Atom(NamedTuple):
    """One folded code point, the code point that it came from, and its place."""

    point: int
    kind: int
    raw: int
    start: int
    end: int


@lru_cache(maxsize=1 << 14)
def _folded(point: int) -> tuple[tuple[int, int], ...]:
    """Folded code points of a code point, each with its class; an ignored one gives nothing."""
    table = unicode.table()

    def entry(code: int) -> int:
        return int(table.entries[int(table.pages[code // PAGE_SIZE]) * PAGE_SIZE + code % PAGE_SIZE])

    found = entry(point)
    if (found >> CLASS_SHIFT) & CLASS_MASK == EXPANDS:
        at = found & CODE_POINT_MASK
        count = int(table.expansions[at])
        entries = [entry(int(code)) for code in table.expansions[at + 1 : at + 1 + count]]
        points = [
            each & CODE_POINT_MASK or int(code)
            for each, code in zip(entries, table.expansions[at + 1 : at + 1 + count], strict=True)
        ]
    else:
        entries, points = [found], [found & CODE_POINT_MASK or point]
    kinds = [(each >> CLASS_SHIFT) & CLASS_MASK for each in entries]
    return tuple((code, kind) for code, kind in zip(points, kinds, strict=True) if kind != IGNORED)


def _atoms(text: str) -> list[_Atom]:
    """Folded code points, entities read, words joined that a line end cuts, and ignored code points dropped."""
    cuts = {found.start(): found.end() for found in _CUT.finditer(text) if _is_inside_word(text, *found.span())}
    entities = {found.start(): found for found in _ENTITY.finditer(text)} if "&" in text else {}
    atoms: list[_Atom] = []
    at = 0
    while at < len(text):
        if at in cuts:
            at = cuts[at]
            continue
        raw, end = text[at], at + 1
        if at in entities:
            meant = _meant(entities[at])
            if meant is not None:
                raw, end = meant, entities[at].end()
        code = ord(raw)
        if code < 0x80 and not raw.isalnum():
            atoms.append(_Atom(code, 0, code, at, end))
        else:
            atoms.extend(_Atom(point, kind, code, at, end) for point, kind in _folded(code))
        at = end
    return atoms


def _is_inside_word(text: str, begin: int, end: int) -> bool:
    """Whether letters of a script with spaces between words stand on both sides of a part of a text."""
    folded = [_folded(ord(side)) for side in (text[begin - 1 : begin], text[end : end + 1]) if side]
    return len(folded) == 2 and all(points and points[0][1] == LETTER and not _digit(points[0][0]) for points in folded)


def _meant(found: re.Match[str]) -> str | None:
    decimal, hexadecimal, name = found.groups()
    if name:
        return ENTITIES.get(name)
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else None


def is_upper(code: int) -> bool:
    """Whether a code point is a capital letter, in the scripts whose capitals mark names."""
    if code < 0x100:
        return 0x41 <= code <= 0x5A or (0xC0 <= code <= 0xDE and code != 0xD7)
    if code < 0x180:
        if code < 0x138 or 0x14A <= code < 0x178:
            return not code & 1
        return bool(code & 1) if code < 0x149 else code in (0x178, 0x179, 0x17B, 0x17D)
    if code < 0x400:
        return code == 0x386 or 0x388 <= code <= 0x38F or 0x391 <= code <= 0x3AB
    if code < 0x530:
        return code <= 0x42F or (
            code >= 0x460 and not code & 1 and not 0x482 <= code < 0x48A and not 0x4C0 <= code < 0x4D0
        )
    return 0x531 <= code <= 0x556 or (0x1E00 <= code <= 0x1EFF and not code & 1 and not 0x1E96 <= code < 0x1EA0)


def _digit(point: int) -> str:
    """The ASCII digit of a decimal digit in any script; empty for any other code point."""
    if point < 0x80:
        return chr(point) if 0x30 <= point <= 0x39 else ""
    for zero in _ZEROS[1:]:
        if zero <= point <= zero + 9:
            return chr(0x30 + point - zero)
    return ""


def _is_always_symbol(code: int) -> bool:
    return code in _ALWAYS or (code >= 0x2032 and any(low <= code <= high for low, high in _ALWAYS_RANGES))


def tokens(text: str) -> list[Token]:
    """Cut a text into tokens that carry meaning.

    Spaces, wrapping, quotes, commas, brackets, rules, bullets and emphasis are form and give no token.

    Args:
        text: Any text.

    Returns:
        The tokens in order; none for a text of form alone.

    Examples:
        >>> [token.plain for token in tokens("Keep it at -5&nbsp;% of 1,000, **not** C++.")]
        ['keep', 'it', 'at', '-', '5', '%', 'of', '1000', 'not', 'c', '++']
    """
    return _Cutter(_atoms(text)).run()


class _Cutter:
    """One pass over the atoms of a text."""

    def __init__(self, atoms: list[_Atom]) -> None:
        self.atoms, self.made, self.at = atoms, list[Token](), 0
        self.emphasis = _emphasis(atoms)
        self.opens = True  # the next token begins a sentence
        self.line_start = True  # nothing but space and bullets since the line began

    def run(self) -> list[Token]:
        while self.at < len(self.atoms):
            atom = self.atoms[self.at]
            if atom.kind in (LETTER, ALONE):
                self._word_or_number(atom)
                self.line_start = False
            else:
                self._separator(atom)
        if self.made:
            self._flag_last(CLOSES)
        return self.made

    def _raw(self, at: int) -> int:
        """The code point at a place; a line end outside of the text."""
        return self.atoms[at].raw if 0 <= at < len(self.atoms) else 0x0A

    def _is_word(self, at: int) -> bool:
        return 0 <= at < len(self.atoms) and self.atoms[at].kind in (LETTER, ALONE)

    def _add(self, plain: str, kind: int, first: int, flags: int = 0) -> None:
        start, end = self.atoms[first].start, self.atoms[self.at - 1].end
        if self.opens:
            flags |= OPENS
        if self.made and self.made[-1].end == start and first > 0:
            flags |= GLUED
        elif self.made and self._is_space_before(first):
            flags |= SPACED
        elif self.made and self._raw(first - 1) in _HYPHENS:
            is_alone = self.atoms[first - 1].start == self.made[-1].end and self.atoms[first - 1].end == start
            flags |= HYPHENED if is_alone else 0
        self.made.append(Token(plain, kind, flags, start, end))
        self.opens = False

    def _is_space_before(self, at: int) -> bool:
        """Whether white space alone lies between the last token and a place."""
        at -= 1
        while at >= 0 and self.atoms[at].raw in _SPACES:
            at -= 1
        return self.atoms[at].end == self.made[-1].end

    def _flag_last(self, flag: int) -> None:
        last = self.made[-1]
        self.made[-1] = last._replace(flags=last.flags | flag)

    # ---- words and numbers ----

    def _word_or_number(self, atom: _Atom) -> None:
        first = self.at
        if atom.raw in _FRACTIONS:
            while self.at < len(self.atoms) and self.atoms[self.at].start == atom.start:
                self.at += 1
            plain = "".join(chr(each.point) if each.kind else "/" for each in self.atoms[first : self.at])
            self._add(plain, NUMBER, first)
        elif atom.raw in _SUPERSCRIPTS:
            while self.at < len(self.atoms) and self.atoms[self.at].raw in _SUPERSCRIPTS:
                self.at += 1
            plain = "^" + "".join(chr(each.point) for each in self.atoms[first : self.at])
            self._add(plain, NUMBER, first)
        elif _digit(atom.point):
            self._number(first)
        else:
            self._word(first)

    def _number(self, first: int) -> None:
        parts = [""]
        while True:
            while (
                (at := self.at) < len(self.atoms)
                and self.atoms[at].raw not in _SUPERSCRIPTS
                and (digit := _digit(self.atoms[at].point) if self.atoms[at].raw not in _FRACTIONS else "")
            ):
                parts[-1] += digit
                self.at += 1
            mark = self._joint(parts[-1], len(parts) == 1)
            if mark is None:
                break
            if mark:
                parts += [mark, ""]
            self.at += 1
        self._add("".join(_without_groups(parts)), NUMBER, first, self._label())

    def _joint(self, before: str, is_first: bool) -> str | None:
        """What joins two groups of digits: a mark, nothing (a space between groups), or None for no joint."""
        code = self._raw(self.at)
        if not (self.at + 1 < len(self.atoms) and self._raw(self.at + 1) not in _FRACTIONS | _SUPERSCRIPTS):
            return None
        if not _digit(self.atoms[self.at + 1].point):
            return None
        if code in (0x2E, 0x2C, 0x3A, 0x2F, 0x66B, 0x66C):  # . , : / and the Arabic marks of decimals and groups
            return {0x66B: ".", 0x66C: ","}.get(code, chr(code))
        if code in _MINUS or code in (0x2010, 0x2011):
            return "-"
        if (code in _NARROW_SPACES or code in _APOSTROPHES) and len(before) <= 3 and self._three_digits(self.at + 1):
            return ""
        return None

    def _three_digits(self, at: int) -> bool:
        count = 0
        while at + count < len(self.atoms) and count < 4 and _digit(self.atoms[at + count].point):
            count += 1
        return count == 3

    def _word(self, first: int) -> None:
        atoms = self.atoms
        points: list[int] = []
        base, n_upper, n_letters, has_inner_capital = 0, 0, 0, False
        is_alone = atoms[first].kind == ALONE
        while self.at < len(atoms):
            atom = atoms[self.at]
            if atom.kind == MARK:
                if not _is_optional(base, atom.point):
                    points.append(atom.point)
            elif atom.kind == LETTER and not is_alone and not _digit(atom.point) and atom.raw not in _SUPERSCRIPTS:
                base = _plain_letter(atom.point)
                points.append(base)
                n_letters += 1
                has_inner_capital |= is_upper(atom.raw) and n_letters - 1 > n_upper
                n_upper += is_upper(atom.raw)
            elif atom.kind == ALONE and is_alone and self.at == first:
                base = atom.point
                points.append(base)
            elif atom.raw in _APOSTROPHES and not is_alone and self._is_letter(self.at + 1) and n_letters:
                pass
            elif atom.raw == 0x5F and not is_alone and self.at not in self.emphasis and self._is_word(self.at + 1):
                points.append(0x5F)
            else:
                break
            self.at += 1
        flags = self._label()
        own = atoms[first : self.at]
        if 0x5F in points:  # case tells names in code apart
            points = _with_case(own)
        if any(0x61 <= atom.raw <= 0x7A for atom in own):
            flags |= LOWER
        if self._is_code(first, points, has_inner_capital):
            flags |= CODE
        if is_upper(atoms[first].raw) and (n_upper < n_letters or n_letters == 1):
            flags |= CAPITAL
        self._add("".join(map(chr, points)), WORD, first, flags)

    def _is_code(self, first: int, points: Sequence[int], has_inner_capital: bool) -> bool:
        before, after = self._raw(first - 1), self._raw(self.at)
        is_call = after == 0x28 or (after in _CODE_MARKS and not (after == 0x2E and self._raw(self.at + 1) in _SPACES))
        is_called = before in _CODE_MARKS_BEFORE and not (before == 0x2D and self._is_word(first - 2))
        joins = after in (0x2E, 0x3A) and not self._is_word(self.at + 1)
        return has_inner_capital or 0x5F in points or (is_call and not joins) or is_called

    def _is_letter(self, at: int) -> bool:
        return self._is_word(at) and not _digit(self.atoms[at].point)

    def _label(self) -> int:
        return LABEL if self._raw(self.at) in (0x29, 0x2E, 0x3A, 0xFF09, 0xFF1A) else 0

    # ---- separators and symbols ----

    def _separator(self, atom: _Atom) -> None:
        code = atom.raw
        if code in _LINE_ENDS:
            self._end_of_line()
            self.at += 1
            return
        if code in _SPACES or atom.kind == MARK or code in _QUOTES:
            self.at += 1
            return
        if self._skips_marks_of_line():
            return
        length = self._symbol_length()
        if length:
            first = self.at
            self.at += length
            plain = "".join(_plain_symbol(each.raw) for each in self.atoms[first : self.at])
            self._add(plain, SYMBOL, first)
            if plain == "?":
                self._end_of_sentence()
            self.line_start = False
            return
        if code in _STOPS:
            self._end_of_sentence()
        self.at += 1

    def _end_of_line(self) -> None:
        """A blank line ends a sentence, and a line may begin with bullets and marks of quotation."""
        at = self.at + 1
        while self._raw(at) in _SPACES and self._raw(at) not in _LINE_ENDS:
            at += 1
        if self._raw(at) in _LINE_ENDS and not (
            self._raw(self.at) == 0x0D and self._raw(self.at + 1) == 0x0A and at == self.at + 1
        ):
            self._close()
        self.line_start = True

    def _end_of_sentence(self) -> None:
        """A stop with a space, a quote or a bracket behind it ends a sentence, if what follows can begin one."""
        at, is_wide = self.at, False
        while self._raw(at) in _STOPS or self._raw(at) in _CLOSING:
            is_wide |= self._raw(at) in _WIDE_STOPS
            at += 1
        if not is_wide and self._raw(at) not in _SPACES:
            return
        while at < len(self.atoms) and not self._is_word(at):
            at += 1
        if is_wide or at >= len(self.atoms) or not _is_lower(self.atoms[at]):
            self._close()

    def _close(self) -> None:
        if self.made:
            self._flag_last(CLOSES)
        self.opens = True

    def _skips_marks_of_line(self) -> bool:
        """Pass over a bullet, heading mark, quotation mark or rule; they are form."""
        code, length = self._raw(self.at), 1
        while self._raw(self.at + length) == code:
            length += 1
        after = self._raw(self.at + length)
        is_rule = length >= 3 and code not in _DASHES and not self._is_word(self.at + length)
        is_rule |= length >= 3 and code in _DASHES
        if code == 0x2E and length >= 2 and after in _SPACES:
            is_rule = True
        is_bullet = (
            self.line_start and after in _SPACES and code in map(ord, "*+-#>\u2022\u25aa\u25cf\u25e6\u2013\u2014/|")
        )
        if is_bullet and not (length == 1 or code in (0x23, 0x3E, 0x2F)):
            is_bullet = False
        is_bullet |= self.line_start and code == 0x3E
        if not (is_rule or is_bullet):
            return False
        if code in _STOPS:
            self._end_of_sentence()
        self.at += length
        return True

    def _symbol_length(self) -> int:
        """How many code points from here on make one symbol; 0 where the mark is form."""
        at, code = self.at, self._raw(self.at)
        if self.at in self.emphasis:
            return 0
        if code in _QUESTIONS:
            return 1
        if _is_always_symbol(code):
            return self._run_of_operators(at)
        before, after = self._raw(at - 1), self._raw(at + 1)
        is_edge = before in _SPACES or before in _OPENING or before in map(ord, "=,|:;<>") or at == 0
        is_edge = is_edge or (before == 0x2A and at - 1 not in self.emphasis)
        if code in _BRACKETS:
            return 1 if before in _SPACES and after in _SPACES else 0
        if code in (0x2D, 0x2212, 0x2013):
            return self._minus_length(is_edge)
        if code in (0x3C, 0x3E):
            return self._angle_length(before, after)
        if code in map(ord, "+=*#"):
            if code == 0x2A and before in _SPACES and after in _SPACES:
                return 1
            if code == 0x2A and after in map(ord, "),;]"):
                return 1
            touches = self._is_word(at - 1) or self._is_word(at + 1) or before in _OPERATORS or after in _OPERATORS
            return self._run_of_operators(at) if touches or code in (0x2B, 0x3D) else 0
        if code == 0x2F and before == 0x3C:
            return 0  # the end of a tag
        if code == 0x2F:
            return self._run_of_operators(at) if self._is_word(at + 1) or after in (0x2E, 0x7E, 0x2F) else 0
        if code == 0x5C:
            return 1 if self._is_word(at + 1) else 0
        if code == 0x7C:
            return 2 if after == 0x7C else 0
        if code == 0x21:
            if after == 0x3D:
                return self._run_of_operators(at)
            return 1 if is_edge and self._is_word(at + 1) else 0
        if code == 0x2E:
            return 1 if is_edge and (self._is_word(at + 1) or after in (0x2F, 0x2E)) else 0
        if code == 0x5F:
            return 1 if self._is_word(at + 1) or self._is_word(at - 1) else 0
        return 0

    def _minus_length(self, is_edge: bool) -> int:
        """A sign before a number, the dash of an option, or an arrow; other dashes are form."""
        at = self.at
        if self._raw(at + 1) == 0x3E:
            return 2
        if not is_edge:
            return 0
        if self._is_word(at + 1):
            is_number = bool(_digit(self.atoms[at + 1].point)) or self.atoms[at + 1].raw in _FRACTIONS
            return 1 if is_number or self._raw(at) == 0x2D else 0
        if self._raw(at) == 0x2D and self._raw(at + 1) == 0x2D and self._is_word(at + 2):
            return 2
        is_decimal = self._raw(at + 1) == 0x2E and at + 2 < len(self.atoms) and bool(_digit(self.atoms[at + 2].point))
        return 1 if is_decimal else 0

    def _angle_length(self, before: int, after: int) -> int:
        """A comparison or shift; brackets around a tag or an address are form."""
        code = self._raw(self.at)
        if before in _OPERATORS or after in (0x3D, 0x2D, 0x3C, 0x3E):
            return self._run_of_operators(self.at)
        if before in _SPACES and after in _SPACES:
            return 1
        is_bracket = before not in _SPACES
        if code == 0x3C:
            is_bracket = after == 0x2F or (after not in _SPACES and not self._is_word(self.at - 1))
        return 0 if is_bracket else 1

    def _run_of_operators(self, at: int) -> int:
        """Operators that touch each other are one symbol."""
        length = 1
        while self._raw(at + length) in map(ord, "+=<>&*#/!\\") and at + length not in self.emphasis:
            length += 1
        return length


def _with_case(own: Sequence[_Atom]) -> list[int]:
    """The plain form of a name with underscores, its capitals of ASCII kept."""
    points, base = list[int](), 0
    for atom in own:
        if atom.kind == MARK:
            if not _is_optional(base, atom.point):
                points.append(atom.point)
        elif atom.kind == LETTER:
            base = _plain_letter(atom.point)
            points.append(atom.raw if 0x41 <= atom.raw <= 0x5A else base)
        elif atom.raw == 0x5F:
            points.append(0x5F)
    return points


def _without_groups(parts: Sequence[str]) -> Sequence[str]:
    """Drop commas that group digits by three, as in 1,234,567."""
    if "," not in parts or not 1 <= len(parts[0]) <= 3 or parts[0].startswith("0"):
        return parts
    kept = [parts[0]]
    for mark, digits in zip(parts[1::2], parts[2::2], strict=True):
        is_group = mark == "," and len(digits) == 3 and len(kept) == 1
        if is_group:
            kept[0] += digits
        else:
            kept += [mark, digits]
    return kept


def _emphasis(atoms: Sequence[_Atom]) -> frozenset[int]:
    """Places of asterisks and underscores that only stress what stands between them."""
    opened: dict[tuple[int, int], list[int]] = {}
    places: set[int] = set()
    at = 0
    while at < len(atoms):
        code = atoms[at].raw
        if code not in (0x2A, 0x5F) or atoms[at].kind in (LETTER, ALONE):
            at += 1
            continue
        length = 1
        while at + length < len(atoms) and atoms[at + length].raw == code:
            length += 1
        before = atoms[at - 1] if at else None
        after = atoms[at + length] if at + length < len(atoms) else None
        is_before = before is not None and before.raw not in _SPACES
        is_after = after is not None and after.raw not in _SPACES
        is_inside = before is not None and after is not None and before.kind == after.kind == LETTER
        if length <= (3 if code == 0x2A else 2) and not is_inside:
            waiting = opened.setdefault((code, length), [])
            if is_before and waiting:
                first = waiting.pop()
                places.update(range(first, first + length), range(at, at + length))
            elif is_after and not (before is not None and before.kind == LETTER):
                waiting.append(at)
        at += length
    return frozenset(places)


def _is_lower(atom: _Atom) -> bool:
    """Whether a letter of a script with capitals is none, so that it cannot begin a sentence."""
    return atom.kind == LETTER and not is_upper(atom.raw) and (
        0x61 <= atom.point <= 0x7A or 0xDF <= atom.point < 0x250 or 0x3B1 <= atom.point <= 0x3C9 or 0x430 <= atom.point < 0x460
    )  # fmt: skip


def _plain_letter(point: int) -> int:
    """Letters that are written in several ways: Persian and Arabic kaf and yeh; ı, whose capital is that of i."""
    return {0x131: 0x69, 0x649: 0x64A, 0x6CC: 0x64A, 0x6A9: 0x643, 0x671: 0x627}.get(point, point)


def _is_optional(base: int, mark: int) -> bool:
    """Marks that writers leave out: vowel points, nuktas, Greek accents, the dots of ё, Cyrillic stress, the dot of i."""
    if mark >= 0x591:
        is_hebrew = mark <= 0x5C7
        is_arabic = 0x610 <= mark <= 0x61A or 0x64B <= mark <= 0x65F or mark == 0x670 or 0x6D6 <= mark <= 0x6ED
        return is_hebrew or is_arabic or mark in (0x93C, 0x9BC, 0xA3C)
    if _GREEK[0] <= base <= _GREEK[1]:
        return True
    if 0x400 <= base < 0x530:
        return mark in (0x300, 0x301) or (mark == 0x308 and base in _CYRILLIC_E)
    return base == 0x69 and mark == 0x307


def _plain_symbol(code: int) -> str:
    if code in _MINUS:
        return "-"
    if code in _QUESTIONS:
        return "?"
    if code in _SPELLED:
        return _SPELLED[code]
    folded = _folded(code)
    return chr(folded[0][0]) if len(folded) == 1 and code >= 0x80 else chr(code)
