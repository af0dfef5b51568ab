"""Every verb takes every kind of input that it can mean, with the same answers and the same messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hostile import QUICK

import dedupe
from dedupe.inputs.documents import Wanted, collect
from dedupe.verbs.evaluate import evaluate

RAIN = "Rain fell on the town all day long, and nobody minded it."
RAIN_AGAIN = "rain fell on the town all day long; and nobody minded it"
LIBRARY = "The library opens at nine on working days and at ten on Sundays."
TEXTS = [RAIN, LIBRARY, "", RAIN_AGAIN]
IDS = ["r", "l", "e", "a"]
COLUMNS = {"url": IDS, "body": TEXTS, "day": ["2024-03-01", "2024-03-02", None, "2024-03-03"]}


def records(columns: dict[str, list[Any]] = COLUMNS) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def evaluated(docs: object, **columns: Any) -> int:
    return evaluate(docs, rate=1.0, strengths={"case": [1.0]}, **columns).texts


COLLECTIONS: dict[str, Callable[[], Any]] = {
    "list": lambda: list(TEXTS),
    "tuple": lambda: tuple(TEXTS),
    "iterator": lambda: iter(TEXTS),
    "mapping": lambda: dict(zip(IDS, TEXTS, strict=True)),
    "pandas Series": lambda: pd.Series(TEXTS),
    "polars Series": lambda: pl.Series(TEXTS),
    "Arrow array": lambda: pa.array(TEXTS),
    "Arrow chunks": lambda: pa.chunked_array([TEXTS[:1], TEXTS[1:]]),
}
FRAMES: dict[str, Callable[[dict[str, list[Any]]], Any]] = {
    "pandas": pd.DataFrame,
    "pandas objects": lambda columns: pd.DataFrame(columns, dtype=object),
    "polars": pl.DataFrame,
    "pyarrow": pa.table,
    "pyarrow batch": pa.RecordBatch.from_pydict,
    "records": records,
    "objects": lambda columns: [SimpleNamespace(**record) for record in records(columns)],
}
every_collection = pytest.mark.parametrize("make", COLLECTIONS.values(), ids=COLLECTIONS.keys())
every_frame = pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES.keys())


@pytest.fixture
def index(tmp_path: Path) -> Iterator[dedupe.Index]:
    with dedupe.Index(tmp_path / "a.idx") as opened:
        yield opened


@every_collection
def test_every_verb_takes_every_collection(make: Callable[[], Any], index: dedupe.Index) -> None:
    index.add({"known": RAIN})

    assert dedupe.find(make()).stats["duplicates"] == 1
    assert len(dedupe.unique(make())) == 3
    assert len(dedupe.clean_many(make())) == 4
    assert evaluated(make()) == 4
    assert sum(len(story.documents) for story in dedupe.merge(make())) == 4
    assert dedupe.unique([RAIN, "Other words."], against=make()) == ["Other words."]
    assert [len(matches) for matches in index.query_many(make())] == [1, 0, 0, 1]
    assert dedupe.find(make(), against=index).stats["duplicates"] == 2


@every_frame
def test_every_verb_takes_every_frame(make: Callable[[Any], Any], index: dedupe.Index) -> None:
    report = index.add(make(COLUMNS), id="url", text="body")

    assert (report.new, [pair.block.doc for pair in report.duplicates]) == (("r", "l", "e"), ["a"])
    assert dedupe.find(make(COLUMNS), text="body").stats["duplicates"] == 1
    assert len(dedupe.unique(make(COLUMNS), text="body")) == 3
    assert evaluated(make(COLUMNS), text="body") == 4
    assert dedupe.unique([RAIN, "Other words."], text="body", against=make(COLUMNS)) == ["Other words."]
    assert [len(matches) for matches in index.query_many(make(COLUMNS), text="body")] == [2, 1, 0, 2]
    assert dedupe.find(make(COLUMNS), text="body", against=index).stats["duplicates"] == 3


@every_frame
def test_merge_reads_the_named_columns(make: Callable[[Any], Any]) -> None:
    stories = dedupe.merge(make(COLUMNS), text="body", id="url", date="day", keep="last")

    days = {entry.doc: entry.date[:10] for story in stories for entry in story.timeline if entry.date}
    assert {key for story in stories for key in story.documents} == set(IDS)
    assert days == {"r": "2024-03-01", "l": "2024-03-02", "a": "2024-03-03"}


@every_frame
def test_merge_finds_columns_under_their_usual_names(make: Callable[[Any], Any]) -> None:
    stories = dedupe.merge(make({"id": ["x", "y"], "text": [RAIN, LIBRARY], "source": ["Gazette", "Agency"]}))

    assert [story.documents for story in stories] == [("x",), ("y",)]
    assert "Gazette" in stories[0].to_markdown()


@every_frame
@pytest.mark.parametrize("verb", [dedupe.find, dedupe.unique, dedupe.clean_many, evaluate, dedupe.merge])
def test_a_frame_without_the_name_of_its_text(make: Callable[[Any], Any], verb: Callable[..., Any]) -> None:
    with pytest.raises(dedupe.InputError, match=r"docs .*text=|name its text column|docs\[0\] is SimpleNamespace"):
        verb(make(COLUMNS))


@every_frame
@pytest.mark.parametrize("verb", [dedupe.find, dedupe.unique, dedupe.clean_many, evaluate, dedupe.merge])
def test_a_column_that_is_not_there(make: Callable[[Any], Any], verb: Callable[..., Any]) -> None:
    frame = make(COLUMNS)

    with pytest.raises(dedupe.InputError, match=r"docs does not have.*did you mean 'body'|docs is list, not"):
        verb(frame, text="bodi")


def test_merge_names_the_column_that_is_not_there() -> None:
    with pytest.raises(dedupe.InputError, match=r"date names column 'days'.*did you mean 'day'"):
        dedupe.merge(records(), text="body", date="days")


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "pyarrow"])
def test_a_null_row_is_empty_and_counted(make: Callable[[Any], Any], index: dedupe.Index) -> None:
    frame = make({"id": [1, 2, 3], "text": [RAIN, None, LIBRARY]})

    added = index.add(frame)

    assert (added.n_documents, added.stats["null_texts"], index.text(2)) == (3, 1, "")
    assert dedupe.find(frame, text="text").stats["null_texts"] == 1
    assert dedupe.merge(frame).stats["null_texts"] == 1
    assert evaluate(frame, text="text").texts == 3


@pytest.mark.parametrize("null", [None, float("nan")], ids=["None", "NaN"])
def test_a_null_elsewhere_says_what_to_do(null: Any, index: dedupe.Index) -> None:
    way_out = "leave it out, or give '' for an empty text"

    for verb in (dedupe.find, dedupe.unique, dedupe.clean_many, evaluate, dedupe.merge, index.query_many):
        with pytest.raises(dedupe.InputError, match=way_out):
            verb([RAIN, null])
    for docs in ({"a": null}, [("a", null)], [{"id": "a", "text": null}]):
        with pytest.raises(dedupe.InputError, match=way_out):
            index.add(docs)
    assert len(index) == 0


def test_an_empty_text_is_allowed_everywhere(index: dedupe.Index) -> None:
    assert index.add([("a", "")]).n_documents == 1
    assert index.query("") == ()
    assert dedupe.unique(["", ""]) == ["", ""]
    assert dedupe.unique([""], against=[""]) == [""]
    assert dedupe.clean_many([""]) == [""]
    assert evaluate([""]).planted == 0
    assert [story.documents for story in dedupe.merge([""])] == [(0,)]


def test_ids_come_as_pairs_where_they_are_wanted(index: dedupe.Index) -> None:
    pairs = list(zip(IDS, TEXTS, strict=True))

    assert index.add(iter(pairs)).n_documents == 4
    assert {key for story in dedupe.merge(pairs) for key in story.documents} == set(IDS)
    with pytest.raises(dedupe.InputError, match=r"docs\[0\] is tuple, not str"):
        dedupe.find(pairs)


@pytest.mark.parametrize(
    "bad",
    [None, 5, RAIN, b"bytes", [RAIN, 3.5], pl.LazyFrame(COLUMNS), SimpleNamespace(columns=["a"])],
    ids=["None", "int", "str", "bytes", "float inside", "lazy frame", "unknown frame"],
)
def test_what_no_verb_takes_is_an_input_error(bad: Any, index: dedupe.Index) -> None:
    verbs = (dedupe.find, dedupe.unique, dedupe.clean_many, evaluate, dedupe.merge, index.query_many, index.add)

    for verb in verbs:
        with pytest.raises(dedupe.InputError):
            verb(bad)


@pytest.mark.parametrize(
    "bad", [None, [RAIN], ("a", None), pd.DataFrame(COLUMNS)], ids=["None", "list", "pair", "frame"]
)
def test_a_check_takes_one_text(bad: Any, index: dedupe.Index) -> None:
    with pytest.raises(dedupe.InputError, match="doc is"):
        index.check(bad)


def test_a_lazy_frame_says_what_to_do_everywhere(index: dedupe.Index) -> None:
    lazy = pl.LazyFrame(COLUMNS)

    for verb in (dedupe.find, dedupe.unique, dedupe.clean_many, evaluate, dedupe.merge, index.add):
        with pytest.raises(dedupe.InputError, match=r"docs is a polars.LazyFrame.*collect\(\)"):
            verb(lazy, text="body")
    with pytest.raises(dedupe.InputError, match=r"against is a polars.LazyFrame.*collect\(\)"):
        dedupe.find([RAIN], against=lazy)


def test_against_names_itself() -> None:
    with pytest.raises(dedupe.InputError, match=r"against\[1\] is int, not str: 3"):
        dedupe.find([RAIN], against=[RAIN, 3])
    with pytest.raises(
        dedupe.InputError, match=r"against is 'news\.idx', which is no folder.*dedupe\.Index\(path\).*\[text\]"
    ):
        dedupe.unique([RAIN], against="news.idx")


def test_text_is_for_whichever_side_is_a_frame() -> None:
    frame = pd.DataFrame(COLUMNS)

    assert dedupe.unique(frame, text="body", against=[RAIN])["url"].tolist() == ["l", "e"]
    with pytest.raises(dedupe.InputError, match="docs is list, not a pandas"):
        dedupe.unique([RAIN], text="body", against=[RAIN])


def test_a_subclass_of_an_index_stands_against(tmp_path: Path) -> None:
    class Mine(dedupe.Index):
        """An index of a user's own kind."""

    with Mine(tmp_path / "mine.idx") as index:
        index.add({"known": RAIN})

        assert dedupe.unique([RAIN_AGAIN, LIBRARY], against=index) == [LIBRARY]


