"""Files in, files out: speed, memory and disk of `dedupe.clean_files`, beside other pipelines on the same file."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import data
from benchmarks.report import Table

_RATE = 0.25  # share of the documents that are planted duplicates


def make_file(path: Path, megabytes: float, *, seed: int = 1) -> int:
    """Write JSONL: documents of lines drawn from the bulk text, a quarter of them copies of earlier ones.

    A third of the copies is the same to the byte, a third has one word in a hundred replaced, a third three.

    Returns:
        Number of planted copies.
    """
    draw = random.Random(seed)
    lines = [line for _, text in data.bulk_docs() for line in text.split("\n") if line.strip()]
    texts: list[str] = []
    size = n_copies = number = 0
    with path.open("w", encoding="utf-8") as file:
        while size < megabytes * 1e6:
            if len(texts) > 100 and draw.random() < _RATE:
                words = draw.choice(texts).split(" ")
                share = draw.choice((0.0, 0.01, 0.03))
                text = " ".join("planted" if share and draw.random() < share else word for word in words)
                n_copies += 1
            else:
                text = "\n".join(draw.choices(lines, k=draw.randint(20, 200)))
                if len(texts) < 20_000:
                    texts.append(text)
                else:
                    texts[draw.randrange(20_000)] = text
            row = json.dumps({"id": number, "text": text}, ensure_ascii=False) + "\n"
            file.write(row)
            size += len(row.encode())
            number += 1
    return n_copies


def _measured(command: list[str], **env: str) -> tuple[float, float, int, str]:
    """Run a command; its wall time, processor time, peak memory in bytes, and what it printed."""
    begin = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=False)
    elapsed = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{command[:4]} ended with {done.returncode}: {done.stderr[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return elapsed, cpu, 0, done.stdout


def _ours(path: Path, memory: str, settings: str = "") -> dict[str, Any]:
    """Clean a file in a process of its own."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        code = (
            "import json, dedupe\n"
            f"made = dedupe.clean_files({str(path)!r}, {str(Path(folder) / 'out')!r}, memory={memory!r}{settings})\n"
            "print(json.dumps(made.to_dict()))"
        )
        elapsed, cpu, _, out = _measured([sys.executable, "-c", code])
    return {**json.loads(out), "wall_s": elapsed, "cpu_s": cpu}


def sizes(megabytes: list[float], memory: str) -> Table:
    """Speed, memory and disk as the input grows."""
    made = Table(
        "corpus: JSONL to JSONL, whole documents",
        ["MB", "format", "s", "cpu s", "MB/s", "peak MB", "spill / text", "documents", "removed", "recall"],
    )
    with tempfile.TemporaryDirectory(dir=os.environ.get("DEDUPE_SCRATCH")) as folder:
        for size in megabytes:
            path = Path(folder) / "in.jsonl"
            make_file(path, size)
            for file in _formats(path):
                _row(made, file, path.stat().st_size, memory)
            path.unlink()
    return made


def _formats(path: Path) -> Iterator[Path]:
    yield path
    import pyarrow as pa
    import pyarrow.parquet as pq

    other = path.with_suffix(".parquet")
    writer = None
    with path.open() as file:
        while rows := [json.loads(line) for _, line in zip(range(20_000), file, strict=False)]:
            batch = pa.Table.from_pylist(rows)
            writer = writer or pq.ParquetWriter(other, batch.schema)
            writer.write_table(batch)
    if writer:
        writer.close()
        yield other
        other.unlink()


def _row(made: Table, path: Path, text_bytes: int, memory: str) -> None:
    found = _ours(path, memory)
    made.add(
        round(text_bytes / 1e6),
        path.suffix[1:],
        round(found["wall_s"], 2),
        round(found["cpu_s"], 2),
        round(text_bytes / found["wall_s"] / 1e6, 1),
        round((found["peak_memory_bytes"] or 0) / 1e6),
        round(found["spilled_bytes"] / text_bytes, 3),
        found["documents_in"],
        found["documents_in"] - found["documents_out"],
        found["recall_measured"],
    )


def remove(path: Path) -> None:
    """Delete a folder of a rival."""
    shutil.rmtree(path, ignore_errors=True)
