"""The compiled kernels; `docs/core.md` says what they compute, `docs/native.md` how.

All arrays are contiguous and aligned; outputs are made by the caller and filled in place.
A wrong type, length or offset raises ValueError that names the array; too little memory MemoryError.
`buffer` to `expansions` are the same for all text kernels: UTF-8, block spans, the Unicode table.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_U8 = npt.NDArray[np.uint8]
_U16 = npt.NDArray[np.uint16]
_U32 = npt.NDArray[np.uint32]
_U64 = npt.NDArray[np.uint64]
_I8 = npt.NDArray[np.int8]
_I32 = npt.NDArray[np.int32]
_I64 = npt.NDArray[np.int64]
_F64 = npt.NDArray[np.float64]

def encode(texts: Sequence[str], offsets: _I64) -> bytearray: ...
def lines(
    buffer: _U8,
    offsets: _I64,
    unit: int,
    starts: _I64 | None,
    ends: _I64 | None,
    docs: _I64 | None,
    borders: _U8 | None,
) -> tuple[int, bool]: ...
def words(
    buffer: _U8,
    starts: _I64,
    ends: _I64,
    pages: _U16,
    entries: _U32,
    expansions: _U32,
    offsets: _I64,
    hashes: _U64 | None,
    word_starts: _I64 | None,
    word_ends: _I64 | None,
    key: int = 0,
) -> int: ...
def sketch(
    buffer: _U8,
    starts: _I64,
    ends: _I64,
    pages: _U16,
    entries: _U32,
    expansions: _U32,
    width_words: int,
    key: int,
    secret: int,
    a: _U32,
    b: _U32,
    n_bands: int,
    n_rows: int,
    scope: _U64 | None,
    n_words: _I32,
    text_hash: _U64,
    keys: _U64,
    signatures: _U32 | None,
) -> None: ...
def shingle_sets(
    buffer: _U8,
    starts: _I64,
    ends: _I64,
    pages: _U16,
    entries: _U32,
    expansions: _U32,
    width_words: int,
    key: int,
    offsets: _I64,
    hashes: _U64,
) -> int: ...
def intersections(
    offsets: _I64,
    hashes: _U64,
    left: _I64,
    right: _I64,
    counts: _I64,
    threshold: float = 0.0,
) -> None: ...
def number_repeats(values: _U64, n_columns: int) -> int: ...
def walk(
    set_offsets: _I64,
    set_hashes: _U64,
    bucket_offsets: _I64,
    bucket_ids: _I64,
    n_buckets: int,
    n_fixed: int,
    threshold: float,
    leaders: int,
    survivor: _I64,
    similarity: _F64,
    buffer: _U8 = ...,
    starts: _I64 = ...,
    ends: _I64 = ...,
    pages: _U16 = ...,
    entries: _U32 = ...,
    expansions: _U32 = ...,
    known: _U32 = ...,
    least: float = ...,
    variant: _I64 = ...,
    variant_similarity: _F64 = ...,
    /,
) -> tuple[int, int, int]: ...
def meanings(
    buffer: _U8,
    starts: _I64,
    ends: _I64,
    left: _I64,
    right: _I64,
    pages: _U16,
    entries: _U32,
    expansions: _U32,
    known: _U32,
    verdicts: _I8,
    similarities: _F64,
    slips: _U8 = ...,
    /,
) -> None: ...
def plain_texts(
    buffer: _U8,
    starts: _I64,
    ends: _I64,
    pages: _U16,
    entries: _U32,
    expansions: _U32,
    offsets: _I64,
) -> bytes: ...
def byte_hashes(buffer: _U8, starts: _I64, ends: _I64, key: int, more_key: int, hashes: _U64) -> None: ...
def find_postings(wanted: _U64, run: _U64, id_bits: int, rows: _I64, firsts: _I64, ends: _I64) -> int: ...
def split_postings(postings: _U64, id_bits: int, stays: _U8, met: _I64, leaders: int, rest: _U64) -> int: ...
