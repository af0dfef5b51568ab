"""Files that a power cut cannot leave half done: on the disk first, then under their names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_WAITS = 16  # at a time: a disk serves them together


def force(paths: Iterable[Path]) -> None:
    """Wait until the bytes of files, and the names in folders, are on the disk."""
    listed = list(paths)
    if len(listed) == 1:  # no thread for one
        _force(*listed)
        return
    with ThreadPoolExecutor(_WAITS) as pool:
        for _ in pool.map(_force, listed):
            pass


def _force(path: Path) -> None:
    is_windows = os.name == "nt"  # where a folder cannot be opened, and a file not be forced by a reader
    if is_windows and path.is_dir():
        return
    handle = os.open(path, os.O_RDWR if is_windows else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def rename(pairs: Sequence[tuple[Path, Path]]) -> None:
    """Give files their names when their bytes are on the disk; then the names are there too."""
    force(part for part, _ in pairs)
    for part, path in pairs:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.replace(path)
    force({path.parent for _, path in pairs})


def write_text(path: Path, text: str) -> None:
    """Write a small file; a reader sees the old one or the new one, whole."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8", newline="")
    rename([(part, path)])
