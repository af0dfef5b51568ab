"""A writer that is killed at any moment leaves whole batches, all that it said were done, and a clean index."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import pytest
from engines.index import writer

import dedupe
from dedupe.engines.index import Index

# 200 by hand before a release: DEDUPE_KILLS=200
KILLS = int(os.environ.get("DEDUPE_KILLS", "6"))


def killed_writer(path: Path, seed: int, seconds: float) -> int:
    """Run a writer, kill it, and return how many steps it said were done."""
    process = subprocess.Popen([sys.executable, writer.__file__, str(path), str(seed)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    said = process.stdout.read().split()
    process.stdout.close()
    process.wait()
    return int(said[-1]) if said else 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(KILLS))
def test_kill_leaves_whole_batches(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "news.idx"

    done = killed_writer(path, seed, random.Random(seed).uniform(0.0, 1.5))

    with Index(path, timeout=30) as index:
        # the step that was under way is there as a whole, or not at all
        before, after = writer.truth(seed, done), writer.truth(seed, done + 1)
        there = {one: index.text(one) for one in index.ids()}
        assert list(there.items()) in (list(before.items()), list(after.items()))
        assert index.verify() == ()
        found = dedupe.find(there, threshold=0.6)
        assert [(d.block.doc, d.survivor.doc, d.similarity) for d in index.duplicates()] == [
            (d.block.doc, d.survivor.doc, d.similarity) for d in found.duplicates
        ]
        index.add({"one more": "and it goes on"})
        assert "one more" in index


@pytest.mark.slow
def test_a_reader_sees_whole_steps_while_another_process_writes(tmp_path: Path) -> None:
    path = tmp_path / "news.idx"
    command = [sys.executable, writer.__file__, str(path), "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        seen = set()
        with Index(path, readonly=True) as index:
            end = time.monotonic() + 4.0
            while time.monotonic() < end:
                seen.add(tuple(row["id"] for row in index.export()))
                index.query("rain wind sun snow hail fog storm cloud")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()

    assert len(seen) > 1
    assert seen <= {tuple(there) for there in islice(writer.states(1), 500)}
