"""What to do with chunks of text before they are indexed and after they are retrieved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from dedupe.core.bands import Plan
from dedupe.core.hashing import GOLDEN, I64
from dedupe.core.sketch import sketch
from dedupe.core.text.batch import encode
from dedupe.core.text.blocks import split
from dedupe.errors import OptionError, nearest
from dedupe.matching.recipe import Recipe
from dedupe.matching.repeats import shortened
from dedupe.matching.stages import decide
from dedupe.options import Lose, Options

MIN_OVERLAP = 20  # bytes of UTF-8; what two chunks share by chance at their borders is shorter
_MODES = {
    "drop": Options(unit="document", threshold=0.7),
    "shorten": Options(unit="paragraph", threshold=0.8, min_words=8),
}
_TRIES = 32  # places that are looked at for one chunk, so that chunks of one repeated letter stay cheap


@dataclass(frozen=True)
class Report:
    """What a call saved.

    Attributes:
        chunks_in: Chunks that came in.
        chunks_out: Chunks that went out.
        words_in: Words in the chunks that came in.
        words_out: Words in those that went out.
    """

    chunks_in: int = 0
    chunks_out: int = 0
    words_in: int = 0
    words_out: int = 0

    @property
    def words_saved(self) -> int:
        """Words that need not be indexed or read."""
        return self.words_in - self.words_out


class Outcome(NamedTuple):
    """What becomes of each chunk.

    Attributes:
        texts: The text of each, without what went; of no meaning for one that goes.
        survivor: For each chunk that goes the number of the one that stays for it; for the others their own.
        report: The counts.
    """

    texts: list[str]
    survivor: list[int]
    report: Report

    def kept(self) -> Iterator[tuple[int, str, list[int]]]:
        """Each chunk that stays: its number, its text, and the numbers of those that went because of it."""
        gone: dict[int, list[int]] = {}
        for number, survivor in enumerate(self.survivor):
            if number != survivor:
                gone.setdefault(survivor, []).append(number)
        for number, survivor in enumerate(self.survivor):
            if number == survivor:
                yield number, self.texts[number], gone.get(number, [])


def options_of(mode: str, threshold: float | None, width_words: int, lose: Lose | None) -> Options:
    """The options of a mode: whole chunks are compared like documents, their paragraphs like those of one document.

    Args:
        mode: ``drop`` or ``shorten``.
        threshold: None for that of the mode.
        width_words: As in Options.
        lose: None for that of the mode.

    Raises:
        OptionError: A value breaks its rule.
    """
    if mode not in _MODES:
        raise OptionError(f"mode must be 'drop' or 'shorten', got {mode!r}{nearest(mode, _MODES)}")
    defaults = _MODES[mode]
    threshold = defaults.threshold if threshold is None else threshold
    return replace(defaults, threshold=threshold, width_words=width_words, lose=lose)  # type: ignore[arg-type]


def by_rank(scores: Sequence[float | None]) -> I64:
    """Numbers of the chunks, the highest score first, those without one last, equal ones as they came."""
    values = np.array([-np.inf if score is None else score for score in scores], np.float64)
    return np.argsort(-values, kind="stable")


def compare(
    texts: Sequence[str | None], options: Options, *, order: I64 | None = None, trim_overlap: bool = False
) -> Outcome:
    """Drop chunks, or paragraphs of chunks, that a preferred one has too.

    Args:
        texts: The chunks; None and empty ones stay.
        options: With the unit document whole chunks go; with a smaller one their blocks of `min_words` words or more
            go, and a chunk goes when nothing is left of it.
        order: Array of shape (n_chunks,), int64: their numbers, the preferred first; None takes them as they come.
        trim_overlap: Also cut what the end of one chunk has in common with the start of another, to the letter, out of
            the one that is less preferred; and drop one that lies wholly in a preferred one.

    Returns:
        What becomes of each chunk.
    """
    before = [text or "" for text in texts]
    plain = list(before)
    order = np.arange(len(plain)) if order is None else order
    batch = encode(plain)
    blocks = split(batch, options.unit)
    rank = np.empty(order.size, np.int64)
    rank[order] = np.arange(order.size)
    decision = decide(batch, blocks, Recipe(options, "unique"), np.argsort(rank[blocks.docs], kind="stable"))
    own = np.arange(blocks.starts.size)
    gone = np.flatnonzero(decision.survivor != own)
    survivor = np.arange(len(plain))
    left = np.bincount(blocks.docs, minlength=len(plain))
    left -= np.bincount(blocks.docs[gone], minlength=len(plain))
    emptied = gone[left[blocks.docs[gone]] == 0][::-1]  # the first block of a chunk is written last
    survivor[blocks.docs[emptied]] = blocks.docs[decision.survivor[emptied]]
    made = _roots(survivor.tolist())
    if options.unit != "document":
        for doc, data in shortened(batch, blocks, gone):
            plain[doc] = data.decode("utf-8", "surrogatepass")
    if trim_overlap:
        _trim(plain, made, order.tolist())
    stays = [number for number, one in enumerate(made) if number == one]
    n_words = np.bincount(blocks.docs, decision.sketch.n_words, minlength=len(plain)).astype(np.int64)
    changed = [number for number in stays if plain[number] is not before[number]]
    n_words[changed] = _n_words([plain[number] for number in changed])
    report = Report(len(plain), len(stays), decision.stats["words"], int(n_words[stays].sum()))
    return Outcome(plain, made, report)


def _roots(survivor: list[int]) -> list[int]:
    """Follow a chunk whose survivor went too, block by block, to one that stays."""
    made = list(survivor)
    for number in range(len(made)):
        seen = {number}
        while made[number] != survivor[made[number]] and survivor[made[number]] not in seen:
            made[number] = survivor[made[number]]
            seen.add(made[number])
    return made


class _Overlap(NamedTuple):
    """The end of one chunk, to the letter the start of another; or all of the other, wherever it lies in the one."""

    left: int
    right: int
    n_bytes: int
    is_whole: bool


def _overlaps(texts: list[str]) -> Iterator[_Overlap]:
    """Find where chunks begin inside others: by the first eight bytes in one pass, the next eight, then all."""
    batch = encode(texts)
    data = batch.buffer.tobytes()
    bounds = batch.offsets.tolist()
    begins: dict[bytes, list[int]] = {}
    heads = [place for place in range(len(texts)) if bounds[place + 1] - bounds[place] >= MIN_OVERLAP]
    if len(heads) < 2:
        return
    # one little-endian 8-byte view per byte position; loads need no alignment
    loads = np.ndarray((len(data) - 7,), "<u8", buffer=data, strides=(1,))
    for place in heads:
        begins.setdefault(data[bounds[place] : bounds[place] + 16], []).append(place)
    shift, factor = np.uint64(48), np.uint64(GOLDEN)
    starts = batch.offsets[heads]
    is_head, is_next = np.zeros((2, 1 << 16), np.bool_)
    is_head[(loads[starts] * factor) >> shift] = True
    is_next[(loads[starts + 8] * factor) >> shift] = True
    found = np.flatnonzero(is_head.take((loads * factor) >> shift))
    found = found[found + 8 < loads.size]
    found = found[is_next.take((loads[found + 8] * factor) >> shift)]
    left = np.searchsorted(batch.offsets, found, side="right") - 1
    tries = dict.fromkeys(begins, 0)
    for at, one in zip(found.tolist(), left.tolist(), strict=True):
        value = data[at : at + 16]
        if value not in begins or tries[value] >= _TRIES * len(begins[value]):
            continue
        tries[value] += 1
        for other in begins[value]:
            size, shared = bounds[other + 1] - bounds[other], bounds[one + 1] - at
            length = min(size, shared)
            if (
                one != other
                and length >= MIN_OVERLAP
                and data[at : at + length] == data[bounds[other] : bounds[other] + length]
            ):
                yield _Overlap(one, other, length, shared >= size)


def _trim(texts: list[str], survivor: list[int], order: list[int]) -> None:
    """Cut overlaps out of `texts`; a chunk that lies in a preferred one gets that one as its survivor."""
    stays = [number for number in order if survivor[number] == number]  # the preferred first
    heads: dict[int, int] = {}  # bytes to cut at the start of a chunk
    tails: dict[int, int] = {}
    for left, right, n_bytes, is_whole in _overlaps([texts[number] for number in stays]):
        if is_whole:
            if left < right:
                survivor[stays[right]] = stays[left]
        elif left < right:
            heads[stays[right]] = max(heads.get(stays[right], 0), n_bytes)
        else:
            tails[stays[left]] = max(tails.get(stays[left], 0), n_bytes)
    for number in {*heads, *tails}:
        if survivor[number] != number:
            continue
        data = texts[number].encode("utf-8", "surrogatepass")
        rest = data[heads.get(number, 0) : len(data) - tails.get(number, 0)].decode("utf-8", "surrogatepass")
        rest = rest.lstrip() if number in heads else rest
        texts[number] = rest.rstrip() if number in tails else rest
    for number in range(len(survivor)):  # a survivor may itself lie in a third chunk
        while survivor[survivor[number]] != survivor[number]:
            survivor[number] = survivor[survivor[number]]


def _n_words(texts: list[str]) -> I64:
    """Words of each text; the sketch counts them on its way, and the smallest one will do."""
    batch = encode(texts)
    made = sketch(batch.buffer, batch.offsets[:-1], batch.offsets[1:], width_words=1, plan=Plan(1, 1))
    return made.n_words.astype(np.int64)


def fold(kept: dict[str, Any], gone: Sequence[Any], own: Any, key: str | None) -> dict[str, Any]:
    """Metadata of a chunk that stays, with the sources of those that went because of it.

    Args:
        kept: Its metadata; it is not changed.
        gone: Sources of the others; None for one without.
        own: Its own source.
        key: Where the list goes; None leaves the metadata as it is.
    """
    others = dict.fromkeys(source for source in gone if source is not None and source != own)
    if key is None or not others:
        return kept
    before = kept.get(key, [])
    return {**kept, key: list(dict.fromkeys([*before, *others]))}
