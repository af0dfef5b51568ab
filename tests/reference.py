"""The slow plain twin of each core stage: one value at a time, as docs/core.md says it.

It teaches how a stage works, and it judges the fast one on generated input.
Texts are `str`, numbers are Python's, and `& MASK` stands for the wrap-around of uint64.
"""

import re
from collections.abc import Iterable, Sequence

import numpy as np

from dedupe.core.text.sentences import ABBREVIATIONS
from dedupe.core.text.unicode import table

MASK = 0xFFFF_FFFF_FFFF_FFFF
MASK32 = 0xFFFF_FFFF
GOLDEN = 0x9E3779B97F4A7C15
POSITION = 0xD6E8FEB86659FD93
MULTIPLY = 0xA0761D6478BD642F
BAND = 0xE7037ED1A0B428DB
SECOND = 0x8EBC6AF09C88C6E3
RAW = 0x589965CC75374CC3

SEPARATOR, LETTER, ALONE, MARK, IGNORED, EXPANDS = range(6)


# --- blocks ---------------------------------------------------------------------------

LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


def blocks(text: str, unit: str) -> list[tuple[int, int]]:
    """Return (start, end) of each block, in characters.

    "a \\n\\n b" has the lines "a" (0, 1) and " b" (4, 6); the line between is blank.
    """
    if unit == "document":
        return [(0, len(text))] if text.strip() else []
    parts = join_fences(text, lines(text))
    if unit == "line":
        return [(start, end) for start, end, _, _ in parts]
    parts = join_paragraphs(parts)
    if unit == "paragraph":
        return [(start, end) for start, end, _, _ in parts]
    found = []
    for start, end, _, fenced in parts:
        found += [(start, end)] if fenced else sentences(text, start, end)
    return found


Part = tuple[int, int, bool, bool]  # start, end, a blank line stands before it, fenced


def lines(text: str) -> list[Part]:
    """Return the lines with text on them."""
    found: list[Part] = []
    start, blank = 0, False
    ends = [(match.start(), match.end()) for match in LINE_END.finditer(text)]
    for end, next_start in [*ends, (len(text), len(text))]:
        line = text[start:end].rstrip()
        if line:
            found.append((start, start + len(line), blank, False))
        blank = not line
        start = next_start
    return found


def join_fences(text: str, found: list[Part]) -> list[Part]:
    """Join each fenced code block into one part."""
    joined = []
    i = 0
    while i < len(found):
        start, end, blank, _ = found[i]
        last = closing_line(text, found, i)
        if last is None:
            joined.append((start, end, blank, False))
        else:
            joined.append((start, found[last][1], blank, True))
            i = last
        i += 1
    return joined


def closing_line(text: str, found: list[Part], i: int) -> int | None:
    """Return the line that closes the fence of line i, None if i opens none."""
    start, end, _, _ = found[i]
    line = text[start:end].lstrip(" \t")
    char = line[0]
    length = len(line) - len(line.lstrip(char))
    rest = line[length:]
    if char not in "`~" or length < 3 or (char == "`" and "`" in rest):
        return None
    if not rest and length > {"`": 4, "~": 3}[char]:
        return None  # the underline of a title
    for j in range(i + 1, len(found)):
        other = text[found[j][0] : found[j][1]].lstrip(" \t")
        if len(other) >= length and set(other) == {char}:
            return j
    return None


def join_paragraphs(found: list[Part]) -> list[Part]:
    """Join lines up to a blank line, if there is one between two lines."""
    if not any(blank for _, _, blank, _ in found[1:]):
        return found
    joined: list[Part] = []
    for start, end, blank, fenced in found:
        if joined and not blank and not fenced and not joined[-1][3]:
            joined[-1] = (joined[-1][0], end, joined[-1][2], False)
        else:
            joined.append((start, end, blank, fenced))
    return joined


