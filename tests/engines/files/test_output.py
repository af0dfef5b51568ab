"""Where things go: the list as Parquet, output at a URL, sources by a column, and files that survive a power cut."""

import json
import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import dedupe
from dedupe import clean_files
from dedupe.engines.files import stages
from dedupe.engines.files.estimate import estimate
from dedupe.engines.files.job import Job
from dedupe.errors import LossError
from dedupe.matching.recipe import Recipe

A = "The quick brown fox jumps over the lazy dog and then sleeps for a while in the sun."
B = "An entirely different sentence about the weather, the sea, and the price of salt fish."
C = "the QUICK brown fox jumps over the lazy dog, and then sleeps for a while in the sun"
ROWS = [
    {"key": "a", "site": "one.org", "text": f"{A}\n\n{B}\n\n{A}"},
    {"key": "b", "site": "two.org", "text": B},
    {"key": "c", "site": "two.org", "text": f"{C}\n\nnew"},
    {"key": "d", "site": None, "text": f"{A}\n\n{B}\n\n{A}"},
]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file with duplicates in it."""
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def without_nulls(value: Any) -> Any:
    """A row of the Parquet list as the JSON Lines have it: what is not said is not there."""
    if isinstance(value, dict):
        return {name: without_nulls(one) for name, one in value.items() if one is not None}
    return value


JOBS: dict[str, dict[str, Any]] = {
    "documents": {},
    "documents with ids": {"id": "key"},
    "paragraphs, inside first": {"unit": "paragraph", "inside": True, "id": "key"},
}


@pytest.mark.parametrize("name", JOBS)
def test_the_list_as_parquet_has_what_the_lines_have(tmp_path: Path, source: Path, name: str) -> None:
    clean_files(source, tmp_path / "lines", **JOBS[name])

    summary = clean_files(source, tmp_path / "table", removed_format="parquet", **JOBS[name])

    lines = [json.loads(line) for line in (tmp_path / "lines/_dedupe/removed.jsonl").read_text().splitlines()]
    made = pq.read_table(tmp_path / "table/_dedupe/removed.parquet").to_pylist()
    assert [without_nulls(row) for row in made] == lines
    assert summary.removed_list == str(tmp_path / "table/_dedupe/removed.parquet")


def test_the_list_as_parquet_names_documents_of_an_index(tmp_path: Path, source: Path) -> None:
    with dedupe.Index(tmp_path / "old") as index:
        index.add([(7, B)])

    clean_files(source, tmp_path / "out", against=str(tmp_path / "old"), removed_format="parquet")

    listed = pq.read_table(tmp_path / "out/_dedupe/removed.parquet").to_pylist()
    assert (listed[0]["row"], listed[0]["survivor"]["id"], listed[0]["survivor"]["against"]) == (2, "7", True)


def test_a_source_may_be_a_column(tmp_path: Path, source: Path) -> None:
    summary = clean_files(source, tmp_path / "out", source="site", threshold=1.0)

    assert [(one["source"], one["lost"]) for one in summary.sources] == [("", 1.0)]


def test_no_source_may_lose_more_than_was_allowed(tmp_path: Path, source: Path) -> None:
    with pytest.raises(LossError, match=r"100.0% of the words of documents without a site would go"):
        clean_files(source, tmp_path / "out", source="site", max_loss=0.9)

    assert not (tmp_path / "out/in.jsonl").exists()


@pytest.mark.parametrize("name", ["in.csv", "in.parquet"])
def test_a_source_column_that_is_missing_is_named(tmp_path: Path, name: str) -> None:
    if name.endswith("csv"):
        (tmp_path / name).write_text("text\nx\n")
    else:
        import pyarrow as pa

        pq.write_table(pa.table({"text": ["x"]}), tmp_path / name)

    with pytest.raises(dedupe.InputError, match=r"no column 'site'; there are: 'text'"):
        clean_files(tmp_path / name, tmp_path / "out", source="site")


def test_output_goes_to_a_url(tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fsspec = pytest.importorskip("fsspec")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)

    summary = clean_files(source, "memory://to-a-url/out")

    lines = source.read_text().splitlines(True)
    with fsspec.open("memory://to-a-url/out/in.jsonl", "rt") as file:
        assert file.read() == "".join(lines[:3])
    with fsspec.open("memory://to-a-url/out/_dedupe/report.json", "rt") as file:
        assert json.load(file)["output"] == summary.output == "memory://to-a-url/out"
    assert summary.removed_list == "memory://to-a-url/out/_dedupe/removed.jsonl"
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_one_file_goes_to_one_url(tmp_path: Path, source: Path) -> None:
    fsspec = pytest.importorskip("fsspec")

    clean_files(source, "memory://one-url/clean.jsonl")

    found = fsspec.filesystem("memory").find("/one-url")
    names = ["clean.jsonl", "clean.jsonl_dedupe/removed.jsonl", "clean.jsonl_dedupe/report.json"]
    assert found == [f"/one-url/{name}" for name in names]


def test_a_url_that_holds_something_is_refused(tmp_path: Path, source: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    with fsspec.open("memory://taken/out/precious", "wt") as file:
        file.write("x")

    with pytest.raises(dedupe.InputError, match=r"memory://taken/out is not empty \(precious is there\)"):
        clean_files(source, "memory://taken/out")


def test_an_unknown_kind_of_url_is_named(tmp_path: Path, source: Path) -> None:
    pytest.importorskip("fsspec")

    with pytest.raises(dedupe.InputError, match="nowhere://x/out cannot be opened by fsspec"):
        clean_files(source, "nowhere://x/out")


def test_an_unknown_kind_of_url_is_named_among_the_inputs(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")

    with pytest.raises(dedupe.InputError, match=r"nowhere://x/in.jsonl cannot be opened by fsspec"):
        clean_files("nowhere://x/in.jsonl", tmp_path / "out")


def test_a_table_without_rows_has_the_columns_of_mark(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text\n")

    clean_files(tmp_path / "in.csv", tmp_path / "out", mark=True)

    header = "id,text,dedupe_keep,dedupe_survivor,dedupe_similarity,dedupe_rule\n"
    assert (tmp_path / "out/in.csv").read_text() == header


def test_an_upload_that_fails_goes_on(tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fsspec = pytest.importorskip("fsspec")

    def offline(*given: Any) -> None:
        raise OSError("no network")

    with monkeypatch.context() as patched:
        patched.setattr(stages, "upload", offline)
        with pytest.raises(OSError, match="no network"):
            clean_files(source, "memory://later/out")
    assert not fsspec.filesystem("memory").exists("/later/out/in.jsonl")

    estimate([str(source)], "memory://later/out", Job(Recipe.of("files")))  # takes nothing from what waits for resume
    clean_files(source, "memory://later/out", resume=True)

    assert fsspec.filesystem("memory").exists("/later/out/in.jsonl")


@pytest.mark.skipif(os.name == "nt", reason="folders cannot be forced there")
def test_no_file_gets_its_name_before_its_bytes_are_on_the_disk(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forced: set[tuple[int, int]] = set()
    early: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(handle: int) -> None:
        fsync(handle)
        state = os.fstat(handle)
        forced.add((state.st_ino, state.st_size))

    def noted_replace(path: Path, target: Path) -> Path:
        state = path.stat()
        early.extend([target.name] * ((state.st_ino, state.st_size) not in forced))
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    clean_files([source], tmp_path / "out", on_error="quarantine")

    assert early == []
    assert {path.stat().st_ino for path in (tmp_path / "out").rglob("*")} <= {inode for inode, _ in forced}
