"""Word hashes to shingle hashes: windows of words, grouped by block."""

from __future__ import annotations

import numpy as np

from dedupe.core.hashing import U64, fmix64, offsets_of, opens_run, powers, ranges
from dedupe.core.ragged import Ragged
from dedupe.core.text.tokens import Words


class Shingles(Ragged[np.uint64]):
    """The shingles of many blocks, a row for each block."""

    __slots__ = ()

    @property
    def hashes(self) -> U64:
        """Array of shape (n_shingles,), uint64."""
        return self.values


NO_SHINGLES = Shingles(np.zeros(0, np.uint64), np.zeros(1, np.int64))  # of no blocks


def shingles(found: Words, width_words: int) -> Shingles:
    """Hash each window of `width_words` words in a row.

    Args:
        found: Words of the blocks.
        width_words: Words per shingle, 1 or more.

    Returns:
        One shingle per window; a block with fewer words has one shingle of all of them, a block without words none.
    """
    n_words = np.diff(found.offsets)
    counts = np.where(n_words >= width_words, n_words - width_words + 1, np.minimum(n_words, 1))
    first = ranges(found.offsets[:-1], counts)
    # words that the window has: width_words, or all of a shorter block
    wide = np.repeat(np.minimum(n_words, width_words), counts)
    is_full = bool((wide == width_words).all())
    total = wide.astype(np.uint64)
    for j, power in enumerate(powers(width_words)):
        if is_full:
            total += found.hashes[first + j] * power
        else:
            part = np.flatnonzero(wide > j)
            total[part] += found.hashes[first[part] + j] * power
    return Shingles(fmix64(total), offsets_of(counts))


def sets(found: Shingles) -> Shingles:
    """Sort the shingles of each block and drop repeats.

    Returns:
        Shingles in the same layout, ascending within each block.
    """
    block = found.row_of_value
    order = np.argsort(found.hashes)
    order = order[np.argsort(block[order], kind="stable")]
    hashes, block = found.hashes[order], block[order]
    fresh = opens_run(hashes, block)
    return Shingles(hashes[fresh], offsets_of(np.bincount(block[fresh], minlength=found.n_rows)))
