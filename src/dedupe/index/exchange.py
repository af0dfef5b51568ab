"""To datasketch's index and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from dedupe.core.batch import encode
from dedupe.core.blocks import split
from dedupe.core.sketch import sketch
from dedupe.errors import DedupeError, InputError
from dedupe.index.view import Rules, View

_PART = 10_000  # blocks inserted at a time


def to_datasketch(view: View, storage: dict[str, Any]) -> Any:
    """Make a MinHashLSH with the heads of all groups; see `Index.to_datasketch`."""
    made = _library().MinHashLSH(
        threshold=view.rules.options.threshold,
        num_perm=view.rules.plan.n_hashes,
        params=tuple(view.rules.plan),
        **storage,
    )
    blocks = view.blocks_of(np.flatnonzero(~view.is_removed(np.arange(view.n_docs))))
    options = view.rules.options
    compared = view.column("n_words", blocks) >= max(options.min_words, 1)
    blocks = blocks[compared]
    for first in range(0, blocks.size, _PART):
        part = blocks[first : first + _PART]
        with made.insertion_session() as session:
            for name, values in zip(names(view, part), view.signatures(part), strict=True):
                session.insert(name, minhash(view.rules, values), check_duplication=False)
    return made


def names(view: View, blocks: Any) -> list[Any]:
    """The key of each block: the id of its document, and its number in it unless documents are the unit."""
    docs = view.docs_of(blocks)
    ids = view.doc_ids(docs)
    if view.rules.options.unit == "document":
        return ids
    known, back = np.unique(docs, return_inverse=True)
    first = np.array([int(view.blocks_of(known[place : place + 1])[0]) for place in range(known.size)])
    return [f"{one}#{number}" for one, number in zip(ids, (blocks - first[back]).tolist(), strict=True)]


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
    found = sketch(
        batch.buffer, blocks.starts[:1], blocks.ends[:1],
        width_words=rules.options.width_words, plan=rules.plan, seed=rules.options.seed, keep_signatures=True,
    )  # fmt: skip
    assert found.signatures is not None
    return minhash(rules, found.signatures[0])


def _library() -> Any:
    try:
        import datasketch
    except ImportError as error:  # a dependency, but a vendored copy may leave it out
        raise DedupeError("this needs datasketch; pip install 'datasketch>=2.0'") from error
    return datasketch
