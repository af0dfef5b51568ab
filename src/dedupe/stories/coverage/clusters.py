"""Scored pairs to stories: average linkage, refused where two clusters each hold together much better."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dedupe.core.clustering.linkage import single
from dedupe.core.hashing import F64, I64, Bool, distinct

COPIES = 0.5  # score from which documents are copies: half of what they say is the same word for word
COHESION = 2.0  # two clusters join only when at least half as alike across as inside
_LARGEST = 2_000  # documents of a connected part that are clustered at once


def cluster(
    n: int,
    left: I64,
    right: I64,
    level: F64,
    cut: float,
    slack: float,
    copies: float,
    dense: Callable[[I64], F64],
) -> I64:
    """Cluster documents so that each is, on average, as alike to the others of its story as the cut asks.

    Args:
        n: Number of documents.
        left: Array of shape (n_pairs,), int64.
        right: Array of shape (n_pairs,), int64.
        level: Array of shape (n_pairs,), float64: likeness in standard deviations above chance.
        cut: Level from which pairs belong together.
        slack: How much lower than inside the level may be between two clusters that join.
        copies: Level from which documents are copies of each other.
        dense: Gives the levels between all pairs of some documents, array of shape (k, k).

    Returns:
        Array of shape (n,), int64: the lowest document of each one's cluster.
    """
    labels = np.arange(n)
    if not np.isfinite(cut):
        return labels
    waiting = [(np.arange(n), cut)]
    while waiting:
        docs, limit = waiting.pop()
        for part in _parts(docs, n, left, right, level >= limit):
            if part.size > _LARGEST and limit < 50:
                waiting.append((part, limit + 0.5))  # a chain of weak links: cut it before looking closer
            else:
                labels[part] = part[average_linkage(dense(part), cut, slack, copies)]
    return labels


def _parts(docs: I64, n: int, left: I64, right: I64, linked: Bool) -> list[I64]:
    """Connected parts of two documents or more among `docs`, ascending."""
    inside = np.zeros(n, np.bool_)
    inside[docs] = True
    used = linked & inside[left] & inside[right]
    touched = distinct(np.concatenate((left[used], right[used])))
    if touched.size == 0:
        return []
    label = single(n, left[used], right[used])[touched]
    order = np.argsort(label, kind="stable")
    borders = np.flatnonzero(np.diff(label[order])) + 1
    return list(np.split(touched[order], borders))


def average_linkage(levels: F64, cut: float, slack: float, copies: float) -> I64:
    """Join documents by average linkage, with a rule for look-alikes.

    Two clusters join while their average level is the highest left and reaches the cut. Two clusters that both
    hold independent reports join only when the level between them is at most `slack` below the lower level
    inside. Joins of copies do not count as inside: else reprints would keep the other reports of a story away.

    Args:
        levels: Array of shape (k, k), float64, symmetric; -inf for pairs that must stay apart.
        cut: Level from which clusters join.
        slack: See above.
        copies: Level from which documents are copies of each other.

    Returns:
        Array of shape (k,), int64: the lowest member of each one's cluster. Cost: k**2 for each join.
    """
    k = len(levels)
    labels = np.arange(k)
    # a pair that is not allowed has -inf, which every mean with it keeps
    between = np.where(np.isneginf(levels), levels, np.maximum(levels, 0.0))
    np.fill_diagonal(between, -np.inf)
    size = np.ones(k)
    inside, pairs = np.zeros(k), np.zeros(k)  # summed levels and number of the pairs of independent reports
    while True:
        one, other = sorted(divmod(int(np.argmax(between)), k))
        level = between[one, other]
        if level < cut:
            return labels
        both = [one, other]
        if pairs[both].min() > 0 and level < (inside[both] / pairs[both]).min() - slack:
            between[one, other] = between[other, one] = -np.inf
            continue
        made = size[one] * size[other] if level < copies else 0.0
        inside[one], pairs[one] = inside[both].sum() + level * made, pairs[both].sum() + made
        row = (between[one] * size[one] + between[other] * size[other]) / size[both].sum()
        row[one] = -np.inf
        between[one], between[:, one] = row, row
        between[other], between[:, other] = -np.inf, -np.inf
        size[one] += size[other]
        labels[labels == other] = one
