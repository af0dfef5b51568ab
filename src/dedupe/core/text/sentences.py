"""Where sentences end inside a paragraph.

A sentence ends behind its stop, with the quotes and brackets that close there:

- behind a stop that is never part of a word (。 ！ ？ । ؟ ۔ ። ။ ។ ։), at once;
- behind . ! ? … and the Tibetan shad, when white space follows;
- but only if what comes next does not begin with a small letter;
- not behind a full stop after one letter (J. Smith), one or two digits
  (3. Oktober), letters with stops between them (U.S., e.g., Ph.D.), or a word
  of ABBREVIATIONS;
- before a line that opens a list item (- * + • or a number with . or closing bracket).

A line end alone ends nothing. Each condition looks only at what stands before,
or only at what stands after; so a sentence can be taken out and its neighbours
still meet at a border. Known errors, on the side of long sentences: "in the
U.S. The", "at 5 p.m. He", "Plan B. Then", "chapter 5. The", "No. I won't";
on the side of short ones: a quote with a stop inside a sentence
(「…。」と言った) and abbreviations not listed before a capital. Thai
writes no stops and is cut at paragraphs and list items only.
"""

import re

import numpy as np

from dedupe.core.hashing import I64, U8, Bool

# The German closing quotes “ and « open elsewhere, so they close only behind a spaced stop.
_CLOSERS = "\"'”’»›)\\]}）］｝」』】》〉〕*_"
_WIDE = "。｡！？।॥؟۔።፧፨။។៕։"
_SPACED = ".!?…‼⁇⁈⁉།༎;"
_OPENERS = "\"'“‘„‚”’«»‹›([{¿¡*_#—–-"

# Possessive, so that a long run of stops is walked over once.
_STOP = re.compile(rf"([{_SPACED}{_WIDE}]++)(?:(?<=[{_WIDE}])[{_CLOSERS}]*+|(?<![{_WIDE}])[{_CLOSERS}“«]*+)(\s*+)")
_HAS_WIDE = re.compile(f"[{_WIDE}]")
_ITEM = re.compile(
    r"(?<=[\n\r\x85\u2028\u2029])[^\S\n\r\x85\u2028\u2029]*+"
    r"(?=(?:[-*+•‣◦]|\d{1,3}[.)])[ \t]+\S)"
)
_BEFORE_WORD = re.compile(r"[^\w.'’-]")
_DOTTED = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}|\d{1,2}|[^\W\d_]")
_LONGEST_WORD = 24
_OPENING = re.compile(rf"(?:[{_OPENERS}][ \u00a0\u202f]*+)*+")

# Words that carry a full stop and go on; matched as written and with the first letter lowered.
ABBREVIATIONS = frozenset(
    """
    mr mrs ms dr prof st mt ft sr jr rev hon gen col capt cpt lt sgt maj cmdr gov sen rep pres
    vs cf al fig figs eq eqs sec secs ch vol vols pp ed eds trans ca approx dept est inc ltd co
    corp bros assn univ ave blvd rd jan feb mar apr jun jul aug sept sep oct nov dec
    No Nos nos nr Nr art Abs abs bzw ca dgl evtl ggf Hr Fr inkl Jh Str str Tel usw vgl zzgl Prof
    Mme Mlle MM av boul env chap éd p.ex sig sigg dott ing avv Sra Srta Sres Ud Uds núm pág págs
    г гг ул стр рис им проф акад тыс млн млрд руб коп см т.е
    """.split()
)


def cut_sentences(buffer: U8, starts: I64, ends: I64, skipped: Bool) -> tuple[I64, I64, I64, Bool]:
    """Find the borders of sentences inside paragraphs.

    Args:
        buffer: Array, uint8: the bytes of the texts.
        starts: Array of shape (n,), int64: first byte of each paragraph.
        ends: Array of shape (n,), int64: the byte after its last.
        skipped: Array of shape (n,), bool: paragraphs to leave whole.

    Returns:
        Four arrays of shape (n_borders,): the paragraph of each border, the
        byte where the sentence before it ends, the byte where the next one
        starts, and whether only a list item makes the border.
    """
    rows: list[int] = []
    borders: list[tuple[int, int, bool]] = []
    for row in np.flatnonzero(~skipped).tolist():
        start = int(starts[row])
        text = buffer[start : ends[row]].tobytes().decode("utf-8", "surrogatepass")
        found = borders_of(text)
        if found:
            rows += [row] * len(found)
            borders += _to_bytes(text, start, found)
    table = np.array(borders, np.int64).reshape(-1, 3)
    return np.array(rows, np.int64), table[:, 0], table[:, 1], table[:, 2].astype(np.bool_)


def borders_of(text: str) -> list[tuple[int, int, bool]]:
    """Return (end of a sentence, start of the next, is a list item) in one paragraph.

    Examples:
        >>> borders_of("Dr. Who? Yes.")
        [(8, 9, False)]
        >>> borders_of("Pi is 3.14, e.g. not 3. 你好。再见。")
        [(27, 27, False)]
    """
    found: dict[int, tuple[int, int, bool]] = {}
    seen = 0
    for item in _ITEM.finditer(text):
        end = seen + len(text[seen : item.start()].rstrip())
        seen = item.end()
        found[seen] = (end, seen, True)
    items = sorted(found, reverse=True)  # the next one last, where taking it is cheap
    begin = 0
    for stop in _STOP.finditer(text):
        start = stop.end()
        if start == len(text) or start in found:
            continue
        while items and items[-1] <= stop.start():
            begin = max(begin, items.pop())
        if _may_end(text, begin, stop) and _may_begin(text, start):
            found[start] = (stop.start(2), start, False)
            begin = start
    return sorted(found.values())


def _is_wide(run: str) -> bool:
    """Tell whether stops end a sentence without white space behind them."""
    return not run.isascii() and _HAS_WIDE.search(run) is not None


def _may_end(text: str, begin: int, stop: re.Match[str]) -> bool:
    """Tell whether a sentence can end with a stop, from what stands before it."""
    if _is_wide(stop[1]):
        return True
    if stop.start(2) == stop.end(2):
        return False
    if stop[1] != ".":
        return True
    words = text[max(begin, stop.start() - _LONGEST_WORD) : stop.start()].rsplit(None, 1)
    word = words[-1] if words else ""
    if not word.isalnum():
        word = _BEFORE_WORD.split(word)[-1].lstrip("'’-.")
    if _DOTTED.fullmatch(word):
        return False
    return word not in ABBREVIATIONS and word[:1].lower() + word[1:] not in ABBREVIATIONS


def _may_begin(text: str, start: int) -> bool:
    """Tell whether a sentence can begin here, from what stands there."""
    char = text[start]
    if char in _OPENERS:
        opening = _OPENING.match(text, start)
        end = opening.end() if opening else start
        char = text[end : end + 1]
    return not char.islower()


def _to_bytes(text: str, start: int, found: list[tuple[int, int, bool]]) -> list[tuple[int, int, bool]]:
    """Turn character positions in a paragraph into byte positions in the buffer."""
    if text.isascii():
        return [(start + end, start + begin, listed) for end, begin, listed in found]
    result = []
    seen, at = 0, start
    for end, begin, listed in found:
        cut = at + len(text[seen:end].encode("utf-8", "surrogatepass"))
        at = cut + len(text[end:begin].encode("utf-8", "surrogatepass"))
        seen = begin
        result.append((cut, at, listed))
    return result
