"""The files that one commit makes: threads write them, side by side and beside the work of the caller."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from dedupe.engines.index.storage.catalogue import Catalogue, Named
from dedupe.engines.index.storage.segments import SegmentWriter
from dedupe.errors import DedupeError

Fill = Callable[[SegmentWriter], dict[str, int]]  # writes the sections of a file, and says what is in it
_THREADS = 3  # a commit makes at most one file of each kind


class NewFiles:
    """Files that are written now, and belong to the index once they are named."""

    def __init__(self, folder: Path, catalogue: Catalogue, settings: dict[str, Any]) -> None:
        """Begin, inside a transaction of the catalogue."""
        self._folder, self._catalogue, self._settings = folder, catalogue, settings
        self._pool: ThreadPoolExecutor | None = None
        self._running: list[Future[Named]] = []
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
        named = [running.result() for running in self._running]
        if self._pool is not None:
            self._pool.shutdown()
            sync_folder(self._folder)
        for one in named:
            self._catalogue.name(one)

    def abandon(self) -> None:
        """Stop, and take away what was written."""
        for one in self._awaited:
            one.cancel()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        for path in self._paths:
            path.unlink(missing_ok=True)

    def _write(self, path: Path, kind: str, level: int, fill: Fill) -> Named:
        with SegmentWriter(path, {"kind": kind, "level": level, "settings": self._settings}) as writer:
            counts = fill(writer)
            writer.fact("counts", counts)
        return Named(path.name, kind, level, path.stat().st_size, json.dumps(counts))


def sync_folder(path: Path) -> None:
    """Make the names in a folder last through a power cut."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:  # Windows opens no folders; it keeps names in order itself
        return
    try:
        os.fsync(handle)
    except OSError as error:
        raise DedupeError(f"cannot write {path}: {error.strerror or error}; nothing was changed") from error
    finally:
        os.close(handle)
