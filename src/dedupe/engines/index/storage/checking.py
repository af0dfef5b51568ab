"""Whether the files of an index are whole, and making a whole one from what is left."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dedupe.core.hashing import I64, Bool
from dedupe.core.sketch import sketch
from dedupe.engines.index.joining import join, of_records
from dedupe.engines.index.storage.catalogue import NAME, Catalogue, Named, number_of
from dedupe.engines.index.storage.compacting import kept_records
from dedupe.engines.index.storage.files import Folder
from dedupe.engines.index.storage.places import make_index
from dedupe.engines.index.storage.records import Id, Records
from dedupe.engines.index.storage.rules import Rules, rules_of
from dedupe.engines.index.storage.segments import Segment
from dedupe.engines.index.storage.view import View
from dedupe.errors import DedupeError, IndexDamaged

_DOCS = 100_000  # documents whose ids are looked up at a time


@dataclass(frozen=True)
class Problem:
    """Something in an index that is not as it was written.

    Attributes:
        file: The file.
        what: What is wrong with it.
    """

    file: str
    what: str


@dataclass(frozen=True)
class Repair:
    """What a repair kept and lost.

    Attributes:
        problems: What was wrong.
        n_kept: Documents that are in the repaired index.
        lost: Ids of the documents that are lost, as far as they can be read.
        notes: What else is to be known, as that removed documents may be back.
        damaged_copy: Folder of the index as it was; None when it is whole, and nothing was done.
    """

    problems: tuple[Problem, ...]
    n_kept: int
    lost: tuple[Id, ...]
    notes: tuple[str, ...]
    damaged_copy: str | None


def verify(path: Path) -> tuple[Problem, ...]:
    """Read every byte of an index and say what is wrong with it; nothing is changed.

    Args:
        path: The folder.

    Returns:
        The problems; none when all is as it was written.
    """
    found: list[Problem] = []
    catalogue = _catalogue(path, found)
    if catalogue is None:
        return tuple(found)
    try:
        found += [Problem(NAME, problem) for problem in catalogue.problems()]
        if found:
            return tuple(found)
        named, settings = catalogue.segments(), catalogue.settings()
        for one in named:
            _check_segment(path, one, settings, found)
        found += [Problem(NAME, problem) for problem in catalogue.oddities()]
        if not found:
            rules = rules_of(path, settings, None)
            folder = Folder(path, rules, catalogue, skip_damaged=False)
            found += [Problem(NAME, problem) for problem in _incoherent(folder.view())]
    except (DedupeError, ValueError, KeyError) as error:
        found.append(Problem(NAME, str(error)))
    finally:
        catalogue.close()
    return tuple(found)


def _catalogue(path: Path, found: list[Problem]) -> Catalogue | None:
    if not path.is_dir():
        found.append(Problem(str(path), "there is no such folder"))
        return None
    if not (path / NAME).is_file():
        found.append(Problem(NAME, "it is missing"))
        return None
    try:
        return Catalogue(path, timeout=10.0, readonly=True)
    except DedupeError as error:
        found.append(Problem(NAME, str(error)))
        return None


def _check_segment(path: Path, named: Named, settings: dict[str, Any], found: list[Problem]) -> None:
    """Open a segment and read all of it."""
    try:
        segment = Segment(path / named.name)
    except IndexDamaged as error:
        found.append(Problem(named.name, str(error)))
        return
    wrong = segment.damaged_sections()
    if wrong:
        found.append(Problem(named.name, f"the checksums of these sections do not fit: {', '.join(wrong)}"))
    facts = segment.facts
    counts = json.loads(named.counts)
    expected = (facts["kind"], facts["level"], segment.size, facts["counts"])
    if (named.kind, named.level, named.bytes, counts) != expected:
        found.append(Problem(NAME, f"what it says of {named.name} is not what the file says"))
    if facts["settings"] != settings:
        found.append(Problem(NAME, f"its settings are not those of {named.name}"))


def _incoherent(view: View) -> Iterator[str]:
    """What does not fit together although each file is whole."""
    docs = blocks = 0
    for part in view.records:
        if (part.first_doc, part.first_block) != (docs, blocks):
            yield f"documents {docs} to {part.first_doc} are in no file"
            return
        docs, blocks = docs + part.n_docs, blocks + part.n_blocks
    alive = np.flatnonzero(~view.is_removed(np.arange(view.n_docs)))
    parts = (alive[first : first + _DOCS] for first in range(0, alive.size, _DOCS))
    lost = sum(int((view.find_ids(view.doc_ids(part)) != part).sum()) for part in parts)
    if lost:
        yield f"{lost} documents are not found by their ids"
    numbers = view.blocks_of(alive)
    head, survivor, _ = view.decisions(numbers)
    for name, column in (("head", head), ("survivor", survivor)):
        target = np.unique(column)
        ok = view.is_alive(target) & (view.decisions(target)[0 if name == "head" else 1] == target)
        if not ok.all():
            yield f"{int((~ok).sum())} blocks are named as {name} but are none"
    heads = np.unique(head)
    missing = int((view.find_words(view.text_hashes(heads)) != heads).sum())
    if missing:
        yield f"{missing} groups are not found by their words"


class _Left(NamedTuple):
    """What a repair has to work with."""

    rules: Rules
    parts: list[tuple[Records, Bool]]  # with the documents that are whole and not removed
    lost: list[Id]
    notes: list[str]


def repair(path: Path) -> Repair:
    """Make a whole index of what is left; the damaged one stays beside it. A whole index is left as it is.

    Postings are made anew from the texts, so a damaged file of postings loses nothing.
    A document is lost when its text, or a column of its file, is damaged.

    Args:
        path: The folder; nobody else may have it open.

    Returns:
        What was wrong, kept and lost.

    Raises:
        IndexDamaged: Nothing is left that says what the settings were.
        DedupeError: There is no room for a second copy.
    """
    problems = verify(path)
    if not problems:
        return Repair((), _n_docs(path), (), (), None)
    left = _salvage(path)
    target = _free(path, "repaired")
    make_index(target, left.rules)
    folder = Folder(target, left.rules, Catalogue(target, timeout=10.0, readonly=False), skip_damaged=False)
    n_kept = 0
    for part, keep in left.parts:
        made = kept_records(part, np.flatnonzero(keep))
        with folder.writing() as view:
            new = made._replace(first_doc=view.n_docs, first_block=view.n_blocks)
            joined = join(view, new, of_records(left.rules, made))
            folder.commit(joined.view, joined.records if made.n_docs else None)
        n_kept += made.n_docs
    folder.catalogue.close()
    aside = _free(path, "damaged")
    os.rename(path, aside)
    os.rename(target, path)
    return Repair(problems, n_kept, tuple(left.lost), tuple(left.notes), str(aside))


def _n_docs(path: Path) -> int:
    catalogue = Catalogue(path, timeout=10.0, readonly=True)
    try:
        rules = rules_of(path, catalogue.settings(), None)
        view = Folder(path, rules, catalogue, skip_damaged=False).view()
    finally:
        catalogue.close()
    return view.n_docs - int(view.changes.removed.size)


def _free(path: Path, word: str) -> Path:
    number = 1
    while (made := path.with_name(f"{path.name}.{word}-{number}")).exists():
        number += 1
    return made


def _salvage(path: Path) -> _Left:
    """Find what can be read."""
    notes: list[str] = []
    found: list[Problem] = []
    catalogue = _catalogue(path, found)
    named: list[Named] | None = None
    settings: dict[str, Any] | None = None
    if catalogue is not None:
        if not catalogue.problems():
            try:
                named, settings = catalogue.segments(), catalogue.settings()
            except DedupeError:
                named = None
        catalogue.close()
    files = sorted((file.name for file in path.glob("*.seg")), key=number_of)
    if named is None:
        notes.append("the catalogue is lost: the newest files were taken, so a batch that was not finished may be in")
    segments: list[Segment] = []
    for name in files if named is None else [one.name for one in named]:
        try:
            segments.append(Segment(path / name))
        except IndexDamaged as error:
            notes += [str(error), *([_BACK] if name.startswith("changes") else [])]
    # the files agree on the settings; a catalogue that differs from them is the one that is wrong
    for segment in segments:
        settings = segment.facts["settings"]
    if settings is None:
        raise IndexDamaged(f"nothing is left of {path}: neither a catalogue nor a segment can be read")
    rules = rules_of(path, settings, None)
    removed = _removed(segments, notes)
    parts, lost = _whole_documents(rules, segments, removed, notes)
    counts = [json.loads(one.counts) for one in named or () if one.kind == "records"]
    ends = [Records.of(segment).end for segment in segments if segment.facts["kind"] == "records"]
    _note_gap(max(ends, default=0), max((one["first_doc"] + one["n_docs"] for one in counts), default=0), notes)
    return _Left(rules, parts, lost, notes)


_BACK = "the list of removed documents is damaged: documents that were removed may be back"


def _note_gap(first: int, last: int, notes: list[str]) -> None:
    if last > first:
        notes.append(f"{last - first} documents are lost with their file; their ids are not known")


def _removed(segments: list[Segment], notes: list[str]) -> I64:
    changes = [segment for segment in segments if segment.facts["kind"] == "changes"]
    if not changes:
        return np.zeros(0, np.int64)
    if changes[-1].damaged_sections():
        notes.append(_BACK)
        return np.zeros(0, np.int64)
    return changes[-1]["removed"].astype(np.int64)


def _whole_documents(
    rules: Rules, segments: list[Segment], removed: I64, notes: list[str]
) -> tuple[list[tuple[Records, Bool]], list[Id]]:
    parts, lost, at = [], list[Id](), 0
    records = [Records.of(segment) for segment in segments if segment.facts["kind"] == "records"]
    # of files that overlap, which a merge left, the longest comes first and is taken
    for part in sorted(records, key=lambda part: (part.first_doc, -part.n_docs)):
        if part.first_doc < at:
            continue
        _note_gap(at, part.first_doc, notes)
        at = part.end
        assert isinstance(part.columns, Segment)
        wrong = set(part.columns.damaged_sections())
        keep = ~np.isin(np.arange(part.first_doc, at), removed)
        if wrong - {"texts", "sets", "head", "survivor", "similarity"}:
            notes.append(f"{part.n_docs} documents are lost with {part.columns.path.name}")
            lost += _readable_ids(part, wrong, keep)
            continue
        if wrong & {"texts", "sets"}:
            whole = _whole_texts(rules, part) if "texts" in wrong else np.zeros(part.n_docs, np.bool_)
            lost += part.ids(np.flatnonzero(keep & ~whole))
            keep &= whole
        parts.append((part, keep))
    return parts, lost


def _readable_ids(part: Records, wrong: set[str], keep: Bool) -> list[Id]:
    return [] if wrong & {"id_bytes", "id_offsets"} else part.ids(np.flatnonzero(keep))


def _whole_texts(rules: Rules, part: Records) -> Bool:
    """Which documents have blocks that hash to what was stored, one document at a time."""
    return np.array([_is_whole(rules, kept_records(part, np.array([doc]))) for doc in range(part.n_docs)], np.bool_)


def _is_whole(rules: Rules, one: Records) -> bool:
    try:
        one.text(0).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    starts, ends = one.byte_spans(np.arange(one.n_blocks))
    found = sketch(
        one.columns["texts"], starts, ends, width_words=rules.options.width_words, plan=rules.plan, threads=1
    )
    return bool((found.text_hashes.ravel() == one.columns["hashes"]).all())
