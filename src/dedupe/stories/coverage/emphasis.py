"""Which words are names, numbers or quoted: what two reports of one event share when their words differ."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from dedupe.core.hashing import F64, I64, U8, Bool
from dedupe.core.text.tokens import Words

NAME, NUMBER, QUOTED = 1.5, 1.5, 1.25  # factors of the weight
_ENDS = np.zeros(256, np.bool_)
_ENDS[list(b'.!?:;"\n\r\t*#>-')] = True


def stress(buffer: U8, found: Words, starts: I64) -> F64:
    """Factor of each word's weight, the same for equal words.

    A word is a name when most of its occurrences that do not open a sentence begin with a capital letter;
    a number when it begins with a digit; quoted when it stands between quotation marks each time.
    Scripts without case have no names here; their numbers and quotations count.

    Args:
        buffer: Array of shape (n_bytes,), uint8, UTF-8.
        found: The words of the blocks.
        starts: Array of shape (n_blocks,), int64: first byte of each block.

    Returns:
        Array of shape (n_words,), float64.
    """
    if found.hashes.size == 0:
        return np.zeros(0)
    name, number = np.unique(found.hashes, return_inverse=True)
    upper, digit = _kinds(buffer, found.starts)
    inner = ~_opens(buffer, found.starts, found.offsets)
    quoted = _quoted(buffer, found, starts)

    def counted(flag: Bool) -> F64:
        return np.bincount(number, flag, name.size).astype(np.float64)

    is_name = counted(upper & inner) > 0.5 * np.maximum(counted(inner), 1)
    is_quoted = counted(quoted) == counted(np.ones(quoted.size, np.bool_))
    factor = np.where(counted(digit) > 0, NUMBER, np.where(is_name, NAME, np.where(is_quoted, QUOTED, 1.0)))
    result: F64 = factor[number]
    return result


def is_number(buffer: U8, starts: I64) -> Bool:
    """Tell which words begin with a decimal digit."""
    return _kinds(buffer, starts)[1]


@lru_cache(maxsize=1)
def _tables() -> tuple[Bool, Bool]:
    codes = [chr(code) for code in range(0x10000)]
    upper = np.array([code.isupper() or code.istitle() for code in codes])
    return upper, np.array([code.isdecimal() for code in codes])


def _kinds(buffer: U8, at: I64) -> tuple[Bool, Bool]:
    """Whether the characters at some bytes are capital letters, and whether they are digits."""
    padded = np.concatenate((buffer, np.zeros(3, np.uint8))).astype(np.int64)
    first, second, third = padded[at], padded[at + 1] & 63, padded[at + 2] & 63
    code = np.where(first < 0x80, first, np.where(first < 0xE0, (first & 31) << 6 | second, 0))
    code = np.where((first >= 0xE0) & (first < 0xF0), (first & 15) << 12 | second << 6 | third, code)
    upper, digit = _tables()
    return upper[code], digit[code]


def _opens(buffer: U8, at: I64, offsets: I64) -> Bool:
    """Whether a word opens its block or a sentence, as the two bytes before it show."""
    opens = _ENDS[buffer[np.maximum(at - 1, 0)]] | _ENDS[buffer[np.maximum(at - 2, 0)]]
    # “ ‘ » and their like end in the bytes 0x98 to 0x9F or 0xAB, 0xBB
    before = buffer[np.maximum(at - 1, 0)]
    opens |= (before >= 0x98) & (before <= 0x9F) | (before == 0xAB) | (before == 0xBB)
    first = offsets[:-1][np.diff(offsets) > 0]
    opens[first] = True
    return opens


def _quoted(buffer: U8, found: Words, starts: I64) -> Bool:
    """Whether a word stands between quotation marks of its block."""
    change = np.zeros(buffer.size + 1, np.int32)
    high = np.flatnonzero(buffer[:-2] == 0xE2) if buffer.size > 2 else np.zeros(0, np.int64)
    high = high[buffer[high + 1] == 0x80]
    change[high[buffer[high + 2] == 0x9C]] = 1
    change[high[buffer[high + 2] == 0x9D]] = -1
    depth = np.cumsum(change)
    straight = np.cumsum(buffer == 0x22)
    block = np.repeat(np.arange(starts.size), np.diff(found.offsets))
    at, begin = found.starts, starts[block]
    open_curly = depth[at] - depth[np.maximum(begin - 1, 0)] > 0
    odd = (straight[at] - straight[begin] + (buffer[begin] == 0x22)) % 2 == 1
    result: Bool = open_curly | odd
    return result
