"""One small adapter for each place that decides what goes: a scenario in, the survivor of each duplicate out."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import dedupe
from tests.conformance.scenarios import Scenario

Place = tuple[Any, int | None, int | None]  # text, start, end; whole texts have no start and end
Answer = dict[Place, tuple[Place, float, str]]  # duplicate to survivor, similarity, rule


def in_memory(scenario: Scenario, more: Mapping[str, Any] | None = None) -> Answer:
    """What `find` says, with settings that a place documents as its own."""
    settings = {**(more or {}), **scenario.settings}
    known = list(scenario.known) or None
    if None in scenario.texts or scenario.columns:
        import pyarrow as pa

        frame = pa.table({"text": pa.array(scenario.texts, pa.string()), **scenario.columns})
        return answer_of(dedupe.find(frame, text="text", against=known, **settings).duplicates, settings)
    return answer_of(dedupe.find(list(scenario.texts), against=known, **settings).duplicates, settings)


def answer_of(duplicates: Any, settings: Mapping[str, Any]) -> Answer:
    """The answer in the results of `find` and of an index."""
    is_whole = settings.get("unit", "document") == "document"

    def place(block: dedupe.Block) -> Place:
        return (block.doc, None, None) if is_whole else (block.doc, block.start, block.end)

    return {place(d.block): (place(d.survivor), round(d.similarity, 6), d.rule) for d in duplicates}


def over_files(scenario: Scenario, folder: Path) -> Answer:
    """What `clean_files` lists as removed, over two files; whole texts that are not listed must come out."""
    rows = [
        {"id": number, "text": text, **{name: plain(column[number]) for name, column in scenario.columns.items()}}
        for number, text in enumerate(scenario.texts)
    ]
    half = len(rows) // 2
    for name, part in (("0.jsonl", rows[:half]), ("1.jsonl", rows[half:])):
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in part), "utf-8")
    settings = dict(scenario.settings)
    if scenario.known:
        with dedupe.Index(folder / "known.idx", **{**settings, "keep": "first"}) as index:
            index.add(list(enumerate(scenario.known)))
        settings["against"] = str(folder / "known.idx")
    dedupe.clean_files([folder / "0.jsonl", folder / "1.jsonl"], folder / "out", id="id", **settings)
    listed = (folder / "out/_dedupe/removed.jsonl").read_text("utf-8").splitlines()
    answer = dict(map(listed_row, map(json.loads, listed)))
    if scenario.settings.get("unit", "document") == "document":
        written = "".join(path.read_text("utf-8") for path in sorted((folder / "out").glob("*.jsonl"))).splitlines()
        stays = [row["id"] for row in rows if (row["id"], None, None) not in answer]
        assert [json.loads(line)["id"] for line in written] == stays
    return answer


def listed_row(row: Mapping[str, Any]) -> tuple[Place, tuple[Place, float, str]]:
    """Duplicate and survivor in a row of the removed list."""
    survivor = int(row["survivor"]["id"])
    named = ("against", survivor) if row["survivor"].get("against") else survivor
    theirs = (named, *(row["survivor"].get("span") or (None, None)))
    return (int(row["id"]), *(row.get("span") or (None, None))), (theirs, row["similarity"], row["rule"])


def plain(value: Any) -> Any:
    """A value that JSON can hold."""
    if isinstance(value, float) and math.isnan(value):
        return None
    return value.isoformat() if hasattr(value, "isoformat") else value


def in_index(size: int, *, store_text: bool = True) -> Callable[[Scenario, Path], Answer]:
    """An adapter that adds the texts to an index so many at a time; with known ones, asks one that holds those."""

    def run(scenario: Scenario, folder: Path) -> Answer:
        settings = dict(scenario.settings) if store_text else {**scenario.settings, **HASHES}
        keep = settings.pop("keep", "first") if scenario.known else "first"
        with dedupe.Index(folder / "texts.idx", store_text=store_text, **settings) as index:
            pairs = enumerate(scenario.known or scenario.texts)
            while batch := list(itertools.islice(pairs, size)):
                index.add(framed(batch) if None in scenario.texts else batch)
            if scenario.known:
                return answer_of(index.find(list(scenario.texts), keep=keep).duplicates, settings)
            return answer_of(index.duplicates(), settings)

    return run


def framed(batch: list[tuple[int, str | None]]) -> Any:
    """Pairs of id and text as an Arrow table, which can hold a null."""
    import pyarrow as pa

    ids, texts = zip(*batch, strict=True)
    return pa.table({"id": pa.array(ids), "text": pa.array(texts, pa.string())})


HASHES = {"lose": "words"}  # what an index that keeps no text can do
PLACES: dict[str, Callable[[Scenario, Path], Answer]] = {
    "files": over_files,
    "index, 1 at a time": in_index(1),
    "index, 3 at a time": in_index(3),
    "index, all at once": in_index(10**6),
    "index, hashes": in_index(20, store_text=False),
}
