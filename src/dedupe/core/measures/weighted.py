"""Rarity-weighted Jaccard: what many texts share counts little, so template text stops deciding."""

from __future__ import annotations

import math

import numpy as np

from dedupe.core import bands, pairs
from dedupe.core.hashing import F64, I64, U32, U64, distinct, fmix32, fmix64, offsets_of, ranges, slices
from dedupe.core.minhash import permutations
from dedupe.core.shingles import Shingles

# As if this many more texts were there, without any of the words: in a handful of texts all words weigh
# nearly the same, and the measure is close to plain Jaccard; in many texts it changes nothing.
PRIOR_TEXTS = 10.0
_BANDS_AT_A_TIME = 16
_PART = 1 << 22  # words looked up at a time
_UNRELATED_SIMILARITY = 0.03
_COST_PAIR = 3.0  # making and comparing a pair, counted in signature slots of a block (benchmarks growth)


def rarity_weights(found: Shingles) -> F64:
    """Weigh each word by how much it tells about which texts belong together.

    With N texts, of which df have the word: ``log((N + 10) / df) * df / (df + 1)``.
    The logarithm (inverse document frequency) takes weight from words that most texts have. The second factor
    takes up to half from words that few have: a word that stands in no other text tells nothing about which
    text is near, and names, dates and misprints would otherwise weigh most.

    Args:
        found: Dense sets of words (see :func:`dedupe.core.measures.similarity.dense`).

    Returns:
        Array of shape (n_words,), float64, above 0: the weight of each rank.

    Source:
        K. Sparck Jones, "A statistical interpretation of term specificity", 1972, for the logarithm;
        H. P. Luhn, "The automatic creation of literature abstracts", 1958, for the words of the middle.
    """
    n_texts = max(int(np.count_nonzero(found.sizes)), 1)
    frequency = np.maximum(np.bincount(found.hashes.astype(np.int64)), 1).astype(np.float64)
    result: F64 = np.log((n_texts + PRIOR_TEXTS) / frequency) * (frequency / (frequency + 1.0))
    return result


def plan(threshold: float, recall: float, n_blocks: int) -> bands.Plan:
    """Choose bands for the recall asked for, cheapest for this number of blocks.

    Thresholds of this measure are low, so unrelated pairs cost more than signatures once there are many blocks.
    """
    candidates = []
    for n_rows in range(1, 9):
        n_bands = max(1, math.ceil(math.log1p(-recall) / math.log1p(-min(threshold**n_rows, 1 - 1e-12))))
        made = bands.Plan(n_bands, n_rows)
        wasted = n_blocks * made.share_found(_UNRELATED_SIMILARITY)
        if made.n_hashes <= bands.MAX_HASHES or n_rows == 1:
            candidates.append((made.n_hashes + _COST_PAIR * wasted, made))
    return min(candidates)[1]


def signatures(found: Shingles, weights: F64, x: U32, a: U32, b: U32) -> U32:
    """Draw one word of each block for each permutation, each word with a chance in proportion to its weight.

    A word's draw is ``-log(u) / weight`` with u uniform in 0–1 from its hash, an exponential variable of rate
    `weight`; the smallest of a block wins. Of several exponential variables each is the smallest with a chance
    of its rate over the sum of all rates. So two blocks draw the same word with a chance of exactly their
    weighted Jaccard: the smallest of the union must be one that both have.
    u takes 2**32 values; that the draws of different permutations are independent is only measured
    (tests/core/test_weighted.py).

    Args:
        found: Dense sets of words, none empty.
        weights: Array of shape (n_words,), float64, above 0.
        x: Array of shape (n_words,), uint32: a mixed hash of each word.
        a: Array of shape (n_hashes,), uint32, odd.
        b: Array of shape (n_hashes,), uint32.

    Returns:
        Array of shape (n_blocks, n_hashes), uint32.

    Source:
        E. Cohen, "Size-estimation framework with applications to transitive closure and reachability", 1997,
        section 3 (least ranks drawn from exponential distributions).
    """
    result = np.empty((found.n_rows, a.size), np.uint32)
    begins = found.offsets[:-1]
    word = found.hashes.astype(np.int64)
    for k in range(a.size):
        u = (fmix32(a[k] * x + b[k]).astype(np.float64) + 0.5) * 2.0**-32
        drawn = (-np.log(u) / weights)[word]
        least: U64 = np.minimum.reduceat(drawn, begins).view(np.uint64)
        result[:, k] = fmix64(least) >> np.uint64(32)
    return result


