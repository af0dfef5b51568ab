"""From links of copies and near-duplicates to the survivor of every block that goes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dedupe import results
from dedupe.core.hashing import I64
from dedupe.engines.files.disk.columns import Array, Column, in_order, partitions
from dedupe.engines.files.disk.run_columns import LINK, RunColumns
from dedupe.engines.files.job import Job
from dedupe.matching.deciding import NO_VARIANTS, Links, follow_heads

RULES = (*results.RULES, "against")


def join_links(columns: RunColumns, job: Job) -> int:
    """Write the links of all blocks that go to ``columns.links``, sorted by block.

    Returns:
        How many blocks go.
    """
    columns.joined.remove()
    columns.links.remove()
    n_blocks = len(columns.blocks)
    for near, copies in _by_head(columns, job, n_blocks):
        gone = Links(near["block"], near["survivor"], near["similarity"], 0, 0, NO_VARIANTS)
        copies["survivor"], copies["similarity"] = follow_heads(copies["survivor"], gone)
        columns.joined.append(near)
        columns.joined.append(copies)
    for _, links in columns.known.chunks():
        columns.joined.append(links)
    columns.joined.flush()
    if job.min_documents > 1:
        _keep_rare(columns, job, n_blocks)
    for links in in_order(columns.joined, "block", n_blocks, job.budget_bytes):
        columns.links.append(links)
    columns.links.flush()
    columns.joined.remove()
    return len(columns.links)


def _by_head(columns: RunColumns, job: Job, n_blocks: int) -> Iterator[tuple[Array, Array]]:
    """Near-duplicates of a range of blocks, sorted, and the copies of blocks of that range."""
    size = len(columns.near) + len(columns.copies)
    n_parts = partitions(size, 4 * LINK.itemsize, job.budget_bytes)
    width = max(1, -(-n_blocks // n_parts))
    for part in range(n_parts):
        begin, end = part * width, (part + 1) * width
        near = _between(columns.near, "block", begin, end)
        yield near[np.argsort(near["block"], kind="stable")], _between(columns.copies, "survivor", begin, end)


def _between(column: Column, field: str, begin: int, end: int) -> Array:
    found = [rows[(rows[field] >= begin) & (rows[field] < end)] for _, rows in column.chunks()]
    return np.concatenate([np.zeros(0, column.dtype), *found])


def _keep_rare(columns: RunColumns, job: Job, n_blocks: int) -> None:
    """Drop the links of clusters that stand in fewer documents than asked for."""
    kept = Column(columns.folder / "frequent.bin", LINK)
    kept.remove()
    for links in in_order(columns.joined, "survivor", n_blocks, job.budget_bytes):
        heads, cluster = np.unique(links["survivor"], return_inverse=True)
        row = np.concatenate((columns.blocks.take(links["block"])["row"], columns.blocks.take(heads)["row"]))
        pair = np.unique(np.stack((np.concatenate((cluster, np.arange(heads.size))), row)), axis=1)
        n_documents = np.bincount(pair[0], minlength=heads.size)
        kept.append(links[n_documents[cluster] >= job.min_documents])
    kept.flush()
    columns.joined.remove()
    if kept.path.exists():
        kept.path.replace(columns.joined.path)


def rules(columns: RunColumns, links: Array) -> I64:
    """Why each block goes, as numbers of RULES.

    Args:
        columns: The columns.
        links: Rows of LINK.

    Returns:
        Array of shape (n_links,), int64.
    """
    block, survivor = columns.blocks.take(links["block"]), columns.blocks.take(np.maximum(links["survivor"], 0))
    same_words = (block["words"] == survivor["words"]) & (links["similarity"] >= 1.0)
    same_text = same_words & (block["checksum"] == survivor["checksum"]) & (block["n_bytes"] == survivor["n_bytes"])
    result: I64 = np.where(links["survivor"] < 0, 3, np.where(same_text, 0, np.where(same_words, 1, 2)))
    return result
