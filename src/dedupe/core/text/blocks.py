"""Texts to blocks: paragraphs, lines, sentences or whole documents.

White space is what `str.isspace` says; line ends are LF, CR LF, CR, U+0085,
U+2028 and U+2029. A blank line counts when lines with text stand before and
after it in the same text and it is not inside a fenced code block.

A fence opens with three or more backticks or tildes, indented or not, and
closes at the next line of the same character, as long or longer, with nothing
else on it. Two kinds of lines look like a fence and open none: one that
nothing closes, and a bare run of four or more, which underlines a title in
reStructuredText (of 1,705 such lines in the Linux manuals 1,682 do).

**Taking blocks out.** Splitting what is left gives exactly the other blocks if
one gap goes with each block, chosen by `Blocks.borders`: the border before the
block is called L, the one before the next block R.

1. The first block of a text goes with the gap after it, the last with the gap before.
2. Otherwise the gap of the higher border stays; if equal, either.
3. If the higher one is `OWN`: the gap of R stays when R is `OWN` and the block is
   not fenced; the gap of L when the block before is fenced; else both stay (two
   line ends make a blank line).

Where this cannot hold: when the last blank line of a text goes, its lines become
paragraphs; between CR and LF, which together are one line end; and when a list
item is followed by a sentence on the item's line and the words before the list
do not end a sentence. `test_blocks.py` shows the rule on generated text.
"""

import re
from typing import Final, Literal, NamedTuple

import numpy as np

from dedupe.core.hashing import I64, U8, Bool, distinct, opens_run
from dedupe.core.native import backend
from dedupe.core.text.batch import Batch
from dedupe.core.text.sentences import cut_sentences

Unit = Literal["document", "paragraph", "line", "sentence"]

# What separates a block from the one before it, weakest first.
CLOSE: Final = 0  # a full stop that needs no space behind it
SPACE: Final = 1  # a full stop and white space
OWN: Final = 2  # a line end that counts because of a fence or a list item beside it
LINE: Final = 3  # a line end, where every line is a block of its own
BLANK: Final = 4  # a blank line, or the start of the text

_ASCII_SPACE = np.zeros(256, np.bool_)
_ASCII_SPACE[[*range(9, 14), *range(28, 33)]] = True
# And the last bytes of white space of two and three bytes, U+0085 to U+3000.
_MAY_BE_SPACE = _ASCII_SPACE.copy()
_MAY_BE_SPACE[[*range(0x80, 0x8B), 0x9F, 0xA0, 0xA8, 0xA9, 0xAF]] = True
_PIECE = 1 << 18  # bytes looked at in one go
_SHORT = 1 << 14  # bytes up to which the kernel joins lines itself: few calls matter more than one pass
_HEAD = 64  # bytes that mostly settle whether a text has something on it
_STRIP_STEPS = 8  # bytes stripped from all lines at once before going line by line
_LONGEST_BARE = {b"`": 4, b"~": 3}
_OPENING = re.compile(rb"[ \t]*(?:(`{3,})([^`]*)|(~{3,})(.*))", re.DOTALL)


class Blocks(NamedTuple):
    """Blocks of a batch in order, never empty, with only white space between them.

    Attributes:
        starts: Array of shape (n_blocks,), int64: first byte of each block in the buffer.
        ends: Array of shape (n_blocks,), int64: the byte after its last.
        docs: Array of shape (n_blocks,), int64: the text it lies in.
        fenced: Array of shape (n_blocks,), bool: it is a fenced code block.
        borders: Array of shape (n_blocks,), uint8: what separates it from the
            block before: CLOSE, SPACE, OWN, LINE or BLANK.
    """

    starts: I64
    ends: I64
    docs: I64
    fenced: Bool
    borders: U8


