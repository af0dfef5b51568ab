"""The survivors are those of `dedupe.find`, whatever the partitions, the order of the rows and the way of working."""

from __future__ import annotations

import datetime
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


def by_one_machine(texts: list[str | None], **settings: Any) -> dict[Any, tuple[Any, float]]:
    found = dedupe.find([text or "" for text in texts], **settings)
    if found.settings["unit"] == "document":
        return {one.block.doc: (one.survivor.doc, round(one.similarity, 9)) for one in found.duplicates}
    return {
        (one.block.doc, one.block.start, one.block.end): (
            (one.survivor.doc, one.survivor.start, one.survivor.end),
            round(one.similarity, 9),
        )
        for one in found.duplicates
    }


def by_spark(frame: Any, **settings: Any) -> dict[Any, tuple[Any, float]]:
    rows = spark.find(frame, **settings).collect()
    gone = [row for row in rows if row["survivor"] is not None]
    if settings.get("unit", "document") == "document":
        assert len(rows) == frame.count()
        return {row["id"]: (row["survivor"], round(row["similarity"], 9)) for row in gone}
    return {
        (row["id"], row["start"], row["end"]): (
            (row["survivor"], row["survivor_start"], row["survivor_end"]),
            round(row["similarity"], 9),
        )
        for row in gone
    }


@pytest.mark.parametrize("keep", ["last", "longest"])  # the first stays in all tests below
def test_each_policy(session: Any, keep: str) -> None:
    texts = [*near_duplicates(300, 1), None, "", "..."]
    found = by_spark(table(session, texts), threshold=0.6, keep=keep, min_words=2)
    assert found == by_one_machine(texts, threshold=0.6, keep=keep, min_words=2)
    assert len(found) > 50


@pytest.mark.everywhere
def test_a_policy_function(session: Any) -> None:
    texts = near_duplicates(200, 2)

    def keep(block: Any) -> float:
        return block.text.count("e") - block.doc / 1000

    assert by_spark(table(session, texts), threshold=0.6, keep=keep) == by_one_machine(texts, threshold=0.6, keep=keep)


@pytest.mark.everywhere
@pytest.mark.parametrize("unit", ["paragraph", pytest.param("sentence", marks=pytest.mark.slow)])
def test_each_unit(session: Any, unit: str) -> None:
    texts = paragraphs(100, 3)
    assert by_spark(table(session, texts), unit=unit) == by_one_machine(texts, unit=unit)


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


def test_a_policy_by_a_column(session: Any) -> None:
    import pyarrow as pa

    texts = near_duplicates(150, 8)
    draw = random.Random(8)
    days = [None if draw.random() < 0.1 else datetime.date(2020, 1, draw.randint(1, 28)) for _ in texts]
    scores = [float("nan") if draw.random() < 0.1 else float(draw.randint(0, 5)) for _ in texts]
    frame = session.createDataFrame(
        list(zip(range(len(texts)), texts, days, scores, strict=True)),
        "`a.key` long, `the text` string, day date, score double",
    )
    local = pa.table({"text": texts, "day": days, "score": scores})
    for keep in ("newest:day", "highest:score"):
        rows = spark.find(frame, text="the text", id="a.key", threshold=0.6, keep=keep).collect()
        found = {row["a.key"]: row["survivor"] for row in rows if row["survivor"] is not None}
        wanted = dedupe.find(local, text="text", threshold=0.6, keep=keep)
        assert found == {one.block.doc: one.survivor.doc for one in wanted.duplicates}, keep


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
