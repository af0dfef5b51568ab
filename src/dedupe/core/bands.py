"""How many bands of how many rows, and the key of each band."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from dedupe.core.hashing import BAND, F64, U32, U64, fmix64, powers

MAX_HASHES = 1024
# What a plan costs, counted in slots of a signature. One more key to sort is worth about two slots, one pair
# to verify in vain about twenty-five (benchmarks growth). A block meets two kinds of pairs in vain:
# many others that share next to nothing with it, and a few that are alike but below the threshold.
_COST_KEY = 2.0
_COST_PAIR = 25.0
_UNRELATED, _UNRELATED_SIMILARITY = 100_000, 0.02
_RELATED = 2


class Plan(NamedTuple):
    """Bands and rows of a signature.

    Attributes:
        n_bands: Keys per block.
        n_rows: Signature columns per key.
    """

    n_bands: int
    n_rows: int

    @property
    def n_hashes(self) -> int:
        """Length of the signature, n_bands * n_rows."""
        return self.n_bands * self.n_rows

    def share_found(self, similarity: float) -> float:
        """Chance that a pair of this Jaccard similarity shares a bucket, 0–1."""
        return float(1.0 - (1.0 - similarity**self.n_rows) ** self.n_bands)


@lru_cache(maxsize=64)
def plan(threshold: float, recall: float) -> Plan:
    """Choose the cheapest bands that find pairs at the threshold with the recall asked for.

    A pair of similarity s shares a bucket with chance 1 - (1 - s**rows)**bands.
    For each number of rows, the fewest bands that reach `recall` at `threshold` are taken; of these the plan
    with the fewest expected operations: slots to hash, keys to sort, and pairs below the threshold to verify.

    Args:
        threshold: Similarity from which pairs must be found, above 0 up to 1.
        recall: Share of the pairs at the threshold to find, above 0 and below 1.

    Returns:
        The plan; at most 1024 hashes (a lower recall is then the best that fits).

    Source:
        J. Leskovec, A. Rajaraman, J. Ullman, "Mining of Massive Datasets", section 3.4.2.

    Examples:
        >>> round(plan(0.8, 0.99).share_found(0.8), 3) >= 0.99
        True
    """
    best: tuple[float, Plan] | None = None
    for n_rows in range(1, 65):
        hit = threshold**n_rows
        if hit >= 1.0:
            n_bands = 1
        elif hit < 1e-12:
            break
        else:
            n_bands = math.ceil(math.log1p(-recall) / math.log1p(-hit))
        candidate = Plan(n_bands, n_rows)
        if candidate.n_hashes > MAX_HASHES:
            break
        related = float(curve(candidate, np.linspace(0.0, threshold, 65)).mean())
        wasted = _RELATED * related + _UNRELATED * candidate.share_found(_UNRELATED_SIMILARITY)
        cost = candidate.n_hashes + _COST_KEY * n_bands + _COST_PAIR * wasted
        if best is None or cost < best[0]:
            best = (cost, candidate)
    return best[1] if best else Plan(MAX_HASHES, 1)


def curve(chosen: Plan, similarities: F64) -> F64:
    """The plan's chance to compare a pair, for an array of similarities of any shape."""
    result: F64 = 1.0 - (1.0 - similarities**chosen.n_rows) ** chosen.n_bands
    return result


def keys(signatures: U32, chosen: Plan, scope: U64 | None = None) -> U64:
    """Hash each band of each signature into one key.

    Args:
        signatures: Array of shape (n_blocks, n_hashes), uint32, with at least plan.n_hashes columns.
        chosen: Bands and rows.
        scope: Array of shape (n_blocks,), uint64, that confines matching to blocks of equal scope, or None.

    Returns:
        Array of shape (n_blocks, n_bands), uint64. The number of the band is part of the key.
    """
    rows = signatures[:, : chosen.n_hashes].reshape(-1, chosen.n_bands, chosen.n_rows)
    total = np.empty((signatures.shape[0], chosen.n_bands), np.uint64)
    total[:] = np.arange(1, chosen.n_bands + 1, dtype=np.uint64) * np.uint64(BAND)
    if scope is not None:
        total += scope[:, None]
    for r, power in enumerate(powers(chosen.n_rows)):
        total += (rows[:, :, r].astype(np.uint64) + np.uint64(1)) * power
    return fmix64(total)
