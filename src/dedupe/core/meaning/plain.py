"""Texts in their plain forms, for finding copies; and a keyed hash of the bytes of a text."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np

from dedupe.core.hashing import GOLDEN, I64, MASK, POSITION, U8, U64, fmix64, offsets_of
from dedupe.core.meaning.tokens import tokens
from dedupe.core.native import backend
from dedupe.core.ragged import concat
from dedupe.core.text import unicode
from dedupe.core.text.batch import NO_TEXTS, Batch
from dedupe.core.text.pieces import in_pieces

# A text without any of these has the words of its plain form.
_MAY_DIFFER = re.compile(rb"[\x80-\xff&]|-[ \t]*[\r\n]")


def plain_texts(buffer: U8, starts: I64, ends: I64, *, threads: int | None = None) -> Batch:
    """Write blocks in the plain forms of their tokens, so that form does not hide which words they share.

    Args:
        buffer: Array of shape (n_bytes,), uint8, UTF-8.
        starts: Array of shape (n_blocks,), int64, byte offsets.
        ends: Array of shape (n_blocks,), int64.
        threads: Threads to use.

    Returns:
        A text for each block, a space behind each token; an empty one where the block's own words will do, since it
        is in ASCII and has no entity and no word that the end of a line cuts.
    """

    def write_piece(piece: slice) -> Batch:
        offsets = np.empty(piece.stop - piece.start + 1, np.int64)
        plain = backend.kernels().plain_texts(buffer, starts[piece], ends[piece], *unicode.table()[:3], offsets)
        return Batch(np.frombuffer(plain, np.uint8), offsets)

    if backend.native():
        return concat([NO_TEXTS, *in_pieces(write_piece, starts, ends, threads)])
    parts = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        data = buffer[start:end].tobytes()
        is_found = _MAY_DIFFER.search(data) is not None
        found = tokens(data.decode("utf-8", "surrogatepass")) if is_found else []
        parts.append("".join(f"{token.plain} " for token in found).encode("utf-8", "surrogatepass"))
    return Batch(
        np.frombuffer(b"".join(parts), np.uint8), offsets_of(np.array([len(part) for part in parts], np.int64))
    )


def byte_hashes(buffer: U8, starts: I64, ends: I64, *, secret: int, threads: int | None = None) -> U64:
    """Hash the bytes of blocks, by SipHash-1-3 with 128 bits and a key from a secret.

    No one finds two texts with one hash by chance, and whoever does not know the secret finds none at all.

    Args:
        buffer: Array of shape (n_bytes,), uint8.
        starts: Array of shape (n_blocks,), int64, byte offsets.
        ends: Array of shape (n_blocks,), int64.
        secret: The key comes from it.
        threads: Threads to use.

    Returns:
        Array of shape (n_blocks, 2), uint64.

    Source:
        J.-P. Aumasson, D. Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012.
    """
    key = _key_of(secret)
    if not backend.native():
        return _sip(buffer, starts, ends, np.array(key, np.uint64))
    hashes = np.empty((starts.size, 2), np.uint64)

    def hash_piece(piece: slice) -> None:
        backend.kernels().byte_hashes(buffer, starts[piece], ends[piece], *key, hashes[piece])

    in_pieces(hash_piece, starts, ends, threads)
    return hashes


@lru_cache(maxsize=16)
def _key_of(secret: int) -> tuple[int, int]:
    first, second = fmix64(np.array([secret + GOLDEN & MASK, secret + POSITION & MASK], np.uint64)).tolist()
    return first, second


def _sip(buffer: U8, starts: I64, ends: I64, key: U64) -> U64:
    """The same in NumPy: the next eight bytes of all blocks at once."""
    constants = np.array(
        [0x736F6D6570736575, 0x646F72616E646F6D ^ 0xEE, 0x6C7967656E657261, 0x7465646279746573], np.uint64
    )
    state = np.repeat((constants ^ np.tile(key, 2))[:, None], starts.size, axis=1)
    sizes = ends - starts
    padded = np.concatenate((buffer, np.zeros(8, np.uint8)))
    loads = np.ndarray((buffer.size + 1,), "<u8", buffer=padded.data, strides=(1,))
    by_size = np.argsort(-sizes, kind="stable")
    for chunk in range(int(sizes.max(initial=0)) // 8 + 1):
        going = by_size[: int(np.searchsorted(-sizes[by_size], -8 * chunk, side="right"))]
        left = sizes[going] - 8 * chunk
        mask = np.where(
            left >= 8, ~np.uint64(0), (np.uint64(1) << (8 * np.minimum(left, 7)).astype(np.uint64)) - np.uint64(1)
        )
        block = loads[starts[going] + 8 * chunk] & mask
        block |= np.where(left < 8, sizes[going].astype(np.uint64) << np.uint64(56), np.uint64(0))
        part = state[:, going]
        part[3] ^= block
        _rounds(part, 1)
        part[0] ^= block
        state[:, going] = part
    hashes = np.empty((starts.size, 2), np.uint64)
    for half, (row, constant) in enumerate(((2, 0xEE), (1, 0xDD))):
        state[row] ^= np.uint64(constant)
        _rounds(state, 3)
        hashes[:, half] = state[0] ^ state[1] ^ state[2] ^ state[3]
    return hashes


def _rounds(state: U64, n: int) -> None:
    a, b, c, d = state
    for _ in range(n):
        a += b
        b[:] = _rotated(b, 13) ^ a
        a[:] = _rotated(a, 32)
        c += d
        d[:] = _rotated(d, 16) ^ c
        a += d
        d[:] = _rotated(d, 21) ^ a
        c += b
        b[:] = _rotated(b, 17) ^ c
        c[:] = _rotated(c, 32)


def _rotated(values: U64, bits: int) -> U64:
    return (values << np.uint64(bits)) | (values >> np.uint64(64 - bits))
