"""The list of what went as Parquet, with the columns of the JSON Lines."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

from dedupe.engines.files.job import Job
from dedupe.inputs.formats.streams import needs

_ROWS = 50_000  # in a row group


def check_format(job: Job) -> None:
    """Raise a DedupeError when the list is to be Parquet and pyarrow is missing."""
    if job.removed_format == "parquet":
        _arrow()


def write_parquet(lines: Path, target: Path, job: Job) -> None:
    """Turn the list from JSON Lines into Parquet; the same lines give the same bytes."""
    pa, pq = _arrow()
    schema = _schema(pa, job)
    with lines.open(encoding="utf-8") as file, pq.ParquetWriter(target, schema, compression="zstd") as writer:
        while rows := [_typed(json.loads(line)) for line in islice(file, _ROWS)]:
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    """A line with ids as text: those of an index may be numbers."""
    if "id" in row["survivor"]:
        row["survivor"]["id"] = str(row["survivor"]["id"])
    return row


def _schema(pa: Any, job: Job) -> Any:
    has_id, has_span = job.id is not None, job.needs_spans or job.inside
    name = [("id", pa.string())] * has_id + [("file", pa.string()), ("row", pa.int64())]
    span = [("span", pa.list_(pa.int64()))] * has_span
    survivor = name + span
    if job.against is not None:
        survivor = [("id", pa.string()), *survivor[has_id:], ("against", pa.bool_())]
    return pa.schema(
        [
            *name,
            ("survivor", pa.struct(survivor)),
            ("similarity", pa.float64()),
            ("measure", pa.string()),
            ("rule", pa.string()),
            ("cluster", pa.int64()),
            *[("inside", pa.bool_())] * job.inside,
            *span,
        ]
    )


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise needs("arrow", "pyarrow", "the list of what went as Parquet") from error
    return pyarrow, pyarrow.parquet
