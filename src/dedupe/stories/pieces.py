"""Texts to the pieces that merge puts together: paragraphs, sentences of long ones, repeats and boilerplate marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dedupe.core.hashing import I64, Bool, opens_run, ranges
from dedupe.core.text.batch import Batch, encode
from dedupe.core.text.blocks import Blocks, split
from dedupe.core.text.sentences import cut_sentences
from dedupe.matching.recipe import Recipe
from dedupe.matching.repeats import repeats

LONG_BYTES = 1_000  # paragraphs above are cut into sentences: no single paragraph could match them
_HEADING_BYTES = 110  # 15 English words, 36 Chinese characters
_NOTICE_WORDS = 4
_TERMINATED = re.compile(r"[.!?…:;。！？：；।॥؟۔።။។։॰»”’\"'」』）)\]]$")
_LABEL = re.compile(
    r"(?:also|read|see|watch|related|more|advertisement|xem thêm|đọc thêm|tags?|photo|source)\b[^.!?]{0,40}[:|]",
    re.IGNORECASE,
)


class Pieces(NamedTuple):
    """The pieces of all documents, in order.

    Attributes:
        batch: The texts.
        starts: Array of shape (n_pieces,), int64: first byte.
        ends: Array of shape (n_pieces,), int64: byte after the last.
        docs: Array of shape (n_pieces,), int64.
        first: Array of shape (n_docs + 1,), int64: pieces of document i are first[i] to first[i + 1].
        begins: Array of shape (n_pieces,), bool: begins a paragraph.
        copy_of: Array of shape (n_pieces,), int64: the piece of the same document that says the same, or -1.
        boilerplate: Array of shape (n_pieces,), bool: heading, byline, link or notice.
    """

    batch: Batch
    starts: I64
    ends: I64
    docs: I64
    first: I64
    begins: Bool
    copy_of: I64
    boilerplate: Bool

    def text(self, piece: int) -> str:
        """The words of a piece."""
        return self.batch.buffer[self.starts[piece] : self.ends[piece]].tobytes().decode("utf-8", "surrogatepass")


def cut_pieces(texts: Sequence[str]) -> Pieces:
    """Cut texts into pieces; what lies between the pieces of a text is white space."""
    batch = encode(texts)
    blocks = split(batch, "paragraph")
    repeated = repeats(batch, blocks, Recipe.of("clean"), None)
    gone = repeated.survivor != np.arange(repeated.survivor.size)
    whole = gone | blocks.fenced | (blocks.ends - blocks.starts <= LONG_BYTES)
    starts, ends, paragraph = _sentences(batch, blocks, whole)
    begins = opens_run(paragraph)
    head = np.flatnonzero(begins)  # first piece of each paragraph
    copy_of = np.where(gone, head[repeated.survivor] if head.size else 0, -1)[paragraph]
    docs = blocks.docs[paragraph]
    n_docs = len(texts)
    return Pieces(
        batch,
        starts,
        ends,
        docs,
        np.searchsorted(docs, np.arange(n_docs + 1)),
        begins,
        copy_of,
        _boilerplate(batch, starts, ends, docs, copy_of, blocks.fenced[paragraph], n_docs),
    )


def sentence_spans(pieces: Pieces, piece: int) -> list[tuple[int, int]]:
    """First byte and byte after the last of each sentence of a piece."""
    start, end = int(pieces.starts[piece]), int(pieces.ends[piece])
    span = np.array([start]), np.array([end])
    _, before, after, _ = cut_sentences(pieces.batch.buffer, *span, np.zeros(1, np.bool_))
    return list(zip([start, *after.tolist()], [*before.tolist(), end], strict=True))


def _sentences(batch: Batch, blocks: Blocks, whole: Bool) -> tuple[I64, I64, I64]:
    """Starts and ends of the pieces, and the paragraph of each."""
    rows, before, after, _ = cut_sentences(batch.buffer, blocks.starts, blocks.ends, whole)
    starts = np.concatenate((blocks.starts, after))
    ends = np.concatenate((before, blocks.ends))
    paragraph = np.concatenate((np.arange(blocks.starts.size), rows))
    order = np.argsort(starts, kind="stable")
    return starts[order], np.sort(ends), paragraph[order]


def _boilerplate(batch: Batch, starts: I64, ends: I64, docs: I64, copy_of: I64, fenced: Bool, n_docs: int) -> Bool:
    """Mark headings, links and notices: short, and not a sentence.

    A document where nothing would be left keeps everything: lists and bulletins have no full stops.
    """
    short = np.flatnonzero((ends - starts <= _HEADING_BYTES) & ~fenced)
    result = np.zeros(starts.size, np.bool_)
    data = batch.buffer
    for piece in short.tolist():
        text = data[starts[piece] : ends[piece]].tobytes().decode("utf-8", "surrogatepass")
        result[piece] = is_boilerplate(text)
    left = np.bincount(docs[~result], minlength=n_docs)
    result &= left[docs] > 0
    copied = np.flatnonzero(copy_of >= 0)
    result[copied] = result[copy_of[copied]]
    return result


def is_boilerplate(text: str) -> bool:
    """Tell whether a short piece is a heading, a link or a notice rather than a sentence.

    Examples:
        >>> [is_boilerplate(text) for text in ("Musk’s Rising Influence in Washington", "Comments are closed.")]
        [True, True]
        >>> is_boilerplate("“It was great,” he said on Friday.")
        False
    """
    if not _TERMINATED.search(text):
        return True
    is_notice = text.isascii() and len(text.split()) < _NOTICE_WORDS and not text.endswith(('"', "?", "!"))
    return is_notice or _LABEL.match(text) is not None


def pieces_of(pieces: Pieces, docs: Sequence[int]) -> I64:
    """Numbers of the pieces of some documents, ascending."""
    some = np.sort(np.asarray(docs, np.int64))
    return ranges(pieces.first[some], pieces.first[some + 1] - pieces.first[some])
