"""What runs in the workers of a cluster: pure functions from Arrow batches to Arrow batches.

They know nothing of the engine. A *rank* numbers the blocks in policy order, over the whole run.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from dedupe.core.clustering.survivors import LEADERS
from dedupe.core.hashing import I64, Bool, offsets_of, opens_run, ranges, slices
from dedupe.core.pairs import Buckets
from dedupe.core.ragged import gathered
from dedupe.core.text.batch import Batch, char_offsets
from dedupe.core.text.blocks import Blocks, split
from dedupe.errors import InputError
from dedupe.inputs.columns import TextColumn, text_of_arrow
from dedupe.inputs.documents import Documents
from dedupe.inputs.formats.jsonl import with_text
from dedupe.inputs.texts import Texts
from dedupe.matching.comparable import Comparable, Spans, fingerprint
from dedupe.matching.deciding import decide_next, similarities
from dedupe.matching.recipe import Recipe
from dedupe.matching.repeats import shortened
from dedupe.matching.stages import scores_of
from dedupe.options import Options
from dedupe.results import BlockTable
from dedupe.verbs.clean import clean_many

Batches = Iterator[pa.RecordBatch]

STAYS, DUPLICATE, BLOCKED, OPEN = range(4)
_PART_BYTES = 64 << 20  # text compared at a time


def _read(batch: pa.RecordBatch, name: str) -> TextColumn:
    """Read a text column of a batch, checked.

    Raises:
        InputError: A text is not UTF-8, as a cast from binary can leave it.
    """
    column = batch.column(name)
    try:
        column.validate(full=True)
    except pa.ArrowInvalid as error:
        raise InputError(f"column {name!r} holds bytes that are not UTF-8 ({error}); decode it first") from error
    return text_of_arrow(pa.chunked_array([column]), f"column {name!r}")


def cut(batches: Batches, text: str, id: str, carried: tuple[str, ...], recipe: Recipe) -> Batches:
    """Split texts into blocks, and give what stays of each.

    A text without blocks gives one row with block -1 and nothing else.

    Args:
        batches: Columns `text` and those of `carried`.
        text: Name of the text column.
        id: Name of the column that identifies a text; a policy function sees it as the block's document.
        carried: Columns that go along with each block, `id` among them.
        recipe: The settings.

    Yields:
        The carried columns, then block (number inside the text), start and end (characters), n_words, hash_0 and
        hash_1 (the text hash as bit patterns), words (a hash of the words, likewise), checksum (of the bytes), score (of the policy), keys (of the bands).
    """
    for batch in batches:
        if batch.num_rows == 0:
            continue
        texts = _read(batch, text).batch
        blocks = split(texts, recipe.options.unit)
        found = fingerprint(Spans(texts.buffer, blocks.starts, blocks.ends), recipe)
        n_blocks, docs = blocks.starts.size, blocks.docs
        counts = np.bincount(docs, minlength=batch.num_rows)
        view = memoryview(texts.buffer)  # type: ignore[arg-type]  # an array has the buffer protocol
        spans = zip(blocks.starts.tolist(), blocks.ends.tolist(), strict=True)
        keys = pa.LargeListArray.from_arrays(
            np.arange(0, found.keys.size + 1, recipe.plan.n_bands, dtype=np.int64), found.keys.view(np.int64).ravel()
        )
        start, end = char_offsets(texts, docs, np.stack((blocks.starts, blocks.ends)))
        columns: dict[str, pa.Array] = {name: batch.column(name).take(pa.array(docs)) for name in carried}
        columns |= {
            "block": pa.array((np.arange(n_blocks) - offsets_of(counts)[docs]).astype(np.int32)),
            "start": pa.array(start),
            "end": pa.array(end),
            "n_words": pa.array(found.n_words),
            "hash_0": pa.array(found.text_hashes[:, 0].view(np.int64)),
            "hash_1": pa.array(found.text_hashes[:, 1].view(np.int64)),
            "words": pa.array(found.words.view(np.int64)),
            "checksum": pa.array([zlib.crc32(view[begin:after]) for begin, after in spans], pa.int64()),
            "score": pa.array(_scores(texts, blocks, batch.column(id), recipe.options)),
            "keys": keys.cast(pa.list_(pa.int64())),
        }
        yield pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
        empty = np.flatnonzero(counts == 0)
        if empty.size:
            bare = {name: batch.column(name).take(pa.array(empty)) for name in carried}
            bare["block"] = pa.array(np.full(empty.size, -1, np.int32))
            bare |= {name: pa.nulls(empty.size, columns[name].type) for name in columns if name not in bare}
            yield pa.RecordBatch.from_arrays(list(bare.values()), names=list(bare))


def _scores(texts: Batch, blocks: Blocks, ids: pa.Array, options: Options) -> np.ndarray[Any, np.dtype[np.float64]]:
    """How much the policy prefers each block; where it goes by order or by a column, all are alike."""
    table = BlockTable(Documents(Texts(texts), ids.to_pylist()), texts, blocks) if callable(options.keep) else None
    scores = scores_of(options.keep, texts, blocks, table.__getitem__ if table else lambda number: number)
    return np.zeros(blocks.starts.size) if scores is None else scores


def cut_out(batches: Batches, text: str, wanted: str, unit: Any) -> Batches:
    """Give the texts of some blocks.

    Args:
        batches: Columns `text` and `wanted`: of each text a list of structs of rank, block and shared, the blocks to
            give and their keys.
        text: Name of the text column.
        wanted: Name of the list column.
        unit: What a block is.

    Yields:
        rank, text and keys of each block.
    """
    for batch in batches:
        texts = _read(batch, text).batch
        blocks = split(texts, unit)
        asked = batch.column(wanted).flatten()
        number = _numbers(blocks, batch.column(wanted), asked.field("block"))
        sizes = blocks.ends[number] - blocks.starts[number]
        data = gathered(texts.buffer, blocks.starts[number], sizes)
        made = pa.LargeStringArray.from_buffers(
            number.size, pa.py_buffer(offsets_of(sizes)), pa.py_buffer(np.ascontiguousarray(data))
        )
        columns = [asked.field("rank"), made.cast(pa.string()), asked.field("shared")]
        yield pa.RecordBatch.from_arrays(columns, names=["rank", "text", "keys"])


def _numbers(blocks: Blocks, lists: pa.ListArray, places: pa.Array) -> I64:
    """Number the blocks that a list column names by their places in each row's text; `places` are all, row by row."""
    doc = np.repeat(np.arange(len(lists)), np.asarray(lists.value_lengths().fill_null(0)))
    result: I64 = np.searchsorted(blocks.docs, doc) + np.asarray(places)
    return result


