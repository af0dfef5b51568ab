"""The segments that one commit adds: threads write them, side by side and beside the work of the caller."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from dedupe.engines.index.storage.catalogue import Catalogue, SegmentEntry
from dedupe.engines.index.storage.postings import ByEra
from dedupe.engines.index.storage.records import Records, write_records
from dedupe.engines.index.storage.segments import Segment, SegmentWriter
from dedupe.engines.index.storage.view import FAMILIES, Changes
from dedupe.errors import DedupeError
from dedupe.inputs.durable import force

Fill = Callable[[SegmentWriter], dict[str, int]]  # writes the sections of a file, and says what is in it
_THREADS = 3  # a commit makes at most one file of each kind


class NewSegments:
    """Segments that are written now, and belong to the index once the catalogue lists them."""

    def __init__(self, folder: Path, catalogue: Catalogue, settings: dict[str, Any]) -> None:
        """Begin, inside a transaction of the catalogue."""
        self._folder, self._catalogue, self._settings = folder, catalogue, settings
        self._pool: ThreadPoolExecutor | None = None
        self._running: list[Future[SegmentEntry]] = []
        self._paths: list[Path] = []
        self._awaited: list[Future[Any]] = []

    def start(self, kind: str, level: int, fill: Fill) -> None:
        """Take a name and begin to write."""
        path = self._folder / self._catalogue.next_name(kind)
        self._paths.append(path)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(_THREADS)
        self._running.append(self._pool.submit(self._write, path, kind, level, fill))

    def later(self) -> Future[Any]:
        """What a file waits for; when the commit fails, it waits no more."""
        self._awaited.append(Future())
        return self._awaited[-1]

    def finish(self) -> None:
        """Wait until all files are on the disk, and make them part of the index.

        Raises:
            DedupeError: The disk is full, or does not take them.
        """
        entries = [running.result() for running in self._running]
        if self._pool is not None:
            self._pool.shutdown()
            sync_folder(self._folder)
        for entry in entries:
            self._catalogue.add(entry)

    def abandon(self) -> None:
        """Stop, and take away what was written."""
        for awaited in self._awaited:
            awaited.cancel()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        for path in self._paths:
            path.unlink(missing_ok=True)

    def _write(self, path: Path, kind: str, level: int, fill: Fill) -> SegmentEntry:
        with SegmentWriter(path, {"kind": kind, "level": level, "settings": self._settings}) as writer:
            counts = fill(writer)
            writer.fact("counts", counts)
        return SegmentEntry(path.name, kind, level, path.stat().st_size, json.dumps(counts))


def sync_folder(path: Path) -> None:
    """Make the names in a folder last through a power cut."""
    try:
        force([path])
    except OSError as error:
        raise DedupeError(f"cannot write {path}: {error.strerror or error}; nothing was changed") from error


def fill_records(parts: list[Records], decisions: Future[Any]) -> Fill:
    """Write stretches that follow each other, the decisions about them last."""

    def fill(writer: SegmentWriter) -> dict[str, int]:
        write_records(writer, parts, decisions)
        return {
            "first_doc": parts[0].first_doc,
            "first_block": parts[0].first_block,
            "n_docs": sum(part.n_docs for part in parts),
            "n_blocks": sum(part.n_blocks for part in parts),
        }

    return fill


def fill_postings(families: dict[str, ByEra]) -> Fill:
    """Write the postings of all families."""

    def fill(writer: SegmentWriter) -> dict[str, int]:
        named = {f"{family}:{era}": parts for family in FAMILIES for era, parts in sorted(families[family].items())}
        return {name: writer.section(name, parts(), "u8") for name, parts in named.items()}

    return fill


def fill_changes(changes: Changes) -> Fill:
    """Write the removed list and what was decided again."""

    def fill(writer: SegmentWriter) -> dict[str, int]:
        for name, dtype in _CHANGES.items():
            writer.section(name, [getattr(changes, name)], dtype)
        return {"removed": int(changes.removed.size), "blocks": int(changes.blocks.size)}

    return fill


_CHANGES: dict[str, str] = {"removed": "u4", "blocks": "u4", "head": "u4", "survivor": "u4", "similarity": "f8"}


def read_changes(segment: Segment) -> Changes:
    """What :func:`fill_changes` wrote."""
    removed, blocks, head, survivor = (segment[name].astype(np.int64) for name in list(_CHANGES)[:4])
    return Changes(removed, blocks, head, survivor, segment["similarity"].astype(np.float64))
