"""New texts beside the survivors of an index, each for itself: the first half of `find` beside an index."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dedupe.core.hashing import F64, I64, ranges
from dedupe.core.text.batch import Batch
from dedupe.core.text.blocks import Blocks
from dedupe.engines.index.bucketing import Bucketed
from dedupe.engines.index.deciding import Source, known_words
from dedupe.engines.index.joining import of_texts
from dedupe.engines.index.storage.records import Id
from dedupe.engines.index.storage.view import View
from dedupe.matching.deciding import is_compared, similarities
from dedupe.results import Rule

if TYPE_CHECKING:
    from dedupe.engines.index.index import Index

_PAIRS = 1 << 20  # pairs measured at a time


class Standing(NamedTuple):
    """Blocks that match a survivor of an index.

    Attributes:
        block: Array of shape (n_hits,), int64, ascending: block of the new texts.
        similarity: Array of shape (n_hits,), float64: to its survivor.
        ids: The document of each survivor.
        rules: Why each matches.
    """

    block: I64
    similarity: F64
    ids: list[Id]
    rules: list[Rule]


def match_survivors(index: Index, batch: Batch, blocks: Blocks) -> Standing:
    """Find which blocks go because of an index, as ``dedupe.find(docs, against=index)`` says it.

    Only survivors of the index count, so nothing goes because of a text that has itself gone; a block whose words
    are in the index goes because of the survivor of these words. New blocks are not compared with each other.
    """
    view = index._view()
    source = of_texts(view.rules, batch, blocks)
    old = known_words(view, source.sketch)
    twins = np.flatnonzero(old >= 0)
    _, survivor, similarity = view.decisions(old[twins])
    is_same = survivor == old[twins]
    near, leader, score = _nearest(view, source, old < 0)
    block = np.concatenate((twins, near))
    order = np.argsort(block)
    block = block[order]
    similarity = np.concatenate((np.where(is_same, 1.0, similarity), score))[order]
    is_same = np.concatenate((is_same, np.zeros(near.size, np.bool_)))[order]
    fields = view.block_fields(np.concatenate((survivor, leader))[order])
    rules: list[Rule] = []
    for number, same, (_, _, _, text) in zip(block.tolist(), is_same.tolist(), fields, strict=True):
        bytes_of = batch.buffer[blocks.starts[number] : blocks.ends[number]].tobytes()
        is_identical = same and view.rules.store_text and text.encode("utf-8", "surrogatepass") == bytes_of
        rules.append("identical" if is_identical else "same words" if same else "similar")
    return Standing(block, similarity, [one for one, *_ in fields], rules)


def _nearest(view: View, source: Source, is_new: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> tuple[I64, I64, F64]:
    """Blocks of new words that match a leader of the index, the most similar leader, of several the earliest."""
    compared = np.flatnonzero(is_new & is_compared(source.sketch.n_words, view.rules.options))
    met = Bucketed(view, source.sketch.keys, compared)
    n_old = met.fixed.size
    left, right = _meetings(met, n_old)
    blocks = compared[met.near]
    found = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
    for begin in range(0, left.size, _PAIRS):
        one, other = left[begin : begin + _PAIRS], right[begin : begin + _PAIRS]
        score = _measure(view, source, met.fixed, blocks, one, other)
        hit = score >= view.rules.options.threshold
        found.append((one[hit], other[hit], score[hit]))
    left, right, score = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.lexsort((left, -score, right))
    best = order[np.append(True, right[order][1:] != right[order][:-1])[: order.size]]
    return blocks[right[best]], met.fixed[left[best]], score[best]


def _meetings(met: Bucketed, n_old: int) -> tuple[I64, I64]:
    """Pairs of a leader and a new block that share a bucket, each once: places in `fixed` and in `near`."""
    offsets, ids = met.buckets.offsets, met.buckets.ids
    block = np.repeat(np.arange(offsets.size - 1), np.diff(offsets))
    is_old = block < n_old
    by_bucket = np.argsort(ids[is_old], kind="stable")
    leaders, bucket = block[is_old][by_bucket], ids[is_old][by_bucket]
    asked, wanted = block[~is_old] - n_old, ids[~is_old]
    first = np.searchsorted(bucket, wanted)
    counts = np.searchsorted(bucket, wanted, side="right") - first
    pair = np.unique((np.repeat(asked, counts) << 32) | leaders[ranges(first, counts)])
    return pair & 0xFFFFFFFF, pair >> 32


def _measure(view: View, source: Source, fixed: I64, blocks: I64, left: I64, right: I64) -> F64:
    theirs, one = np.unique(left, return_inverse=True)
    ours, other = np.unique(right, return_inverse=True)
    return similarities(view.comparable(fixed[theirs]), source.texts(blocks[ours]), one, other)
