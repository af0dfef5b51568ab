"""The page docs/spark-figures.md from stored results, with what they would mean for a large input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.report import Table, cell, origin

_PRICE = 0.05  # dollars a core hour, about what clouds ask for one of a general machine
_CORES = 1000
_LARGE = (10**9, 10**11)
_PEERS = [
    # who, input, time, machines, cost; as they say it themselves
    ["distributed-curator", "2.53 G documents", "4.5 h", "63 nodes, processors", "about $620"],
    ["NeMo Curator", "8 TB of text", "0.5 h", "4 nodes with GPUs", "not said"],
]

_INTRO = """# Figures of the Spark engine

This page is made by `python -m benchmarks.spark` from `{file}`.
All figures come from one run on one machine with two cores; no cluster was measured.
The load at the start is stated: above 2 the machine was busy with other work, so read ratios and counts, not seconds.

"""


def page(results: Path) -> str:
    """The page as Markdown."""
    stored = json.loads(results.read_text("utf-8"))
    tables = [Table(**plain) for plain in stored["tables"]]
    parts = [
        _INTRO.format(file=f"{results.parent.name}/{results.name}"),
        origin(stored["around"]) + "\n\n",
        _says(tables),
    ]
    parts += [table.markdown() + "\n" for table in [*tables, *large(tables)]]
    return "".join(parts).rstrip() + "\n"


def _says(tables: list[Table]) -> str:
    """The figures in a few sentences."""
    overhead, graphs = (_rows(tables, name) for name in ("overhead", "components"))
    small, large_one = ([row for row in overhead if row["way"] == "in rounds"][at] for at in (0, -1))
    n_same = sum(row["same survivors"] for row in overhead)
    rounds = [row["rounds, with the one that proves the end"] for row in graphs]
    total = _rows(tables, "shuffle")[-1]
    lines = [
        "## What it says",
        "",
        f"In {n_same} of {len(overhead)} runs the survivors are those of `dedupe.find`.",
        (
            f"On these two cores Spark takes {cell(small['Spark / find'])} times as long as `dedupe.find` for "
            f"{cell(small['documents'])} documents and {cell(large_one['Spark / find'])} times for "
            f"{cell(large_one['documents'])}: use `dedupe.find` or `dedupe.unique_files` while one machine will do."
        ),
        "Each stage starts jobs and writes files, which takes a second or so however small the input is.",
        (
            f"A document is shuffled as {cell(total['measured, before compression'])} bytes, "
            f"{cell(total['written'])} after compression; the plan expects {cell(total['plan'])}."
        ),
        f"Connected components take {min(rounds)} to {max(rounds)} rounds, and edges never become more.",
        "",
        "",
    ]
    return "\n".join(lines)


def _rows(tables: list[Table], name: str) -> list[dict[str, Any]]:
    """The rows of a table by their headings."""
    table = next(table for table in tables if table.name == name)
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def large(tables: list[Table]) -> list[Table]:
    """What the figures would mean for a large input, and what others have published."""
    last = [row for row in _rows(tables, "overhead") if row["way"] == "in rounds"][-1]
    total = _rows(tables, "shuffle")[-1]
    rate, n_bytes = last["documents per core second"], last["MB"] * 1e6 / last["documents"]
    made = Table(
        "large",
        "What this would mean for a large input",
        "a cluster; this is arithmetic from two cores, and nobody has run it.",
        {
            "documents per core second": round(rate, 1),
            "bytes of text per document": round(n_bytes),
            "bytes shuffled per document": round(total["written"]),
            "price": f"${_PRICE} per core hour (assumed)",
        },
        ["documents", "TB of text", "core hours", f"hours on {_CORES} cores", "cost", "TB shuffled, compressed"],
        [_row(count, rate, n_bytes, total["written"]) for count in _LARGE],
        notes=[
            f"Assumed: the rate of {cell(last['documents'])} documents decided in rounds, whatever the input.",
            "Assumed: cores are added without loss.",
            "For: a large run spends less of its time on starting jobs than this one did.",
            "Against: more documents share buckets, sorts spill, and networks are slower than a disk.",
            "Against: stragglers leave cores idle.",
            "Documents are short here; time follows the bytes as well as the number.",
            "So read it as the least that such a run takes, not as a forecast.",
        ],
    )
    peers = Table(
        "published",
        "What others have published",
        "their documents, settings and hardware, which differ; none of these was run here.",
        {"source": "what the projects say themselves"},
        ["who", "input", "time", "machines", "cost"],
        _PEERS,
        notes=[
            f"2.53 G documents would take {cell(_hours(2.53e9, rate))} core hours at the rate above.",
            f"8 TB of text would take {cell(_hours(8e12 / n_bytes, rate))} core hours at the same bytes per second.",
            "Both are arithmetic on short documents, beside runs that were done: no claim to be faster.",
        ],
    )
    return [made, peers]


def _hours(count: float, rate: float) -> float:
    return count / rate / 3600


def _row(count: int, rate: float, n_bytes: float, n_shuffled: float) -> list[Any]:
    hours = _hours(count, rate)
    cost = f"${cell(round(hours * _PRICE))}"
    return [f"10^{len(str(count)) - 1}", count * n_bytes / 1e12, hours, hours / _CORES, cost, count * n_shuffled / 1e12]
