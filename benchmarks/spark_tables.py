"""Tables of the Spark engine's runs: time, stages, and what its event log says of shuffles."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.report import Table, cell
from dedupe.engines.spark.explain import NEAR, steps
from dedupe.matching.recipe import Recipe

CORES = 2
PARTITIONS = 4
RATE = 0.25  # planted copies for each original
_ROWS = ("rows per document", "bytes per row before compression")


@dataclass
class Run:
    """What one run of `find` on Spark did.

    Attributes:
        n_docs: Documents.
        n_bytes: Bytes of text in them.
        way: How the blocks in buckets were decided.
        elapsed_s: Wall time.
        is_same: Whether the survivors are those of one machine.
        n_near: Blocks that share a bucket with another.
        begin: Seconds since the epoch.
        ends: Name of each stage and when it ended.
    """

    n_docs: int
    n_bytes: int
    way: str
    elapsed_s: float = 0.0
    is_same: bool = False
    n_near: int = 0
    begin: float = 0.0
    ends: list[tuple[str, float]] = field(default_factory=list)

    def seconds(self) -> Counter[str]:
        """Wall time of each step."""
        spent: Counter[str] = Counter()
        for (_, before), (stage, end) in pairwise([("", self.begin), *self.ends]):
            spent[step_of(stage)] += end - before
        return spent

    def stage_at(self, moment: float) -> str | None:
        """The stage that something which ended at a moment belongs to."""
        if moment < self.begin:
            return None
        return next((stage for stage, end in self.ends if moment <= end), None)


def step_of(stage: str) -> str:
    """The step of the plan that a stage belongs to."""
    return "rounds" if stage.startswith(("round-", "survivors")) else stage


def shuffled(log: Path, runs: list[Run]) -> list[dict[str, Counter[str]]]:
    """What each stage of each run wrote for shuffles: bytes (compressed), plain (bytes before that), rows."""
    moved: list[dict[str, Counter[str]]] = [defaultdict(Counter) for _ in runs]
    for line in log.open(encoding="utf-8"):
        event = json.loads(line)
        if event["Event"] == "SparkListenerTaskEnd" and event.get("Task Metrics"):
            moment, wrote = event["Task Info"]["Finish Time"], event["Task Metrics"]["Shuffle Write Metrics"]
            seen = {"bytes": wrote["Shuffle Bytes Written"], "rows": wrote["Shuffle Records Written"]}
        elif event["Event"] == "SparkListenerStageCompleted":
            info = event["Stage Info"]
            sizes = [int(one["Value"]) for one in info["Accumulables"] if one["Name"] == "data size"]
            moment, seen = info["Completion Time"], {"plain": sum(sizes)}
        else:
            continue
        for run, stages_of_run in zip(runs, moved, strict=True):
            if stage := run.stage_at(moment / 1000):
                stages_of_run[stage].update(seen)
    return moved


def plan_of(run: Run) -> dict[str, float]:
    """What the plan expects each step to shuffle."""
    n_bands = Recipe.of("spark").plan.n_bands
    return {step.name: step.bytes_moved for step in steps(run.n_docs, run.n_bytes, n_bands)}


def overhead(measured: list[tuple[float, int, list[Run]]]) -> Table:
    """Spark beside one machine."""
    table = Table(
        "overhead",
        "Spark on two cores beside `dedupe.find`",
        "a cluster, its network, and documents longer than a few hundred bytes.",
        {"planted": f"{RATE} edited copies per original", "seed": 1, "repeats": 1, "partitions": PARTITIONS},
        ["documents", "MB", "duplicates", "find s", "way", "Spark s", "Spark / find", "documents per core second",
         "same survivors"],
        notes=["`at once`: one task decides all blocks that share a bucket, as Spark does here by itself.",
            "`in rounds`: as a large input is decided, and its tables joined: in rounds, and without broadcasts.",
               "Spark reads Parquet and writes each stage as Parquet; `find` has the texts in memory."],
    )  # fmt: skip
    for alone, n_gone, runs in measured:
        for run in runs:
            rate = run.n_docs / run.elapsed_s / CORES
            table.rows.append([
                run.n_docs, run.n_bytes / 1e6, n_gone, alone, run.way, run.elapsed_s, run.elapsed_s / alone, rate,
                run.is_same,
            ])  # fmt: skip
    return table


def stages(runs: list[Run]) -> Table:
    """Where the time goes."""
    heads = [f"{cell(run.n_docs)} {run.way}" for run in runs]
    spent = [run.seconds() for run in runs]
    names = list(dict.fromkeys(name for one in spent for name in one))
    table = Table(
        "stages",
        "Seconds of each stage",
        "work of one stage that Spark does in another's name: checks of the ids are counted to `blocks`.",
        {"repeats": 1},
        ["stage", *heads],
    )
    table.rows = [[name, *(one.get(name) for one in spent)] for name in names]
    return table


def shuffles(run: Run, moved: dict[str, Counter[str]]) -> list[Table]:
    """Shuffled bytes of each step of a run, beside what the plan expects, and of each part of its rounds."""
    table = Table(
        "shuffle",
        f"Bytes shuffled per document, {cell(run.n_docs)} documents {run.way}",
        "spills, broadcasts, and what is written as Parquet.",
        {
            "blocks that share a bucket": f"{run.n_near / run.n_docs:.1%}",
            "taken by the plan": f"{NEAR:.0%}",
            "MB of text": round(run.n_bytes / 1e6, 1),
        },
        ["step", "plan", "measured, before compression", "measured / plan", "written", *_ROWS],
    )
    parts = Table(
        "parts",
        "The same for the parts of the rounds",
        "what the plan expects of each; it takes them together.",
        {"repeats": 1},
        ["stage", "measured, before compression", "written", *_ROWS],
    )
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for stage, counts in moved.items():
        seen[step_of(stage)].update(counts)
        seen["in all"].update(counts)
        if step_of(stage) == "rounds":
            parts.rows.append([stage, *_line(counts, run.n_docs)])
    plan = plan_of(run)
    for name, expected in {**plan, "in all": sum(plan.values())}.items():
        plain, *rest = _line(seen[name], run.n_docs)
        share = plain * run.n_docs / expected if expected else None
        table.rows.append([name, expected / run.n_docs, plain, share, *rest])
    return [table, parts]


def _line(seen: Counter[str], n_docs: int) -> list[Any]:
    per_row = seen["plain"] / seen["rows"] if seen["rows"] else None
    return [seen["plain"] / n_docs, seen["bytes"] / n_docs, seen["rows"] / n_docs, per_row]