WIDE = "。｡！？।॥؟۔።፧፨။៕។։"
SPACED = ".!?…‼⁇⁈⁉།༎;"
CLOSERS = "\"'”’»›)]}）］｝」』】》〉〕*_"
OPENERS = "\"'“‘„‚”’«»‹›([{¿¡*_#—–-"
ITEM = re.compile(r"([-*+•‣◦]|\d{1,3}[.)])[ \t]+\S")


def sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cut a paragraph into sentences, one character at a time."""
    found = []
    at = begin = start
    while at < end:
        stop = at  # where the sentence would end, and the next one begin
        if text[at] in WIDE + SPACED:
            while stop < end and text[stop] in WIDE + SPACED:
                stop += 1
            run = text[at:stop]
            closers = CLOSERS if run[-1] in WIDE else CLOSERS + "“«"
            while stop < end and text[stop] in closers:
                stop += 1
        elif text[at] in "\n\r\x85\u2028\u2029":
            run = ""
        else:
            at += 1
            continue
        after = stop
        while after < end and text[after].isspace():
            after += 1
        if after == end:
            break
        gap = text[stop:after]
        is_item = LINE_END.search(gap) is not None and ITEM.match(text, after, end) is not None
        if is_item or ends_sentence(text[begin:at], run, gap, text[after:end]):
            found.append((begin, begin + len(text[begin:stop].rstrip())))
            begin = after
        at = after
    return [*found, (begin, end)]


def ends_sentence(before: str, run: str, gap: str, after: str) -> bool:
    """Tell whether stops with these neighbours end a sentence."""
    if not run or begins_small(after):
        return False
    if any(char in WIDE for char in run):
        return True
    if not gap:
        return False
    if run != ".":
        return True
    word = re.split(r"[^\w.'’-]", before[-24:])[-1].lstrip("'’-.")
    parts = word.split(".")
    if len(parts) > 1 and all(part.isalpha() and len(part) <= 2 for part in parts):
        return False
    if (word.isalpha() and len(word) == 1) or (word.isdecimal() and len(word) <= 2):
        return False
    return word not in ABBREVIATIONS and word[:1].lower() + word[1:] not in ABBREVIATIONS


def begins_small(after: str) -> bool:
    """Tell whether the first letter behind opening quotes and dashes is a small one."""
    while after and after[0] in OPENERS:
        after = after[1:].lstrip(" \u00a0\u202f")
    return after[:1].islower()


# --- words ----------------------------------------------------------------------------


def entry(code_point: int) -> tuple[int, int, int]:
    """Return folded code point (or place in the expansions), class, combining class."""
    pages, entries, _, _ = table()
    value = int(entries[int(pages[code_point >> 7]) * 128 + (code_point & 127)])
    return value & 0x1FFFFF, value >> 21 & 7, value >> 24


def fold(text: str) -> list[list[int]]:
    """Return the words, each as its folded code points.

    "Café, ÉTÉ!" is [c a f e U+0301] and [e U+0301 t e U+0301]; "中文" is [中] and [文].
    """
    found: list[list[int]] = []
    open_class = SEPARATOR  # class of the word that ends right here
    for code_point, kind in canonical(folded(text)):
        if kind == MARK:
            if open_class != SEPARATOR:
                found[-1].append(code_point)
            continue
        if kind == LETTER and open_class == LETTER:
            found[-1].append(code_point)
        elif kind in (LETTER, ALONE):
            found.append([code_point])
        open_class = kind
    return found


def folded(text: str) -> list[tuple[int, int, int]]:
    """Return (folded code point, class, combining class), without ignored ones."""
    found = []
    for char in text:
        value, kind, combining = entry(ord(char))
        if kind == EXPANDS:
            expansions = table().expansions
            count = int(expansions[value])
            for code_point in expansions[value + 1 : value + 1 + count].tolist():
                found.append((code_point, *entry(code_point)[1:]))
        else:
            found.append((value, kind, combining))
    return [item for item in found if item[1] != IGNORED]


def canonical(found: list[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """Sort each run of combining marks by combining class, and drop the class."""
    ordered: list[tuple[int, int]] = []
    run: list[tuple[int, int, int]] = []
    for item in [*found, (0, SEPARATOR, 0)]:
        if item[2]:
            run.append(item)
            continue
        run.sort(key=lambda mark: mark[2])
        ordered += [(code_point, kind) for code_point, kind, _ in run]
        ordered.append(item[:2])
        run = []
    return ordered[:-1]


# --- hashes ---------------------------------------------------------------------------


def fmix64(x: int) -> int:
    """Mix 64 bits, the finalizer of MurmurHash3; fmix64(0) is 0."""
    x ^= x >> 33
    x = x * 0xFF51AFD7ED558CCD & MASK
    x ^= x >> 33
    x = x * 0xC4CEB9FE1A85EC53 & MASK
    return x ^ x >> 33


def fmix32(x: int) -> int:
    """Mix 32 bits, the finalizer of MurmurHash3; fmix32(0) is 0."""
    x ^= x >> 16
    x = x * 0x85EBCA6B & MASK32
    x ^= x >> 13
    x = x * 0xC2B2AE35 & MASK32
    return x ^ x >> 16


def word_bytes(word: Iterable[int]) -> bytes:
    """Write code points as one byte or three: "a" is 61, é's accent U+0301 is 80 86 81."""
    found = bytearray()
    for cp in word:
        found += bytes([cp] if cp < 0x80 else [0x80 | cp >> 14, 0x80 | cp >> 7 & 127, 0x80 | cp & 127])
    return bytes(found)


