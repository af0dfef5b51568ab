"""Documents on their way into an index: read, checked, and set beside the ids that are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from dedupe.core.hashing import I64, offsets_of
from dedupe.core.text.batch import Batch, char_offsets
from dedupe.core.text.blocks import Blocks
from dedupe.engines.index.joining import Source
from dedupe.engines.index.storage.records import Id, Records, encode_ids
from dedupe.engines.index.storage.view import NONE, View
from dedupe.errors import InputError, OptionError, nearest
from dedupe.inputs.documents import check_text

_CONFLICTS = ("error", "replace", "skip")
_LARGEST = 1 << 32


class Arrivals(NamedTuple):
    """Documents to add.

    Attributes:
        ids: Their ids.
        texts: Their texts.
        coded: Their ids as bytes.
        skipped: Ids that are left out because they are there already.
        replaced: Ids whose earlier document goes.
    """

    ids: list[Id]
    texts: list[str]
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
        there = [one for one, hit in zip(self.ids, conflict.tolist(), strict=True) if hit]
        if on_conflict == "replace":
            return self._replace(replaced=(*self.replaced, *there)), np.unique(known[conflict])
        new = np.flatnonzero(~conflict).tolist()
        return self.only(new)._replace(skipped=(*self.skipped, *there)), NONE

    def only(self, places: list[int]) -> Arrivals:
        """The documents at these places."""
        ids = [self.ids[place] for place in places]
        return Arrivals(ids, [self.texts[place] for place in places], encode_ids(ids))


def read(docs: object, id: str, text: str, on_conflict: str) -> Arrivals:
    """Read documents in any of the forms that `Index.add` takes.

    Raises:
        InputError: It is none of them, an id or a text has a wrong type, or an id comes twice.
        OptionError: `on_conflict` is unknown.
    """
    if on_conflict not in _CONFLICTS:
        listed = ", ".join(map(repr, _CONFLICTS))
        raise OptionError(f"on_conflict must be one of {listed}, got {on_conflict!r}{nearest(on_conflict, _CONFLICTS)}")
    ids, texts = _columns(docs, id, text)
    if not set(map(type, texts)) <= {str}:
        for one, content in zip(ids, texts, strict=True):
            check_text(content, f"the text of id {one!r}")
    arrivals = Arrivals(ids, texts, encode_ids(ids))
    return arrivals if len(set(ids)) == len(ids) else _each_id_once(arrivals, on_conflict)


def _columns(docs: object, id: str, text: str) -> tuple[list[Id], list[str]]:
    if isinstance(docs, Mapping):
        return list(docs), list(docs.values())
    names = getattr(docs, "column_names", None) or getattr(docs, "columns", None)
    if names is not None and hasattr(docs, "__getitem__"):
        for name in (id, text):
            if name not in list(names):
                raise InputError(
                    f"the frame has no column {name!r}; it has {', '.join(map(repr, names))}. "
                    "Name the columns with id= and text="
                )
        return _plain(docs[id]), _plain(docs[text])
    if isinstance(docs, str | bytes) or not isinstance(docs, Iterable):
        raise InputError(
            f"docs must be (id, text) pairs, a mapping or a frame, got {type(docs).__name__}; "
            "for texts without ids write enumerate(texts)"
        )
    pairs = list(docs)
    if set(map(type, pairs)) <= {tuple, list} and set(map(len, pairs)) <= {2}:  # the usual case
        return [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    for place, pair in enumerate(pairs):
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise InputError(
                f"docs[{place}] must be an (id, text) pair, got {type(pair).__name__}; "
                "for texts without ids write enumerate(texts)"
            )
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _plain(column: Any) -> list[Any]:
    for method in ("to_pylist", "to_list", "tolist"):
        convert = getattr(column, method, None)
        if callable(convert):
            return list(convert())
    return list(column)


def _each_id_once(arrivals: Arrivals, on_conflict: str) -> Arrivals:
    seen: dict[Id, int] = {}
    again: list[Id] = []
    for place, one in enumerate(arrivals.ids):
        if one in seen:
            again.append(one)
            if on_conflict == "error":
                raise InputError(
                    f"id {one!r} comes twice, at {seen[one]} and at {place}; give on_conflict='replace' or 'skip'"
                )
            if on_conflict == "skip":
                continue
            del seen[one]
        seen[one] = place
    kept = arrivals.only(list(seen.values()))
    return kept._replace(skipped=tuple(again)) if on_conflict == "skip" else kept._replace(replaced=tuple(again))


def new_records(view: View, arrivals: Arrivals, batch: Batch, blocks: Blocks, source: Source) -> Records:
    """Put documents into columns, to come after those of the index; all but the decisions.

    Raises:
        InputError: A text has 4 GiB or more, or the index would hold 2**32 blocks.
    """
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
    sets = source.sets(np.arange(blocks.starts.size))
    starts, ends = char_offsets(batch, blocks.docs, np.stack((blocks.starts, blocks.ends)))
    return {
        "texts": np.zeros(0, np.uint8),
        "text_offsets": np.zeros(1, np.uint64),
        "starts": starts.astype(np.uint32),
        "ends": ends.astype(np.uint32),
        "sets": sets.hashes.astype(np.uint32),
        "set_offsets": sets.offsets.astype(np.uint64),
    }
