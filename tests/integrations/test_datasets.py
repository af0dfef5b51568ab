"""Hugging Face datasets: in memory, on disk, streamed; from the cache on a second run."""

import datasets
import pytest
from integrations.stories import BRIDGE, BRIDGE_AGAIN, BRIDGE_LATER, DOUBLED, LIBRARY, ONCE

import dedupe
from dedupe.integrations.datasets import clean, find, unique

ROWS = {"id": [1, 2, 3, 4, 5], "text": [BRIDGE, LIBRARY, None, BRIDGE_AGAIN, ""], "day": [1, 2, 3, 4, 5]}
datasets.disable_progress_bars()


@pytest.fixture
def rows():
    return datasets.Dataset.from_dict(ROWS)


@pytest.fixture
def on_disk(rows, tmp_path):
    rows.save_to_disk(tmp_path / "rows")
    return lambda: datasets.load_from_disk(tmp_path / "rows")


def test_unique_selects_rows(rows):
    kept = unique(rows, column="text")

    assert kept["id"] == [1, 2, 3, 5]
    assert kept.features == rows.features


def test_a_row_with_another_fact_stays_unless_the_threshold_decides():
    rows = datasets.Dataset.from_dict({"text": [BRIDGE, BRIDGE_LATER]})

    assert len(unique(rows)) == len(list(unique(rows.to_iterable_dataset()))) == 2
    assert len(unique(rows, lose="words")) == len(list(unique(rows.to_iterable_dataset(), lose="words"))) == 1
    assert len(find(rows).variants) == 1


def test_a_policy_may_name_a_column(rows):
    assert unique(rows, keep="newest:day")["id"] == [2, 3, 4, 5]


def test_a_second_run_is_a_cache_hit(on_disk, monkeypatch):
    first = unique(on_disk())
    monkeypatch.setattr(dedupe, "find", lambda *_, **__: pytest.fail("compared again"))

    second = unique(on_disk())

    assert second._fingerprint == first._fingerprint
    assert second["id"] == first["id"]


@pytest.mark.parametrize("settings", [{"threshold": 0.9, "lose": "words"}, {"keep": "last"}, {"against": [BRIDGE]}])
def test_other_settings_are_no_cache_hit(on_disk, settings):
    assert unique(on_disk(), **settings)._fingerprint != unique(on_disk())._fingerprint


def test_threads_do_not_change_the_fingerprint(on_disk):
    assert unique(on_disk(), threads=1)._fingerprint == unique(on_disk(), threads=2)._fingerprint


def test_train_rows_that_leak_into_test_go(rows):
    test = datasets.Dataset.from_dict({"text": [f"  {BRIDGE.upper()}", None]})

    assert unique(rows, against=test)["id"] == [2, 3, 5]


def test_rows_that_were_selected_and_shuffled_are_the_ones_compared(rows):
    picked = rows.select([3, 1, 0])

    assert unique(picked)["id"] == [4, 2]


@pytest.mark.parametrize("num_proc", [None, 2])
def test_clean_does_not_depend_on_processes(num_proc):
    rows = datasets.Dataset.from_dict({"text": [DOUBLED, None, "", BRIDGE], "n": [1, 2, 3, 4]})

    cleaned = clean(rows, num_proc=num_proc)

    assert cleaned["text"] == [ONCE, None, "", BRIDGE]
    assert cleaned["n"] == [1, 2, 3, 4]
    assert cleaned.format == rows.format
    assert cleaned._fingerprint == clean(rows)._fingerprint


def test_find_counts_rows_without_text(rows):
    assert find(rows).stats["null_texts"] == 1


def test_a_stream_is_filtered_each_time_it_is_read(rows):
    stream = unique(rows.to_iterable_dataset(), batch_size=2)

    assert [row["id"] for row in stream] == [1, 2, 3, 5]
    assert [row["id"] for row in stream] == [1, 2, 3, 5]
    assert stream.features == rows.features


def test_a_stream_with_an_index_remembers(rows, tmp_path):
    stream = rows.to_iterable_dataset()

    first = [row["id"] for row in unique(stream, index=tmp_path / "seen.idx")]
    second = [row["id"] for row in unique(stream, index=tmp_path / "seen.idx")]

    assert (first, second) == ([1, 2, 3, 5], [3, 5])


def test_with_ids_a_run_can_be_repeated(rows, tmp_path):
    stream = rows.to_iterable_dataset()

    runs = [[row["id"] for row in unique(stream, index=tmp_path / "seen.idx", id="id")] for _ in range(2)]

    assert runs == [[1, 2, 3, 5], [1, 2, 3, 5]]


def test_an_id_that_comes_twice_is_refused(tmp_path):
    stream = datasets.Dataset.from_dict({"id": [7, 7], "text": [BRIDGE, LIBRARY]}).to_iterable_dataset()

    with pytest.raises(dedupe.InputError, match="id 7 comes twice"):
        list(unique(stream, index=tmp_path / "seen.idx", id="id"))


def test_a_stream_is_cleaned():
    rows = datasets.Dataset.from_dict({"text": [DOUBLED, None], "n": [1, 2]})

    assert list(clean(rows.to_iterable_dataset())) == [{"text": ONCE, "n": 1}, {"text": None, "n": 2}]


def test_no_rows_are_no_rows(rows):
    assert len(unique(rows.select([]))) == 0
    assert len(clean(rows.select([]))) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rows: unique(rows, column="txt"), "did you mean 'text'"),
        (lambda rows: clean(rows, column="txt"), "did you mean 'text'"),
        (lambda rows: unique(rows.to_iterable_dataset(), column="txt"), "did you mean 'text'"),
        (lambda rows: unique(rows, column="id"), "not text"),
        (lambda rows: unique(datasets.DatasetDict(train=rows)), "give one split"),
        (lambda rows: unique([BRIDGE]), "must be a Dataset"),
        (lambda rows: unique(rows, index="seen.idx"), "for an IterableDataset"),
        (lambda rows: unique(rows.to_iterable_dataset(), keep="last"), "keep must be 'first', got 'last'"),
        (lambda rows: unique(rows, threshold=70), "write 0.7"),
    ],
    ids=[
        "no column",
        "no column to clean",
        "no column in a stream",
        "numbers",
        "dict",
        "list",
        "index",
        "keep",
        "threshold",
    ],
)
def test_what_cannot_be_done_is_said(rows, call, message):
    with pytest.raises((dedupe.InputError, dedupe.OptionError), match=message):
        call(rows)
