"""Which blocks tell the same facts in other words, with what carried each match."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from dedupe.core.hashing import F64, I64, U8, Bool, offsets_of, ranges
from dedupe.core.text.tokens import Words, words
from dedupe.stories.coverage.background import is_common
from dedupe.stories.coverage.emphasis import stress
from dedupe.stories.coverage.scores import candidates
from dedupe.stories.coverage.terms import BACKGROUND_DOCS, Terms, weighted_terms, word_rarity

Relation = Literal["duplicate", "contains", "contained", "overlaps"]

THRESHOLD = 0.2  # a fifth of what two blocks say, names and numbers weighing more: see docs/merge.md
EVIDENCE = 5.0  # what is shared weighs at least as much as this many words met in no other block
MIN_WORDS = 8  # up to seven words are a heading, as in `clean`
CONTAINED = 0.6  # share of a block from which the other one holds it
DUPLICATE = 0.8  # share of either block from which they are the same
_PAIRS_AT_ONCE = 4_000


class BlockMatches(NamedTuple):
    """Pairs of blocks with overlapping coverage.

    Attributes:
        left: Array of shape (n_pairs,), int64.
        right: Array of shape (n_pairs,), int64, above left.
        score: Array of shape (n_pairs,), float64, 0–1: shared weight over a mean of both weights nearer the smaller.
        in_left: Array of shape (n_pairs,), float64: share of the right block's weight that the left one has.
        in_right: Array of shape (n_pairs,), float64: share of the left block's weight that the right one has.
    """

    left: I64
    right: I64
    score: F64
    in_left: F64
    in_right: F64


class WeighedBlocks(NamedTuple):
    """Blocks with their words and weighted terms.

    Attributes:
        words: The words of each block.
        terms: Terms of one and two words; names, numbers and quotations weigh more.
        rarity: Array of shape (n_words,), float64.
    """

    words: Words
    terms: Terms
    rarity: F64


def weigh(buffer: U8, starts: I64, ends: I64) -> WeighedBlocks:
    """Cut blocks into words and weight their terms by rarity among these blocks.

    Args:
        buffer: Array of shape (n_bytes,), uint8, UTF-8.
        starts: Array of shape (n_blocks,), int64, ascending.
        ends: Array of shape (n_blocks,), int64.
    """
    # the blocks of a story lie far apart in the buffer of the collection: bring them together first
    sizes = ends - starts
    local = np.concatenate((buffer[ranges(starts, sizes)], np.zeros(1, np.uint8)))
    begins = offsets_of(sizes)[:-1]
    tokens = words(local, begins, begins + sizes)
    factor = stress(local, tokens, begins)
    shift = np.repeat(starts - begins, np.diff(tokens.offsets))
    tokens = tokens._replace(starts=tokens.starts + shift, ends=tokens.ends + shift)
    common = is_common(tokens.hashes)
    rarity = word_rarity(tokens.hashes, tokens.offsets, common)
    terms = weighted_terms(tokens.hashes, tokens.offsets, common, stress=factor, beyond=rarity, max_width=2, power=1.0)
    return WeighedBlocks(tokens, terms, rarity)


def matches(
    weighed: WeighedBlocks,
    docs: I64,
    *,
    eligible: Bool | None = None,
    threshold: float = THRESHOLD,
    evidence: float = EVIDENCE,
) -> BlockMatches:
    """Find the pairs of blocks, of different documents, that cover the same.

    With S the sum over shared terms of the smaller weight, and p <= q the total weights of both blocks, the
    score is S / (p**0.75 * q**0.25), the geometric mean of containment and cosine-like overlap.

    Args:
        weighed: From :func:`weigh`.
        docs: Array of shape (n_blocks,), int64: document of each.
        eligible: Array of shape (n_blocks,), bool: blocks to compare. None for all of MIN_WORDS or more.
        threshold: Lowest score.
        evidence: Lowest S, in weights of a word that no other block has: two short blocks that share all
            of their few common words are not coverage.

    Returns:
        The matches, by left and right.
    """
    terms = weighed.terms
    if eligible is None:
        eligible = np.diff(weighed.words.offsets) >= MIN_WORDS
    left, right = candidates(terms)
    good = (docs[left] != docs[right]) & eligible[left] & eligible[right]
    left, right = left[good], right[good]
    shared = shared_weights(terms, left, right)
    one, other = terms.totals[left], terms.totals[right]
    low, high = np.minimum(one, other), np.maximum(one, other)
    score = shared / np.maximum(low**0.75 * high**0.25, 1e-12)
    unit = np.log((terms.norms.size + BACKGROUND_DOCS + 1) / 1.5)
    kept = np.flatnonzero((score >= threshold) & (shared >= evidence * unit))
    left, right, score, shared = left[kept], right[kept], score[kept], shared[kept]
    return BlockMatches(left, right, score, shared / terms.totals[right], shared / terms.totals[left])


def relations(pairs: BlockMatches) -> list[Relation]:
    """Say what the left block of each match is to the right one: duplicate, contains, contained or overlaps."""
    return [
        relation(in_left, in_right)
        for in_left, in_right in zip(pairs.in_left.tolist(), pairs.in_right.tolist(), strict=True)
    ]


def relation(in_left: float, in_right: float) -> Relation:
    """What the left block of a match is to the right one, from the share of each that the other has.

    Examples:
        >>> relation(in_left=0.9, in_right=0.3)
        'contains'
    """
    if min(in_left, in_right) >= DUPLICATE:
        return "duplicate"
    if max(in_left, in_right) < CONTAINED:
        return "overlaps"
    return "contains" if in_left > in_right else "contained"


def shared_weights(terms: Terms, left: I64, right: I64) -> F64:
    """Sum the smaller weight of each term that both blocks of a pair have; array of shape (n_pairs,)."""
    result = np.zeros(left.size)
    for at in range(0, left.size, _PAIRS_AT_ONCE):
        part = slice(at, at + _PAIRS_AT_ONCE)
        least = terms.matrix[left[part]].minimum(terms.matrix[right[part]])
        result[part] = np.asarray(least.sum(axis=1), np.float64).ravel()
    return result


def shared_terms(weighed: WeighedBlocks, left: int, right: int, limit: int) -> tuple[tuple[int, int, float], ...]:
    """The terms that carry a match: first byte, byte after the last, weight; the heaviest first."""
    matrix = weighed.terms.matrix
    least = matrix[left].minimum(matrix[right]).tocsr()
    least.sort_indices()
    least.eliminate_zeros()
    order = np.lexsort((least.indices, -least.data))[:limit]
    places = weighed.terms.first_words[least.indices[order]]
    last = places + weighed.terms.widths[least.indices[order]] - 1
    spans = weighed.words.starts[places], weighed.words.ends[last]
    return tuple(zip(*(one.tolist() for one in spans), least.data[order].tolist(), strict=True))
