"""What an index hands back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

from dedupe.core.hashing import I64
from dedupe.engines.index.storage.catalogue import SegmentEntry
from dedupe.engines.index.storage.records import Id
from dedupe.engines.index.storage.view import View
from dedupe.results import Block, Duplicate, Rule, name_rule, rule_of

__all__ = ["AddReport", "Check", "IndexDuplicate", "IndexMatch"]


@dataclass(frozen=True)
class IndexMatch:
    """A block of the index that matches a text.

    Attributes:
        id: Id of its document.
        start: First character in the document.
        end: Character after the last.
        similarity: Jaccard similarity to the text, or to the block of it that matched, 0–1.
        verdict: ``identical`` (the same text), ``same words`` (but for case, spaces, punctuation) or ``similar``.
        is_estimate: Measured on 32-bit hashes, because the index keeps no text.
        query_start: First character of what matched in the text asked for.
        query_end: Character after the last.
    """

    id: Id
    start: int
    end: int
    similarity: float
    verdict: Rule
    is_estimate: bool
    query_start: int
    query_end: int


@dataclass(frozen=True)
class IndexDuplicate(Duplicate):
    """A duplicate in an index; `doc` of its blocks is the id of the document.

    Attributes:
        is_estimate: Measured on 32-bit hashes, because the index keeps no text.
    """

    is_estimate: bool = False


@dataclass(frozen=True)
class Check:
    """What a text is to an index.

    Attributes:
        verdict: ``new``, ``same as``, ``updates`` (the id is known, with another text), ``contains`` (the text holds
            the document), ``contained in`` (the document holds the text) or ``variant`` (they share enough, and each
            says something that the other does not: a number, a name, a negation; never with ``lose="words"``).
        id: The document that this is about; None when the text is new.
        share: Share of the text's words that the document has in matching blocks, 0–1; of a variant, in alike blocks.
        share_other: Share of the document's words that the text has in matching blocks, 0–1; of a variant, likewise.
        is_estimate: Measured on 32-bit hashes, because the index keeps no text.
    """

    verdict: Literal["new", "same as", "updates", "contains", "contained in", "variant"]
    id: Id | None
    share: float
    share_other: float
    is_estimate: bool = False


@dataclass(frozen=True, eq=False)
class AddReport:
    """What became of documents that were added.

    Attributes:
        n_documents: Documents that were added.
        n_blocks: Blocks in them.
        skipped: Ids that were there already and were left alone.
        replaced: Ids whose old document was taken out.
        stats: Counts per stage.
    """

    n_documents: int
    n_blocks: int
    skipped: tuple[Id, ...]
    replaced: tuple[Id, ...]
    stats: Mapping[str, Any]
    _view: View = field(repr=False)
    _docs: I64 = field(repr=False)

    @cached_property
    def new(self) -> tuple[Id, ...]:
        """Ids of the documents with something new in them: a block that stays, or no block at all."""
        blocks = self._view.blocks_of(self._docs)
        stays = self._view.decisions(blocks)[1] == blocks
        of = np.searchsorted(self._docs, self._view.docs_of(blocks))
        n_blocks = np.bincount(of, minlength=self._docs.size)
        n_stays = np.bincount(of[stays], minlength=self._docs.size)
        return tuple(self._view.doc_ids(self._docs[(n_stays > 0) | (n_blocks == 0)]))

    @cached_property
    def duplicates(self) -> tuple[IndexDuplicate, ...]:
        """Each added block that is a duplicate, with its survivor, in order of arrival."""
        return duplicates_of(self._view, self._view.blocks_of(self._docs))


def duplicates_of(view: View, blocks: I64) -> tuple[IndexDuplicate, ...]:
    """The duplicates among blocks, with their survivors."""
    head, survivor, similarity = view.decisions(blocks)
    chosen = np.flatnonzero(survivor != blocks)
    removed, survivors = view.blocks(blocks[chosen]), view.blocks(survivor[chosen])
    same_words = (head == survivor)[chosen].tolist()
    duplicates = []
    for block, other, score, same in zip(removed, survivors, similarity[chosen].tolist(), same_words, strict=True):
        rule = match_rule(view, block, other, score, same_words=same)
        is_estimate = not (view.rules.store_text or same)
        duplicates.append(IndexDuplicate(block, other, score, view.rules.options.measure, rule, is_estimate))
    return tuple(duplicates)


def match_rule(view: View, block: Block, other: Block, similarity: float, *, same_words: bool) -> Rule:
    """Name the weakest rule that explains a match; without texts, words are all that is known."""
    if view.rules.store_text:
        return rule_of(block, other, similarity)
    return name_rule(False, same_words)


def counts(view: View, entries: list[SegmentEntry]) -> dict[str, Any]:
    """Numbers of documents, blocks, postings, files and bytes; see `Index.stats`."""
    blocks = view.alive_blocks()
    return {
        "documents": view.n_alive,
        "blocks": int(blocks.size),
        "duplicates": int((view.decisions(blocks)[1] != blocks).sum()),
        "removed": int(view.changes.removed.size),
        "postings": sum(len(runs) for runs in view.runs.values()),
        "files": len(entries),
        "bytes": sum(entry.bytes for entry in entries),
        "bytes_text": sum(int(part.columns["texts"].size) for part in view.records),
        "n_bands": view.rules.plan.n_bands,
        "n_rows": view.rules.plan.n_rows,
    }


def exported(view: View) -> Iterator[dict[str, Any]]:
    """All documents with their duplicates, as values for JSON; see `Index.export`."""
    for doc in view.alive_docs().tolist():
        docs = np.array([doc])
        yield {
            "id": view.doc_ids(docs)[0],
            "text": view.doc_text(doc) if view.rules.store_text else None,
            "duplicates": [_plain(duplicate) for duplicate in duplicates_of(view, view.blocks_of(docs))],
        }


def _plain(duplicate: IndexDuplicate) -> dict[str, Any]:
    survivor = duplicate.survivor
    return {
        "start": duplicate.block.start,
        "end": duplicate.block.end,
        "similarity": round(duplicate.similarity, 6),
        "survivor": {"id": survivor.doc, "start": survivor.start, "end": survivor.end},
    }
