"""Frames of pandas, Polars, pyarrow, DuckDB and Daft: a text column in, the same kind of frame out."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from dedupe.core.hashing import I64, Bool
from dedupe.errors import InputError
from dedupe.inputs.columns import (
    TextColumn,
    arrow,
    arrow_of_text,
    ascending_or_descending,
    order_of_arrow,
    text_of_arrow,
    text_of_objects,
    values_of_arrow,
)
from dedupe.inputs.texts import Texts


class Frame(Protocol):
    """What the verbs need of a frame, whichever library it is from."""

    def names(self) -> Sequence[Any]:
        """Names of the columns."""

    def text(self, name: Any, where: str) -> TextColumn:
        """The texts of a column."""

    def values(self, name: Any) -> list[Any]:
        """The values of a column as Python objects, None for a null."""

    def order(self, name: Any, policy: str, where: str) -> I64:
        """Array of shape (n_rows,), int64: row numbers by a column, the preferred first."""

    def take(self, stays: Bool) -> Any:
        """The rows that stay, as the same kind of frame."""

    def unchanged(self) -> Any:
        """The frame itself, or a shallow copy where frames can be changed in place."""

    def with_text(self, name: Any, column: TextColumn, changed: I64) -> Any:
        """The same frame with other texts in one column; `changed` numbers the rows that are not as before."""


def open_frame(value: object, argument: str = "docs") -> Frame | None:
    """Wrap a frame; None when the value is none.

    Raises:
        InputError: It is a lazy frame of Polars.
    """
    if type(value) in (list, dict):
        return None
    if _is_instance(value, "polars", "LazyFrame"):
        raise InputError(f"{argument} is a polars.LazyFrame, whose rows are not there yet; give frame.collect()")
    for library, name, adapter in _FRAMES:
        if _is_instance(value, library, name):
            return adapter(value)
    return None


def _is_instance(value: object, library: str, name: str) -> bool:
    """Whether a value is of a class of a library; one that was not imported has made no values."""
    kind = getattr(sys.modules.get(library), name, None)
    return isinstance(kind, type) and isinstance(value, kind)


class _ArrowColumns(ABC):
    """What is read of a frame whose columns are handed over in the memory of Arrow."""

    @abstractmethod
    def column(self, name: Any) -> Any:
        """A column as a pyarrow.ChunkedArray."""

    def text(self, name: Any, where: str) -> TextColumn:
        """The texts of a column."""
        return text_of_arrow(self.column(name), where)

    def values(self, name: Any) -> list[Any]:
        """The values of a column as Python objects."""
        return values_of_arrow(self.column(name))

    def order(self, name: Any, policy: str, where: str) -> I64:
        """Row numbers by a column."""
        return order_of_arrow(self.column(name), policy, where)


class _Arrow(_ArrowColumns):
    """pyarrow.Table and pyarrow.RecordBatch."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame

    def names(self) -> Sequence[Any]:
        return list(self.frame.schema.names)

    def column(self, name: Any) -> Any:
        column, pa = self.frame.column(name), arrow()
        return column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])

    def take(self, stays: Bool) -> Any:
        pa, schema = arrow(), self.frame.schema
        mask = pa.array(stays)
        # pyarrow cannot pick rows of string views; as strings it can
        plain = [field.with_type(pa.string()) if str(field.type) == "string_view" else field for field in schema]
        if plain == list(schema):
            return self.frame.filter(mask)
        return self.frame.cast(pa.schema(plain, schema.metadata)).filter(mask).cast(schema)

    def unchanged(self) -> Any:
        return self.frame

    def with_text(self, name: Any, column: TextColumn, changed: I64) -> Any:
        made = arrow_of_text(column, self.column(name))
        if isinstance(self.frame, arrow().RecordBatch):
            made = made.combine_chunks()
        place = self.frame.schema.get_field_index(name)
        return self.frame.set_column(place, self.frame.schema.field(place), made)


