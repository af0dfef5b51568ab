"""The index that stays: a folder that answers for texts that come later."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

import numpy as np

from dedupe.core.text.blocks import split
from dedupe.engines.index.against import find_against
from dedupe.engines.index.arrivals import arrivals_of, new_records
from dedupe.engines.index.insertion import insert, of_texts
from dedupe.engines.index.querying import matches, relate
from dedupe.engines.index.results import AddReport, Check, IndexDuplicate, IndexMatch, counts, duplicates_of, exported
from dedupe.engines.index.revision import Revision
from dedupe.engines.index.storage.catalogue import NAME
from dedupe.engines.index.storage.compaction import merge_tier, needs_rewrite, rewrite
from dedupe.engines.index.storage.exchange import signature, to_datasketch
from dedupe.engines.index.storage.opening import Handle, check_creatable, check_local_disk, create_index
from dedupe.engines.index.storage.records import Id
from dedupe.engines.index.storage.rules import check_same, new_rules, plain
from dedupe.engines.index.storage.verification import Problem, verify
from dedupe.engines.index.storage.view import View
from dedupe.errors import DedupeError, IndexDamaged, InputError, OptionError
from dedupe.inputs.documents import Documents, Wanted, collect
from dedupe.inputs.texts import check_text
from dedupe.options import Options, Settings
from dedupe.results import Block, Findings

__all__ = ["Index"]


class Index:
    """Near-duplicates among all texts that were ever added, kept in a folder.

    The answers are those of :func:`dedupe.find` on the texts that are in it, in order of arrival, however they came in.
    Any number of processes read while one writes; each call sees the last commit.

    Examples:
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> with Index(f"{folder}/news.idx") as index:
        ...     report = index.add({"a": "The cat sat on the mat today.", "b": "the cat sat on the mat, today"})
        ...     [(d.block.doc, d.survivor.doc, d.rule) for d in report.duplicates]
        [('b', 'a', 'same words')]
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        options: Options | None = None,
        store_text: bool | None = None,
        timeout: float = 10.0,
        readonly: bool = False,
        skip_damaged: bool = False,
        **settings: Unpack[Settings],
    ) -> None:
        """Open an index, or make it.

        Args:
            path: The folder. It is made when there is none, unless `readonly`.
            options: All settings in one object, instead of keywords.
            store_text: Keep the texts (True for a new index). Without them the 32-bit halves of the shingle hashes are
                kept: similarities are the same but for collisions, and each match says that it is an estimate.
            timeout: Seconds to wait for another writer.
            readonly: Never write; an index that is not there is an error.
            skip_damaged: Read what is whole of a damaged index; implies `readonly`.
            **settings: The fields of :class:`dedupe.Options`; here `unit` is ``document`` unless said otherwise.
                An index that is there keeps its own, and other ones are refused.

        Raises:
            OptionError: A setting breaks its rule, or is not that of the index.
            IndexDamaged: A file is missing, cut short or changed.
            DedupeError: The folder cannot be read or written, holds something else, or is on a network disk.
        """
        self.path = Path(path)
        readonly = readonly or skip_damaged
        threads = options.threads if options is not None else settings.pop("threads", None)
        check_local_disk(self.path)
        if not (self.path / NAME).exists():
            check_creatable(self.path, readonly=readonly)
            create_index(self.path, new_rules(options, settings, store_text))
        self._handle = Handle(self.path, timeout=timeout, readonly=readonly, skip_damaged=skip_damaged, threads=threads)
        try:
            check_same(self.path, self._handle.rules, options, settings, store_text)
        except OptionError:
            self.close()
            raise

    # -- writing

    def add(
        self,
        docs: object,
        *,
        id: str = "id",
        text: str = "text",
        on_conflict: str = "error",
    ) -> AddReport:
        """Add documents, all of them or none.

        Args:
            docs: (id, text) pairs, a mapping of id to text, a list of records, or a frame of pandas, Polars, pyarrow,
                DuckDB or Daft with two columns. An id is a str or an int.
            id: Column of the ids in a frame.
            text: Column of the texts in a frame; null rows count as empty and are counted in ``stats["null_texts"]``.
            on_conflict: What to do with an id that is there already, or comes twice: ``error``, ``replace`` (the later
                text takes the place of the earlier, and arrives last) or ``skip`` (the earlier one stays).

        Returns:
            What is new, and which blocks are duplicates of which. It is on the disk when the call returns.

        Raises:
            InputError: `docs` is nothing of the kind, an id is there already, or a text is not str.
            IndexLocked: Another process writes for longer than `timeout`.
            DedupeError: The disk is full or read-only; nothing was added.
        """
        return self.add_documents(collect(docs, text, Wanted(columns={"id": id})), on_conflict)

    def add_documents(self, documents: Documents, on_conflict: str = "error") -> AddReport:
        """The same for texts that have been read, whose keys are their ids."""
        arrivals = arrivals_of(documents, on_conflict)
        with self._handle.writing() as (folder, view):
            arrivals, gone = arrivals.settle(view, on_conflict)
            now = Revision(view).remove(gone) if gone.size else view
            blocks = split(arrivals.batch, view.rules.options.unit)
            source = of_texts(view.rules, arrivals.batch, blocks)
            new = new_records(now, arrivals, blocks, source)
            if new.n_docs:
                folder.begin(new)
            inserted = insert(now, new, source)
            folder.commit(inserted.view, inserted.records if new.n_docs else None)
        self._tidy()
        added = np.arange(now.n_docs, inserted.view.n_docs)
        stats = inserted.stats if documents.n_null is None else {**inserted.stats, "null_texts": documents.n_null}
        return AddReport(new.n_docs, new.n_blocks, arrivals.skipped, arrivals.replaced, stats, inserted.view, added)

    def remove(self, ids: Iterable[Id], *, missing: str = "error") -> int:
        """Take documents out; blocks that were their duplicates are decided again.

        Args:
            ids: Ids of the documents.
            missing: ``error`` or ``ignore`` for an id that is not there.

        Returns:
            How many were taken out.

        Raises:
            InputError: An id is not there; nothing was changed.
            IndexLocked: Another process writes for longer than `timeout`.
        """
        if isinstance(ids, str | bytes):
            raise InputError(f"ids is one {type(ids).__name__}, not a collection; write remove([{ids!r}])")
        wanted = list(dict.fromkeys(ids))
        with self._handle.writing() as (folder, view):
            docs = view.find_ids(wanted)
            if missing == "error" and (docs < 0).any():
                lost = wanted[int(np.argmax(docs < 0))]
                other = int(lost) if isinstance(lost, str) and lost.isdecimal() else str(lost)
                hint = f", but {other!r} is" if view.find_ids([other])[0] >= 0 else ""
                raise InputError(
                    f"id {lost!r} is not in {self.path}{hint}; give missing='ignore' to pass over such ids"
                )
            docs = np.unique(docs[docs >= 0])
            if docs.size:
                folder.commit(Revision(view).remove(docs), None)
        if docs.size:
            self._tidy()
        return int(docs.size)

    def compact(self) -> None:
        """Rewrite everything as few files, without what was removed.

        It takes place on the disk for a second copy while it runs. Readers go on with what they have.
        """
        with self._handle.writing() as (folder, view):
            rewrite(folder, view)
        self._handle.sweep()

    def _tidy(self) -> None:
        """Compact after a commit: rewrite all when a large part of it was removed, merge files by size tiers.

        What the caller asked for is done by now: where there is no room, or another writer is at work, this waits
        for the next call.

        Raises:
            IndexDamaged: A file that was to be merged is damaged.
        """
        try:
            if needs_rewrite(self._view()):
                self.compact()
            is_merged = True
            while is_merged:
                with self._handle.writing() as (folder, view):
                    is_merged = merge_tier(folder, view)
                if is_merged:
                    self._handle.sweep()
        except IndexDamaged as error:
            raise IndexDamaged(f"{error}; what this call was to write is written") from error
        except DedupeError:
            return

    # -- asking

    def query(self, text: str, *, k: int = 10) -> tuple[IndexMatch, ...]:
        """Find what is like a text.

        Args:
            text: Any text; it is cut into blocks as the documents were.
            k: At most so many matches.

        Returns:
            Blocks at or above the threshold, the most similar first, of several the earliest.
            Blocks with the same words are named once, by the first of them.
        """
        return self.query_many([check_text(text)], k=k)[0]

    def query_many(self, texts: object, *, text: Any = None, k: int = 10) -> list[tuple[IndexMatch, ...]]:
        """The same for many texts at once, several times as fast for each.

        Args:
            texts: Any collection of str, or a frame, as for :func:`dedupe.find`.
            text: The text column of a frame.
            k: As for :meth:`query`.

        Returns:
            For each text what :meth:`query` gives, in input order.

        Raises:
            InputError: `texts` is no collection of str.
        """
        documents = collect(texts, text, Wanted("texts"))
        if isinstance(k, bool) or not isinstance(k, int) or k < 1:
            raise OptionError(f"k must be a whole number from 1 on, got {k!r}")
        return matches(self._view(), documents.texts, k)

    def check(self, doc: str | tuple[Id, str]) -> Check:
        """Say what a document is to the index: new, known, another version, a part of one or the whole of one.

        A document of the index counts as held by the text when blocks with the share `threshold` of its words match
        blocks of the text; and the other way round. With the unit ``document`` there is one block each, and shingles
        are counted instead of words; a part is then only found when it is large enough to share a bucket with the
        whole. For parts, use a smaller unit.

        Args:
            doc: A text, or an (id, text) pair.

        Returns:
            The verdict, for the document that shares most.
        """
        id, text = doc if isinstance(doc, tuple) else (None, doc)
        return relate(self._view(), id, check_text(text, "doc"))

    def find(self, docs: object, *, text: Any = None, keep: Any = "first") -> Findings:
        """Find which new texts are duplicates of the index or of each other; nothing is added.

        The same as ``dedupe.find(docs, against=index)``.

        Args:
            docs: As for :func:`dedupe.find`.
            text: The text column of a frame.
            keep: Which of two new duplicates stays, as for :func:`dedupe.find`; what is in the index always does.

        Returns:
            Duplicates, survivors and counts of the new texts. A survivor in the index has ``("against", id)`` as `doc`.

        Raises:
            InputError: `docs` is no collection of str.
        """
        return self.find_documents(collect(docs, text), keep)

    def find_documents(self, documents: Documents, keep: Any) -> Findings:
        """The same for texts that have been checked."""
        return find_against(self._view(), documents, keep)

    def check_settings(self, options: Options | None, settings: Mapping[str, Any]) -> None:
        """Refuse settings that are not those of the index.

        Raises:
            OptionError: One differs.
        """
        check_same(self.path, self._handle.rules, options, settings, None)

    def stats(self) -> dict[str, Any]:
        """Counts: documents, blocks, duplicates, files, bytes.

        Returns:
            documents, blocks, duplicates, removed (documents whose space comes back with `compact`), postings, files,
            bytes, bytes_text (of these, texts), n_bands, n_rows.
        """
        return counts(self._view(), self._handle.entries())

    def verify(self) -> tuple[Problem, ...]:
        """Read every byte, and say what is not as it was written; nothing is changed."""
        return verify(self.path)

    def export(self) -> Iterator[dict[str, Any]]:
        """Give all documents in order of arrival, as values for JSON.

        Returns:
            For each document its id, text (None when texts are not kept) and duplicates: start, end, similarity and
            survivor of each duplicate block.
        """
        return exported(self._view())

    def to_datasketch(self, **storage: Any) -> Any:
        """Make a `datasketch.MinHashLSH` that gives the same candidates.

        Blocks of many words that go only when nothing is lost need more to meet here than there, so it gives more of those.

        Args:
            **storage: Further arguments of `MinHashLSH`, as ``storage_config={"type": "redis", …}``.

        Returns:
            The object; its keys are document ids for the unit ``document``, ids with ``#`` and the number of the block
            in the document otherwise; as bytes in any storage but memory. Query it with what :meth:`signature` gives.

        Raises:
            DedupeError: datasketch is not installed, or the index has a single band (threshold 1).
        """
        return to_datasketch(self._view(), storage)

    def signature(self, text: str) -> Any:
        """The `datasketch.MinHash` of a text, to query what :meth:`to_datasketch` made."""
        return signature(self._view().rules, check_text(text))

    def __len__(self) -> int:
        """Number of documents."""
        return self._view().n_alive

    def __contains__(self, id: object) -> bool:
        """Whether a document of this id is there."""
        return isinstance(id, str | int) and bool(self._view().find_ids([id])[0] >= 0)

    def ids(self) -> list[Id]:
        """Ids of all documents, in order of arrival."""
        view = self._view()
        return view.doc_ids(view.alive_docs())

    def text(self, id: Id) -> str:
        """The text of a document.

        Raises:
            InputError: The id is not there, or the index keeps no texts.
        """
        view = self._view()
        if not view.rules.store_text:
            raise InputError(f"{self.path} keeps no texts (store_text=False)")
        doc = int(view.find_ids([id])[0])
        if doc < 0:
            raise InputError(f"id {id!r} is not in {self.path}")
        return view.doc_text(doc)

    def duplicates(self) -> tuple[IndexDuplicate, ...]:
        """Each duplicate with its survivor, in order of arrival: those of `find` on all texts."""
        view = self._view()
        return duplicates_of(view, view.alive_blocks())

    def survivors(self) -> tuple[Block, ...]:
        """The blocks that stay, in order of arrival."""
        view = self._view()
        blocks = view.alive_blocks()
        return tuple(view.blocks(blocks[view.decisions(blocks)[1] == blocks]))

    # -- the handle

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that the index was made with."""
        return {name: value for name, value in plain(self._handle.rules).items() if name != "secret"}

    def close(self) -> None:
        """Close the files; a later call opens them again."""
        self._handle.close()

    def __enter__(self) -> Self:
        """Use as a context."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files."""
        self.close()

    def __repr__(self) -> str:
        """The place and the rules."""
        rules = self._handle.rules.options
        return f"Index({str(self.path)!r}, unit={rules.unit!r}, threshold={rules.threshold})"

    def __getstate__(self) -> object:
        """An index is a folder, not an object to copy."""
        raise TypeError("an Index cannot be pickled; open it by its path in the other process")

    def _view(self) -> View:
        return self._handle.view()
