"""The command `python -m benchmarks`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks import (
    calls,
    check,
    corpora,
    corpus,
    coverage,
    data,
    growth,
    index,
    quality,
    recall,
    report,
    robustness,
    speed,
)
from benchmarks.peers import PEERS, Settings
from benchmarks.report import Table
from benchmarks.same_or_other import tables as same_or_other

_SMALL = ["paragraphs", "licenses", "planted 50 %"]
_QUICK = ["ours", "datasketch", "rensa", "rensa rho (samples)", "gaoya"]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "what", nargs="?", default="all",
        choices=[
            "all", "speed", "quality", "growth", "recall", "robustness", "coverage", "index", "corpus", "same-or-other",
        ],
    )  # fmt: skip
    parser.add_argument("--mb", type=float, help="size of each corpus (speed 10, recall 2, robustness 2)")
    parser.add_argument("--corpus", action="append", choices=list(corpora.CORPORA), help="only this corpus; repeat")
    parser.add_argument("--peer", action="append", choices=list(PEERS), help="only these, beside ours; repeat")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threshold", type=float, default=0.7)
    parser.add_argument("--width", type=int, default=3, help="words per shingle, for every library")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds after which a process is stopped")
    parser.add_argument("--largest", type=int, default=1_000_000, help="blocks in growth; 10000000 needs 24 GB")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="to the verbs; repeat")
    parser.add_argument("--catalog-texts", type=int, default=60, help="per language in same-or-other; 0: none")
    parser.add_argument("--out", type=Path, help="folder for JSON, Markdown and SVG")
    parser.add_argument("--check", type=Path, help="baseline to compare quality and counts with; nothing else is run")
    return parser.parse_args()


def _tables(given: argparse.Namespace) -> list[Table]:
    settings = Settings(given.threshold, given.width)
    is_small = given.what == "all"
    peers = ["ours", *(peer for peer in given.peer or (_QUICK if is_small else PEERS) if peer != "ours")]
    tables: list[Table] = []
    if given.what in ("all", "speed"):
        size = given.mb or (1.0 if is_small else 10.0)
        names = given.corpus or (_SMALL if is_small else list(corpora.CORPORA))
        tables += speed.tables(
            size, names=names, peers=peers, repeats=given.repeats, settings=settings, limit_s=given.limit
        )
        tables.append(speed.stages(size, settings, given.repeats))
        tables.append(calls.table(size, given.repeats))
    peers = [peer for peer in peers if peer != "rensa 5-grams"]  # pairs of another width are no truth here
    if given.what in ("all", "recall"):
        tables.append(recall.table(given.mb or (1.0 if is_small else 2.0), peers, settings))
    if given.what in ("all", "quality"):
        tables += quality.tables([] if is_small else peers, steps=not is_small)
        tables += quality.extra()
        tables += [] if is_small else [quality.widths()]
    if given.what in ("quality", "coverage"):
        tables.append(coverage.table())
    if given.what == "index":
        tables.append(index.table(given.largest))
    if given.what == "corpus":
        tables += [corpus.growth([100.0, given.mb or 1000.0], "2GB"), corpus.short_blocks(30.0, "2GB"), corpus.crawl()]
    if given.what == "same-or-other":
        tables += same_or_other.tables(same_or_other.parse_options(given.option), given.catalog_texts)
    if given.what in ("all", "robustness"):
        tables.append(robustness.table(given.mb or (1.0 if is_small else 2.0)))
    if given.what in ("all", "growth"):
        tables.append(growth.table(10_000 if is_small else given.largest))
        tables += [] if is_small else [growth.duplicates_share(100_000)]
    return tables


def main() -> int:
    """Run what was asked for, print it, and write it when a folder was given."""
    given = _arguments()
    if given.check:
        return check.check(given.check)
    around = report.surroundings()
    if not data.folder().is_dir():
        print(f"no labelled text in {data.folder()}: set DEDUPE_DATA; only made text and the seeds are measured")
    report.publish(_tables(given), around, given.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
