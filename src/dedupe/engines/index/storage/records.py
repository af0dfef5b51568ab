"""Documents, blocks and what verifies a match: the columns of one records segment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple

import numpy as np

from dedupe.core.hashing import GOLDEN, I64, MASK, POSITION, U64, fmix64, offsets_of, opens_run
from dedupe.core.ragged import Ragged
from dedupe.core.shingles import Shingles
from dedupe.core.text.batch import Batch, encode
from dedupe.engines.index.storage.segments import Array, Segment, SegmentWriter
from dedupe.errors import InputError

# name and type of each section; "records" is a dict of these, mapped or in memory
SECTIONS = {
    "id_bytes": "u1",  # per document: s and the text, or i and the number in digits
    "id_offsets": "u8",
    "doc_blocks": "u8",  # blocks before each document
    "texts": "u1",
    "text_offsets": "u8",
    "hashes": "u8",  # two per block
    "n_words": "u4",
    "starts": "u4",  # in the document: bytes when its text is kept, characters otherwise
    "ends": "u4",
    "head": "u4",  # the decisions as they were when the segment was made
    "survivor": "u4",
    "similarity": "f8",
    "sets": "u4",  # upper halves of the shingles, when no text is kept
    "set_offsets": "u8",
}

DECISIONS = ("head", "survivor", "similarity")

Id = str | int


class Records(NamedTuple):
    """A stretch of documents and blocks, in order of arrival.

    Attributes:
        first_doc: Number of the first document.
        first_block: Number of the first block.
        n_docs: Documents.
        n_blocks: Blocks.
        columns: The sections, see SECTIONS.
    """

    first_doc: int
    first_block: int
    n_docs: int
    n_blocks: int
    columns: Segment | dict[str, Array]

    @staticmethod
    def of(segment: Segment) -> Records:
        """Read the places of a segment from its facts."""
        facts = segment.facts
        return Records(
            facts["first_doc"],
            facts["first_block"],
            segment.count("doc_blocks") - 1,
            segment.count("n_words"),
            segment,
        )

    @property
    def end(self) -> int:
        """Number of the document after the last."""
        return self.first_doc + self.n_docs

    def ids(self, docs: I64) -> list[Id]:
        """The ids of documents, given by their place in the segment."""
        data, offsets = self.columns["id_bytes"], self.columns["id_offsets"]
        return [
            decode_id(data[first:last].tobytes())
            for first, last in zip(offsets[docs].tolist(), offsets[docs + 1].tolist(), strict=True)
        ]

    def text(self, doc: int) -> bytes:
        """The text of a document, as UTF-8."""
        offsets = self.columns["text_offsets"]
        return self.columns["texts"][int(offsets[doc]) : int(offsets[doc + 1])].tobytes()

    def docs_of(self, blocks: I64) -> I64:
        """The document of each block, all as places in the segment."""
        docs: I64 = np.searchsorted(self.columns["doc_blocks"], blocks.astype(np.uint64), side="right") - 1
        return docs

    def byte_spans(self, blocks: I64) -> tuple[I64, I64]:
        """Where blocks lie in the section of texts."""
        at = self.columns["text_offsets"][self.docs_of(blocks)].astype(np.int64)
        return at + self.columns["starts"][blocks], at + self.columns["ends"][blocks]

    def hash_sets(self, blocks: I64) -> Shingles:
        """The kept halves of the shingles of blocks."""
        offsets = self.columns["set_offsets"].astype(np.int64)
        kept = Ragged(self.columns["sets"], offsets).take(blocks)
        return Shingles(kept.values.astype(np.uint64), kept.offsets)


def encode_ids(ids: Sequence[Id]) -> Batch:
    """Ids as bytes: a letter for their kind, then the text, or the digits of the number; so the two never meet.

    Raises:
        InputError: An id is neither str nor int, or one that no file can hold.
    """
    kinds = set(map(type, ids))
    for kind in kinds - {str, int}:
        wrong = next(id for id in ids if type(id) is kind)
        raise InputError(f"an id must be a str or an int, got {kind.__name__}: {wrong!r}")
    try:
        if kinds == {int}:  # the letters part the numbers, so all are written in one go
            data = np.frombuffer(f"i{str(list(ids))[1:-1].replace(', ', 'i')}".encode(), np.uint8)
            return Batch(data, np.append(np.flatnonzero(data == ord("i")), data.size))
        plain = encode(list(ids) if kinds == {str} else list(map(str, ids)))  # type: ignore[arg-type]  # all str by now
    except ValueError as error:
        raise InputError(f"an id is a number with too many digits: {error}; give it as text") from error
    # in UTF-8 these two bytes stand together in nothing but a surrogate
    surrogate = np.flatnonzero((plain.buffer[:-1] == 0xED) & (plain.buffer[1:] >= 0xA0))
    if surrogate.size:
        wrong = ids[int(np.searchsorted(plain.offsets, surrogate[0], side="right")) - 1]
        raise InputError(f"id {wrong!r} has a lone surrogate; give an id that is valid Unicode")
    letters: Array = np.full(len(ids), ord("s" if kinds == {str} else "i"), np.uint8)
    if len(kinds) == 2:
        letters[[isinstance(id, str) for id in ids]] = ord("s")
    offsets = plain.offsets + np.arange(plain.offsets.size)
    return Batch(np.insert(plain.buffer, plain.offsets[:-1], letters), offsets)


def id_hashes(coded: Batch) -> U64:
    """A 64-bit hash of each encoded id: its chunks of eight bytes, mixed with their places, summed and mixed."""
    begins, sizes = coded.offsets[:-1], coded.sizes
    # an overlapping view of eight bytes at each position; what lies behind the id is shifted out
    data = np.concatenate((coded.buffer, np.zeros(8, np.uint8)))
    loads = np.ndarray((data.size - 7,), "<u8", buffer=data, strides=(1,))
    total = sizes.astype(np.uint64) * np.uint64(GOLDEN)
    rows, chunk = np.arange(sizes.size), 0
    while rows.size:
        left = np.minimum(sizes[rows] - 8 * chunk, 8).astype(np.uint64)
        bytes_of = loads[begins[rows] + 8 * chunk] << (np.uint64(64) - np.uint64(8) * left)
        chunk += 1
        total[rows] += fmix64(bytes_of + np.uint64(chunk * POSITION & MASK))
        rows = rows[sizes[rows] > 8 * chunk]
    return fmix64(total)


def decode_id(data: bytes) -> Id:
    """The id of :func:`encode_ids`."""
    return int(data[1:]) if data[:1] == b"i" else data[1:].decode()


def halves(shingles: Shingles) -> Shingles:
    """Keep the upper 32 bits of each shingle: what is stored when no text may be kept.

    Two shingles of a pair of blocks become one with a chance of about 2**-32, so the similarity is that of the full
    hashes in all but about n_shingles * 2**-32 of the pairs; and signatures are made of these 32 bits alone.
    """
    block, upper = shingles.row_of_value, shingles.hashes >> np.uint64(32)
    fresh = opens_run(upper, block)
    return Shingles(upper[fresh], offsets_of(np.bincount(block[fresh], minlength=shingles.n_rows)))


def write_records(writer: SegmentWriter, parts: Sequence[Records], decisions: Future[Any]) -> None:
    """Write stretches that follow each other as one segment.

    Args:
        writer: The open segment.
        parts: The stretches.
        decisions: Head, survivor and similarity of the blocks of each, as they are now; waited for at the end.
    """
    for name in ("first_doc", "first_block"):
        writer.fact(name, getattr(parts[0], name))
    for name, dtype in SECTIONS.items():
        if name in ("id_offsets", "doc_blocks", "text_offsets", "set_offsets"):
            writer.section(name, _running_offsets(parts, name), dtype)
        elif name not in DECISIONS:
            writer.section(name, (part.columns[name] for part in parts), dtype)
    decided = list(decisions.result())
    for number, name in enumerate(DECISIONS):
        writer.section(name, (columns[number] for columns in decided), SECTIONS[name])


def _running_offsets(parts: Sequence[Records], name: str) -> list[U64]:
    """Offsets that run on from part to part."""
    running, base = [np.zeros(1, np.uint64)], np.uint64(0)
    for part in parts:
        offsets = part.columns[name].astype(np.uint64)
        if offsets.size:
            running.append(offsets[1:] + base)
            base += offsets[-1]
    return running


def fill_gaps(parts: Sequence[Records], extents: Iterable[Mapping[str, int]]) -> tuple[list[Records], I64]:
    """Put placeholders where a damaged segment was, so that numbers keep their meaning.

    Args:
        parts: The stretches that can be read.
        extents: First document, first block and numbers of both of all stretches, as the catalogue knows them.

    Returns:
        All stretches in order, and the documents that cannot be read.
    """
    readable = {part.first_doc for part in parts}
    missing = [_placeholder(**extent) for extent in extents if extent["first_doc"] not in readable]
    lost = [np.zeros(0, np.int64), *(np.arange(part.first_doc, part.end) for part in missing)]
    return sorted((*parts, *missing), key=lambda part: (part.first_doc, part.first_block)), np.concatenate(lost)


def _placeholder(first_doc: int, first_block: int, n_docs: int, n_blocks: int) -> Records:
    """A stretch whose documents have no id and no text; all blocks count to the first, and stay."""
    own = np.arange(first_block, first_block + n_blocks)
    columns: dict[str, Any] = {name: np.zeros(n_blocks, dtype) for name, dtype in SECTIONS.items()}
    columns.update(
        hashes=np.zeros(2 * n_blocks, np.uint64), head=own.astype(np.uint32), survivor=own.astype(np.uint32),
        id_bytes=np.full(1, ord("s"), np.uint8), id_offsets=np.minimum(np.arange(n_docs + 1), 1).astype(np.uint64),
        doc_blocks=np.minimum(np.arange(n_docs + 1), 1).astype(np.uint64) * np.uint64(n_blocks),
        texts=np.zeros(0, np.uint8), text_offsets=np.zeros(n_docs + 1, np.uint64),
        sets=np.zeros(0, np.uint32), set_offsets=np.zeros(n_blocks + 1, np.uint64),
    )  # fmt: skip
    return Records(first_doc, first_block, n_docs, n_blocks, columns)
