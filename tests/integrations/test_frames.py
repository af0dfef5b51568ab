"""Frames of each library: same kind back, everything but the decision untouched."""

import datetime

import daft
import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hostile import HOSTILE
from integrations.stories import BRIDGE, BRIDGE_AGAIN, DOUBLED, LIBRARY, ONCE

import dedupe
from dedupe.inputs.columns import text_of_arrow
from dedupe.verbs.evaluate import evaluate

ROWS = {
    "id": [10, 11, 12, 13, 14, 15],
    "body": [BRIDGE, LIBRARY, None, BRIDGE_AGAIN, "", None],
    "published": ["2024-03-01", "2024-01-02", None, "2024-05-01", "2024-01-01", ""],
    "score": [0.5, None, 1.0, 0.25, 0.0, 0.0],
}


def _relation(rows):
    table = pa.table(rows)
    return duckdb.connect().from_arrow(table)


MAKE = {
    "pandas": lambda rows: pd.DataFrame(rows, index=list("uvwxyz")[: len(rows["id"])]),
    "pandas objects": lambda rows: pd.DataFrame(rows, dtype=object),
    "pandas Arrow": lambda rows: pd.DataFrame(rows).astype({"body": pd.ArrowDtype(pa.string())}),
    "polars": lambda rows: pl.DataFrame(rows),
    "pyarrow": lambda rows: pa.table(rows),
    "pyarrow batch": lambda rows: pa.RecordBatch.from_pydict(rows),
    "duckdb": _relation,
    "daft": lambda rows: daft.from_pydict(rows),
}
every_kind = pytest.mark.parametrize("make", MAKE.values(), ids=MAKE.keys())


def column(frame, name):
    """The values of a column as a list, None for every kind of null."""
    if isinstance(frame, pd.DataFrame):
        return [None if pd.isna(value) else value for value in frame[name].tolist()]
    if isinstance(frame, duckdb.DuckDBPyRelation):
        return [row[0] for row in frame.project(name).fetchall()]
    if isinstance(frame, daft.DataFrame):
        return frame.to_pydict()[name]
    found = frame[name]
    return found.to_pylist() if hasattr(found, "to_pylist") else found.to_list()


@every_kind
def test_unique_keeps_kind_order_and_other_columns(make):
    frame = make(ROWS)

    kept = dedupe.unique(frame, text="body")

    assert type(kept) is type(frame)
    assert column(kept, "id") == [10, 11, 12, 14, 15]
    assert column(kept, "score") == [0.5, None, 1.0, 0.0, 0.0]


@every_kind
@pytest.mark.parametrize(
    ("keep", "ids"),
    [
        ("newest:published", [11, 12, 13, 14, 15]),
        ("oldest:published", [10, 11, 12, 14, 15]),
        ("highest:score", [10, 11, 12, 14, 15]),
        ("last", [11, 12, 13, 14, 15]),
    ],
)
def test_a_policy_may_name_a_column(make, keep, ids):
    assert column(dedupe.unique(make(ROWS), text="body", keep=keep), "id") == ids


@every_kind
def test_find_gives_columns_to_join_and_counts_nulls(make):
    found = dedupe.find(make(ROWS), text="body")

    columns = found.by_document()

    assert columns["survivor"].tolist() == [0, 1, 2, 0, 4, 5]
    assert columns["cluster"].tolist() == [0, 1, 2, 0, 3, 4]
    assert np.flatnonzero(~np.isnan(columns["similarity"])).tolist() == [3]
    assert found.stats["null_texts"] == 2
    assert found.duplicates[0].block.text == BRIDGE_AGAIN


@every_kind
def test_against_drops_what_the_other_frame_has(make):
    test = make({name: values[:1] for name, values in ROWS.items()})

    kept = dedupe.unique(make(ROWS), text="body", against=test)

    assert column(kept, "id") == [11, 12, 14, 15]


@every_kind
def test_clean_many_shortens_the_text_and_nothing_else(make):
    frame = make({**ROWS, "body": [BRIDGE, DOUBLED, None, DOUBLED, "", None]})

    cleaned = dedupe.clean_many(frame, text="body")

    assert type(cleaned) is type(frame)
    assert column(cleaned, "body") == [BRIDGE, ONCE, None, ONCE, "", None]
    assert column(cleaned, "id") == ROWS["id"]
    assert column(frame, "body")[1] == DOUBLED


