"""To datasketch's index and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from dedupe.core.text.batch import encode
from dedupe.core.text.blocks import split
from dedupe.engines.index.storage.rules import Rules
from dedupe.engines.index.storage.view import View
from dedupe.errors import DedupeError, InputError
from dedupe.matching.comparable import Spans, fingerprint
from dedupe.matching.deciding import is_compared

_PART = 10_000  # blocks inserted at a time


def to_datasketch(view: View, storage: dict[str, Any]) -> Any:
    """Make a MinHashLSH with all blocks; see `Index.to_datasketch`.

    Raises:
        DedupeError: The index has one band, which datasketch does not take.
    """
    rules = view.rules
    if rules.plan.n_bands < 2:
        raise DedupeError(
            f"the index has {rules.plan.n_bands} band at threshold {rules.options.threshold}; datasketch needs two"
        )
    is_remote = storage.get("storage_config", {"type": "dict"})["type"] != "dict"
    if is_remote:
        storage = {"prepickle": False, **storage}  # plain bytes in the store, nothing that could run as code
    lsh = _library().MinHashLSH(
        threshold=rules.options.threshold, num_perm=rules.plan.n_hashes, params=tuple(rules.plan), **storage
    )
    blocks = view.alive_blocks()
    blocks = blocks[is_compared(view.column("n_words", blocks), rules.options)]
    with lsh.insertion_session() as session:
        for first in range(0, blocks.size, _PART):
            part = blocks[first : first + _PART]
            for name, values in zip(names(view, part), view.signatures(part), strict=True):
                key = str(name).encode() if is_remote else name
                session.insert(key, minhash(rules, values), check_duplication=False)
    return lsh


def from_datasketch(lsh: Any) -> Iterator[tuple[Any, Any]]:
    """Read the signatures out of a MinHashLSH, whatever stores it.

    Its bands hold the signatures in full, but no texts: they can be set beside those of an index, not verified.

    Args:
        lsh: A `datasketch.MinHashLSH` without a hashfunc of its own.

    Yields:
        The key of each set, and its signature: array of shape (n_bands * n_rows,), uint64.

    Raises:
        InputError: The bands are hashed, so that nothing can be read from them; or the keys are pickled.
    """
    if lsh.hashfunc is not None:
        raise InputError("this MinHashLSH was made with a hashfunc, from which signatures cannot be read back")
    if lsh.prepickle:
        raise InputError(
            "this MinHashLSH pickles its keys, and unpickling can run code; "
            "make it with prepickle=False, as to_datasketch() does"
        )
    for key in list(lsh.keys.keys()):
        bands = b"".join(lsh.keys.get(key))
        kind = ">u4" if len(bands) == 4 * lsh.b * lsh.r else ">u8"
        yield key, np.frombuffer(bands, kind).astype(np.uint64)


def names(view: View, blocks: Any) -> list[Any]:
    """The key of each block: the id of its document, and its number in it unless documents are the unit."""
    docs = view.docs_of(blocks)
    ids = view.doc_ids(docs)
    if view.rules.options.unit == "document":
        return ids
    known, back = np.unique(docs, return_inverse=True)
    first = np.array([int(view.blocks_of(known[doc : doc + 1])[0]) for doc in range(known.size)])
    return [f"{id}#{number}" for id, number in zip(ids, (blocks - first[back]).tolist(), strict=True)]


def minhash(rules: Rules, values: Any) -> Any:
    """A datasketch MinHash with these values."""
    return _library().MinHash(
        num_perm=values.size, seed=rules.options.seed, scheme="affine32", hashvalues=values.astype(np.uint64)
    )


def signature(rules: Rules, text: str) -> Any:
    """The MinHash of the first block of a text."""
    batch = encode([text])
    blocks = split(batch, rules.options.unit)
    if blocks.starts.size == 0:
        raise InputError(f"the text {text!r} has no block, so it has no signature")
    spans = Spans(batch.buffer, blocks.starts[:1], blocks.ends[:1])
    found = fingerprint(spans, rules.recipe, keep_signatures=True)
    assert found.signatures is not None
    return minhash(rules, found.signatures[0])


def _library() -> Any:
    try:
        import datasketch
    except ImportError as error:  # a dependency, but a vendored copy may leave it out
        raise DedupeError("this needs datasketch; pip install 'datasketch>=2.0'") from error
    return datasketch
