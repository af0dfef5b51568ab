"""What a run prints and writes, and the page that is made from it."""

from pathlib import Path

import pytest

from benchmarks.page import page
from benchmarks.report import Table, publish, surroundings


def test_a_run_is_printed_written_and_put_on_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plot = {"kind": "lines", "x": "size", "y": "seconds", "series": {"ours": [[1, 1.0], [2, 2.0]]}}
    table = Table("pace", "How fast", "everything else.", {"seed": 1}, ["who", "s"], [["ours", 0.5]], plot=plot)

    publish([table], surroundings(["numpy", "no-such-package"]), tmp_path / "run")
    page([tmp_path / "run" / "results.json"], tmp_path / "page.md")

    printed, written = capsys.readouterr().out, (tmp_path / "page.md").read_text("utf-8")
    assert "who   s    \n-----------\nours  0.500" in printed
    assert "no-such-package not installed" in written
    assert "| ours | 0.500 |\n\n![How fast](page/pace.svg)" in written
    assert (tmp_path / "page" / "pace.svg").exists()


def test_without_a_folder_a_run_is_only_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    publish([Table("pace", "How fast", "everything else.", {}, ["who"])], surroundings(), None)
    assert list(tmp_path.iterdir()) == []
