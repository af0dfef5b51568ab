"""Text to word hashes: fold, cut, hash, with no Python object per word."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, cast

import numpy as np

from dedupe.core.hashing import (
    GOLDEN,
    I64,
    POSITION,
    RAW,
    SECOND,
    U8,
    U32,
    U64,
    Bool,
    distinct,
    fmix64,
    keyed,
    offsets_of,
    opens_run,
    ranges,
    segment_sums,
)
from dedupe.core.text import unicode
from dedupe.core.text.unicode import (
    CLASS_MASK,
    CLASS_SHIFT,
    CODE_POINT_MASK,
    COMBINING_SHIFT,
    EXPANDS,
    IGNORED,
    LETTER,
    MARK,
    PAGE_SIZE,
    SEPARATOR,
)

_IS_WORD = bytes(chr(byte).isascii() and chr(byte).isalnum() for byte in range(256))
_SPACE = np.zeros(256, np.bool_)
_SPACE[9:14] = _SPACE[32] = True
# _KEEP[n] keeps the first n bytes of a little-endian chunk
_KEEP = np.array([(1 << 8 * n) - 1 for n in range(9)], np.uint64)


class Words(NamedTuple):
    """The words of many blocks.

    Attributes:
        hashes: Array of shape (n_words,), uint64.
        offsets: Array of shape (n_blocks + 1,), int64: words of block i are hashes[offsets[i]:offsets[i + 1]].
        starts: Array of shape (n_words,), int64: first byte of each word in the buffer.
        ends: Array of shape (n_words,), int64: byte after the last.
    """

    hashes: U64
    offsets: I64
    starts: I64
    ends: I64


class _Cut(NamedTuple):
    """Folded bytes, and where the words lie in them and in the text."""

    folded: U8
    at: I64
    sizes: I64
    starts: I64
    ends: I64


def words(buffer: U8, starts: I64, ends: I64, key: int = 0, *, as_names: bool = False) -> Words:
    """Cut blocks into words and hash each.

    Args:
        buffer: Array of shape (n_bytes,), uint8, UTF-8 text.
        starts: Array of shape (n_blocks,), int64, ascending byte offsets on character borders.
        ends: Array of shape (n_blocks,), int64; blocks do not overlap.
        key: Key of the hashes; 0 for the public ones.
        as_names: Give the names that text hashes are made of, in place of the hashes.

    Returns:
        The words in order; a block of punctuation alone has none.
    """
    if starts.size == 0:
        none = np.zeros(0, np.int64)
        return Words(np.zeros(0, np.uint64), np.zeros(1, np.int64), none, none)
    sizes = ends - starts
    region = buffer[int(starts[0]) : int(ends[-1])]
    if region.size > 2 * int(sizes.sum()) + 4096:
        return _gathered(buffer, starts, sizes, key, as_names)
    if int(region.max(initial=0)) >= 0x80 and starts.size > 1:
        wide = _has_wide(region, starts - starts[0], sizes)
        if not wide.all():
            return _merged(buffer, starts, sizes, wide, key, as_names)
    return _words(region, starts, ends, key, as_names)


def _words(region: U8, starts: I64, ends: I64, key: int, as_names: bool) -> Words:
    """Words of the blocks of one stretch of the buffer, which begins at the first block."""
    base = int(starts[0])
    borders = distinct(np.concatenate((starts, ends))) - base
    cut = _cut_ascii(region, borders) if int(region.max(initial=0)) < 0x80 else _cut_unicode(region, borders)
    hashes = cut.sizes.astype(np.uint64) * np.uint64(GOLDEN)
    spans = cut.folded, cut.at, cut.sizes
    if as_names:
        hashes += _chunk_sums(*spans, lambda chunks: keyed(chunks, key))
    else:
        hashes = fmix64(hashes + _chunk_sums(*spans, lambda chunks: fmix64(keyed(chunks, key))))
    first = np.searchsorted(cut.starts, starts - base)
    counts = np.searchsorted(cut.starts, ends - base) - first
    inside = slice(None) if int(counts.sum()) == hashes.size else ranges(first, counts)  # no words of the gaps
    return Words(hashes[inside], offsets_of(counts), cut.starts[inside] + base, cut.ends[inside] + base)


def _gathered(buffer: U8, starts: I64, sizes: I64, key: int, as_names: bool) -> Words:
    """Copy sparse blocks together instead of reading the text between them."""
    packed = offsets_of(sizes)
    found = words(buffer[ranges(starts, sizes)], packed[:-1], packed[1:], key, as_names=as_names)
    shift = np.repeat(starts - packed[:-1], np.diff(found.offsets))
    return found._replace(starts=found.starts + shift, ends=found.ends + shift)


def _has_wide(region: U8, starts: I64, sizes: I64) -> Bool:
    """Whether each block has a byte outside ASCII."""
    at = np.flatnonzero(region >= 0x80)
    result: Bool = np.searchsorted(at, starts) < np.searchsorted(at, starts + sizes)
    return result


def _merged(buffer: U8, starts: I64, sizes: I64, wide: Bool, key: int, as_names: bool) -> Words:
    """Cut the blocks in ASCII and the others each by their own road, and put them back in order."""
    groups = (np.flatnonzero(wide), np.flatnonzero(~wide))
    parts = [_gathered(buffer, starts[group], sizes[group], key, as_names) for group in groups]
    counts = np.empty(starts.size, np.int64)
    for group, part in zip(groups, parts, strict=True):
        counts[group] = np.diff(part.offsets)
    offsets = offsets_of(counts)
    n_words = int(offsets[-1])
    merged = Words(np.empty(n_words, np.uint64), offsets, np.empty(n_words, np.int64), np.empty(n_words, np.int64))
    for group, part in zip(groups, parts, strict=True):
        place = ranges(offsets[group], counts[group])
        merged.hashes[place], merged.starts[place], merged.ends[place] = part.hashes, part.starts, part.ends
    return merged


def text_hashes(buffer: U8, starts: I64, ends: I64, key: int) -> U64:
    """Name each block by its words in order, or by its bytes when it has no word.

    Args:
        buffer: Array of shape (n_bytes,), uint8, UTF-8.
        starts: Array of shape (n_blocks,), int64, ascending.
        ends: Array of shape (n_blocks,), int64.
        key: Whoever does not know it finds no two texts with one hash.

    Returns:
        Array of shape (n_blocks, 2), uint64.
    """
    found = words(buffer, starts, ends, key, as_names=True)
    counts = np.diff(found.offsets)
    place = (ranges(np.zeros_like(counts), counts) + 1).astype(np.uint64)
    mixed = keyed(found.hashes + place * np.uint64(POSITION), key)
    result = np.empty((starts.size, 2), np.uint64)
    length = counts.astype(np.uint64)
    result[:, 0] = length * np.uint64(GOLDEN) + segment_sums(mixed, found.offsets)
    result[:, 1] = length * np.uint64(SECOND) + segment_sums(mixed * mixed, found.offsets)
    wordless = np.flatnonzero(counts == 0)
    if wordless.size:
        result[wordless] = _raw_sums(buffer, starts[wordless], ends[wordless], key)
    return fmix64(result)


def _raw_sums(buffer: U8, starts: I64, ends: I64, key: int) -> U64:
    """The two sums of the raw bytes of wordless blocks, stripped of ASCII white space."""
    sizes = ends - starts
    raw = buffer[ranges(starts, sizes)]
    offsets = offsets_of(sizes)
    solid = np.flatnonzero(~_SPACE[raw])
    first = np.searchsorted(solid, offsets[:-1])
    last = np.searchsorted(solid, offsets[1:]) - 1
    some = last >= first
    at = np.where(some, solid[np.minimum(first, solid.size - 1)], 0) if solid.size else np.zeros_like(first)
    stop = np.where(some, solid[last] + 1, 0) if solid.size else np.zeros_like(first)
    counts = stop - at
    length = counts.astype(np.uint64)
    sums = np.empty((starts.size, 2), np.uint64)
    sums[:, 0] = (
        np.uint64(RAW) + length * np.uint64(GOLDEN) + _chunk_sums(raw, at, counts, lambda chunks: keyed(chunks, key))
    )
    sums[:, 1] = (
        np.uint64(RAW)
        + length * np.uint64(SECOND)
        + _chunk_sums(raw, at, counts, lambda chunks: keyed(chunks, key) ** 2)
    )
    return sums


def _chunk_sums(data: U8, at: I64, sizes: I64, mix: Callable[[U64], U64]) -> U64:
    """Sum the mixed eight-byte chunks of each span of `data`; all spans at once."""
    sums = np.zeros(at.size, np.uint64)
    if at.size == 0:
        return sums
    padded = np.concatenate((data, np.zeros(8, np.uint8)))
    # one overlapping little-endian 8-byte view per byte position; loads need no alignment
    loads = np.ndarray((data.size + 1,), "<u8", buffer=padded.data, strides=(1,))

    some = sizes > 0
    first = loads[at] & _KEEP[np.minimum(sizes, 8)]
    sums[:] = mix(first + np.uint64(POSITION))
    if not some.all():
        sums[~some] = 0
    long = np.flatnonzero(sizes > 8)
    if long.size:
        extra = (sizes[long] - 1) // 8
        index = ranges(np.ones_like(extra), extra)  # 1, 2, … for each long span
        byte = np.repeat(at[long], extra) + 8 * index
        left = np.repeat(sizes[long], extra) - 8 * index
        position = (index + 1).astype(np.uint64) * np.uint64(POSITION)
        chunks = mix((loads[byte] & _KEEP[np.minimum(left, 8)]) + position)
        sums[long] += np.add.reduceat(chunks, offsets_of(extra)[:-1])
    return sums


def _cut_ascii(region: U8, borders: I64) -> _Cut:
    data = region.tobytes()  # the methods of bytes are several times as fast here as NumPy's look-ups
    inside = np.frombuffer(b"\0" + data.translate(_IS_WORD) + b"\0", np.bool_)
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    starts, ends = edges[::2], edges[1::2]
    cuts = borders[inside[borders] & inside[borders + 1]]  # two blocks that touch inside a run of letters
    if cuts.size:
        starts, ends = np.sort(np.concatenate((starts, cuts))), np.sort(np.concatenate((ends, cuts)))
    return _Cut(np.frombuffer(data.lower(), np.uint8), starts, ends - starts, starts, ends)


def _cut_unicode(region: U8, borders: I64) -> _Cut:
    """The same for any text, by the table; see "Words" in docs/core.md."""
    codes = np.frombuffer(
        region.tobytes().decode("utf-8", "surrogatepass").encode("utf-32-le", "surrogatepass"), np.uint32
    )
    byte = np.flatnonzero((region & 0xC0) != 0x80)
    entries, source = _fold(codes)
    kinds = _classes(entries)
    # the stretch between borders that each code point lies in: nothing joins across
    stretch = np.searchsorted(borders, byte, side="right")[source]
    kept = kinds != IGNORED
    if not kept.all():
        entries, source, stretch, kinds = entries[kept], source[kept], stretch[kept], kinds[kept]
    entries, source = _in_canonical_order(entries, source, stretch)
    kinds = _classes(entries)

    # a mark takes the kind of the last code point before it that is no mark
    place = np.arange(kinds.size)
    is_mark = kinds == MARK
    base = np.maximum.accumulate(np.where(is_mark, -1, place))
    held = is_mark & (base >= 0) & (stretch[base] == stretch)
    kinds = np.where(is_mark, np.where(held, kinds[base], SEPARATOR), kinds)

    member = kinds != SEPARATOR
    joined = np.zeros(kinds.size, np.bool_)  # goes on with the word of the code point before it
    joined[1:] = member[1:] & (stretch[1:] == stretch[:-1])
    joined[1:] &= held[1:] | ((kinds[1:] == LETTER) & (kinds[:-1] == LETTER))
    opens = np.flatnonzero(member & ~joined)
    goes_on = np.zeros(kinds.size, np.bool_)
    goes_on[:-1] = joined[1:]
    closes = np.flatnonzero(member & ~goes_on)

    folded, at = _pack(entries & np.uint32(CODE_POINT_MASK), member)
    stop = np.append(byte, region.size)
    return _Cut(folded, at[opens], at[closes + 1] - at[opens], byte[source[opens]], stop[source[closes] + 1])


def _fold(codes: U32) -> tuple[U32, I64]:
    """Table entries of the folded code points, and the index of the code point each came from."""
    table = unicode.table()

    def look_up(points: U32) -> U32:
        page = table.pages[points // np.uint32(PAGE_SIZE)].astype(np.uint32)
        return cast(U32, table.entries[page * np.uint32(PAGE_SIZE) + points % np.uint32(PAGE_SIZE)])

    entries = look_up(codes)
    source = np.arange(codes.size)
    expands = np.flatnonzero(_classes(entries) == EXPANDS)
    if expands.size == 0:
        return entries, source
    where = (entries[expands] & np.uint32(CODE_POINT_MASK)).astype(np.int64)
    counts = np.ones(codes.size, np.int64)
    counts[expands] = table.expansions[where]
    offsets = offsets_of(counts)
    source = np.repeat(source, counts)
    wide = np.empty(offsets[-1], np.uint32)
    plain = np.ones(codes.size, np.bool_)
    plain[expands] = False
    wide[offsets[:-1][plain]] = entries[plain]
    wide[ranges(offsets[expands], counts[expands])] = look_up(table.expansions[ranges(where + 1, counts[expands])])
    return wide, source


def _classes(entries: U32) -> U32:
    """Classes of code points, from their entries in the table."""
    return (entries >> np.uint32(CLASS_SHIFT)) & np.uint32(CLASS_MASK)


def _in_canonical_order(entries: U32, source: I64, stretch: I64) -> tuple[U32, I64]:
    """Sort each run of combining marks by combining class, stably (Unicode 3.11, D109)."""
    combining = entries >> np.uint32(COMBINING_SHIFT)
    wrong = np.flatnonzero((combining[1:] > 0) & (combining[:-1] > combining[1:]) & (stretch[1:] == stretch[:-1]))
    if wrong.size == 0:
        return entries, source
    run = np.cumsum((combining == 0) | opens_run(stretch))
    touched = np.flatnonzero(np.isin(run, run[wrong]))
    order = touched[np.lexsort((combining[touched], run[touched]))]
    entries, source = entries.copy(), source.copy()
    entries[touched] = entries[order]
    # spans stay where they were: only the folded form is put in order
    return entries, source


def _pack(points: U32, member: Bool) -> tuple[U8, I64]:
    """Write code points as one byte below 0x80, as three bytes of seven bits otherwise."""
    wide = member & (points >= 0x80)
    at = offsets_of(member.astype(np.int64) + 2 * wide)
    folded = np.zeros(at[-1], np.uint8)
    narrow = np.flatnonzero(member & ~wide)
    folded[at[narrow]] = points[narrow]
    many = np.flatnonzero(wide)
    for j, shift in enumerate((14, 7, 0)):
        folded[at[many] + j] = 0x80 | ((points[many] >> np.uint32(shift)) & np.uint32(0x7F))
    return folded, at
