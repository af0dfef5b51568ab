"""What a run would take, from a sample: nothing is written."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dedupe.core.ragged import concat
from dedupe.core.text.batch import NO_TEXTS, Batch
from dedupe.core.text.blocks import split
from dedupe.engines.files.disk.run_columns import BLOCK, ROW, SPAN
from dedupe.engines.files.job import Job
from dedupe.engines.files.matching.candidates import has_key
from dedupe.engines.files.output.paths import check_empty, choose_paths
from dedupe.engines.files.reading.sources import STDIN, Source, collect_sources
from dedupe.errors import InputError
from dedupe.inputs.formats import read
from dedupe.matching.comparable import Spans, fingerprint

_SAMPLE = 32 << 20  # bytes of text
_BASE = 120 << 20  # bytes of the interpreter, libraries and the texts at hand
# The first pass is about half of the work: texts that may match are read again, and all are copied.
_PASSES = 2.0


@dataclass(frozen=True)
class Estimate:
    """What a run would take.

    Attributes:
        files: Files that go in.
        bytes_in: Their size, packed as they are.
        text_bytes: Text in them, about.
        documents: Rows, about.
        blocks: Documents or paragraphs to compare, about.
        words: Words, about.
        sampled_bytes: Text that the estimate was made from.
        n_bands: Keys of each block.
        recall_promised: Share of the pairs at the threshold that will be found.
        elapsed_s: Time, about.
        memory_bytes: Memory, about; never above the bound.
        spill_bytes: Disk for work files, about.
        output_bytes: Disk for the cleaned files, at most.
    """

    files: int
    bytes_in: int
    text_bytes: int
    documents: int
    blocks: int
    words: int
    sampled_bytes: int
    n_bands: int
    recall_promised: float
    elapsed_s: float
    memory_bytes: int
    spill_bytes: int
    output_bytes: int

    def to_dict(self) -> dict[str, Any]:
        """The estimate as plain values for JSON."""
        return asdict(self)


def estimate(inputs: Sequence[str], output: str, job: Job) -> Estimate:
    """Read a sample, and say what the whole would take.

    Raises:
        InputError: An input is missing or cannot be read, the output is taken, or standard input was given.
    """
    if STDIN in inputs:
        raise InputError("a dry run cannot read standard input, which would be gone then; give it a file")
    check_empty(choose_paths(inputs, output))
    sources = collect_sources(inputs, job.format, Path())
    begin = time.monotonic()
    batch, n_packed = _sample(sources, job)
    plan = job.recipe.plan
    blocks = split(batch, job.options.unit)
    sketched = fingerprint(Spans(batch.buffer, blocks.starts, blocks.ends), job.recipe)
    elapsed = time.monotonic() - begin
    bytes_in = sum(source.size_bytes for source in sources)
    grow = max(bytes_in / max(n_packed, 1), 1.0)
    n_blocks, n_rows = int(blocks.starts.size * grow), int((batch.offsets.size - 1) * grow)
    sizes = blocks.ends - blocks.starts
    n_keys = sum(int(has_key(sketched.n_words, sizes, job.recipe, band).sum()) for band in range(plan.n_bands))
    block_bytes = BLOCK.itemsize + (SPAN.itemsize if job.needs_spans else 0)
    needed = _BASE + n_blocks * 64 + int(batch.buffer.size * grow)
    return Estimate(
        files=len(sources),
        bytes_in=bytes_in,
        text_bytes=int(batch.buffer.size * grow),
        documents=n_rows,
        blocks=n_blocks,
        words=int(sketched.n_words.sum(dtype=np.int64) * grow),
        sampled_bytes=int(batch.buffer.size),
        n_bands=plan.n_bands,
        recall_promised=job.recipe.recall_promised,
        elapsed_s=round(elapsed * grow * _PASSES, 1),
        memory_bytes=min(needed, job.memory_bytes),
        spill_bytes=n_blocks * block_bytes + int(n_keys * 8 * grow) + n_rows * ROW.itemsize,
        output_bytes=bytes_in,
    )


def _sample(sources: Sequence[Source], job: Job) -> tuple[Batch, int]:
    """The beginnings of the files, and how many of their packed bytes that is, about."""
    share = max(_SAMPLE // max(len(sources), 1), 1 << 20)
    batches, size, n_packed = [], 0, 0
    for source in sources:
        taken, whole = 0, True
        for chunk in read(source.path, source.kind, job.text, job.columns):
            texts = chunk.texts()
            batches.append(texts.batch)
            taken += int(texts.batch.buffer.size)
            if taken >= share:
                whole = False
                break
        # a packed file that is not read to its end counts as a third of its text
        packed = source.path.endswith((".gz", ".zst", ".parquet"))
        n_packed += source.size_bytes if whole else min(taken // 3 if packed else taken, source.size_bytes)
        size += taken
        if size >= _SAMPLE:
            break
    return concat([NO_TEXTS, *batches]), n_packed
