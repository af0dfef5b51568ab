"""What runs in the workers of a cluster, tried without one."""

from __future__ import annotations

import random
from itertools import groupby

import numpy as np
import pyarrow as pa
import pytest
from hostile import HOSTILE
from hypothesis import given
from hypothesis import strategies as st

import dedupe
from dedupe.core.clustering.survivors import LEADERS
from dedupe.engines import arrow as kernels
from dedupe.errors import InputError
from dedupe.matching.recipe import Recipe
from dedupe.options import Options


def batches_of(size: int, **columns: list[object] | pa.Array) -> list[pa.RecordBatch]:
    """Rows in batches of this size."""
    table = pa.table(
        {name: column if isinstance(column, pa.Array) else pa.array(column) for name, column in columns.items()}
    )
    return table.to_batches(max_chunksize=size)


def rows_of(batches: object) -> list[dict[str, object]]:
    return [row for batch in batches for row in batch.to_pylist()]  # type: ignore[attr-defined]


def fingerprints(texts: list[str | None], **settings: object) -> list[dict[str, object]]:
    batch = pa.record_batch({"id": pa.array(range(len(texts))), "text": pa.array(texts, pa.string())})
    made = kernels.cut(iter([batch]), "text", "id", ("id",), Recipe.of("spark", None, settings))
    return rows_of(made)


def test_each_text_gives_its_blocks_or_a_row_that_says_there_are_none() -> None:
    rows = fingerprints(["one two\n\nthree", "", None, "  \n "], unit="paragraph")
    assert [(row["id"], row["block"], row["start"], row["end"]) for row in rows] == [
        (0, 0, 0, 7),
        (0, 1, 9, 14),
        (1, -1, None, None),
        (2, -1, None, None),
        (3, -1, None, None),
    ]


def test_a_policy_function_sees_the_id_of_the_row() -> None:
    seen = []
    fingerprints(["a", "b"], keep=lambda block: seen.append((block.doc, block.text)) or 1.0)
    assert seen == [(0, "a"), (1, "b")]


@pytest.mark.parametrize("unit", ["document", "paragraph", "line", "sentence"])
def test_hostile_texts_give_rows(unit: str) -> None:
    # an Arrow string holds no lone surrogate
    texts = [text for text in HOSTILE.values() if text == text.encode("utf-8", "replace").decode()]
    rows = fingerprints(texts, unit=unit)
    assert {row["id"] for row in rows} == set(range(len(texts)))


def test_bytes_that_are_no_utf8_are_named() -> None:
    bad = pa.StringArray.from_buffers(1, pa.py_buffer(np.array([0, 2], np.int32)), pa.py_buffer(b"\xff\xfe"))
    batch = pa.record_batch({"id": pa.array([1]), "text": bad})
    with pytest.raises(InputError, match="not UTF-8"):
        list(kernels.cut(iter([batch]), "text", "id", ("id",), Recipe.of("spark")))


Member = tuple[int, int, bool, bool]


def plain_pairs(members: list[Member], limit: int) -> tuple[set[tuple[int, int]], set[int]]:
    """The twin of `pair_up`: buckets as lists."""
    pairs, waiting = set(), set()
    for _, bucket in groupby(members, key=lambda member: member[0]):
        before: list[Member] = []
        for member in bucket:
            _, rank, leads, asks = member
            if asks:
                pairs |= {(other[1], rank) for other in before[:limit]}
                closed = limit == LEADERS and len(before) >= LEADERS and not any(other[3] for other in before[:limit])
                if len(before) > limit and not closed:
                    waiting.add(rank)
            if leads:
                before.append(member)
    return pairs, waiting


@given(st.integers(0, 10_000), st.sampled_from([1, 3, LEADERS]), st.integers(1, 400), st.integers(1, 3))
def test_pairs_are_those_of_whole_buckets_however_batches_are_cut(
    seed: int, limit: int, size: int, n_keys: int
) -> None:
    draw = random.Random(seed)
    members = []
    for key in range(n_keys):
        share = draw.random()
        for rank in sorted(draw.sample(range(1000), draw.randint(1, 200))):
            asks = draw.random() < share
            members.append((key, rank, draw.random() < 0.9 or not asks, asks))
    columns = dict(zip(("key", "rank", "leads", "asks"), map(list, zip(*members, strict=True)), strict=True))
    made = rows_of(kernels.pair_up(iter(batches_of(size, salt=[0] * len(members), **columns)), limit))
    pairs, waiting = plain_pairs(members, limit)
    found = [(row["left"], row["right"]) for row in made if row["left"] >= 0]
    assert set(found) == pairs
    assert {row["right"] for row in made if row["left"] < 0} == waiting


