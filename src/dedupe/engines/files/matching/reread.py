"""The second pass: the texts of blocks that may match are read back, each file once, and go to their groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from dedupe.core.hashing import I64, U8, offsets_of, ranges
from dedupe.core.ragged import gathered
from dedupe.core.text.batch import Batch
from dedupe.core.text.blocks import split
from dedupe.engines.files.disk.columns import Column
from dedupe.engines.files.disk.run_columns import INSIDE, POSTING, Extent, FirstBlocks, RunColumns
from dedupe.engines.files.job import Job
from dedupe.engines.files.matching.candidates import Groups
from dedupe.engines.files.progress import Progress
from dedupe.engines.files.reading.rows import chunks_of, prefetched
from dedupe.engines.files.reading.sources import Source
from dedupe.errors import InputError
from dedupe.inputs.formats.rows import RowTexts
from dedupe.verbs.clean import clean_batch

_TEXT = np.dtype([("block", "<i8"), ("n_bytes", "<i8")])


class Spill:
    """The texts and postings of one group on disk.

    Attributes:
        heads: Number and size of each block, in file order.
        bytes: Their texts behind each other.
        postings: Their buckets.
    """

    def __init__(self, folder: Path, group: int) -> None:
        """Name the columns."""
        self.heads = Column(folder / f"group-{group:06}.heads", _TEXT)
        self.bytes = Column(folder / f"group-{group:06}.bytes", np.uint8)
        self.postings = Column(folder / f"group-{group:06}.postings", POSTING)

    def all(self) -> tuple[Column, Column, Column]:
        """The three columns."""
        return self.heads, self.bytes, self.postings


def spill_texts(
    sources: Sequence[Source],
    extents: Sequence[Extent],
    job: Job,
    columns: RunColumns,
    groups: Groups,
    progress: Progress,
) -> None:
    """Read back the texts of blocks that share buckets, each file once, and write them to the files of their groups."""
    spills = [Spill(columns.folder, group) for group in range(groups.n_groups)]
    for spill in spills:
        for column in spill.all():
            column.remove()
    for _, postings in columns.postings.chunks():
        group = groups.group[np.searchsorted(groups.blocks, postings["block"])]
        for one in np.unique(group).tolist():
            spills[one].postings.append(postings[group == one])
    progress.stage("reading back", sum(source.size_bytes for source in sources))
    for source, extent in zip(sources, extents, strict=True):
        first, last = np.searchsorted(
            groups.blocks, [extent.first_block, extent.first_block + extent.n_blocks]
        ).tolist()
        if last > first:
            for blocks, texts in wanted_blocks(source, extent, job, columns, groups.blocks[first:last]):
                _append(spills, groups, blocks, texts)
        progress.advance(source.size_bytes)
    for spill in spills:
        for column in spill.all():
            column.flush()


def _append(spills: list[Spill], groups: Groups, blocks: I64, texts: Batch) -> None:
    group = groups.group[np.searchsorted(groups.blocks, blocks)]
    sizes = texts.sizes
    for one in np.unique(group).tolist():
        mine = np.flatnonzero(group == one)
        heads = np.empty(mine.size, _TEXT)
        heads["block"], heads["n_bytes"] = blocks[mine], sizes[mine]
        spills[one].heads.append(heads)
        spills[one].bytes.append(texts.take(mine).buffer)


def wanted_blocks(
    source: Source, extent: Extent, job: Job, columns: RunColumns, wanted: I64
) -> Iterator[tuple[I64, Batch]]:
    """Read a file again for the texts of some of its blocks.

    Args:
        source: The file.
        extent: Where its rows and blocks lie.
        job: The settings.
        columns: The columns.
        wanted: Array of shape (n,), int64, ascending: numbers of blocks of this file.

    Yields:
        Numbers of blocks, and their texts; all in file order.
    """
    for _, first, rows, texts in prefetched(wanted_texts(source, extent, job, columns, wanted)):
        batch = texts.batch
        if (rows & INSIDE).any():
            batch, _ = clean_batch(batch)
        blocks = split(batch, job.options.unit)
        number = np.concatenate([np.zeros(0, np.int64), ranges(first, np.bincount(blocks.docs, minlength=first.size))])
        if number.size and number[-1] >= extent.first_block + extent.n_blocks:
            raise InputError(f"{source.path} has other texts than at the start of the run; run again")
        mine = np.isin(number, wanted, assume_unique=True)
        starts, ends = blocks.starts[mine], blocks.ends[mine]
        if mine.all() and starts.size and bool((ends[:-1] == starts[1:]).all()):
            yield number, Batch(batch.buffer[starts[0] : ends[-1]], np.append(starts, ends[-1:]) - starts[0])
        else:
            yield number[mine], Batch(gathered(batch.buffer, starts, ends - starts), offsets_of(ends - starts))


def wanted_texts(
    source: Source, extent: Extent, job: Job, columns: RunColumns, wanted: I64
) -> Iterator[tuple[int, I64, U8, RowTexts]]:
    """The texts of rows that hold wanted blocks: place in the file, first block of each, state of each, texts."""
    cursor = FirstBlocks(columns.rows, extent)
    row = 0
    for chunk in chunks_of(source, job, (job.text,)):
        n_rows = min(chunk.n_rows, extent.n_rows - row)
        first, rows = cursor.take(row, row + n_rows)
        at = np.searchsorted(wanted, first)
        chosen = np.flatnonzero(at[1:] > at[:-1])
        if chosen.size:
            texts = chunk.texts(chosen.tolist())
            if texts.problems:
                raise InputError(f"{source.path} has other texts than at the start of the run; run again")
            yield row, first[chosen], rows["state"][chosen], texts
        row += n_rows
        if row == extent.n_rows:  # behind it the file may be damaged
            break
    source.check_unchanged()
    if row < extent.n_rows:
        raise InputError(f"{source.path} has fewer rows than at the start of the run; run again")