def test_records_come_back_as_they_were() -> None:
    given = records()

    kept = dedupe.unique(given, text="body", keep="newest:day")
    cleaned = dedupe.clean_many([{"n": 1, "body": f"{RAIN}\n\n{RAIN}"}, {"n": 2, "body": RAIN}], text="body")

    assert [record["url"] for record in kept] == ["l", "e", "a"]
    assert kept[0] is given[1]
    assert cleaned == [{"n": 1, "body": RAIN}, {"n": 2, "body": RAIN}]


def test_merge_skips_what_it_cannot_read_and_changes_nothing() -> None:
    given: list[Any] = [RAIN, None, LIBRARY]

    stories = dedupe.merge(given, on_error="skip")

    assert [story.documents for story in stories] == [(0,), (2,)]
    assert stories.skipped == ((1, "docs[1] is None, not str; leave it out, or give '' for an empty text"),)
    assert given == [RAIN, None, LIBRARY]


def test_hostile_texts_are_read_as_they_are(index: dedupe.Index) -> None:
    texts = list(QUICK.values())

    index.add(QUICK)

    assert [index.text(name) for name in QUICK] == texts
    assert list(collect(records({"body": texts}), "body").texts) == texts
    assert [len(matches) for matches in index.query_many(texts)] == [len(index.query(text)) for text in texts]


def test_columns_of_a_frame_come_as_plain_values() -> None:
    frame = pd.DataFrame({"id": [1, 2], "text": [RAIN, LIBRARY], "date": pd.to_datetime(["2024-01-01", None])})

    documents = collect(frame, wanted=Wanted(columns={"id": None, "date": None, "source": None}, is_optional=True))

    assert [type(key) for key in documents.keys] == [int, int]
    assert documents.columns["date"][1] is None
    assert "source" not in documents.columns
