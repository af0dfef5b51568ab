"""The file formats: which one a file has, its rows, and a writer that makes the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dedupe.corpus.formats import jsonl
from dedupe.corpus.formats.rows import Chunk, RowWriter
from dedupe.errors import InputError, OptionError, nearest

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


def read(path: str, kind: str, text: str) -> Iterator[Chunk]:
    """The rows of a file in chunks of some megabytes.

    Raises:
        InputError: The file is damaged; rows before the damage have been handed over.
        DedupeError: A library is missing; names the extra.
        OSError: The file cannot be read.
    """
    if kind == "jsonl":
        return jsonl.read(path, text)
    chunks: Iterator[Chunk] = _module(kind).read(path, text)
    return chunks


def writer(path: Path, source: str, kind: str) -> RowWriter:
    """A writer of the same format and compression as `source`."""
    if kind == "jsonl":
        return jsonl.Writer(path, source)
    made: RowWriter = _module(kind).Writer(path, source)
    return made


def _module(kind: str) -> Any:
    if kind in ("csv", "tsv"):
        from dedupe.corpus.formats import separated as module
    elif kind in ("parquet", "arrow"):
        from dedupe.corpus.formats import tables as module
    elif kind == "warc":
        from dedupe.corpus.formats import warc as module
    elif kind == "text":
        from dedupe.corpus.formats import textfile as module
    else:
        raise InputError(f"unknown format {kind!r}")
    return module
