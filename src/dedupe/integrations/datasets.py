"""Hugging Face datasets: one row of each group of near-duplicates, and rows without repeats inside."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

import dedupe
from dedupe.core.hashing import I64
from dedupe.engines.index import Index
from dedupe.errors import InputError, OptionError, nearest
from dedupe.integrations._frameworks import require
from dedupe.integrations.memory import Memory
from dedupe.matching.recipe import Recipe
from dedupe.options import Settings, column_policy
from dedupe.results import Findings

hf = require("datasets", "datasets")

if TYPE_CHECKING:
    import pyarrow

__all__ = ["clean", "find", "unique"]


def unique(
    dataset: Any,
    *,
    column: str = "text",
    against: Any = None,
    index: Index | str | os.PathLike[str] | None = None,
    id: str | None = None,
    batch_size: int = 1000,
    **settings: Unpack[Settings],
) -> Any:
    """Keep one row of each group of near-duplicates, in the order of the dataset.

    Rows without a text stay. The result of a Dataset is a selection of its rows: nothing is copied, and a second run
    takes the row numbers from the cache of datasets.

    Args:
        dataset: A Dataset, or an IterableDataset, which is read once, batch by batch.
        column: The column with the text.
        against: For a Dataset: another one with the same column, or any collection of texts, whose texts stay: rows that
            match one of them go, as in ``unique(train, against=test)``.
        index: For an IterableDataset: an index, or its folder, that knows what earlier runs kept. Without one each
            iteration starts from nothing.
        id: For an IterableDataset with an index: the column that names each document; see Memory.add.
        batch_size: Rows of an IterableDataset taken at a time.
        **settings: The fields of :class:`dedupe.Options`; ``keep="newest:column"`` and the like take any column.

    Returns:
        The same kind of dataset.

    Raises:
        InputError: The column is not there (names the nearest), holds no text, or `dataset` is no dataset.
        OptionError: A setting breaks its rule, or belongs to the other kind of dataset.
    """
    _check_column(dataset, column)
    if isinstance(dataset, hf.IterableDataset):
        Recipe.of("index", None, settings)
        if against is not None:
            raise OptionError("a stream keeps what comes first: against= needs a Dataset; use index= instead")
        given = {"dataset": dataset, "column": column, "index": index, "id": id, "batch_size": batch_size}
        return hf.IterableDataset.from_generator(_unseen, dataset.features, {**given, "settings": settings})
    if index is not None or id is not None:
        raise OptionError("index= and id= are for an IterableDataset; a Dataset is compared as a whole, use against=")
    chosen = Recipe.of("unique", None, settings).options
    if chosen.unit != "document":
        raise OptionError(f"unique keeps whole rows, so unit must be 'document', got {chosen.unit!r}")
    policy = column_policy(chosen.keep)
    columns = list(dict.fromkeys([column, *([policy[1]] if policy else [])]))
    for name in columns:
        _check_column(dataset, name)
    if len(dataset) == 0:
        return dataset
    known = _Known(against, column)
    rows = dataset.select_columns(columns).with_format("arrow")
    made = rows.map(
        _Survivors(column, known, settings),
        batched=True,
        batch_size=None,  # the whole dataset at once; duplicates may be anywhere
        remove_columns=columns,
        features=hf.Features({"row": hf.Value("int64")}),
        desc="Finding duplicates",
    )
    return dataset.select(made.with_format("numpy")[:]["row"])


def find(dataset: Any, *, column: str = "text", **settings: Unpack[Settings]) -> Findings:
    """Find the near-duplicates among the rows of a Dataset; see :func:`dedupe.find`."""
    _check_column(dataset, column)
    if isinstance(dataset, hf.IterableDataset):
        raise InputError("find needs all rows at once; give a Dataset, or use unique for an IterableDataset")
    return dedupe.find(dataset.with_format("arrow")[:], text=column, **settings)


def clean(dataset: Any, *, column: str = "text", num_proc: int | None = None, **settings: Unpack[Settings]) -> Any:
    """Take repeated blocks out of the text of each row.

    Args:
        dataset: A Dataset or IterableDataset.
        column: The column with the text.
        num_proc: Processes to use for a Dataset; the result and its fingerprint do not depend on it.
        **settings: As for :func:`dedupe.clean`.

    Returns:
        The same kind of dataset, all other columns as they were; from the cache on a second run.

    Raises:
        InputError: The column is not there (names the nearest) or holds no text.
        OptionError: A setting breaks its rule.
    """
    _check_column(dataset, column)
    Recipe.of("clean", None, settings)
    if isinstance(dataset, hf.IterableDataset):
        step = _CleanedTexts(column, settings)
        return dataset.map(step, batched=True, input_columns=[column], features=dataset.features)
    made = dataset.with_format("arrow").map(
        _CleanedTable(column, settings),
        batched=True,
        with_rank=True,
        num_proc=num_proc,
        features=dataset.features,
        desc="Taking repeats out",
    )
    return made.with_format(**dataset.format)


class _Known:
    """The texts of `against`, known to the cache by fingerprint."""

    def __init__(self, against: Any, column: str) -> None:
        if isinstance(against, hf.Dataset):
            _check_column(against, column)
            self.fingerprint = against._fingerprint
            self.texts: Any = against.select_columns([column]).with_format("arrow")[:]
        elif isinstance(against, hf.IterableDataset | hf.DatasetDict):
            raise InputError(f"against is {type(against).__name__}; give a Dataset, or a list of texts")
        else:
            self.texts = against if against is None else list(against)
            self.fingerprint = hf.fingerprint.Hasher.hash(self.texts)


class _Step:
    """A function for map that pickles as its settings, so that equal ones have equal fingerprints."""

    def __init__(self, column: str, settings: Mapping[str, Any], known: str = "") -> None:
        self.column, self.known, self.version = column, known, dedupe.__version__
        # neither changes the result, so neither is part of the fingerprint
        self.settings = {name: settings[name] for name in sorted(settings) if name != "threads"}


class _Survivors(_Step):
    """Rows in, numbers of the rows that stay out."""

    def __init__(self, column: str, known: _Known, settings: Mapping[str, Any]) -> None:
        super().__init__(column, settings, known.fingerprint)
        self.against, self.threads = known.texts, settings.get("threads")

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("against", "threads")}

    def __call__(self, table: pyarrow.Table) -> dict[str, I64]:
        found = dedupe.find(table, text=self.column, against=self.against, threads=self.threads, **self.settings)
        stays = np.ones(len(table), np.bool_)
        stays[found.duplicate_documents()] = False
        return {"row": np.flatnonzero(stays)}


class _CleanedTable(_Step):
    def __call__(self, table: pyarrow.Table, rank: int | None = None) -> pyarrow.Table:
        threads = None if rank is None else 1  # processes share the processors
        return dedupe.clean_many(table, text=self.column, threads=threads, **self.settings)  # type: ignore[no-any-return]


class _CleanedTexts(_Step):
    def __call__(self, texts: list[str | None]) -> dict[str, list[str | None]]:
        cleaned = dedupe.clean_many([text or "" for text in texts], **self.settings)
        both = zip(cleaned, texts, strict=True)
        return {self.column: [None if text is None else done for done, text in both]}


def _unseen(
    dataset: Any, column: str, index: Any, id: str | None, batch_size: int, settings: Settings
) -> Iterator[dict[str, Any]]:
    """The rows of a stream that match nothing before them."""
    with Memory(index, **settings) as memory:
        for batch in dataset.iter(batch_size):
            names = list(batch)
            _check_names(names, column, *([id] if id else []))
            seen = memory.add(batch[column], batch[id] if id else None)
            for values, survivor in zip(zip(*batch.values(), strict=True), seen, strict=True):
                if survivor is None:
                    yield dict(zip(names, values, strict=True))


def _check_column(dataset: Any, column: str) -> None:
    if isinstance(dataset, hf.DatasetDict | hf.IterableDatasetDict):
        raise InputError(
            f"dataset is a {type(dataset).__name__}; give one split, as in unique(d['train'], against=d['test'])"
        )
    if not isinstance(dataset, hf.Dataset | hf.IterableDataset):
        raise InputError(f"dataset must be a Dataset or IterableDataset, got {type(dataset).__name__}")
    if dataset.column_names is not None:  # a stream may not know them before it is read
        _check_names(dataset.column_names, column)


def _check_names(names: list[str], *wanted: str) -> None:
    for column in wanted:
        if column not in names:
            listed = ", ".join(map(repr, names)) or "none"
            raise InputError(f"the dataset has no column {column!r}; its columns: {listed}{nearest(column, names)}")
