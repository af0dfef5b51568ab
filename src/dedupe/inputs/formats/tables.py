"""Parquet and Arrow files: every column and type as it is, row groups and compression too."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from dedupe.core.text.batch import Batch, encode
from dedupe.errors import InputError, needs
from dedupe.inputs.formats.rows import AddedColumns, RowTexts
from dedupe.inputs.formats.streams import reading

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError as missing:
    raise needs("arrow", "pyarrow", "Parquet and Arrow") from missing

_CHUNK = 8 << 20  # bytes of rows handed over at a time, about
_GROUP = 48 << 20  # bytes of rows that wait for the end of a row group
_MAGIC = b"ARROW1"


class Rows:
    """Some rows of a table.

    Attributes:
        batch: Their columns; only some when not all were asked for.
        group: Number of the row group or record batch they come from.
        origin: What the writer must know of the file.
    """

    def __init__(self, batch: Any, text: str, group: int, origin: Any) -> None:
        """Hold rows."""
        self.batch, self.text, self.group, self.origin = batch, text, group, origin
        self.n_rows: int = batch.num_rows

    def texts(self, rows: Sequence[int] | None = None) -> RowTexts:
        """The texts of these rows, or of all, without a copy where Arrow's layout is ours."""
        column = self.batch.column(self.text)
        if rows is not None:
            column = column.take(pa.array(rows, pa.int64()))
        problems = {}
        if column.null_count:
            nulls = np.flatnonzero(np.asarray(column.is_null()))
            problems = dict.fromkeys(nulls.tolist(), f"column {self.text!r} is null")
            column = column.fill_null("")
        column = column.cast(pa.large_string())
        try:
            column.validate(full=True)
        except pa.ArrowInvalid:
            return self._checked(column, problems)
        offsets = np.frombuffer(column.buffers()[1], np.int64)[column.offset : column.offset + len(column) + 1]
        data = column.buffers()[2]
        buffer = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
        if offsets.size == 0:
            return RowTexts(encode([]), problems)
        return RowTexts(Batch(buffer[offsets[0] : offsets[-1]], offsets - offsets[0]), problems)

    def _checked(self, column: Any, problems: dict[int, str]) -> RowTexts:
        """The same, value by value, for a column with bytes that are not UTF-8."""
        texts = []
        for place, value in enumerate(column.cast(pa.large_binary()).to_pylist()):
            try:
                texts.append(value.decode("utf-8"))
            except UnicodeDecodeError as error:
                problems[place] = f"column {self.text!r} is not UTF-8 at byte {error.start}"
                texts.append("")
        return RowTexts(encode(texts), problems)

    def column(self, name: str, rows: Sequence[int] | None = None) -> list[Any]:
        """The values of another column."""
        if name not in self.batch.schema.names:
            raise InputError(f"no column {name!r}; there are: {', '.join(map(repr, self.batch.schema.names))}")
        found = self.batch.column(name)
        return list((found if rows is None else found.take(pa.array(rows, pa.int64()))).to_pylist())

    def raw(self, row: int) -> str:
        """The row as JSON, for the quarantine."""
        values = {}
        for name, column in zip(self.batch.schema.names, self.batch.columns, strict=True):
            try:
                values[name] = column[row].as_py()
            except UnicodeDecodeError:
                values[name] = repr(column.slice(row, 1).cast(pa.binary())[0].as_py())
        return json.dumps(values, default=repr)


def read(path: str, text: str, columns: Sequence[str] | None = None) -> Iterator[Rows]:
    """The rows of a Parquet or Arrow file in chunks.

    Raises:
        InputError: The file is damaged, or has no such column, or the column holds something other than text.
    """
    try:
        with reading(path) as file:
            head = file.read(6)
            file.seek(0)
            if not head:
                raise InputError(f"{path} is damaged: it has no bytes, not even a schema")
            if head[:4] == b"PAR1":
                yield from _read_parquet(file, path, text, columns)
            else:
                yield from _read_arrow(file, path, text, is_stream=head != _MAGIC)
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, FileNotFoundError | PermissionError):
            raise
        raise InputError(f"{path} is damaged: {error}") from error


def _check(schema: Any, path: str, text: str) -> None:
    if text not in schema.names:
        raise InputError(f"{path}: no column {text!r}; there are: {', '.join(map(repr, schema.names))}")
    kind = schema.field(text).type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind == pa.string_view()):
        raise InputError(f"{path}: column {text!r} is {kind}, not text")


