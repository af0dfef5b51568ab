"""Clusters from verified pairs: single, complete and average linkage over a sparse graph."""

from __future__ import annotations

import heapq
from collections.abc import Callable

import numpy as np

from dedupe.core.hashing import F64, I64


class Components:
    """Union-find over the numbers 0 to `size` - 1, for arrays of edges."""

    def __init__(self, size: int) -> None:
        """Start with every number alone."""
        self.parent: I64 = np.arange(size)

    def find(self, numbers: I64) -> I64:
        """The least number of the component of each, and shorten the paths on the way."""
        root = self.parent[numbers]
        while True:
            above = self.parent[root]
            if np.array_equal(above, root):
                break
            root = self.parent[above]
        self.parent[numbers] = root
        return root

    def join(self, left: I64, right: I64) -> None:
        """Put both ends of each edge into one component."""
        while left.size:
            left, right = self.find(left), self.find(right)
            differ = left != right
            low, high = np.minimum(left, right)[differ], np.maximum(left, right)[differ]
            # roots only ever point to lesser roots, so no cycle can arise; losers of a race go round again
            np.minimum.at(self.parent, high, low)
            left, right = low, high


def single(n_blocks: int, left: I64, right: I64) -> I64:
    """Join whatever a chain of matches connects.

    Args:
        n_blocks: Number of blocks.
        left: Array of shape (n_pairs,), int64, one block of each match.
        right: Array of shape (n_pairs,), int64, the other.

    Returns:
        Array of shape (n_blocks,), int64: the smallest block number of the cluster.
    """
    parts = Components(n_blocks)
    parts.join(left, right)
    return parts.find(np.arange(n_blocks))


def complete(n_blocks: int, left: I64, right: I64, similarity: F64) -> I64:
    """Join the two clusters whose least similar members are most similar, as long as all their pairs match.

    Every two blocks of a cluster are a match, so any of them may stand for the others.
    Of equally similar clusters the earlier numbers join first.

    Args:
        n_blocks: Number of blocks.
        left: Array of shape (n_pairs,), int64; each match once.
        right: Array of shape (n_pairs,), int64.
        similarity: Array of shape (n_pairs,), float64; pairs that are not listed do not match.

    Returns:
        Array of shape (n_blocks,), int64: the smallest block number of the cluster.

    Source:
        D. Defays, "An efficient algorithm for a complete link method", The Computer Journal 20, 1977.
    """

    def join(one: dict[int, float], other: dict[int, float]) -> dict[int, float]:
        few, many = sorted((one, other), key=len)
        return {near: min(worst, many[near]) for near, worst in few.items() if near in many}

    return _Clusters(n_blocks, left, right, similarity).run(join, None)


def average(n_blocks: int, left: I64, right: I64, similarity: F64, *, threshold: float) -> I64:
    """Join the two clusters that are most similar on average, as long as that reaches the threshold.

    A pair that is not listed counts as 0, so this is stricter than the average of all similarities.

    Args:
        n_blocks: Number of blocks.
        left: Array of shape (n_pairs,), int64; each match once.
        right: Array of shape (n_pairs,), int64.
        similarity: Array of shape (n_pairs,), float64.
        threshold: Mean similarity between clusters down to which they join.

    Returns:
        Array of shape (n_blocks,), int64: the smallest block number of the cluster.

    Source:
        R. Sokal, C. Michener, "A statistical method for evaluating systematic relationships", 1958 (UPGMA).
    """

    def join(one: dict[int, float], other: dict[int, float]) -> dict[int, float]:
        few, many = sorted((one, other), key=len)
        return {**many, **{near: total + many.get(near, 0.0) for near, total in few.items()}}

    return _Clusters(n_blocks, left, right, similarity).run(join, threshold)


class _Clusters:
    """Clusters that grow by joining two at a time; a cluster goes by its smallest block.

    near[c][d] is what links clusters c and d: the least similarity (complete) or the sum of all (average).
    A heap holds the links; an entry is out of date unless it equals the present link, so none is ever removed.
    """

    def __init__(self, n_blocks: int, left: I64, right: I64, similarity: F64) -> None:
        self.label = np.arange(n_blocks)
        self.sizes: dict[int, int] = {}
        self.near: dict[int, dict[int, float]] = {}
        for one, other, score in zip(left.tolist(), right.tolist(), similarity.tolist(), strict=True):
            self.near.setdefault(one, {})[other] = score
            self.near.setdefault(other, {})[one] = score
        self.members = {block: [block] for block in self.near}

    def run(
        self,
        join: Callable[[dict[int, float], dict[int, float]], dict[int, float]],
        threshold: float | None,
    ) -> I64:
        """Join until no link is left; with a threshold, links are sums and their mean must reach it."""
        is_mean = threshold is not None
        first = sorted(
            (-score, one, other) for one, found in self.near.items() for other, score in found.items() if one < other
        )
        first.reverse()
        links: list[tuple[float, int, int]] = []  # those that merges make; the first ones are in order already
        while first or links:
            is_first = not links or (first and first[-1] <= links[0])
            score, one, other = first.pop() if is_first else heapq.heappop(links)
            if other not in self.near.get(one, ()) or score != -self._link(one, other, is_mean):
                continue
            if threshold is not None and -score < threshold:
                break
            for near in self._merge(one, other, join):
                low, high = min(one, near), max(one, near)
                heapq.heappush(links, (-self._link(low, high, is_mean), low, high))
        for block, members in self.members.items():
            self.label[members] = block
        return self.label

    def _link(self, one: int, other: int, is_mean: bool) -> float:
        link = self.near[one][other]
        return link / (len(self.members[one]) * len(self.members[other])) if is_mean else link

    def _merge(
        self, one: int, other: int, join: Callable[[dict[int, float], dict[int, float]], dict[int, float]]
    ) -> dict[int, float]:
        """Put the cluster `other` into `one`; give back the links of the result."""
        mine, theirs = self.near.pop(one), self.near.pop(other)
        del mine[other], theirs[one]
        joined = join(mine, theirs)
        for near in mine:
            del self.near[near][one]
        for near in theirs:
            del self.near[near][other]
        for near, link in joined.items():
            self.near[near][one] = link
        self.near[one] = joined
        self.members[one] += self.members.pop(other)
        return joined
