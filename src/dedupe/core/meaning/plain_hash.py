"""A keyed hash of all that a text says: equal for texts that differ in form alone, up to slips and what may be left out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dedupe.core.hashing import GOLDEN, I64, MASK, POSITION, U8, U64, fmix64
from dedupe.core.meaning.tokens import tokens
from dedupe.core.native import backend
from dedupe.core.text import unicode


def plain_hashes(buffer: U8, starts: I64, ends: I64, *, seed: int) -> U64:
    """Hash the plain forms of the tokens of blocks.

    SipHash-2-4 with 128 bits and a key from the seed: whoever does not know the seed cannot make a text that has the
    hash of another, and no one finds two that are equal by chance.

    Args:
        buffer: Array of shape (n_bytes,), uint8, UTF-8.
        starts: Array of shape (n_blocks,), int64, byte offsets.
        ends: Array of shape (n_blocks,), int64.
        seed: The key comes from it; keep it secret where strangers fill a collection.

    Returns:
        Array of shape (n_blocks, 2), uint64.

    Source:
        J.-P. Aumasson, D. Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012.
    """
    key = fmix64(np.array([seed + GOLDEN, seed + POSITION], np.uint64))
    hashes = np.empty((starts.size, 2), np.uint64)
    if backend.native():
        backend.kernels().plain_hashes(
            buffer, starts, ends, *unicode.table()[:3], int(key[0]), int(key[1]), hashes
        )  # fmt: skip
        return hashes
    for block, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        text = buffer[start:end].tobytes().decode("utf-8", "surrogatepass")
        data = b"".join(_packed(token.plain) + b"\0" for token in tokens(text))
        hashes[block] = siphash(data, int(key[0]), int(key[1]))
    return hashes


def _packed(plain: str) -> bytes:
    """A plain form in the bytes of docs/core.md: one for a code point of ASCII, three for any other."""
    if plain.isascii():
        return plain.encode()
    return b"".join(
        bytes((code,)) if code < 0x80 else bytes((0x80 | code >> 14, 0x80 | code >> 7 & 127, 0x80 | code & 127))
        for code in map(ord, plain)
    )


def siphash(data: bytes, key: int, more_key: int) -> tuple[int, int]:
    """SipHash-2-4 of 128 bits.

    Examples:
        >>> "%016x %016x" % siphash(b"", 0x0706050403020100, 0x0F0E0D0C0B0A0908)
        'e6a825ba047f81a3 930255c71472f66d'
    """
    state = [
        key ^ 0x736F6D6570736575, more_key ^ 0x646F72616E646F6D ^ 0xEE,
        key ^ 0x6C7967656E657261, more_key ^ 0x7465646279746573,
    ]  # fmt: skip
    for block in _blocks(data):
        state[3] ^= block
        _rounds(state, 2)
        state[0] ^= block
    state[2] ^= 0xEE
    _rounds(state, 4)
    first = state[0] ^ state[1] ^ state[2] ^ state[3]
    state[1] ^= 0xDD
    _rounds(state, 4)
    return first, state[0] ^ state[1] ^ state[2] ^ state[3]


def _blocks(data: bytes) -> Iterator[int]:
    whole = len(data) & ~7
    for at in range(0, whole, 8):
        yield int.from_bytes(data[at : at + 8], "little")
    yield int.from_bytes(data[whole:], "little") | (len(data) & 255) << 56


def _rounds(state: list[int], n: int) -> None:
    a, b, c, d = state
    for _ in range(n):
        a = (a + b) & MASK
        b = _rotated(b, 13) ^ a
        a = _rotated(a, 32)
        c = (c + d) & MASK
        d = _rotated(d, 16) ^ c
        a = (a + d) & MASK
        d = _rotated(d, 21) ^ a
        c = (c + b) & MASK
        b = _rotated(b, 17) ^ c
        c = _rotated(c, 32)
    state[:] = a, b, c, d


def _rotated(value: int, bits: int) -> int:
    return (value << bits | value >> (64 - bits)) & MASK
