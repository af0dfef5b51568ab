"""Figures of the Spark engine: `python -m benchmarks.spark docs/benchmarks/spark.json`, page with `--page FILE.md`.

With `--page` alone the page is made anew from the stored JSON.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

import dedupe
from benchmarks import data, spark_page
from benchmarks.report import Table, cell, surroundings
from benchmarks.spark_tables import CORES, PARTITIONS, RATE, Run, overhead, shuffled, shuffles, stages
from dedupe.engines import spark
from dedupe.engines.spark.components import components
from dedupe.engines.spark.work import Work
from dedupe.verbs.plant import plant

_BROADCAST = "spark.sql.autoBroadcastJoinThreshold"
_WAYS = {"at once": (spark.Limits(), "10MB"), "in rounds": (spark.Limits(bytes=0), "-1")}
_AT_ONCE = 100_000  # documents up to which one task decides


class _Ends(logging.Handler):
    """Notes when each stage ended, from the log."""

    def __init__(self, run: Run) -> None:
        super().__init__(logging.INFO)
        self._run = run

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg.startswith("stage ") and isinstance(record.args, tuple):
            self._run.ends.append((str(record.args[0]), record.created))


def documents(count: int, seed: int = 1) -> list[str]:
    """Documents of 3 to 15 lines of the bulk text, with edited copies planted among them."""
    draw = np.random.RandomState(seed)
    lines = np.array([line for _, text in data.bulk_docs() for line in text.split("\n") if line.strip()], object)
    sizes = draw.randint(3, 16, round(count / (1 + RATE)))
    originals = ["\n".join(lines[draw.randint(lines.size, size=size)]) for size in sizes]
    texts = plant(originals, rate=RATE, seed=seed).texts
    return [texts[i] for i in draw.permutation(len(texts))]


@contextmanager
def session(log: Path) -> Iterator[Any]:
    """A session on two cores that logs its events."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "4g",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": str(PARTITIONS),
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": log.as_uri(),
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
    }
    builder = SparkSession.builder.master(f"local[{CORES}]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    made = builder.getOrCreate()
    try:
        yield made
    finally:
        made.stop()


def compare(made: Any, count: int, folder: Path) -> tuple[float, int, list[Run]]:
    """Time one machine and Spark on the same documents: seconds of one machine, its duplicates, the runs."""
    texts = documents(count)
    n_bytes = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
    source = str(folder / f"{count}.parquet")
    pq.write_table(pa.table({"id": np.arange(len(texts)), "text": texts}), source, row_group_size=5_000)
    begin = time.perf_counter()
    found = dedupe.find(texts)
    alone = time.perf_counter() - begin
    wanted = {one.block.doc: one.survivor.doc for one in found.duplicates}
    runs = []
    for way, (limits, broadcast) in _WAYS.items():
        if way == "at once" and count > _AT_ONCE:
            continue
        run = Run(len(texts), n_bytes, way)
        made.conf.set(_BROADCAST, broadcast)
        measure(run, made.read.parquet(source), limits, wanted, str(folder / f"{count} {way}"))
        runs.append(run)
        print(f"{count} documents {way}: {run.elapsed_s:.1f} s, one machine {alone:.2f} s", flush=True)
    return alone, len(wanted), runs


def measure(run: Run, frame: Any, limits: spark.Limits, wanted: dict[int, int], work: str) -> None:
    """Run `find` and note its time, its stages, and whether it is right."""
    log, ends = logging.getLogger("dedupe.engines.spark"), _Ends(run)
    log.setLevel(logging.INFO)
    log.addHandler(ends)
    run.begin = time.time()
    flags = spark.find(frame, work=work, limits=limits)
    run.elapsed_s = time.time() - run.begin
    log.removeHandler(ends)
    gone = flags.where("survivor IS NOT NULL").select("id", "survivor").toArrow().to_pydict()
    run.is_same = dict(zip(gone["id"], gone["survivor"], strict=True)) == wanted
    run.n_near = frame.sparkSession.read.parquet(f"{work}/texts").count()


def graphs(n_nodes: int, seed: int = 1) -> dict[str, np.ndarray[Any, np.dtype[np.int64]]]:
    """Edges of some graphs, arrays of shape (n_edges, 2), int64, over nodes with random numbers."""
    draw = np.random.RandomState(seed)
    nodes = np.unique(draw.randint(0, 2**60, n_nodes))
    draw.shuffle(nodes)
    return {
        "star": np.column_stack((np.full(nodes.size - 1, nodes[0]), nodes[1:])),
        "random, mean degree 1": nodes[draw.randint(nodes.size, size=(nodes.size // 2, 2))],
        "random, mean degree 2": nodes[draw.randint(nodes.size, size=(nodes.size, 2))],
        "path": np.column_stack((nodes[:-1], nodes[1:])),
    }


def rounds(made: Any, n_nodes: int, folder: Path) -> Table:
    """Rounds and edges of connected components."""
    table = Table(
        "components",
        "Rounds of connected components",
        "graphs of real duplicates, which are mostly small stars.",
        {"nodes": n_nodes, "seed": 1, "repeats": 1},
        ["graph", "edges at the start", "components", "rounds, with the one that proves the end",
         "edges after each round", "s", "as SciPy has them"],
    )  # fmt: skip
    for kind, edges in graphs(n_nodes).items():
        source = str(folder / f"{kind}.parquet")
        pq.write_table(pa.table({"left": edges[:, 0], "right": edges[:, 1]}), source)
        work = Work(made, str(folder / kind))
        begin = time.perf_counter()
        found = components(work, "graph", made.read.parquet(source))
        elapsed = time.perf_counter() - begin
        sizes = list(work.rows.values())
        n_groups, is_same = _check(edges, found.toArrow().to_pydict())
        told = " → ".join(map(cell, sizes))
        table.rows.append([kind, len(edges), n_groups, len(sizes) - 1, told, elapsed, is_same])
        print(table.rows[-1], flush=True)
    return table


def _check(edges: np.ndarray[Any, Any], found: dict[str, list[int]]) -> tuple[int, bool]:
    """Number of components, and whether each node has the least node of its own."""
    nodes, place = np.unique(edges, return_inverse=True)
    left, right = place.reshape(edges.shape).T
    ones = np.ones(left.size, np.int8)
    n_groups, label = connected_components(coo_array((ones, (left, right)), (nodes.size, nodes.size)), directed=False)
    least = nodes[np.unique(label, return_index=True)[1]][label]
    other = least != nodes
    wanted = dict(zip(nodes[other].tolist(), least[other].tolist(), strict=True))
    return int(n_groups), dict(zip(found["node"], found["root"], strict=True)) == wanted


def main() -> None:
    """Measure and store, make the page, or both."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.spark", description=__doc__)
    parser.add_argument("results", type=Path, help="the JSON file")
    parser.add_argument("--page", type=Path, help="the Markdown file")
    parser.add_argument("--largest", type=int, default=100_000, help="documents, from 10,000 up in steps of ten")
    parser.add_argument("--nodes", type=int, default=100_000, help="of the graphs")
    given = parser.parse_args()
    if not given.page or not given.results.exists():
        run(given.results, given.largest, given.nodes)
    if given.page:
        given.page.write_text(spark_page.page(given.results), "utf-8")


def run(target: Path, largest: int, n_nodes: int) -> None:
    """Measure, and store the tables."""
    around = surroundings(("pyspark", "numpy", "pyarrow"))
    around["command"] = f"python -m benchmarks.spark docs/benchmarks/spark.json --largest {largest} --nodes {n_nodes}"
    sizes = [10**power for power in range(4, 9) if 10**power <= largest]
    with tempfile.TemporaryDirectory(dir=os.environ.get("DEDUPE_SCRATCH")) as name:
        folder, log = Path(name), Path(name) / "events"
        log.mkdir()
        with session(log) as made:
            spark.find(made.createDataFrame([(1, "warm up")], "id long, text string"))
            measured = [compare(made, size, folder) for size in sizes]
            made.conf.unset(_BROADCAST)
            graph = rounds(made, n_nodes, folder)
        runs = [one for _, _, some in measured for one in some]
        moved = shuffled(next(log.iterdir()), runs)
    tables = [overhead(measured), stages(runs), *shuffles(runs[-1], moved[-1]), graph]
    plain = {"around": around, "tables": [asdict(table) for table in tables]}
    target.write_text(json.dumps(plain, indent=1, default=float) + "\n", "utf-8")


if __name__ == "__main__":
    main()
