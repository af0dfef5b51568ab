"""The folder of an index: from its files to a view, and from a changed view to a commit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from dedupe.core.hashing import I64, U64
from dedupe.engines.index.storage import records
from dedupe.engines.index.storage.catalogue import Catalogue, Named
from dedupe.engines.index.storage.newfiles import Fill, NewFiles
from dedupe.engines.index.storage.records import Records
from dedupe.engines.index.storage.rules import Rules, plain
from dedupe.engines.index.storage.segments import Segment, SegmentWriter
from dedupe.engines.index.storage.store import Run, Runs, merged, of_era
from dedupe.engines.index.storage.view import FAMILIES, Changes, View
from dedupe.errors import IndexDamaged

TIER = 8  # files of one level that are merged into one of the next
Merge = dict[int, Callable[[], Iterator[U64]]]  # for each era, what makes its postings in parts
_ATTEMPTS = 20  # a reader may find a file gone that was merged a moment ago


class Folder:
    """One index on the disk, as one process sees it."""

    def __init__(self, path: Path, rules: Rules, catalogue: Catalogue, *, skip_damaged: bool) -> None:
        """Take an open catalogue."""
        self.path, self.rules, self.catalogue = path, rules, catalogue
        self.skip_damaged = skip_damaged
        self.damaged: list[str] = []
        self._open: dict[str, Segment] = {}
        self._named: list[Named] = []
        self._version = -1
        self._view: View | None = None
        self._files: NewFiles
        self._decisions: Future[Any] | None = None

    # -- reading

    def view(self) -> View:
        """The state of the last commit."""
        for attempt in range(_ATTEMPTS):
            version = self.catalogue.version()
            if self._view is not None and version == self._version:
                return self._view
            named = self.catalogue.segments()
            try:
                self._view = self._load(named)
            except IndexDamaged:
                if named == self.catalogue.segments() or attempt == _ATTEMPTS - 1:
                    raise
                continue
            self._named, self._version = named, version
            return self._view
        raise AssertionError  # the last attempt returns or raises

    def _load(self, named: list[Named]) -> View:
        self.damaged = []
        opened: dict[str, Segment] = {}
        for one in named:
            try:
                opened[one.name] = self._segment(one)
            except IndexDamaged as error:
                if not self.skip_damaged:
                    raise
                self.damaged.append(str(error))
        self._open = opened
        parts = sorted(
            (Records.of(opened[one.name]) for one in named if one.kind == "records" and one.name in opened),
            key=lambda part: part.first_block * (1 << 32) + part.first_doc,
        )
        changes = Changes()
        for one in named:
            if one.kind == "changes" and one.name in opened:
                changes = _changes(opened[one.name])
        if self.skip_damaged:
            parts, lost = filled(parts, [json.loads(one.counts) for one in named if one.kind == "records"])
            changes = changes._replace(removed=np.union1d(changes.removed, lost))
        runs: dict[str, Runs] = {}
        for family in FAMILIES:
            postings = [opened[one.name] for one in named if one.kind == "postings" and one.name in opened]
            runs[family] = Runs(runs_of(postings, family))
        return View(self.rules, parts, runs, changes)

    def _segment(self, named: Named) -> Segment:
        known = self._open.get(named.name)
        if known is not None:
            return known
        segment = Segment(self.path / named.name)
        if segment.size != named.bytes or segment.facts["kind"] != named.kind:
            raise IndexDamaged(
                f"{segment.path} is not the file that the catalogue names: it has {segment.size} bytes and holds "
                f"{segment.facts['kind']}, not {named.bytes} bytes of {named.kind}; run `dedupe index repair`"
            )
        return segment

    # -- writing

    @contextmanager
    def writing(self) -> Iterator[View]:
        """Hold the write lock and give the newest state; what is written inside becomes one commit.

        Raises:
            IndexLocked: Another writer did not finish in time.
            DedupeError: The disk is full or read-only; nothing was changed.
        """
        self._files = NewFiles(self.path, self.catalogue, plain(self.rules))
        self._decisions = None
        try:
            with self.catalogue.writing():
                view = self.view()
                self._sweep()
                yield view
                self._files.finish()
        except BaseException:
            self._files.abandon()
            self._version = -1
            raise
        self._version = -1

    def begin(self, new: Records) -> None:
        """Write new documents while they are decided about; inside :meth:`writing`, before :meth:`commit`."""
        self._decisions = self._files.later()
        self._files.start("records", 0, _records_of([new], self._decisions))

    def commit(self, view: View, new: Records | None) -> None:
        """Write what a view has that is in no file yet; inside :meth:`writing`.

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
            self._files.start("postings", 0, _postings_of({one: merge_of(runs) for one, runs in pending.items()}))
        if self._view is None or view.changes is not self._view.changes:
            self.catalogue.drop([one.name for one in self._named if one.kind == "changes"])
            if view.changes.removed.size + view.changes.blocks.size:
                self._files.start("changes", 0, _changes_of(view.changes))

    def merge(self) -> bool:
        """Merge the files of one level, if there are many; one commit of its own.

        Returns:
            Whether something was merged.
        """
        with self.writing() as view:
            for kind in ("postings", "records"):
                files = [one for one in self._named if one.kind == kind]
                for level in sorted({one.level for one in files}):
                    chosen = [one for one in files if one.level == level]
                    if len(chosen) >= TIER:
                        self._merge(view, kind, chosen)
                        return True
        return False

    def _merge(self, view: View, kind: str, chosen: list[Named]) -> None:
        level = chosen[0].level + 1
        parts = [self._open[one.name] for one in chosen]
        _check_sums(parts)
        if kind == "records":
            self._write_records(sorted(map(Records.of, parts), key=lambda part: part.first_doc), view, level)
        else:
            fill = _postings_of({family: merge_of(runs_of(parts, family)) for family in FAMILIES})
            self._files.start(kind, level, fill)
        self.catalogue.drop([one.name for one in chosen])

    def check_sums(self) -> None:
        """Read all files of the last commit.

        Raises:
            IndexDamaged: One is not as it was written.
        """
        _check_sums([self._open[one.name] for one in self._named])

    def replace_all(self, parts: list[Records], view: View, runs: dict[str, Merge]) -> None:
        """Put new files in the place of all; inside :meth:`writing`."""
        self.catalogue.drop([one.name for one in self._named])
        level = max((one.level for one in self._named), default=0)
        if parts:
            self._write_records(parts, view, level)
            self._files.start("postings", level, _postings_of(runs))

    def _write_records(self, parts: list[Records], view: View, level: int) -> None:
        decisions = self._files.later()
        decisions.set_result(view.part_decisions(part) for part in parts)
        self._files.start("records", level, _records_of(parts, decisions))

    def _sweep(self) -> None:
        """Take away files that no commit names: left by a writer that died, or merged away."""
        named = {one.name for one in self._named}
        for path in self.path.glob("*.seg"):
            if path.name not in named:
                with suppress(OSError):  # Windows keeps a file that a reader has mapped; the next writer tries again
                    path.unlink()

    def sweep(self) -> None:
        """The same after a commit."""
        with self.catalogue.writing():
            self.view()
            self._sweep()


