"""Files in, files out: speed, memory and disk of `dedupe.clean_files`, beside another pipeline on the same file."""

from __future__ import annotations

import json
import math
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import data
from benchmarks.report import Table

_RATE = 0.25  # share of the documents that are planted copies
_POOL = 20_000  # documents that copies are made of

# The local pipeline of datatrove with its own defaults, in two tasks; run by the interpreter that has it.
_DATATROVE = """
import sys
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig, MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter

if __name__ == "__main__":
    source, work = sys.argv[1:]
    config = MinhashConfig()
    reader = lambda: JsonlReader(source, glob_pattern="*.jsonl")
    stages = [
        ([reader(), MinhashDedupSignature(output_folder=work + "/sig", config=config)], 2),
        ([MinhashDedupBuckets(input_folder=work + "/sig", output_folder=work + "/buckets", config=config)],
         config.num_buckets),
        ([MinhashDedupCluster(input_folder=work + "/buckets", output_folder=work + "/ids", config=config)], 1),
        ([reader(), MinhashDedupFilter(input_folder=work + "/ids"),
          JsonlWriter(work + "/out", compression=None)], 2),
    ]
    for number, (steps, tasks) in enumerate(stages):
        LocalPipelineExecutor(
            pipeline=steps, tasks=tasks, workers=2, logging_dir=work + f"/log{number}").run()
"""


def make_files(folder: Path, megabytes: float, *, n_files: int = 1, seed: int = 1) -> int:
    """Write JSONL: documents of lines drawn from the bulk text, a quarter of them copies of earlier ones.

    A third of the copies is the same to the byte, a third has one word in a hundred replaced, a third three.

    Returns:
        Number of planted copies.
    """
    draw = random.Random(seed)
    lines = [line for _, text in data.bulk_docs() for line in text.split("\n") if line.strip()]
    texts: list[str] = []
    n_copies = number = 0
    for part in range(n_files):
        size = 0
        with (folder / f"part-{part}.jsonl").open("w", encoding="utf-8") as file:
            while size < megabytes * 1e6 / n_files:
                is_copy = len(texts) > 100 and draw.random() < _RATE
                text = _copy(draw, texts) if is_copy else "\n".join(draw.choices(lines, k=draw.randint(20, 200)))
                n_copies += is_copy
                if not is_copy and len(texts) < _POOL:
                    texts.append(text)
                row = json.dumps({"id": number, "text": text}, ensure_ascii=False) + "\n"
                file.write(row)
                size += len(row.encode())
                number += 1
    return n_copies


def _copy(draw: random.Random, texts: list[str]) -> str:
    share = draw.choice((0.0, 0.01, 0.03))
    words = draw.choice(texts).split(" ")
    return " ".join("planted" if share and draw.random() < share else word for word in words)


def _run(command: list[str]) -> tuple[float, float, str]:
    """Run a command in a process of its own: seconds of wall and of processors, and what it printed."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    elapsed, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return elapsed, cpu, done.stdout


def _ours(source: Path, folder: Path, memory: str) -> tuple[float, float, dict[str, Any]]:
    code = (
        "import json, dedupe\n"
        f"made = dedupe.clean_files({str(source)!r}, {str(folder / 'out')!r}, memory={memory!r})\n"
        "print(json.dumps(made.to_dict()))"
    )
    elapsed, cpu, out = _run([sys.executable, "-c", code])
    return elapsed, cpu, json.loads(out)


def growth(megabytes: list[float], memory: str) -> Table:
    """Speed, memory and disk as the input grows, for JSONL and Parquet."""
    made = Table(
        name="corpus",
        title="Files in, files out: whole documents, a quarter of them planted copies",
        not_shown="disks slower than this one, packed files, texts of other lengths; made of lines of real text",
        settings={"memory": memory, "repeats": 1, "threshold": 0.7},
        columns=["format", "MB", "s", "cpu s", "MB/s", "peak MB", "spill / text", "documents", "removed", "planted",
                 "recall measured"],
    )  # fmt: skip
    times: dict[str, list[tuple[float, float]]] = {}
    for size in megabytes:
        with tempfile.TemporaryDirectory(dir=os.environ.get("DEDUPE_SCRATCH")) as name:
            folder = Path(name)
            (folder / "jsonl").mkdir()
            n_planted = make_files(folder / "jsonl", size)
            for source in _formats(folder):
                elapsed, cpu, found = _ours(source, folder / f"to-{source.name}", memory)
                times.setdefault(source.name, []).append((size, cpu))
                made.rows.append(
                    [source.name, size, elapsed, cpu, size / elapsed, (found["peak_memory_bytes"] or 0) / 1e6,
                     found["spilled_bytes"] / size / 1e6, found["documents_in"],
                     found["documents_in"] - found["documents_out"], n_planted, found["recall_measured"]]
                )  # fmt: skip
    for name, points in times.items():
        if len(points) > 1:
            (low, first), (high, last) = points[0], points[-1]
            exponent = math.log(last / first) / math.log(high / low)
            made.notes.append(f"{name}: processor time grows with the size to the power {exponent:.2f}")
    made.notes.append("other work on the same processors lengthens s, not cpu s")
    return made


def _formats(folder: Path) -> Iterator[Path]:
    """The folder of JSONL, and one of the same rows as Parquet where pyarrow is installed."""
    yield folder / "jsonl"
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        return
    (folder / "parquet").mkdir()
    for path in sorted((folder / "jsonl").iterdir()):
        writer = None
        with path.open(encoding="utf-8") as file:
            while rows := [json.loads(line) for _, line in zip(range(10_000), file, strict=False)]:
                table = pa.Table.from_pylist(rows)
                writer = writer or pq.ParquetWriter(folder / "parquet" / f"{path.stem}.parquet", table.schema)
                writer.write_table(table)
        if writer:
            writer.close()
    yield folder / "parquet"


def beside(megabytes: float, memory: str, rival: str) -> Table:
    """Our run and datatrove's on the same two files.

    Args:
        megabytes: Size of the input.
        memory: Our bound.
        rival: A Python interpreter that has datatrove.
    """
    made = Table(
        name="corpus-beside",
        title="Files in, files out, beside datatrove's local MinHash pipeline",
        not_shown="what each promises: datatrove at its defaults (14 buckets of 8, 5-grams) compares no texts",
        settings={"MB": megabytes, "memory": memory, "repeats": 1, "workers": 2},
        columns=["pipeline", "s", "cpu s", "MB/s", "removed", "planted"],
    )
    with tempfile.TemporaryDirectory(dir=os.environ.get("DEDUPE_SCRATCH")) as name:
        folder = Path(name)
        (folder / "in").mkdir()
        n_planted = make_files(folder / "in", megabytes, n_files=2)
        n_rows = sum(1 for path in (folder / "in").iterdir() for _ in path.open(encoding="utf-8"))
        elapsed, cpu, found = _ours(folder / "in", folder / "ours", memory)
        removed = found["documents_in"] - found["documents_out"]
        made.rows.append(["dedupe corpus", elapsed, cpu, megabytes / elapsed, removed, n_planted])
        script = folder / "rival.py"
        script.write_text(_DATATROVE)
        theirs, _, _ = _run([rival, str(script), str(folder / "in"), str(folder / "work")])
        kept = sum(1 for path in (folder / "work/out").iterdir() for _ in path.open(encoding="utf-8"))
        # its workers are no children of the process that is measured, so their processor time is not known
        made.rows.append(["datatrove", theirs, None, megabytes / theirs, n_rows - kept, n_planted])
        made.notes.append(f"dedupe corpus is {theirs / elapsed:.1f} times as fast")
    return made
