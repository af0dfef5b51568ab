"""A run that was killed goes on where it stopped, and ends with the same bytes."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import dedupe
from dedupe import clean_files

# Runs a job, and kills itself at the n-th time that something goes to disk; half of what was meant to go is there.
CHILD = """
import json, os, signal, sys
from pathlib import Path
from dedupe.engines.files import job, run
from dedupe.engines.files.matching import fingerprint
from dedupe.engines.files.output import files, rows
from dedupe.engines.files.disk import columns, manifest
from dedupe.inputs.formats import jsonl

fatal, count = int(sys.argv[1]), 0
fingerprint._CHECKPOINT = files._CHECKPOINT = 1
job.Job.budget_bytes = property(lambda self: 60_000)

def dying(real, half):
    def call(self, *given):
        global count
        count += 1
        if count == fatal:
            half(self)
            os.kill(os.getpid(), signal.SIGKILL)
        return real(self, *given)
    return call

def tear(column):
    with column.path.open("ab") as file:
        for rows in column._waiting:
            file.write(rows.tobytes()[: rows.nbytes // 2 + 1])

columns.Column.flush = dying(columns.Column.flush, tear)
manifest.Manifest.save = dying(manifest.Manifest.save, lambda self: self.path.with_name("x.part").write_text("{"))
jsonl.Writer.write = dying(jsonl.Writer.write, lambda self: (self._file.write(b"half a line"), self._file.flush()))
rows.FileWriter._entries = dying(rows.FileWriter._entries, lambda self: (self.removed.write("half"), self.removed.flush()))
Path.replace = dying(Path.replace, lambda self: None)
settings = json.loads(sys.argv[4])
run.clean_files(sys.argv[2], sys.argv[3], **settings)
print(count)
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


def start(fatal: int, source: Path, output: Path, settings: dict[str, Any]) -> "subprocess.Popen[str]":
    """A run in a process of its own."""
    command = [sys.executable, "-c", CHILD, str(fatal), str(source), str(output), json.dumps(settings)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(child: "subprocess.Popen[str]") -> str:
    """Wait for a run that must end well; returns what it printed."""
    out, err = child.communicate(timeout=120)
    assert child.returncode == 0, err
    return out


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("name", JOBS)
def test_a_killed_run_ends_with_the_same_bytes(tmp_path: Path, name: str) -> None:
    make_input(tmp_path / "in")
    n_writes = int(finish(start(-1, tmp_path / "in", tmp_path / "whole", JOBS[name])))
    expected = contents(tmp_path / "whole")
    step = int(os.environ.get("DEDUPE_KILL_STEP", str(n_writes // 4)))

    ends = {
        fatal: killed_at(fatal, tmp_path / "in", tmp_path / f"out-{fatal}", JOBS[name])
        for fatal in range(1, n_writes + 1, step)
    }

    assert [fatal for fatal, found in ends.items() if found != expected] == []


def killed_at(fatal: int, source: Path, output: Path, settings: dict[str, Any]) -> dict[str, bytes]:
    """Kill a run at a write, kill the next one a little later, and let the third go through."""
    child = start(fatal, source, output, settings)
    child.communicate(timeout=120)
    assert child.returncode == -signal.SIGKILL
    again = start(9, source, output, {**settings, "resume": True})
    again.communicate(timeout=120)
    if again.returncode:
        finish(start(-1, source, output, {**settings, "resume": True}))
    return contents(output)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("seed", range(int(os.environ.get("DEDUPE_KILLS", "3"))))
def test_a_run_killed_at_any_moment_ends_with_the_same_bytes(tmp_path: Path, seed: int) -> None:
    make_input(tmp_path / "in")
    settings = JOBS["paragraphs"]
    begin = time.monotonic()
    finish(start(-1, tmp_path / "in", tmp_path / "whole", settings))
    usual = time.monotonic() - begin

    child = start(-1, tmp_path / "in", tmp_path / "out", settings)
    time.sleep(usual * random.Random(seed).random())
    child.kill()
    child.communicate()
    finish(start(-1, tmp_path / "in", tmp_path / "out", {**settings, "resume": True}))

    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def interrupted(tmp_path: Path) -> Path:
    """An output that a run left half done."""
    make_input(tmp_path / "in")
    start(60, tmp_path / "in", tmp_path / "out", JOBS["documents"]).communicate(timeout=120)
    return tmp_path / "out"


def test_changed_settings_are_refused(tmp_path: Path) -> None:
    output = interrupted(tmp_path)

    with pytest.raises(dedupe.InputError, match=r"options.threshold was 0.7 and is 0.9 now"):
        clean_files(tmp_path / "in", output, id="id", on_error="quarantine", threshold=0.9, resume=True)


def test_changed_content_is_refused_even_when_the_size_is_the_same(tmp_path: Path) -> None:
    output = interrupted(tmp_path)
    path = tmp_path / "in/part-2.jsonl"
    path.write_bytes(path.read_bytes().replace(b"w1", b"w2", 1))

    with pytest.raises(dedupe.InputError, match=r"the input part-2.jsonl has other content"):
        clean_files(tmp_path / "in", output, id="id", on_error="quarantine", resume=True)


def test_a_half_done_output_is_not_overwritten_without_resume(tmp_path: Path) -> None:
    output = interrupted(tmp_path)

    with pytest.raises(dedupe.InputError, match="is not empty"):
        clean_files(tmp_path / "in", output, id="id", on_error="quarantine")


def test_resume_of_nothing_is_a_new_run(tmp_path: Path) -> None:
    make_input(tmp_path / "in")

    summary = clean_files(tmp_path / "in", tmp_path / "out", on_error="skip", resume=True)

    assert summary.documents_in == 155
