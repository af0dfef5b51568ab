"""Text files in and out: decoded with a clear error, written whole or not at all."""

from __future__ import annotations

import codecs
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from dedupe.errors import InputError, OptionError


def read(path: str, encoding: str = "utf-8") -> str:
    """Read a text file, or standard input for ``-``.

    Args:
        path: The file.
        encoding: Any encoding that Python knows.

    Returns:
        The text, line ends as they are.

    Raises:
        InputError: The file cannot be read, or does not decode: names the file and the byte offset.
        OptionError: The encoding is unknown.
    """
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        raise OptionError(f"encoding must be one that Python knows, got {encoding!r}; try utf-8 or latin-1") from error
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        found = " ".join(f"{byte:02x}" for byte in data[error.start : error.start + 4])
        raise InputError(
            f"{path}: byte {error.start} does not decode as {encoding} (found {found}); name another with --encoding"
        ) from error


def write(path: Path, data: bytes) -> None:
    """Write a file beside its target and rename it, so that a stop leaves the old one whole.

    Raises:
        InputError: The place cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:80]}.", suffix=".part", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, path.stat().st_mode if path.exists() else 0o666 & ~_umask())
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def targets(paths: Sequence[str], folder: Path) -> list[Path]:
    """Where the cleaned copy of each file goes.

    Raises:
        InputError: Two files have one name.
    """
    made: dict[Path, str] = {}
    for path in paths:
        target = folder / ("stdin.txt" if path == "-" else Path(path).name)
        if target in made:
            raise InputError(f"{made[target]} and {path} would both be written to {target}; rename one, or run twice")
        made[target] = path
    return list(made)
