"""Clusters from pairs, beside a plain twin that looks at every two clusters each time."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.core.clustering import linkage

Edges = dict[tuple[int, int], float]


def arrays(edges: Edges) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Edges as the three columns that linkage takes."""
    ends = np.array(list(edges), np.int64).reshape(-1, 2)
    return ends[:, 0], ends[:, 1], np.array(list(edges.values()), float)


def twin(n_blocks: int, edges: Edges, *, threshold: float | None) -> list[int]:
    """Complete linkage, or average with a threshold, by trying all pairs of clusters in each step."""
    clusters = [[block] for block in range(n_blocks)]

    def link(one: list[int], other: list[int]) -> float:
        scores = [edges.get((min(pair), max(pair)), 0.0) for pair in itertools.product(one, other)]
        return sum(scores) / len(scores) if threshold is not None else min(scores)

    while len(clusters) > 1:
        scored = [(-link(a, b), a[0], b[0], a, b) for a, b in itertools.combinations(clusters, 2)]
        score, _, _, one, other = min(scored)
        if -score <= 0 or (threshold is not None and -score < threshold):
            break
        clusters = sorted([c for c in clusters if c not in (one, other)] + [sorted(one + other)])
    return [next(c[0] for c in clusters if block in c) for block in range(n_blocks)]


# similarities in sixteenths: sums and means are exact, so ties are ties in both
graphs = st.integers(2, 7).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.dictionaries(
            st.sampled_from(list(itertools.combinations(range(n), 2))), st.integers(8, 16).map(lambda x: x / 16)
        ),
    )
)


def test_a_chain_is_one_single_cluster_and_two_complete_ones() -> None:
    edges = {(0, 1): 0.9, (1, 2): 0.8, (2, 3): 0.7}

    left, right, score = arrays(edges)

    assert linkage.single(5, left, right).tolist() == [0, 0, 0, 0, 4]
    assert linkage.complete(5, left, right, score).tolist() == [0, 0, 2, 2, 4]


def test_average_joins_what_is_alike_on_the_whole() -> None:
    edges = {(0, 1): 0.9, (1, 2): 0.8, (0, 2): 0.5}

    left, right, score = arrays(edges)

    assert linkage.average(3, left, right, score, threshold=0.6).tolist() == [0, 0, 0]
    assert linkage.average(3, left, right, score, threshold=0.7).tolist() == [0, 0, 2]


@pytest.mark.parametrize("seed", [0, 1])
def test_single_follows_long_chains(seed: int) -> None:
    path = np.random.RandomState(seed).permutation(2000)

    assert linkage.single(2000, path[:-1], path[1:]).tolist() == [0] * 2000


@given(graphs)
def test_complete_equals_its_twin(graph: tuple[int, Edges]) -> None:
    n_blocks, edges = graph

    assert linkage.complete(n_blocks, *arrays(edges)).tolist() == twin(n_blocks, edges, threshold=None)


@given(graphs)
def test_average_equals_its_twin(graph: tuple[int, Edges]) -> None:
    n_blocks, edges = graph

    assert linkage.average(n_blocks, *arrays(edges), threshold=0.5).tolist() == twin(n_blocks, edges, threshold=0.5)


@given(graphs)
def test_every_two_members_of_a_complete_cluster_match(graph: tuple[int, Edges]) -> None:
    n_blocks, edges = graph

    label = linkage.complete(n_blocks, *arrays(edges)).tolist()

    assert all(pair in edges for pair in itertools.combinations(range(n_blocks), 2) if label[pair[0]] == label[pair[1]])


def test_no_pairs_leave_every_block_alone() -> None:
    none = np.zeros(0, np.int64)

    assert linkage.complete(3, none, none, np.zeros(0)).tolist() == [0, 1, 2]
    assert linkage.single(3, none, none).tolist() == [0, 1, 2]
