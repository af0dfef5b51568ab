"""Columns on disk, and the ways to go through them with little memory."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dedupe.core.hashing import I64, U8, Bool

Array = npt.NDArray[Any]

_BUFFER = 4 << 20  # bytes of a column that wait in memory before they are written
CHUNK = 1 << 18  # rows read at a time


class Column:
    """An array that grows on disk; rows have one dtype, which may have fields.

    Attributes:
        path: Its file: the rows one after the other, nothing else.
        dtype: Of a row.
    """

    def __init__(self, path: Path, dtype: npt.DTypeLike) -> None:
        """Open a column; the file need not exist yet."""
        self.path, self.dtype = path, np.dtype(dtype)
        self._waiting: list[Array] = []
        self._n_bytes = 0

    def __len__(self) -> int:
        """Rows on disk."""
        return self.path.stat().st_size // self.dtype.itemsize if self.path.exists() else 0

    def append(self, rows: Array) -> None:
        """Add rows; they are on disk after :meth:`flush`."""
        self._waiting.append(np.array(rows, self.dtype, copy=True))
        self._n_bytes += self._waiting[-1].nbytes
        if self._n_bytes >= _BUFFER:
            self.flush()

    def flush(self) -> None:
        """Write what waits in memory."""
        with self.path.open("ab") as file:
            for rows in self._waiting:
                rows.tofile(file)
        self._waiting, self._n_bytes = [], 0

    def cut(self, n_rows: int) -> None:
        """Forget everything behind the first `n_rows` rows."""
        self._waiting, self._n_bytes = [], 0
        if self.path.exists():
            os.truncate(self.path, n_rows * self.dtype.itemsize)

    def read(self, begin: int, end: int) -> Array:
        """Rows from `begin` up to `end`."""
        return np.fromfile(self.path, self.dtype, max(end - begin, 0), offset=begin * self.dtype.itemsize)

    def chunks(self, size: int = CHUNK) -> Iterator[tuple[int, Array]]:
        """The rows in order, some at a time, each part with the number of its first row."""
        total = len(self)
        for begin in range(0, total, size):
            yield begin, self.read(begin, min(begin + size, total))

    def take(self, rows: I64) -> Array:
        """The rows of these numbers, in any order; only the pages they lie on are read."""
        result = np.empty(rows.size, self.dtype)
        if rows.size == 0:
            return result
        order = np.argsort(rows, kind="stable")
        for begin in range(0, rows.size, CHUNK):
            part = order[begin : begin + CHUNK]
            # mapped anew for each part, so that pages do not pile up in this process
            result[part] = np.memmap(self.path, self.dtype, "r")[rows[part]]
        return result

    def remove(self) -> None:
        """Delete the file."""
        self._waiting, self._n_bytes = [], 0
        self.path.unlink(missing_ok=True)


def partitions(n_rows: int, row_bytes: int, limit_bytes: int) -> int:
    """In how many parts `n_rows` rows must be handled so that each part stays under the limit."""
    return max(1, -(-n_rows * row_bytes // max(limit_bytes, 1)))


def in_order(column: Column, field: str, n_keys: int, limit_bytes: int) -> Iterator[Array]:
    """Go through a column with fields in the order of one of them, in sorted parts.

    Args:
        column: Rows in any order.
        field: An int64 field with values from 0 to `n_keys` - 1.
        n_keys: Above every value.
        limit_bytes: Memory for a part, when values are spread evenly. The column is read once for each part.

    Yields:
        Rows of one range of the field, sorted by it, ties in the column's order; ranges ascend, none is empty.
    """
    n_parts = partitions(len(column), 4 * column.dtype.itemsize, limit_bytes)
    width = max(1, -(-n_keys // n_parts))
    for part in range(n_parts):
        found = [
            rows[(rows[field] >= part * width) & (rows[field] < (part + 1) * width)] for _, rows in column.chunks()
        ]
        rows = np.concatenate(found) if found else np.zeros(0, column.dtype)
        if rows.size:
            yield rows[np.argsort(rows[field], kind="stable")]


def give_back() -> None:
    """Hand freed memory back to the system: the C library of Linux keeps what threads have freed, beside the bound."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


class Bits:
    """A set of whole numbers from 0 to `size` - 1, an eighth of a byte each."""

    def __init__(self, size: int) -> None:
        """Make an empty set."""
        self._bytes: U8 = np.zeros(size // 8 + 1, np.uint8)

    def add(self, numbers: I64) -> None:
        """Put numbers in."""
        bit = np.left_shift(1, numbers & 7).astype(np.uint8)
        np.bitwise_or.at(self._bytes, numbers >> 3, bit)

    def has(self, numbers: I64) -> Bool:
        """Which of the numbers are in, an array of their shape."""
        result: Bool = (self._bytes[numbers >> 3] >> (numbers & 7).astype(np.uint8)) & 1 == 1
        return result

    def between(self, begin: int, end: int) -> I64:
        """The numbers that are in, from `begin` up to `end`, ascending."""
        first = begin >> 3
        bits = np.unpackbits(self._bytes[first : (end >> 3) + 1], bitorder="little")
        found = np.flatnonzero(bits) + first * 8
        return found[(found >= begin) & (found < end)]