@pytest.mark.parametrize("unit", ["paragraph", "line", "sentence"])
def test_a_column_is_cleaned_as_a_list_is(unit):
    texts = [text.encode("utf-8", "replace").decode() for text in HOSTILE.values()]
    texts += ["\n\n".join(texts[first : first + 3] * 2) for first in range(40)]

    cleaned = dedupe.clean_many(pa.table({"body": texts}), text="body", unit=unit)

    assert cleaned["body"].to_pylist() == dedupe.clean_many(texts, unit=unit)


@every_kind
def test_no_rows_are_no_rows(make):
    frame = make(ROWS)
    empty = dedupe.unique(frame, text="body", against=frame)
    none = dedupe.unique(empty, text="body", against=frame)

    assert column(none, "id") == [12, 14, 15]  # texts without a word are like no other


@every_kind
def test_an_index_merge_and_evaluate_read_the_named_columns(make, tmp_path):
    with dedupe.Index(tmp_path / "a.idx") as index:
        report = index.add(make(ROWS), id="id", text="body")

        assert report.new == (10, 11, 12, 14, 15)
        assert report.stats["null_texts"] == 2
        assert [len(matches) for matches in index.query_many(make(ROWS), text="body")] == [2, 1, 0, 2, 0, 0]
    stories = dedupe.merge(make(ROWS), text="body", date="published")
    assert [story.documents for story in stories] == [(10, 13), (11,), (12,), (14,), (15,)]
    assert evaluate(make(ROWS), text="body").texts == 6


@every_kind
def test_a_missing_column_names_the_nearest(make):
    with pytest.raises(dedupe.InputError, match=r"does not have.*did you mean 'body'"):
        dedupe.unique(make(ROWS), text="bodi")


@every_kind
def test_a_frame_needs_the_name_of_its_text(make):
    with pytest.raises(dedupe.InputError, match="name its text column"):
        dedupe.find(make(ROWS))


@every_kind
def test_a_column_of_numbers_is_refused(make):
    with pytest.raises(dedupe.InputError, match=r"column 'id' is|not str: 10"):
        dedupe.find(make(ROWS), text="id")


@every_kind
def test_text_has_no_highest(make):
    with pytest.raises(dedupe.InputError, match="column 'body' is"):
        dedupe.unique(make(ROWS), text="body", keep="highest:body")


def test_one_chunk_of_large_strings_is_read_without_a_copy():
    array = pa.array([BRIDGE, None, LIBRARY], pa.large_string())

    found = text_of_arrow(pa.chunked_array([array]), "body")

    assert found.batch.buffer.ctypes.data == array.buffers()[2].address
    assert found.batch.offsets.ctypes.data == array.buffers()[1].address
    assert not found.batch.buffer.flags.owndata


def test_the_bytes_of_a_string_column_are_read_without_a_copy():
    array = pa.array([BRIDGE, LIBRARY], pa.string())

    found = text_of_arrow(pa.chunked_array([array]), "body")

    assert found.batch.buffer.ctypes.data == array.buffers()[2].address


def test_no_text_becomes_a_python_string_on_the_way(monkeypatch):
    def refuse(*_):
        raise AssertionError("a text was decoded")

    monkeypatch.setattr("dedupe.inputs.texts.Texts.__getitem__", refuse)

    assert dedupe.unique(pa.table(ROWS), text="body").num_rows == 5
    assert dedupe.unique(pl.DataFrame(ROWS), text="body").height == 5
    assert dedupe.clean_many(pa.table(ROWS), text="body").num_rows == 6


@pytest.mark.parametrize(
    "array",
    [
        pa.chunked_array([[BRIDGE], [], [None, BRIDGE_AGAIN]]),
        pa.chunked_array([pa.array(["?", BRIDGE, None, BRIDGE_AGAIN]).slice(1)]),
        pa.chunked_array([pa.array([BRIDGE, None, BRIDGE_AGAIN]).dictionary_encode()]),
        pa.chunked_array([pa.array([BRIDGE, None, BRIDGE_AGAIN], pa.string_view())]),
    ],
    ids=["chunks", "slice", "dictionary", "views"],
)
def test_every_layout_of_text_is_read(array):
    table = pa.table({"body": array, "n": [1, 2, 3]})

    kept = dedupe.unique(table, text="body")

    assert kept["n"].to_pylist() == [1, 2]
    assert kept.schema == table.schema


def test_bytes_under_a_null_do_not_count():
    hidden = pa.array([BRIDGE, BRIDGE], pa.large_string())
    valid = pa.py_buffer(np.packbits([True, False], bitorder="little"))
    array = pa.LargeStringArray.from_buffers(2, hidden.buffers()[1], hidden.buffers()[2], valid)

    found = dedupe.find(pa.table({"body": array}), text="body")

    assert found.stats["null_texts"] == 1
    assert not found.duplicates


