"""A list of records read as a frame: each field of the mappings, or attribute of the objects, is a column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from typing import Any

import numpy as np

from dedupe.core.hashing import I64, Bool
from dedupe.errors import InputError
from dedupe.inputs.columns import TextColumn, arrow, order_of_arrow, text_of_objects
from dedupe.inputs.texts import Texts


def holds_records(items: Iterable[object], text: Any) -> bool:
    """Whether some item is a mapping, or an object with a text in the attribute `text`."""
    return any(
        isinstance(item, Mapping) or (isinstance(text, str) and isinstance(getattr(item, text, None), str))
        for item in items
    )


class Records:
    """Records as a frame; a record without a field has None there."""

    def __init__(self, records: Sequence[Any]) -> None:
        """Keep the list; nothing is copied."""
        self.records = records

    def names(self) -> Sequence[Any]:
        """Fields of the mappings and public attributes of the objects, in order of appearance."""
        named: dict[Any, None] = {}
        for record in self.records:
            attributes = record if isinstance(record, Mapping) else (n for n in dir(record) if not n.startswith("_"))
            named.update(dict.fromkeys(attributes))
        return list(named)

    def values(self, name: Any) -> list[Any]:
        """The values of a field."""
        return [
            record.get(name) if isinstance(record, Mapping) else getattr(record, str(name), None)
            for record in self.records
        ]

    def text(self, name: Any, where: str) -> TextColumn:
        """The texts of a field; unlike a null of a frame, None is an error."""
        return text_of_objects(self.values(name), np.zeros(len(self.records), np.bool_), where)

    def order(self, name: Any, policy: str, where: str) -> I64:
        """Row numbers by a field."""
        pa = arrow()
        try:
            column = pa.chunked_array([pa.array(self.values(name))])
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise InputError(f"{where} holds values of several kinds, which have no order: {error}") from error
        return order_of_arrow(column, policy, where)

    def take(self, stays: Bool) -> Any:
        """The records that stay."""
        return list(compress(self.records, stays.tolist()))

    def unchanged(self) -> Any:
        """A list of the same records."""
        return list(self.records)

    def with_text(self, name: Any, column: TextColumn, changed: I64) -> Any:
        """The same records, with copies of those whose text is another."""
        records, texts = list(self.records), Texts(column.batch)
        for row in changed.tolist():
            if not isinstance(records[row], Mapping):
                raise InputError(f"record {row} is {type(records[row]).__name__}, not a mapping; give a list of dicts")
            records[row] = {**records[row], name: texts[row]}
        return records
