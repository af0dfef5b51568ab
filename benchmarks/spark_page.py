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

_SMALL = """## What it says

On one machine `dedupe.find` is faster than Spark as long as the texts fit into memory; see the column `Spark / find`.
Much of the time of a small run is the start of about 20 Spark jobs, so the ratio falls as the input grows.
The survivors are the same in every run.

"""


def page(results: Path) -> str:
    """The page as Markdown."""
    stored = json.loads(results.read_text("utf-8"))
    tables = [Table(**plain) for plain in stored["tables"]]
    parts = [_INTRO.format(file=f"{results.parent.name}/{results.name}"), origin(stored["around"]) + "\n\n", _SMALL]
    parts += [table.markdown() + "\n" for table in [*tables, *large(tables)]]
    return "".join(parts).rstrip() + "\n"


def large(tables: list[Table]) -> list[Table]:
    """What the figures would mean for a large input, and what others have published."""
    named = {table.name: table for table in tables}
    rows = [dict(zip(named["overhead"].columns, row, strict=True)) for row in named["overhead"].rows]
    last = [row for row in rows if row["way"] == "in rounds"][-1]
    total = _total(named[f"shuffle-{last['documents']}-in-rounds"])
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
            f"2.53 G documents would take {_hours(2.53e9, rate):,.0f} core hours at the rate above.".replace(",", " ")
        ],
    )
    return [made, peers]


def _total(table: Table) -> dict[str, Any]:
    return dict(zip(table.columns, table.rows[-1], strict=True))


def _hours(count: float, rate: float) -> float:
    return count / rate / 3600


def _row(count: int, rate: float, n_bytes: float, n_shuffled: float) -> list[Any]:
    hours = _hours(count, rate)
    cost = f"${cell(hours * _PRICE)}"
    return [f"10^{len(str(count)) - 1}", count * n_bytes / 1e12, hours, hours / _CORES, cost, count * n_shuffled / 1e12]