def test_pandas_keeps_index_and_dtypes():
    frame = pd.DataFrame(ROWS, index=pd.MultiIndex.from_tuples([(i, str(i)) for i in range(6)]))
    frame["when"] = pd.Timestamp("2024-01-01", tz="Europe/Berlin")
    frame["kind"] = pd.Categorical(list("aabbcc"))

    kept = dedupe.unique(frame, text="body")

    pd.testing.assert_frame_equal(kept, frame.iloc[[0, 1, 2, 4, 5]])


def test_pandas_text_with_a_lone_surrogate_is_compared():
    frame = pd.DataFrame({"body": [f"\ud800 {BRIDGE}", BRIDGE, f"\ud800 {BRIDGE}"]}, dtype=object)

    assert dedupe.unique(frame, text="body").index.tolist() == [0]


def test_a_column_that_is_there_twice_is_refused():
    frame = pd.DataFrame([[BRIDGE, BRIDGE]], columns=["body", "body"])

    with pytest.raises(dedupe.InputError, match="2 times"):
        dedupe.unique(frame, text="body")


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_order_whatever_their_unit(unit):
    when = np.array(["2024-01-01", "2024-02-01"], f"datetime64[{unit}]")
    frame = pd.DataFrame({"body": [BRIDGE, BRIDGE_AGAIN], "when": when})

    assert dedupe.unique(frame, text="body", keep="newest:when").index.tolist() == [1]
    assert dedupe.unique(pa.Table.from_pandas(frame), text="body", keep="oldest:when").num_rows == 1


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "pyarrow"])
def test_dates_that_nobody_can_order_are_refused(make):
    frame = make({"body": [BRIDGE, BRIDGE_AGAIN], "when": ["Mon, 1 Jan", "Tue, 2 Jan"]})

    with pytest.raises(dedupe.InputError, match="ISO 8601"):
        dedupe.unique(frame, text="body", keep="newest:when")


def test_large_whole_numbers_order_exactly():
    frame = pa.table({"body": [BRIDGE, BRIDGE_AGAIN], "n": [2**62, 2**62 + 1]})

    assert dedupe.unique(frame, text="body", keep="highest:n")["n"].to_pylist() == [2**62 + 1]


def test_dates_of_python_order():
    frame = pl.DataFrame(
        {"body": [BRIDGE, BRIDGE_AGAIN], "when": [datetime.date(2024, 1, 1), datetime.date(2024, 1, 2)]}
    )

    assert dedupe.unique(frame, text="body", keep="newest:when")["when"].to_list() == [datetime.date(2024, 1, 2)]


def test_duckdb_keeps_its_own_types_and_runs_a_query_once():
    relation = duckdb.connect().sql(
        f"SELECT '{BRIDGE}' AS body, i::HUGEINT AS h, uuid() AS u, 'x'::ENUM('x', 'y') AS e FROM range(3) t(i)"
    )

    kept = dedupe.unique(relation, text="body")

    assert kept.types == relation.types
    assert kept.fetchall() == kept.fetchall()
    assert dedupe.clean_many(kept, text="body").types == relation.types


def test_daft_keeps_its_own_types():
    frame = daft.from_pydict({"body": [BRIDGE, BRIDGE_AGAIN], "vector": [[1.0, 2.0], [3.0, 4.0]]})
    frame = frame.with_column("vector", daft.col("vector").cast(daft.DataType.embedding(daft.DataType.float32(), 2)))

    kept = dedupe.unique(frame, text="body")

    assert kept.schema() == frame.schema()
    assert kept.count_rows() == 1


def test_a_lazy_frame_says_what_to_do():
    with pytest.raises(dedupe.InputError, match=r"collect\(\)"):
        dedupe.unique(pl.LazyFrame(ROWS), text="body")


def test_text_for_what_is_no_frame_is_refused():
    with pytest.raises(dedupe.InputError, match="docs is list, not a pandas"):
        dedupe.unique([BRIDGE], text="body")


def test_rows_of_a_frame_go_whole():
    with pytest.raises(dedupe.OptionError, match="unit must be 'document'"):
        dedupe.unique(pa.table(ROWS), text="body", unit="paragraph")


def test_a_policy_by_column_needs_a_frame():
    with pytest.raises(dedupe.OptionError, match="names a column"):
        dedupe.unique([BRIDGE, BRIDGE_AGAIN], keep="newest:published")
