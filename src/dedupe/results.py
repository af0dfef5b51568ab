"""What the verbs hand back: blocks, duplicates, matches, and the results that hold them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from dedupe.core.hashing import F64, I64, Bool, distinct
from dedupe.core.meaning.difference import Difference, difference, words_of
from dedupe.core.measures.ratio import folded
from dedupe.core.text.batch import Batch, char_offsets
from dedupe.core.text.blocks import Blocks
from dedupe.errors import DedupeError, OptionError, needs
from dedupe.inputs.documents import Documents

if TYPE_CHECKING:
    import pandas
    import pyarrow

__all__ = ["Block", "Duplicate", "Findings", "Match"]

Rule = Literal["identical", "same words", "similar", "adjacent", "run"]
RULES: tuple[Rule, Rule, Rule] = ("identical", "same words", "similar")  # of a match, the weakest explanation first
Verdict = Literal["identical", "duplicate", "contains", "contained", "overlaps", "variant", "different"]


@dataclass(frozen=True)
class Block:
    """A stretch of a text.

    Attributes:
        doc: Position of its text in a list, key in a mapping.
        start: First character in the text.
        end: Character after the last.
        text: The stretch itself.
    """

    doc: Any
    start: int
    end: int
    text: str = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The place without the text, for JSON."""
        return {"doc": self.doc, "start": self.start, "end": self.end}


@dataclass(frozen=True)
class Duplicate:
    """A block that says what its survivor says, and why that was decided.

    Attributes:
        block: The duplicate.
        survivor: The block that stays and that it matches directly.
        similarity: Of the two, by `measure`, 0–1.
        measure: How they were compared, as in :class:`dedupe.Options`: jaccard, containment, ratio or weighted.
        rule: ``identical`` (the same text), ``same words`` (but for case, spaces, punctuation), ``similar``
            (reached the threshold), ``adjacent`` (a short block that follows its twin) or ``run`` (a short block
            beside a repeated one, as its twin is).
    """

    block: Block
    survivor: Block
    similarity: float
    measure: str
    rule: Rule

    @cached_property
    def novel_words(self) -> tuple[str, ...]:
        """Words that the duplicate has where the survivor has others or none, as written; in order, each once."""
        lost = (run.right for run in self.difference.substance if run.right)
        return tuple(dict.fromkeys(word for text in lost for word in words_of(text)))

    @cached_property
    def difference(self) -> Difference:
        """The survivor, on the left, and the duplicate aligned word by word, with what each difference means."""
        return difference(self.survivor.text, self.block.text)

    def to_dict(self) -> dict[str, Any]:
        """Everything about the decision, for JSON."""
        return {
            "block": self.block.to_dict(),
            "survivor": self.survivor.to_dict(),
            "similarity": round(self.similarity, 6),
            "measure": self.measure,
            "rule": self.rule,
            "novel_words": list(self.novel_words),
            "difference": self.difference.to_dict(),
        }


@dataclass(frozen=True)
class Match:
    """Two blocks that were compared and found alike.

    Attributes:
        left: The block that is preferred by the keep policy.
        right: The other.
        similarity: By `measure`, 0–1.
        measure: How they were compared, as in :class:`dedupe.Options`: jaccard, containment, ratio, weighted or coverage.
        verdict: ``identical``, ``duplicate``, or for containment ``contains`` (left holds right); for coverage
            ``duplicate``, ``contains`` (left has what right says), ``contained`` or ``overlaps``. ``variant``: they share
            enough, and say something else, so both stay.
        terms: For coverage: what carried the match, each term as written with its weight, the heaviest first.
    """

    left: Block
    right: Block
    similarity: float
    measure: str
    verdict: Verdict
    terms: tuple[tuple[str, float], ...] = ()

    @cached_property
    def difference(self) -> Difference:
        """Both aligned word by word, with what each difference means."""
        return difference(self.left.text, self.right.text)

    def to_dict(self) -> dict[str, Any]:
        """The match without the texts, for JSON."""
        made = {
            "left": self.left.to_dict(),
            "right": self.right.to_dict(),
            "similarity": round(self.similarity, 6),
            "measure": self.measure,
            "verdict": self.verdict,
        }
        return {**made, "terms": [[term, round(weight, 3)] for term, weight in self.terms]} if self.terms else made


