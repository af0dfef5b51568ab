"""Many texts as one buffer and offsets, the layout of an Arrow large-string column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dedupe.core.hashing import I64, U8, offsets_of
from dedupe.core.native import backend
from dedupe.core.ragged import Ragged

_PART = 4096  # texts taken at a time: bounds the copy that joining makes
_LONG = 512  # characters on average from which texts are copied one by one


class Batch(Ragged[np.uint8]):
    """Texts as bytes, a row for each text."""

    __slots__ = ()

    @property
    def buffer(self) -> U8:
        """Array of shape (n_bytes,), uint8: UTF-8, lone surrogates by ``surrogatepass``."""
        return self.values


NO_TEXTS = Batch(np.zeros(0, np.uint8), np.zeros(1, np.int64))


def encode(texts: Sequence[str]) -> Batch:
    """Copy texts into one buffer.

    Args:
        texts: Any sequence of str; empty texts keep their place.

    Returns:
        The batch; a list of nothing gives an empty buffer and offsets [0].
    """
    if backend.native():
        offsets = np.empty(len(texts) + 1, np.int64)
        coded = backend.kernels().encode(texts, offsets)
        return Batch(np.frombuffer(coded, np.uint8), offsets)
    data = bytearray()
    lengths: list[int] = []
    for first in range(0, len(texts), _PART):
        part = texts[first : first + _PART]
        if sum(map(len, part)) > _LONG * len(part):  # long texts: one copy each costs less than joining them
            for text in part:
                one = text.encode("utf-8", "surrogatepass")
                data += one
                lengths.append(len(one))
            continue
        joined = "".join(part)
        if joined.isascii():
            data += joined.encode("ascii")
            lengths.extend(map(len, part))
        else:
            short = [text.encode("utf-8", "surrogatepass") for text in part]
            data += b"".join(short)
            lengths.extend(map(len, short))
    return Batch(np.frombuffer(data, np.uint8), offsets_of(np.array(lengths, np.int64)))


def char_offsets(batch: Batch, docs: I64, positions: I64) -> I64:
    """Turn byte positions into character positions inside their texts.

    Args:
        batch: The texts.
        docs: Array of shape (n,), int64: the text that each position lies in.
        positions: Array of shape (n,) or (k, n), int64: byte positions in the buffer.

    Returns:
        Array of the shape of `positions`, int64: characters between the text's start and the position.
    """
    begins = batch.offsets[docs]
    # continuation bytes 10xxxxxx do not begin a character
    at = np.flatnonzero((batch.buffer & 0xC0) == 0x80)
    result: I64 = (positions - begins) - (np.searchsorted(at, positions) - np.searchsorted(at, begins))
    return result


def char_counts(batch: Batch, starts: I64, ends: I64) -> I64:
    """Count the characters of blocks.

    Args:
        batch: The texts.
        starts: Array of shape (n_blocks,), int64, byte offsets, ascending; blocks do not overlap.
        ends: Array of shape (n_blocks,), int64.

    Returns:
        Array of shape (n_blocks,), int64.
    """
    # continuation bytes 10xxxxxx do not begin a character
    at = np.flatnonzero((batch.buffer & 0xC0) == 0x80)
    result: I64 = (ends - starts) - (np.searchsorted(at, ends) - np.searchsorted(at, starts))
    return result
