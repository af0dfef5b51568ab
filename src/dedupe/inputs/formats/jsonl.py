"""JSON Lines: kept lines come out byte for byte."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dedupe.errors import InputError
from dedupe.inputs.formats.rows import AddedColumns, Chunk, RowTexts, texts_of
from dedupe.inputs.formats.streams import blocks, compression, writing

LONGEST_LINE = 1 << 28  # bytes; a longer one is a file of another kind
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_ONE_PER_LINE = "write one object per line"
_LF = 10
_SHORT = 1024  # bytes of a line
Line = bytes | memoryview


def _loads(line: Line) -> Any:
    # decoded here, or the standard library would guess other encodings
    return json.loads(bytes(line).decode("utf-8", "surrogatepass"))


loads: Callable[[Line], Any]
try:
    import orjson
except ImportError:

    def loads(line: Line) -> Any:
        """Parse a line."""
        return _loads(line)

else:

    def loads(line: Line) -> Any:
        """Parse a line fast, and the way of the standard library what the fast way refuses (lone surrogates, NaN)."""
        try:
            return orjson.loads(line)
        except orjson.JSONDecodeError:
            return _loads(line)


def whole_lines(path: str) -> Iterator[bytes]:
    """The bytes of a file, some megabytes of whole lines at a time; a last line without an LF gets one.

    Raises:
        InputError: A line is longer than any document.
    """
    rest: list[bytes] = []
    size = n_lines = 0
    for data in blocks(path):
        end = data.rfind(b"\n") + 1
        if end:
            found = b"".join([*rest, memoryview(data)[:end]])
            n_lines += found.count(b"\n")
            rest, size = [data[end:]], len(data) - end
            yield found
            continue
        rest.append(data)
        size += len(data)
        if size > LONGEST_LINE:
            raise InputError(
                f"{path}:{n_lines + 1}: no line end in {size} bytes, so this is no file of lines; {_ONE_PER_LINE}"
            )
    if size:
        yield b"".join([*rest, b"\n"])


def lines(path: str) -> Iterator[list[bytes]]:
    """The lines of a file without their LF, some megabytes at a time; see :func:`whole_lines`."""
    for data in whole_lines(path):
        yield data.split(b"\n")[:-1]


def is_utf16(data: bytes) -> bool:
    """Whether a file that begins so is UTF-16, by its mark."""
    return data[:2] in _UTF16


def not_utf8(data: bytes, at: int) -> str:
    """Say that bytes are not UTF-8, and what they look like instead."""
    return "UTF-16, not UTF-8; convert the file" if is_utf16(data) else f"not UTF-8 at byte {at}"


class Lines(Chunk):
    """Some lines of a JSONL file."""

    _objects: list[dict[str, Any]] | None = None  # parsed lines, when all are good and their texts were asked for

    def __init__(self, found: Sequence[Line], text: str) -> None:
        """Hold lines; `text` names the column of the text."""
        self._lines, self.text = found, text
        self.n_rows = len(found)

    def lines(self, rows: Sequence[int] | None = None) -> Sequence[Line]:
        """These lines, or all."""
        return self._lines if rows is None else [self._lines[row] for row in rows]

    def texts(self, rows: Sequence[int] | None = None) -> RowTexts:
        """The texts of these rows, or of all."""
        chosen = self.lines(rows)
        try:
            objects = [loads(line) for line in chosen]
            values = [found[self.text] for found in objects]
            self._objects = objects if rows is None else None
        except (ValueError, KeyError, TypeError, RecursionError):
            values = [None]
        if not all(type(value) is str for value in values):  # now with a look at what is wrong
            values = [self._value(bytes(line)) for line in chosen]
        return texts_of(values, self.text)

    def _value(self, line: bytes) -> Any:
        """The text of a line; None for a blank line, an InputError for a bad one."""
        if not line.strip():
            return None
        try:
            found = loads(line.removeprefix(_BOM))
        except UnicodeDecodeError as error:
            return InputError(not_utf8(line, error.start))
        except (ValueError, RecursionError) as error:
            at = getattr(error, "colno", None)
            hint = f"; {_ONE_PER_LINE}" if line.strip() in (b"[", b"{") else ""
            return InputError(f"no valid JSON{f' at column {at}' if at else ''}: {getattr(error, 'msg', error)}{hint}")
        if not isinstance(found, dict):
            hint = f"; {_ONE_PER_LINE}" if isinstance(found, list) else ""
            return InputError(f"a JSON object is needed, got {type(found).__name__}{hint}")
        if self.text not in found:
            return InputError(f"no column {self.text!r}; there are: {', '.join(map(repr, found)) or 'none'}")
        value = found[self.text]
        return InputError(f"column {self.text!r} is null") if value is None else value

    def column(self, name: str, rows: Sequence[int] | None = None) -> list[Any]:
        """The values of another column, None where there is none."""
        if rows is None and self._objects is not None:
            return [found.get(name) for found in self._objects]
        made = []
        for line in self.lines(rows):
            try:
                made.append(loads(bytes(line).removeprefix(_BOM)).get(name))
            except (ValueError, AttributeError, RecursionError):
                made.append(None)
        return made

    def raw(self, row: int) -> str:
        """The line as it stands, for the quarantine."""
        return bytes(self.lines([row])[0]).decode("utf-8", "backslashreplace")


class Stretch(Lines):
    """Lines that stand behind each other in a file.

    Attributes:
        data: Their bytes, each line with its LF.
        ends: Where the LF of each line stands, ascending.
    """

    def __init__(self, data: bytes, text: str) -> None:
        """Find the lines in whole lines; `text` names the column of the text."""
        self.data, self.text = data, text
        self.ends = np.flatnonzero(np.frombuffer(data, np.uint8) == _LF)
        self.n_rows = self.ends.size

    def lines(self, rows: Sequence[int] | None = None) -> Sequence[Line]:
        """These lines, or all, without their LF; long ones without a copy."""
        is_short = len(self.data) < _SHORT * self.n_rows  # a view of a short line takes more than its copy
        if rows is None and is_short:
            return self.data.split(b"\n")[:-1]
        chosen = np.arange(self.n_rows) if rows is None else np.asarray(rows, np.int64)
        begins = np.where(chosen > 0, self.ends[chosen - 1] + 1, 0)
        source = self.data if is_short else memoryview(self.data)
        return [source[begin:end] for begin, end in zip(begins.tolist(), self.ends[chosen].tolist(), strict=True)]

    def span(self, begin: int, end: int) -> memoryview:
        """The lines `begin` to `end` with their LF, without a copy."""
        first = int(self.ends[begin - 1]) + 1 if begin else 0
        return memoryview(self.data)[first : int(self.ends[end - 1]) + 1]


def read(path: str, text: str, columns: Sequence[str] | None = None) -> Iterator[Stretch]:
    """The rows of a file in chunks; a row is a line."""
    for data in whole_lines(path):
        yield Stretch(data, text)


class Writer:
    """Writes lines as they are, with other text or with more columns."""

    def __init__(self, path: Path, source: str) -> None:
        """Open `path`, packed as `source` is."""
        self._opened = writing(path, compression(source))
        self._file = self._opened.__enter__()

    def write(self, chunk: Any, keep: Sequence[bool], texts: Mapping[int, str], added: AddedColumns | None) -> None:
        """Write the rows of a chunk that stay.

        Args:
            chunk: Lines.
            keep: A claim per row.
            texts: New texts of some rows.
            added: More columns, or None.
        """
        changed = range(chunk.n_rows) if added is not None else sorted(texts)
        as_is = np.array(keep, np.bool_)
        as_is[list(changed)] = False
        runs = np.flatnonzero(np.diff(as_is, prepend=False, append=False)).reshape(-1, 2)
        out: dict[int, Line] = {begin: chunk.span(begin, end) for begin, end in runs.tolist()}
        for row in changed:
            if keep[row]:
                out[row] = self._changed(chunk, row, texts.get(row), added.rows[row] if added else None)
        for row in sorted(out):
            self._file.write(out[row])

    def _changed(self, chunk: Stretch, row: int, text: str | None, columns: Mapping[str, Any] | None) -> bytes:
        line = bytes(chunk.lines([row])[0])
        if text is not None:
            line = with_text(line, chunk.text, text)
        if columns is not None and line.strip():
            line = with_columns(line, columns)
        return line + b"\n"

    def close(self) -> None:
        """Finish the file."""
        self._opened.__exit__(None, None, None)


def with_text(line: bytes, name: str, text: str) -> bytes:
    """Put another text into a line and leave every other byte as it is.

    Examples:
        >>> with_text(b'{"n": 1.50, "text":"a", "z": []}', "text", "b")
        b'{"n": 1.50, "text":"b", "z": []}'
    """
    bom = _BOM if line.startswith(_BOM) else b""
    source = line.removeprefix(_BOM).decode("utf-8")
    start, end = _span(source, name)
    is_ascii = source[start:end].isascii() and "\\u" in source[start:end]
    try:
        coded = json.dumps(text, ensure_ascii=is_ascii).encode()
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8, only an escape
        coded = json.dumps(text).encode()
    return bom + source[:start].encode() + coded + source[end:].encode()


def _span(source: str, name: str) -> tuple[int, int]:
    """Where the value of a column stands in the text of a JSON object; of two columns of one name, the last."""
    decoder = json.JSONDecoder()
    at = source.index("{") + 1
    found = (0, 0)
    while True:
        at = _past_space(source, at)
        if source[at] in "},":
            if source[at] == "}":
                return found
            at = _past_space(source, at + 1)
        key, at = decoder.raw_decode(source, at)
        start = _past_space(source, _past_space(source, at) + 1)
        _, at = decoder.raw_decode(source, start)
        if key == name:
            found = (start, at)


def _past_space(source: str, at: int) -> int:
    while source[at] in " \t\r\n":
        at += 1
    return at


def with_columns(line: bytes, columns: Mapping[str, Any]) -> bytes:
    """Add columns at the end of a line and leave every other byte as it is.

    Examples:
        >>> with_columns(b'{"a": 1}', {"keep": True})
        b'{"a": 1, "keep": true}'
    """
    head, brace, tail = line.rpartition(b"}")
    added = json.dumps(dict(columns))[1:-1].encode()
    comma = b"" if head.rstrip().endswith(b"{") else b", "
    return head.rstrip() + comma + added + brace + tail