class BlockTable:
    """All blocks of a run as arrays; a Block is made when it is asked for.

    Attributes:
        texts: The documents.
        keys: Key or position of each document.
        docs: Array of shape (n_blocks,), int64: number of the document.
    """

    def __init__(self, documents: Documents, batch: Batch, blocks: Blocks) -> None:
        """Keep what is needed to count characters later: most runs ask for few blocks."""
        self.texts, self.keys, self.docs = documents.texts, documents.keys, blocks.docs
        self._batch, self._bytes = batch, (blocks.starts, blocks.ends)

    @cached_property
    def _characters(self) -> tuple[I64, I64]:
        starts, ends = char_offsets(self._batch, self.docs, np.stack(self._bytes))
        return starts, ends

    @property
    def starts(self) -> I64:
        """Array of shape (n_blocks,), int64: first character of each block in its document."""
        return self._characters[0]

    @property
    def ends(self) -> I64:
        """Array of shape (n_blocks,), int64: the character after the last."""
        return self._characters[1]

    def __len__(self) -> int:
        """Number of blocks."""
        return int(self.docs.size)

    def __getitem__(self, number: int) -> Block:
        """The block of this number."""
        doc, start, end = int(self.docs[number]), int(self.starts[number]), int(self.ends[number])
        return Block(self.keys[doc], start, end, self.texts[doc][start:end])

    def many(self, numbers: I64) -> Iterator[Block]:
        """The blocks of these numbers."""
        return (self[number] for number in numbers.tolist())


def name_rule(same_text: bool, same_words: bool) -> Rule:
    """Name the weakest rule that explains a duplicate, from what is known of the two texts."""
    return RULES[0] if same_text else RULES[1] if same_words else RULES[2]


def rule_of(block: Block, survivor: Block, similarity: float) -> Rule:
    """Name the weakest rule that explains a duplicate."""
    same_text = block.text == survivor.text
    return name_rule(same_text, same_text or (similarity >= 1.0 and folded(block.text) == folded(survivor.text)))


_NO_PAIRS = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


def variants_of(blocks: BlockTable, pairs: tuple[I64, I64, F64]) -> tuple[Match, ...]:
    """Pairs of blocks that both stay, in input order of the later one."""
    order = np.argsort(pairs[1], kind="stable")
    left, right, similarity = (array[order].tolist() for array in pairs)
    return tuple(
        Match(blocks[one], blocks[other], share, "jaccard", "variant")
        for one, other, share in zip(left, right, similarity, strict=True)
    )


class Evidence(NamedTuple):
    """What is known about each matching pair beside its similarity.

    Attributes:
        verdicts: The verdict of each pair.
        terms: The terms that carried each pair, with weights.
    """

    verdicts: Sequence[Verdict]
    terms: Sequence[tuple[tuple[str, float], ...]]


