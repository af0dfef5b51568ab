"""Many documents in memory: which blocks are duplicates of which."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Protocol, Unpack, runtime_checkable

import numpy as np

from dedupe.core.ragged import concat
from dedupe.core.text.batch import Batch
from dedupe.core.text.blocks import Blocks, split
from dedupe.errors import OptionError
from dedupe.inputs.documents import Documents, Wanted, collect
from dedupe.inputs.texts import Texts
from dedupe.matching.recipe import Recipe
from dedupe.matching.stages import Pairs, decide, order_of
from dedupe.options import Options, Settings
from dedupe.results import BlockTable, Findings
from dedupe.stories.overlap import overlapping

__all__ = ["find", "unique"]


@runtime_checkable
class KnownTexts(Protocol):
    """Texts that were fingerprinted before and stay, as a :class:`dedupe.Index` holds them."""

    def check_settings(self, options: Options | None, settings: Mapping[str, Any]) -> None:
        """Refuse settings that are not those of the texts."""

    def find_documents(self, documents: Documents, keep: Any) -> Findings:
        """Find which new texts are duplicates of those or of each other."""


def find(
    docs: object,
    *,
    text: Any = None,
    against: object = None,
    options: Options | None = None,
    **settings: Unpack[Settings],
) -> Findings:
    """Find the near-duplicates in a collection of texts.

    Every candidate is compared exactly; each duplicate matches its survivor directly, at or above the threshold.
    Texts of up to 50 words, and smaller units, are duplicates only of one that says all that they say; those that share
    enough and say something else are variants (see `lose` in :class:`dedupe.Options`).
    Empty texts are duplicates of nothing.

    Args:
        docs: A list or any iterable of str, a mapping of key to text, a pandas or Polars Series, an Arrow array; or a
            frame of pandas, Polars, pyarrow, DuckDB or Daft, or a list of records, with the name of its text column in
            `text`.
        text: The text column of a frame, `docs` or `against`. Its null rows count as empty and are counted in
            ``stats["null_texts"]``.
        against: Texts that stay, of any kind that `docs` may be, or a :class:`dedupe.Index`, or the path of its folder:
            what matches one of them is a duplicate of it, and nothing is found out about themselves. Their keys come
            back as ``("against", key)``.
            Beside an index, its settings hold; only `keep` is free.
        options: All settings in one object, instead of keywords.
        **settings: The fields of :class:`dedupe.Options`; here the unit is ``document`` unless said otherwise.

    Returns:
        Duplicates, survivors, clusters, matches, variants and counts.

    Raises:
        InputError: `docs` is no collection of str; names position and type.
        OptionError: A setting breaks its rule.

    Examples:
        >>> found = find(["The cat sat on the mat today.", "Something else.", "the cat sat on the mat, today"])
        >>> [(d.block.doc, d.survivor.doc, d.rule) for d in found.duplicates]
        [(2, 0, 'same words')]
        >>> found = find(["Fixed in release 2.4 of the library.", "Fixed in release 2.5 of the library."])
        >>> found.duplicates, [(run.left, run.right) for run in found.variants[0].difference.substance]
        ((), [('2.4', '2.5')])
    """
    return _find("find", docs, text, against, options, settings)[1]


def _find(
    place: str, docs: object, text: Any, against: object, options: Options | None, settings: Settings
) -> tuple[Documents, Findings]:
    """Read the texts of a verb, and find the duplicates among them."""
    recipe = Recipe.of(place, options, settings)
    with _index_of(against) as index:
        documents, known = _collect_both(docs, against if index is None else None, text)
        if place == "unique" and documents.frame is not None and recipe.options.unit != "document":
            raise OptionError(
                f"unique keeps whole rows of a frame, so unit must be 'document', got {recipe.options.unit!r}"
            )
        if index is not None:
            return documents, _beside(index, documents, options, settings)
    return documents, find_documents(documents, recipe, known)


@contextmanager
def _index_of(against: object) -> Iterator[KnownTexts | None]:
    """The index that is given, or whose folder is named; None for a collection of texts.

    Raises:
        InputError: A path leads to no index.
    """
    if against is None or not isinstance(against, str | os.PathLike):  # a look at a protocol takes time
        yield against if against is not None and isinstance(against, KnownTexts) else None
        return
    from dedupe.engines.index import Index, index_folder  # late: most runs need no database

    with Index(index_folder(against), readonly=True) as index:
        yield index


def find_documents(documents: Documents, recipe: Recipe, known: Documents | None = None) -> Findings:
    """The same for texts that have been checked; those of `known` stay, and are only matched against."""
    options = recipe.options
    both = documents if known is None else _joined(documents, known)
    batch = both.batch
    blocks = split(batch, options.unit)
    table = BlockTable(both, batch, blocks)
    if options.measure == "coverage":
        return _covering(both, batch, blocks, table, options, known)
    n_own = int(np.searchsorted(blocks.docs, len(documents.texts)))
    own = blocks._replace(**{name: array[:n_own] for name, array in blocks._asdict().items()})
    order = order_of(documents, options.keep, batch, own, table)
    n_known = blocks.starts.size - n_own
    if n_known:
        order = np.concatenate((np.arange(n_own, n_own + n_known), order))
    decision = decide(batch, blocks, recipe, order, n_fixed=n_known)
    stats, matches = decision.stats, decision.matches
    if known is not None:
        is_own = np.minimum(matches.left, matches.right) < n_own
        matches = Pairs(matches.left[is_own], matches.right[is_own], matches.similarity[is_own])
        duplicates = int((decision.survivor[:n_own] != np.arange(n_own)).sum())
        stats.update(documents=len(documents.texts), blocks=n_own, duplicates=duplicates, matches=int(is_own.sum()))
        stats["against"] = len(known.texts)
    if documents.n_null is not None:
        stats["null_texts"] = documents.n_null
    return Findings(
        stats=stats,
        settings=options.to_dict(),
        _blocks=table,
        _survivor=decision.survivor[:n_own],
        _similarity=decision.similarity[:n_own],
        _pairs=(matches.left, matches.right, matches.similarity),
        _variants=decision.variants,
    )


def _covering(
    documents: Documents, batch: Batch, blocks: Blocks, table: BlockTable, options: Options, known: Documents | None
) -> Findings:
    """Matches of coverage alone: nobody is a duplicate of anybody."""
    if known is not None:
        raise OptionError("measure='coverage' finds no duplicates, so against= has no meaning; put all texts into docs")
    found = overlapping(batch, blocks, threshold=options.threshold)
    stats: dict[str, Any] = {
        "documents": len(documents.texts),
        "blocks": len(table),
        "duplicates": 0,
        "matches": int(found.pairs.left.size),
    }
    own = np.arange(len(table))
    pairs = (found.pairs.left, found.pairs.right, found.pairs.similarity)
    return Findings(stats, options.to_dict(), table, own, np.zeros(own.size), pairs, found.evidence)


def _beside(index: KnownTexts, documents: Documents, options: Options | None, settings: Settings) -> Findings:
    """Find beside an index, by its own settings."""
    given = {name: value for name, value in settings.items() if name not in ("keep", "threads")}
    index.check_settings(None if options is None else replace(options, keep="first"), given)
    keep = settings.get("keep", "first") if options is None else options.keep
    return index.find_documents(documents, keep)


def _collect_both(docs: object, against: object, text: Any) -> tuple[Documents, Documents | None]:
    """Read both; `text` names the column of whichever is a frame."""
    if against is None:
        return collect(docs, text), None
    known = collect(against, text, Wanted("against", is_shared=True))
    return collect(docs, text, Wanted(is_shared=known.frame is not None)), known


def _joined(documents: Documents, known: Documents) -> Documents:
    """Both, one behind the other; keys say which is which."""
    batch = concat([documents.batch, known.batch])
    keys = [*documents.keys, *(("against", key) for key in known.keys)]
    return Documents(Texts(batch), keys)


def unique(
    docs: object,
    *,
    text: Any = None,
    against: object = None,
    options: Options | None = None,
    **settings: Unpack[Settings],
) -> Any:
    """Keep one of each group of near-duplicates.

    Args:
        docs: As for :func:`find`.
        text: The text column of a frame.
        against: Texts that stay, as for :func:`find`: what matches one of them goes, as in
            ``unique(train, against=test)``.
        options: All settings in one object, instead of keywords.
        **settings: The fields of :class:`dedupe.Options`.

    Returns:
        The texts that stay, in input order: a dict for a mapping, a list otherwise. Empty texts stay.
        With a unit smaller than the document, the blocks that stay.
        For a frame, a frame of the same kind with the rows that stay; all else about it is as it was.

    Raises:
        InputError: `docs` is no collection of str.
        OptionError: A setting breaks its rule, or the measure is ``coverage``, which finds no duplicates.

    Examples:
        >>> unique(["one two three", "four", "One, two, three!"], keep="longest")
        ['four', 'One, two, three!']
    """
    documents, found = _find("unique", docs, text, against, options, settings)
    frame, unit = documents.frame, found.settings["unit"]
    if unit != "document":
        return [block.text for block in found.survivors]
    stays = np.ones(len(documents.texts), np.bool_)
    stays[found.duplicate_documents()] = False
    if frame is not None:
        return frame.take(stays)
    if isinstance(docs, Mapping):
        return {key: text for key, text, kept in zip(documents.keys, documents.texts, stays, strict=True) if kept}
    return [text for text, kept in zip(documents.texts, stays.tolist(), strict=True) if kept]
