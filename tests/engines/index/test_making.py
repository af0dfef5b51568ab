"""Several processes make the same index at the same moment."""

import os
import subprocess
import sys
from pathlib import Path

from dedupe import Index

CODE = """
import sys
from dedupe import Index
sys.stdin.readline()
path, number = sys.argv[1:]
with Index(path, timeout=60) as index:
    index.add({number: f"text {number} with some words of its own"})
print("done", flush=True)
"""


def test_processes_that_make_one_index_at_once_all_write_to_it(tmp_path: Path) -> None:
    path = tmp_path / "news.idx"
    command = [sys.executable, "-c", CODE, str(path)]
    running = [
        subprocess.Popen([*command, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for number in range(6)
    ]
    for process in running:  # all have started; now they go together
        process.stdin.write("go\n")
        process.stdin.flush()
    printed = [process.communicate(timeout=120)[0] for process in running]

    assert printed == ["done\n"] * 6
    with Index(path) as index:
        assert index.stats()["documents"] == 6
    assert not [name for name in os.listdir(path) if name.startswith(".")]