def chunks(data: bytes) -> list[int]:
    """Cut bytes into little-endian numbers of eight bytes, the last filled up with zeros."""
    return [int.from_bytes(data[at : at + 8], "little") for at in range(0, len(data), 8)]


def keyed(x: int, key: int) -> int:
    """Mix 64 bits with a key; keyed(x, 0) is x."""
    product = (x + key & MASK) * (fmix64(key) | 1)
    return product & MASK ^ product >> 64


def key_of_seed(seed: int) -> int:
    """The key of word hashes; of seed 1 it is 0."""
    return fmix64((seed - 1) * GOLDEN & MASK)


def word_hash(word: Iterable[int], key: int = 0) -> int:
    """Hash a word; for "a" it is fmix64(GOLDEN + fmix64(0x61 + POSITION))."""
    data = word_bytes(word)
    total = len(data) * GOLDEN
    for k, chunk in enumerate(chunks(data)):
        total += fmix64(keyed(chunk + (k + 1) * POSITION & MASK, key))
    return fmix64(total & MASK)


def word_hashes(text: str, key: int = 0) -> list[int]:
    """Hash the words of a text."""
    return [word_hash(word, key) for word in fold(text)]


def word_name(word: Iterable[int], key: int) -> int:
    """What stands for a word in a text hash; for "a" it is GOLDEN + keyed(0x61 + POSITION, key)."""
    data = word_bytes(word)
    return (
        len(data) * GOLDEN + sum(keyed(c + (k + 1) * POSITION & MASK, key) for k, c in enumerate(chunks(data))) & MASK
    )


def text_hash(text: str, key: int = 0) -> tuple[int, int]:
    """Hash a block by its words, one without words by its bytes; "" is fmix64(RAW) twice."""
    values = [word_name(word, key) for word in fold(text)]
    n, raw = len(values), 0
    if not values:
        data = text.encode("utf-8", "surrogatepass").strip(b"\t\n\v\f\r ")
        values, n, raw = chunks(data), len(data), RAW
    mixed = [keyed(value + (i + 1) * POSITION & MASK, key) for i, value in enumerate(values)]
    first = raw + n * GOLDEN + sum(mixed)
    second = raw + n * SECOND + sum(value * value for value in mixed)
    return fmix64(first & MASK), fmix64(second & MASK)


