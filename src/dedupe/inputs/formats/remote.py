"""URLs: opened for reading, listed, and whole local files uploaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dedupe.errors import InputError, needs


def is_url(path: str) -> bool:
    """Whether a path names something that is not a local file."""
    return "://" in path


def file_system(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it.

    Raises:
        DedupeError: fsspec is missing.
        InputError: fsspec does not know the file system, or lacks its library.
    """
    try:
        import fsspec
    except ImportError as error:
        raise needs("url", "fsspec", f"{url} (a URL)") from error
    try:
        system, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise InputError(f"{url} cannot be opened by fsspec: {error}") from error
    return system, path


def first_entry(url: str) -> str | None:
    """The name of something that is at a URL; None when nothing is."""
    system, path = file_system(url)
    if not system.exists(path):
        return None
    if system.isfile(path):
        return path.rsplit("/", 1)[-1]
    return next((str(name).rstrip("/").rsplit("/", 1)[-1] for name in system.ls(path, detail=False)), None)


def upload(folder: Path, url: str, skip: Path) -> None:
    """Copy the files of a folder to a URL, the report last: when it is there, all is.

    Args:
        folder: The local folder.
        url: Where it goes.
        skip: A folder in it that stays.
    """
    system, root = file_system(url)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and skip not in path.parents]
    for path in sorted(files, key=lambda path: path.name == "report.json"):
        target = f"{root.rstrip('/')}/{path.relative_to(folder).as_posix()}"
        system.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
        system.put_file(str(path), target)
