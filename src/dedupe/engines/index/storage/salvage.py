"""What can still be read of a damaged index."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dedupe.core.hashing import I64, Bool
from dedupe.engines.index.storage.catalogue import SegmentEntry, number_of
from dedupe.engines.index.storage.compaction import kept_records
from dedupe.engines.index.storage.records import DECISIONS, Id, Records
from dedupe.engines.index.storage.rules import Rules, rules_of
from dedupe.engines.index.storage.segments import Segment
from dedupe.engines.index.storage.verification import open_catalogue
from dedupe.errors import DedupeError, IndexDamaged
from dedupe.matching.comparable import Spans, fingerprint

_REMOVED_LIST = "the list of removed documents is damaged: documents that were removed may be back"


class Salvage(NamedTuple):
    """What a repair has to work with.

    Attributes:
        rules: What the index decides by.
        parts: Stretches, each with an array of shape (n_docs,), bool: documents that are whole and not removed.
        lost: Ids of the documents that are lost, as far as they can be read.
        notes: What else was lost, for people.
    """

    rules: Rules
    parts: list[tuple[Records, Bool]]
    lost: list[Id]
    notes: list[str]


def salvage(path: Path) -> Salvage:
    """Find what can be read, whatever is missing or damaged.

    Raises:
        IndexDamaged: Neither a catalogue nor a segment can be read.
    """
    notes: list[str] = []
    entries, settings = _listed(path)
    if entries is None:
        notes.append("the catalogue is lost: the newest files were taken, so a batch that was not finished may be in")
    names = sorted((file.name for file in path.glob("*.seg")), key=number_of)
    segments = _readable(path, names if entries is None else [entry.name for entry in entries], notes)
    # the segments agree on the settings; a catalogue that differs from them is the one that is wrong
    if segments:
        settings = segments[-1].facts["settings"]
    if settings is None:
        raise IndexDamaged(f"nothing is left of {path}: neither a catalogue nor a segment can be read")
    rules = rules_of(path, settings, None)
    parts, lost = _whole_documents(rules, segments, _removed(segments, notes), notes)
    counts = [json.loads(entry.counts) for entry in entries or () if entry.kind == "records"]
    ends = [Records.of(segment).end for segment in segments if segment.facts["kind"] == "records"]
    _note_gap(max(ends, default=0), max((count["first_doc"] + count["n_docs"] for count in counts), default=0), notes)
    return Salvage(rules, parts, lost, notes)


def _listed(path: Path) -> tuple[list[SegmentEntry] | None, dict[str, Any] | None]:
    """The segments and settings that the catalogue names; None when it cannot be read."""
    catalogue = open_catalogue(path, [])
    if catalogue is None:
        return None, None
    try:
        return (None, None) if catalogue.problems() else (catalogue.entries(), catalogue.settings())
    except DedupeError:
        return None, None
    finally:
        catalogue.close()


def _readable(path: Path, names: list[str], notes: list[str]) -> list[Segment]:
    segments = []
    for name in names:
        try:
            segments.append(Segment(path / name))
        except IndexDamaged as error:
            notes += [str(error), *([_REMOVED_LIST] if name.startswith("changes") else [])]
    return segments


def _note_gap(first: int, last: int, notes: list[str]) -> None:
    if last > first:
        notes.append(f"{last - first} documents are lost with their file; their ids are not known")


def _removed(segments: list[Segment], notes: list[str]) -> I64:
    changes = [segment for segment in segments if segment.facts["kind"] == "changes"]
    if not changes:
        return np.zeros(0, np.int64)
    if changes[-1].damaged_sections():
        notes.append(_REMOVED_LIST)
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
        damaged = set(part.columns.damaged_sections())
        keep = ~np.isin(np.arange(part.first_doc, at), removed)
        if damaged - {"texts", "sets", *DECISIONS}:
            notes.append(f"{part.n_docs} documents are lost with {part.columns.path.name}")
            lost += _readable_ids(part, damaged, keep)
            continue
        if damaged & {"texts", "sets"}:
            whole = _whole_texts(rules, part) if "texts" in damaged else np.zeros(part.n_docs, np.bool_)
            lost += part.ids(np.flatnonzero(keep & ~whole))
            keep &= whole
        parts.append((part, keep))
    return parts, lost


def _readable_ids(part: Records, damaged: set[str], keep: Bool) -> list[Id]:
    return [] if damaged & {"id_bytes", "id_offsets"} else part.ids(np.flatnonzero(keep))


def _whole_texts(rules: Rules, part: Records) -> Bool:
    """Which documents have blocks that hash to what was stored, one document at a time."""
    return np.array([_is_whole(rules, kept_records(part, np.array([doc]))) for doc in range(part.n_docs)], np.bool_)


def _is_whole(rules: Rules, document: Records) -> bool:
    try:
        document.text(0).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    starts, ends = document.byte_spans(np.arange(document.n_blocks))
    found = fingerprint(Spans(document.columns["texts"], starts, ends), rules.recipe.but(threads=1))
    return bool((found.text_hashes.ravel() == document.columns["hashes"]).all())
