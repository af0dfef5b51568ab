"""A text column as a batch, and the order that another column gives; no step per row in Python."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dedupe.core.hashing import I64, Bool
from dedupe.core.text.batch import Batch, encode
from dedupe.errors import DedupeError, InputError
from dedupe.inputs.texts import check_text

if TYPE_CHECKING:
    import pyarrow


class TextColumn(NamedTuple):
    """The texts of a column.

    Attributes:
        batch: The texts; null ones are empty.
        is_null: Array of shape (n_rows,), bool.
    """

    batch: Batch
    is_null: Bool


def arrow() -> Any:
    """Import pyarrow.

    Raises:
        DedupeError: It is not installed; names the extra.
    """
    try:
        import pyarrow as pa
    except ImportError as error:
        raise DedupeError("this frame is read through pyarrow; pip install 'dedupe-text[arrow]'") from error
    return pa


def text_of_arrow(column: pyarrow.ChunkedArray, where: str) -> TextColumn:
    """Read an Arrow column of text.

    A column of one chunk in the large-string layout is taken as it is, without a copy; so are the bytes of a string
    column, whose offsets are widened. Several chunks are joined, and views and dictionaries written out: one copy.

    Args:
        column: Array of string, large_string, string_view, a dictionary of these, or null.
        where: What to call the column in an error.

    Raises:
        InputError: The column holds something else.
    """
    pa = arrow()
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    names = ("is_string", "is_large_string", "is_string_view", "is_null")
    if not any(getattr(pa.types, name)(kind) for name in names if hasattr(pa.types, name)):
        raise InputError(f"{where} is {column.type}, not text; cast it to string first, or name another column")
    if kind != column.type:
        column = column.cast(kind)
    column = column.cast(pa.large_string())
    array = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # what joining no chunks gives
        array = pa.array([], pa.large_string())
    is_null = np.asarray(array.is_null()) if array.null_count else np.zeros(len(array), np.bool_)
    offsets = np.frombuffer(array.buffers()[1] or bytes(8), np.int64)[array.offset : array.offset + len(array) + 1]
    if (np.diff(offsets)[is_null] > 0).any():  # Arrow allows bytes under a null
        return text_of_arrow(pa.chunked_array([array.fill_null("")]), where)._replace(is_null=is_null)
    data = np.frombuffer(array.buffers()[2] or b"", np.uint8)
    first, last = int(offsets[0]), int(offsets[-1])
    return TextColumn(Batch(data[first:last], offsets - first if first else offsets), is_null)


def text_of_objects(values: list[Any], is_null: Bool, where: str) -> TextColumn:
    """Read a column of Python objects, in which null rows hold an empty text.

    Raises:
        InputError: A row holds something other than text; names the row.
    """
    if not set(map(type, values)) <= {str}:
        for row, value in enumerate(values):
            check_text(value, f"row {row} of {where}")
    return TextColumn(encode(values), is_null)


def arrow_of_text(column: TextColumn, like: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """Write texts as an Arrow column with the type and the chunks of another.

    Args:
        column: The texts.
        like: The column that they were read from.
    """
    pa = arrow()
    if pa.types.is_null(like.type):
        return like
    n_rows = len(like)
    valid = pa.py_buffer(np.packbits(~column.is_null, bitorder="little")) if column.is_null.any() else None
    buffers = [valid, pa.py_buffer(column.batch.offsets), pa.py_buffer(column.batch.buffer)]
    array = pa.LargeStringArray.from_buffers(n_rows, buffers[1], buffers[2], buffers[0])
    ends = np.cumsum([0, *(len(chunk) for chunk in like.chunks)]).tolist()
    parts = [array[first:last] for first, last in pairwise(ends)]
    kind = like.type
    if pa.types.is_dictionary(kind):
        return pa.chunked_array([part.cast(kind.value_type).dictionary_encode().cast(kind) for part in parts], kind)
    return pa.chunked_array([part.cast(kind) for part in parts], kind)


def values_of_arrow(column: pyarrow.ChunkedArray) -> list[Any]:
    """The values of an Arrow column as Python objects, None for a null; times of nanoseconds in microseconds."""
    pa = arrow()
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":  # Python has no finer datetime
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    values: list[Any] = column.to_pylist()
    return values


def ascending_or_descending(values: np.ndarray[Any, Any], is_null: Bool, *, descending: bool) -> I64:
    """Number the rows by value, null ones last, equal ones in their own order.

    Args:
        values: Array of shape (n_rows,), any type that sorts.
        is_null: Array of shape (n_rows,), bool.
        descending: Whether the highest value comes first.

    Returns:
        Array of shape (n_rows,), int64.
    """
    known, unknown = np.flatnonzero(~is_null), np.flatnonzero(is_null)
    if descending:  # sorted from behind, so that turning the result round leaves equal values in their own order
        known = known[::-1]
    order = known[np.argsort(values[known], kind="stable")]
    return np.concatenate((order[::-1] if descending else order, unknown))


def order_of_arrow(column: pyarrow.ChunkedArray, policy: str, where: str) -> I64:
    """Row numbers by a column, the preferred first.

    Args:
        column: Numbers or times; for ``newest`` and ``oldest`` also ISO 8601 text.
        policy: newest, oldest or highest.
        where: What to call the column in an error.

    Raises:
        InputError: The column cannot be ordered so.
    """
    pa = arrow()
    kinds = pa.types
    if kinds.is_string(column.type) or kinds.is_large_string(column.type):
        column = _times_of_text(column, policy, where)
    elif kinds.is_date32(column.type) or kinds.is_time32(column.type):
        column = column.cast(pa.int32())
    if kinds.is_temporal(column.type) and not kinds.is_interval(column.type):
        column = column.cast(pa.int64())
    elif kinds.is_decimal(column.type):
        column = column.cast(pa.float64())
    is_number = kinds.is_integer(column.type) or kinds.is_floating(column.type) or kinds.is_boolean(column.type)
    if not (is_number or kinds.is_null(column.type)):
        raise InputError(f"{where} is {column.type}; keep={policy!r} needs numbers or times, so cast it first")
    is_null = np.asarray(column.is_null(nan_is_null=True))
    zero = pa.scalar(0, pa.int8()).cast(column.type) if is_number else None
    values = np.asarray(column.fill_null(zero)) if is_number else np.zeros(len(column))
    return ascending_or_descending(values, is_null, descending=policy != "oldest")


def _times_of_text(column: pyarrow.ChunkedArray, policy: str, where: str) -> pyarrow.ChunkedArray:
    pa = arrow()
    if policy == "highest":
        raise InputError(f"{where} is text, and text has no highest; cast it to numbers first")
    import pyarrow.compute as pc

    blank = pc.equal(pc.utf8_trim_whitespace(column), "")
    column = pc.if_else(blank, pa.scalar(None, column.type), column)
    for zone in (None, "UTC"):
        try:
            return column.cast(pa.timestamp("us", zone))
        except pa.ArrowInvalid as error:
            reason = error
    raise InputError(f"{where} is text that is not all ISO 8601 ({reason}); parse it to times first") from reason
