"""Rows of the files as batches of text, made in a thread of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

from dedupe.core.text.batch import Batch
from dedupe.engines.files.job import Job
from dedupe.engines.files.reading.sources import Source
from dedupe.errors import InputError
from dedupe.inputs.formats import read
from dedupe.inputs.formats.rows import Chunk

_BATCH = 8 << 20  # bytes of text in work at a time
_BATCH_ROWS = 1 << 15
_AHEAD = 4 << 20  # bytes of a file from which reading ahead is worth a thread
_T = TypeVar("_T")
_END: Any = object()


class Part(NamedTuple):
    """Rows of a file, read and checked.

    Attributes:
        source: Number of the file.
        batch: A text per row; empty where there is none.
        bad: Rows that could not be read, with what is wrong.
        ids: The id of each row, or None.
        origins: The source of each row, or None.
        preferences: The value of each row that the policy compares, or None.
        first_row: Number of the first row in the file.
        n_bytes: Bytes of the file that were read for them, about.
    """

    source: int
    batch: Batch
    bad: dict[int, str]
    ids: list[Any] | None
    origins: list[Any] | None
    preferences: list[Any] | None
    first_row: int
    n_bytes: int


class End(NamedTuple):
    """The end of a file, or the place from which it cannot be read.

    Attributes:
        source: Number of the file.
        error: What is wrong with it, or None.
        n_bytes: Bytes of the file that belong to no part.
    """

    source: int
    error: Exception | None
    n_bytes: int


def chunks_of(source: Source, job: Job, columns: Sequence[str] | None = None) -> Iterator[Chunk]:
    """The rows of a file in chunks, a large one read and unpacked ahead in a thread of its own."""
    chunks = read(source.path, source.kind, job.text, columns)
    is_small = 0 < source.size_bytes < _AHEAD  # a URL has no size
    return chunks if is_small else prefetched(chunks, depth=1)


def parts_of(sources: Sequence[Source], first: int, job: Job) -> Iterator[Part | End]:
    """The rows of the files from number `first` on, and the end of each."""
    for number in range(first, len(sources)):
        source = sources[number]
        row, left = 0, source.size_bytes
        error: Exception | None = None
        try:
            for chunk in chunks_of(source, job, job.columns):
                batch, bad = chunk.texts()
                ids = chunk.column(job.id) if job.id is not None else None
                origins = chunk.column(job.source) if job.source is not None else None
                preferences = chunk.column(job.policy[1]) if job.policy is not None else None
                done = min(left, batch.buffer.size)
                left -= done
                yield Part(number, batch, bad, ids, origins, preferences, row, done)
                row += chunk.n_rows
        except (InputError, OSError) as found:
            error = found
        yield End(number, error, left)


def grouped(parts: Iterable[Part | End]) -> Iterator[list[Part | End]]:
    """Put parts together until there is enough text for the threads."""
    group: list[Part | End] = []
    size = n_rows = 0
    for part in parts:
        group.append(part)
        if isinstance(part, Part):
            size += part.batch.buffer.size
            n_rows += part.batch.offsets.size
        if size >= _BATCH or n_rows >= _BATCH_ROWS or (size >= _BATCH // 2 and isinstance(part, End)):
            yield group
            group, size, n_rows = [], 0, 0
    if group:
        yield group


def prefetched(items: Iterator[_T], depth: int = 2) -> Iterator[_T]:
    """Make the next items in a thread while the caller works on one."""
    with ThreadPoolExecutor(1) as pool:
        waiting = [pool.submit(next, items, _END) for _ in range(depth)]
        while True:
            item = waiting.pop(0).result()
            if item is _END:
                return
            waiting.append(pool.submit(next, items, _END))
            yield item
