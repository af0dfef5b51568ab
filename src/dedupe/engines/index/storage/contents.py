"""What is in an index: counted, and given back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from dedupe.core.hashing import I64
from dedupe.engines.index.results import IndexDuplicate, duplicates_of
from dedupe.engines.index.storage.catalogue import Named
from dedupe.engines.index.storage.view import View


def alive_docs(view: View) -> I64:
    """The documents that are there, in order of arrival."""
    docs = np.arange(view.n_docs)
    return docs[~view.is_removed(docs)]


def alive_blocks(view: View) -> I64:
    """Their blocks."""
    return view.blocks_of(alive_docs(view))


def counts(view: View, named: list[Named]) -> dict[str, Any]:
    """Numbers of documents, blocks, postings, files and bytes; see `Index.stats`."""
    blocks = alive_blocks(view)
    return {
        "documents": view.n_docs - int(view.changes.removed.size),
        "blocks": int(blocks.size),
        "duplicates": int((view.decisions(blocks)[1] != blocks).sum()),
        "removed": int(view.changes.removed.size),
        "postings": sum(len(runs) for runs in view.runs.values()),
        "files": len(named),
        "bytes": sum(one.bytes for one in named),
        "bytes_text": sum(int(part.columns["texts"].size) for part in view.records),
        "n_bands": view.rules.plan.n_bands,
        "n_rows": view.rules.plan.n_rows,
    }


def exported(view: View) -> Iterator[dict[str, Any]]:
    """All documents with their duplicates, as values for JSON; see `Index.export`."""
    for doc in alive_docs(view).tolist():
        docs = np.array([doc])
        yield {
            "id": view.doc_ids(docs)[0],
            "text": view.doc_text(doc) if view.rules.store_text else None,
            "duplicates": [_plain(each) for each in duplicates_of(view, view.blocks_of(docs))],
        }


def _plain(duplicate: IndexDuplicate) -> dict[str, Any]:
    survivor = duplicate.survivor
    return {
        "start": duplicate.block.start,
        "end": duplicate.block.end,
        "similarity": round(duplicate.similarity, 6),
        "survivor": {"id": survivor.doc, "start": survivor.start, "end": survivor.end},
    }
