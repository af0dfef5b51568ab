"""Words to weighted terms: runs of one to three words, weighted by how rare they are."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dedupe.core.hashing import F64, I64, MULTIPLY, U64, Bool, distinct, fmix64, opens_run, powers

# The background counts as this many more documents, half of which have each common word.
# Figures for 4 to 135 documents: docs/merge.md.
BACKGROUND_DOCS = 16
COMMON_SHARE = 0.5
# Exponent of the rarity in a weight: above 1, so that three rare terms tell more than thirty middling ones.
RARITY_POWER = 1.5
_PART_TERMS = 1 << 22  # terms sorted at a time: bounds the memory


class Terms(NamedTuple):
    """Weighted terms of many blocks.

    Attributes:
        matrix: Sparse matrix of shape (n_blocks, n_terms), float32: weight of each term that two blocks or more have.
        norms: Array of shape (n_blocks,), float64: sum of the squared weights, terms of one block included.
        totals: Array of shape (n_blocks,), float64: sum of the weights, terms of one block included.
        counts: Array of shape (n_terms,), int64: blocks that have each term.
        first_words: Array of shape (n_terms,), int64: number of the word where the term first stands.
        widths: Array of shape (n_terms,), int64: words per term.
    """

    matrix: Any
    norms: F64
    totals: F64
    counts: I64
    first_words: I64
    widths: I64


class _Words(NamedTuple):
    """The words that terms are made of; arrays of shape (n_words,)."""

    hashes: U64
    block: U64
    block_bits: int  # bits of a key that hold the block
    common: Bool
    stress: F64
    beyond: F64 | None


class _Rows(NamedTuple):
    """Occurrences of terms; arrays of shape (n_rows,)."""

    keys: U64  # hash bits above, block below
    words: I64
    widths: np.ndarray[tuple[int], np.dtype[np.int8]]
    shares: np.ndarray[tuple[int], np.dtype[np.float32]]
    stress: np.ndarray[tuple[int], np.dtype[np.float32]]
    known: np.ndarray[tuple[int], np.dtype[np.float32]]


def weighted_terms(
    hashes: U64,
    offsets: I64,
    common: Bool,
    *,
    stress: F64 | None = None,
    beyond: F64 | None = None,
    max_width: int = 3,
    power: float = RARITY_POWER,
) -> Terms:
    """Count and weight the terms of each block.

    A term that occurs c times in a block and in d of n blocks weighs
    (1 + ln c) * ln((n + B + 1) / (d + B * s + 0.5)) ** power, where B is BACKGROUND_DOCS and s the share of
    them that have the term: COMMON_SHARE per word when all its words are common, 0 otherwise.

    Args:
        hashes: Array of shape (n_words,), uint64.
        offsets: Array of shape (n_blocks + 1,), int64.
        common: Array of shape (n_words,), bool: the word is in the background.
        stress: Array of shape (n_words,), float64: factor of the weight, equal for equal words; a run takes the
            mean of its words. None for 1.
        beyond: Array of shape (n_words,), float64: rarity of each word. A run of words then counts only as far as it
            is rarer than its rarest word, so that a name is not counted thrice. None to count runs in full.
        max_width: Longest run of words that is a term.
        power: Exponent of the rarity.

    Returns:
        The terms; their order depends only on the texts. Up to 2**24 blocks.
    """
    from scipy.sparse import csr_matrix

    n_blocks = offsets.size - 1
    stress = np.ones(hashes.size) if stress is None else stress
    bits = max(1, int(n_blocks).bit_length())
    n_parts = 1 << max(0, int(np.ceil(np.log2(max(1, hashes.size * max_width / _PART_TERMS)))))
    block = np.repeat(np.arange(n_blocks, dtype=np.uint64), np.diff(offsets))
    words = _Words(hashes, block, bits, common, stress, beyond)
    norms, totals = np.zeros(n_blocks), np.zeros(n_blocks)
    kept: list[tuple[Any, ...]] = []
    n_terms = 0
    for part in range(n_parts):
        rows = _rows(words, max_width, part, n_parts)
        row, term, weight, df, place, width = _weigh(rows, n_blocks, bits, power)
        norms += np.bincount(row, weight * weight, n_blocks)
        totals += np.bincount(row, weight, n_blocks)
        again = df > 1
        number = np.cumsum(again) - 1 + n_terms
        n_terms += int(again.sum())
        shared = again[term]
        kept.append(
            (
                row[shared].astype(np.int32),
                number[term[shared]].astype(np.int32),
                weight[shared].astype(np.float32),
                df[again],
                place[again],
                width[again],
            )
        )
    columns = [np.concatenate([one[k] for one in kept]) for k in range(6)]
    matrix = csr_matrix((columns[2], (columns[0], columns[1])), shape=(n_blocks, n_terms))
    matrix.sort_indices()
    return Terms(matrix, norms, totals, columns[3], columns[4], columns[5])


def term_hashes(hashes: U64, width: int) -> U64:
    """Hash each run of `width` words in a row, across block borders too.

    Returns:
        Array of shape (n_words - width + 1,), uint64, the shingle hashes of docs/core.md; empty for fewer words.
    """
    size = max(0, hashes.size - width + 1)
    total = np.full(size, width, np.uint64)
    for j, one in enumerate(powers(width)):
        total += hashes[j : j + size] * one
    return fmix64(total)


def _rows(words: _Words, max_width: int, part: int, n_parts: int) -> _Rows:
    """The terms whose hash falls into one part, in order of their keys."""
    found = [_runs(words, width, part, n_parts) for width in range(1, max_width + 1)]
    columns: list[Any] = [np.concatenate(column) for column in zip(*found, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    return _Rows(*(column[order] for column in columns))


def _runs(words: _Words, width: int, part: int, n_parts: int) -> _Rows:
    """The runs of `width` words inside a block whose hash falls into one part."""
    term = term_hashes(words.hashes, width)
    inside = words.block[: term.size] == words.block[width - 1 :] if term.size else np.zeros(0, np.bool_)
    if n_parts > 1:
        inside &= (term >> np.uint64(64 - (n_parts - 1).bit_length())) == part
    place = np.flatnonzero(inside)
    is_common, stress, known = words.common[place], words.stress[place], np.zeros(place.size)
    for j in range(1, width):
        is_common &= words.common[place + j]
        stress += words.stress[place + j]
    if words.beyond is not None and width > 1:
        for j in range(width):
            known = np.maximum(known, words.beyond[place + j])
    # the part is known, so its bits give way to the block's number
    bits = np.uint64(words.block_bits)
    keys = (term[place] * np.uint64(MULTIPLY)) >> bits << bits | words.block[place]
    shares = np.where(is_common, COMMON_SHARE**width, 0.0).astype(np.float32)
    widths = np.full(place.size, width, np.int8)
    return _Rows(keys, place, widths, shares, (stress / width).astype(np.float32), known.astype(np.float32))


def _weigh(rows: _Rows, n_blocks: int, bits: int, power: float) -> tuple[Any, ...]:
    """Block, term number and weight of each distinct pair; count, first word and width of each term."""
    at = np.flatnonzero(opens_run(rows.keys))
    times = np.diff(np.append(at, rows.keys.size))
    keys = rows.keys[at]
    name = keys >> np.uint64(bits)
    opens = opens_run(name)
    term = np.cumsum(opens) - 1
    first = np.flatnonzero(opens)
    df = np.diff(np.append(first, name.size))
    share = rows.shares[at[first]].astype(np.float64)
    n = n_blocks + BACKGROUND_DOCS
    rarity = np.log((n + 1) / (df + BACKGROUND_DOCS * share + 0.5))
    rarity = np.maximum(rarity - rows.known[at[first]], 0.0) ** power
    rarity *= rows.stress[at[first]]
    weight = (1 + np.log(times)) * rarity[term]
    row = (keys & np.uint64((1 << bits) - 1)).astype(np.int64)
    return row, term, weight, df, rows.words[at[first]], rows.widths[at[first]].astype(np.int64)


def word_rarity(hashes: U64, offsets: I64, common: Bool) -> F64:
    """Rarity of each word among the blocks: ln((n + B + 1) / (d + B * s + 0.5)) as in :func:`weighted_terms`.

    Returns:
        Array of shape (n_words,), float64, equal for equal words.
    """
    if hashes.size == 0:
        return np.zeros(0)
    name, first, number = np.unique(hashes, return_index=True, return_inverse=True)
    n = offsets.size - 1
    block = np.repeat(np.arange(n), np.diff(offsets))
    seen = distinct(number.astype(np.int64) * n + block) // n
    df = np.bincount(seen, minlength=name.size)
    share = np.where(common[first], COMMON_SHARE, 0.0)
    result: F64 = np.log((n + BACKGROUND_DOCS + 1) / (df + BACKGROUND_DOCS * share + 0.5))[number]
    return result
