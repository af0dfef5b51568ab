"""The columns that a run keeps on disk, and where each file's rows and blocks lie in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dedupe.core.hashing import I64
from dedupe.engines.files.disk.columns import Array, Column

# A block, 44 bytes: its row, the hash that its copies share, a hash of its words, its size, and a checksum of its
# bytes that tells equal text from equal words (32 bits beside the 64 of the words and the similarity).
BLOCK = np.dtype(
    [("row", "<i8"), ("hash", "<u8", 2), ("words", "<u8"), ("n_words", "<i4"), ("n_bytes", "<i4"), ("checksum", "<u4")]
)
# A row, 5 bytes.
ROW = np.dtype([("n_blocks", "<i4"), ("state", "u1")])
BAD, INSIDE = 1, 2  # state: the row could not be read; its text was cleaned inside itself
SPAN = np.dtype([("start", "<i4"), ("end", "<i4")])
POSTING = np.dtype([("block", "<i8"), ("bucket", "<i8")])
LINK = np.dtype([("block", "<i8"), ("survivor", "<i8"), ("similarity", "<f8")])


class RunColumns:
    """All columns of a run in one folder."""

    def __init__(self, folder: Path, n_bands: int) -> None:
        """Name the columns; files come with the first rows."""
        self.folder = folder
        self.rows = Column(folder / "rows.bin", ROW)
        self.blocks = Column(folder / "blocks.bin", BLOCK)
        self.spans = Column(folder / "spans.bin", SPAN)
        self.scores = Column(folder / "scores.bin", np.float64)
        # A band's keys of the blocks that have one, in order: candidates.has_key says which.
        self.keys = [Column(folder / f"keys-{band:04}.bin", np.uint64) for band in range(n_bands)]
        self.ids = Column(folder / "ids.bin", np.uint8)
        self.id_ends = Column(folder / "id-ends.bin", np.int64)
        self.id_hashes = Column(folder / "id-hashes.bin", np.uint64)  # 0 for a row without an id
        self.origins = Column(folder / "origins.bin", np.int32)  # of a row: number of its source, by the manifest
        # Blocks that match an index: LINK with the survivor -1 - n, for the n-th name, which is a line of JSON.
        self.known = Column(folder / "known.bin", LINK)
        self.known_names = Column(folder / "known-names.bin", np.uint8)
        self.known_ends = Column(folder / "known-ends.bin", np.int64)
        self.copies = Column(folder / "copies.bin", LINK)
        self.postings = Column(folder / "postings.bin", POSTING)
        self.lead_postings = Column(folder / "lead-postings.bin", POSTING)  # of the leaders in an index, by its numbers
        self.near = Column(folder / "near.bin", LINK)
        self.joined = Column(folder / "joined.bin", LINK)
        self.links = Column(folder / "links.bin", LINK)

    def first_pass(self) -> list[Column]:
        """The columns that reading the texts fills."""
        return [
            self.rows,
            self.blocks,
            self.spans,
            self.scores,
            *self.keys,
            self.ids,
            self.id_ends,
            self.id_hashes,
            self.origins,
            self.known,
            self.known_names,
            self.known_ends,
        ]


@dataclass(frozen=True)
class Extent:
    """Where a file's rows and blocks lie.

    Attributes:
        first_row: Number of its first row in the whole run.
        n_rows: Its rows.
        first_block: Number of its first block.
        n_blocks: Its blocks.
    """

    first_row: int
    n_rows: int
    first_block: int
    n_blocks: int


class FirstBlocks:
    """The number of each row's first block, for rows that are asked for in ascending order."""

    def __init__(self, rows: Column, extent: Extent) -> None:
        """Start at the first row of a file."""
        self._rows, self._extent = rows, extent
        self._next_block = extent.first_block

    def take(self, begin: int, end: int) -> tuple[I64, Array]:
        """Rows `begin` to `end` of the file, which follow those asked for before.

        Returns:
            Array of shape (end - begin + 1,), int64: first block of each row, and the block after the last;
            array of shape (end - begin,) of ROW.
        """
        rows = self._rows.read(self._extent.first_row + begin, self._extent.first_row + end)
        first = np.empty(rows.size + 1, np.int64)
        first[0] = self._next_block
        np.cumsum(rows["n_blocks"], out=first[1:])
        first[1:] += self._next_block
        self._next_block = int(first[-1])
        return first, rows
