"""One document: its text without repeated blocks, and why each one went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Unpack

import numpy as np

from dedupe.core.hashing import I64, Bool, offsets_of, opens_run
from dedupe.core.text.batch import Batch, encode
from dedupe.core.text.blocks import BLANK, Blocks, split
from dedupe.errors import InputError
from dedupe.inputs.documents import Documents, collect
from dedupe.inputs.texts import Texts, check_text
from dedupe.matching.recipe import Recipe
from dedupe.matching.repeats import BY_ADJACENCY, BY_RUN, Repeats, cuts, repeats, shortened
from dedupe.options import Options, Settings
from dedupe.results import Block, BlockTable, Duplicate, Match, Rule, rule_of, variants_of

__all__ = ["Analysis", "Removal", "analyze", "clean", "clean_many", "restore"]


@dataclass(frozen=True)
class Removal:
    """A stretch that was cut out: a repeated block, or a separator that went with one.

    Attributes:
        start: First character in the original text.
        end: Character after the last.
        text: What stood there.
    """

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Analysis:
    """One document, cleaned, with reasons.

    Attributes:
        text: The text without its repeated blocks.
        removed: Each removed block with its survivor, in text order; places are characters of the original text.
        variants: Pairs of blocks that share enough and both stay, since one says something else; by the later one.
        stats: Counts per stage, characters in and out.
        settings: The options of the run, as plain values.
        cuts: Everything that was cut out, in text order.
    """

    text: str
    removed: tuple[Duplicate, ...]
    variants: tuple[Match, ...]
    stats: Mapping[str, Any]
    settings: Mapping[str, Any]
    cuts: tuple[Removal, ...] = field(repr=False)

    def restore(self) -> str:
        """Rebuild the original text from what was kept and what was cut."""
        return _splice(self.text, [(cut.start, cut.text) for cut in self.cuts])

    def to_dict(self) -> dict[str, Any]:
        """The decision as plain values for JSON; with the cleaned text it is enough for :func:`restore`."""
        return {
            "format": "dedupe.analysis",
            "version": 1,
            "settings": dict(self.settings),
            "stats": dict(self.stats),
            "removed": [{**duplicate.to_dict(), "text": duplicate.block.text} for duplicate in self.removed],
            "variants": [{**pair.to_dict(), "difference": pair.difference.to_dict()} for pair in self.variants],
            "cuts": [{"start": cut.start, "end": cut.end, "text": cut.text} for cut in self.cuts],
        }


def restore(text: str, report: Mapping[str, Any]) -> str:
    """Rebuild an original text from the cleaned one and the dict of its analysis.

    Raises:
        InputError: The report is not from :meth:`Analysis.to_dict`, or is of a later version.

    Examples:
        >>> result = analyze("A line that says something twice here.\\n" * 2)
        >>> restore(result.text, result.to_dict()) == "A line that says something twice here.\\n" * 2
        True
    """
    kind, version = report.get("format"), report.get("version")
    if (kind, version) != ("dedupe.analysis", 1):
        raise InputError(f"report must be a dedupe.analysis of version 1, got {kind!r} of version {version!r}")
    return _splice(check_text(text), [(cut["start"], cut["text"]) for cut in report["cuts"]])


def _splice(text: str, pieces: Sequence[tuple[int, str]]) -> str:
    """Put pieces back at their places in the original."""
    parts: list[str] = []
    used = size = 0
    for start, piece in pieces:
        parts += [text[used : used + start - size], piece]
        used += start - size
        size = start + len(piece)
    return "".join([*parts, text[used:]])


def clean(doc: str, *, options: Options | None = None, **settings: Unpack[Settings]) -> str:
    """Take the repeated blocks out of one text.

    A block that says what an earlier one says goes, with one separator; everything else stays byte for byte.
    Blocks under `min_words` words (8) go only right behind their twin, or beside a repeated block as their twins do.
    Fenced code goes only when it is the same to the byte.

    Args:
        doc: The text.
        options: All settings in one object, instead of keywords.
        **settings: The fields of :class:`dedupe.Options`; here `unit` is ``paragraph``, `threshold` 0.8 and
            `min_words` 8 unless said otherwise.

    Returns:
        The text without repeats; the very same text when there are none.

    Raises:
        InputError: `doc` is not str.
        OptionError: A setting breaks its rule.

    Examples:
        >>> clean("Rain fell on the town all day long.\\n\\nNobody minded.\\n\\nRain fell on the town all day long.")
        'Rain fell on the town all day long.\\n\\nNobody minded.'
    """
    return _clean([check_text(doc, "doc")], Recipe.of("clean", options, settings))[0]


def clean_many(docs: object, *, text: Any = None, options: Options | None = None, **settings: Unpack[Settings]) -> Any:
    """Clean many texts, each inside itself, in one go.

    Args:
        docs: Any collection of str, or a frame, as for :func:`dedupe.find`.
        text: The text column of a frame.
        options: All settings in one object, instead of keywords.
        **settings: As for :func:`clean`.

    Returns:
        The cleaned texts, in input order, as a list; for a frame, the same frame with its text column cleaned.

    Raises:
        InputError: `docs` is no collection of str; names position and type.
        OptionError: A setting breaks its rule.

    Examples:
        >>> clean_many(["one\\n\\none", "two"])
        ['one', 'two']
    """
    recipe = Recipe.of("clean", options, settings)
    documents = collect(docs, text)
    if documents.frame is None:
        return _clean(documents.texts, recipe)
    batch, changed = clean_batch(documents.batch, recipe)
    if not changed.size:
        return documents.frame.unchanged()
    return documents.with_texts(text, batch, changed)


def clean_batch(batch: Batch, recipe: Recipe | None = None) -> tuple[Batch, I64]:
    """The same for texts as bytes, by the defaults unless a recipe is given.

    Returns:
        The cleaned texts, the very same batch when none changed; and the numbers of those that did, ascending.
    """
    cleaned = _cleaned(Texts(batch), batch, recipe or Recipe.of("clean"))
    if not cleaned:
        return batch, np.zeros(0, np.int64)
    shorter = _replaced(batch, cleaned)
    return shorter, np.flatnonzero(shorter.sizes != batch.sizes)


def analyze(doc: str, *, options: Options | None = None, **settings: Unpack[Settings]) -> Analysis:
    """Clean one text and say why each block went, and which stay as variants of one before them.

    Args:
        doc: The text.
        options: All settings in one object, instead of keywords.
        **settings: As for :func:`clean`.

    Returns:
        The cleaned text, the removed blocks with their survivors, the variants, and what is needed to undo it.

    Raises:
        InputError: `doc` is not str.
        OptionError: A setting breaks its rule.

    Examples:
        >>> result = analyze("It rained all day in the old town.\\nIt rained all day in the old town.")
        >>> [(d.rule, d.survivor.start, d.similarity) for d in result.removed]
        [('identical', 0, 1.0)]
        >>> result.restore() == "It rained all day in the old town.\\nIt rained all day in the old town."
        True
    """
    chosen = Recipe.of("clean", options, settings)
    text = check_text(doc, "doc")
    run = _run([text], encode([text]), chosen)
    made = [Removal(start, end, text[start:end]) for start, end in _char_spans(run, text)]
    table = BlockTable(Documents([text], [0]), run.batch, run.blocks)
    removed = _reasons(run, table, chosen.options)
    variants = variants_of(table, run.found.variants)
    out, stats = _without(text, made), dict(run.found.stats)
    if run.needs_lines[0]:
        again = analyze(out, options=replace(chosen.options, unit="line"))
        made, removed, inner = _joined(text, made, removed, again)
        variants = tuple(sorted((*variants, *inner), key=lambda pair: pair.right.start))
        stats["line_pass"] = dict(again.stats)
        out = again.text
    stats.update(characters_in=len(text), characters_out=len(out), duplicates=len(removed))
    return Analysis(out, removed, variants, stats, chosen.options.to_dict(), tuple(made))


class _Run(NamedTuple):
    """One pass over a batch."""

    batch: Batch
    blocks: Blocks
    found: Repeats
    gone: I64
    needs_lines: Bool


def _run(texts: Sequence[str], batch: Batch, recipe: Recipe) -> _Run:
    options = recipe.options
    blocks = split(batch, options.unit)
    table = BlockTable(Documents(texts, range(len(texts))), batch, blocks) if callable(options.keep) else None
    found = repeats(batch, blocks, recipe, table.__getitem__ if table else None)
    gone = np.flatnonzero(found.survivor != np.arange(found.survivor.size))
    needs_lines = np.zeros(len(texts), np.bool_)
    if options.unit == "paragraph" and gone.size:
        needs_lines = _lost_blank_lines(blocks, gone, len(texts))
    return _Run(batch, blocks, found, gone, needs_lines)


def _lost_blank_lines(blocks: Blocks, gone: I64, n_texts: int) -> Bool:
    """Which texts had blank lines between blocks and now have one block left: their lines are paragraphs now."""
    left = np.bincount(blocks.docs, minlength=n_texts) - np.bincount(blocks.docs[gone], minlength=n_texts)
    is_inner = ~opens_run(blocks.docs) & (blocks.borders == BLANK)
    had = np.bincount(blocks.docs[is_inner], minlength=n_texts) > 0
    result: Bool = had & (left == 1)
    return result


def _clean(texts: Sequence[str], recipe: Recipe) -> list[str]:
    result = list(texts)
    for doc, data in _cleaned(texts, encode(texts), recipe).items():
        result[doc] = data.decode("utf-8", "surrogatepass")
    return result


def _cleaned(texts: Sequence[str], batch: Batch, recipe: Recipe) -> dict[int, bytes]:
    """What is left of each text that loses something, by its number, ascending."""
    run = _run(texts, batch, recipe)
    if run.gone.size == 0:  # the usual text, as fast as can be
        return {}
    made = dict(shortened(batch, run.blocks, run.gone))
    again = np.flatnonzero(run.needs_lines).tolist()
    if again:
        parts = [made[doc] for doc in again]
        left = Batch(np.frombuffer(b"".join(parts), np.uint8), offsets_of(np.array([len(part) for part in parts])))
        for place, data in _cleaned(Texts(left), left, recipe.but(unit="line")).items():
            made[again[place]] = data
    return made


def _replaced(batch: Batch, made: Mapping[int, bytes]) -> Batch:
    """The batch with other texts in some places, which ascend."""
    parts: list[Any] = []
    at, sizes = int(batch.offsets[0]), batch.sizes
    for doc, data in made.items():
        parts += [batch.buffer[at : batch.offsets[doc]].data, data]
        at, sizes[doc] = int(batch.offsets[doc + 1]), len(data)
    parts.append(batch.buffer[at : batch.offsets[-1]].data)
    return Batch(np.frombuffer(b"".join(parts), np.uint8), offsets_of(sizes))


def _char_spans(run: _Run, text: str) -> list[tuple[int, int]]:
    """The cuts of the only text of a run, in characters, touching ones joined."""
    joined: list[tuple[int, int]] = []
    for cut in cuts(run.batch, run.blocks, run.gone):
        if cut.end == cut.start:
            continue
        if joined and joined[-1][1] == cut.start:
            joined[-1] = (joined[-1][0], cut.end)
        else:
            joined.append((cut.start, cut.end))
    if text.isascii():
        return joined
    at = np.flatnonzero((run.batch.buffer & 0xC0) != 0x80)
    return [(int(np.searchsorted(at, start)), int(np.searchsorted(at, end))) for start, end in joined]


def _without(text: str, made: list[Removal]) -> str:
    parts, at = [], 0
    for cut in made:
        parts.append(text[at : cut.start])
        at = cut.end
    return "".join([*parts, text[at:]])


def _reasons(run: _Run, table: BlockTable, options: Options) -> tuple[Duplicate, ...]:
    names: dict[int, Rule] = {BY_RUN: "run", BY_ADJACENCY: "adjacent"}
    made = []
    for number in run.gone.tolist():
        block, survivor = table[number], table[int(run.found.survivor[number])]
        similarity = float(run.found.similarity[number])
        rule = names.get(int(run.found.rule[number])) or rule_of(block, survivor, similarity)
        made.append(Duplicate(block, survivor, similarity, options.measure, rule))
    return tuple(made)


def _joined(
    text: str, made: list[Removal], removed: tuple[Duplicate, ...], again: Analysis
) -> tuple[list[Removal], tuple[Duplicate, ...], list[Match]]:
    """Bring the second pass, over the lines of what was left, into places of the original text."""
    gaps, taken = np.array([cut.start for cut in made]), np.array([len(cut.text) for cut in made])
    lost = np.concatenate(([0], np.cumsum(taken)))
    kept_at = gaps - lost[:-1]  # where each cut lies in the text that was left

    def first(place: int) -> int:
        return place + int(lost[np.searchsorted(kept_at, place, side="right")])

    def last(place: int) -> int:
        return place + int(lost[np.searchsorted(kept_at, place, side="left")])

    def moved(block: Block) -> Block:
        start, end = first(block.start), last(block.end)
        return Block(block.doc, start, end, text[start:end])

    inner = [replace(one, block=moved(one.block), survivor=moved(one.survivor)) for one in again.removed]
    holes = sorted([(cut.start, cut.end) for cut in made] + [(first(cut.start), last(cut.end)) for cut in again.cuts])
    merged: list[tuple[int, int]] = []
    for start, end in holes:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    both = sorted((*removed, *inner), key=lambda one: one.block.start)
    variants = [replace(one, left=moved(one.left), right=moved(one.right)) for one in again.variants]
    return [Removal(start, end, text[start:end]) for start, end in merged], tuple(both), variants
