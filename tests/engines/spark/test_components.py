"""Connected components, beside a union-find."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest

from dedupe.engines.spark.components import components
from dedupe.engines.spark.work import Work


def roots(edges: list[tuple[int, int]]) -> dict[int, int]:
    """The twin: the least node of each component."""
    root: dict[int, int] = {}

    def find(node: int) -> int:
        while root.setdefault(node, node) != node:
            node = root[node]
        return node

    for one, other in edges:
        low, high = sorted((find(one), find(other)))
        root[high] = low
    return {node: find(node) for node in root}


draw = random.Random(1)
NUMBERS = draw.sample(range(10**12), 200)
GRAPHS = {
    "star": [(NUMBERS[0], other) for other in NUMBERS[1:]],
    "path": list(pairwise(NUMBERS)),
    "random": [(draw.choice(NUMBERS), draw.choice(NUMBERS)) for _ in range(150)],
}


@pytest.mark.parametrize("kind", GRAPHS)
def test_components_are_those_of_a_union_find(session: Any, tmp_path: Any, kind: str) -> None:
    edges = GRAPHS[kind]
    work = Work(session, str(tmp_path))
    found = components(work, "graph", session.createDataFrame(edges, "left long, right long"))
    wanted = roots([edge for edge in edges if edge[0] != edge[1]])
    assert {row["node"]: row["root"] for row in found.collect()} == {k: v for k, v in wanted.items() if k != v}
    assert len(work.rows) <= 14, "rounds grow with the logarithm of the nodes"
    assert max(work.rows.values()) <= len(edges), "edges never become more"