# --- shingles, signatures, bands ------------------------------------------------------


def shingles(words: Sequence[int], width_words: int) -> list[int]:
    """Hash each run of `width_words` words; two words at width 5 make one shingle."""
    if not words:
        return []
    found = []
    for at in range(max(1, len(words) - width_words + 1)):
        run = words[at : at + width_words]
        total = len(run)
        for j, value in enumerate(run):
            total += value * pow(MULTIPLY, j + 1, 1 << 64)
        found.append(fmix64(total & MASK))
    return found


def shingle_set(words: Sequence[int], width_words: int) -> list[int]:
    """Return the shingles sorted and without repeats."""
    return sorted(set(shingles(words, width_words)))


def signature(found: Iterable[int], n_hashes: int, seed: int) -> list[int]:
    """Return the smallest value of each permutation; of no shingle, 0xFFFFFFFF everywhere."""
    random = np.random.RandomState(seed)
    a = [value * 2 + 1 for value in random.randint(0, 2**31, n_hashes, dtype=np.int64).tolist()]
    b = random.randint(0, 2**32, n_hashes, dtype=np.int64).tolist()
    mixed = [fmix32(shingle >> 32) for shingle in found]
    return [min([MASK32, *((a[k] * x + b[k]) & MASK32 for x in mixed)]) for k in range(n_hashes)]


def band_keys(row: Sequence[int], n_bands: int, n_rows: int, scope: int = 0) -> list[int]:
    """Return the key of each band; with bands of one row, key 0 depends on row[0] alone."""
    keys = []
    for j in range(n_bands):
        total = scope + (j + 1) * BAND
        for r in range(n_rows):
            total += (row[j * n_rows + r] + 1) * pow(MULTIPLY, r + 1, 1 << 64)
        keys.append(fmix64(total & MASK))
    return keys


# --- survivors ------------------------------------------------------------------------


def jaccard(left: Iterable[int], right: Iterable[int]) -> float:
    """Return the shared part of two sets; {1, 2, 3} and {2, 3, 4} share 2 of 4: 0.5."""
    a, b = set(left), set(right)
    return len(a & b) / len(a | b) if a | b else 0.0


def containment(inner: Sequence[int], holder: Sequence[int], width_words: int) -> float:
    """Return the share of the inner text's shingles that the holder has, from their words.

    Of "b c" at three words it is 1 in "a b c d", since "b c" stands there, and 0 in "c b".
    """
    if not inner:
        return 0.0
    width = min(width_words, len(inner))
    own = set(shingles(inner, width))
    return len(own & set(shingles(holder, width))) / len(own) if len(holder) >= width else 0.0


def walk(
    sets: Sequence[Sequence[int]],
    keys: Sequence[Sequence[int]],
    order: Sequence[int],
    threshold: float,
    leaders: int = 64,
) -> list[tuple[int, float]]:
    """Return (survivor, similarity) of each block; a block that stays is its own, with 0.0.

    {1, 2, 3}, {2, 3, 4} and {3, 4, 5} in one bucket, at 0.5: the second has the
    first as its survivor, the third stays, since the second leads nothing.
    """
    result = [(block, 0.0) for block in range(len(sets))]
    buckets: dict[int, list[int]] = {}
    place = {block: i for i, block in enumerate(order)}
    for block in order:
        near = {leader for key in keys[block] for leader in buckets.get(key, [])}
        best = (0.0, 0, block)
        for leader in near:
            best = max(best, (jaccard(sets[block], sets[leader]), -place[leader], leader))
        if near and best[0] >= threshold:
            result[block] = (best[2], best[0])
            continue
        for key in set(keys[block]):
            bucket = buckets.setdefault(key, [])
            if len(bucket) < leaders:
                bucket.append(block)
    return result
