"""The survivors are those of `dedupe.find` in rounds too, and the rows that stay are as they were."""

from __future__ import annotations

import random
from typing import Any

import pytest
from corpora import chain, crowd, near_duplicates, paragraphs

import dedupe
from dedupe.engines import spark


def table(session: Any, texts: list[str | None], *, n_partitions: int = 3, seed: int = 0) -> Any:
    rows = list(enumerate(texts))
    random.Random(seed).shuffle(rows)
    return session.createDataFrame(rows, "id long, text string").repartition(n_partitions)


def by_one_machine(texts: list[str], **settings: Any) -> dict[int, tuple[int, float]]:
    duplicates = dedupe.find(texts, **settings).duplicates
    return {one.block.doc: (one.survivor.doc, round(one.similarity, 9)) for one in duplicates}


def by_spark(frame: Any, **settings: Any) -> dict[int, tuple[int, float]]:
    rows = spark.find(frame, **settings).collect()
    assert len(rows) == frame.count()
    return {row["id"]: (row["survivor"], round(row["similarity"], 9)) for row in rows if row["survivor"] is not None}


@pytest.mark.parametrize(("n_partitions", "edges"), [(1, 0), pytest.param(7, 1000, marks=pytest.mark.everywhere)])
def test_rounds_over_near_duplicates_chains_and_crowds(session: Any, n_partitions: int, edges: int) -> None:
    texts = near_duplicates(300, 4 + n_partitions) + chain(60, 5) + crowd(90, 6) + crowd(90, 6)[::-1]
    # rounds, salted buckets, and with no edges allowed components too, however small the input
    limits = spark.Limits(bytes=0, edges=edges, bucket=5)
    frame = table(session, texts, n_partitions=n_partitions, seed=n_partitions)
    found = by_spark(frame, threshold=0.85, recall=0.999, limits=limits)
    assert found == by_one_machine(texts, threshold=0.85, recall=0.999)


@pytest.mark.slow
def test_the_limit_of_leaders_is_the_same_in_rounds(session: Any) -> None:
    texts = crowd(150, 7)
    stats = dedupe.find(texts, threshold=0.92, recall=0.9999).stats
    assert stats["capped"] > 0, "the texts must fill a bucket"
    found = by_spark(table(session, texts), threshold=0.92, recall=0.9999, limits=spark.Limits(bytes=0))
    assert found == by_one_machine(texts, threshold=0.92, recall=0.9999)


@pytest.mark.everywhere
def test_unique_keeps_the_rows_as_they_were(session: Any) -> None:
    texts = near_duplicates(120, 9)
    frame = session.createDataFrame(
        [(text, {"n": n}, f"id{n:03}") for n, text in enumerate(texts)], "body string, more map<string, int>, id string"
    )
    kept = spark.unique(frame, text="body", keep="longest")
    assert kept.schema == frame.schema
    rows = sorted(kept.collect(), key=lambda row: row["id"])
    assert [row["body"] for row in rows] == dedupe.unique(texts, keep="longest")
    assert all(row["more"]["n"] == int(row["id"][2:]) for row in rows)


@pytest.mark.everywhere
@pytest.mark.parametrize("empty", ["drop", pytest.param("keep", marks=pytest.mark.slow)])
def test_unique_paragraphs_leave_their_documents(session: Any, empty: str) -> None:
    texts = ["One two three four.\n\nFive six seven.", "Five six seven.", "", "Eight nine.\n\nOne two three four.\n"]
    rows = spark.unique(table(session, texts), unit="paragraph", empty=empty).orderBy("id").collect()
    left = {0: texts[0], 1: "", 2: "", 3: "Eight nine.\n"}
    if empty == "drop":
        del left[1]
    assert {row["id"]: row["text"] for row in rows} == left


@pytest.mark.everywhere
def test_clean_is_clean_many(session: Any) -> None:
    texts = [*paragraphs(80, 10), None]
    rows = spark.clean(table(session, texts)).collect()
    wanted = [*dedupe.clean_many(texts[:-1]), None]
    assert {row["id"]: row["text"] for row in rows} == dict(enumerate(wanted))
