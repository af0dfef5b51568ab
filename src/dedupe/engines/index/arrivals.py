"""Documents on their way into an index: read, checked, and set beside the ids that are there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress
from typing import Any, NamedTuple

import numpy as np

from dedupe.core.hashing import I64, offsets_of
from dedupe.core.text.batch import Batch, char_offsets
from dedupe.core.text.blocks import Blocks
from dedupe.engines.index.deciding import Source
from dedupe.engines.index.storage.records import Id, Records, encode_ids
from dedupe.engines.index.storage.view import NONE, View
from dedupe.errors import InputError, OptionError, nearest
from dedupe.inputs.documents import Documents
from dedupe.inputs.formats import FORMATS, format_of, read
from dedupe.inputs.texts import Texts

_CONFLICTS = ("error", "replace", "skip")
_LARGEST = 1 << 32


class Arrivals(NamedTuple):
    """Documents to add.

    Attributes:
        ids: Their ids.
        batch: Their texts.
        coded: Their ids as bytes.
        skipped: Ids that are left out because they are there already.
        replaced: Ids whose earlier document goes.
    """

    ids: list[Id]
    batch: Batch
    coded: Batch
    skipped: tuple[Id, ...] = ()
    replaced: tuple[Id, ...] = ()

    def settle(self, view: View, on_conflict: str) -> tuple[Arrivals, I64]:
        """Set the ids beside those of the index.

        Returns:
            What is to be added, and the documents of the index that go first.

        Raises:
            InputError: An id is there already and `on_conflict` is ``error``.
        """
        known = view.find_ids(self.ids, self.coded)
        conflict = known >= 0
        if not conflict.any():
            return self, NONE
        if on_conflict == "error":
            first = self.ids[int(np.argmax(conflict))]
            raise InputError(
                f"id {first!r} is in the index already ({int(conflict.sum())} of {len(self.ids)} are); "
                "give on_conflict='replace' or 'skip'"
            )
        there = list(compress(self.ids, conflict.tolist()))
        if on_conflict == "replace":
            return self._replace(replaced=(*self.replaced, *there)), np.unique(known[conflict])
        return self.only(np.flatnonzero(~conflict))._replace(skipped=(*self.skipped, *there)), NONE

    def only(self, rows: I64) -> Arrivals:
        """The documents of these rows."""
        ids = [self.ids[row] for row in rows.tolist()]
        return Arrivals(ids, self.batch.take(rows), encode_ids(ids))


def read_files(paths: Sequence[str], *, id: str, text: str, format: str | None = None) -> Iterator[Documents]:
    """Read the rows of files, a few megabytes at a time.

    Args:
        paths: Files in any format that `dedupe corpus` reads.
        id: Column that names each document; without a value, file and row are its name.
        text: Column of the text.
        format: Format of all files, None to tell it from their names.

    Raises:
        InputError: A file cannot be read, or a row has no text.
    """
    for path in paths:
        kind = format_of(path, format)
        if kind is None:
            raise InputError(f"{path}: the name does not tell the format; give format= as one of {', '.join(FORMATS)}")
        row = 0
        try:
            for chunk in read(path, kind, text, [id, text]):
                texts = chunk.texts()
                for at, problem in texts.problems.items():
                    raise InputError(f"{path}, row {row + at}: {problem}")
                ids = [f"{path}:{row + at}" if key is None else key for at, key in enumerate(chunk.column(id))]
                row += chunk.n_rows
                yield Documents(Texts(texts.batch), ids)
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror or error}") from error


def arrivals_of(documents: Documents, on_conflict: str) -> Arrivals:
    """Name documents that were read, each id once.

    Raises:
        InputError: An id has a wrong type, or comes twice.
        OptionError: `on_conflict` is unknown.
    """
    if on_conflict not in _CONFLICTS:
        listed = ", ".join(map(repr, _CONFLICTS))
        raise OptionError(f"on_conflict must be one of {listed}, got {on_conflict!r}{nearest(on_conflict, _CONFLICTS)}")
    ids = list(documents.keys)
    arrivals = Arrivals(ids, documents.batch, encode_ids(ids))
    return arrivals if len(set(ids)) == len(ids) else _each_id_once(arrivals, on_conflict)


def _each_id_once(arrivals: Arrivals, on_conflict: str) -> Arrivals:
    rows: dict[Id, int] = {}
    repeated: list[Id] = []
    for row, id in enumerate(arrivals.ids):
        if id in rows:
            repeated.append(id)
            if on_conflict == "error":
                raise InputError(
                    f"id {id!r} comes twice, at {rows[id]} and at {row}; give on_conflict='replace' or 'skip'"
                )
            if on_conflict == "skip":
                continue
            del rows[id]
        rows[id] = row
    kept = arrivals.only(np.array(list(rows.values()), np.int64))
    return kept._replace(skipped=tuple(repeated)) if on_conflict == "skip" else kept._replace(replaced=tuple(repeated))


def new_records(view: View, arrivals: Arrivals, blocks: Blocks, source: Source) -> Records:
    """Put documents into columns, to come after those of the index; all but the decisions.

    Raises:
        InputError: A text has 4 GiB or more, or the index would hold 2**32 blocks.
    """
    batch = arrivals.batch
    sizes = np.diff(batch.offsets)
    if sizes.size and int(sizes.max()) >= _LARGEST:
        large = arrivals.ids[int(sizes.argmax())]
        raise InputError(f"the text of id {large!r} has {int(sizes.max())} bytes; an index takes less than 4 GiB each")
    if view.n_blocks + blocks.starts.size >= _LARGEST:
        raise InputError(f"the index would hold {view.n_blocks + blocks.starts.size} blocks; its limit is 2**32")
    columns: dict[str, Any] = {
        "id_bytes": arrivals.coded.buffer,
        "id_offsets": arrivals.coded.offsets.astype(np.uint64),
        "doc_blocks": offsets_of(np.bincount(blocks.docs, minlength=len(arrivals.ids))).astype(np.uint64),
        "hashes": source.sketch.text_hashes.ravel(),
        "n_words": source.sketch.n_words.astype(np.uint32),
    }
    columns.update(_kept_text(batch, blocks) if view.rules.store_text else _kept_sets(batch, blocks, source))
    return Records(view.n_docs, view.n_blocks, len(arrivals.ids), blocks.starts.size, columns)


def _kept_text(batch: Batch, blocks: Blocks) -> dict[str, Any]:
    begin = batch.offsets[blocks.docs]
    return {
        "texts": batch.buffer,
        "text_offsets": batch.offsets.astype(np.uint64),
        "starts": (blocks.starts - begin).astype(np.uint32),
        "ends": (blocks.ends - begin).astype(np.uint32),
        "sets": np.zeros(0, np.uint32),
        "set_offsets": np.zeros(1, np.uint64),
    }


def _kept_sets(batch: Batch, blocks: Blocks, source: Source) -> dict[str, Any]:
    sets = source.texts(np.arange(blocks.starts.size)).sets
    starts, ends = char_offsets(batch, blocks.docs, np.stack((blocks.starts, blocks.ends)))
    return {
        "texts": np.zeros(0, np.uint8),
        "text_offsets": np.zeros(1, np.uint64),
        "starts": starts.astype(np.uint32),
        "ends": ends.astype(np.uint32),
        "sets": sets.hashes.astype(np.uint32),
        "set_offsets": sets.offsets.astype(np.uint64),
    }
