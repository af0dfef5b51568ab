"""The commands `dedupe index …`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dedupe.cli.commands import main
from dedupe.engines.index import Index

RAIN = "it rained all day in the old town by the river"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["index", *map(str, arguments)])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    rows = [{"url": "a", "body": RAIN}, {"url": "b", "body": RAIN.upper()}, {"url": "c", "body": "a dry day"}]
    (tmp_path / "day1.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("add", tmp_path / "news.idx", tmp_path / "day1.jsonl", "--text", "body", "--id", "url", "--explain")
    assert done.exit_code == 0, done.output
    assert '"rule": "same words"' in done.output
    assert "3 documents added, 2 with something new; 1 duplicate blocks" in done.output
    return tmp_path / "news.idx"


def test_query_prints_matches(path: Path, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text(RAIN)

    found = [json.loads(line) for line in run("query", path, tmp_path / "page.txt").output.splitlines()]
    checked = json.loads(run("query", path, tmp_path / "page.txt", "--check").output)

    assert [(one["id"], one["verdict"]) for one in found] == [("a", "identical"), ("b", "same words")]
    assert (checked["verdict"], checked["id"]) == ("same as", "a")


def test_info_remove_compact_export(path: Path) -> None:
    assert json.loads(run("info", path).output)["stats"]["documents"] == 3
    assert "1 documents removed" in run("remove", path, "a").output
    assert run("compact", path).exit_code == 0
    assert [json.loads(line)["id"] for line in run("export", path).output.splitlines()] == ["b", "c"]
    assert run("verify", path).exit_code == 0


def test_an_export_goes_back_in(path: Path, tmp_path: Path) -> None:
    (tmp_path / "all.jsonl").write_text(run("export", path).output)

    assert run("add", tmp_path / "other.idx", tmp_path / "all.jsonl").exit_code == 0

    with Index(path) as one, Index(tmp_path / "other.idx") as other:
        assert other.duplicates() == one.duplicates()


def test_damage_is_told_and_repaired(path: Path) -> None:
    next(path.glob("records-*.seg")).unlink()

    assert run("verify", path).exit_code == 1
    assert "3 documents" in run("repair", path).output
    assert run("verify", path).exit_code == 0


def test_a_whole_index_is_not_repaired(path: Path) -> None:
    done = run("repair", path)

    assert "3 documents kept; it is whole, nothing was done" in done.output
    assert [entry.name for entry in path.parent.iterdir() if entry.is_dir()] == [path.name]


def test_what_was_skipped_is_told(path: Path) -> None:
    again = (path, path.parent / "day1.jsonl", "--text", "body", "--id", "url", "--on-conflict", "skip")

    assert "0 documents added, 0 with something new; 0 duplicate blocks; 3 skipped" in run("add", *again).output


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "none.idx: there is no such folder" in run("verify", tmp_path / "none.idx").output
    assert "there is no index at" in run("query", tmp_path / "none.idx", __file__).output


def test_an_error_is_one_line(path: Path) -> None:
    done = run("remove", path, "nobody")

    assert done.exit_code == 2
    assert done.output.startswith("Error: id 'nobody' is not in")
