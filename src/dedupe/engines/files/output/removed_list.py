"""The removed list: each block that goes, its survivor and the rule; JSON Lines, or Parquet of the same columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np

from dedupe.core.hashing import I64
from dedupe.engines.files.disk.columns import Array
from dedupe.engines.files.disk.run_columns import Extent, RunColumns
from dedupe.engines.files.job import Job
from dedupe.engines.files.matching.decide import RULES, rules
from dedupe.engines.files.reading.sources import Source
from dedupe.errors import needs
from dedupe.results import Duplicate

_ROWS = 50_000  # in a row group


class Names:
    """What documents are called: file and row, and their id when there is one."""

    def __init__(self, sources: Sequence[Source], extents: Sequence[Extent], columns: RunColumns, job: Job) -> None:
        """Hold what is needed to name any row of the run."""
        self._sources, self._store, self._has_ids = sources, columns, job.id is not None
        self._first = np.array([extent.first_row for extent in extents], np.int64)

    def of(self, rows: I64) -> list[dict[str, Any]]:
        """Names of rows, by their numbers in the whole run; rows count from 1, as editors do."""
        # of several files that begin at one row, all but the last are empty
        file = np.searchsorted(self._first, rows, side="right") - 1
        places = (rows - self._first[file] + 1).tolist()
        names: list[dict[str, Any]] = [
            {"file": self._sources[number].name, "row": place}
            for number, place in zip(file.tolist(), places, strict=True)
        ]
        if self._has_ids:
            ends = self._store.id_ends.take(rows)
            begins = np.where(rows > 0, self._store.id_ends.take(np.maximum(rows - 1, 0)), 0)
            for place, (begin, end) in enumerate(zip(begins.tolist(), ends.tolist(), strict=True)):
                key = self._store.ids.read(begin, end).tobytes().decode("utf-8", "surrogatepass")
                names[place] = {"id": key, **names[place]}
        return names


class RemovedList:
    """Writes the removed list, a line of JSON for each block that goes."""

    def __init__(self, job: Job, columns: RunColumns, names: Names, file: IO[str]) -> None:
        """Hold the open file, and what is needed to name documents."""
        self.file = file
        self._job, self._columns, self._names = job, columns, names

    def add(self, links: Array) -> list[dict[str, Any]]:
        """Write the entries of links, and return them."""
        if links.size == 0:
            return []
        columns = self._columns
        entries = self._names.of(columns.blocks.take(links["block"])["row"])
        survivors = self._names.of(columns.blocks.take(np.maximum(links["survivor"], 0))["row"])
        rule_of_link = rules(columns, links).tolist()
        for entry, survivor, link, rule in zip(entries, survivors, links.tolist(), rule_of_link, strict=True):
            _, block, similarity = link
            entry["survivor"] = survivor
            entry["similarity"] = round(similarity, 6)
            entry["measure"] = self._job.options.measure
            entry["rule"] = RULES[rule]
            entry["cluster"] = block
            if block < 0:
                known = self._known(-1 - block)
                entry["survivor"] = {"id": known["id"], "against": True}
                entry["rule"] = known["rule"]
        if self._job.needs_spans:
            spans = zip(
                columns.spans.take(links["block"]).tolist(), columns.spans.take(links["survivor"]).tolist(), strict=True
            )
            for entry, (span, survivor_span) in zip(entries, spans, strict=True):
                entry["span"] = list(span)
                entry["survivor"]["span"] = list(survivor_span)
        self._write(entries)
        return entries

    def add_inside(self, row: I64, removed: Iterable[Duplicate]) -> None:
        """Write what a document loses to itself; `row` is an array of shape (1,)."""
        name = self._names.of(row)[0]
        self._write(
            {
                **name,
                "survivor": {**name, "span": [duplicate.survivor.start, duplicate.survivor.end]},
                "similarity": round(duplicate.similarity, 6),
                "measure": duplicate.measure,
                "rule": duplicate.rule,
                "inside": True,
                "span": [duplicate.block.start, duplicate.block.end],
            }
            for duplicate in removed
        )

    def _known(self, number: int) -> dict[str, Any]:
        """The id of a document of the index, and how it matched."""
        begin = int(self._columns.known_ends.read(number - 1, number)[0]) if number else 0
        end = int(self._columns.known_ends.read(number, number + 1)[0])
        known: dict[str, Any] = json.loads(self._columns.known_names.read(begin, end).tobytes())
        return known

    def _write(self, entries: Iterable[dict[str, Any]]) -> None:
        self.file.writelines(json.dumps(entry, ensure_ascii=True) + "\n" for entry in entries)


def check_format(job: Job) -> None:
    """Raise a DedupeError when the removed list is to be Parquet and pyarrow is missing."""
    if job.removed_format == "parquet":
        _arrow()


def write_parquet(lines: Path, target: Path, job: Job) -> None:
    """Turn the removed list from JSON Lines into Parquet; the same lines give the same bytes."""
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
        raise needs("arrow", "pyarrow", "the removed list as Parquet") from error
    return pyarrow, pyarrow.parquet
