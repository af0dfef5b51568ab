"""One harness for every road through the core: compiled kernels, NumPy and, for short text, the plain twin."""

import contextlib
import ctypes
import mmap
from collections.abc import Iterator, Sequence
from itertools import pairwise
from unittest import mock

import numpy as np
import reference

from dedupe.core.bands import Plan, keys
from dedupe.core.clustering.survivors import Judge, walk
from dedupe.core.hashing import key_of_seed
from dedupe.core.meaning.lexicon import known_words
from dedupe.core.meaning.pairs import meanings
from dedupe.core.measures.similarity import intersections, ranked
from dedupe.core.minhash import permutations, signatures
from dedupe.core.native import _native, backend
from dedupe.core.pairs import Buckets
from dedupe.core.shingles import Shingles, sets, shingles
from dedupe.core.text import blocks, unicode
from dedupe.core.text.batch import encode
from dedupe.core.text.tokens import text_hashes, words
from dedupe.engines.index.storage import postings

TABLE = unicode.table()[:3]
SEED = 7  # its key is not 0, so that the keyed hashes are compared as well
SECRET = 0x0123456789ABCDEF
Arrays = dict[str, np.ndarray]


@contextlib.contextmanager
def numpy_only() -> Iterator[None]:
    """Keep the stages that choose for themselves from choosing the compiled kernels."""
    with mock.patch.object(backend, "native", return_value=False):
        yield


