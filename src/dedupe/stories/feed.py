"""Documents with a key, a date and a source: what merge reads."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from dedupe.errors import InputError, OptionError
from dedupe.inputs.documents import Wanted, collect
from dedupe.options import on_error_of

_SPAN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(w|d|h|m|min|s)\s*", re.IGNORECASE)
_SECONDS = {"w": 604800.0, "d": 86400.0, "h": 3600.0, "m": 60.0, "min": 60.0, "s": 1.0}


class Feed(NamedTuple):
    """Documents as parallel lists.

    Attributes:
        keys: Id of each document, or its position.
        texts: The texts.
        dates: Date of each, with a time zone, or None.
        sources: Name of the source, or None.
        skipped: The reason for each record that was left out, by position.
        n_null: Null rows of a frame, which count as empty; None for what is no frame.
    """

    keys: list[Any]
    texts: list[str]
    dates: list[datetime | None]
    sources: list[str | None]
    skipped: dict[int, str]
    n_null: int | None


def read_feed(docs: object, text: Any = None, *, on_error: str = "raise", **columns: Any) -> Feed:
    """Read texts with an id, a date and a source, as far as they have them.

    Args:
        docs: Any collection of str, (id, text) pairs, a frame, or records: mappings or objects with attributes.
        text: Column of the text, ``text`` when it is None.
        on_error: ``raise`` or ``skip``.
        **columns: Columns `id`, `date` and `source`; one that is None is looked for under this name.

    Raises:
        InputError: A record has no text, or an id or a date that cannot be read (names row and value); or an id is
            there twice.
        OptionError: `on_error` is neither ``raise`` nor ``skip``.
    """
    on_error = on_error_of(on_error, "raise", "skip")
    documents = collect(docs, text, Wanted(columns=columns, is_optional=True))
    no_values = [None] * len(documents.texts)
    sources = documents.columns.get("source", no_values)
    feed = Feed([], [], [], [], {}, documents.n_null)
    for row, value in enumerate(documents.columns.get("date", no_values)):
        try:
            if row in documents.problems:
                raise InputError(documents.problems[row])
            key, date = _key(row, documents.keys[row]), _date(row, value)
        except InputError as error:
            if on_error == "raise":
                raise
            feed.skipped[row] = str(error)
            continue
        feed.keys.append(key)
        feed.texts.append(documents.texts[row])
        feed.dates.append(date)
        feed.sources.append(None if sources[row] is None else str(sources[row]))
    _check_ids(feed.keys)
    return feed


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


def _key(row: int, value: Any) -> Any:
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
