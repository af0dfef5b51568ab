"""Folding and class of every code point, read from one small file.

`unicode.bin` is made by `tools/make_unicode_table.py`; hashes of words
therefore do not depend on the Unicode version of the running Python.
"""

import struct
import zlib
from functools import lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

# Classes of code points, bits 21-23 of an entry; docs/core.md says what each does.
SEPARATOR: Final = 0
LETTER: Final = 1
ALONE: Final = 2
MARK: Final = 3
IGNORED: Final = 4
EXPANDS: Final = 5

PAGE_SIZE: Final = 128
CODE_POINT_MASK: Final = 0x1F_FFFF
CLASS_SHIFT: Final = 21
CLASS_MASK: Final = 7
COMBINING_SHIFT: Final = 24

# The file, little-endian: this header, then one zlib stream of pages (uint16),
# entries (uint32, each as the difference from the one before, since alphabets
# then become runs of equal numbers) and expansions (uint32).
HEADER: Final = struct.Struct("<8sHHHHIII")
MAGIC: Final = b"DEDUPE-U"
FORMAT: Final = 1


class Table(NamedTuple):
    """What the core knows of Unicode; all arrays are read-only.

    Attributes:
        pages: array of shape (8704,), uint16; the page of `code_point >> 7`.
        entries: array of shape (n_pages * 128,), uint32; folded code point,
            class and combining class, as in docs/core.md. Separators are 0.
        expansions: array, uint32; a count, then that many folded code points.
        unicode_version: the version of Unicode behind it, as "18.0.0".
    """

    pages: NDArray[np.uint16]
    entries: NDArray[np.uint32]
    expansions: NDArray[np.uint32]
    unicode_version: str


@lru_cache(maxsize=1)
def table() -> Table:
    """Return the table of folded code points and classes, loaded once."""
    return parse(files("dedupe.core.text").joinpath("unicode.bin").read_bytes())


def parse(data: bytes) -> Table:
    """Read a table from the bytes of its file.

    Raises:
        ValueError: the bytes are not a table, or one of another format.
    """
    magic, version, major, minor, patch, *counts = HEADER.unpack_from(data)
    if magic != MAGIC or version != FORMAT:
        raise ValueError(
            f"unicode.bin starts with {data[:10]!r}, not with {MAGIC!r} and format {FORMAT}; "
            "make it again with tools/make_unicode_table.py"
        )
    n_pages, n_entries, n_expansions = counts
    body = zlib.decompress(data[HEADER.size :])
    pages = np.frombuffer(body, "<u2", n_pages)
    steps = np.frombuffer(body, "<u4", n_entries, offset=2 * n_pages)
    expansions = np.frombuffer(body, "<u4", n_expansions, offset=2 * n_pages + 4 * n_entries)
    entries = np.cumsum(steps, dtype=np.uint32)  # uint32 wraps, so the sum undoes any step
    entries.flags.writeable = False
    return Table(
        pages.astype(np.uint16, copy=False),
        entries,
        expansions.astype(np.uint32, copy=False),
        f"{major}.{minor}.{patch}",
    )


def make(
    pages: NDArray[np.uint16],
    entries: NDArray[np.uint32],
    expansions: NDArray[np.uint32],
    unicode_version: str,
) -> bytes:
    """Return the bytes of a table's file; `parse` reads them back."""
    steps = np.diff(entries, prepend=np.uint32(0)).astype("<u4")
    body = pages.astype("<u2").tobytes() + steps.tobytes() + expansions.astype("<u4").tobytes()
    version = (int(part) for part in unicode_version.split("."))
    header = HEADER.pack(MAGIC, FORMAT, *version, len(pages), len(entries), len(expansions))
    return header + zlib.compress(body, 9)