def test_pairs_are_measured_as_on_one_machine() -> None:
    texts = ["a b c d e f", "a b c d e g", "x y z", "", "a b c d e f"]
    pairs = [(i, j) for i in range(5) for j in range(5)]
    batches = batches_of(
        7,
        left=[i for i, _ in pairs],
        right=[j for _, j in pairs],
        text_left=[texts[i] for i, _ in pairs],
        text_right=[texts[j] for _, j in pairs],
    )
    recipe = Recipe(Options(lose="words"), "spark")
    for row in rows_of(kernels.compare(iter(batches), recipe)):
        left, right = texts[row["left"]], texts[row["right"]]  # type: ignore[index]
        expected = dedupe.compare(left, right).jaccard if left and right else 0.0
        assert row["similarity"] == pytest.approx(expected)


def plain_settle(edges: dict[tuple[int, int], int], blocked: set[int]) -> dict[int, bool]:
    """The twin of `settle`: three values, by the rule, in the order of ranks."""
    state: dict[int, int] = {}
    for node in sorted({right for _, right in edges}):
        lefts = [
            state[left] if given == kernels.OPEN else given for (left, right), given in edges.items() if right == node
        ]
        if kernels.STAYS in lefts:
            state[node] = kernels.DUPLICATE
        elif node in blocked or kernels.BLOCKED in lefts:
            state[node] = kernels.BLOCKED
        else:
            state[node] = kernels.STAYS
    return {node: now == kernels.STAYS for node, now in state.items() if now != kernels.BLOCKED}


@given(st.integers(0, 10_000))
def test_blocks_are_settled_by_the_rule(seed: int) -> None:
    draw = random.Random(seed)
    pairs = {tuple(sorted(draw.sample(range(12), 2))) for _ in range(draw.randint(1, 25))}
    rights = {right for _, right in pairs}
    roots = {node: draw.choice([kernels.STAYS, kernels.DUPLICATE, kernels.BLOCKED]) for node in range(12)}
    edges = {pair: kernels.OPEN if pair[0] in rights else roots[pair[0]] for pair in pairs}
    blocked = {node for node in rights if draw.random() < 0.3}
    shuffled = draw.sample(sorted(edges), len(edges))
    batches = batches_of(
        4,
        left=[left for left, _ in shuffled],
        right=[right for _, right in shuffled],
        left_state=[edges[pair] for pair in shuffled],
        right_blocked=[right in blocked for _, right in shuffled],
    )
    made = {row["rank"]: row["stays"] for row in rows_of(kernels.settle(iter(batches)))}
    assert made == plain_settle(edges, blocked)


def test_no_rows_give_no_rows() -> None:
    assert rows_of(kernels.settle(iter([]))) == rows_of(kernels.decide(iter([]), Recipe.of("spark"))) == []


def test_blocks_that_go_are_cut_out_and_the_rest_stays_to_the_byte() -> None:
    texts = ["one one\n\ntwo two\n\nthree", "only", None, "x\r\n\r\ny\r\n"]
    batch = pa.record_batch(
        {
            "key": pa.array(list("abcd")),
            "text": pa.array(texts),
            "gone": pa.array([[1], [0], [], [0]], pa.list_(pa.int32())),
        }
    )
    assert rows_of(kernels.without(iter([batch]), "text", "gone", "paragraph")) == [
        {"key": "a", "text": "one one\n\nthree"},
        {"key": "b", "text": ""},
        {"key": "c", "text": None},
        {"key": "d", "text": "y\r\n"},
    ]


def test_texts_are_cleaned_beside_columns_of_any_type() -> None:
    batch = pa.record_batch({"n": pa.array([[1], None]), "text": pa.array(["a\n\na", None])})
    assert rows_of(kernels.clean(iter([batch]), "text", Options(threshold=0.8, min_words=8))) == [
        {"n": [1], "text": "a"},
        {"n": None, "text": None},
    ]