def decide(batches: Batches, recipe: Recipe) -> Batches:
    """Decide blocks at once, by the walk that one machine takes.

    Args:
        batches: rank, text, keys (of the buckets that the block shares); all blocks of the run.
        recipe: The settings.

    Yields:
        rank, survivor (a rank) and similarity of each duplicate.
    """
    parts = [batch for batch in batches if batch.num_rows]
    if not parts:
        return
    table = pa.Table.from_batches(parts).sort_by("rank")
    texts = text_of_arrow(table.column("text"), "column 'text'").batch
    rank, lists = np.asarray(table.column("rank")), table.column("keys").combine_chunks()
    keys, bucket = np.unique(np.asarray(lists.flatten()), return_inverse=True)
    compared = Comparable.of(Spans.whole(texts), recipe)
    buckets = Buckets(offsets_of(np.asarray(lists.value_lengths())), bucket.reshape(-1), keys.size)
    links = decide_next(rank[:0], rank, buckets, compared, recipe)
    yield _rows(rank=links.block, survivor=links.survivor, similarity=links.similarity)


class _Members(NamedTuple):
    """Rows of `pair_up`, each an array of shape (n_rows,)."""

    key: I64
    salt: I64
    rank: I64
    leads: Bool
    asks: Bool


class _Bucket(NamedTuple):
    """What must be remembered of a bucket that goes on in the next batch.

    Attributes:
        key: Its key.
        salt: Its salt.
        leaders: Array of shape (n,), int64: ranks of its first leaders.
        undecided: Array of shape (n,), bool: which of these ask.
        n_leaders: How many of its blocks lead, so far.
    """

    key: int
    salt: int
    leaders: I64
    undecided: Bool
    n_leaders: int