def candidate_pairs(
    found: Shingles, words: U64, weights: F64, chosen: bands.Plan, *, seed: int
) -> tuple[I64, I64, int]:
    """Pairs of blocks that draw the same words in all rows of a band.

    Args:
        found: Dense sets of words.
        words: Array of shape (n_words,), uint64: the hash of each rank.
        weights: Array of shape (n_words,), float64.
        chosen: Bands and rows.
        seed: Seed of the permutations.

    Returns:
        Two arrays of shape (n_pairs,), int64, left < right, each pair once; and how many pairs the limit of
        pairs per block left out, at most. Blocks without words are in no pair.
    """
    n_blocks = found.n_rows
    filled = np.flatnonzero(found.sizes)
    sets = Shingles(found.hashes, offsets_of(found.sizes[filled]))
    a, b = permutations(chosen.n_hashes, seed)
    x = fmix32((words >> np.uint64(32)).astype(np.uint32))
    codes, capped = np.zeros(0, np.int64), 0
    for first in range(0, chosen.n_bands, _BANDS_AT_A_TIME):
        part = bands.Plan(min(_BANDS_AT_A_TIME, chosen.n_bands - first), chosen.n_rows)
        rows = slice(first * chosen.n_rows, (first + part.n_bands) * chosen.n_rows)
        keys = bands.keys(signatures(sets, weights, x, a[rows], b[rows]), part)
        shared, buckets = pairs.buckets(keys)
        left, right, left_out = pairs.all_pairs(buckets)
        codes = distinct(np.concatenate((codes, filled[shared[left]] * n_blocks + filled[shared[right]])))
        capped += left_out
    return codes // max(n_blocks, 1), codes % max(n_blocks, 1), capped


def pair_similarities(found: Shingles, weights: F64, left: I64, right: I64) -> F64:
    """Weighted Jaccard of each pair: the weight of the shared words over the weight of all words of both.

    Args:
        found: Dense sets of words.
        weights: Array of shape (n_words,), float64.
        left: Array of shape (n_pairs,), int64, block numbers.
        right: Array of shape (n_pairs,), int64.

    Returns:
        Array of shape (n_pairs,), float64, 0–1; 0 when both blocks are empty.
    """
    sizes = found.sizes
    word = found.hashes.astype(np.int64)
    total = np.add.reduceat(np.append(weights[word], 0.0), found.offsets[:-1]) * (sizes > 0)
    shared = np.zeros(left.size)
    order = np.argsort(left, kind="stable")
    blocks, begins = np.unique(left[order], return_index=True)
    ends = np.append(begins[1:], left.size)[: begins.size]
    has = np.zeros(weights.size)  # weight of the words of the block in hand, 0 for all others
    for block, begin, end in zip(blocks.tolist(), begins.tolist(), ends.tolist(), strict=True):
        own = word[found.offsets[block] : found.offsets[block + 1]]
        has[own] = weights[own]
        own_pairs = order[begin:end]
        for part in slices(sizes[right[own_pairs]], _PART):
            mine = own_pairs[part]
            counts = sizes[right[mine]]
            worth = has[word[ranges(found.offsets[right[mine]], counts)]]
            shared[mine] = np.add.reduceat(np.append(worth, 0.0), offsets_of(counts)[:-1]) * (counts > 0)
        has[own] = 0.0
    union = total[left] + total[right] - shared
    result: F64 = np.where(union > 0, shared / np.where(union > 0, union, 1.0), 0.0)
    return np.minimum(result, 1.0)
