"""Documents with a key, a date and a source: what merge reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from dedupe.errors import InputError, OptionError
from dedupe.inputs.documents import check_text, collect

_SPAN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(w|d|h|m|min|s)\s*", re.IGNORECASE)
_SECONDS = {"w": 604800.0, "d": 86400.0, "h": 3600.0, "m": 60.0, "min": 60.0, "s": 1.0}


class Feed(NamedTuple):
    """Documents as parallel lists.

    Attributes:
        keys: Id of each document, or its position.
        texts: The texts.
        dates: Date of each, with a time zone, or None.
        sources: Name of the source, or None.
        skipped: Position and reason of each record left out.
    """

    keys: list[Any]
    texts: list[str]
    dates: list[datetime | None]
    sources: list[str | None]
    skipped: tuple[tuple[int, str], ...]


def read_feed(docs: object, *, on_error: str = "raise") -> Feed:
    """Read a list of texts, a mapping of id to text, or records.

    A record is a mapping or an object with `text`, and if it has them `id`, `date` and `source`.

    Raises:
        InputError: A record has no text, or an id or a date that cannot be read (names row and value); or an id is
            there twice.
        OptionError: `on_error` is neither ``raise`` nor ``skip``.
    """
    if on_error not in ("raise", "skip"):
        raise OptionError(f"on_error must be 'raise' or 'skip', got {on_error!r}")
    if isinstance(docs, Iterator):
        docs = list(docs)
    if isinstance(docs, Mapping) or not _has_records(docs):
        found = collect(docs)
        n = len(found.texts)
        return Feed(list(found.keys), list(found.texts), [None] * n, [None] * n, ())
    rows: list[tuple[Any, str, datetime | None, str | None]] = []
    skipped: list[tuple[int, str]] = []
    for row, record in enumerate(docs):  # type: ignore[arg-type, var-annotated]
        try:
            rows.append(_record(row, record))
        except InputError as error:
            if on_error == "raise":
                raise
            skipped.append((row, str(error)))
    _check_ids([key for key, *_ in rows])
    columns: list[Any] = [[row[k] for row in rows] for k in range(4)]
    return Feed(columns[0], columns[1], columns[2], columns[3], tuple(skipped))


def read_span(value: object) -> timedelta | None:
    """Read a time span: None, a timedelta, or text such as ``3d``, ``12h``, ``1w``.

    Raises:
        OptionError: It is something else, or not above zero.
    """
    if value is None:
        return None
    if isinstance(value, str) and (found := _SPAN.fullmatch(value)):
        value = timedelta(seconds=float(found[1]) * _SECONDS[found[2].lower()])
    if isinstance(value, timedelta) and value > timedelta(0):
        return value
    raise OptionError(f"within must be a time span such as '3d', '12h' or a timedelta above zero, got {value!r}")


def _has_records(docs: object) -> bool:
    if not isinstance(docs, list | tuple):
        return False
    return any(not isinstance(one, str) and _field(one, "text") is not None for one in docs)


def _record(row: int, record: object) -> tuple[Any, str, datetime | None, str | None]:
    if isinstance(record, str):
        return row, record, None, None
    text = check_text(_field(record, "text"), f"text of record {row}")
    source = _field(record, "source")
    return (
        _key(row, _field(record, "id")),
        text,
        _date(row, _field(record, "date")),
        None if source is None else str(source),
    )


def _field(record: object, name: str) -> Any:
    return record.get(name) if isinstance(record, Mapping) else getattr(record, name, None)


def _key(row: int, value: Any) -> Any:
    if value is None:
        return row
    try:
        hash(value)
    except TypeError as error:
        raise InputError(
            f"id of record {row} is {value!r}, which cannot be told from others by hash; "
            "give a str or a number, or leave the id out to use the position"
        ) from error
    return value


def _date(row: int, value: object) -> datetime | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = _parsed(row, value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if not isinstance(value, datetime):
        raise InputError(f"date of record {row} is {value!r}; give ISO 8601 such as 2024-12-19, or a datetime")
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _parsed(row: int, value: str) -> datetime:
    try:
        return datetime.fromisoformat(value.strip())
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(value)
    except ValueError as error:
        raise InputError(
            f"date of record {row} is {value!r}, which is neither ISO 8601 (2024-12-19T08:00:00Z) nor the form of "
            f"e-mail and RSS (Thu, 19 Dec 2024 08:00:00 GMT); correct it, or skip such records with on_error='skip'"
        ) from error


def _check_ids(keys: list[Any]) -> None:
    seen: set[Any] = set()
    for row, key in enumerate(keys):
        if key in seen:
            raise InputError(f"id {key!r} is there twice, the second time at record {row}; ids must differ")
        seen.add(key)