def pair_up(batches: Batches, n_leaders: int) -> Batches:
    """Pair the blocks of each bucket that ask with the first that lead; memory does not grow with the bucket.

    Args:
        batches: key, salt, rank, leads (bool), asks (bool); sorted by key, salt and rank, whole buckets.
            A block of a bucket that leads and does not ask is known to stay.
        n_leaders: Pair with at most this many leaders, up to 64.

    Yields:
        left and right, ranks, left before right. A left of -1 says that there are leaders before right which it was
        not paired with, and of which a later round may make it a duplicate.
    """
    carried: _Bucket | None = None
    for batch in batches:
        if batch.num_rows:
            members = _Members(*(np.asarray(batch.column(name)) for name in _Members._fields))
            left, right, carried = _pairs(members, carried, n_leaders)
            yield _rows(left=left, right=right)


def _pairs(members: _Members, carried: _Bucket | None, limit: int) -> tuple[I64, I64, _Bucket]:
    """Pairs of one batch, and what its last bucket leaves behind."""
    undecided, n_carried, n_missing = members.asks, 0, 0
    if carried is not None and (carried.key, carried.salt) == (members.key[0], members.salt[0]):
        n_carried = carried.leaders.size
        n_missing = carried.n_leaders - n_carried  # leaders that were not carried on, as there were enough
        undecided = np.concatenate((carried.undecided, undecided))
        members = _behind(carried, members)
    rank = members.rank
    fresh = opens_run(members.key, members.salt)
    first, bucket = np.flatnonzero(fresh), np.cumsum(fresh) - 1
    before: I64 = np.cumsum(members.leads, dtype=np.int64) - members.leads
    n_before: I64 = before - before[first][bucket]  # leaders of its bucket that stand before a block
    n_before[n_carried:][bucket[n_carried:] == 0] += n_missing
    leading = np.flatnonzero(members.leads & (n_before < limit))
    counts = np.where(members.asks, np.minimum(n_before, limit), 0)
    left = rank[leading[ranges(np.searchsorted(leading, first)[bucket], counts)]]
    n_decided = np.bincount(bucket[leading], ~undecided[leading], minlength=first.size)
    is_closed = n_decided >= LEADERS  # all leaders that the bucket can have are known
    waiting = rank[members.asks & (n_before > limit) & ~is_closed[bucket]]
    last = leading[bucket[leading] == bucket[-1]]
    behind = _Bucket(
        int(members.key[-1]), int(members.salt[-1]), rank[last], undecided[last], int(n_before[-1] + members.leads[-1])
    )
    left = np.concatenate((left, np.full(waiting.size, -1)))
    return left, np.concatenate((np.repeat(rank, counts), waiting)), behind


def _behind(carried: _Bucket, members: _Members) -> _Members:
    """Put the leaders of a bucket before the rest of it; they have been paired, so they ask no more."""
    n = carried.leaders.size
    return _Members(
        np.concatenate((np.full(n, carried.key), members.key)),
        np.concatenate((np.full(n, carried.salt), members.salt)),
        np.concatenate((carried.leaders, members.rank)),
        np.concatenate((np.ones(n, np.bool_), members.leads)),
        np.concatenate((np.zeros(n, np.bool_), members.asks)),
    )


def compare(batches: Batches, recipe: Recipe) -> Batches:
    """Measure pairs exactly.

    Args:
        batches: left, right (ranks), text_left, text_right.
        recipe: The settings.

    Yields:
        left, right, similarity (Jaccard, 0–1).
    """
    for batch in batches:
        if batch.num_rows == 0:
            continue
        left, right = (np.asarray(batch.column(name)) for name in ("left", "right"))
        texts = [_read(batch, name).batch for name in ("text_left", "text_right")]
        similarity = np.empty(left.size)
        for part in slices(texts[0].sizes + texts[1].sizes, _PART_BYTES):
            own, at_own = _different(texts[0], left, part, recipe)
            other, at_other = _different(texts[1], right, part, recipe)
            similarity[part] = similarities(own, other, at_own, at_other, recipe)
        yield _rows(left=left, right=right, similarity=similarity)