def _records_of(parts: list[Records], decisions: Future[Any]) -> Fill:
    def fill(writer: SegmentWriter) -> dict[str, int]:
        records.write(writer, parts, decisions)
        return {
            "first_doc": parts[0].first_doc,
            "first_block": parts[0].first_block,
            "n_docs": sum(part.n_docs for part in parts),
            "n_blocks": sum(part.n_blocks for part in parts),
        }

    return fill


def _postings_of(runs: dict[str, Merge]) -> Fill:
    def fill(writer: SegmentWriter) -> dict[str, int]:
        named = {f"{family}:{era}": parts for family in FAMILIES for era, parts in sorted(runs[family].items())}
        return {name: writer.section(name, parts(), "u8") for name, parts in named.items()}

    return fill


def _changes_of(changes: Changes) -> Fill:
    def fill(writer: SegmentWriter) -> dict[str, int]:
        for name, dtype in _CHANGES.items():
            writer.section(name, [getattr(changes, name)], dtype)
        return {"removed": int(changes.removed.size), "blocks": int(changes.blocks.size)}

    return fill


_CHANGES: dict[str, str] = {"removed": "u4", "blocks": "u4", "head": "u4", "survivor": "u4", "similarity": "f8"}


def _changes(segment: Segment) -> Changes:
    removed, blocks, head, survivor = (segment[name].astype(np.int64) for name in list(_CHANGES)[:4])
    return Changes(removed, blocks, head, survivor, segment["similarity"].astype(np.float64))


def _check_sums(segments: list[Segment]) -> None:
    """What is copied from a damaged file would be given a checksum that fits."""
    for segment in segments:
        if wrong := segment.damaged_sections():
            raise IndexDamaged(f"{segment.path} is damaged: {', '.join(wrong)}; run `dedupe index repair`")


def runs_of(segments: list[Segment], family: str) -> list[Run]:
    """The runs of one family in segments of postings."""
    names = [(part, name) for part in segments for name in part.names() if name.startswith(f"{family}:")]
    return [Run(int(name.partition(":")[2]), part[name]) for part, name in names if part.count(name)]


def merge_of(runs: list[Run]) -> Merge:
    """What is written for each era: the only run as it is, or several merged."""
    by_era: dict[int, list[Run]] = {}
    for run in runs:
        by_era.setdefault(run.era, []).append(run)
    return {era: partial(_postings, era, here) for era, here in by_era.items()}


def _postings(era: int, runs: list[Run]) -> Iterator[U64]:
    return iter([runs[0].postings]) if len(runs) == 1 else of_era(merged(runs), era)


def filled(parts: list[Records], counts: list[dict[str, int]]) -> tuple[list[Records], I64]:
    """Put stretches without content where a damaged file was.

    Args:
        parts: The stretches that can be read.
        counts: What the catalogue knows of all stretches.

    Returns:
        All stretches, and the documents that are lost for now.
    """
    have = {part.first_doc for part in parts}
    lost = [np.zeros(0, np.int64)]
    for count in counts:
        if count["first_doc"] not in have:
            parts = [*parts, _hollow(**count)]
            lost.append(np.arange(count["first_doc"], count["first_doc"] + count["n_docs"]))
    parts.sort(key=lambda part: (part.first_doc, part.first_block))
    return parts, np.concatenate(lost)


def _hollow(first_doc: int, first_block: int, n_docs: int, n_blocks: int) -> Records:
    own = np.arange(first_block, first_block + n_blocks)
    columns: dict[str, Any] = {name: np.zeros(n_blocks, dtype) for name, dtype in records.SECTIONS.items()}
    columns.update(
        hashes=np.zeros(2 * n_blocks, np.uint64), head=own.astype(np.uint32), survivor=own.astype(np.uint32),
        id_bytes=np.full(1, ord("s"), np.uint8), id_offsets=np.minimum(np.arange(n_docs + 1), 1).astype(np.uint64),
        doc_blocks=np.minimum(np.arange(n_docs + 1), 1).astype(np.uint64) * np.uint64(n_blocks),
        texts=np.zeros(0, np.uint8), text_offsets=np.zeros(n_docs + 1, np.uint64),
        sets=np.zeros(0, np.uint32), set_offsets=np.zeros(n_blocks + 1, np.uint64),
    )  # fmt: skip
    return Records(first_doc, first_block, n_docs, n_blocks, columns)
