"""The plan in words, and what it is expected to move, before anything runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pyspark.sql import functions as F

from dedupe.core.text.batch import encode
from dedupe.core.text.blocks import split
from dedupe.engines.spark.columns import named
from dedupe.engines.spark.job import Job

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_SAMPLE = 200  # rows that the number of blocks per row is estimated from
NEAR = 0.2  # share of the blocks that is taken to share a bucket with another
_ROW = 24  # bytes that Spark adds to a row in a shuffle
_MEASURED = 4  # times that pairs are measured: three rounds, and the survivors
_MEMBER = 400  # bytes of keys, states and decisions of a block in a round


class Step(NamedTuple):
    """One stage of the plan.

    Attributes:
        name: The stage.
        work: What happens in it.
        bytes_moved: What it is expected to shuffle, before compression.
    """

    name: str
    work: str
    bytes_moved: float


def steps(n_blocks: float, bytes_text: float, n_bands: int) -> Iterator[Step]:
    """The stages for so many blocks.

    Args:
        n_blocks: Number of blocks.
        bytes_text: Bytes of text in them.
        n_bands: Keys of a block.
    """
    near, keys = NEAR * n_blocks, n_blocks * n_bands
    yield Step("fingerprints", "workers: text to hashes and band keys", 0)
    yield Step("blocks", "sort in policy order, number", n_blocks * (_ROW + 72 + 8 * n_bands))
    yield Step("copies", "group by text hash", n_blocks * 2 * (_ROW + 24))
    yield Step("buckets", "count the band keys", keys * (_ROW + 16))
    yield Step("postings", "keep the keys that are shared", keys * (_ROW + 16))
    yield Step("texts", "fetch the texts of blocks in buckets", bytes_text + near * _ROW)
    # each time pairs are measured, the texts of all blocks in buckets go to their left and to their right sides
    block = 2 * (bytes_text / n_blocks + _ROW) + _MEMBER
    yield Step("rounds", "pair, measure on the text, decide", _MEASURED * near * block)
    yield Step("flags", "survivor, similarity, rule of each block", n_blocks * 2 * (_ROW + 60))


def describe(frame: DataFrame, job: Job) -> str:
    """Describe the plan of a run; reads the length of every text, and a few texts."""
    text = named(job.text)
    n_rows, n_bytes = frame.agg(F.count(F.lit(1)), F.sum(F.octet_length(text))).collect()[0]
    sample = [row[0] for row in frame.where(text.isNotNull()).select(text).limit(_SAMPLE).collect()]
    batch = encode(sample)
    blocks_per_row = split(batch, job.options.unit).starts.size / len(sample) if sample else 0.0
    n_blocks = max(n_rows * blocks_per_row, 1.0)
    plan = job.recipe.plan
    stages = list(steps(n_blocks, float(n_bytes or 0), plan.n_bands))
    total = float(np.sum([step.bytes_moved for step in stages]))
    head = (
        f"{n_rows:,} rows, {_size(float(n_bytes or 0))} of text, about {n_blocks:,.0f} blocks ({job.options.unit}); "
        f"{plan.n_bands} bands of {plan.n_rows} rows find {plan.share_found(job.options.threshold):.1%} "
        f"at threshold {job.options.threshold:g}"
    )
    lines = [
        head,
        *(f"  {step.name:<13} {step.work:<42} {_size(step.bytes_moved):>10}" for step in stages),
        f"  {'in all':<13} {f'if {NEAR:.0%} of the blocks share a bucket':<42} {_size(total):>10}",
        f"  {'':<13} {'of each row':<42} {_size(total / max(n_rows, 1)):>10}",
    ]
    return "\n".join(lines)


def _size(n_bytes: float) -> str:
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if n_bytes < 1000 or unit == "TB":
            break
        n_bytes /= 1000
    return f"{n_bytes:.0f} {unit}" if unit == "B" else f"{n_bytes:.1f} {unit}"
