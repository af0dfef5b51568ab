"""Shingle hashes to signatures, value for value those of datasketch's affine32 scheme."""

from __future__ import annotations

import random
from functools import lru_cache

import numpy as np

from dedupe.core.hashing import U32, fmix32
from dedupe.core.shingles import Shingles

EMPTY = 0xFFFFFFFF


@lru_cache(maxsize=16)
def permutations(n_hashes: int, seed: int) -> tuple[U32, U32]:
    """Draw the multipliers and the increments of `n_hashes` permutations.

    Args:
        n_hashes: Length of a signature.
        seed: Seed of the draw, 0 to 2**32 - 1.

    Returns:
        Two read-only arrays of shape (n_hashes,), uint32: odd multipliers `a`, increments `b`.

    Source:
        datasketch 2.0, ``MinHash(num_perm=n_hashes, seed=seed, scheme="affine32").permutations``.
    """
    words = [int(seed)]  # the state of MT19937; Python's generator draws the same numbers as NumPy's from it
    for place in range(1, 624):
        words.append((1812433253 * (words[-1] ^ words[-1] >> 30) + place) & 0xFFFFFFFF)
    draw = random.Random()
    draw.setstate((3, (*words, 624), None))
    a = np.array([draw.getrandbits(32) & 0x7FFFFFFF for _ in range(n_hashes)], np.uint32) * np.uint32(2) + np.uint32(1)
    b = np.array([draw.getrandbits(32) for _ in range(n_hashes)], np.uint32)
    a.setflags(write=False)
    b.setflags(write=False)
    return a, b


def signatures(found: Shingles, a: U32, b: U32) -> U32:
    """Take the smallest of each permutation over the shingles of each block.

    ``h -> a * h + b`` modulo 2**32 with odd ``a`` is a bijection, so no two shingles collide in it.
    It is not proven min-wise independent; that similarity is estimated without bias is only measured
    (tests/core/test_minhash.py, benchmarks recall).

    Args:
        found: Shingles of the blocks.
        a: Array of shape (n_hashes,), uint32, odd.
        b: Array of shape (n_hashes,), uint32.

    Returns:
        Array of shape (n_blocks, n_hashes), uint32; 0xFFFFFFFF throughout for a block without shingles.

    Source:
        A. Broder, "On the resemblance and containment of documents", 1997, section 4.
    """
    n_blocks = found.n_rows
    result = np.full((n_blocks, a.size), EMPTY, np.uint32)
    filled = np.flatnonzero(found.sizes)
    if filled.size == 0:
        return result
    x = fmix32((found.hashes >> np.uint64(32)).astype(np.uint32))
    begins = found.offsets[:-1][filled]
    for k in range(a.size):
        result[filled, k] = np.minimum.reduceat(a[k] * x + b[k], begins)
    return result
