"""An index beside a run: its blocks stay, lead the buckets of the run, and are named in the links."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from dedupe.core.hashing import F64, I64, U64
from dedupe.core.sketch import Sketch
from dedupe.core.text.batch import Batch
from dedupe.core.text.blocks import Blocks
from dedupe.engines.files.disk.columns import Array
from dedupe.engines.files.disk.run_columns import LINK, RunColumns
from dedupe.engines.files.job import Job
from dedupe.engines.index import Index
from dedupe.engines.index.against import find_twins
from dedupe.engines.index.storage.records import Id
from dedupe.engines.index.storage.view import View
from dedupe.matching.deciding import Links
from dedupe.results import Rule, name_rule


def open_index(job: Job) -> View | None:
    """The index that stays, if it was made with the settings of the job; None for a run without."""
    if job.against is None:
        return None
    names = ("unit", "threshold", "width_words", "recall", "seed", "min_words", "lose")
    same: dict[str, Any] = {name: getattr(job.options, name) for name in names}
    with Index(job.against, readonly=True, **same) as index:
        return index._view()


class KnownSurvivors:
    """Blocks of an index that blocks of the run go for; the n-th of them is -1 - n in a link."""

    def __init__(self, columns: RunColumns, n_names: int) -> None:
        """Go on behind the first `n_names`."""
        self._columns, self._n_names = columns, n_names
        columns.known_ends.cut(n_names)
        self._end = int(columns.known_ends.read(n_names - 1, n_names)[0]) if n_names else 0
        columns.known_names.cut(self._end)

    def add(self, ids: Sequence[Id], rules: Sequence[str]) -> I64:
        """Note the documents of survivors and why each is one; returns what they are in a link."""
        names = [json.dumps({"id": id, "rule": rule}).encode() for id, rule in zip(ids, rules, strict=True)]
        ends = self._end + np.cumsum([len(name) for name in names], dtype=np.int64)
        self._columns.known_names.append(np.frombuffer(b"".join(names), np.uint8))
        self._columns.known_ends.append(ends)
        first, self._n_names = self._n_names, self._n_names + len(names)
        self._end = int(ends[-1]) if ends.size else self._end
        return -1 - np.arange(first, self._n_names)

    def add_twins(self, view: View, batch: Batch, blocks: Blocks, sketch: Sketch, first_block: int) -> I64:
        """Link the blocks whose words are in the index; returns which these are."""
        twins = find_twins(view, batch, blocks, sketch)
        self._columns.known.append(
            as_rows(twins.block + first_block, self.add(twins.ids, twins.rules), np.ones(twins.block.size))
        )
        return twins.block


def as_rows(block: I64, survivor: I64, similarity: F64) -> Array:
    """Links as rows of LINK."""
    rows = np.empty(block.size, LINK)
    rows["block"], rows["survivor"], rows["similarity"] = block, survivor, similarity
    return rows


def rows_of(links: Links, blocks: I64, words: U64, leaders: I64, view: View | None, known: KnownSurvivors) -> Array:
    """Links of a group as rows of LINK.

    Args:
        links: By place: leaders of the index first, the blocks of the group behind them.
        blocks: Array of shape (n_blocks,), int64: the blocks of the group.
        words: Array of shape (n_blocks,), uint64: hashes of their words.
        leaders: Array of shape (n_leaders,), int64: blocks of the index.
        view: The index; None when there are no leaders.
        known: Where survivors in the index are noted.
    """
    survivor = np.empty(links.block.size, np.int64)
    is_known = links.survivor < leaders.size
    survivor[~is_known] = blocks[links.survivor[~is_known] - leaders.size]
    if view is not None:
        survivor[is_known] = known.add(*_named(view, leaders, links, words, np.flatnonzero(is_known)))
    return as_rows(blocks[links.block - leaders.size], survivor, links.similarity)


def _named(view: View, leaders: I64, links: Links, words: U64, chosen: I64) -> tuple[list[Id], list[Rule]]:
    """The document that each of some blocks goes for, and why."""
    survivor = leaders[links.survivor[chosen]]
    blocks, place = np.unique(survivor, return_inverse=True)
    is_same = view.word_hashes(blocks)[place] == words[links.block[chosen] - leaders.size]
    is_same &= links.similarity[chosen] >= 1.0
    return view.doc_ids(view.docs_of(survivor)), [name_rule(False, same) for same in is_same.tolist()]