def lay_out(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Put texts side by side in a buffer, a block each, with nothing between them."""
    data = [text.encode("utf-8", "surrogatepass") for text in texts]
    offsets = np.concatenate(([0], np.cumsum([len(part) for part in data]))).astype(np.int64)
    return np.frombuffer(b"".join(data), np.uint8), offsets[:-1].copy(), offsets[1:].copy()


def guarded(data: bytes) -> np.ndarray:
    """A copy of `data` that ends where a page begins that must not be touched."""
    libc = ctypes.CDLL(None, use_errno=True)
    page = mmap.PAGESIZE
    room = (len(data) + page - 1) // page * page + page
    area = mmap.mmap(-1, room + page)  # a page before as well
    address = ctypes.addressof(ctypes.c_char.from_buffer(area))
    libc.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    begin = room - len(data)
    area[begin:room] = data
    assert libc.mprotect(address + room, page, 0) == 0, ctypes.get_errno()
    array = np.frombuffer(area, np.uint8, len(data), begin)
    assert array.ctypes.data + len(data) == address + room
    return array


def by_native(buffer, starts, ends, width: int, plan: Plan, scope=None) -> Arrays:
    """Sketch and shingle sets from the kernels, and the words with their places."""
    n_blocks = starts.size
    text = (buffer, starts, ends, *TABLE)
    found = {
        "n_words": np.empty(n_blocks, np.int32),
        "text_hashes": np.empty((n_blocks, 2), np.uint64),
        "keys": np.empty((n_blocks, plan.n_bands), np.uint64),
        "signatures": np.empty((n_blocks, plan.n_hashes), np.uint32),
    }
    key = key_of_seed(SEED)
    _native.sketch(*text, width, key, SECRET, *permutations(plan.n_hashes, SEED), *plan, scope, *found.values())
    offsets = np.empty(n_blocks + 1, np.int64)
    n_words = _native.words(*text, offsets, None, None, None)
    for name, dtype in (("words", np.uint64), ("word_starts", np.int64), ("word_ends", np.int64)):
        found[name] = np.empty(n_words, dtype)
    _native.words(*text, offsets, found["words"], found["word_starts"], found["word_ends"], key)
    set_offsets = np.empty(n_blocks + 1, np.int64)
    room = np.empty(n_words, np.uint64)
    used = _native.shingle_sets(*text, width, key, set_offsets, room)
    return found | {"word_offsets": offsets, "set_offsets": set_offsets, "sets": room[:used]}


def by_numpy(buffer, starts, ends, width: int, plan: Plan, scope=None) -> Arrays:
    """The same from NumPy."""
    with numpy_only():
        found = words(buffer, starts, ends, key_of_seed(SEED))
        made = shingles(found, width)
        signature = signatures(made, *permutations(plan.n_hashes, SEED))
        unique = sets(made)
        return {
            "n_words": np.diff(found.offsets),
            "text_hashes": text_hashes(buffer, starts, ends, SECRET),
            "keys": keys(signature, plan, scope),
            "signatures": signature,
            "words": found.hashes,
            "word_starts": found.starts,
            "word_ends": found.ends,
            "word_offsets": found.offsets,
            "set_offsets": unique.offsets,
            "sets": unique.hashes,
        }


def by_twin(texts: Sequence[str], width: int, plan: Plan) -> Arrays:
    """The same from the plain twin, which knows no places."""
    hashes = [reference.word_hashes(text, reference.key_of_seed(SEED)) for text in texts]
    unique = [reference.shingle_set(found, width) for found in hashes]
    rows = [reference.signature(reference.shingles(found, width), plan.n_hashes, SEED) for found in hashes]
    return {
        "n_words": np.array([len(found) for found in hashes]),
        "text_hashes": np.array([reference.text_hash(text, SECRET) for text in texts], np.uint64),
        "keys": np.array([reference.band_keys(row, *plan) for row in rows], np.uint64),
        "signatures": np.array(rows, np.uint32),
        "words": np.array([word for found in hashes for word in found], np.uint64),
        "sets": np.array([shingle for found in unique for shingle in found], np.uint64),
    }


def assert_same(left: Arrays, right: Arrays) -> None:
    """Compare the arrays that both roads made."""
    for name in left.keys() & right.keys():
        assert np.array_equal(left[name], right[name]), f"{name}: {left[name]} and {right[name]}"


def check_text(texts: Sequence[str], width: int, plan: Plan, *, twin: bool = False) -> None:
    """Take non-empty texts through every stage up to the shingle sets, on two or three roads."""
    laid_out = lay_out(texts)
    made = by_native(*laid_out, width, plan)
    assert_same(made, by_numpy(*laid_out, width, plan))
    if twin:
        assert_same(made, by_twin(texts, width, plan))


def check_lines(texts: Sequence[str], unit: int) -> None:
    """Cut texts into documents (0), paragraphs (1) or lines (2), fences apart."""
    batch = encode(texts)
    n_lines, _ = _native.lines(batch.buffer, batch.offsets, min(2 * unit, 2), *[None] * 4)
    made = [np.empty(n_lines, dtype) for dtype in (np.int64, np.int64, np.int64, np.uint8)]
    n_blocks, has_fences = _native.lines(batch.buffer, batch.offsets, unit, *made)
    with numpy_only(), mock.patch.object(blocks, "_fence", lambda _, lines: lines):
        slow = blocks.split(batch, ("document", "paragraph", "line")[unit])
    for left, name in zip(made, ("starts", "ends", "docs", "borders"), strict=True):
        assert left[:n_blocks].tolist() == getattr(slow, name).tolist(), name
    if unit and not has_fences:
        assert not any("```" in text or "~~~" in text for text in texts)


def as_sets(members: Sequence[Sequence[int]]) -> Shingles:
    """Sorted sets without repeats, one after the other."""
    unique = [sorted(set(own)) for own in members]
    offsets = np.concatenate(([0], np.cumsum([len(own) for own in unique]))).astype(np.int64)
    return Shingles(np.array([value for own in unique for value in own], np.uint64), offsets)


def check_walk(
    members: Sequence[Sequence[int]],
    buckets: Sequence[Sequence[int]],
    threshold: float,
    *,
    n_fixed: int = 0,
    leaders: int = 64,
) -> None:
    """Walk blocks, given as sets of shingles and of buckets, on all three roads."""
    found = as_sets(members)
    posted = as_sets(buckets)
    ids = posted.hashes.astype(np.int64)
    n_buckets = int(ids.max()) + 1 if ids.size else 0
    survivor, similarity = np.empty(len(members), np.int64), np.empty(len(members))
    _, n_matched, n_capped = _native.walk(
        *(found.offsets, found.hashes, posted.offsets, ids),
        *(n_buckets, n_fixed, threshold, leaders, survivor, similarity),
    )
    with numpy_only():
        chosen = Buckets(posted.offsets, ids, n_buckets)
        slow = walk(found, chosen, threshold=threshold, n_fixed=n_fixed, leaders=leaders)
    assert survivor.tolist() == slow.survivor.tolist()
    assert similarity.tolist() == slow.similarity.tolist()
    assert n_capped == slow.n_capped
    assert n_matched == np.count_nonzero(survivor != np.arange(survivor.size))
    if n_fixed == 0:
        twin = reference.walk(members, buckets, range(len(members)), threshold, leaders)
        assert list(zip(survivor.tolist(), similarity.tolist(), strict=True)) == twin


def check_judged_walk(
    texts: Sequence[str],
    members: Sequence[Sequence[int]],
    buckets: Sequence[Sequence[int]],
    threshold: float,
    least: float,
    *,
    n_fixed: int = 0,
    leaders: int = 64,
) -> None:
    """Walk blocks whose texts are judged, given as texts, sets of shingles and of buckets, on both roads."""
    posted = as_sets(buckets)
    ids = posted.hashes.astype(np.int64)
    chosen = Buckets(posted.offsets, ids, int(ids.max()) + 1 if ids.size else 0)
    judge = Judge(*lay_out(texts), least)
    settings = {"threshold": threshold, "n_fixed": n_fixed, "leaders": leaders, "judge": judge}
    fast = walk(as_sets(members), chosen, **settings)
    with numpy_only():
        slow = walk(as_sets(members), chosen, **settings)
    assert fast.survivor.tolist() == slow.survivor.tolist()
    assert fast.similarity.tolist() == slow.similarity.tolist()
    assert fast.variant.tolist() == slow.variant.tolist()
    assert fast.variant_similarity[fast.variant >= 0].tolist() == slow.variant_similarity[slow.variant >= 0].tolist()
    assert fast.n_capped == slow.n_capped


def check_meanings(texts: Sequence[str]) -> tuple[list[int], list[float]]:
    """Judge each text beside each, on both roads; verdicts and similarities, row by row."""
    buffer, starts, ends = lay_out(texts)
    left, right = (np.ascontiguousarray(side.ravel(), np.int64) for side in np.indices((len(texts), len(texts))))
    verdicts, similarities = (made.tolist() for made in meanings(buffer, starts, ends, left, right))
    with numpy_only():
        slow = [made.tolist() for made in meanings(buffer, starts, ends, left, right)]
    for pair, (verdict, similarity) in enumerate(zip(*slow, strict=True)):
        native = verdicts[pair], similarities[pair]
        both = texts[left[pair]], texts[right[pair]]
        assert native == (verdict, similarity), f"{both}: native {native}, Python {verdict, similarity}"
    return verdicts, similarities


def judge_bytes(buffer: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Judge each block beside each with the kernel alone; the bytes need not be UTF-8."""
    left, right = (np.ascontiguousarray(side.ravel(), np.int64) for side in np.indices((starts.size, starts.size)))
    verdicts, similarities = np.empty(left.size, np.int8), np.empty(left.size)
    _native.meanings(buffer, starts, ends, left, right, *TABLE, known_words(), verdicts, similarities)
    return verdicts, similarities


def check_intersections(members: Sequence[Sequence[int]], threshold: float) -> None:
    """Compare each set with each other set, with and without a threshold."""
    found = as_sets(members)
    left, right = (side.ravel() for side in np.indices((len(members), len(members))))
    left, right = np.ascontiguousarray(left, np.int64), np.ascontiguousarray(right, np.int64)
    exact, bounded = np.empty(left.size, np.int64), np.empty(left.size, np.int64)
    _native.intersections(found.offsets, found.hashes, left, right, exact)
    _native.intersections(found.offsets, found.hashes, left, right, bounded, threshold)
    with numpy_only():
        assert exact.tolist() == intersections(ranked(found), left, right).tolist()
    unique = [set(found.hashes[a:b].tolist()) for a, b in pairwise(found.offsets.tolist())]
    pairs = zip(left.tolist(), right.tolist(), exact.tolist(), bounded.tolist(), strict=True)
    for a, b, shared, reported in pairs:
        enough = reference.jaccard(unique[a], unique[b]) >= threshold
        assert reported == (shared if enough else -1)


def check_postings(pairs: Sequence[tuple[int, int]], wanted: Sequence[int], old: Sequence[int], leaders: int) -> None:
    """Look up keys in postings, and tell those of leaders from the rest, on all three roads.

    Args:
        pairs: Key below 2**24 and id below 256 of each posting; ids stay, but for every third.
        wanted: Keys to look up.
        old: Keys that have a leader elsewhere, as many as the key stands here.
        leaders: At most so many to a bucket.
    """
    plain = sorted(set(pairs))
    known = [key for key, _ in plain]
    run = np.array([key << 40 | one for key, one in plain], np.uint64)
    asked = np.array([key << 40 for key in sorted(wanted)], np.uint64)
    stays = np.arange(256) % 3 != 0
    met = np.array(sorted(known.index(key) for key in old if key in known), np.int64)

    found = [column.tolist() for column in postings.find(run, asked)]
    parts = [part.tolist() for part in postings.split(run.copy(), stays, met, leaders=leaders)]

    with numpy_only():
        assert found == [column.tolist() for column in postings.find(run, asked)]
        assert parts == [part.tolist() for part in postings.split(run.copy(), stays, met, leaders=leaders)]
    hits = [(row, known.index(key), known.count(key)) for row, key in enumerate(sorted(wanted)) if key in known]
    assert list(zip(*found, strict=True)) == [(row, first, first + count) for row, first, count in hits]
    lead: list[tuple[int, int]] = []
    for key, one in plain:
        n_before = list(old).count(key) + sum(key == other for other, _ in lead)
        lead += [(key, one)] if stays[one] and n_before < leaders else []
    rest = [pair for pair in plain if pair not in lead]
    assert parts == [[key << 40 | one for key, one in part] for part in (lead, rest)]
