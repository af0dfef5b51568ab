"""Tables and what they stand for: to the terminal, to Markdown and to JSON."""

from __future__ import annotations

import json
import math
import os
import platform
import shlex
import statistics
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.data import ROOT
from benchmarks.plots import svg

PACKAGES = ("numpy", "rapidfuzz", "datasketch", "xxhash", "rensa", "gaoya", "semhash")


@dataclass
class Table:
    """A table, opened by what it does not show.

    Attributes:
        name: Short, for files and links.
        title: One line.
        not_shown: What the table does not show.
        settings: Seeds, repeats, thresholds: whatever the figures hang on.
        columns: Headings.
        ahead: Where a peer beats us; stands before the table.
        rows: Cells; numbers are formatted when printed.
        notes: Lines below: missing sets, choices made for a peer, failures.
        plot: A plot of it: kind, axis labels and series; see plots.py.
    """

    name: str
    title: str
    not_shown: str
    settings: dict[str, Any]
    columns: list[str]
    rows: list[list[Any]] = field(default_factory=list)
    ahead: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    plot: dict[str, Any] | None = None

    def markdown(self) -> str:
        """The table as Markdown."""
        settings = ", ".join(f"{key} {value}" for key, value in self.settings.items())
        lines = [f"## {self.title}", "", f"Not shown: {self.not_shown}", f"Settings: {settings}."]
        lines += [f"A peer is ahead: {line}" for line in self.ahead] + [""]
        lines += ["| " + " | ".join(self.columns) + " |", "|" + "|".join(["---"] * len(self.columns)) + "|"]
        lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in self.rows]
        if self.plot:
            lines += ["", f"![{self.title}]({self.name}.svg)"]
        return "\n".join([*lines, "", *(f"- {note}" for note in self.notes)]).rstrip() + "\n"

    def text(self) -> str:
        """The table for a terminal."""
        cells = [self.columns, *([cell(value) for value in row] for row in self.rows)]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.columns))]
        body = ["  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)) for row in cells]
        return "\n".join(
            [f"\n{self.title}", f"not shown: {self.not_shown}"]
            + [f"a peer is ahead: {line}" for line in self.ahead]
            + [body[0], "-" * len(body[0]), *body[1:]]
            + [f"* {note}" for note in self.notes]
        )


def cell(value: Any) -> str:
    """A value as a cell: three significant digits, whole numbers whole."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, int):
        return f"{value:,}".replace(",", " ")
    if isinstance(value, float):
        return "–" if math.isnan(value) else f"{value:.3f}" if abs(value) < 10 else f"{value:,.0f}".replace(",", " ")
    return str(value)


def spread(values: list[float]) -> str:
    """Lowest to highest of repeats."""
    return f"{min(values):.2f}–{max(values):.2f}" if values else "–"


def median(values: list[float]) -> float:
    """Middle of repeats; nan of none."""
    return statistics.median(values) if values else float("nan")


def surroundings(packages: Iterable[str] = PACKAGES) -> dict[str, Any]:
    """Commit, versions and machine of a run."""

    def git(*command: str) -> str:
        done = subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    import dedupe

    return {
        "commit": git("rev-parse", "--short", "HEAD") + ("+changes" if git("status", "--porcelain", "src") else ""),
        "dedupe-text": f"{dedupe.__version__} ({dedupe.backend()} core)",
        "python": platform.python_version(),
        "packages": {package: _version(package) for package in packages},
        "machine": f"{platform.system()} {platform.machine()}, {_processor()}, {os.cpu_count()} processors",
        "load_at_start": round(os.getloadavg()[0], 1),
        "command": _command(sys.argv[1:]),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _command(arguments: list[str]) -> str:
    """How to get the same figures; the folder they were written to is nobody's business."""
    kept = list(arguments)
    if "--out" in kept:
        at = kept.index("--out")
        del kept[at : at + 2]
    spec = sys.modules["__main__"].__spec__
    module = "benchmarks" if spec is None else spec.name.removesuffix(".__main__")
    return shlex.join(["python", "-m", module, *kept])


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    names = (
        [line.split(":", 1)[1].strip() for line in path.read_text().splitlines() if "model name" in line]
        if (path.exists())
        else []
    )
    return names[0] if names else platform.processor() or "processor unknown"


def publish(tables: list[Table], around: dict[str, Any], folder: Path | None) -> None:
    """Print tables and what they stand for, and write them when a folder is given."""
    for table in tables:
        print(table.text())
    print()
    for name, value in around.items():
        print(f"{name}: {value}")
    if folder:
        write(tables, folder, around)
        print(f"written to {folder}")


def write(tables: list[Table], folder: Path, around: dict[str, Any]) -> None:
    """Write results.json, results.md and a plot for each table that has one."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = {"around": around, "tables": [asdict(table) for table in tables]}
    (folder / "results.json").write_text(json.dumps(plain, indent=1, default=float) + "\n", "utf-8")
    for table in tables:
        draw(table, folder)
    (folder / "results.md").write_text(markdown(tables, around), "utf-8")


def draw(table: Table, folder: Path) -> None:
    """Write the plot of a table that has one."""
    if table.plot:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{table.name}.svg").write_text(svg(table.title, table.plot), "utf-8")


def markdown(tables: list[Table], around: dict[str, Any]) -> str:
    """All tables on one page."""
    return "\n".join(["# Benchmarks", "", origin(around), "", *(table.markdown() for table in tables)])


def origin(around: dict[str, Any]) -> str:
    """Where figures come from, in two sentences."""
    packages = ", ".join(f"{name} {found}" for name, found in around["packages"].items())
    made_by = f"Made by `{around['command']}` at commit {around['commit']}, dedupe-text {around['dedupe-text']}"
    machine = f"Python {around['python']}, on {around['machine']} (load at the start {around['load_at_start']})."
    return f"{made_by}, {machine}\nPackages: {packages}."
