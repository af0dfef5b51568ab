"""Files in, files out: speed, memory and disk of `dedupe.clean_files`, beside other pipelines on the same files.

`python -m benchmarks corpus` measures growth; `python -m benchmarks.corpus` takes sizes, rivals and a place for JSON.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import data, report
from benchmarks.report import Table

_RATE = 0.25  # share of the documents that are planted copies
_POOL = 20_000  # documents that copies are made of
_FILE_MB = 2000  # of a larger input, each file
_PARQUET_MB = 1000  # the largest input that is measured as Parquet too

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


def _ours(source: Path, output: Path, settings: dict[str, Any]) -> tuple[float, float, dict[str, Any]]:
    code = (
        "import json, dedupe\n"
        f"made = dedupe.clean_files({str(source)!r}, {str(output)!r}, **{settings!r})\n"
        "print(json.dumps(made.to_dict()))"
    )
    elapsed, cpu, out = _run([sys.executable, "-c", code])
    return elapsed, cpu, json.loads(out)


@contextmanager
def _made(megabytes: float, n_files: int) -> Iterator[tuple[Path, int]]:
    """A folder with the input in ``jsonl``, and its planted copies; kept for the next run in DEDUPE_SCRATCH."""
    scratch = os.environ.get("DEDUPE_SCRATCH")
    if scratch is None:
        with tempfile.TemporaryDirectory() as name:
            (Path(name) / "jsonl").mkdir()
            yield Path(name), make_files(Path(name) / "jsonl", megabytes, n_files=n_files)
        return
    folder = Path(scratch) / f"corpus-{megabytes:g}mb-{n_files}"
    note = folder / "planted"
    if not note.exists():
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "jsonl").mkdir(parents=True)
        note.write_text(str(make_files(folder / "jsonl", megabytes, n_files=n_files)))
    yield folder, int(note.read_text())


def growth(megabytes: list[float], memory: str) -> Table:
    """Speed, memory and disk as the input grows, for JSONL and Parquet."""
    made = Table(
        name="corpus",
        title="Files in, files out: whole documents, a quarter of them planted copies",
        not_shown="disks slower than this one, packed files, texts of other lengths; made of lines of real text",
        settings={"memory": memory, "repeats": 1, "threshold": 0.7},
        columns=["format", "MB", "s", "cpu s", "MB/s", "peak MB", "spill / text", "documents", "removed", "planted",
                 "recall measured", "load before"],
    )  # fmt: skip
    times: dict[str, list[tuple[float, float]]] = {}
    for size in megabytes:
        with _made(size, max(1, round(size / _FILE_MB))) as (folder, n_planted):
            for source in _formats(folder, with_parquet=size <= _PARQUET_MB):
                output = folder / f"to-{source.name}"
                load = os.getloadavg()[0]
                elapsed, cpu, found = _ours(source, output, {"memory": memory})
                shutil.rmtree(output)
                times.setdefault(source.name, []).append((size, cpu))
                made.rows.append(
                    [source.name, size, elapsed, cpu, size / elapsed, (found["peak_memory_bytes"] or 0) / 1e6,
                     found["spilled_bytes"] / size / 1e6, found["documents_in"],
                     found["documents_in"] - found["documents_out"], n_planted, found["recall_measured"], load]
                )  # fmt: skip
    for name, points in times.items():
        if len(points) > 1:
            (low, first), (high, last) = points[0], points[-1]
            exponent = math.log(last / first) / math.log(high / low)
            made.notes.append(f"{name}: processor time grows with the size to the power {exponent:.2f}")
    made.notes.append("other work on the same processors lengthens s, not cpu s")
    return made


def _formats(folder: Path, *, with_parquet: bool) -> Iterator[Path]:
    """The folder of JSONL, and one of the same rows as Parquet where pyarrow is installed."""
    yield folder / "jsonl"
    if not with_parquet:
        return
    if (folder / "parquet").exists():
        yield folder / "parquet"
        return
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


def beside(name: str, python: str, megabytes: float, memory: str) -> Table:
    """Our run and that of another pipeline on the same two files.

    Args:
        name: ``datatrove`` or ``text-dedup``.
        python: A Python interpreter that has it.
        megabytes: Size of the input.
        memory: Our bound.
    """
    made = Table(
        name=f"corpus-{name}",
        title=f"Files in, files out, beside the MinHash pipeline of {name}",
        not_shown=f"what each promises: {name} compares no texts, so what it removes is not checked",
        settings={"MB": megabytes, "memory": memory, "repeats": 1, "workers": 2, name: "at its defaults"},
        columns=["pipeline", "s", "MB/s", "removed", "planted", "load before"],
    )
    with _made(megabytes, 2) as (folder, n_planted):
        source, work = folder / "jsonl", folder / "work"
        n_rows = sum(1 for path in source.iterdir() for _ in path.open(encoding="utf-8"))
        load = os.getloadavg()[0]
        ours, _, found = _ours(source, work / "ours", {"memory": memory})
        removed = found["documents_in"] - found["documents_out"]
        made.rows.append(["dedupe corpus", ours, megabytes / ours, removed, n_planted, load])
        load = os.getloadavg()[0]
        theirs, n_kept = _RIVALS[name](python, source, work)
        made.rows.append([name, theirs, megabytes / theirs, n_rows - n_kept, n_planted, load])
        made.notes.append(f"dedupe corpus is {theirs / ours:.0f} times as fast")
        shutil.rmtree(work)
    return made


def _datatrove(python: str, source: Path, work: Path) -> tuple[float, int]:
    script = work / "rival.py"
    script.write_text(_DATATROVE)
    elapsed, _, _ = _run([python, str(script), str(source), str(work / "datatrove")])
    return elapsed, sum(1 for path in (work / "datatrove/out").iterdir() for _ in path.open(encoding="utf-8"))


def _text_dedup(python: str, source: Path, work: Path) -> tuple[float, int]:
    folder = work / "text-dedup"
    elapsed, _, _ = _run(
        [python, "-m", "text_dedup.minhash", "--path", "json", "--data_files", str(source / "*.jsonl"),
         "--split", "train", "--cache_dir", str(folder / "cache"), "--output", str(folder / "out"), "--column", "text",
         "--batch_size", "10000", "--num_proc", "2"]
    )  # fmt: skip
    _, _, kept = _run([python, "-c", f"import datasets; print(len(datasets.load_from_disk({str(folder / 'out')!r})))"])
    return elapsed, int(kept)


_RIVALS = {"datatrove": _datatrove, "text-dedup": _text_dedup}


def short_blocks(megabytes: float, memory: str) -> Table:
    """Lines and paragraphs, which leave more behind than whole documents."""
    made = Table(
        name="corpus-parts",
        title="Files in, files out: parts of documents",
        not_shown="real documents: these are lines of real manuals in new mixtures, so most lines repeat",
        settings={"MB": megabytes, "memory": memory, "repeats": 1},
        columns=["settings", "s", "cpu s", "MB/s", "peak MB", "spill / text", "words in", "words out"],
    )
    cases: list[dict[str, Any]] = [
        {"unit": "paragraph"},
        {"unit": "line"},
        {"unit": "line", "min_words": 0},
        {"unit": "line", "min_words": 0, "threshold": 1.0},
    ]
    with _made(megabytes, 1) as (folder, _):
        for case in cases:
            elapsed, cpu, found = _ours(folder / "jsonl", folder / "out", {**case, "memory": memory})
            shutil.rmtree(folder / "out")
            made.rows.append(
                [_told(case), elapsed, cpu, megabytes / elapsed, (found["peak_memory_bytes"] or 0) / 1e6,
                 found["spilled_bytes"] / megabytes / 1e6, found["words_in"], found["words_out"]]
            )  # fmt: skip
    return made


def _told(settings: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items())


def crawl() -> Table:
    """Lines of web pages that go, span by span beside those that another tool reports."""
    made = Table(
        name="corpus-crawl",
        title="Repeated lines of ten web documents, beside those that dolma reports",
        not_shown="larger crawls: its paragraphs are lines, and it reports every line seen before in the stream",
        settings={"unit": "line"},
        columns=["settings", "theirs", "ours", "both", "only theirs", "only ours", "of theirs under 8 words"],
    )
    folder = data.folder() / "crawl"
    if not (folder / "documents.jsonl.gz").exists():
        made.notes.append("crawl: not on this machine")
        return made
    with gzip.open(folder / "documents.jsonl.gz", "rt", encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    with gzip.open(folder / "repeated-paragraphs.expected.jsonl.gz", "rt", encoding="utf-8") as file:
        reported = [json.loads(line)["attributes"]["bff_duplicate_paragraph_spans"] for line in file]
    theirs = {  # its spans end behind the line end, ours before it
        (row, start, start + len(texts[row][start:end].rstrip()))
        for row, spans in enumerate(reported)
        for start, end, _ in spans
    }
    n_short = sum(len(texts[row][start:end].split()) < 8 for row, start, end in theirs)
    for case in ({"min_words": 0, "threshold": 1.0}, {"min_words": 0}, {}):
        ours = _removed_spans(folder / "documents.jsonl.gz", {"unit": "line", **case})
        made.rows.append(
            [_told(case) or "defaults", len(theirs), len(ours), len(theirs & ours), len(theirs - ours),
             len(ours - theirs), n_short]
        )  # fmt: skip
        made.notes += [
            f"{_told(case)}: only ours {texts[row][start:end][:60]!r}" for row, start, end in sorted(ours - theirs)
        ]
    return made


def _removed_spans(source: Path, settings: dict[str, Any]) -> set[tuple[int, int, int]]:
    import dedupe

    with tempfile.TemporaryDirectory() as name:
        dedupe.clean_files(source, Path(name) / "out", **settings)
        with (Path(name) / "out/_dedupe/removed.jsonl").open(encoding="utf-8") as file:
            listed = [json.loads(line) for line in file]
    return {(one["row"] - 1, *one["span"]) for one in listed}


def main() -> None:
    """Measure what was asked for, print it, and write it when a place was given."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.corpus", description=__doc__)
    parser.add_argument("--mb", type=float, action="append", help="size of an input in growth; repeat")
    parser.add_argument("--memory", default="2GB")
    parser.add_argument(
        "--rival", nargs=3, action="append", default=[], metavar=("NAME", "PYTHON", "MB"),
        help=f"another pipeline ({', '.join(_RIVALS)}), a Python that has it, and the size of the input",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, help="file for JSON")
    given = parser.parse_args()
    around = report.surroundings(("numpy", "pyarrow", "orjson"))
    sizes = given.mb or [100.0, 1000.0]
    around["command"] = "python -m benchmarks.corpus " + " ".join(f"--mb {size:g}" for size in sizes)
    tables = [growth(sizes, given.memory), short_blocks(30.0, given.memory), crawl()]
    tables += [beside(name, python, float(size), given.memory) for name, python, size in given.rival]
    for table in tables:
        print(table.text(), flush=True)
    if given.out:
        made = {"around": around, "tables": [asdict(table) for table in tables]}
        given.out.write_text(json.dumps(made, indent=1) + "\n")


if __name__ == "__main__":
    main()
