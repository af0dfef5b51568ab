"""CSV and TSV: kept rows come out byte for byte, quoting included."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dedupe.errors import InputError
from dedupe.inputs.formats.jsonl import LONGEST_LINE, is_utf16, lines, not_utf8
from dedupe.inputs.formats.rows import AddedColumns, RowTexts, texts_of
from dedupe.inputs.formats.streams import compression, writing

_CHUNK = 4 << 20  # bytes of rows handed over at a time
_BOM = "\ufeff"


class Rows:
    """Some rows of a CSV file.

    Attributes:
        header: The header as it stands.
        raw: Each row as it stands, line end included.
        fields: The fields of each row, quotes resolved.
    """

    def __init__(self, table: _Table, raw: list[str], fields: list[list[str]]) -> None:
        """Hold rows of a table."""
        self.table, self.lines, self.fields = table, raw, fields
        self.n_rows = len(raw)

    def texts(self, rows: Sequence[int] | None = None) -> RowTexts:
        """The texts of these rows, or of all."""
        chosen = range(self.n_rows) if rows is None else rows
        return texts_of([self._value(row) for row in chosen], self.table.text)

    def _value(self, row: int) -> str | InputError | None:
        fields = self.fields[row]
        if not fields:  # a blank line
            return None
        if len(fields) != len(self.table.names):
            return InputError(f"{len(fields)} fields, the header has {len(self.table.names)}")
        value = fields[self.table.column]
        try:
            value.encode()
        except UnicodeEncodeError:  # undecodable bytes came in as surrogates
            return InputError(f"column {self.table.text!r} is not UTF-8")
        return value

    def column(self, name: str, rows: Sequence[int] | None = None) -> list[Any]:
        """The values of another column, None where there is none."""
        place = self.table.place(name)
        chosen = self.fields if rows is None else [self.fields[row] for row in rows]
        return [fields[place] if place < len(fields) else None for fields in chosen]

    def raw(self, row: int) -> str:
        """The row as it stands, for the quarantine."""
        return self.lines[row].encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


class _Table:
    """The header of a file, and where its text column is."""

    def __init__(self, path: str, header: str, names: list[str], text: str, delimiter: str) -> None:
        self.path, self.header, self.text, self.delimiter = path, header, text, delimiter
        self.names = names
        self.column = self.place(text)

    def place(self, name: str) -> int:
        """Number of a column."""
        if name not in self.names:
            raise InputError(f"{self.path}: no column {name!r}; there are: {', '.join(map(repr, self.names))}")
        return self.names.index(name)


def read(path: str, text: str, columns: Sequence[str] | None = None, *, delimiter: str = ",") -> Iterator[Rows]:
    """The rows of a file in chunks; the header is no row.

    Raises:
        InputError: There is no header or no such column, or a quote is never closed.
    """
    records = _records(path, delimiter)
    first = next(records, None)
    if first is None:
        return
    header, names = first
    start = header.encode("utf-8", "surrogateescape")
    if is_utf16(start):
        raise InputError(f"{path}: {not_utf8(start, 0)}")
    names = [name.removeprefix(_BOM) if place == 0 else name for place, name in enumerate(names)]
    table = _Table(path, header, names, text, delimiter)
    raw: list[str] = []
    fields: list[list[str]] = []
    size = 0
    for line, row in records:
        raw.append(line)
        fields.append(row)
        size += len(line)
        if size >= _CHUNK:
            yield Rows(table, raw, fields)
            raw, fields, size = [], [], 0
    yield Rows(table, raw, fields)


def _records(path: str, delimiter: str) -> Iterator[tuple[str, list[str]]]:
    """Each record as it stands and as fields; a record is as many lines as its quotes span."""
    csv.field_size_limit(LONGEST_LINE)  # for the whole process: the default of 128 KB is less than a long document
    taken: list[str] = []

    def feed() -> Iterator[str]:
        size = 0
        for found in lines(path):
            for line in found:
                size = size + len(line) if taken else len(line)
                if size > LONGEST_LINE:
                    raise InputError(f"{path}: a quote that opens in row {n_rows} is not closed in {size} bytes")
                taken.append(line.decode("utf-8", "surrogateescape") + "\n")
                yield taken[-1]

    n_rows = 0
    reader = csv.reader(feed(), delimiter=delimiter)
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise InputError(f"{path}:{n_rows}: {error}") from error
        if fields is None:
            return
        yield "".join(taken), fields
        taken.clear()
        n_rows += 1


class Writer:
    """Writes rows as they are, with other text or with more columns."""

    def __init__(self, path: Path, source: str) -> None:
        """Open `path`, packed as `source` is."""
        self._opened = writing(path, compression(source))
        self._file = self._opened.__enter__()
        self._has_header = False

    def write(self, chunk: Rows, keep: Sequence[bool], texts: Mapping[int, str], added: AddedColumns | None) -> None:
        """Write the rows of a chunk that stay."""
        table = chunk.table
        out = []
        if not self._has_header:
            self._has_header = True
            out.append(_with_fields(table.header, list(added.kinds) if added else [], table.delimiter))
        for row, line in enumerate(chunk.lines):
            if not keep[row]:
                continue
            if row in texts:
                line = with_field(line, table.column, texts[row], table.delimiter)
            if added is not None and chunk.fields[row]:
                line = _with_fields(line, [_plain(value) for value in added.rows[row].values()], table.delimiter)
            out.append(line)
        self._file.write("".join(out).encode("utf-8", "surrogateescape"))

    def close(self) -> None:
        """Finish the file."""
        self._opened.__exit__(None, None, None)


def with_field(line: str, column: int, value: str, delimiter: str) -> str:
    r"""Put another value into a row and leave every other character as it is.

    Examples:
        >>> with_field('1,"a, b",x\r\n', 1, 'c "d', ",")
        '1,"c ""d",x\r\n'
    """
    field = re.compile(rf'"(?:[^"]|"")*"[^{re.escape(delimiter)}\r\n]*|[^{re.escape(delimiter)}\r\n]*')
    at = 0
    for _ in range(column):
        found = field.match(line, at)
        assert found
        at = found.end() + 1
    found = field.match(line, at)
    assert found
    return line[:at] + _quoted(value, delimiter, always=line[at : at + 1] == '"') + line[found.end() :]


def _with_fields(line: str, values: Sequence[str], delimiter: str) -> str:
    if not values:
        return line
    bare = line.rstrip("\r\n")
    return bare + "".join(delimiter + _quoted(value, delimiter) for value in values) + line[len(bare) :]


def _quoted(value: str, delimiter: str, *, always: bool = False) -> str:
    if always or any(char in value for char in (delimiter, '"', "\n", "\r")):
        return '"' + value.replace('"', '""') + '"'
    return value


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
