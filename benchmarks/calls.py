"""The calls that users make: one article, many articles, the import."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable

import dedupe
from benchmarks import corpora, data
from benchmarks.report import Table, median, spread


def table(megabytes: float, repeats: int) -> Table:
    """Time each call by the clock, after one call that is not counted."""
    made = Table(
        "calls",
        "Speed: the calls that users make",
        "the first call of a process, which loads tables, but for the import.",
        {"megabytes": megabytes, "repeats": repeats, "threads": "all"},
        ["call", "on", "median ms", "spread ms", "MB/s"],
    )
    article = data.seeds()[1]
    made.rows.append(_row("clean", "one article of 3.6 kB", lambda: dedupe.clean(article), len(article), repeats * 20))
    try:
        documents = corpora.CORPORA["documents"](megabytes)
    except data.MissingData as missing:
        made.notes.append(str(missing))
        documents = [article] * int(megabytes * (1 << 20) / len(article))
    size = sum(len(text.encode()) for text in documents)
    name = f"{len(documents)} documents"
    made.rows.append(_row("clean_many", name, lambda: dedupe.clean_many(documents), size, repeats))
    made.rows.append(_row("find", name, lambda: dedupe.find(documents), size, repeats))
    made.rows.append(_row("find, weighted", name, lambda: dedupe.find(documents, measure="weighted"), size, repeats))
    command = "import time; t = time.perf_counter(); import dedupe; print(time.perf_counter() - t)"
    environment = os.environ | {"PYTHONPATH": str(data.ROOT / "src")}
    took = [
        float(subprocess.run([sys.executable, "-c", command], env=environment, capture_output=True, check=True).stdout)
        for _ in range(repeats)
    ]
    made.rows.append(["import dedupe", "a new process", 1000 * median(took), spread([1000 * t for t in took]), None])
    return made


def _row(name: str, on: str, call: Callable[[], object], size: int, repeats: int) -> list[object]:
    call()
    took = []
    for _ in range(repeats):
        begin = time.perf_counter()
        call()
        took.append(time.perf_counter() - begin)
    return [name, on, 1000 * median(took), spread([1000 * t for t in took]), size / (1 << 20) / median(took)]
