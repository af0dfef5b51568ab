"""What every format hands over: chunks of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from dedupe.core.text.batch import Batch, encode
from dedupe.errors import InputError


class RowTexts(NamedTuple):
    """The texts of some rows.

    Attributes:
        batch: A text for each; empty where there is none.
        problems: What is wrong with a row, by place.
    """

    batch: Batch
    problems: dict[int, str]


class Chunk(Protocol):
    """Some rows of a file, in order."""

    n_rows: int

    def texts(self, rows: Sequence[int] | None = None) -> RowTexts:
        """The texts of these rows, or of all."""
        ...

    def column(self, name: str, rows: Sequence[int] | None = None) -> list[Any]:
        """The values of another column, None where there is none."""
        ...

    def raw(self, row: int) -> str:
        """A row as it stands, for the quarantine."""
        ...


class AddedColumns(NamedTuple):
    """More columns for the rows of a chunk.

    Attributes:
        kinds: Type of each column: bool, str, float, or list, of lists of whole numbers.
        rows: The values of each row, by column; None where there is none.
    """

    kinds: Mapping[str, type]
    rows: Sequence[Mapping[str, Any]]


class RowWriter(Protocol):
    """Writes the rows that stay, in the format of their source."""

    def write(self, chunk: Any, keep: Sequence[bool], texts: Mapping[int, str], added: AddedColumns | None) -> None:
        """Write the rows of a chunk that stay, some with a new text, some with more columns."""
        ...

    def close(self) -> None:
        """Finish the file."""
        ...


def texts_of(values: list[Any], name: str) -> RowTexts:
    """Check that values are texts.

    Args:
        values: A str for each row, None for a row without one, an InputError for a bad one.
        name: The column, for messages.
    """
    if all(type(value) is str for value in values):
        return RowTexts(encode(values), {})
    problems = {}
    for place, value in enumerate(values):
        if isinstance(value, InputError):
            problems[place] = str(value)
        elif value is not None and not isinstance(value, str):
            problems[place] = f"column {name!r} is {type(value).__name__}, not text"
    return RowTexts(encode([value if isinstance(value, str) else "" for value in values]), problems)
