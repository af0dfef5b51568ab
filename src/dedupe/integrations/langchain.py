"""LangChain: repeated chunks out, before indexing and after retrieval."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from dedupe.integrations._frameworks import require
from dedupe.integrations.passages import Outcome, Report, compare, fold, options_of
from dedupe.options import Lose

require("langchain", "langchain_core.documents")

from langchain_core.documents import BaseDocumentCompressor, BaseDocumentTransformer, Document  # after the check
from pydantic import BaseModel, ConfigDict, PrivateAttr, model_validator

if TYPE_CHECKING:
    from langchain_core.callbacks import Callbacks

__all__ = ["DedupeCompressor", "DedupeTransformer"]

_log = logging.getLogger(__name__)


class _Settings(BaseModel):
    """What both steps are told.

    Attributes:
        mode: ``drop`` compares whole chunks; ``shorten`` compares their paragraphs, and drops a chunk of which nothing
            is left.
        threshold: Similarity from which two are the same, 0–1; 0.7 for chunks, 0.8 for paragraphs.
        width_words: Words per shingle.
        lose: What may go with a chunk, as in :class:`dedupe.Options`; None for ``short``, for paragraphs ``nothing``.
        source: Metadata key that names where a chunk is from; the id of the document stands in for it.
        also_in: Metadata key under which a kept chunk lists the sources of those that went because of it; None for no
            list, as for a vector store that takes only plain values.
    """

    model_config = ConfigDict(extra="forbid")

    mode: Literal["drop", "shorten"] = "drop"
    threshold: float | None = None
    width_words: int = 3
    lose: Lose | None = None
    source: str = "source"
    also_in: str | None = "also_in"
    _report: Report = PrivateAttr(default_factory=Report)

    @model_validator(mode="after")
    def _check(self) -> _Settings:
        options_of(self.mode, self.threshold, self.width_words, self.lose)
        return self

    @property
    def report(self) -> Report:
        """Chunks and words in and out, of the last call."""
        return self._report

    def _compare(self, documents: Sequence[Document], *, trim_overlap: bool) -> list[Document]:
        options = options_of(self.mode, self.threshold, self.width_words, self.lose)
        outcome = compare([one.page_content for one in documents], options, trim_overlap=trim_overlap)
        self._report = outcome.report
        _log.info("%s of %s chunks stay, %s words saved", *_counts(outcome.report))
        return self._kept(documents, outcome)

    def _kept(self, documents: Sequence[Document], outcome: Outcome) -> list[Document]:
        made = []
        for number, text, gone in outcome.kept():
            one = documents[number]
            metadata = one.metadata
            if gone:
                others = [self._source(documents[other]) for other in gone]
                metadata = fold(metadata, others, self._source(one), self.also_in)
            if text == one.page_content and metadata is one.metadata:
                made.append(one)
            elif type(one) is Document:  # several times as fast as a copy
                made.append(Document(text, metadata=metadata, id=one.id))
            else:
                made.append(one.model_copy(update={"page_content": text, "metadata": metadata}))
        return made

    def _source(self, document: Document) -> Any:
        return document.metadata.get(self.source, document.id)


def _counts(report: Report) -> tuple[int, int, int]:
    return report.chunks_out, report.chunks_in, report.words_saved


class DedupeTransformer(_Settings, BaseDocumentTransformer):
    """Before indexing: drop or shorten chunks that repeat earlier ones.

    Overlap that a splitter left between neighbours stays, because it helps retrieval.

    Examples:
        >>> from langchain_core.documents import Document
        >>> chunks = [Document("Rain fell all day.", metadata={"source": name}) for name in ("a", "b")]
        >>> DedupeTransformer().transform_documents(chunks)
        [Document(metadata={'source': 'a', 'also_in': ['b']}, page_content='Rain fell all day.')]
    """

    def transform_documents(self, documents: Sequence[Document], **kwargs: Any) -> Sequence[Document]:
        """Return the documents that stay, in their order; none of those given is changed."""
        return self._compare(documents, trim_overlap=False)


class DedupeCompressor(_Settings, BaseDocumentCompressor):
    """After retrieval: keep the better-ranked of two alike, and cut the overlap between neighbouring chunks.

    Attributes:
        trim_overlap: Whether text that the end of one chunk shares with the start of another stays in one of them only.
    """

    trim_overlap: bool = True

    def compress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> Sequence[Document]:
        """Return the documents that stay, the best-ranked first as they came."""
        return self._compare(documents, trim_overlap=self.trim_overlap)