def split(batch: Batch, unit: Unit) -> Blocks:
    """Cut all texts of a batch into blocks.

    Args:
        batch: The texts.
        unit: "document", "paragraph", "line" or "sentence".

    Returns:
        The blocks; a text of nothing but white space has none. Cost: a few
        passes over the bytes and memory for the lines; sentences cost a
        regular expression per paragraph on top.
    """
    if unit == "document":
        return _native_blocks(batch, 0, batch.offsets.size - 1)[0] if backend.native() else _documents(batch)
    if backend.native():
        lines, is_joined, has_fences = _native_lines(batch, joined=unit != "line")
        if is_joined:
            return _sentences(batch, lines) if unit == "sentence" else lines
    else:
        traits = _traits(batch.buffer)
        lines, has_fences = _lines(batch, traits), traits.has_fences
    if has_fences:
        lines = _fence(batch.buffer, lines)
    if unit == "line":
        return lines
    paragraphs = _paragraphs(lines)
    if unit == "paragraph":
        return paragraphs
    return _sentences(batch, paragraphs)


def _native_lines(batch: Batch, *, joined: bool) -> tuple[Blocks, bool, bool]:
    """Lines, or paragraphs; whether they are paragraphs; and whether there may be a fence.

    With `joined` a short text comes as paragraphs, unless there may be a fence in it.
    """
    size, n_texts = batch.buffer.size, batch.offsets.size
    if size <= _SHORT and joined:
        # a line with something on it takes two bytes, but for the last one of a text
        found, has_fences = _native_blocks(batch, 1, size // 2 + n_texts)
        if not has_fences:
            return found, True, False
    # room that is not used costs no memory, because its pages are never touched
    room = size // 8 + n_texts + _SHORT
    try:
        found, has_fences = _native_blocks(batch, 2, room)
    except ValueError:  # lines of a few bytes each: count them first
        room, _ = backend.kernels().lines(batch.buffer, batch.offsets, 2, None, None, None, None)
        found, has_fences = _native_blocks(batch, 2, room)
    return found, False, has_fences


def _native_blocks(batch: Batch, unit: int, room: int) -> tuple[Blocks, bool]:
    """Documents (0), paragraphs (1) or lines (2) by the kernel, with room for so many."""
    starts, ends, docs = (np.empty(room, np.int64) for _ in range(3))
    borders = np.empty(room, np.uint8)
    n_found, has_fences = backend.kernels().lines(batch.buffer, batch.offsets, unit, starts, ends, docs, borders)
    plain = np.zeros(n_found, np.bool_)
    return Blocks(starts[:n_found], ends[:n_found], docs[:n_found], plain, borders[:n_found]), has_fences


class _Traits(NamedTuple):
    """What the bytes hold somewhere, so that rare cases cost nothing elsewhere."""

    is_ascii: bool
    has_returns: bool
    has_fences: bool


def _traits(buffer: U8) -> _Traits:
    """Look through the bytes once, in pieces that stay in the processor's cache."""
    is_ascii, has_returns, has_fences = True, False, False
    for at in range(0, buffer.size, _PIECE):
        piece = buffer[at : at + _PIECE + 2].tobytes()  # two more: a fence may cross the cut
        is_ascii = is_ascii and piece.isascii()
        has_returns = has_returns or b"\r" in piece
        # Asking for one byte first is several times faster than for three.
        has_fences = has_fences or (b"`" in piece and b"```" in piece)
        has_fences = has_fences or (b"~" in piece and b"~~~" in piece)
    return _Traits(is_ascii, has_returns, has_fences)


def _where(buffer: U8, byte: int) -> I64:
    """Return the positions of a byte value."""
    if buffer.size <= _PIECE:
        return np.flatnonzero(buffer == byte)
    starts = range(0, buffer.size, _PIECE)
    return np.concatenate([np.flatnonzero(buffer[at : at + _PIECE] == byte) + at for at in starts])


def _documents(batch: Batch) -> Blocks:
    """Return one block for each text that has something other than white space."""
    starts, ends = batch.offsets[:-1], batch.offsets[1:]
    has_text = ends > starts
    first = batch.buffer[starts[has_text]]
    unclear = np.flatnonzero(has_text)[_ASCII_SPACE[first] | (first >= 0x80)]
    for doc in unclear.tolist():
        head = batch.buffer[starts[doc] : min(ends[doc], starts[doc] + _HEAD)].tobytes()
        if head.decode("utf-8", "ignore").isspace() or not head.decode("utf-8", "ignore"):
            whole = batch.buffer[starts[doc] : ends[doc]].tobytes()
            has_text[doc] = not whole.decode("utf-8", "surrogatepass").isspace()
    docs = np.flatnonzero(has_text)
    plain = np.zeros(docs.size, np.bool_)
    return Blocks(starts[docs], ends[docs], docs, plain, np.full(docs.size, BLANK, np.uint8))


def _lines(batch: Batch, traits: _Traits) -> Blocks:
    """Return the lines with text on them, borders LINE or BLANK."""
    begins = _line_begins(batch, traits)
    starts = begins[:-1]
    ends = _strip_ends(batch.buffer, starts, begins[1:])
    kept = np.flatnonzero(ends > starts)
    after_blank = np.ones(kept.size, np.bool_)
    np.greater(kept[1:] - kept[:-1], 1, out=after_blank[1:])
    starts, ends = starts[kept], ends[kept]
    if batch.offsets.size == 2:
        docs = np.zeros(kept.size, np.int64)
    else:
        docs = np.searchsorted(batch.offsets, starts, side="right") - 1
        after_blank |= opens_run(docs)
    borders = after_blank.view(np.uint8) + np.uint8(LINE)  # BLANK is LINE + 1
    return Blocks(starts, ends, docs, np.zeros(kept.size, np.bool_), borders)


def _line_begins(batch: Batch, traits: _Traits) -> I64:
    """Return where lines begin, texts too, and the end of the last text."""
    buffer = batch.buffer
    found = [_where(buffer, 0x0A) + 1]
    if traits.has_returns:
        # CR LF is one line end. At a text's border both may count: nothing lies between.
        after = _where(buffer[:-1], 0x0D) + 1
        found.append(after[buffer[after] != 0x0A])
    if not traits.is_ascii:
        two = _where(buffer[:-1], 0xC2)
        found.append(two[buffer[two + 1] == 0x85] + 2)
        three = _where(buffer[:-2], 0xE2)
        is_end = (buffer[three + 1] == 0x80) & ((buffer[three + 2] & 0xFE) == 0xA8)
        found.append(three[is_end] + 3)
    # A stable sort merges ascending runs, so this is linear in the lines.
    begins = np.sort(np.concatenate((batch.offsets, *found)), kind="stable")
    return begins[opens_run(begins)]


def _strip_ends(buffer: U8, starts: I64, limits: I64) -> I64:
    """Move each end back over white space, to the start if there is nothing else."""
    # Nearly every line loses one byte, its line end, and then ends in something else.
    ends = limits - _ASCII_SPACE[buffer[limits - 1]]
    moving = np.flatnonzero(_MAY_BE_SPACE[buffer[ends - 1]] & (ends > starts))
    for _ in range(_STRIP_STEPS):
        if moving.size == 0:
            return ends
        size = _space_before(buffer, ends[moving])
        moving = moving[size > 0]
        ends[moving] -= size[size > 0]
        moving = moving[ends[moving] > starts[moving]]
    for i in moving.tolist():
        text = buffer[starts[i] : ends[i]].tobytes().decode("utf-8", "surrogatepass").rstrip()
        ends[i] = starts[i] + len(text.encode("utf-8", "surrogatepass"))
    return ends


def _space_before(buffer: U8, ends: I64) -> I64:
    """Return how many bytes the white space right before each end takes, or 0."""
    last = buffer[ends - 1]
    size = _ASCII_SPACE[last].astype(np.int64)
    wide = np.flatnonzero(last >= 0x80)
    if wide.size:
        at = ends[wide]
        # A character never crosses a line's start, so what lies before is its own text.
        third, second, first = (buffer[np.maximum(at - k, 0)].astype(np.int64) for k in (1, 2, 3))
        size[wide[(second == 0xC2) & ((third == 0x85) | (third == 0xA0))]] = 2
        code = first << 16 | second << 8 | third
        is_space = (code >= 0xE28080) & (code <= 0xE2808A)
        for other in (0xE19A80, 0xE280A8, 0xE280A9, 0xE280AF, 0xE2819F, 0xE38080):
            is_space |= code == other
        size[wide[is_space]] = 3
    return size


def _fence(buffer: U8, lines: Blocks) -> Blocks:
    """Join the lines of each fenced code block into one block."""
    rows = _fence_rows(buffer, lines)
    if not rows:
        return lines
    ends, fenced = lines.ends.copy(), lines.fenced.copy()
    kept = np.ones(ends.size, np.bool_)
    for first, last in _pair_fences(buffer, lines, rows):
        kept[first + 1 : last + 1] = False
        ends[first] = ends[last]
        fenced[first] = True
    return Blocks(lines.starts[kept], ends[kept], lines.docs[kept], fenced[kept], lines.borders[kept])


def _fence_rows(buffer: U8, lines: Blocks) -> list[int]:
    """Return the lines that have three backticks or tildes in a row somewhere."""
    found = []
    for byte in (0x60, 0x7E):
        at = _where(buffer, byte)
        if at.size > 2:
            at = at[:-2][at[2:] - at[:-2] == 2]
            found.append(np.searchsorted(lines.starts, at, side="right") - 1)
    return distinct(np.concatenate(found)).tolist() if found else []


def _pair_fences(buffer: U8, lines: Blocks, rows: list[int]) -> list[tuple[int, int]]:
    """Return first and last line of each fenced code block."""
    marks: list[tuple[int, int, bytes, int, bool]] = []  # line, text, character, length, bare
    for row in rows:
        match = _OPENING.fullmatch(buffer[lines.starts[row] : lines.ends[row]].tobytes())
        if match:
            run = match[1] or match[3]
            bare = not (match[2] or match[4])
            marks.append((row, int(lines.docs[row]), run[:1], len(run), bare))
    # For each mark the longest bare run behind it, so that no search is in vain
    # and all searches together pass each mark once.
    longest: dict[tuple[int, bytes], int] = {}
    closing = [0] * len(marks)
    for i in range(len(marks) - 1, -1, -1):
        _, doc, char, length, bare = marks[i]
        closing[i] = longest.get((doc, char), 0)
        if bare:
            longest[doc, char] = max(length, closing[i])
    pairs = []
    i = 0
    while i < len(marks):
        row, _, char, length, bare = marks[i]
        is_underline = bare and length > _LONGEST_BARE[char]
        if closing[i] >= length and not is_underline:
            i += 1
            while not (marks[i][2] == char and marks[i][3] >= length and marks[i][4]):
                i += 1
            pairs.append((row, marks[i][0]))
        i += 1
    return pairs


def _paragraphs(lines: Blocks) -> Blocks:
    """Join lines up to a blank line, in texts that have one."""
    after_blank = (lines.borders == BLANK) & ~opens_run(lines.docs)
    if not after_blank.any():
        return lines
    wrapped = np.zeros(int(lines.docs[-1]) + 1, np.bool_)
    wrapped[lines.docs[after_blank]] = True
    is_wrapped = wrapped[lines.docs]
    opens = (lines.borders == BLANK) | ~is_wrapped | lines.fenced
    opens[1:] |= lines.fenced[:-1]
    first = np.flatnonzero(opens)
    ends = lines.ends[np.concatenate((first[1:] - 1, [lines.ends.size - 1]))]
    own = is_wrapped & (lines.borders == LINE)
    borders = np.where(own, np.uint8(OWN), lines.borders)[first]
    return Blocks(lines.starts[first], ends, lines.docs[first], lines.fenced[first], borders)


def _sentences(batch: Batch, paragraphs: Blocks) -> Blocks:
    """Cut each paragraph that is not fenced into sentences."""
    rows, cuts, resumes, listed = cut_sentences(batch.buffer, paragraphs.starts, paragraphs.ends, paragraphs.fenced)
    if rows.size == 0:
        return paragraphs
    starts = np.insert(paragraphs.starts, rows + 1, resumes)
    ends = np.insert(paragraphs.ends, rows, cuts)
    weak = np.where(listed, OWN, np.where(resumes > cuts, SPACE, CLOSE)).astype(np.uint8)
    return Blocks(
        starts,
        ends,
        np.insert(paragraphs.docs, rows + 1, paragraphs.docs[rows]),
        np.insert(paragraphs.fenced, rows + 1, False),
        np.insert(paragraphs.borders, rows + 1, weak),
    )
