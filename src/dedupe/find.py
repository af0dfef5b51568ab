"""Many documents in memory: which blocks are duplicates of which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Unpack

import numpy as np

from dedupe.core.batch import encode
from dedupe.core.blocks import split
from dedupe.documents import Documents, collect
from dedupe.matching import decide, policy_order
from dedupe.options import Options, Settings
from dedupe.results import BlockTable, Findings

__all__ = ["find", "unique"]


def find(docs: object, *, options: Options | None = None, **settings: Unpack[Settings]) -> Findings:
    """Find the near-duplicates in a collection of texts.

    Every candidate is compared exactly; each duplicate matches its survivor directly, at or above the threshold.
    Empty texts are duplicates of nothing.

    Args:
        docs: A list or any iterable of str, a mapping of key to text, a pandas or Polars Series, an Arrow array.
        options: All settings in one object, instead of keywords.
        **settings: The fields of :class:`dedupe.Options`; here the unit is ``document`` unless said otherwise.

    Returns:
        Duplicates, survivors, clusters, matches and counts.

    Raises:
        InputError: `docs` is no collection of str; names position and type.
        OptionError: A setting breaks its rule.

    Examples:
        >>> found = find(["The cat sat on the mat today.", "Something else.", "the cat sat on the mat, today"])
        >>> [(d.block.doc, d.survivor.doc, d.rule) for d in found.duplicates]
        [(2, 0, 'same words')]
    """
    chosen = Options.of(options, settings, unit="document")
    return find_documents(collect(docs), chosen)


def find_documents(documents: Documents, options: Options) -> Findings:
    """The same for texts that have been checked."""
    batch = encode(documents.texts)
    blocks = split(batch, options.unit)
    table = BlockTable(documents, batch, blocks)
    order = policy_order(options.keep, batch, blocks, table.__getitem__)
    decision = decide(batch, blocks, options, order)
    return Findings(
        stats=decision.stats,
        settings=plain_settings(options),
        _blocks=table,
        _survivor=decision.survivor,
        _similarity=decision.similarity,
        _pairs=tuple(decision.matches),
    )


def unique(docs: object, *, options: Options | None = None, **settings: Unpack[Settings]) -> Any:
    """Keep one of each group of near-duplicates.

    Args:
        docs: As for :func:`find`.
        options: All settings in one object, instead of keywords.
        **settings: The fields of :class:`dedupe.Options`.

    Returns:
        The texts that stay, in input order: a dict for a mapping, a list otherwise. Empty texts stay.
        With a unit smaller than the document, the blocks that stay.

    Raises:
        InputError: `docs` is no collection of str.
        OptionError: A setting breaks its rule.

    Examples:
        >>> unique(["one two three", "four", "One, two, three!"], keep="longest")
        ['four', 'One, two, three!']
    """
    chosen = Options.of(options, settings, unit="document")
    documents = collect(docs)
    found = find_documents(documents, chosen)
    if chosen.unit != "document":
        return [block.text for block in found.survivors]
    stays = np.ones(len(documents.texts), np.bool_)
    stays[found.duplicate_documents()] = False
    if isinstance(docs, Mapping):
        return {key: text for key, text, kept in zip(documents.keys, documents.texts, stays, strict=True) if kept}
    return [text for text, kept in zip(documents.texts, stays.tolist(), strict=True) if kept]


def plain_settings(options: Options) -> dict[str, Any]:
    """The options as values that JSON can hold; a keep function becomes its name."""
    values = {field.name: getattr(options, field.name) for field in fields(options)}
    if callable(options.keep):
        values["keep"] = getattr(options.keep, "__qualname__", repr(options.keep))
    return values
