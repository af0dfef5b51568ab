"""Whether the files of an index are as they were written, and fit together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dedupe.engines.index.storage.catalogue import NAME, Catalogue, SegmentEntry
from dedupe.engines.index.storage.folder import Folder
from dedupe.engines.index.storage.rules import rules_of
from dedupe.engines.index.storage.segments import Segment
from dedupe.engines.index.storage.view import View
from dedupe.errors import DedupeError, IndexDamaged

_DOCS_AT_ONCE = 100_000  # documents whose ids are looked up at a time


@dataclass(frozen=True)
class Problem:
    """Something in an index that is not as it was written.

    Attributes:
        file: The file.
        what: What is wrong with it.
    """

    file: str
    what: str


def verify(path: Path) -> tuple[Problem, ...]:
    """Read every byte of an index and say what is wrong with it; nothing is changed.

    Args:
        path: The folder.

    Returns:
        The problems; none when all is as it was written.
    """
    problems: list[Problem] = []
    catalogue = open_catalogue(path, problems)
    if catalogue is None:
        return tuple(problems)
    try:
        problems += _problems_of(path, catalogue)
    except (DedupeError, ValueError, KeyError) as error:
        problems.append(Problem(NAME, str(error)))
    finally:
        catalogue.close()
    return tuple(problems)


def open_catalogue(path: Path, problems: list[Problem]) -> Catalogue | None:
    """Open the catalogue for reading; None, and one more problem, when that cannot be."""
    if not path.is_dir():
        problems.append(Problem(str(path), "there is no such folder"))
        return None
    if not (path / NAME).is_file():
        problems.append(Problem(NAME, "it is missing"))
        return None
    try:
        return Catalogue(path, timeout=10.0, readonly=True)
    except DedupeError as error:
        problems.append(Problem(NAME, str(error)))
        return None


def _problems_of(path: Path, catalogue: Catalogue) -> Iterator[Problem]:
    """The problems of a catalogue that opens, and of its segments; each check trusts what those before it checked."""
    is_whole = True
    for what in catalogue.problems():
        is_whole = False
        yield Problem(NAME, what)
    if not is_whole:
        return
    settings = catalogue.settings()
    for entry in catalogue.entries():
        for problem in _segment_problems(path, entry, settings):
            is_whole = False
            yield problem
    for what in catalogue.inconsistencies():
        is_whole = False
        yield Problem(NAME, what)
    if is_whole:
        folder = Folder(path, rules_of(path, settings, None), catalogue, skip_damaged=False)
        yield from (Problem(NAME, what) for what in _contradictions(folder.view()))


def _segment_problems(path: Path, entry: SegmentEntry, settings: dict[str, Any]) -> Iterator[Problem]:
    """Open a segment and read all of it."""
    try:
        segment = Segment(path / entry.name)
    except IndexDamaged as error:
        yield Problem(entry.name, str(error))
        return
    if damaged := segment.damaged_sections():
        yield Problem(entry.name, f"the checksums of these sections do not fit: {', '.join(damaged)}")
    facts = segment.facts
    in_catalogue = (entry.kind, entry.level, entry.bytes, json.loads(entry.counts))
    if in_catalogue != (facts["kind"], facts["level"], segment.size, facts["counts"]):
        yield Problem(NAME, f"what it says of {entry.name} is not what the file says")
    if facts["settings"] != settings:
        yield Problem(NAME, f"its settings are not those of {entry.name}")


def _contradictions(view: View) -> Iterator[str]:
    """What does not fit together although each file is whole."""
    docs = blocks = 0
    for part in view.records:
        if (part.first_doc, part.first_block) != (docs, blocks):
            yield f"documents {docs} to {part.first_doc} are in no file"
            return
        docs, blocks = docs + part.n_docs, blocks + part.n_blocks
    alive = view.alive_docs()
    slices = (alive[first : first + _DOCS_AT_ONCE] for first in range(0, alive.size, _DOCS_AT_ONCE))
    n_lost = sum(int((view.find_ids(view.doc_ids(some)) != some).sum()) for some in slices)
    if n_lost:
        yield f"{n_lost} documents are not found by their ids"
    head, survivor, _ = view.decisions(view.blocks_of(alive))
    for place, (name, column) in enumerate((("head", head), ("survivor", survivor))):
        named = np.unique(column)
        is_right = view.is_alive(named) & (view.decisions(named)[place] == named)
        if not is_right.all():
            yield f"{int((~is_right).sum())} blocks are named as {name} but are none"
    heads = np.unique(head)
    n_missing = int((view.find_words(view.text_hashes(heads)) != heads).sum())
    if n_missing:
        yield f"{n_missing} groups are not found by their words"
