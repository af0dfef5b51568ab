"""The last pass: rows that stay go out in the format they came in, and every block that goes is listed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
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
from dedupe.engines.files.matching.decide import RULES, rules
from dedupe.engines.files.reading.rows import chunks_of, texts_in
from dedupe.engines.files.reading.sources import Source
from dedupe.errors import InputError
from dedupe.inputs.formats import writer
from dedupe.inputs.formats.rows import Chunk
from dedupe.matching.repeats import cuts
from dedupe.verbs.clean import analyze


class Names:
    """What documents are called: file and row, and their id when there is one."""

    def __init__(self, sources: Sequence[Source], extents: Sequence[Extent], columns: RunColumns, job: Job) -> None:
        """Hold what is needed to name any row of the run."""
        self._sources, self._store, self._has_ids = sources, columns, job.id is not None
        self._first = np.array([extent.first_row for extent in extents], np.int64)

    def of(self, rows: I64) -> list[dict[str, Any]]:
        """Names of rows, by their numbers in the whole run; rows count from 1, as editors do."""
        # of several files that begin at one row, all but the last are empty
        file = np.searchsorted(self._first, rows, side="right") - 1
        places = (rows - self._first[file] + 1).tolist()
        names: list[dict[str, Any]] = [
            {"file": self._sources[number].name, "row": place}
            for number, place in zip(file.tolist(), places, strict=True)
        ]
        if self._has_ids:
            ends = self._store.id_ends.take(rows)
            begins = np.where(rows > 0, self._store.id_ends.take(np.maximum(rows - 1, 0)), 0)
            for place, (begin, end) in enumerate(zip(begins.tolist(), ends.tolist(), strict=True)):
                key = self._store.ids.read(begin, end).tobytes().decode("utf-8", "surrogatepass")
                names[place] = {"id": key, **names[place]}
        return names


class FileWriter:
    """Writes cleaned files, and what went from them into the lists."""

    def __init__(
        self, job: Job, columns: RunColumns, names: Names, removed: IO[str], quarantine: IO[str] | None
    ) -> None:
        """Hold what all files share."""
        self.job, self.columns, self.names = job, columns, names
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
                for place in np.flatnonzero(rows["state"] & BAD).tolist():
                    self._set_aside(source, chunk, row, place)
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
            if self.job.on_error == "stop":
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
    ) -> tuple[list[bool], dict[int, str], list[dict[str, Any]] | None]:
        """Which rows stay, new texts of some, and marks for all if they are wanted."""
        keep: Bool = (rows["state"] & BAD) == 0
        touched = np.searchsorted(first, links["block"], side="right") - 1
        entries = self._entries(links)
        is_inside: Bool = (rows["state"] & INSIDE) != 0
        if not self.job.needs_spans:
            is_inside[touched] = False
            if not self.job.mark:
                keep[touched] = False
        changed = np.union1d(np.flatnonzero(is_inside), touched if self.job.needs_spans else touched[:0])
        texts = self._shortened(chunk, first, changed, is_inside, links["block"])
        for row, text in texts.items():
            if not text.strip():
                self.counts["emptied"] += 1
                keep[row] = self.job.mark or self.job.empty == "keep"
        self.counts["shortened"] += len(texts)
        self.counts["documents_out"] += int(keep.sum())
        if self.job.mark:
            return keep.tolist(), {}, self._marks(rows.size, touched, entries)
        return keep.tolist(), texts, None

    def _entries(self, links: Array) -> list[dict[str, Any]]:
        """Write links to the list of what went, and return them."""
        if links.size == 0:
            return []
        block_row = self.columns.blocks.take(links["block"])["row"]
        survivor_row = self.columns.blocks.take(np.maximum(links["survivor"], 0))["row"]
        entries = self.names.of(block_row)
        survivors = self.names.of(survivor_row)
        known = {place: self._known(-1 - link) for place, link in enumerate(links["survivor"].tolist()) if link < 0}
        why = rules(self.columns, links).tolist()
        for place, (entry, survivor) in enumerate(zip(entries, survivors, strict=True)):
            entry["survivor"] = survivor
            entry["similarity"] = round(float(links["similarity"][place]), 6)
            entry["measure"] = self.job.options.measure
            entry["rule"] = RULES[why[place]]
            entry["cluster"] = int(links["survivor"][place])
            if place in known:
                entry["survivor"] = {"id": known[place]["id"], "against": True}
                entry["rule"] = known[place]["rule"]
        if self.job.needs_spans:
            spans, theirs = self.columns.spans.take(links["block"]), self.columns.spans.take(links["survivor"])
            for entry, span, other in zip(entries, spans.tolist(), theirs.tolist(), strict=True):
                entry["span"] = list(span)
                entry["survivor"]["span"] = list(other)
        self.removed.writelines(json.dumps(entry, ensure_ascii=True) + "\n" for entry in entries)
        return entries

    def _known(self, number: int) -> dict[str, Any]:
        """What a document of the index is called, and how it matched."""
        begin = int(self.columns.known_ends.read(number - 1, number)[0]) if number else 0
        end = int(self.columns.known_ends.read(number, number + 1)[0])
        found: dict[str, Any] = json.loads(self.columns.known_names.read(begin, end).tobytes())
        return found

    def _shortened(self, chunk: Chunk, first: I64, changed: I64, is_inside: Bool, gone: I64) -> dict[int, str]:
        """The texts of rows that lose a part of theirs."""
        if changed.size == 0:
            return {}
        texts = texts_in(chunk.texts(changed.tolist()).batch)
        for place, row in enumerate(changed.tolist()):
            if is_inside[row]:
                texts[place] = self._clean_inside(texts[place], int(first[row]))
        batch = encode(texts)
        if not self.job.needs_spans:
            return dict(zip(changed.tolist(), texts, strict=True))
        blocks = split(batch, self.job.options.unit)
        begin = np.searchsorted(blocks.docs, np.arange(changed.size + 1))
        for place, row in enumerate(changed.tolist()):
            lost = gone[np.searchsorted(gone, first[row]) : np.searchsorted(gone, first[row + 1])]
            if lost.size:
                data, at, parts = batch.buffer, int(batch.offsets[place]), []
                for cut in cuts(batch, blocks, lost - first[row] + begin[place]):
                    parts.append(data[at : cut.start].tobytes())
                    at = cut.end
                parts.append(data[at : batch.offsets[place + 1]].tobytes())
                texts[place] = b"".join(parts).decode("utf-8", "surrogatepass")
        return dict(zip(changed.tolist(), texts, strict=True))

    def _clean_inside(self, text: str, block: int) -> str:
        """Clean a text inside itself, and list what goes; spans are places in the text as it came in."""
        found = analyze(text)
        row = self.columns.blocks.take(np.array([block]))["row"]
        name = self.names.of(row)[0]
        for one in found.removed:
            entry = {
                **name,
                "survivor": {**name, "span": [one.survivor.start, one.survivor.end]},
                "similarity": round(one.similarity, 6),
                "measure": one.measure,
                "rule": one.rule,
                "inside": True,
                "span": [one.block.start, one.block.end],
            }
            self.removed.write(json.dumps(entry, ensure_ascii=True) + "\n")
        self.counts["inside_blocks"] += len(found.removed)
        self.counts["inside_characters"] += len(text) - len(found.text)
        return found.text

    def _marks(self, n_rows: int, touched: I64, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """More columns for each row."""
        marks: list[dict[str, Any]] = []
        for _ in range(n_rows):
            if self.job.needs_spans:
                marks.append({"dedupe_spans": []})
            else:
                marks.append(
                    {"dedupe_keep": True, "dedupe_survivor": None, "dedupe_similarity": None, "dedupe_rule": None}
                )
        for row, entry in zip(touched.tolist(), entries, strict=True):
            if self.job.needs_spans:
                marks[row]["dedupe_spans"].append(entry["span"])
            else:
                survivor = entry["survivor"]
                marks[row] = {
                    "dedupe_keep": False,
                    "dedupe_survivor": survivor["id"] if "id" in survivor else f"{survivor['file']}:{survivor['row']}",
                    "dedupe_similarity": entry["similarity"],
                    "dedupe_rule": entry["rule"],
                }
        return marks

    def _set_aside(self, source: Source, chunk: Chunk, first_row: int, place: int) -> None:
        problem = chunk.texts([place]).problems.get(0, "")
        self._quarantine(
            {"file": source.name, "row": first_row + place + 1, "problem": problem, "raw": chunk.raw(place)}
        )

    def _quarantine(self, entry: dict[str, Any]) -> None:
        if self.quarantine is not None:
            self.quarantine.write(json.dumps(entry, ensure_ascii=True) + "\n")
