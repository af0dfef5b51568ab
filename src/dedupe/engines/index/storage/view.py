"""One state of an index: everything a call reads, unchanged by what others write meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from dedupe.core.bands import keys as band_keys
from dedupe.core.hashing import F64, I64, U64, Bool, ranges
from dedupe.core.minhash import permutations, signatures
from dedupe.core.ragged import concat
from dedupe.core.shingles import NO_SHINGLES, Shingles
from dedupe.core.text.batch import Batch
from dedupe.engines.index.storage.postings import Runs
from dedupe.engines.index.storage.records import Id, Records, encode_ids, id_hashes
from dedupe.engines.index.storage.rules import Rules
from dedupe.engines.index.storage.segments import Array
from dedupe.errors import IndexDamaged
from dedupe.matching.comparable import Comparable, Spans, fingerprint
from dedupe.matching.recipe import Recipe
from dedupe.results import Block

FAMILIES = ("lead", "rest", "words", "ids")
NONE = np.zeros(0, np.int64)


class Changes(NamedTuple):
    """What was decided again since the records were written.

    Attributes:
        removed: Array of shape (n_removed,), int64, ascending: documents that are gone.
        blocks: Array of shape (n_changed,), int64, ascending: blocks whose decision is another one now.
        head: Array of shape (n_changed,), int64.
        survivor: Array of shape (n_changed,), int64.
        similarity: Array of shape (n_changed,), float64.
    """

    removed: I64 = NONE
    blocks: I64 = NONE
    head: I64 = NONE
    survivor: I64 = NONE
    similarity: F64 = np.zeros(0)


class View:
    """A snapshot; `lead` holds the band keys of leaders, `rest` those of the other heads of groups.

    `words` leads from a text hash to the head of its group, `ids` from the hash of an id to the document.
    """

    def __init__(self, rules: Rules, records: list[Records], runs: dict[str, Runs], changes: Changes) -> None:
        """Put the parts together; `records` follow each other from block 0 on."""
        self.rules, self.records, self.changes = rules, records, changes
        self.runs = runs
        self.lead, self.rest, self.words, self.ids = (runs[family] for family in FAMILIES)
        self._block_firsts = np.array([part.first_block for part in records], np.int64)
        self._doc_firsts = np.array([part.first_doc for part in records], np.int64)
        last = records[-1] if records else None
        self.n_blocks = last.first_block + last.n_blocks if last else 0
        self.n_docs = last.first_doc + last.n_docs if last else 0

    @staticmethod
    def no_runs() -> dict[str, Runs]:
        """Stores without postings."""
        return {family: Runs([]) for family in FAMILIES}

    # -- documents

    def find_ids(self, ids: Sequence[Id], coded: Batch | None = None) -> I64:
        """The document of each id, -1 where there is none; `coded` are the ids as bytes, where they are known."""
        result = np.full(len(ids), -1, np.int64)
        coded = encode_ids(ids) if coded is None else coded
        if len(self.ids) == 0:
            return result
        wanted, back = np.unique(id_hashes(coded), return_inverse=True)
        rows, docs = self.ids.get(wanted)
        alive = ~self.is_removed(docs)
        rows, docs = rows[alive], docs[alive]
        # nearly always one document per hash; the id itself decides
        order = np.argsort(back, kind="stable")
        first, last = np.searchsorted(back[order], rows), np.searchsorted(back[order], rows, side="right")
        known = zip(docs.tolist(), self.doc_ids(docs), first.tolist(), last.tolist(), strict=True)
        for doc, id, begin, end in known:
            for asked in order[begin:end].tolist():
                if ids[asked] == id:
                    result[asked] = doc
        return result

    def is_removed(self, docs: I64) -> Bool:
        """Whether documents are gone."""
        return _among(docs, self.changes.removed)

    @property
    def n_alive(self) -> int:
        """Number of documents that are there."""
        return self.n_docs - int(self.changes.removed.size)

    def alive_docs(self) -> I64:
        """The documents that are there, in order of arrival."""
        docs = np.arange(self.n_docs)
        return docs[~self.is_removed(docs)]

    def alive_blocks(self) -> I64:
        """Their blocks."""
        return self.blocks_of(self.alive_docs())

    def doc_ids(self, docs: I64) -> list[Id]:
        """Ids of documents, in the order given."""
        ids: list[Id] = [0] * docs.size
        for part, rows, local in self._by_part(self._doc_firsts, docs):
            for row, id in zip(rows.tolist(), part.ids(local), strict=True):
                ids[row] = id
        return ids

    def doc_text(self, doc: int) -> str:
        """The text of a document; empty when texts are not kept."""
        part = self.records[int(np.searchsorted(self._doc_firsts, doc, side="right")) - 1]
        return part.text(doc - part.first_doc).decode("utf-8", "surrogatepass")

    def blocks_of(self, docs: I64) -> I64:
        """All blocks of documents, ascending when the documents are."""
        blocks = [NONE]
        for part, _, local in self._by_part(self._doc_firsts, docs):
            offsets = part.columns["doc_blocks"].astype(np.int64)
            first = offsets[local]
            blocks.append(ranges(first, offsets[local + 1] - first) + part.first_block)
        return np.concatenate(blocks)

    # -- blocks

    def docs_of(self, blocks: I64) -> I64:
        """The document of each block."""
        docs = np.empty(blocks.size, np.int64)
        for part, rows, local in self._by_part(self._block_firsts, blocks):
            docs[rows] = part.docs_of(local) + part.first_doc
        return docs

    def is_alive(self, blocks: I64) -> Bool:
        """Whether blocks belong to a document that is still there."""
        if self.changes.removed.size == 0:
            return np.ones(blocks.size, np.bool_)
        return ~self.is_removed(self.docs_of(blocks))

    def column(self, name: str, blocks: I64) -> Array:
        """Values of a column for blocks, as written."""
        first = self.records[0].columns[name] if self.records else np.zeros(0)
        values = np.empty(blocks.size, first.dtype)
        for part, rows, local in self._by_part(self._block_firsts, blocks):
            values[rows] = part.columns[name][local]
        return values

    def decisions(self, blocks: I64) -> tuple[I64, I64, F64]:
        """Head of the group, survivor, and similarity to it, of blocks; as of now."""
        head = self.column("head", blocks).astype(np.int64)
        survivor = self.column("survivor", blocks).astype(np.int64)
        similarity = self.column("similarity", blocks).astype(np.float64)
        changes = self.changes
        if changes.blocks.size and blocks.size:
            at = np.minimum(np.searchsorted(changes.blocks, blocks), changes.blocks.size - 1)
            hit = changes.blocks[at] == blocks
            at = at[hit]
            head[hit], survivor[hit], similarity[hit] = changes.head[at], changes.survivor[at], changes.similarity[at]
        return head, survivor, similarity

    def members_of(self, heads: I64) -> tuple[I64, I64]:
        """All blocks in the groups of these heads, also of removed documents, and the head of each.

        Reads the heads of all blocks: four bytes each.
        """
        as_written = [NONE]
        for part in self.records:
            as_written.append(np.flatnonzero(np.isin(part.columns["head"], heads)) + part.first_block)
        changed = self.changes.blocks[np.isin(self.changes.head, heads)]
        members = np.union1d(np.concatenate(as_written), changed)
        their_heads = self.decisions(members)[0]
        hit = np.isin(their_heads, heads)
        return members[hit], their_heads[hit]

    def part_decisions(self, part: Records) -> tuple[I64, I64, F64]:
        """The decisions of all blocks of a stretch."""
        return self.decisions(np.arange(part.first_block, part.first_block + part.n_blocks))

    def all_decisions(self) -> tuple[I64, I64, F64]:
        """The decisions of all blocks, also of removed ones; 24 bytes per block."""
        return self.decisions(np.arange(self.n_blocks))

    def find_words(self, text_hashes: U64) -> I64:
        """The head of the group with these words, -1 where there is none.

        Args:
            text_hashes: Array of shape (n, 2), uint64.
        """
        result = np.full(text_hashes.shape[0], -1, np.int64)
        if len(self.words) == 0:
            return result
        wanted, back = np.unique(text_hashes[:, 0], return_inverse=True)
        rows, heads = self.words.get(wanted)
        keep = self.is_alive(heads)
        rows, heads = rows[keep], heads[keep]
        keep = self.decisions(heads)[0] == heads
        rows, heads = rows[keep], heads[keep]
        if rows.size == 0:
            return result
        known = self.text_hashes(heads)
        # nearly always one head per first half; the second half decides
        first = np.searchsorted(rows, back)
        for step in range(int(np.bincount(rows).max())):
            at = np.minimum(first + step, rows.size - 1)
            hit = (rows[at] == back) & (known[at] == text_hashes).all(axis=1)
            result[hit] = heads[at[hit]]
        return result

    def text_hashes(self, blocks: I64) -> U64:
        """The text hashes of blocks, shape (n, 2)."""
        values = np.empty((blocks.size, 2), np.uint64)
        for part, rows, local in self._by_part(self._block_firsts, blocks):
            values[rows] = part.columns["hashes"].reshape(-1, 2)[local]
        return values

    def comparable(self, blocks: I64, recipe: Recipe | None = None) -> Comparable:
        """What blocks given in ascending order are compared by: texts, or kept sets where there are none.

        Args:
            blocks: Array of shape (n_blocks,), int64.
            recipe: The recipe for texts, if it is another than that of the index.
        """
        if not self.rules.store_text:
            parts = self._by_part(self._block_firsts, blocks)
            sets = concat([NO_SHINGLES, *(part.hash_sets(local) for part, _, local in parts)])
            return Comparable(sets, np.zeros(sets.n_rows, np.bool_), None)
        parts = self._by_part(self._block_firsts, blocks)
        spans = (Spans(part.columns["texts"], *self._spans(part, local)) for part, _, local in parts)
        return Comparable.concat([Comparable.of(each, recipe or self.rules.recipe) for each in spans])

    def word_hashes(self, blocks: I64) -> U64:
        """A hash of the words of blocks given in ascending order, shape (n,)."""
        if self.rules.options.lose == "words":
            return self.text_hashes(blocks)[:, 0]
        parts = self._by_part(self._block_firsts, blocks)
        spans = (Spans(part.columns["texts"], *self._spans(part, local)) for part, _, local in parts)
        return np.concatenate([blocks[:0].astype(np.uint64), *(fingerprint(s, self.rules.recipe).words for s in spans)])

    def keys(self, blocks: I64) -> U64:
        """Band keys of blocks given in ascending order, shape (n, n_bands)."""
        plan = self.rules.plan
        made = [np.zeros((0, plan.n_bands), np.uint64)]
        for part, _, local in self._by_part(self._block_firsts, blocks):
            if self.rules.store_text:
                spans = Spans(part.columns["texts"], *self._spans(part, local))
                made.append(fingerprint(spans, self.rules.recipe).keys)
            else:
                made.append(band_keys(self._signatures(part.hash_sets(local)), plan))
        return np.concatenate(made)

    def signatures(self, blocks: I64) -> Array:
        """Signatures of blocks given in ascending order, shape (n, n_hashes), uint32."""
        recipe = self.rules.recipe.with_public_hashes()
        return self._signatures(self.comparable(blocks, recipe).sets, whole=self.rules.store_text)

    def _signatures(self, sets: Shingles, *, whole: bool = False) -> Array:
        a, b = permutations(self.rules.plan.n_hashes, self.rules.options.seed)
        return signatures(sets if whole else Shingles(sets.hashes << np.uint64(32), sets.offsets), a, b)

    def _spans(self, part: Records, local: I64) -> tuple[I64, I64]:
        """Where blocks of a stretch lie in its texts; they are read from the file, not copied."""
        starts, ends = part.byte_spans(local)
        texts = part.columns["texts"]
        if starts.size and (int(ends.max()) > texts.size or (ends < starts).any()):
            where = getattr(part.columns, "path", "memory")
            raise IndexDamaged(f"{where} is damaged: a block lies outside its text; run `dedupe index repair`")
        return starts, ends

    def blocks(self, numbers: I64) -> list[Block]:
        """Blocks as results: id of the document, place in characters, text."""
        return [Block(*fields) for fields in self.block_fields(numbers)]

    def block_fields(self, numbers: I64) -> list[tuple[Id, int, int, str]]:
        """Id, start, end in characters, and text of blocks; the text is empty when texts are not kept."""
        fields: list[Any] = [None] * numbers.size
        for part, rows, local in self._by_part(self._block_firsts, numbers):
            docs = part.docs_of(local)
            spans = zip(
                rows.tolist(), docs.tolist(), part.ids(docs),
                part.columns["starts"][local].tolist(), part.columns["ends"][local].tolist(), strict=True,
            )  # fmt: skip
            for row, doc, id, start, end in spans:
                fields[row] = (id, *self._in_characters(part, doc, start, end))
        return fields

    def _in_characters(self, part: Records, doc: int, start: int, end: int) -> tuple[int, int, str]:
        if not self.rules.store_text:
            return start, end, ""
        at = int(part.columns["text_offsets"][doc])
        texts = part.columns["texts"]
        before = texts[at : at + start].tobytes().decode("utf-8", "surrogatepass") if start else ""
        text = texts[at + start : at + end].tobytes().decode("utf-8", "surrogatepass")
        return len(before), len(before) + len(text), text

    def _by_part(self, firsts: I64, numbers: I64) -> list[tuple[Records, Any, I64]]:
        """Split numbers by the stretch they are in: stretch, rows of `numbers`, numbers inside the stretch."""
        if numbers.size == 0:
            return []
        if len(self.records) == 1:
            return [(self.records[0], np.arange(numbers.size), numbers - firsts[0])]
        which = np.searchsorted(firsts, numbers, side="right") - 1
        split = []
        for index in np.unique(which).tolist():
            rows = np.flatnonzero(which == index)
            split.append((self.records[index], rows, numbers[rows] - firsts[index]))
        return split


def _among(values: I64, known: I64) -> Bool:
    """Which values are in a sorted array."""
    if known.size == 0 or values.size == 0:
        return np.zeros(values.size, np.bool_)
    is_among: Bool = known[np.minimum(np.searchsorted(known, values), known.size - 1)] == values
    return is_among
