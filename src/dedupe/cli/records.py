"""Files of JSON Lines, for commands that take them beside text files."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from dedupe.errors import InputError
from dedupe.inputs.formats import format_of
from dedupe.inputs.formats.streams import blocks


def has_records(path: str) -> bool:
    """Whether a FILE has a JSON object per line, by its name; standard input has."""
    return path == "-" or format_of(path) == "jsonl"


def records(path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read a file of JSON Lines, plain or packed, or standard input for ``-``.

    Yields:
        The place of each object, for messages, and the object.

    Raises:
        InputError: The file cannot be read, or a line is no JSON object.
    """
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        place = f"{path}, line {number}"
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{place}: not JSON in UTF-8: {error}") from error
        if not isinstance(found, dict):
            raise InputError(f"{place}: a JSON object is needed, got {type(found).__name__}")
        yield place, found


def _lines(path: str) -> Iterable[bytes]:
    if path == "-":
        return sys.stdin.buffer
    try:
        return b"".join(blocks(path)).split(b"\n")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
