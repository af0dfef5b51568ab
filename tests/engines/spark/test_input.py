"""Bad input and settings are named before anything runs, or with the row."""

from __future__ import annotations

import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hostile import HOSTILE
from pyspark.sql import functions as F

import dedupe
from dedupe.engines import spark
from dedupe.errors import InputError, OptionError

ROWS = [(1, "one two three"), (2, "four")]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"text": "txt"}, r"text='txt' names no column of the frame; its columns: id, text; did you mean 'text'"),
        ({"id": "nr"}, r"id='nr' names no column"),
        ({"id": "survivor"}, r"id='survivor' is a name that find gives a column of its own; rename"),
        ({"text": "id"}, r"column 'id' is bigint, not string"),
        ({"keep": "newest:day"}, r"keep='day' names no column"),
        ({"keep": "newest:text"}, r"column 'text' is string; keep='newest:text' needs numbers or times"),
        ({"measure": "weighted"}, r"on a cluster measure must be 'jaccard', got 'weighted'"),
        ({"linkage": "single"}, r"on a cluster linkage must be 'survivor', got 'single'"),
        ({"pairs": "all"}, r"on a cluster pairs must be 'survivors', got 'all'"),
        ({"threshold": 70}, r"threshold must be a number above 0 and up to 1, got 70; for 70 % write 0.7"),
    ],
)
def test_a_wrong_argument_is_named(session: Any, settings: dict[str, Any], message: str) -> None:
    frame = session.createDataFrame(ROWS, "id long, text string")
    with pytest.raises((InputError, OptionError), match=message):
        spark.find(frame, **settings)


def test_a_column_that_is_there_twice_is_named(session: Any) -> None:
    frame = session.createDataFrame(ROWS, "id long, text string")
    with pytest.raises(InputError, match=r"text='text' names a column .* twice; its columns: id, text, id, text$"):
        spark.find(frame.join(frame, frame["id"] == frame["id"]))


def test_wrong_limits_and_rules_for_empty_rows(session: Any) -> None:
    with pytest.raises(OptionError, match=r"limits.edges must be a whole number from 0, got -1"):
        spark.Limits(edges=-1)
    with pytest.raises(OptionError, match=r"limits must be a Limits, got 5"):
        spark.find(session.createDataFrame(ROWS, "id long, text string"), limits=5)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"df must be a Spark DataFrame, got str"):
        spark.unique("text")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="empty must be one of 'drop', 'keep', got 'dorp'; did you mean 'drop'"):
        spark.unique(session.createDataFrame(ROWS, "id long, text string"), empty="dorp")
    with pytest.raises(InputError, match="text='body' names no text column"):
        spark.clean(session.createDataFrame(ROWS, "id long, text string"), text="body")


@pytest.mark.parametrize(
    ("ids", "message"), [([1, 1], "column 'id' has 1 in 2 rows"), ([None, None], "column 'id' is null in 2 rows")]
)
def test_every_row_needs_an_id_of_its_own(session: Any, ids: list[int | None], message: str) -> None:
    frame = session.createDataFrame(list(zip(ids, ["", "b"], strict=True)), "id long, text string")
    with pytest.raises(InputError, match=message):
        spark.find(frame)


def test_rows_that_change_from_read_to_read_are_noticed(session: Any) -> None:
    def now(number: int) -> str:
        return f"the same words again and again {number % 7} {time.time_ns()}"

    changing = F.udf(now, "string").asNondeterministic()
    with pytest.raises(InputError, match="its rows change from read to read; write it to a table first"):
        spark.find(session.range(40).select("id", changing("id").alias("text")), threshold=0.5)


def test_hostile_texts_are_found_as_on_one_machine(session: Any) -> None:
    texts = [text for text in HOSTILE.values() if text == text.encode("utf-8", "replace").decode()]
    frame = session.createDataFrame(list(enumerate(texts)), "id long, text string")
    for unit in ("document", "line"):
        rows = spark.find(frame, unit=unit).collect()
        found = {(row["id"], 0 if unit == "document" else row["start"]) for row in rows if row["survivor"] is not None}
        wanted = dedupe.find(texts, unit=unit).duplicates
        assert found == {(one.block.doc, one.block.start) for one in wanted}


def test_no_rows(session: Any) -> None:
    frame = session.createDataFrame([], "id long, text string")
    assert spark.find(frame, explain=True).collect() == []
    assert spark.unique(frame, unit="paragraph").collect() == []
    assert spark.clean(frame).collect() == []


def test_bytes_that_are_no_utf8_are_an_error(session: Any) -> None:
    frame = session.createDataFrame([(1, bytearray(b"\xff\xfe"))], "id long, data binary")
    with pytest.raises(Exception, match="not UTF-8"):
        spark.find(frame.selectExpr("id", "cast(data as string) as text")).collect()


def test_the_plan_is_told_before_it_runs(session: Any, capsys: pytest.CaptureFixture[str]) -> None:
    frame = session.createDataFrame(ROWS, "id long, text string")
    spark.find(frame, explain=True)
    told = capsys.readouterr().out
    assert "2 rows, 17 B of text, about 2 blocks (document)" in told
    assert [line.split()[0] for line in told.splitlines()[1:-2]] == [
        "fingerprints", "blocks", "copies", "buckets", "postings", "texts", "rounds", "flags",
    ]  # fmt: skip


def test_the_workers_are_asked_what_they_have(session: Any) -> None:
    told = spark.check_workers(session)
    assert told["dedupe"] == dedupe.__version__
    assert told["backend"] == dedupe.backend()


def test_the_library_works_out_of_a_zip(tmp_path: Path) -> None:
    made = spark.package(tmp_path / "dedupe.zip")
    assert not [name for name in zipfile.ZipFile(made).namelist() if name.endswith((".so", ".pyc", ".c"))]
    code = (
        f"import sys; sys.path.insert(0, {str(made)!r}); import dedupe, dedupe.engines.arrow\n"
        "print(dedupe.__file__, dedupe.backend(), dedupe.unique(['a b c', 'A, b, c', 'd']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={})
    assert done.stdout == f"{made}/dedupe/__init__.py numpy ['a b c', 'd']\n"
