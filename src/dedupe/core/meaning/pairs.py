"""What many pairs of blocks say, by the compiled kernel or in Python."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from dedupe.core.hashing import F64, I64, U8, Bool
from dedupe.core.meaning.lexicon import is_known, known_words
from dedupe.core.meaning.rules import SAME, meaning
from dedupe.core.meaning.tokens import Token, tokens
from dedupe.core.native import backend
from dedupe.core.text import unicode

I8 = npt.NDArray[np.int8]


def meanings(buffer: U8, starts: I64, ends: I64, left: I64, right: I64) -> tuple[I8, F64]:
    """Judge what pairs of blocks say; fastest when pairs with one left block stand together.

    Args:
        buffer: Array of shape (n_bytes,), uint8, UTF-8.
        starts: Array of shape (n_blocks,), int64, byte offsets.
        ends: Array of shape (n_blocks,), int64.
        left: Array of shape (n_pairs,), int64: the block of each pair that is to stay.
        right: Array of shape (n_pairs,), int64: the block of each pair that is to go.

    Returns:
        Verdicts, array of shape (n_pairs,), int8: SAME, CONTAINED, CONTAINS or VARIANT of
        :mod:`dedupe.core.meaning.rules`. Similarities, array of shape (n_pairs,), float64: the share of the tokens
        that both have.
    """
    verdicts, similarities = np.empty(left.size, np.int8), np.empty(left.size)
    if backend.native():
        backend.kernels().meanings(
            buffer, starts, ends, left, right, *unicode.table()[:3], known_words(), verdicts, similarities
        )
        return verdicts, similarities

    @lru_cache(maxsize=2)
    def cut(block: int) -> list[Token]:
        return tokens(bytes(buffer[starts[block] : ends[block]]).decode("utf-8", "surrogatepass"))

    for pair, (stays, goes) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
        is_equal = np.array_equal(buffer[starts[stays] : ends[stays]], buffer[starts[goes] : ends[goes]])
        judged = (SAME, 1.0) if is_equal else meaning(cut(stays), cut(goes), is_known)[:2]
        verdicts[pair], similarities[pair] = judged
    return verdicts, similarities


def may_have_slips(buffer: U8, starts: I64, ends: I64, left: I64, right: I64) -> Bool:
    """Which pairs may owe it to a misspelling that they say the same: all of them, where Python would have to look.

    Args:
        buffer: Array of shape (n_bytes,), uint8, UTF-8.
        starts: Array of shape (n_blocks,), int64, byte offsets.
        ends: Array of shape (n_blocks,), int64.
        left: Array of shape (n_pairs,), int64.
        right: Array of shape (n_pairs,), int64.

    Returns:
        Array of shape (n_pairs,), bool.
    """
    slips = np.ones(left.size, np.uint8)
    if backend.native():
        backend.kernels().meanings(
            buffer, starts, ends, left, right, *unicode.table()[:3], known_words(),
            np.empty(left.size, np.int8), np.empty(left.size), slips,
        )  # fmt: skip
    return slips.view(np.bool_)
