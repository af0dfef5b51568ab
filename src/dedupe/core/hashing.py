"""What all stages share: array types, the mixing functions of docs/core.md, and arrays of runs and segments."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, cast

import numpy as np
import numpy.typing as npt

U64 = npt.NDArray[np.uint64]
U32 = npt.NDArray[np.uint32]
U8 = npt.NDArray[np.uint8]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
POSITION = 0xD6E8FEB86659FD93
MULTIPLY = 0xA0761D6478BD642F
BAND = 0xE7037ED1A0B428DB
SECOND = 0x8EBC6AF09C88C6E3
RAW = 0x589965CC75374CC3


def powers(n: int) -> list[np.uint64]:
    """The first `n` powers of MULTIPLY, from the first power on."""
    return [np.uint64(pow(MULTIPLY, j + 1, 1 << 64)) for j in range(n)]


def fmix64(values: U64) -> U64:
    """Finalizer of MurmurHash3: a bijection, each input bit moves each output bit.

    Args:
        values: Array of any shape, uint64. It is not changed.

    Returns:
        A new array of the same shape, uint64.

    Source:
        Austin Appleby, MurmurHash3, fmix64 (public domain).
    """
    mixed = values ^ (values >> np.uint64(33))
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(0xC4CEB9FE1A85EC53)
    mixed ^= mixed >> np.uint64(33)
    return mixed


def folded_product(x: U64, y: np.uint64) -> U64:
    """Both halves of each product of 128 bits, one over the other by exclusive or; of x * 1 that is x."""
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    x0, x1, y0, y1 = x & low, x >> half, y & low, y >> half
    middle = x1 * y0 + (x0 * y0 >> half)
    other = x0 * y1 + (middle & low)
    result: U64 = x * y ^ (x1 * y1 + (middle >> half) + (other >> half))
    return result


def keyed(chunks: U64, key: int) -> U64:
    """Mix numbers with a key, so that whoever does not know it cannot tell which give one value; key 0 changes none."""
    if not key:
        return chunks
    number = np.array([key], np.uint64)
    return folded_product(chunks + number, (fmix64(number) | np.uint64(1))[0])


def key_of_seed(seed: int) -> int:
    """The key of the word hashes of a seed; 0 for the default seed, which everybody knows."""
    return int(fmix64(np.array([(seed - 1) * GOLDEN & MASK], np.uint64))[0])


def new_key() -> int:
    """Draw a key that nobody knows, of 64 bits and not 0."""
    return secrets.randbits(64) or 1


@lru_cache(maxsize=1)
def process_key() -> int:
    """A key that nobody outside of the process knows."""
    return new_key()


def fmix32(values: U32) -> U32:
    """Finalizer of MurmurHash3 for 32 bits; see :func:`fmix64`."""
    mixed = values ^ (values >> np.uint32(16))
    mixed *= np.uint32(0x85EBCA6B)
    mixed ^= mixed >> np.uint32(13)
    mixed *= np.uint32(0xC2B2AE35)
    mixed ^= mixed >> np.uint32(16)
    return mixed


def segment_sums(values: U64, offsets: I64) -> U64:
    """Sum each segment of `values`, modulo 2**64.

    Args:
        values: Array of shape (offsets[-1],), uint64.
        offsets: Array of shape (n + 1,), int64: segment i is values[offsets[i]:offsets[i + 1]].

    Returns:
        Array of shape (n,), uint64; an empty segment sums to 0.
    """
    sums = np.zeros(offsets.size - 1, np.uint64)
    filled = offsets[1:] > offsets[:-1]
    if filled.any():
        # reduceat gives an empty segment the next segment's first value, so only filled ones are asked for
        sums[filled] = np.add.reduceat(values, offsets[:-1][filled])
    return sums


def offsets_of(counts: npt.NDArray[np.integer]) -> I64:
    """Turn segment lengths of shape (n,) into offsets of shape (n + 1,), int64."""
    offsets = np.zeros(counts.size + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    return offsets


def ranges(starts: I64, counts: I64) -> I64:
    """Concatenate ``range(start, start + count)`` for each pair.

    Returns:
        Array of shape (counts.sum(),), int64.
    """
    offsets = offsets_of(counts)
    return cast(I64, np.arange(offsets[-1], dtype=np.int64) + np.repeat(starts - offsets[:-1], counts))


def inverse(order: I64) -> I64:
    """The place of each number 0 to n - 1 in `order`, which holds each once."""
    place = np.empty(order.size, np.int64)
    place[order] = np.arange(order.size)
    return place


def distinct(codes: I64) -> I64:
    """Sort numbers and keep each once; np.unique of NumPy 2.3 and later takes a hash table, 20 times as long."""
    codes = np.sort(codes)
    return codes[opens_run(codes)]


def opens_run(values: npt.NDArray[Any], *more: npt.NDArray[Any]) -> Bool:
    """Mark the first of each run of equal values.

    Args:
        values: Array of shape (n,).
        *more: Arrays of shape (n,) that must be equal in a run too.

    Returns:
        Array of shape (n,), bool.
    """
    opens = np.ones(values.size, np.bool_)
    np.not_equal(values[1:], values[:-1], out=opens[1:])
    for other in more:
        opens[1:] |= other[1:] != other[:-1]
    return opens


def slices(sizes: I64, limit: int) -> Iterator[slice]:
    """Cut items into slices that add up to `limit` at most; an item that is larger has one of its own.

    Args:
        sizes: Array of shape (n,), int64, not negative.
        limit: Largest sum.

    Yields:
        Slices of the items, in order; none for no items.
    """
    total = np.cumsum(sizes)
    begin = 0
    while begin < sizes.size:
        done = int(total[begin - 1]) if begin else 0
        end = max(begin + 1, int(np.searchsorted(total, done + limit, side="right")))
        yield slice(begin, end)
        begin = end
