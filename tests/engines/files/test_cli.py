"""The command: pipes, exit codes, progress, dry runs."""

import json
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dedupe.cli.commands import main

A = "The quick brown fox jumps over the lazy dog and then sleeps for a while in the sun."
B = "An entirely different sentence about the weather, the sea, and the price of salt fish."
LINES = "".join(json.dumps({"text": text}) + "\n" for text in (A, B, A.upper()))


def corpus(*arguments: str, folder: Path) -> Result:
    """Run the command in a folder."""
    with chdir(folder):
        return CliRunner().invoke(main, ["corpus", *arguments])


def test_a_pipe_gives_the_kept_lines(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dedupe", "corpus", "-", "-o", "-", "--quiet"]

    done = subprocess.run(command, input=LINES, capture_output=True, text=True, cwd=tmp_path, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "".join(LINES.splitlines(True)[:2]), "")
    assert list(tmp_path.iterdir()) == []


def test_one_file_may_go_to_one_file(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(LINES)

    result = corpus("in.jsonl", "-o", "out.jsonl", folder=tmp_path)

    assert (tmp_path / "out.jsonl").read_text() == "".join(LINES.splitlines(True)[:2])
    assert "documents  3 in, 2 out" in result.stderr


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(LINES)

    result = corpus("in.jsonl", "-o", "out", "--dry-run", folder=tmp_path)

    assert "3 documents" in result.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_progress_comes_as_lines_of_json(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(LINES)

    result = corpus("in.jsonl", "-o", "out", "--progress-json", "--report", "run.json", folder=tmp_path)

    stages = [line["stage"] for line in map(json.loads, result.stderr.splitlines()) if line["event"] == "end"]
    assert stages == ["checking", "reading", "matching", "reading back", "comparing", "writing"]
    assert json.loads((tmp_path / "run.json").read_text())["documents_out"] == 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["missing.jsonl", "-o", "out"], 2, "Error: missing.jsonl does not exist"),
        (["in.jsonl", "-o", "out", "--keep", "longst"], 2, "did you mean 'longest'"),
        (["in.jsonl", "-o", "out", "--max-loss", "0.1"], 3, "nothing was written"),
        (["in.jsonl", "-o", "in.jsonl/out"], 2, "lies inside the input"),
    ],
)
def test_exit_codes_tell_what_was_wrong(tmp_path: Path, arguments: list[str], code: int, message: str) -> None:
    (tmp_path / "in.jsonl").write_text(LINES)

    result = corpus(*arguments, folder=tmp_path)

    assert (result.exit_code, message in result.stderr) == (code, True)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_an_interrupt_leaves_a_run_that_can_go_on(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(LINES)
    code = (
        "import os, signal\n"
        "from dedupe.engines.files.disk import columns\n"
        "columns.Column.flush = lambda self: os.kill(os.getpid(), signal.SIGINT)\n"
        "from dedupe.cli.commands import main\n"
        "main(['corpus', 'in.jsonl', '-o', 'out'])"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    again = corpus("in.jsonl", "-o", "out", "--resume", "--quiet", folder=tmp_path)

    assert (done.returncode, again.exit_code) == (130, 0)
    assert (tmp_path / "out/in.jsonl").read_text() == "".join(LINES.splitlines(True)[:2])


def test_an_unwritable_place_is_a_failure_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(LINES)
    (tmp_path / "file").write_text("x")

    result = corpus("in.jsonl", "-o", "file/out", folder=tmp_path)

    assert result.exit_code == 4


def test_the_sources_and_the_kind_of_list_can_be_chosen(tmp_path: Path) -> None:
    rows = [{"site": site, "text": text} for site, text in (("one.org", A), ("two.org", B), ("two.org", A.upper()))]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    result = corpus("in.jsonl", "-o", "out", "--source", "site", "--removed-format", "parquet", folder=tmp_path)

    assert "source     two.org lost 54.5% of its words" in result.stderr
    assert f"list       {Path('out/_dedupe/removed.parquet')}" in result.stderr
    assert (tmp_path / "out/_dedupe/removed.parquet").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--engine", "spark", "--against", "old.idx"], "--against was given, but --engine spark goes without it"),
        (["--engine", "spark", "--memory", "2GB"], "--memory was given, but --engine spark goes without it"),
        (["--master", "local[2]"], "--master was given, but it is for --engine spark"),
        (["--engine", "flink"], "'flink' is not one of 'local', 'spark'"),
    ],
)
def test_an_option_of_the_other_engine_is_refused(tmp_path: Path, arguments: list[str], message: str) -> None:
    result = corpus("in.jsonl", "-o", "out", *arguments, folder=tmp_path)
    assert result.exit_code == 2
    assert message in result.stderr
