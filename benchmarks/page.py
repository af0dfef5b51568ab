"""The page docs/benchmarks.md from stored results: `python -m benchmarks.page docs/benchmarks/*.json docs/benchmarks.md`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from benchmarks.report import Table, draw, origin

_INTRO = """# Benchmarks

This page is made by `python -m benchmarks.page` from the JSON files named in it; run them yourself with `python -m benchmarks`.
Each table opens with what it does not show, and then with every row in which a peer is ahead.
Peers run in processes of their own, in turn with ours, in one run; read the ratios, not the seconds.
Each run states the load at its start: above 2 the machine was busy with other work, and seconds vary by a half.

Data comes from `DEDUPE_DATA` or `../shared/data`; a set that is missing is named and skipped.
Other sets of the same kinds are kept aside and were not looked at when the defaults were chosen.

"""


def page(files: list[Path], target: Path) -> None:
    """Write the page and its plots.

    Args:
        files: results.json of one or more runs, in the order in which their tables should stand.
        target: The Markdown file; plots go into the folder of its name beside it.
    """
    plots = target.with_suffix("")
    parts = [_INTRO, (Path(__file__).parent / "findings.md").read_text("utf-8")]
    for file in files:
        stored = json.loads(file.read_text("utf-8"))
        parts.append(f"Source of what follows: `{file.parent.name}/{file.name}`.\n{origin(stored['around'])}\n\n")
        for plain in stored["tables"]:
            table = Table(**plain)
            draw(table, plots)
            parts.append(table.markdown().replace(f"]({table.name}.svg)", f"]({plots.name}/{table.name}.svg)") + "\n")
    target.write_text("".join(parts).rstrip() + "\n", "utf-8")


def main() -> None:
    """Make the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__)
    parser.add_argument("results", nargs="+", type=Path, help="JSON of runs, in the order of the page")
    parser.add_argument("page", type=Path, help="the Markdown file to write")
    given = parser.parse_args()
    page(given.results, given.page)


if __name__ == "__main__":
    main()
