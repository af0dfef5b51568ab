"""From the columns of the first pass to the blocks that must be compared: copies, buckets, groups of buckets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from dedupe.core.hashing import I64, U64, Bool
from dedupe.core.native import backend
from dedupe.engines.files.disk.spill import CHUNK, Array, Bits, Column, Joined, partitions
from dedupe.engines.files.disk.store import LINK, POSTING, Store
from dedupe.engines.files.job import Job
from dedupe.options import Options

_COPY_BYTES = 120  # memory that a block takes while copies are sorted: 40 of data, the rest for the sort
_KEY_BYTES = 64  # the same for a key
POSTING_BYTES = 64  # the same for a posting of a block in work


def word_bytes() -> int:
    """Memory that a word of a block in work takes: its text, its shingle twice, and without kernels its rank."""
    return 32 if backend.native() else 96


def find_copies(store: Store, job: Job) -> int:
    """Link each block to the preferred one of those with the same words.

    The hashes are gone through in as many parts as the memory asks for, each with its share of their values.

    Returns:
        How many blocks are copies.
    """
    store.copies.remove()
    n_parts = partitions(len(store.blocks), _COPY_BYTES, job.budget_bytes)
    for part in range(n_parts):
        number, hashes, score = _part_of_hashes(store, job, part, n_parts)
        # -0.0 - score keeps the order of the policy: highest score first, then the earliest
        order = np.lexsort((number, -score, hashes[:, 1], hashes[:, 0]))
        same = np.zeros(order.size, np.bool_)
        same[1:] = (hashes[order[1:]] == hashes[order[:-1]]).all(axis=1)
        head = order[np.maximum.accumulate(np.where(same, 0, np.arange(order.size)))]
        links = np.zeros(int(same.sum()), LINK)
        links["block"], links["survivor"] = number[order[same]], number[head[same]]
        links["similarity"] = 1.0
        store.copies.append(links)
    store.copies.flush()
    return len(store.copies)


def _part_of_hashes(store: Store, job: Job, part: int, n_parts: int) -> tuple[I64, U64, Array]:
    """Number, hash and score of the blocks whose hash falls into a part; parts of documents that are short stay."""
    least = job.options.min_words if job.needs_spans else 0
    known = known_of(store)
    numbers, hashes, scores = [np.zeros(0, np.int64)], [np.zeros((0, 2), np.uint64)], [np.zeros(0)]
    has_scores = len(store.scores) > 0
    for begin, rows in store.blocks.chunks():
        mine = np.flatnonzero((rows["hash"][:, 0] % np.uint64(n_parts) == part) & (rows["n_words"] >= least))
        mine = mine[~known.has(mine + begin)]
        numbers.append(mine + begin)
        hashes.append(rows["hash"][mine])
        scores.append(store.scores.read(begin, begin + rows.size)[mine] if has_scores else np.zeros(mine.size))
    return np.concatenate(numbers), np.concatenate(hashes), np.concatenate(scores)


def copies_of(store: Store) -> Bits:
    """The set of blocks that are copies."""
    return _blocks_in(store, store.copies)


def known_of(store: Store) -> Bits:
    """The set of blocks that go because of an index."""
    return _blocks_in(store, store.known)


def _blocks_in(store: Store, column: Column) -> Bits:
    found = Bits(len(store.blocks))
    for _, links in column.chunks():
        found.add(links["block"])
    return found


def has_key(n_words: Array, options: Options, band: int) -> Bool:
    """Which blocks have a key in a band, by their words.

    A block of fewer words than a shingle is one shingle of its own length: it matches nothing but its own words, and
    copies are found without keys. A block with so few shingles, s, that s / (s + 1) is below the threshold matches
    nothing but an equal set, for any other lacks one of them or has one more; equal sets share the key of every
    band, so that of the first is enough.
    """
    least = max(options.min_words, options.width_words, 1)
    if band:
        if options.threshold >= 1.0:
            return np.zeros(n_words.size, np.bool_)
        fewest = 1
        while fewest / (fewest + 1) < options.threshold:
            fewest += 1
        least = max(least, options.width_words - 1 + fewest)
    result: Bool = n_words >= least
    return result


def find_buckets(store: Store, job: Job) -> int:
    """Write a posting for each block that shares a band key with another; a bucket's postings stand together.

    Returns:
        Number of buckets.
    """
    store.postings.remove()
    copies, known = copies_of(store), known_of(store)
    n_buckets = 0
    for band, keys in enumerate(store.keys):
        n_parts = partitions(len(keys), _KEY_BYTES, job.budget_bytes)
        for part in range(n_parts):
            number, values = [np.zeros(0, np.int64)], [np.zeros(0, np.uint64)]
            for some, theirs in _keys_of(store, job, band, known):
                mine = ~copies.has(some)
                if n_parts > 1:
                    mine &= theirs % np.uint64(n_parts) == part
                number.append(some[mine])
                values.append(theirs[mine])
            postings, n_found = _postings(np.concatenate(number), np.concatenate(values), n_buckets)
            store.postings.append(postings)
            n_buckets += n_found
    store.postings.flush()
    return n_buckets


def _postings(number: I64, values: U64, first: int) -> tuple[Array, int]:
    """Postings of the keys that several blocks have, bucket by bucket, and how many buckets that is."""
    order = np.argsort(values, kind="stable")
    values = values[order]
    same = values[1:] == values[:-1]
    member = np.zeros(values.size, np.bool_)
    member[1:] |= same
    member[:-1] |= same
    fresh = np.ones(values.size, np.bool_)
    fresh[1:] = ~same
    bucket = np.cumsum((fresh & member)[member])
    postings = np.empty(bucket.size, POSTING)
    postings["block"], postings["bucket"] = number[order[member]], bucket - 1 + first
    return postings, int(bucket[-1]) if bucket.size else 0


def _keys_of(store: Store, job: Job, band: int, known: Bits) -> Iterator[tuple[I64, U64]]:
    """Number and key of the blocks that have a key in a band, some at a time."""
    at = 0
    for begin, rows in store.blocks.chunks():
        number = np.flatnonzero(has_key(rows["n_words"], job.options, band)) + begin
        number = number[~known.has(number)]
        yield number, store.keys[band].read(at, at + number.size)
        at += number.size


def find_same_id(store: Store, job: Job) -> tuple[int, int] | None:
    """The first row whose id has come before, behind the row where it came; None when every id is there once."""
    n_parts = partitions(len(store.id_hashes), _KEY_BYTES, job.budget_bytes)
    best: tuple[int, int] | None = None
    for part in range(n_parts):
        rows, hashes = [np.zeros(0, np.int64)], [np.zeros(0, np.uint64)]
        for begin, values in store.id_hashes.chunks():
            mine = np.flatnonzero((values % np.uint64(n_parts) == part) & (values != 0))
            rows.append(mine + begin)
            hashes.append(values[mine])
        row, value = np.concatenate(rows), np.concatenate(hashes)
        order = np.argsort(value, kind="stable")
        same = np.flatnonzero(value[order[1:]] == value[order[:-1]])
        for place in same[np.argsort(row[order[same + 1]])].tolist():
            pair = int(row[order[place]]), int(row[order[place + 1]])
            if id_of(store, pair[0]) == id_of(store, pair[1]):
                best = min(best, pair, key=lambda one: one[1]) if best else pair
                break
    return best


def id_of(store: Store, row: int) -> str:
    """The id of a row."""
    begin = int(store.id_ends.read(row - 1, row)[0]) if row else 0
    return store.ids.read(begin, int(store.id_ends.read(row, row + 1)[0])).tobytes().decode("utf-8", "surrogatepass")


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


def find_groups(store: Store, job: Job) -> Groups:
    """Split the blocks that share buckets into groups that fit into memory; components stay whole."""
    near = near_blocks(store)
    weight, words = _weights(store, near)
    if int(weight.sum()) <= job.budget_bytes:
        return Groups(near, np.zeros(near.size, np.int32), 1, np.array([words.sum()]))
    component = _components(store, near)
    total = np.bincount(component, weight, minlength=near.size)
    # components are filled into groups in the order of their first block
    group = (np.cumsum(total) - total) // max(job.budget_bytes // 2, 1)
    used, dense = np.unique(group[component], return_inverse=True)
    return Groups(near, dense.astype(np.int32), used.size, np.bincount(dense, words).astype(np.int64))


def near_blocks(store: Store) -> I64:
    """The blocks that share a bucket with another, ascending."""
    found = Bits(len(store.blocks))
    for _, postings in store.postings.chunks():
        found.add(postings["block"])
    return found.between(0, len(store.blocks))


def _weights(store: Store, near: I64) -> tuple[I64, I64]:
    """Memory that comparing each block takes, and its words."""
    words = np.zeros(near.size, np.int64)
    for begin in range(0, near.size, CHUNK):
        words[begin : begin + CHUNK] = store.blocks.take(near[begin : begin + CHUNK])["n_words"]
    n_postings = np.zeros(near.size, np.int64)
    for _, postings in store.postings.chunks():
        place = np.searchsorted(near, postings["block"])
        n_postings += np.bincount(place, minlength=near.size)
    return words * word_bytes() + n_postings * POSTING_BYTES, words


def _components(store: Store, near: I64) -> I64:
    """The least place in `near` of each block's component; blocks of one bucket are connected."""
    parts = Joined(near.size)
    last = np.zeros(0, POSTING)
    for _, postings in store.postings.chunks():
        chain = np.concatenate((last, postings))
        place = np.searchsorted(near, chain["block"])
        edge = np.flatnonzero(chain["bucket"][1:] == chain["bucket"][:-1])
        parts.join(place[edge], place[edge + 1])
        last = postings[-1:]
    return parts.find(np.arange(near.size))
