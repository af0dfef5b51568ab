"""The folder of an index: from its segments to a view, and from a changed view to a commit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from dedupe.engines.index.storage.catalogue import Catalogue, SegmentEntry
from dedupe.engines.index.storage.commit import (
    NewSegments,
    fill_changes,
    fill_postings,
    fill_records,
    read_changes,
)
from dedupe.engines.index.storage.postings import ByEra, Runs, by_era, runs_of
from dedupe.engines.index.storage.records import Records, fill_gaps
from dedupe.engines.index.storage.rules import Rules, plain
from dedupe.engines.index.storage.segments import Segment
from dedupe.engines.index.storage.view import FAMILIES, Changes, View
from dedupe.errors import IndexDamaged

_ATTEMPTS = 20  # a reader may find a segment gone that was merged a moment ago


class Folder:
    """One index on the disk, as one process sees it; its threads take turns."""

    def __init__(self, path: Path, rules: Rules, catalogue: Catalogue, *, skip_damaged: bool) -> None:
        """Take an open catalogue."""
        self.path, self.rules, self.catalogue = path, rules, catalogue
        self.skip_damaged = skip_damaged
        self.entries: list[SegmentEntry] = []  # those of the last view
        self._segments: dict[str, Segment] = {}
        self._version = -1
        self._view: View | None = None
        self._new: NewSegments
        self._decisions: Future[Any] | None = None

    # -- reading

    def view(self) -> View:
        """The state of the last commit."""
        for attempt in range(_ATTEMPTS):
            version = self.catalogue.version()
            if self._view is not None and version == self._version:
                return self._view
            entries = self.catalogue.entries()
            try:
                self._view = self._load(entries)
            except IndexDamaged:
                if entries == self.catalogue.entries() or attempt == _ATTEMPTS - 1:
                    raise
                continue
            self.entries, self._version = entries, version
            return self._view
        raise AssertionError  # the last attempt returns or raises

    def _load(self, entries: list[SegmentEntry]) -> View:
        segments: dict[str, Segment] = {}
        for entry in entries:
            try:
                segments[entry.name] = self._segment(entry)
            except IndexDamaged:
                if not self.skip_damaged:
                    raise
        self._segments = segments
        of_kind: dict[str, list[Segment]] = {"records": [], "postings": [], "changes": []}
        for entry in entries:
            if entry.name in segments:
                of_kind[entry.kind].append(segments[entry.name])
        parts = sorted(map(Records.of, of_kind["records"]), key=lambda part: (part.first_block, part.first_doc))
        changes = read_changes(of_kind["changes"][-1]) if of_kind["changes"] else Changes()
        if self.skip_damaged:
            parts, lost = fill_gaps(parts, [json.loads(entry.counts) for entry in entries if entry.kind == "records"])
            changes = changes._replace(removed=np.union1d(changes.removed, lost))
        runs = {family: Runs(runs_of(of_kind["postings"], family)) for family in FAMILIES}
        return View(self.rules, parts, runs, changes)

    def _segment(self, entry: SegmentEntry) -> Segment:
        known = self._segments.get(entry.name)
        if known is not None:
            return known
        segment = Segment(self.path / entry.name)
        if segment.size != entry.bytes or segment.facts["kind"] != entry.kind:
            raise IndexDamaged(
                f"{segment.path} is not the file that the catalogue names: it has {segment.size} bytes and holds "
                f"{segment.facts['kind']}, not {entry.bytes} bytes of {entry.kind}; run `dedupe index repair`"
            )
        return segment

    def checked(self, entries: Iterable[SegmentEntry]) -> list[Segment]:
        """Segments of the last view, read in full: what is copied from a damaged one would get a checksum that fits.

        Raises:
            IndexDamaged: One is not as it was written.
        """
        segments = [self._segments[entry.name] for entry in entries]
        for segment in segments:
            if damaged := segment.damaged_sections():
                raise IndexDamaged(f"{segment.path} is damaged: {', '.join(damaged)}; run `dedupe index repair`")
        return segments

    # -- writing

    @contextmanager
    def writing(self) -> Iterator[View]:
        """Hold the write lock and give the newest state; what is written inside becomes one commit.

        Raises:
            IndexLocked: Another writer did not finish in time.
            DedupeError: The disk is full or read-only; nothing was changed.
        """
        self._new = NewSegments(self.path, self.catalogue, plain(self.rules))
        self._decisions = None
        try:
            with self.catalogue.writing():
                view = self.view()
                self._delete_unlisted()
                yield view
                self._new.finish()
        except BaseException:
            self._new.abandon()
            self._version = -1
            raise
        self._version = -1

    def begin(self, new: Records) -> None:
        """Write new documents while they are decided about; inside :meth:`writing`, before :meth:`commit`."""
        self._decisions = self._new.later()
        self._new.start("records", 0, fill_records([new], self._decisions))

    def commit(self, view: View, new: Records | None) -> None:
        """Write what a view has that is in no segment yet; inside :meth:`writing`.

        Args:
            view: The state to be.
            new: Its last documents, when they are new.
        """
        if new is not None:
            if self._decisions is None:
                self.begin(new)
            assert self._decisions is not None
            self._decisions.set_result([view.part_decisions(new)])
        pending = {family: view.runs[family].pending for family in FAMILIES}
        if any(pending.values()):
            self.write_postings({family: by_era(runs) for family, runs in pending.items()}, 0)
        if self._view is None or view.changes is not self._view.changes:
            self.drop([entry for entry in self.entries if entry.kind == "changes"])
            if view.changes.removed.size + view.changes.blocks.size:
                self._new.start("changes", 0, fill_changes(view.changes))

    def write_records(self, parts: list[Records], view: View, level: int) -> None:
        """Write stretches that follow each other as one segment, decided as in `view`; inside :meth:`writing`."""
        decisions = self._new.later()
        decisions.set_result(view.part_decisions(part) for part in parts)
        self._new.start("records", level, fill_records(parts, decisions))

    def write_postings(self, families: dict[str, ByEra], level: int) -> None:
        """Write postings as one segment; inside :meth:`writing`."""
        self._new.start("postings", level, fill_postings(families))

    def drop(self, entries: Iterable[SegmentEntry]) -> None:
        """Take segments out of the index; inside :meth:`writing`."""
        self.catalogue.drop([entry.name for entry in entries])

    def sweep(self) -> None:
        """Delete the segments that the last commit took out of the index."""
        with self.catalogue.writing():
            self.view()
            self._delete_unlisted()

    def _delete_unlisted(self) -> None:
        """Delete segments that no commit lists: left by a writer that died, or merged away."""
        listed = {entry.name for entry in self.entries}
        for path in self.path.glob("*.seg"):
            if path.name not in listed:
                with suppress(OSError):  # Windows keeps a file that a reader has mapped; the next writer tries again
                    path.unlink()
