"""How good a result is beside labels: pairs, clusters, areas."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

I64 = np.ndarray[Any, np.dtype[np.int64]]


class Score(NamedTuple):
    """Quality of a clustering, or of a set of pairs.

    Attributes:
        precision: Share of the pairs found that are right, 0–1; 1 when none is found.
        recall: Share of the right pairs that are found, 0–1.
        f1: Their harmonic mean.
        ari: Adjusted Rand index of the clusters; nan for bare pairs.
    """

    precision: float
    recall: float
    f1: float
    ari: float


def _pairs(sizes: I64) -> float:
    return float((sizes.astype(float) * (sizes - 1) / 2).sum())


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def clusters(found: I64, labels: I64) -> Score:
    """Compare two clusterings of the same texts.

    Args:
        found: Array of shape (n_texts,): cluster numbers of the result.
        labels: Array of shape (n_texts,): true cluster numbers.

    Source:
        L. Hubert, P. Arabie, "Comparing partitions", Journal of Classification 2, 1985 (adjusted Rand index).
    """
    a, b = np.unique(found, return_inverse=True)[1], np.unique(labels, return_inverse=True)[1]
    both = np.unique(a.astype(np.int64) * (b.max() + 1) + b, return_counts=True)[1]
    right, claimed, true = _pairs(both), _pairs(np.bincount(a)), _pairs(np.bincount(b))
    precision, recall = (right / claimed if claimed else 1.0), (right / true if true else 1.0)
    expected = claimed * true / (a.size * (a.size - 1) / 2)
    middle = (claimed + true) / 2
    ari = (right - expected) / (middle - expected) if middle != expected else 1.0
    return Score(precision, recall, _f1(precision, recall), ari)


def matches(left: I64, right: I64, labels: I64) -> Score:
    """Compare pairs, each given once, with the pairs inside the true clusters."""
    hits = float((labels[left] == labels[right]).sum())
    true = _pairs(np.unique(labels, return_counts=True)[1])
    precision, recall = (hits / left.size if left.size else 1.0), (hits / true if true else 1.0)
    return Score(precision, recall, _f1(precision, recall), float("nan"))


def area(x: list[float], y: list[float]) -> float:
    """Mean of y over the range of x, by trapezoids."""
    if len(x) < 2 or x[-1] == x[0]:
        return y[0] if y else 0.0
    return float(np.trapezoid(y, x) / (x[-1] - x[0]))


def components(n_texts: int, left: I64, right: I64) -> I64:
    """Number the groups of texts that pairs connect."""
    parent = list(range(n_texts))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for one, other in zip(left.tolist(), right.tolist(), strict=True):
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    return np.array([root(node) for node in range(n_texts)], np.int64)