@dataclass(frozen=True, eq=False)
class Findings:
    """Which blocks are duplicates of which, over a collection.

    Attributes:
        stats: Counts per stage, bands and rows, the promised recall, caps that were hit.
        settings: The options of the run, as plain values.
    """

    stats: Mapping[str, Any]
    settings: Mapping[str, Any]
    _blocks: BlockTable = field(repr=False)
    _survivor: I64 = field(repr=False)
    _similarity: F64 = field(repr=False)
    _pairs: tuple[I64, I64, F64] = field(repr=False)
    _evidence: Evidence | None = field(default=None, repr=False)
    _variants: tuple[I64, I64, F64] = field(default=_NO_PAIRS, repr=False)

    @cached_property
    def _is_duplicate(self) -> Bool:
        result: Bool = self._survivor != np.arange(self._survivor.size)
        return result

    def duplicate_documents(self) -> I64:
        """Numbers of the documents that hold a duplicate, ascending."""
        return distinct(self._blocks.docs[np.flatnonzero(self._is_duplicate)])

    @cached_property
    def duplicates(self) -> tuple[Duplicate, ...]:
        """Each duplicate with its survivor, in input order."""
        measure = self.settings["measure"]
        made = []
        for number in np.flatnonzero(self._is_duplicate).tolist():
            block, survivor = self._blocks[number], self._blocks[int(self._survivor[number])]
            similarity = float(self._similarity[number])
            made.append(Duplicate(block, survivor, similarity, measure, rule_of(block, survivor, similarity)))
        return tuple(made)

    @cached_property
    def survivors(self) -> tuple[Block, ...]:
        """The blocks that stay, in input order; texts of nothing but white space have none."""
        return tuple(self._blocks.many(np.flatnonzero(~self._is_duplicate)))

    @cached_property
    def clusters(self) -> tuple[tuple[Block, ...], ...]:
        """Each survivor that has duplicates, followed by them; in input order."""
        duplicate = np.flatnonzero(self._is_duplicate)
        order = duplicate[np.argsort(self._survivor[duplicate], kind="stable")]
        heads, first = np.unique(self._survivor[order], return_index=True)
        parts = np.split(order, first[1:]) if heads.size else []
        return tuple(
            (self._blocks[int(head)], *self._blocks.many(part)) for head, part in zip(heads, parts, strict=True)
        )

    @cached_property
    def matches(self) -> tuple[Match, ...]:
        """The matching pairs: survivor and duplicate, or every pair with ``pairs="all"``."""
        measure, evidence = self.settings["measure"], self._evidence
        made = []
        for number, (left, right, similarity) in enumerate(
            zip(*(array.tolist() for array in self._pairs), strict=True)
        ):
            one, other = self._blocks[left], self._blocks[right]
            if evidence is not None:
                verdict, terms = evidence.verdicts[number], evidence.terms[number]
                made.append(Match(one, other, similarity, measure, verdict, terms))
                continue
            verdict = "contains" if measure == "containment" else "duplicate"
            made.append(Match(one, other, similarity, measure, "identical" if one.text == other.text else verdict))
        return tuple(made)

    @cached_property
    def variants(self) -> tuple[Match, ...]:
        """Blocks that share enough with one before them to be duplicates, and say something else: both stay.

        The similarity is the share of common words; ``difference.substance`` has what differs.
        """
        return variants_of(self._blocks, self._variants)

    def columns(self) -> dict[str, Any]:
        """One row per block, as columns: place, survivor, similarity, cluster.

        Returns:
            doc, start, end, is_duplicate, survivor_doc, survivor_start, survivor_end, similarity (null where the
            block stays), cluster (a number, the same for a survivor and its duplicates).
        """
        blocks, survivor = self._blocks, self._survivor
        own = slice(survivor.size)  # behind them lie the blocks of `against`
        number = np.unique(survivor, return_inverse=True)[1]
        return {
            "doc": [blocks.keys[doc] for doc in blocks.docs[own].tolist()],
            "start": blocks.starts[own],
            "end": blocks.ends[own],
            "is_duplicate": self._is_duplicate,
            "survivor_doc": [blocks.keys[doc] for doc in blocks.docs[survivor].tolist()],
            "survivor_start": blocks.starts[survivor],
            "survivor_end": blocks.ends[survivor],
            "similarity": np.where(self._is_duplicate, self._similarity, np.nan),
            "cluster": number,
        }

    def by_document(self) -> dict[str, Any]:
        """One value per document, as columns to put beside a frame's own: survivor, similarity, cluster.

        Returns:
            survivor: Array of shape (n_documents,), int64: the document's own number when it stays. Numbers from
                n_documents on count through the texts given as `against`.
            similarity: Array of shape (n_documents,), float64: to the survivor, NaN where the document stays.
            cluster: Array of shape (n_documents,), int64: a number, the same for a survivor and its duplicates.

        Raises:
            OptionError: The unit is smaller than the document.

        Examples:
            >>> import dedupe
            >>> dedupe.find(["A b c.", "other", "a b c"]).by_document()["survivor"].tolist()
            [0, 1, 0]
        """
        if self.settings["unit"] != "document":
            raise OptionError(f"by_document() needs unit='document', got {self.settings['unit']!r}; see columns()")
        survivor = np.arange(self.stats["documents"])
        similarity = np.full(survivor.size, np.nan)
        number = self._blocks.docs[: self._survivor.size][self._is_duplicate]
        survivor[number] = self._blocks.docs[self._survivor[self._is_duplicate]]
        similarity[number] = self._similarity[self._is_duplicate]
        return {"survivor": survivor, "similarity": similarity, "cluster": np.unique(survivor, return_inverse=True)[1]}

    def to_arrow(self) -> pyarrow.Table:
        """The columns of :meth:`columns` as an Arrow table (needs the extra ``arrow``)."""
        try:
            import pyarrow as pa
        except ImportError as error:
            raise needs("arrow", "pyarrow", "to_arrow()") from error
        columns = self.columns()
        columns["similarity"] = pa.array(columns["similarity"], mask=~self._is_duplicate)
        return pa.table(columns)

    def to_pandas(self) -> pandas.DataFrame:
        """The columns of :meth:`columns` as a DataFrame (needs pandas)."""
        try:
            import pandas as pd
        except ImportError as error:
            raise DedupeError("to_pandas() needs pandas; pip install pandas") from error
        return pd.DataFrame(self.columns())

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values for JSON; the layout is stable within a version."""
        return {
            "format": "dedupe.findings",
            "version": 1,
            "settings": dict(self.settings),
            "stats": dict(self.stats),
            "duplicates": [duplicate.to_dict() for duplicate in self.duplicates],
            "matches": [match.to_dict() for match in self.matches],
            "variants": [{**match.to_dict(), "difference": match.difference.to_dict()} for match in self.variants],
        }
