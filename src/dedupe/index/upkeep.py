"""Making an index, checking where it lies, and writing it anew."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from dedupe.core.bands import Plan
from dedupe.core.hashing import I64, U64, offsets_of, ranges
from dedupe.core.survivors import LEADERS
from dedupe.errors import DedupeError, OptionError
from dedupe.index.catalogue import Catalogue
from dedupe.index.files import Folder, Merge, hashes_version, plain
from dedupe.index.records import Records
from dedupe.index.store import ID_BITS, Run, merged, of_era
from dedupe.index.view import Changes, Rules, View
from dedupe.options import Options

# file systems on which locks and shared memory do not hold between machines
_NETWORK = ("nfs", "cifs", "smb", "afs", "9p", "ceph", "lustre", "gluster", "sshfs", "davfs", "s3fs", "gcsfuse")


def check_supported(options: Options) -> None:
    """Refuse settings that an index cannot keep to."""
    allowed = {"measure": "jaccard", "linkage": "survivor", "keep": "first", "pairs": "survivors"}
    for name, value in allowed.items():
        if getattr(options, name) != value:
            raise OptionError(
                f"an index decides in order of arrival by {name}={value!r}, got {name}={getattr(options, name)!r}; "
                f"use dedupe.find for {name}={getattr(options, name)!r}"
            )


def check_place(path: Path) -> None:
    """Refuse network disks.

    Raises:
        DedupeError: The folder is, or would be, on one.
    """
    kind = file_system(path)
    if any(name in kind for name in _NETWORK):
        raise DedupeError(
            f"{path} is on a network disk ({kind}), where locks and memory-mapping do not hold between machines; "
            "keep the index on a local disk, and copy the folder when nobody writes"
        )


def file_system(path: Path) -> str:
    """Kind of the file system that a path is on; empty where the system does not tell."""
    if not sys.platform.startswith("linux"):
        return ""
    try:
        lines = Path("/proc/self/mounts").read_text().splitlines()
    except OSError:
        return ""
    where = str(path.absolute())
    best = ("", "")
    for line in lines:
        _, mount, kind, *_ = line.split(" ")
        mount = mount.replace("\\040", " ")
        if len(mount) >= len(best[0]) and (where + "/").startswith(mount.rstrip("/") + "/"):
            best = (mount, kind)
    return best[1]


def check_makeable(path: Path, *, readonly: bool) -> None:
    """Refuse to make an index where something else is.

    Raises:
        DedupeError: The folder holds something else, or there is no index and none is to be made.
    """
    if path.exists() and not path.is_dir():
        raise DedupeError(f"{path} is a file, not the folder of an index")
    if path.is_dir() and any(path.glob("*.seg")):
        raise DedupeError(f"{path} has segments but no catalogue; `dedupe index repair` makes a new one from them")
    if path.is_dir() and any(path.iterdir()):
        raise DedupeError(f"{path} holds something else than an index; give a new or empty folder")
    if readonly:
        raise DedupeError(f"there is no index at {path}; open it without readonly= to make one")


def make_index(path: Path, rules: Rules) -> None:
    """Make the folder of an empty index."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DedupeError(f"cannot make the folder {path}: {error.strerror or error}") from error
    Catalogue.create(path, plain(rules))


def rules_of(path: Path, stored: Mapping[str, Any], threads: int | None) -> Rules:
    """The rules that were stored.

    Raises:
        DedupeError: The index was made by a version that hashes texts in another way.
    """
    if stored["hashes"] != hashes_version():
        raise DedupeError(
            f"{path} was made with text hashes {stored['hashes']}, this version has {hashes_version()}; "
            "export it with the version that wrote it, and add the export to a new index"
        )
    names = ("unit", "measure", "threshold", "width_words", "recall", "keep", "min_words", "seed")
    options = Options(**{name: stored[name] for name in names}, threads=threads)
    return Rules(options, Plan(stored["n_bands"], stored["n_rows"]), stored["store_text"])


def write_anew(folder: Folder, view: View) -> None:
    """Write all files anew without what is gone; inside `folder.writing`.

    Blocks and documents are numbered anew, in the same order.
    """
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
    fresh = View(view.rules, _decided(parts, head, survivor, decisions[2][blocks]), view.runs, Changes())
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
    folder.replace_all(fresh.records, fresh, runs)


def _eras(n_ids: int, parts: Callable[[], Iterator[tuple[U64, I64]]]) -> Merge:
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
    """The stretches of `values` that are chosen, with new offsets."""
    if whole or offsets.size == 1:
        return values, offsets
    at = offsets.astype(np.int64)
    counts = at[chosen + 1] - at[chosen]
    return values[ranges(at[chosen], counts)], offsets_of(counts).astype(np.uint64)


def _decided(parts: list[Records], head: I64, survivor: I64, similarity: Any) -> list[Records]:
    """Give the documents and blocks of all stretches their new numbers and decisions."""
    made, at, doc = [], 0, 0
    for part in parts:
        span = slice(at, at + part.n_blocks)
        columns = {
            **part.columns,  # type: ignore[dict-item]  # a dict, as made above
            "head": head[span].astype(np.uint32),
            "survivor": survivor[span].astype(np.uint32),
            "similarity": similarity[span],
        }
        made.append(part._replace(first_doc=doc, first_block=at, columns=columns))
        at, doc = at + part.n_blocks, doc + part.n_docs
    return made


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
