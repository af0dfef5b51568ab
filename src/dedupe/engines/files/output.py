"""Files on their way out: written under other names, forced onto the disk, and only then called what they are."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dedupe.engines.files.account.listed import write_parquet
from dedupe.engines.files.account.progress import Progress
from dedupe.engines.files.disk.durable import force, rename
from dedupe.engines.files.disk.manifest import Manifest
from dedupe.engines.files.disk.store import Extent, Store
from dedupe.engines.files.inputs import Source
from dedupe.engines.files.job import Job, Places
from dedupe.engines.files.write import FileWriter, Names

_CHECKPOINT = 64 << 20  # bytes of input between two notes of the writing
_FILES = 1000  # the same in files


def write_files(
    sources: Sequence[Source],
    extents: Sequence[Extent],
    job: Job,
    store: Store,
    where: Places,
    manifest: Manifest,
    progress: Progress,
) -> dict[str, int]:
    """Write all files; what is noted as written is not written again.

    Returns:
        Counts of documents and blocks.
    """
    (where.work / "written").mkdir(exist_ok=True)
    state = manifest.done("writing") or {"files": 0, "removed": 0, "quarantine": 0, "counts": {}}
    if state["files"] == len(sources):  # the lists may have gone to their places
        finished: dict[str, int] = state["counts"]
        return finished
    lists = {name: where.work / f"{name}.jsonl" for name in ("removed", "quarantine")}
    progress.stage("writing", sum(source.size_bytes for source in sources))
    with (
        _reopened(lists["removed"], state["removed"]) as removed,
        _reopened(lists["quarantine"], state["quarantine"]) as quarantine,
    ):
        names = Names(sources, extents, store, job)
        files = FileWriter(job, store, names, removed, quarantine if job.on_error == "quarantine" else None)
        files.counts.update(state["counts"])
        whole: list[tuple[Path, Path]] = []
        since = 0
        for number in range(state["files"], len(sources)):
            part = where.work / "written" / f"{number}.part"
            part.unlink(missing_ok=True)
            files.write(sources[number], extents[number], part)
            if part.exists():
                whole.append((part, _target(where, sources[number])))
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


def _target(where: Places, source: Source) -> Path:
    if where.output is None:
        return where.work / "out" / source.name
    return where.output if where.one_file else where.output / source.name


def _reopened(path: Path, size: int) -> Any:
    """Open a list to append to it, cut to the size that was noted."""
    if path.exists():
        os.truncate(path, size)
    return path.open("a", encoding="utf-8", newline="")


def place_lists(job: Job, where: Places) -> None:
    """Put the lists beside the files; those that are there already stay."""
    removed, quarantine = where.work / "removed.jsonl", where.work / "quarantine.jsonl"
    if removed.exists():
        if job.removed_format == "parquet":
            part = where.work / "removed.parquet"
            write_parquet(removed, part, job)
            rename([(part, where.removed_list(job))])
        else:
            rename([(removed, where.removed_list(job))])
    if quarantine.exists() and job.on_error == "quarantine":
        rename([(quarantine, where.aside / "quarantine.jsonl")])


def print_files(sources: Sequence[Source], where: Places) -> None:
    """Copy the files to standard output."""
    for source in sources:
        path = _target(where, source)
        if path.exists():
            with path.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
    sys.stdout.buffer.flush()
