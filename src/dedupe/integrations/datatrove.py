"""datatrove: repeats inside documents out, and documents that were seen before."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Unpack

from dedupe.integrations._frameworks import require
from dedupe.integrations.memory import Memory
from dedupe.matching.recipe import Recipe
from dedupe.options import Settings
from dedupe.verbs.clean import clean_many

require("datatrove", "datatrove.pipeline.base")

from datatrove.pipeline.base import PipelineStep  # after the check
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.utils.batching import batched
from datatrove.utils.typeshelper import StatHints

if TYPE_CHECKING:
    from datatrove.data import Document, DocumentsPipeline
    from datatrove.pipeline.writers.disk_base import DiskWriter

__all__ = ["Clean", "DropDuplicates"]


class Clean(PipelineStep):
    """Take repeated blocks out of each document; needs nothing but the document itself, so ranks do not matter.

    Statistics: documents, ``shortened`` ones, ``removed_chars`` per document.
    """

    name = "🪞 Repeats inside documents"
    type = "✂️ - FORMAT"

    def __init__(self, batch_size: int = 1000, **settings: Unpack[Settings]) -> None:
        """Set it up.

        Args:
            batch_size: Documents taken at a time.
            **settings: As for :func:`dedupe.clean`.

        Raises:
            OptionError: A setting breaks its rule.
        """
        super().__init__()
        Recipe.of("clean", None, settings)
        self.batch_size, self.settings = batch_size, settings

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> DocumentsPipeline:
        """Yield every document, some with a shorter text."""
        for documents in batched(data, self.batch_size):
            with self.track_time("batch"):
                texts = clean_many([document.text or "" for document in documents], **self.settings)
            self.stat_update(StatHints.total, value=len(documents), unit="batch")
            for document, text in zip(documents, texts, strict=True):
                if text is not document.text and (removed := len(document.text or "") - len(text)):
                    self.stat_update("shortened")
                    self.stat_update("removed_chars", value=removed, unit="doc")
                    document.text = text
                yield document


class DropDuplicates(BaseFilter):
    """Drop documents that are near-duplicates of one seen before; the first stays.

    What "seen" means: without an index, the documents of the same rank, so that two ranks may each keep a copy.
    With one, all documents that any rank has added to it so far. The folder must be on a disk that all ranks share, on
    one machine. Ranks take turns at writing, and which copy stays depends on which rank came first.
    A task that is run again gives the same documents the same answer, by their ids.
    """

    name = "🪞 Near-duplicates"

    def __init__(
        self,
        index: str | os.PathLike[str] | None = None,
        exclusion_writer: DiskWriter | None = None,
        batch_size: int = 1000,
        timeout: float = 600.0,
        **settings: Unpack[Settings],
    ) -> None:
        """Set it up.

        Args:
            index: Folder of the index, made when it is not there; None sees one rank only.
            exclusion_writer: Where dropped documents go; their metadata names the survivor as ``duplicate_of``.
            batch_size: Documents taken at a time.
            timeout: Seconds to wait while other ranks write.
            **settings: The fields of :class:`dedupe.Options`.

        Raises:
            OptionError: A setting breaks its rule.
        """
        super().__init__(exclusion_writer, batch_size)
        Recipe.of("index", None, settings)
        self.index, self.timeout, self.settings = index, timeout, settings

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> DocumentsPipeline:
        """Yield the documents that stay."""
        with Memory(self.index, timeout=self.timeout, **self.settings) as self._memory:
            yield from super().run(data, rank, world_size)
        del self._memory

    def filter(self, doc: Document) -> Any:
        """Decide about one document; datatrove calls it for batches of one."""
        return self.filter_batch([doc])[0]

    def filter_batch(self, batch: list[Document]) -> list[Any]:
        """Decide about a batch: True, or False with the reason."""
        made: list[Any] = []
        found = self._memory.add([doc.text for doc in batch], [str(doc.id) for doc in batch])
        for doc, survivor in zip(batch, found, strict=True):
            if survivor is None:
                made.append(True)
                continue
            doc.metadata["duplicate_of"], doc.metadata["similarity"] = survivor.id, round(survivor.similarity, 4)
            made.append((False, "near_duplicate"))
        return made
