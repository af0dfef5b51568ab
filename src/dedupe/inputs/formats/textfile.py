"""Text files: one file, one document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dedupe.core.text.batch import encode
from dedupe.errors import InputError
from dedupe.inputs.formats.jsonl import not_utf8
from dedupe.inputs.formats.rows import AddedColumns, RowTexts
from dedupe.inputs.formats.streams import blocks, compression, copy, writing

_LARGEST = 1 << 28  # bytes; texts are held whole


class File:
    """The one row of a text file."""

    n_rows = 1

    def __init__(self, path: str, data: bytes) -> None:
        """Hold the bytes of a file."""
        self.path, self.data = path, data

    def texts(self, rows: Sequence[int] | None = None) -> RowTexts:
        """The text."""
        if rows is not None and not len(rows):
            return RowTexts(encode([]), {})
        try:
            return RowTexts(encode([self.data.decode("utf-8")]), {})
        except UnicodeDecodeError as error:
            return RowTexts(encode([""]), {0: not_utf8(self.data, error.start)})

    def column(self, name: str, rows: Sequence[int] | None = None) -> list[Any]:
        """The file's name, whatever the column: a text file has no columns."""
        return [Path(self.path).name] * (1 if rows is None else len(rows))

    def raw(self, row: int) -> str:
        """The bytes as they stand, for the quarantine."""
        return self.data.decode("utf-8", "backslashreplace")


def read(path: str, text: str, columns: Sequence[str] | None = None) -> Iterator[File]:
    """The one row of a file.

    Raises:
        InputError: The file is larger than any document.
    """
    parts, size = [], 0
    for data in blocks(path):
        parts.append(data)
        size += len(data)
        if size > _LARGEST:
            raise InputError(f"{path} has more than {_LARGEST} bytes, too many for one document; cut it into parts")
    yield File(path, b"".join(parts))


class Writer:
    """Writes a text file; none when its document goes."""

    def __init__(self, path: Path, source: str) -> None:
        """Note where to write."""
        self.path, self.source = path, source

    def write(self, chunk: File, keep: Sequence[bool], texts: Mapping[int, str], added: AddedColumns | None) -> None:
        """Copy the file, or write its new text."""
        if added is not None:
            raise InputError(f"{self.source}: a text file has no columns to mark; leave mark out, or use JSON Lines")
        if not keep[0]:
            return
        if 0 not in texts:
            copy(self.source, self.path)
            return
        with writing(self.path, compression(self.source)) as file:
            file.write(texts[0].encode("utf-8", "surrogatepass"))

    def close(self) -> None:
        """Nothing is open."""
