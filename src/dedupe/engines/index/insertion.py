"""Documents are inserted: decided about, and their columns and postings put behind those that are there."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dedupe.core.hashing import I64
from dedupe.core.sketch import Sketch
from dedupe.core.text.batch import Batch
from dedupe.core.text.blocks import Blocks
from dedupe.engines.index.deciding import Source, decide
from dedupe.engines.index.storage.records import Records, halves, id_hashes
from dedupe.engines.index.storage.rules import Rules
from dedupe.engines.index.storage.view import Changes, View
from dedupe.matching.comparable import Comparable, Spans, fingerprint


def of_texts(rules: Rules, batch: Batch, blocks: Blocks) -> Source:
    """Fingerprint the blocks of texts."""
    spans = Spans(batch.buffer, blocks.starts, blocks.ends)

    def texts(numbers: I64) -> Comparable:
        if rules.store_text:
            return Comparable.of(spans.take(numbers), rules.recipe)
        made = Comparable.of(spans.take(numbers), rules.recipe.with_public_hashes())  # band keys follow from the sets
        return Comparable(halves(made.sets), made.careful, None)

    return Source(fingerprint(spans, rules.recipe), texts)


def of_records(rules: Rules, part: Records) -> Source:
    """The same for blocks whose columns are kept."""
    alone = View(rules, [part._replace(first_doc=0, first_block=0)], View.no_runs(), Changes())
    every = np.arange(part.n_blocks)
    found = Sketch(part.columns["n_words"].astype(np.int32), alone.text_hashes(every), alone.keys(every), None)
    return Source(found, alone.comparable)


class Inserted(NamedTuple):
    """An index with new documents.

    Attributes:
        view: The new state.
        records: The new documents.
        stats: Counts per stage.
    """

    view: View
    records: Records
    stats: dict[str, Any]


def insert(view: View, new: Records, source: Source) -> Inserted:
    """Put documents behind those that are there.

    Args:
        view: The index.
        new: The documents, less the decisions; none of their ids is there.
        source: Their blocks.
    """
    decided = decide(view, source, np.arange(new.n_blocks))
    columns = {
        **new.columns,  # type: ignore[dict-item]  # a dict: they are in no file yet
        "head": decided.head.astype(np.uint32),
        "survivor": decided.survivor.astype(np.uint32),
        "similarity": decided.similarity,
    }
    records = new._replace(columns=columns)
    if not new.n_docs:
        return Inserted(view, records, decided.stats)
    runs = {family: run.draft() for family, run in view.runs.items()}
    runs["lead"].put_sorted(decided.lead, new.first_block, new.n_blocks)
    runs["rest"].put_sorted(decided.rest, new.first_block, new.n_blocks)
    runs["words"].put(*decided.words)
    coded = Batch(new.columns["id_bytes"], new.columns["id_offsets"].astype(np.int64))
    runs["ids"].put(id_hashes(coded), np.arange(new.first_doc, new.end))
    return Inserted(View(view.rules, [*view.records, records], runs, view.changes), records, decided.stats)
