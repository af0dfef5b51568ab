"""Rows of different length in one array: shingle sets, texts, postings of buckets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, Self, TypeVar

import numpy as np
import numpy.typing as npt

from dedupe.core.hashing import I64, offsets_of, ranges

_Value = TypeVar("_Value", bound=np.generic)
_LONG = 64  # values on average from which rows are copied one by one: an index for each value takes 8 bytes


class Ragged(NamedTuple, Generic[_Value]):
    """Rows of different length, behind each other.

    Attributes:
        values: Array of shape (n_values,).
        offsets: Array of shape (n_rows + 1,), int64: row i is values[offsets[i]:offsets[i + 1]].
    """

    values: npt.NDArray[_Value]
    offsets: I64

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.offsets.size - 1

    @property
    def starts(self) -> I64:
        """Array of shape (n_rows,), int64: where each row begins."""
        return self.offsets[:-1]

    @property
    def ends(self) -> I64:
        """Array of shape (n_rows,), int64: where each row ends."""
        return self.offsets[1:]

    @property
    def sizes(self) -> I64:
        """Array of shape (n_rows,), int64: the length of each row."""
        return np.diff(self.offsets)

    @property
    def row_of_value(self) -> I64:
        """Array of shape (n_values,), int64: the row that each value is in."""
        return np.repeat(np.arange(self.n_rows), self.sizes)

    def take(self, rows: I64) -> Self:
        """The rows of these numbers, in the order given; a stretch of rows in a row is not copied."""
        if rows.size and rows[-1] - rows[0] == rows.size - 1 and bool((rows[1:] > rows[:-1]).all()):
            first, last = int(rows[0]), int(rows[-1]) + 1
            begin, end = int(self.offsets[first]), int(self.offsets[last])
            offsets = self.offsets[first : last + 1] - begin if begin else self.offsets[first : last + 1]
            return self._replace(values=self.values[begin:end], offsets=offsets)
        starts = self.offsets[rows]
        sizes = self.offsets[rows + 1] - starts
        return self._replace(values=gathered(self.values, starts, sizes), offsets=offsets_of(sizes))


def gathered(values: npt.NDArray[_Value], starts: I64, sizes: I64) -> npt.NDArray[_Value]:
    """Stretches of an array, copied behind each other."""
    if int(sizes.sum()) < _LONG * sizes.size or not sizes.size:
        return values[ranges(starts, sizes)]
    return np.concatenate([values[i:j] for i, j in zip(starts.tolist(), (starts + sizes).tolist(), strict=True)])


_Rows = TypeVar("_Rows", bound=Ragged[Any])


def concat(parts: Sequence[_Rows]) -> _Rows:
    """All rows of one part or more, part after part."""
    filled = [part for part in parts if part.n_rows] or parts
    if len(filled) == 1:
        return filled[0]
    values = np.concatenate([part.values[part.offsets[0] : part.offsets[-1]] for part in filled])
    return filled[0]._replace(values=values, offsets=offsets_of(np.concatenate([part.sizes for part in filled])))
