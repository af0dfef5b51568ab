"""One index through a week of daily files: `python docs/daily_index.py [FOLDER]`.

Each day brings some texts that are new, some that came before, and some that were touched up.
The index keeps what it has seen, names the older copy of each, and survives a correction and a clean-up.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from pathlib import Path

import dedupe

PLACES = "harbour market station library museum bridge school theatre stadium hospital".split()
EVENTS = [
    "The {0} was closed on {1} after the storm tore tiles from its roof, and nobody was hurt.",
    "A new {0} will open by the end of next year, the council decided on {1} by nine votes to four.",
    "Visitors to the {0} will pay two coins more from {1} on, which the guild of merchants called a mistake.",
    "On {1} the {0} welcomed its millionth guest, who was given a cake, a song and a free year.",
]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def write_day(folder: Path, number: int) -> Path:
    """Write the file of one day: 40 stories, a third of them from the day before, some with a word changed."""
    draw, before = random.Random(number), random.Random(number - 1)
    path = folder / f"day{number + 1}.jsonl"
    with path.open("w", encoding="utf-8") as lines:
        for place in range(40):
            source, day = (before, DAYS[number - 1]) if number and place % 3 == 0 else (draw, DAYS[number])
            text = " ".join(source.choice(EVENTS).format(source.choice(PLACES), day) for _ in range(3))
            if place % 6 == 0:
                text = text.replace("nobody", "no one").replace("two coins", "three coins")
            lines.write(json.dumps({"url": f"day{number + 1}/{place}", "body": text}) + "\n")
    return path


def read(path: Path) -> list[tuple[str, str]]:
    """The (id, text) pairs of a daily file."""
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [(row["url"], row["body"]) for row in rows]


def main(folder: Path) -> None:
    """Add the week day by day, ask, take back, and set the result beside that of one call over everything."""
    everything: dict[str, str] = {}
    for number, day in enumerate(DAYS):
        docs = read(write_day(folder, number))
        everything |= docs
        with dedupe.Index(folder / "news.idx", threshold=0.6) as index:  # made on Monday, opened again every day
            report = index.add(docs)
        older = sum(d.survivor.doc.split("/")[0] != f"day{number + 1}" for d in report.duplicates)
        print(f"{day:9}  {report.n_documents} texts, {len(report.new)} new, {older} known from earlier days")

    with dedupe.Index(folder / "news.idx") as index:
        first = report.duplicates[0]
        print(f"{first.block.doc} says what {first.survivor.doc} says ({first.rule}, {first.similarity:.2f})")
        print("check:", index.check(("day1/1", everything["day1/1"] + " Correction: it was the mayor.")).verdict)
        index.remove([first.survivor.doc])  # taken back: its duplicates are decided again
        del everything[first.survivor.doc]
        index.compact()
        found = dedupe.find(everything, threshold=0.6)
        same = [(d.block.doc, d.survivor.doc) for d in found.duplicates]
        print("same as one call over the week:", [(d.block.doc, d.survivor.doc) for d in index.duplicates()] == same)
        print("problems:", len(index.verify()))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as name:
            main(Path(name))
