"""The first pass: every text is read once, and what stays of it goes to disk."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dedupe.core.hashing import F64, U8
from dedupe.core.ragged import concat
from dedupe.core.text.batch import Batch, char_offsets
from dedupe.core.text.blocks import Blocks, split
from dedupe.engines.files.disk.manifest import Manifest
from dedupe.engines.files.disk.run_columns import BAD, BLOCK, INSIDE, ROW, SPAN, Extent, RunColumns
from dedupe.engines.files.job import Job
from dedupe.engines.files.matching.against import KnownSurvivors
from dedupe.engines.files.matching.candidates import has_key
from dedupe.engines.files.matching.keep_scores import NULL, score_of_value, scores_of_blocks
from dedupe.engines.files.progress import Progress
from dedupe.engines.files.reading.rows import End, Part, grouped, parts_of, prefetched
from dedupe.engines.files.reading.sources import Source
from dedupe.engines.index.storage.view import View
from dedupe.errors import InputError, nearest
from dedupe.inputs.durable import force
from dedupe.inputs.formats import read
from dedupe.matching.comparable import Spans, fingerprint
from dedupe.verbs.clean import clean_batch

_CHECKPOINT = 256 << 20  # bytes of text between two notes of how far the pass is: each waits for the disk
_PROBLEMS = 100  # noted one by one
_ORIGINS = 100_000  # sources; more are no sources, and would fill the manifest


def read_texts(
    sources: Sequence[Source],
    job: Job,
    columns: RunColumns,
    manifest: Manifest,
    progress: Progress,
    before: Callable[[], None],
    view: View | None = None,
) -> list[Extent]:
    """Read all texts, and note their fingerprints.

    Args:
        sources: The files.
        job: The settings.
        columns: The columns to fill.
        manifest: The notes of the run.
        progress: Where to tell how far it is.
        before: Called before something is noted.
        view: The index that stays, or None.

    Returns:
        Where each file lies in the columns.

    Raises:
        InputError: A row or file cannot be read and the job is to stop at that.
    """
    state = manifest.done("reading") or {"extents": [], "lengths": {}, "problems": [], "n_problems": 0, "bytes": 0}
    state.setdefault("is_scored", False)
    for column in columns.first_pass():
        column.cut(state["lengths"].get(column.path.name, 0))
    first = len(state["extents"])
    progress.stage("reading", sum(source.size_bytes for source in sources[first:]))
    pass_ = _Pass(sources, job, columns, state, view)
    for group in grouped(prefetched(parts_of(sources, first, job))):
        pass_.take(group)
        progress.advance(sum(item.n_bytes for item in group))
        if isinstance(group[-1], End) and pass_.since_note >= _CHECKPOINT:
            before()
            _note(pass_, manifest)
    _check_column(sources, job, state)
    before()
    _note(pass_, manifest)
    return [Extent(*extent) for extent in state["extents"]]


def _check_column(sources: Sequence[Source], job: Job, state: dict[str, Any]) -> None:
    """Refuse a policy by a column that no line has; formats with a header have refused it before."""
    if job.policy is None or state["is_scored"]:
        return
    source = next((source for source, extent in zip(sources, state["extents"], strict=True) if extent[1]), None)
    if source is None or source.kind != "jsonl":
        return
    try:
        names = list(json.loads(next(read(source.path, source.kind, job.text)).raw(0)))
    except ValueError:
        names = []
    raise InputError(
        f"no row has a value in column {job.policy[1]!r}, which keep={job.options.keep!r} compares; "
        f"the first row of {source.path} has: {', '.join(map(repr, names))}{nearest(job.policy[1], names)}"
    )


def _note(pass_: _Pass, manifest: Manifest) -> None:
    for column in pass_.columns.first_pass():
        column.flush()
        pass_.state["lengths"][column.path.name] = len(column)
    force(column.path for column in pass_.columns.first_pass())
    pass_.since_note = 0
    manifest.finish("reading", pass_.state)


class _Pass:
    """Numbers rows and blocks, and appends what is known of them to the columns."""

    def __init__(
        self, sources: Sequence[Source], job: Job, columns: RunColumns, state: dict[str, Any], view: View | None
    ) -> None:
        self.sources, self.job, self.columns, self.state = sources, job, columns, state
        done = [Extent(*extent) for extent in state["extents"]]
        self.n_rows = done[-1].first_row + done[-1].n_rows if done else 0
        self.n_blocks = done[-1].first_block + done[-1].n_blocks if done else 0
        self.file_row, self.file_block = self.n_rows, self.n_blocks
        self.since_note = 0
        self.id_end = state["lengths"].get("ids.bin", 0)
        self.origins = {name: number for number, name in enumerate(state.setdefault("origins", []))}
        self.view, self.known = view, KnownSurvivors(columns, len(columns.known_ends))

    def problem(self, source: int, row: int | None, what: str, cause: Exception | None = None) -> None:
        """Stop at something that cannot be read, or note it."""
        path = self.sources[source].path
        if self.job.on_error == "raise":
            where = "" if path in what else f"{path}: " if row is None else f"{path}:{row + 1}: "
            raise InputError(f"{where}{what} (on_error='skip' or 'quarantine' goes on without)") from cause
        self.state["n_problems"] += 1
        if len(self.state["problems"]) < _PROBLEMS:
            self.state["problems"].append({"file": path, "row": row, "problem": what})

    def take(self, group: list[Part | End]) -> None:
        """Append some parts, and note where files end among them."""
        parts = [item for item in group if isinstance(item, Part)]
        row, block = self.n_rows, self.n_blocks
        n_blocks = self._take_texts(parts) if parts else np.zeros(0, np.int32)
        at = 0
        for item in group:
            if isinstance(item, Part):
                for place in sorted(item.bad):
                    self.problem(item.source, item.first_row + place, item.bad[place])
                n_rows = item.batch.offsets.size - 1
                row, block = row + n_rows, block + int(n_blocks[at : at + n_rows].sum())
                at += n_rows
                continue
            if item.error is not None:
                self.problem(item.source, None, str(item.error), item.error)
            self.sources[item.source].check_unchanged()
            self.state["extents"].append((self.file_row, row - self.file_row, self.file_block, block - self.file_block))
            self.file_row, self.file_block = row, block

    def _take_texts(self, parts: list[Part]) -> np.ndarray[Any, np.dtype[np.int32]]:
        batch = concat([part.batch for part in parts])
        n_rows = batch.offsets.size - 1
        rows = np.zeros(n_rows, ROW)
        at = 0
        for part in parts:
            for place in part.bad:
                rows["state"][at + place] |= BAD
            at += part.batch.offsets.size - 1
        if self.job.inside:
            batch, changed = clean_batch(batch)
            rows["state"][changed] |= INSIDE
        blocks = split(batch, self.job.options.unit)
        rows["n_blocks"] = np.bincount(blocks.docs, minlength=n_rows)
        self.columns.rows.append(rows)
        self._take_blocks(batch, blocks, self._row_scores(parts))
        if self.job.id is not None:
            self._take_ids([key for part in parts for key in part.ids or []])
        if self.job.source is not None:
            self._take_origins([name for part in parts for name in part.origins or []])
        self.n_rows += n_rows
        self.since_note += batch.buffer.size
        self.state["bytes"] += int(batch.buffer.size)
        return rows["n_blocks"]

    def _take_blocks(self, batch: Batch, blocks: Blocks, row_scores: F64) -> None:
        options, columns = self.job.options, self.columns
        found = fingerprint(Spans(batch.buffer, blocks.starts, blocks.ends), self.job.recipe)
        rows = np.empty(blocks.starts.size, BLOCK)
        rows["row"] = blocks.docs + self.n_rows
        rows["hash"], rows["words"], rows["n_words"] = found.text_hashes, found.words, found.n_words
        rows["n_bytes"] = blocks.ends - blocks.starts
        rows["checksum"] = _checksums(batch.buffer, blocks)
        columns.blocks.append(rows)
        scores = scores_of_blocks(options.keep, batch, blocks, row_scores, self.n_rows, self.n_blocks)
        if scores is not None:
            columns.scores.append(scores)
        if self.job.needs_spans:
            spans = np.empty(rows.size, SPAN)
            borders = np.stack((blocks.starts, blocks.ends))
            spans["start"], spans["end"] = char_offsets(batch, blocks.docs, borders)
            columns.spans.append(spans)
        known = np.zeros(0, np.int64)
        if self.view is not None:
            known = self.known.add_twins(self.view, batch, blocks, found, self.n_blocks)
        for band, column in enumerate(columns.keys):
            chosen = has_key(found.n_words, rows["n_bytes"], self.job.recipe, band)
            chosen[known] = False
            column.append(found.keys[chosen, band])
        self.n_blocks += rows.size

    def _row_scores(self, parts: list[Part]) -> F64:
        """The score of each row by the column that the policy names; none where it names none."""
        scores: list[float] = []
        for part in parts if self.job.policy else ():
            for row, value in enumerate(part.preferences or [], start=part.first_row):
                scores.append(self._row_score(part.source, row, value))
        return np.array(scores, np.float64)

    def _row_score(self, source: int, row: int, value: Any) -> float:
        assert self.job.policy is not None
        policy, column = self.job.policy
        try:
            score = score_of_value(value, policy)
        except ValueError:
            rule = "numbers" if policy == "highest" else "times, as text in ISO 8601; for numbers in text use highest:"
            self.problem(
                source, row, f"column {column!r} is {value!r}, and keep={self.job.options.keep!r} needs {rule}"
            )
            return NULL
        self.state["is_scored"] = self.state["is_scored"] or score != NULL
        return score

    def _take_ids(self, keys: list[Any]) -> None:
        coded = [b"" if key is None else str(key).encode("utf-8", "surrogatepass") for key in keys]
        self.columns.ids.append(np.frombuffer(b"".join(coded), np.uint8))
        ends = self.id_end + np.cumsum([len(key) for key in coded])
        self.columns.id_ends.append(ends)
        digests = b"".join(hashlib.blake2b(key, digest_size=8).digest() if key else bytes(8) for key in coded)
        self.columns.id_hashes.append(np.frombuffer(digests, "<u8"))
        self.id_end = int(ends[-1]) if ends.size else self.id_end

    def _take_origins(self, names: list[Any]) -> None:
        numbers = np.empty(len(names), np.int32)
        for row, value in enumerate(names):
            name = "" if value is None else str(value)
            numbers[row] = self.origins.setdefault(name, len(self.origins))
            if numbers[row] == len(self.state["origins"]):
                self.state["origins"].append(name)
        if len(self.origins) > _ORIGINS:
            raise InputError(
                f"column {self.job.source!r} has more than {_ORIGINS} values, so it names no sources; choose another"
            )
        self.columns.origins.append(numbers)


def _checksums(buffer: U8, blocks: Blocks) -> list[int]:
    view = memoryview(buffer)  # type: ignore[arg-type]  # an array has the buffer protocol
    spans = zip(blocks.starts.tolist(), blocks.ends.tolist(), strict=True)
    return [zlib.crc32(view[start:end]) for start, end in spans]
