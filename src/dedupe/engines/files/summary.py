"""What a run did, in numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dedupe.core.hashing import I64
from dedupe.engines.files.disk.columns import Array, in_order
from dedupe.engines.files.disk.run_columns import Extent, RunColumns
from dedupe.engines.files.job import Job
from dedupe.engines.files.matching.decide import RULES, rules
from dedupe.engines.files.reading.sources import Source
from dedupe.errors import LossError

_LISTED = 10


@dataclass(frozen=True)
class CorpusSummary:
    """What a run did.

    Attributes:
        documents_in: Rows that came in, those that could not be read included.
        documents_out: Rows that are written.
        words_in: Words of all blocks that were looked at (of paragraphs without inner repeats, when these are removed first).
        words_out: Words of the blocks that stay.
        removed: Removed blocks, by rule: ``identical``, ``same words``, ``similar``, ``against`` (an index),
            ``inside``.
        variants: Blocks that stay although they share enough with another, since something would be lost with them.
        emptied: Documents that lost all their text.
        shortened: Documents that lost a part of it.
        unreadable: Rows and files that could not be read.
        problems: The first of these, with file, row and what is wrong.
        clusters: The largest: survivor and number of documents or paragraphs in it.
        sources: Those that lost the greatest share of their words: files, or values of the column `source`.
        recall_promised: Share of the pairs at the threshold that the plan finds.
        recall_measured: Share that was found of pairs planted at the threshold in a sample; None without a sample.
        capped: Times that a bucket was too full for one more leader; 0 means that nothing was cut short.
        compared: Pairs that were compared exactly.
        elapsed_s: Time, of this run alone when it resumed an earlier one.
        peak_memory_bytes: Greatest memory of the process so far; None where the system does not say.
        spilled_bytes: Greatest size of the work files.
        settings: The settings of the run.
        output: Where the files are.
        removed_list: The removed list.
    """

    documents_in: int
    documents_out: int
    words_in: int
    words_out: int
    removed: Mapping[str, int]
    variants: int
    emptied: int
    shortened: int
    unreadable: int
    problems: Sequence[Mapping[str, Any]]
    clusters: Sequence[Mapping[str, Any]]
    sources: Sequence[Mapping[str, Any]]
    recall_promised: float
    recall_measured: float | None
    capped: int
    compared: int
    elapsed_s: float
    peak_memory_bytes: int | None
    spilled_bytes: int
    settings: Mapping[str, Any]
    output: str
    removed_list: str | None

    def to_dict(self) -> dict[str, Any]:
        """The summary as plain values for JSON."""
        return {"format": "dedupe.corpus", "version": 1, **asdict(self)}


def count_losses(
    sources: Sequence[Source], extents: Sequence[Extent], columns: RunColumns, origins: Sequence[str] | None
) -> dict[str, Any]:
    """Count words and blocks before and after, in total, by rule and by source.

    Args:
        sources: The files.
        extents: Where their blocks lie.
        columns: The columns.
        origins: Names of the sources in a column, or None: each file is a source.
    """
    first = np.array([extent.first_block for extent in extents], np.int64)
    names = [source.name for source in sources] if origins is None else list(origins)
    words_in, words_removed = np.zeros(len(names), np.int64), np.zeros(len(names), np.int64)
    by_rule = np.zeros(len(RULES), np.int64)

    def add(total: I64, numbers: I64, rows: Array) -> None:
        """Add the words of blocks to their sources."""
        if origins is None:
            source = np.searchsorted(first, numbers, side="right") - 1
        else:
            source = columns.origins.take(rows["row"])
        total += np.bincount(source, rows["n_words"], minlength=total.size).astype(np.int64)

    for begin, rows in columns.blocks.chunks():
        add(words_in, np.arange(begin, begin + rows.size), rows)
    for _, links in columns.links.chunks():
        add(words_removed, links["block"], columns.blocks.take(links["block"]))
        by_rule += np.bincount(rules(columns, links), minlength=len(RULES))
    share = words_removed / np.maximum(words_in, 1)
    worst = [number for number in np.argsort(-share, kind="stable")[:_LISTED].tolist() if words_removed[number]]
    return {
        "words_in": int(words_in.sum()),
        "words_out": int(words_in.sum() - words_removed.sum()),
        "removed": dict(zip(RULES, by_rule.tolist(), strict=True)),
        "sources": [
            {
                "source": names[number],
                "words_in": int(words_in[number]),
                "words_out": int(words_in[number] - words_removed[number]),
                "lost": round(float(share[number]), 4),
            }
            for number in worst
        ],
    }


def check_loss(job: Job, losses: Mapping[str, Any]) -> None:
    """Stop when more would go than was allowed.

    Raises:
        LossError: The share of words is above ``max_loss``, for a source or in total.
    """
    if job.max_loss is None:
        return
    total = (losses["words_in"] - losses["words_out"]) / max(losses["words_in"], 1)
    shares = [(total, "all inputs together")]
    for worst in losses["sources"][:1]:
        shares.append((worst["lost"], worst["source"] or f"documents without a {job.source}"))
    for share, name in shares:
        if share > job.max_loss:
            raise LossError(
                f"{share:.1%} of the words of {name} would go, and max_loss is {job.max_loss:g}; nothing was written. "
                "Look at the largest clusters with mark, or resume with a greater max_loss"
            )


def largest_clusters(columns: RunColumns, job: Job) -> list[tuple[int, int]]:
    """Survivor and size of the largest clusters, the survivor counted."""
    best: list[tuple[int, int]] = []
    for links in in_order(columns.links, "survivor", len(columns.blocks), job.budget_bytes):
        heads, sizes = np.unique(links["survivor"], return_counts=True)
        top = np.argsort(-sizes, kind="stable")[:_LISTED]
        best += list(zip(heads[top].tolist(), (sizes[top] + 1).tolist(), strict=True))
        best = sorted(best, key=lambda cluster: (-cluster[1], cluster[0]))[:_LISTED]
    return best