def _read_parquet(file: Any, path: str, text: str, columns: Sequence[str] | None) -> Iterator[Rows]:
    made = pq.ParquetFile(file)
    schema, about = made.schema_arrow, made.metadata
    _check(schema, path, text)
    chosen = None if columns is None else [name for name in schema.names if name in columns]
    for group in range(about.num_row_groups):
        n_bytes = about.row_group(group).total_byte_size
        n_rows = max(about.row_group(group).num_rows, 1)
        size = min(max(_CHUNK * n_rows // max(n_bytes, 1), 64), 1 << 16)
        for batch in made.iter_batches(batch_size=size, row_groups=[group], columns=chosen):
            yield Rows(batch, text, group, made)
        pa.default_memory_pool().release_unused()  # Arrow keeps what it has freed, which would add to the memory bound
    if about.num_rows == 0:
        yield Rows(_empty(schema), text, 0, made)


def _empty(schema: Any) -> Any:
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


def _read_arrow(file: Any, path: str, text: str, *, is_stream: bool) -> Iterator[Rows]:
    made = pa.ipc.open_stream(file) if is_stream else pa.ipc.open_file(file)
    _check(made.schema, path, text)
    batches = iter(made) if is_stream else (made.get_batch(number) for number in range(made.num_record_batches))
    number = -1
    for number, batch in enumerate(batches):
        size = min(max(_CHUNK * batch.num_rows // max(batch.nbytes, 1), 64), 1 << 16)
        for begin in range(0, max(batch.num_rows, 1), size):
            yield Rows(batch.slice(begin, size), text, number, is_stream)
    if number < 0:
        yield Rows(_empty(made.schema), text, 0, is_stream)


class Writer:
    """Writes rows with the schema, row groups and compression of their source."""

    def __init__(self, path: Path, source: str) -> None:
        """Note where to write; the file is opened with the first rows, which bring the schema."""
        self.path = path
        self._opened: Any = None
        self._pool = ThreadPoolExecutor(1)  # a row group is packed while the rows of the next one come in
        self._packed: Future[None] | None = None
        self._waiting: list[Any] = []
        self._group, self._n_bytes = -1, 0

    def write(self, chunk: Rows, keep: Sequence[bool], texts: Mapping[int, str], added: AddedColumns | None) -> None:
        """Write the rows of a chunk that stay."""
        batch = chunk.batch
        if texts:
            place = batch.schema.get_field_index(chunk.text)
            values = batch.column(place).to_pylist()
            for row, text in texts.items():
                values[row] = text
            kind = batch.schema.field(place).type
            plain = pa.array(values, kind.value_type if pa.types.is_dictionary(kind) else kind)
            batch = batch.set_column(place, batch.schema.field(place), plain.cast(kind))
        if added is not None:
            batch = _with_columns(batch, added)
        if self._opened is None:
            self._opened = _open(self.path, batch.schema, chunk.origin)
        if chunk.group != self._group or self._n_bytes >= _GROUP:
            self._flush()
            self._group = chunk.group
        batch = batch.filter(pa.array(list(keep), pa.bool_()))
        if batch.num_rows:
            self._waiting.append(batch)
            self._n_bytes += batch.nbytes

    def _flush(self) -> None:
        if self._packed is not None:
            self._packed.result()
            self._packed = None
        if self._waiting:
            self._packed = self._pool.submit(self._pack, pa.Table.from_batches(self._waiting))
        self._waiting, self._n_bytes = [], 0

    def _pack(self, table: Any) -> None:
        if isinstance(self._opened, pq.ParquetWriter):
            self._opened.write_table(table, row_group_size=table.num_rows)
        else:
            self._opened.write_table(table)

    def close(self) -> None:
        """Finish the file."""
        self._flush()
        self._flush()  # waits for the last one
        self._pool.shutdown()
        if self._opened is not None:
            self._opened.close()


def _open(path: Path, schema: Any, origin: Any) -> Any:
    if origin is True or origin is False:
        return pa.ipc.new_stream(str(path), schema) if origin else pa.ipc.new_file(str(path), schema)
    about = origin.metadata
    packing: Any = "snappy"
    if about.num_row_groups:
        group = about.row_group(0)
        columns = [group.column(number) for number in range(group.num_columns)]
        packing = {column.path_in_schema: _codec(column.compression) for column in columns}
    return pq.ParquetWriter(str(path), schema, compression=packing)


def _codec(name: str) -> str:
    return "none" if name == "UNCOMPRESSED" else name.lower()


def _with_columns(batch: Any, added: AddedColumns) -> Any:
    types = {bool: pa.bool_(), str: pa.string(), float: pa.float64(), list: pa.list_(pa.list_(pa.int64()))}
    for name, kind in added.kinds.items():
        column = pa.array([row[name] for row in added.rows], types[kind])
        batch = batch.append_column(pa.field(name, types[kind]), column)
    return batch
