"""Making a whole index from what is left of a damaged one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dedupe.engines.index.insertion import insert, of_records
from dedupe.engines.index.storage.compaction import kept_records
from dedupe.engines.index.storage.opening import create_index, open_folder
from dedupe.engines.index.storage.records import Id
from dedupe.engines.index.storage.salvage import Salvage, salvage
from dedupe.engines.index.storage.verification import Problem, verify


@dataclass(frozen=True)
class Repair:
    """What a repair kept and lost.

    Attributes:
        problems: What was wrong.
        n_kept: Documents that are in the repaired index.
        lost: Ids of the documents that are lost, as far as they can be read.
        notes: What else is to be known, as that removed documents may be back.
        damaged_copy: Folder of the index as it was; None when it is whole, and nothing was done.
    """

    problems: tuple[Problem, ...]
    n_kept: int
    lost: tuple[Id, ...]
    notes: tuple[str, ...]
    damaged_copy: str | None


def repair(path: Path) -> Repair:
    """Make a whole index of what is left; the damaged one stays beside it. A whole index is left as it is.

    Postings are made again from the texts, so a damaged file of postings loses nothing.
    A document is lost when its text, or a column of its file, is damaged.

    Args:
        path: The folder; nobody else may have it open.

    Returns:
        What was wrong, kept and lost.

    Raises:
        IndexDamaged: Nothing is left that says what the settings were.
        DedupeError: There is no room for a second copy.
    """
    problems = verify(path)
    if not problems:
        return Repair((), _n_docs(path), (), (), None)
    salvaged = salvage(path)
    target = _unused(path, "repaired")
    n_kept = _rebuild(target, salvaged)
    damaged_copy = _unused(path, "damaged")
    os.rename(path, damaged_copy)
    os.rename(target, path)
    return Repair(problems, n_kept, tuple(salvaged.lost), tuple(salvaged.notes), str(damaged_copy))


def _rebuild(target: Path, salvaged: Salvage) -> int:
    """Make an index of the documents that are whole; their number."""
    create_index(target, salvaged.rules)
    folder = open_folder(target)
    n_kept = 0
    for part, is_kept in salvaged.parts:
        kept = kept_records(part, np.flatnonzero(is_kept))
        with folder.writing() as view:
            new = kept._replace(first_doc=view.n_docs, first_block=view.n_blocks)
            inserted = insert(view, new, of_records(salvaged.rules, kept))
            folder.commit(inserted.view, inserted.records if kept.n_docs else None)
        n_kept += kept.n_docs
    folder.catalogue.close()
    return n_kept


def _n_docs(path: Path) -> int:
    folder = open_folder(path, readonly=True)
    try:
        return folder.view().n_alive
    finally:
        folder.catalogue.close()


def _unused(path: Path, word: str) -> Path:
    """A name beside the index that nothing has."""
    number = 1
    while (candidate := path.with_name(f"{path.name}.{word}-{number}")).exists():
        number += 1
    return candidate
