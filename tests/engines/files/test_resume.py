"""A run that was killed goes on where it stopped, and ends with the same bytes."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from killed_run import Server

import dedupe
from dedupe import clean_files

# A run in an interpreter of its own, to be killed at a moment that nobody has chosen.
WHOLE = """
import sys, dedupe
dedupe.clean_files(
    *sys.argv[1:3], unit="paragraph", inside=True, keep="longest", on_error="quarantine", resume=len(sys.argv) > 3
)
"""

JOBS: dict[str, dict[str, Any]] = {
    "documents": {"id": "id", "on_error": "quarantine"},
    "paragraphs": {"unit": "paragraph", "inside": True, "keep": "longest", "on_error": "quarantine"},
}


def make_input(folder: Path) -> None:
    """Some files with duplicates and a bad line."""
    draw = random.Random(3)
    folder.mkdir()
    texts: list[str] = []
    for number in range(5):
        lines = []
        for row in range(30):
            text = draw.choice(texts) if texts and draw.random() < 0.4 else new_text(draw)
            texts.append(text)
            lines.append(json.dumps({"id": number * 100 + row, "text": text}))
        (folder / f"part-{number}.jsonl").write_text("\n".join([*lines[:10], "{bad", *lines[10:]]) + "\n")


def new_text(draw: random.Random) -> str:
    """Three paragraphs of words, sometimes one of them twice."""
    parts = [" ".join(f"w{draw.randrange(500)}" for _ in range(12)) for _ in range(3)]
    return "\n\n".join(parts + parts[:1] * draw.randrange(2))


def contents(folder: Path) -> dict[str, bytes]:
    """All files of an output but the report, which has times in it."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "report.json")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Where runs are started that may be killed."""
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")
    server = Server()
    yield server
    server.close()


@pytest.mark.parametrize("name", JOBS)
def test_a_killed_run_ends_with_the_same_bytes(tmp_path: Path, server: Server, name: str) -> None:
    make_input(tmp_path / "in")
    code, n_writes = server.run(-1, tmp_path / "in", tmp_path / "whole", JOBS[name])
    step = int(os.environ.get("DEDUPE_KILL_STEP", str(n_writes // 4)))

    outputs = {
        fatal: killed_at(server, fatal, tmp_path / "in", tmp_path / f"out-{fatal}", JOBS[name])
        for fatal in range(1, n_writes + 1, step)
    }

    assert code == 0
    assert [fatal for fatal, output in outputs.items() if output != contents(tmp_path / "whole")] == []


def killed_at(server: Server, fatal: int, source: Path, output: Path, settings: dict[str, Any]) -> dict[str, bytes]:
    """Kill a run at a write, kill the next one a little later, and let the third go through."""
    assert server.run(fatal, source, output, settings)[0] == -signal.SIGKILL
    if server.run(9, source, output, {**settings, "resume": True})[0]:
        assert server.run(-1, source, output, {**settings, "resume": True})[0] == 0
    return contents(output)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(int(os.environ.get("DEDUPE_KILLS", "3"))))
def test_a_run_killed_at_any_moment_ends_with_the_same_bytes(tmp_path: Path, seed: int) -> None:
    make_input(tmp_path / "in")
    command = [sys.executable, "-c", WHOLE, str(tmp_path / "in")]
    begin = time.monotonic()
    subprocess.run([*command, str(tmp_path / "whole")], check=True)
    usual = time.monotonic() - begin

    child = subprocess.Popen([*command, str(tmp_path / "out")])
    time.sleep(usual * random.Random(seed).random())
    child.kill()
    child.wait()
    subprocess.run([*command, str(tmp_path / "out"), "resume"], check=True)

    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


@pytest.fixture
def interrupted(tmp_path: Path, server: Server) -> Path:
    """An output that a run left half done."""
    make_input(tmp_path / "in")
    server.run(60, tmp_path / "in", tmp_path / "out", JOBS["documents"])
    return tmp_path / "out"


def test_changed_settings_are_refused(tmp_path: Path, interrupted: Path) -> None:
    with pytest.raises(dedupe.InputError, match=r"options.threshold was 0.7 and is 0.9 now"):
        clean_files(tmp_path / "in", interrupted, id="id", on_error="quarantine", threshold=0.9, resume=True)


def test_changed_content_is_refused_even_when_the_size_is_the_same(tmp_path: Path, interrupted: Path) -> None:
    path = tmp_path / "in/part-2.jsonl"
    path.write_bytes(path.read_bytes().replace(b"w1", b"w2", 1))

    with pytest.raises(dedupe.InputError, match=r"the input part-2.jsonl has other content"):
        clean_files(tmp_path / "in", interrupted, id="id", on_error="quarantine", resume=True)


def test_a_half_done_output_is_not_overwritten_without_resume(tmp_path: Path, interrupted: Path) -> None:
    with pytest.raises(dedupe.InputError, match="is not empty"):
        clean_files(tmp_path / "in", interrupted, id="id", on_error="quarantine")


def test_resume_of_nothing_is_a_new_run(tmp_path: Path) -> None:
    make_input(tmp_path / "in")

    summary = clean_files(tmp_path / "in", tmp_path / "out", on_error="skip", resume=True)

    assert summary.documents_in == 155
