"""From the columns of the first pass to the blocks that must be compared: copies, buckets, groups of buckets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from dedupe.core.clustering.linkage import Components
from dedupe.core.hashing import I64, U64, Bool, opens_run
from dedupe.core.native import backend
from dedupe.engines.files.disk.columns import CHUNK, Array, Bits, Column, partitions
from dedupe.engines.files.disk.run_columns import LINK, POSTING, RunColumns
from dedupe.engines.files.job import Job
from dedupe.engines.index.bucketing import heads_of
from dedupe.engines.index.storage.view import View
from dedupe.matching.deciding import takes_part
from dedupe.matching.recipe import Recipe

_COPY_BYTES = 120  # memory that a block takes while copies are sorted: 40 of data, the rest for the sort
_KEY_BYTES = 64  # the same for a key
POSTING_BYTES = 64  # the same for a posting of a block in work


def word_bytes() -> int:
    """Memory that a word of a block in work takes: its text, its shingle twice, and without kernels its rank."""
    return 32 if backend.native() else 96


def find_copies(columns: RunColumns, job: Job) -> int:
    """Link each block to the preferred one of those with the same words.

    The hashes are gone through in as many parts as the memory asks for, each with its share of their values.

    Returns:
        How many blocks are copies.
    """
    columns.copies.remove()
    n_parts = partitions(len(columns.blocks), _COPY_BYTES, job.budget_bytes)
    for part in range(n_parts):
        number, hashes, score = _part_of_hashes(columns, job, part, n_parts)
        # -0.0 - score keeps the order of the policy: highest score first, then the earliest
        order = np.lexsort((number, -score, hashes[:, 1], hashes[:, 0]))
        same = np.zeros(order.size, np.bool_)
        same[1:] = (hashes[order[1:]] == hashes[order[:-1]]).all(axis=1)
        head = order[np.maximum.accumulate(np.where(same, 0, np.arange(order.size)))]
        links = np.zeros(int(same.sum()), LINK)
        links["block"], links["survivor"] = number[order[same]], number[head[same]]
        links["similarity"] = 1.0
        columns.copies.append(links)
    columns.copies.flush()
    return len(columns.copies)


def _part_of_hashes(columns: RunColumns, job: Job, part: int, n_parts: int) -> tuple[I64, U64, Array]:
    """Number, hash and score of the blocks whose hash falls into a part; short blocks stay."""
    known = known_of(columns)
    numbers, hashes, scores = [np.zeros(0, np.int64)], [np.zeros((0, 2), np.uint64)], [np.zeros(0)]
    has_scores = len(columns.scores) > 0
    for begin, rows in columns.blocks.chunks():
        mine = np.flatnonzero(
            (rows["hash"][:, 0] % np.uint64(n_parts) == part) & takes_part(rows["n_words"], job.options)
        )
        mine = mine[~known.has(mine + begin)]
        numbers.append(mine + begin)
        hashes.append(rows["hash"][mine])
        scores.append(columns.scores.read(begin, begin + rows.size)[mine] if has_scores else np.zeros(mine.size))
    return np.concatenate(numbers), np.concatenate(hashes), np.concatenate(scores)


def copies_of(columns: RunColumns) -> Bits:
    """The set of blocks that are copies."""
    return _blocks_in(columns, columns.copies)


def known_of(columns: RunColumns) -> Bits:
    """The set of blocks that go because of an index."""
    return _blocks_in(columns, columns.known)


def _blocks_in(columns: RunColumns, column: Column) -> Bits:
    found = Bits(len(columns.blocks))
    for _, links in column.chunks():
        found.add(links["block"])
    return found


def has_key(n_words: Array, n_bytes: Array, recipe: Recipe, band: int) -> Bool:
    """Which blocks have a key in a band, by their words and bytes.

    A block of fewer words than a shingle is one shingle of its own length: it matches nothing but its own words, and
    copies are found without keys. A block with so few shingles, s, that s / (s + 1) is below the threshold matches
    nothing but an equal set, for any other lacks one of them or has one more; equal sets share the key of every
    band, so that of the first is enough. Where what differs decides, shingles are words, and any may be equal in one.
    """
    options = recipe.options
    least = max(options.min_words, options.width_words, 1)
    if band:
        if options.threshold >= 1.0:
            least = n_words.max(initial=0) + 1
        fewest = 1
        while options.threshold < 1.0 and fewest / (fewest + 1) < options.threshold:
            fewest += 1
        least = max(least, options.width_words - 1 + fewest)
    result: Bool = np.where(recipe.is_careful(n_words, n_bytes), n_words >= max(options.min_words, 1), n_words >= least)
    return result


def find_buckets(columns: RunColumns, job: Job, view: View | None = None) -> int:
    """Write a posting for each block that shares a band key with another; a bucket's postings stand together.

    The leaders that an index that stays, `view`, has in a bucket have postings of their own.

    Returns:
        Number of buckets.
    """
    columns.postings.remove()
    columns.lead_postings.remove()
    copies, known = copies_of(columns), known_of(columns)
    n_buckets = 0
    for band, keys in enumerate(columns.keys):
        n_parts = partitions(len(keys), _KEY_BYTES, job.budget_bytes)
        for part in range(n_parts):
            number, values = [np.zeros(0, np.int64)], [np.zeros(0, np.uint64)]
            for some, theirs in _keys_of(columns, job, band, known):
                mine = ~copies.has(some)
                if n_parts > 1:
                    mine &= theirs % np.uint64(n_parts) == part
                number.append(some[mine])
                values.append(theirs[mine])
            own, of_leaders, n_part = _postings(np.concatenate(number), np.concatenate(values), n_buckets, view)
            columns.postings.append(own)
            columns.lead_postings.append(of_leaders)
            n_buckets += n_part
    columns.postings.flush()
    columns.lead_postings.flush()
    return n_buckets


def _postings(number: I64, values: U64, first: int, view: View | None) -> tuple[Array, Array, int]:
    """Postings of the keys that several blocks have, or a block and a leader of an index, bucket by bucket.

    Returns:
        The postings of the blocks, those of the leaders, and how many buckets that is.
    """
    order = np.argsort(values, kind="stable")
    values = values[order]
    opens = opens_run(values)
    run = np.cumsum(opens) - 1
    none = np.zeros(0, np.int64)
    at, leader = (none, none) if view is None else heads_of(view, values[opens])
    is_shared = np.bincount(run, minlength=int(opens.sum())) > 1
    is_shared[at] = True
    bucket = np.cumsum(is_shared) - 1 + first
    member = np.flatnonzero(is_shared[run])
    own, of_leaders = np.empty(member.size, POSTING), np.empty(at.size, POSTING)
    own["block"], own["bucket"] = number[order[member]], bucket[run[member]]
    of_leaders["block"], of_leaders["bucket"] = leader, bucket[at]
    return own, of_leaders, int(is_shared.sum())


def _keys_of(columns: RunColumns, job: Job, band: int, known: Bits) -> Iterator[tuple[I64, U64]]:
    """Number and key of the blocks that have a key in a band, some at a time."""
    at = 0
    for begin, rows in columns.blocks.chunks():
        number = np.flatnonzero(has_key(rows["n_words"], rows["n_bytes"], job.recipe, band)) + begin
        number = number[~known.has(number)]
        yield number, columns.keys[band].read(at, at + number.size)
        at += number.size


def find_same_id(columns: RunColumns, job: Job) -> tuple[int, int] | None:
    """The first row whose id has come before, behind the row where it came; None when every id is there once."""
    n_parts = partitions(len(columns.id_hashes), _KEY_BYTES, job.budget_bytes)
    best: tuple[int, int] | None = None
    for part in range(n_parts):
        rows, hashes = [np.zeros(0, np.int64)], [np.zeros(0, np.uint64)]
        for begin, values in columns.id_hashes.chunks():
            mine = np.flatnonzero((values % np.uint64(n_parts) == part) & (values != 0))
            rows.append(mine + begin)
            hashes.append(values[mine])
        row, value = np.concatenate(rows), np.concatenate(hashes)
        order = np.argsort(value, kind="stable")
        same = np.flatnonzero(value[order[1:]] == value[order[:-1]])
        for place in same[np.argsort(row[order[same + 1]])].tolist():
            pair = int(row[order[place]]), int(row[order[place + 1]])
            if id_of(columns, pair[0]) == id_of(columns, pair[1]):
                best = min(best, pair, key=lambda one: one[1]) if best else pair
                break
    return best


def id_of(columns: RunColumns, row: int) -> str:
    """The id of a row."""
    begin = int(columns.id_ends.read(row - 1, row)[0]) if row else 0
    return (
        columns.ids.read(begin, int(columns.id_ends.read(row, row + 1)[0])).tobytes().decode("utf-8", "surrogatepass")
    )


class Groups(NamedTuple):
    """Blocks to compare, in groups that can be handled one after the other.

    Attributes:
        blocks: Array of shape (n_near,), int64, ascending: the blocks that share a bucket with another.
        group: Array of shape (n_near,), int32: the group of each. Blocks that share a bucket are in one group.
        n_groups: Number of groups.
        n_words: Array of shape (n_groups,), int64.
    """

    blocks: I64
    group: np.ndarray[tuple[int], np.dtype[np.int32]]
    n_groups: int
    n_words: I64


def find_groups(columns: RunColumns, job: Job) -> Groups:
    """Split the blocks that share buckets into groups that fit into memory; components stay whole."""
    near = near_blocks(columns)
    weight, words = _weights(columns, near)
    if int(weight.sum()) <= job.budget_bytes:
        return Groups(near, np.zeros(near.size, np.int32), 1, np.array([words.sum()]))
    component = _components(columns, near)
    total = np.bincount(component, weight, minlength=near.size)
    # components are filled into groups in the order of their first block
    group = (np.cumsum(total) - total) // max(job.budget_bytes // 2, 1)
    used, dense = np.unique(group[component], return_inverse=True)
    return Groups(near, dense.astype(np.int32), used.size, np.bincount(dense, words).astype(np.int64))


def near_blocks(columns: RunColumns) -> I64:
    """The blocks that share a bucket with another, ascending."""
    found = Bits(len(columns.blocks))
    for _, postings in columns.postings.chunks():
        found.add(postings["block"])
    return found.between(0, len(columns.blocks))


def _weights(columns: RunColumns, near: I64) -> tuple[I64, I64]:
    """Memory that comparing each block takes, and its words."""
    words = np.zeros(near.size, np.int64)
    for begin in range(0, near.size, CHUNK):
        words[begin : begin + CHUNK] = columns.blocks.take(near[begin : begin + CHUNK])["n_words"]
    n_postings = np.zeros(near.size, np.int64)
    for _, postings in columns.postings.chunks():
        place = np.searchsorted(near, postings["block"])
        n_postings += np.bincount(place, minlength=near.size)
    return words * word_bytes() + n_postings * POSTING_BYTES, words


def _components(columns: RunColumns, near: I64) -> I64:
    """The least place in `near` of each block's component; blocks of one bucket are connected."""
    parts = Components(near.size)
    last = np.zeros(0, POSTING)
    for _, postings in columns.postings.chunks():
        chain = np.concatenate((last, postings))
        place = np.searchsorted(near, chain["block"])
        edge = np.flatnonzero(chain["bucket"][1:] == chain["bucket"][:-1])
        parts.join(place[edge], place[edge + 1])
        last = postings[-1:]
    return parts.find(np.arange(near.size))
