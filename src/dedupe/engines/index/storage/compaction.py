"""Compaction: segments are merged by size tiers, and rewritten without what was removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from dedupe.core.clustering.survivors import LEADERS
from dedupe.core.hashing import I64, U64, offsets_of, ranges
from dedupe.engines.index.storage.catalogue import SegmentEntry
from dedupe.engines.index.storage.folder import Folder
from dedupe.engines.index.storage.postings import ID_BITS, ByEra, Run, by_era, merged, of_era, runs_of
from dedupe.engines.index.storage.records import Records
from dedupe.engines.index.storage.view import FAMILIES, Changes, View

TIER = 8  # segments of one level that are merged into one of the next
REWRITE_SHARE = 0.25  # so a document is rewritten four times at most for each one that is removed
REWRITE_LEAST = 10_000  # below it, the list of changes costs less than a new index


def merge_tier(folder: Folder, view: View) -> bool:
    """Merge the segments of one level, if there are many; inside `folder.writing`.

    Returns:
        Whether something was merged.

    Raises:
        IndexDamaged: A segment is not as it was written.
    """
    for kind in ("postings", "records"):
        levels: dict[int, list[SegmentEntry]] = {}
        for entry in folder.entries:
            if entry.kind == kind:
                levels.setdefault(entry.level, []).append(entry)
        for level in sorted(levels):
            if len(levels[level]) >= TIER:
                _merge(folder, view, kind, levels[level])
                return True
    return False


def _merge(folder: Folder, view: View, kind: str, entries: list[SegmentEntry]) -> None:
    level, segments = entries[0].level + 1, folder.checked(entries)
    if kind == "records":
        folder.write_records(sorted(map(Records.of, segments), key=lambda part: part.first_doc), view, level)
    else:
        folder.write_postings({family: by_era(runs_of(segments, family)) for family in FAMILIES}, level)
    folder.drop(entries)


def needs_rewrite(view: View) -> bool:
    """Whether so much was removed or decided again that all should be rewritten."""
    removed, changed = view.changes.removed.size, view.changes.blocks.size
    is_large = removed + changed >= REWRITE_LEAST
    return is_large and (removed >= REWRITE_SHARE * view.n_docs or changed >= REWRITE_SHARE * view.n_blocks)


def rewrite(folder: Folder, view: View) -> None:
    """Rewrite all segments without what was removed; inside `folder.writing`.

    Blocks and documents get new numbers, in the same order.

    Raises:
        IndexDamaged: A segment is not as it was written.
    """
    folder.checked(folder.entries)
    every = np.arange(view.n_docs)
    is_kept = ~view.is_removed(every)
    new_doc = np.cumsum(is_kept) - 1
    blocks = np.ones(view.n_blocks, np.bool_)
    blocks[view.blocks_of(every[~is_kept])] = False
    new_block = np.cumsum(blocks) - 1
    decisions = view.all_decisions()
    kept = [np.flatnonzero(is_kept[part.first_doc : part.first_doc + part.n_docs]) for part in view.records]
    parts = [kept_records(part, docs) for part, docs in zip(view.records, kept, strict=True) if docs.size]
    head, survivor = (new_block[column[blocks]] for column in decisions[:2])
    fresh = View(view.rules, _with_decisions(parts, head, survivor, decisions[2][blocks]), view.runs, Changes())
    is_head = blocks & (decisions[0] == np.arange(view.n_blocks))
    stays = is_head & (decisions[1] == np.arange(view.n_blocks))
    n_kept = int(is_kept.sum()), int(blocks.sum())
    both = [*view.lead.runs, *view.rest.runs]
    runs = {
        "ids": _eras(n_kept[0], lambda: _renumbered(view.ids.runs, is_kept, new_doc)),
        "words": _eras(n_kept[1], lambda: _renumbered(view.words.runs, is_head, new_block)),
        "lead": _eras(n_kept[1], lambda: _split(both, stays, is_head, new_block, leads=True)),
        "rest": _eras(n_kept[1], lambda: _split(both, stays, is_head, new_block, leads=False)),
    }
    folder.drop(folder.entries)
    if fresh.records:
        level = max(entry.level for entry in folder.entries)
        folder.write_records(fresh.records, fresh, level)
        folder.write_postings(runs, level)


def _eras(n_ids: int, parts: Callable[[], Iterator[tuple[U64, I64]]]) -> ByEra:
    eras = range((max(n_ids - 1, 0) >> ID_BITS) + 1)
    return {era: partial(_of_era, parts, era) for era in eras}


def _of_era(parts: Callable[[], Iterator[tuple[U64, I64]]], era: int) -> Iterator[U64]:
    return of_era(parts(), era)


def kept_records(part: Records, docs: I64) -> Records:
    """A stretch with only these of its documents, given by their places in it, ascending; without decisions."""
    old = part.columns
    at = old["doc_blocks"].astype(np.int64)
    counts = at[docs + 1] - at[docs]
    keep = ranges(at[docs], counts)
    columns: dict[str, Any] = {name: old[name][keep] for name in ("n_words", "starts", "ends")}
    columns["hashes"] = old["hashes"].reshape(-1, 2)[keep].ravel()
    columns["doc_blocks"] = offsets_of(counts).astype(np.uint64)
    whole = docs.size == part.n_docs
    for name, offsets, chosen in (
        ("id_bytes", "id_offsets", docs), ("texts", "text_offsets", docs), ("sets", "set_offsets", keep)
    ):  # fmt: skip
        columns[name], columns[offsets] = _picked(old[name], old[offsets], chosen, whole=whole)
    return Records(0, 0, docs.size, keep.size, columns)


def _picked(values: Any, offsets: Any, chosen: I64, *, whole: bool) -> tuple[Any, Any]:
    """The stretches of `values` that are chosen, with new offsets; stretches side by side are copied as one."""
    if whole or offsets.size == 1:
        return values, offsets
    at = offsets.astype(np.int64)
    breaks = np.flatnonzero(np.diff(chosen) != 1) + 1
    first = chosen[np.concatenate((np.zeros(min(chosen.size, 1), np.int64), breaks))]
    last = chosen[np.concatenate((breaks - 1, np.full(min(chosen.size, 1), chosen.size - 1)))]
    parts = [values[begin:end] for begin, end in zip(at[first].tolist(), at[last + 1].tolist(), strict=True)]
    counts = at[chosen + 1] - at[chosen]
    return np.concatenate([values[:0], *parts]), offsets_of(counts).astype(np.uint64)


def _with_decisions(parts: list[Records], head: I64, survivor: I64, similarity: Any) -> list[Records]:
    """Give the documents and blocks of all stretches their new numbers and decisions."""
    decided, at, doc = [], 0, 0
    for part in parts:
        span = slice(at, at + part.n_blocks)
        columns = {
            **part.columns,  # type: ignore[dict-item]  # a dict, as made above
            "head": head[span].astype(np.uint32),
            "survivor": survivor[span].astype(np.uint32),
            "similarity": similarity[span],
        }
        decided.append(part._replace(first_doc=doc, first_block=at, columns=columns))
        at, doc = at + part.n_blocks, doc + part.n_docs
    return decided


def _renumbered(runs: list[Run], keep: Any, new: I64) -> Iterator[tuple[U64, I64]]:
    """Merged postings of what is kept; new numbers rise as the old ones do, so the order holds."""
    for keys, ids in merged(runs):
        chosen = keep[ids]
        yield keys[chosen], new[ids[chosen]]


def _split(runs: list[Run], stays: Any, is_head: Any, new: I64, *, leads: bool) -> Iterator[tuple[U64, I64]]:
    """The postings of the first LEADERS blocks that stay in each bucket, or of all other heads."""
    for keys, ids in merged(runs):
        keep = is_head[ids]
        keys, ids = keys[keep], ids[keep]
        staying = stays[ids]
        fresh = np.ones(keys.size, np.bool_)
        fresh[1:] = keys[1:] != keys[:-1]
        run = np.cumsum(fresh) - 1
        before = np.cumsum(staying) - staying
        is_lead = staying & (before - before[np.flatnonzero(fresh)][run] < LEADERS)
        chosen = is_lead if leads else ~is_lead
        yield keys[chosen], new[ids[chosen]]
