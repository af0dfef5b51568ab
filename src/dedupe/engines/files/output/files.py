"""Files are written under other names, forced onto the disk, and only then renamed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dedupe.engines.files.disk.manifest import Manifest
from dedupe.engines.files.disk.run_columns import Extent, RunColumns
from dedupe.engines.files.job import Job
from dedupe.engines.files.output.paths import OutputPaths
from dedupe.engines.files.output.removed_list import Names, RemovedList, write_parquet
from dedupe.engines.files.output.rows import FileWriter
from dedupe.engines.files.progress import Progress
from dedupe.engines.files.reading.sources import NOTES, Source
from dedupe.inputs.durable import force, rename, write_text

_CHECKPOINT = 64 << 20  # bytes of input between two notes of the writing
_FILES = 1000  # the same in files


def write_files(
    sources: Sequence[Source],
    extents: Sequence[Extent],
    job: Job,
    columns: RunColumns,
    paths: OutputPaths,
    manifest: Manifest,
    progress: Progress,
) -> dict[str, int]:
    """Write all files; what is noted as written is not written again.

    Returns:
        Counts of documents and blocks.
    """
    (paths.work / "written").mkdir(exist_ok=True)
    state = manifest.done("writing") or {"files": 0, "removed": 0, "quarantine": 0, "counts": {}}
    if state["files"] == len(sources):  # the lists may be in the report folder already
        finished: dict[str, int] = state["counts"]
        return finished
    lists = {name: paths.work / f"{name}.jsonl" for name in ("removed", "quarantine")}
    progress.stage("writing", sum(source.size_bytes for source in sources))
    with (
        _reopened(lists["removed"], state["removed"]) as removed,
        _reopened(lists["quarantine"], state["quarantine"]) as quarantine,
    ):
        names = Names(sources, extents, columns, job)
        removed_list = RemovedList(job, columns, names, removed)
        files = FileWriter(job, columns, removed_list, quarantine if job.on_error == "quarantine" else None)
        files.counts.update(state["counts"])
        whole: list[tuple[Path, Path]] = []
        since = 0
        for number in range(state["files"], len(sources)):
            part = paths.work / "written" / f"{number}.part"
            part.unlink(missing_ok=True)
            files.write(sources[number], extents[number], part)
            if part.exists():
                whole.append((part, paths.of_source(sources[number])))
            progress.advance(sources[number].size_bytes)
            since += sources[number].size_bytes
            if since < _CHECKPOINT and len(whole) < _FILES and number < len(sources) - 1:
                continue
            removed.flush()
            quarantine.flush()
            force(lists.values())
            rename(whole)
            state.update(files=number + 1, counts=files.counts, removed=removed.tell(), quarantine=quarantine.tell())
            manifest.finish("writing", state)
            whole, since = [], 0
    counts: dict[str, int] = files.counts
    return counts


def _reopened(path: Path, size: int) -> Any:
    """Open a list to append to it, cut to the size that was noted."""
    if path.exists():
        os.truncate(path, size)
    return path.open("a", encoding="utf-8", newline="")


def place_lists(job: Job, paths: OutputPaths) -> None:
    """Put the lists beside the files; those that are there already stay."""
    removed, quarantine = paths.work / "removed.jsonl", paths.work / "quarantine.jsonl"
    if removed.exists():
        if job.removed_format == "parquet":
            part = paths.work / "removed.parquet"
            write_parquet(removed, part, job)
            rename([(part, paths.removed_list(job))])
        else:
            rename([(removed, paths.removed_list(job))])
    if quarantine.exists() and job.on_error == "quarantine":
        rename([(quarantine, paths.report_folder / "quarantine.jsonl")])


def print_files(sources: Sequence[Source], paths: OutputPaths) -> None:
    """Copy the files to standard output."""
    for source in sources:
        path = paths.of_source(source)
        if path.exists():
            with path.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
    sys.stdout.buffer.flush()


def copy_notes(source: Path, target: Path, mark: str) -> None:
    """Copy the notes of a data set saved by Hugging Face datasets, with a fingerprint of their own.

    Args:
        source: An input folder.
        target: Its output folder.
        mark: What distinguishes this run from others, for the fingerprint.
    """
    for path in [path for name in NOTES for path in source.rglob(name)]:
        into = target / path.relative_to(source)
        if path.name == "state.json":
            notes = json.loads(path.read_text())
            notes["_fingerprint"] = hashlib.sha256(f"{notes.get('_fingerprint')}{mark}".encode()).hexdigest()[:16]
            write_text(into, json.dumps(notes, indent=2, sort_keys=True))
        else:
            into.write_bytes(path.read_bytes())
            force([into])
