"""Documents that go because of an index."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from dedupe.core.hashing import I64
from dedupe.core.text.batch import Batch
from dedupe.core.text.blocks import Blocks
from dedupe.engines.files.disk.run_columns import LINK, RunColumns
from dedupe.engines.files.job import Job
from dedupe.engines.index import Index
from dedupe.engines.index.standing import match_survivors


class Against:
    """An index whose documents stay, and the links of those that match one of them."""

    def __init__(self, job: Job, columns: RunColumns, lengths: dict[str, int]) -> None:
        """Open the index, if it was made with the settings of the job; `lengths` are those of the columns so far."""
        names = ("unit", "threshold", "width_words", "recall", "seed", "min_words")
        same: dict[str, Any] = {name: getattr(job.options, name) for name in names}
        self.index = Index(job.against or "", readonly=True, **same)
        self.columns = columns
        self.n_known = lengths.get(columns.known.path.name, 0)
        self.names_end = lengths.get(columns.known_names.path.name, 0)

    def take(self, batch: Batch, blocks: Blocks, first_block: int) -> I64:
        """Note the documents that match a survivor of the index; returns which these are."""
        found = match_survivors(self.index, batch, blocks)
        names = [
            json.dumps({"id": one, "rule": rule}).encode() for one, rule in zip(found.ids, found.rules, strict=True)
        ]
        links = np.empty(found.block.size, LINK)
        links["block"] = found.block + first_block
        links["survivor"] = -1 - np.arange(self.n_known, self.n_known + found.block.size)
        links["similarity"] = found.similarity
        ends = self.names_end + np.cumsum([len(name) for name in names], dtype=np.int64)
        self.columns.known.append(links)
        self.columns.known_names.append(np.frombuffer(b"".join(names), np.uint8))
        self.columns.known_ends.append(ends)
        self.n_known += found.block.size
        self.names_end = int(ends[-1]) if ends.size else self.names_end
        return found.block
