"""From text to what matching needs, in pieces and threads: the hot path in one call."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dedupe.core.bands import Plan, keys
from dedupe.core.hashing import I64, U8, U32, U64, inverse, key_of_seed
from dedupe.core.minhash import permutations, signatures
from dedupe.core.native import backend
from dedupe.core.ragged import concat
from dedupe.core.shingles import NO_SHINGLES, Shingles, sets, shingles
from dedupe.core.text import unicode
from dedupe.core.text.pieces import in_pieces
from dedupe.core.text.tokens import text_hashes, words


class Sketch(NamedTuple):
    """What stays of each block's text.

    Attributes:
        n_words: Array of shape (n_blocks,), int32.
        text_hashes: Array of shape (n_blocks, 2), uint64: equal for equal words in equal order.
        keys: Array of shape (n_blocks, n_bands), uint64; of no meaning where n_words is 0.
        signatures: Array of shape (n_blocks, n_hashes), uint32, or None when not asked for.
        word_hashes: Array of shape (n_blocks,), uint64: equal for equal words, where `text_hashes` was put in for
            something narrower; None where it says it itself.
    """

    n_words: np.ndarray[tuple[int], np.dtype[np.int32]]
    text_hashes: U64
    keys: U64
    signatures: U32 | None
    word_hashes: U64 | None = None

    @property
    def words(self) -> U64:
        """Array of shape (n_blocks,), uint64: equal for equal words in equal order."""
        return self.text_hashes[:, 0] if self.word_hashes is None else self.word_hashes


def sketch(
    buffer: U8,
    starts: I64,
    ends: I64,
    *,
    width_words: int,
    plan: Plan,
    seed: int = 1,
    secret: int = 1,
    scope: U64 | None = None,
    keep_signatures: bool = False,
    threads: int | None = None,
) -> Sketch:
    """Fingerprint blocks of text.

    Args:
        buffer: Array of shape (n_bytes,), uint8, UTF-8.
        starts: Array of shape (n_blocks,), int64, ascending.
        ends: Array of shape (n_blocks,), int64.
        width_words: Words per shingle.
        plan: Bands and rows.
        seed: Seed of the permutations and of the word hashes that the keys come from.
        secret: Key of the text hashes, not 0, which would leave the order of words out.
        scope: Array of shape (n_blocks,), uint64, mixed into the keys, or None.
        keep_signatures: Hand back the signatures too.
        threads: Threads to use; the result does not depend on it.

    Returns:
        The sketch of each block.
    """
    a, b = permutations(plan.n_hashes, seed)
    key = key_of_seed(seed)
    out = Sketch(
        np.empty(starts.size, np.int32),
        np.empty((starts.size, 2), np.uint64),
        np.empty((starts.size, plan.n_bands), np.uint64),
        np.empty((starts.size, plan.n_hashes), np.uint32) if keep_signatures else None,
    )

    def one(piece: slice) -> None:
        text = buffer, starts[piece], ends[piece]
        part = Sketch(*(None if array is None else array[piece] for array in out))  # type: ignore[arg-type]  # views
        part_scope = None if scope is None else scope[piece]
        if backend.native():  # the kernel's order: text, tables, settings, results
            backend.kernels().sketch(
                *text, *unicode.table()[:3], width_words, key, secret, a, b, *plan, part_scope, *part[:4]
            )
            return
        found = words(*text, key)
        made = signatures(shingles(found, width_words), a, b)
        part.n_words[:] = np.diff(found.offsets)
        part.text_hashes[:] = text_hashes(*text, secret)
        part.keys[:] = keys(made, plan, part_scope)
        if part.signatures is not None:
            part.signatures[:] = made

    in_pieces(one, starts, ends, threads)
    return out


def shingle_sets(
    buffer: U8, starts: I64, ends: I64, *, width_words: int, key: int = 0, threads: int | None = None
) -> Shingles:
    """Sorted shingle sets of blocks, for exact comparison.

    Args:
        buffer: Array of shape (n_bytes,), uint8, UTF-8.
        starts: Array of shape (n_blocks,), int64, ascending.
        ends: Array of shape (n_blocks,), int64.
        width_words: Words per shingle.
        key: Key of the word hashes; sets of one key can be compared.
        threads: Threads to use.

    Returns:
        The set of each block; 8 bytes per shingle.
    """
    in_order = bool((starts[1:] >= starts[:-1]).all())
    if not in_order:
        order = np.argsort(starts, kind="stable")
        made = shingle_sets(buffer, starts[order], ends[order], width_words=width_words, key=key, threads=threads)
        return made.take(inverse(order))

    def one(piece: slice) -> Shingles:
        if backend.native():
            return _native_sets(buffer, starts[piece], ends[piece], width_words, key)
        return sets(shingles(words(buffer, starts[piece], ends[piece], key), width_words))

    return concat([NO_SHINGLES, *in_pieces(one, starts, ends, threads)])


def count_words(buffer: U8, starts: I64, ends: I64) -> I64:
    """Count the words of blocks, in any order.

    Args:
        buffer: Array of shape (n_bytes,), uint8, UTF-8.
        starts: Array of shape (n_blocks,), int64.
        ends: Array of shape (n_blocks,), int64.

    Returns:
        Array of shape (n_blocks,), int64.
    """
    if backend.native():
        offsets = np.empty(starts.size + 1, np.int64)
        backend.kernels().words(buffer, starts, ends, *unicode.table()[:3], offsets, None, None, None)
        return np.diff(offsets)
    order = np.argsort(starts, kind="stable")
    counts = np.empty(starts.size, np.int64)
    counts[order] = np.diff(words(buffer, starts[order], ends[order]).offsets)
    return counts


def _native_sets(buffer: U8, starts: I64, ends: I64, width_words: int, key: int) -> Shingles:
    # the most words per byte: U+3316 has three bytes and folds into six Japanese letters, each a word
    room = np.empty(2 * int((ends - starts).sum()), np.uint64)
    offsets = np.empty(starts.size + 1, np.int64)
    table = unicode.table()[:3]
    used = backend.kernels().shingle_sets(buffer, starts, ends, *table, width_words, key, offsets, room)
    return Shingles(room[:used].copy(), offsets)
