"""What was seen so far, for texts that come in batches: an index on the disk, or a temporary one."""

from __future__ import annotations

import itertools
import os
import tempfile
import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import NamedTuple, Self, Unpack

import numpy as np

from dedupe.engines.index import Index
from dedupe.errors import InputError, OptionError
from dedupe.inputs.documents import Documents, Wanted, collect
from dedupe.inputs.texts import Texts
from dedupe.options import Settings


class Seen(NamedTuple):
    """The document that a text duplicates.

    Attributes:
        id: Its id.
        similarity: Of the two texts, 0–1.
    """

    id: str | int
    similarity: float


class Memory:
    """Tells which texts of a stream are new; each duplicate matches its survivor directly.

    With an index it goes on where the last run ended. Without one it lasts as long as the object, in a temporary folder,
    which keeps hashes and, unless ``lose="words"``, the texts.
    """

    def __init__(
        self,
        index: Index | str | os.PathLike[str] | None = None,
        *,
        timeout: float = 60.0,
        **settings: Unpack[Settings],
    ) -> None:
        """Open it.

        Args:
            index: An open index, its folder, or None for a memory of this run alone.
            timeout: Seconds to wait while another process writes to the index.
            **settings: The fields of :class:`dedupe.Options`; an index that is there keeps its own.

        Raises:
            OptionError: The index was made for a unit other than the document, or with other settings.
        """
        self._run, self._count, self._is_temporary = uuid.uuid4().hex, itertools.count(), index is None
        with ExitStack() as opened:
            if isinstance(index, Index):
                self.index = index
            elif index is None:
                folder = opened.enter_context(tempfile.TemporaryDirectory(prefix="dedupe-"))
                keeps_text = settings.get("lose") != "words"
                made = Index(folder + "/seen.idx", store_text=keeps_text, timeout=timeout, **settings)
                self.index = opened.enter_context(made)
            else:
                self.index = opened.enter_context(Index(index, timeout=timeout, **settings))
            unit = self.index.settings["unit"]
            if unit != "document":
                raise OptionError(
                    f"the index compares by unit={unit!r}, but whole texts are dropped here; make one by document"
                )
            self._opened = opened.pop_all()

    def add(self, texts: Sequence[str | None], ids: Sequence[str | int] | None = None) -> list[Seen | None]:
        """Add a batch.

        Args:
            texts: The texts; None counts as empty.
            ids: Their ids. A text that comes again under its id is the same document, and gets the answer that it got
                first; without ids every text that was seen before is a duplicate.

        Returns:
            For each text the document that it duplicates, or None when it stays. Empty texts stay.

        Raises:
            InputError: An id comes twice in the batch.
        """
        if ids is None:
            numbers = itertools.islice(self._count, len(texts))
            ids = list(numbers) if self._is_temporary else [f"{self._run}-{number}" for number in numbers]
        elif len(set(ids)) != len(ids):
            twice = next(one for one, times in Counter(ids).items() if times > 1)
            raise InputError(f"id {twice!r} comes twice; ids must name one document each, or leave ids out")
        if isinstance(texts, Texts):
            documents = Documents(texts, ids)
        else:
            pairs = [(id, text or "") for id, text in zip(ids, texts, strict=True)]
            documents = collect(pairs, wanted=Wanted(columns={"id": "id"}))
        report = self.index.add_documents(documents, on_conflict="skip")
        view = report._view
        docs = view.find_ids(list(ids)) if report.skipped else report._docs
        blocks = view.blocks_of(np.unique(docs))
        _, survivor, similarity = view.decisions(blocks)
        gone = np.flatnonzero(survivor != blocks)
        if gone.size == 0:
            return [None] * len(ids)
        survivors = view.doc_ids(view.docs_of(survivor[gone]))
        seen = {
            doc: Seen(one, score)
            for doc, one, score in zip(
                view.docs_of(blocks[gone]).tolist(), survivors, similarity[gone].tolist(), strict=True
            )
        }
        return [seen.get(doc) for doc in docs.tolist()]

    def close(self) -> None:
        """Close the index, unless it was given open; a temporary one is deleted."""
        self._opened.close()

    def __enter__(self) -> Self:
        """Use as a context."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()
