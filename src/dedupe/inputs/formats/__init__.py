"""The file formats: which one a file has, its rows, and a writer that makes the same."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dedupe.errors import OptionError, nearest
from dedupe.inputs.formats import jsonl
from dedupe.inputs.formats.rows import Chunk, RowWriter

FORMATS = {
    "jsonl": (".jsonl", ".ndjson", ".jl", ".json"),
    "csv": (".csv",),
    "tsv": (".tsv", ".tab"),
    "parquet": (".parquet", ".pq"),
    "arrow": (".arrow", ".feather", ".ipc"),
    "warc": (".warc", ".wet"),
    "text": (".txt", ".md", ".rst", ".text"),
}
_PACKED = (".gz", ".gzip", ".zst", ".zstd")


def format_of(name: str, wanted: str | None = None) -> str | None:
    """Tell the format of a file from its name; None when it has none of the known endings.

    Raises:
        OptionError: The wanted format is unknown.
    """
    if wanted is not None:
        if wanted not in FORMATS:
            raise OptionError(f"format must be one of {', '.join(FORMATS)}, got {wanted!r}{nearest(wanted, FORMATS)}")
        return wanted
    lower = name.lower().split("?")[0]
    for ending in _PACKED:
        lower = lower.removesuffix(ending)
    return next((kind for kind, endings in FORMATS.items() if lower.endswith(endings)), None)


def read(path: str, kind: str, text: str, columns: Sequence[str] | None = None) -> Iterator[Chunk]:
    """The rows of a file in chunks of some megabytes.

    Args:
        path: The file or URL.
        kind: Its format.
        text: Column of the text.
        columns: The columns that will be asked for, None for all; saves work where columns are stored apart.

    Raises:
        InputError: The file is damaged; rows before the damage have been handed over.
        DedupeError: A library is missing; names the extra.
        OSError: The file cannot be read.
    """
    if kind == "jsonl":
        return jsonl.read(path, text)
    chunks: Iterator[Chunk]
    if kind == "tsv":
        chunks = _module(kind).read(path, text, columns, delimiter="\t")
    else:
        chunks = _module(kind).read(path, text, columns)
    return chunks


def writer(path: Path, source: str, kind: str) -> RowWriter:
    """A writer of the same format and compression as `source`."""
    if kind == "jsonl":
        return jsonl.Writer(path, source)
    made: RowWriter = _module(kind).Writer(path, source)
    return made


_MODULES = {
    "csv": "separated",
    "tsv": "separated",
    "parquet": "tables",
    "arrow": "tables",
    "warc": "warc",
    "text": "textfile",
}


def _module(kind: str) -> Any:
    """The module of a format, loaded when it is needed: some bring large libraries."""
    return importlib.import_module(f"dedupe.inputs.formats.{_MODULES[kind]}")
