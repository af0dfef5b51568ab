"""New texts against an index: what is in it stays, and is only matched against."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from dedupe.core.hashing import F64, I64
from dedupe.core.sketch import Sketch
from dedupe.core.text.batch import Batch
from dedupe.core.text.blocks import Blocks, split
from dedupe.engines.index.deciding import decide, known_words
from dedupe.engines.index.insertion import of_texts
from dedupe.engines.index.storage.records import Id
from dedupe.engines.index.storage.view import View
from dedupe.inputs.documents import Documents
from dedupe.matching.stages import order_of
from dedupe.results import Block, BlockTable, Findings, Rule, name_rule


class AgainstTable(BlockTable):
    """Blocks of new texts, and behind them blocks of an index, whose key is ``("against", id)``."""

    def __init__(self, documents: Documents, batch: Batch, blocks: Blocks, known: list[Block]) -> None:
        """Put the blocks `known` behind the new ones; each counts as a document of its own."""
        super().__init__(documents, batch, blocks)
        self._own, self._known = BlockTable(documents, batch, blocks), known
        self.docs = np.concatenate((blocks.docs, len(documents.texts) + np.arange(len(known))))
        self.keys = [*documents.keys, *(block.doc for block in known)]

    @cached_property
    def starts(self) -> I64:
        """Array of shape (n_blocks,), int64: first character of each block in its document."""
        return np.concatenate((self._own.starts, np.array([block.start for block in self._known], np.int64)))

    @cached_property
    def ends(self) -> I64:
        """Array of shape (n_blocks,), int64: the character after the last."""
        return np.concatenate((self._own.ends, np.array([block.end for block in self._known], np.int64)))

    def __getitem__(self, number: int) -> Block:
        """The block of this number."""
        n_own = len(self._own)
        return self._own[number] if number < n_own else self._known[number - n_own]


def find_against(view: View, documents: Documents, keep: Any) -> Findings:
    """Find which new texts are duplicates of the index or of each other; see `Index.find`."""
    options = replace(view.rules.options, keep=keep)
    batch = documents.batch
    blocks = split(batch, options.unit)
    order = order_of(documents, keep, batch, blocks, BlockTable(documents, batch, blocks))
    known, survivor, similarity, stats = protect(view, batch, blocks, order)
    duplicate = np.flatnonzero(survivor != np.arange(survivor.size))
    n_against = view.n_docs - int(view.changes.removed.size)
    stats.update(documents=len(documents.texts), matches=int(duplicate.size), against=n_against)
    return Findings(
        stats=stats,
        settings=options.to_dict(),
        _blocks=AgainstTable(documents, batch, blocks, known),
        _survivor=survivor,
        _similarity=similarity,
        _pairs=(survivor[duplicate], duplicate, similarity[duplicate]),
    )


def protect(view: View, batch: Batch, blocks: Blocks, order: I64) -> tuple[list[Block], I64, F64, dict[str, Any]]:
    """Decide about new blocks, with all those of an index before them.

    Args:
        view: The index.
        batch: The new texts.
        blocks: Their blocks.
        order: Block numbers in policy order.

    Returns:
        The blocks of the index that are survivors; for each new block its survivor, counted on into those; the
        similarity to it; and counts per stage.
    """
    source = of_texts(view.rules, batch, blocks)
    decided = decide(view, source, order, against=True)
    is_old = decided.survivor < view.n_blocks
    used, back = np.unique(decided.survivor[is_old], return_inverse=True)
    survivor = decided.survivor - view.n_blocks
    survivor[is_old] = blocks.starts.size + back
    known = [Block(("against", one.doc), one.start, one.end, one.text) for one in view.blocks(used)]
    return known, survivor, decided.similarity, decided.stats


class Twins(NamedTuple):
    """New blocks whose words are in an index.

    Attributes:
        block: Array of shape (n_twins,), int64, ascending: the new blocks.
        ids: The document that has these words first.
        rules: Why each new block is a duplicate of it.
    """

    block: I64
    ids: list[Id]
    rules: list[Rule]


def find_twins(view: View, batch: Batch, blocks: Blocks, sketch: Sketch) -> Twins:
    """Find the new blocks whose words are in an index."""
    head = known_words(view, sketch)
    block = np.flatnonzero(head >= 0)
    rules: list[Rule] = []
    fields = view.block_fields(head[block])
    for number, (_, _, _, text) in zip(block.tolist(), fields, strict=True):
        own = batch.buffer[blocks.starts[number] : blocks.ends[number]].tobytes()
        rules.append(name_rule(view.rules.store_text and text.encode("utf-8", "surrogatepass") == own, True))
    return Twins(block, [id for id, *_ in fields], rules)