def _different(texts: Batch, ids: I64, part: slice, recipe: Recipe) -> tuple[Comparable, I64]:
    """The different texts in some rows, and the place of each row's text among them."""
    _, first, place = np.unique(ids[part], return_index=True, return_inverse=True)
    rows = np.sort(first) + part.start
    number = np.argsort(np.argsort(first))
    spans = Spans.whole(texts).take(rows)
    return Comparable.of(spans, recipe), number[place.reshape(-1)]


def settle(batches: Batches) -> Batches:
    """Decide blocks from their matches, in the order of their ranks.

    A block is a duplicate when a match before it stays, stays when all of them are duplicates, and waits otherwise.

    Args:
        batches: left, right (ranks of a match, left before right), left_state (STAYS, DUPLICATE, BLOCKED, or OPEN for
            one that is a right somewhere), right_blocked (bool: more matches of it may turn up). All matches of
            blocks that hang together are in one partition.

    Yields:
        rank and stays (bool) of each block that could be decided.
    """
    parts = [[np.asarray(batch.column(name)) for name in ("left", "right", "left_state", "right_blocked")]
             for batch in batches if batch.num_rows]  # fmt: skip
    if not parts:
        return
    left, right, given, blocked = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((left, right))
    state: dict[int, int] = {}
    rows = zip(*(column[order].tolist() for column in (left, right, given, blocked)), strict=True)
    for one, other, known, is_blocked in rows:
        earlier = state.get(one, BLOCKED) if known == OPEN else known
        now = state.get(other, BLOCKED if is_blocked else STAYS)
        if earlier == STAYS:
            now = DUPLICATE
        elif earlier == BLOCKED and now == STAYS:
            now = BLOCKED
        state[other] = now
    decided = [(rank, now == STAYS) for rank, now in state.items() if now != BLOCKED]
    yield _rows(
        rank=np.array([rank for rank, _ in decided], np.int64), stays=np.array([now for _, now in decided], np.bool_)
    )


def without(batches: Batches, text: str, gone: str, unit: Any) -> Batches:
    """Take blocks out of texts.

    Args:
        batches: Any columns, among them `text`, and `gone`: a list of the numbers of the blocks that go.
        text: Name of the text column.
        gone: Name of the list column, which is not given on.
        unit: What a block is.

    Yields:
        The same columns, with the texts that are left.
    """
    for batch in batches:
        texts = _read(batch, text).batch
        blocks = split(texts, unit)
        number = _numbers(blocks, batch.column(gone), batch.column(gone).flatten())
        left = dict(shortened(texts, blocks, np.sort(number)))
        values = batch.column(text).to_pylist()
        made = [left[row].decode() if row in left else value for row, value in enumerate(values)]
        names = [name for name in batch.schema.names if name != gone]
        arrays = [pa.array(made, pa.string()) if name == text else batch.column(name) for name in names]
        yield pa.RecordBatch.from_arrays(arrays, names=names)


def lines_with(batches: Batches, name: str) -> Batches:
    """Put texts into lines of JSON; every other byte stays as it is.

    Args:
        batches: line, text, and old: the text that the line has now.
        name: Name of the text in the JSON objects.

    Yields:
        value: the line with its text.
    """
    for batch in batches:
        columns = (batch.column(each).to_pylist() for each in ("line", "text", "old"))
        made = [
            line if text == old else with_text(line.encode(), name, text).decode()
            for line, text, old in zip(*columns, strict=True)
        ]
        yield pa.RecordBatch.from_arrays([pa.array(made, pa.string())], names=["value"])


def clean(batches: Batches, text: str, options: Options) -> Batches:
    """Clean each text inside itself; all other columns go through."""
    for batch in batches:
        _read(batch, text)
        table = clean_many(pa.Table.from_batches([batch]), text=text, options=options)
        yield from table.to_batches()


def _rows(**columns: Any) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(value) for value in columns.values()], names=list(columns))