class _Polars(_ArrowColumns):
    """polars.DataFrame."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame

    def names(self) -> Sequence[Any]:
        return list(self.frame.columns)

    def column(self, name: Any) -> Any:
        # Polars keeps strings as views, so its own conversion copies the bytes once
        return arrow().chunked_array([self.frame[name].to_arrow()])

    def take(self, stays: Bool) -> Any:
        return self.frame.filter(stays)

    def unchanged(self) -> Any:
        return self.frame.clone()

    def with_text(self, name: Any, column: TextColumn, changed: I64) -> Any:
        old = self.frame[name]
        new = type(old)(name, arrow_of_text(column, self.column(name)))
        return self.frame.with_columns(new.cast(old.dtype))


class _Pandas:
    """pandas.DataFrame; pyarrow is used only where the column is in its memory."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame

    def names(self) -> Sequence[Any]:
        return list(self.frame.columns)

    def text(self, name: Any, where: str) -> TextColumn:
        column = self.frame[name]
        if getattr(column.dtype, "storage", None) == "pyarrow" or hasattr(column.dtype, "pyarrow_dtype"):
            return text_of_arrow(arrow().chunked_array(arrow().array(column.array)), where)
        is_null = column.isna().to_numpy(np.bool_)
        if column.dtype.kind != "O" and not is_null.all():
            raise InputError(f"{where} is {column.dtype}, not text; give frame.astype({{{name!r}: str}})")
        objects = column.astype(object)
        return text_of_objects(objects.where(~is_null, "").tolist(), is_null, where)

    def values(self, name: Any) -> list[Any]:
        column = self.frame[name]
        values: list[Any] = column.astype(object).where(column.notna(), None).tolist()
        return values

    def order(self, name: Any, policy: str, where: str) -> I64:
        column = self.frame[name].infer_objects()
        if column.dtype.kind in "OU" and not column.isna().all():
            if policy == "highest":
                raise InputError(f"{where} is {column.dtype}; keep={policy!r} needs numbers, so cast it first")
            import pandas as pd

            try:
                column = pd.to_datetime(column, format="ISO8601", utc=True)
            except (ValueError, TypeError) as error:
                raise InputError(f"{where} is not all ISO 8601 times ({error}); parse it first") from error
        is_null = column.isna().to_numpy(np.bool_)
        plain = column[~is_null]
        if plain.dtype.kind == "M":
            plain = plain.astype("int64")
        values = np.zeros(len(column), plain.to_numpy().dtype)
        values[~is_null] = plain.to_numpy()
        return ascending_or_descending(values, is_null, descending=policy != "oldest")

    def take(self, stays: Bool) -> Any:
        return self.frame[stays]

    def unchanged(self) -> Any:
        return self.frame.copy(deep=False)

    def with_text(self, name: Any, column: TextColumn, changed: I64) -> Any:
        made, texts = self.frame[name].copy(), Texts(column.batch)
        made.iloc[changed] = [texts[row] for row in changed.tolist()]
        result = self.frame.copy(deep=False)
        result[name] = made
        return result


class _DuckDB(_ArrowColumns):
    """duckdb.DuckDBPyRelation; its query runs once, and the rows are put back together by position."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame.materialize()

    def names(self) -> Sequence[Any]:
        return list(self.frame.columns)

    def column(self, name: Any) -> Any:
        quoted = '"' + name.replace('"', '""') + '"'
        return self.frame.project(quoted).to_arrow_table().column(0)

    def take(self, stays: Bool) -> Any:
        chosen = arrow().table({"dedupe_stays": stays})  # found by DuckDB under the name of this variable
        assert chosen.num_rows == stays.size
        return self.frame.query(
            "dedupe_rows", "SELECT dedupe_rows.* FROM dedupe_rows POSITIONAL JOIN chosen WHERE dedupe_stays"
        )

    def unchanged(self) -> Any:
        return self.frame

    def with_text(self, name: Any, column: TextColumn, changed: I64) -> Any:
        texts = arrow().table({"dedupe_text": arrow_of_text(column, self.column(name))})
        assert texts.num_rows == column.is_null.size
        quoted = '"' + name.replace('"', '""') + '"'
        return self.frame.query(
            "dedupe_rows",
            f"SELECT dedupe_rows.* REPLACE (dedupe_text AS {quoted}) FROM dedupe_rows POSITIONAL JOIN texts",
        )


class _Daft(_ArrowColumns):
    """daft.DataFrame; its plan runs once."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame.collect()

    def names(self) -> Sequence[Any]:
        return list(self.frame.column_names)

    def column(self, name: Any) -> Any:
        return self.frame.select(name).to_arrow().column(0)

    def take(self, stays: Bool) -> Any:
        return self._back(self.frame.to_arrow().filter(arrow().array(stays)))

    def unchanged(self) -> Any:
        return self.frame

    def with_text(self, name: Any, column: TextColumn, changed: I64) -> Any:
        return self._back(_Arrow(self.frame.to_arrow()).with_text(name, column, changed))

    def _back(self, table: Any) -> Any:
        import daft

        made, schema = daft.from_arrow(table), self.frame.schema()
        changed = {field.name: daft.col(field.name).cast(field.dtype) for field in schema}
        return made if made.schema() == schema else made.with_columns(changed)


_FRAMES: list[tuple[str, str, Callable[[Any], Frame]]] = [
    ("pyarrow", "Table", _Arrow),
    ("pyarrow", "RecordBatch", _Arrow),
    ("polars", "DataFrame", _Polars),
    ("pandas", "DataFrame", _Pandas),
    ("duckdb", "DuckDBPyRelation", _DuckDB),
    ("daft", "DataFrame", _Daft),
]
