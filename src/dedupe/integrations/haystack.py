"""Haystack: repeated documents out, in an indexing pipeline or after a retriever."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from typing import Any, Literal

from dedupe.integrations._frameworks import require
from dedupe.integrations.passages import by_rank, compare, fold, options_of
from dedupe.options import Lose

# this adapter sends nothing, and does not want its framework to, unless the user asked for it
os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")
require("haystack", "haystack")

from haystack import Document, component, default_from_dict, default_to_dict  # after the check

__all__ = ["DocumentDeduplicator"]


@component
class DocumentDeduplicator:
    """Keep one of two documents that are alike: the better-scored one, or the earlier without scores."""

    def __init__(
        self,
        mode: Literal["drop", "shorten"] = "drop",
        threshold: float | None = None,
        width_words: int = 3,
        lose: Lose | None = None,
        source: str = "file_path",
        also_in: str | None = "also_in",
        trim_overlap: bool = False,
    ) -> None:
        """Set it up.

        Args:
            mode: ``drop`` compares whole documents; ``shorten`` compares their paragraphs.
            threshold: Similarity from which two are the same, 0–1; 0.7 for documents, 0.8 for paragraphs.
            width_words: Words per shingle.
            lose: What may go with a document, as in :class:`dedupe.Options`; None for ``short``, for paragraphs
                ``nothing``.
            source: Key in `meta` that names where a document is from; its id stands in for it.
            also_in: Key in `meta` under which a kept document lists the sources of its duplicates; None for no list.
            trim_overlap: Also cut text that the end of one document shares with the start of another; for use behind a
                retriever.

        Raises:
            OptionError: A value breaks its rule.
        """
        self._options = options_of(mode, threshold, width_words, lose)
        self.mode, self.threshold, self.width_words, self.lose = mode, threshold, width_words, lose
        self.source, self.also_in, self.trim_overlap = source, also_in, trim_overlap

    def to_dict(self) -> dict[str, Any]:
        """The component as plain values, for YAML."""
        values: dict[str, Any] = default_to_dict(
            self, mode=self.mode, threshold=self.threshold, width_words=self.width_words, lose=self.lose,
            source=self.source, also_in=self.also_in, trim_overlap=self.trim_overlap,
        )  # fmt: skip
        return values

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> DocumentDeduplicator:
        """Build it from :meth:`to_dict`."""
        made: DocumentDeduplicator = default_from_dict(cls, data)
        return made

    @component.output_types(documents=list[Document], duplicates=list[Document], words_saved=int)
    def run(self, documents: list[Document]) -> dict[str, Any]:
        """Compare the documents.

        Args:
            documents: Those without content stay. None of them is changed.

        Returns:
            documents: Those that stay, in their order.
            duplicates: Those that went; `meta` names the id of the one that stays as ``duplicate_of``.
            words_saved: Words that went.
        """
        scores = [one.score for one in documents]
        order = by_rank(scores) if any(score is not None for score in scores) else None
        texts = [one.content for one in documents]
        outcome = compare(texts, self._options, order=order, trim_overlap=self.trim_overlap)
        kept = []
        for number, text, gone in outcome.kept():
            one = documents[number]
            meta = one.meta
            if gone:
                meta = fold(meta, [self._source(documents[other]) for other in gone], self._source(one), self.also_in)
            is_same = text == (one.content or "")
            kept.append(one if is_same and meta is one.meta else _changed(one, one.content if is_same else text, meta))
        duplicates = [
            replace(documents[number], meta={**documents[number].meta, "duplicate_of": documents[survivor].id})
            for number, survivor in enumerate(outcome.survivor)
            if number != survivor
        ]
        return {"documents": kept, "duplicates": duplicates, "words_saved": outcome.report.words_saved}

    @component.output_types(documents=list[Document], duplicates=list[Document], words_saved=int)
    async def run_async(self, documents: list[Document]) -> dict[str, Any]:
        """The same in a thread of its own; see :meth:`run`."""
        return await asyncio.to_thread(self.run, documents)

    def _source(self, document: Document) -> Any:
        return document.meta.get(self.source, document.id)


def _changed(document: Document, text: str | None, meta: dict[str, Any]) -> Document:
    """A copy with the same id, as what it names is the same document."""
    return replace(document, content=text, meta=meta)
