"""The last pass: rows that stay go out in the format they came in, and every block that goes is listed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

import numpy as np

from dedupe.core.hashing import I64, Bool
from dedupe.core.text.batch import encode
from dedupe.core.text.blocks import split
from dedupe.engines.files.disk.columns import Array
from dedupe.engines.files.disk.run_columns import BAD, INSIDE, Extent, FirstBlocks, RunColumns
from dedupe.engines.files.job import Job
from dedupe.engines.files.output.removed_list import RemovedList
from dedupe.engines.files.reading.rows import chunks_of
from dedupe.engines.files.reading.sources import Source
from dedupe.errors import InputError
from dedupe.inputs.formats import writer
from dedupe.inputs.formats.rows import AddedColumns, Chunk
from dedupe.inputs.texts import Texts
from dedupe.matching.repeats import shortened
from dedupe.verbs.clean import analyze

_MARKS = {"dedupe_keep": bool, "dedupe_survivor": str, "dedupe_similarity": float, "dedupe_rule": str}


class FileWriter:
    """Writes cleaned files, the removed list and the quarantine."""

    def __init__(self, job: Job, columns: RunColumns, removed: RemovedList, quarantine: IO[str] | None) -> None:
        """Hold what all files share."""
        self.job, self.columns = job, columns
        self.removed, self.quarantine = removed, quarantine
        self.counts = dict.fromkeys(("documents_out", "emptied", "shortened", "inside_blocks", "inside_characters"), 0)

    def write(self, source: Source, extent: Extent, target: Path) -> None:
        """Write a file.

        Args:
            source: The file that came in.
            extent: Where its rows and blocks lie.
            target: Where to write; its folder is there.
        """
        out = writer(target, source.path, source.kind)
        cursor = FirstBlocks(self.columns.rows, extent)
        link = self._link_at(extent.first_block, 0)
        row = 0
        with ThreadPoolExecutor(1) as pool:  # rows are packed and written while the next ones are decided
            written: Future[None] | None = None
            for chunk in self._chunks(source):
                n_rows = min(chunk.n_rows, extent.n_rows - row)
                first, rows = cursor.take(row, row + n_rows)
                last = self._link_at(int(first[-1]), link)
                links = self.columns.links.read(link, last)
                link = last
                keep, texts, marks = self._fates(chunk, first, rows, links)
                for bad_row in np.flatnonzero(rows["state"] & BAD).tolist():
                    self._add_to_quarantine(source, chunk, row, bad_row)
                if written is not None:
                    written.result()
                keep += [False] * (chunk.n_rows - n_rows)
                written = pool.submit(out.write, chunk, keep, texts, marks)
                row += n_rows
            if written is not None:
                written.result()
        out.close()
        source.check_unchanged()
        if row < extent.n_rows:
            raise InputError(f"{source.path} has fewer rows than at the start of the run; run again")

    def _chunks(self, source: Source) -> Iterator[Chunk]:
        """The chunks of a file up to where it can be read; the first pass has dealt with what follows."""
        try:
            yield from chunks_of(source, self.job)
        except (InputError, OSError) as error:
            if self.job.on_error == "raise":
                raise
            self._quarantine({"file": source.name, "row": None, "problem": str(error)})

    def _link_at(self, block: int, begin: int) -> int:
        """Place of the first link of this block or a later one."""
        end = len(self.columns.links)
        while begin < end:
            middle = (begin + end) // 2
            if self.columns.links.read(middle, middle + 1)["block"][0] < block:
                begin = middle + 1
            else:
                end = middle
        return begin

    def _fates(
        self, chunk: Chunk, first: I64, rows: Array, links: Array
    ) -> tuple[list[bool], dict[int, str], AddedColumns | None]:
        """Which rows stay, new texts of some, and marks for all if they are wanted."""
        keep: Bool = (rows["state"] & BAD) == 0
        touched = np.searchsorted(first, links["block"], side="right") - 1
        entries = self.removed.add(links)
        is_inside: Bool = (rows["state"] & INSIDE) != 0
        if not self.job.needs_spans:
            is_inside[touched] = False
            if not self.job.mark:
                keep[touched] = False
        changed = np.union1d(np.flatnonzero(is_inside), touched if self.job.needs_spans else touched[:0])
        texts = self._shortened(chunk, first, changed, is_inside, links["block"], touched)
        for row, text in texts.items():
            if not text.strip():
                self.counts["emptied"] += 1
                keep[row] = self.job.mark or self.job.empty == "keep"
        self.counts["shortened"] += len(texts)
        self.counts["documents_out"] += int(keep.sum())
        if self.job.mark:
            return keep.tolist(), {}, self._marks(rows.size, touched, entries)
        return keep.tolist(), texts, None

    def _shortened(
        self, chunk: Chunk, first: I64, changed: I64, is_inside: Bool, removed: I64, touched: I64
    ) -> dict[int, str]:
        """The texts of the changed rows; `removed` are blocks and `touched` their rows."""
        if changed.size == 0:
            return {}
        rows = changed.tolist()
        texts = list(Texts(chunk.texts(rows).batch))
        for number, row in enumerate(rows):
            if is_inside[row]:
                texts[number] = self._clean_inside(texts[number], int(first[row]))
        if self.job.needs_spans:
            batch = encode(texts)
            blocks = split(batch, self.job.options.unit)
            first_block = np.searchsorted(blocks.docs, np.searchsorted(changed, touched))
            for number, left in shortened(batch, blocks, removed - first[touched] + first_block):
                texts[number] = left.decode("utf-8", "surrogatepass")
        return dict(zip(rows, texts, strict=True))

    def _clean_inside(self, text: str, block: int) -> str:
        """Clean a text inside itself, and list what goes; spans are places in the text as it came in."""
        analysis = analyze(text)
        row = self.columns.blocks.take(np.array([block]))["row"]
        self.removed.add_inside(row, analysis.removed)
        self.counts["inside_blocks"] += len(analysis.removed)
        self.counts["inside_characters"] += len(text) - len(analysis.text)
        return analysis.text

    def _marks(self, n_rows: int, touched: I64, entries: list[dict[str, Any]]) -> AddedColumns:
        """Columns that say what would go."""
        if self.job.needs_spans:
            spans: list[dict[str, Any]] = [{"dedupe_spans": []} for _ in range(n_rows)]
            for row, entry in zip(touched.tolist(), entries, strict=True):
                spans[row]["dedupe_spans"].append(entry["span"])
            return AddedColumns({"dedupe_spans": list}, spans)
        rows = [dict.fromkeys(_MARKS, None) | {"dedupe_keep": True} for _ in range(n_rows)]
        for row, entry in zip(touched.tolist(), entries, strict=True):
            survivor = entry["survivor"]
            rows[row] = {
                "dedupe_keep": False,
                "dedupe_survivor": survivor["id"] if "id" in survivor else f"{survivor['file']}:{survivor['row']}",
                "dedupe_similarity": entry["similarity"],
                "dedupe_rule": entry["rule"],
            }
        return AddedColumns(_MARKS, rows)

    def _add_to_quarantine(self, source: Source, chunk: Chunk, first_row: int, row: int) -> None:
        problem = chunk.texts([row]).problems.get(0, "")
        self._quarantine({"file": source.name, "row": first_row + row + 1, "problem": problem, "raw": chunk.raw(row)})

    def _quarantine(self, entry: dict[str, Any]) -> None:
        if self.quarantine is not None:
            self.quarantine.write(json.dumps(entry, ensure_ascii=True) + "\n")
