"""What to do with chunks of text before they are indexed and after they are retrieved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from dedupe.core.batch import Batch, encode
from dedupe.core.blocks import split
from dedupe.core.hashing import I64, offsets_of
from dedupe.core.tokens import words
from dedupe.matching import decide
from dedupe.options import Options
from dedupe.repeats import cuts

MIN_OVERLAP = 20  # characters; what two chunks share by chance at their borders is shorter
_TRIES = 32  # places that are looked at for one chunk, so that a chunk of one repeated letter stays cheap


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


def options_of(mode: str, threshold: float | None, width_words: int) -> Options:
    """The options of a mode: whole chunks are compared like documents, their paragraphs like those of one document.

    Raises:
        OptionError: A value breaks its rule.
    """
    if mode == "shorten":
        return Options(unit="paragraph", threshold=threshold or 0.8, min_words=8, width_words=width_words)
    return Options(unit="document", threshold=0.7 if threshold is None else threshold, width_words=width_words)


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
    plain = [text or "" for text in texts]
    order = np.arange(len(plain)) if order is None else order
    batch = encode(plain)
    blocks = split(batch, options.unit)
    rank = np.empty(order.size, np.int64)
    rank[order] = np.arange(order.size)
    decision = decide(batch, blocks, options, np.argsort(rank[blocks.docs], kind="stable"))
    own = np.arange(blocks.starts.size)
    gone = np.flatnonzero((decision.survivor != own) & (decision.sketch.n_words >= options.min_words))
    survivor = np.arange(len(plain))
    left = np.bincount(blocks.docs, minlength=len(plain))
    left -= np.bincount(blocks.docs[gone], minlength=len(plain))
    emptied = gone[left[blocks.docs[gone]] == 0][::-1]  # the first block of a chunk is written last
    survivor[blocks.docs[emptied]] = blocks.docs[decision.survivor[emptied]]
    made = _roots(survivor.tolist())
    if options.unit != "document":
        plain = _without(plain, batch, blocks, gone)
    if trim_overlap:
        _trim(plain, made, order.tolist())
    stays = [number for number, one in enumerate(made) if number == one]
    report = Report(len(plain), len(stays), decision.stats["words"], _n_words([plain[number] for number in stays]))
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


def _without(texts: list[str], batch: Batch, blocks: Any, gone: I64) -> list[str]:
    kept = np.ones(batch.buffer.size, np.bool_)
    for cut in cuts(batch, blocks, gone):
        kept[cut.start : cut.end] = False
    result = list(texts)
    for doc in np.unique(blocks.docs[gone]).tolist():
        span = slice(*batch.offsets[doc : doc + 2].tolist())
        result[doc] = batch.buffer[span][kept[span]].tobytes().decode("utf-8", "surrogatepass")
    return result


def _trim(texts: list[str], survivor: list[int], order: list[int]) -> None:
    """Cut overlaps out of `texts`; a chunk that lies in a preferred one gets it as its survivor."""
    stays = [number for number in order if survivor[number] == number]  # the preferred first
    place = {number: rank for rank, number in enumerate(stays)}
    begin = offsets_of(np.array([len(texts[number]) + 1 for number in stays], np.int64)).tolist()
    everything = "\0".join(texts[number] for number in stays)
    heads: dict[int, int] = {}  # characters to cut at the start of a chunk
    tails: dict[int, int] = {}
    for right in stays:
        text = texts[right]
        head = text[:MIN_OVERLAP]
        at = everything.find(head) if len(head) == MIN_OVERLAP else -1
        for _ in range(_TRIES):
            if at < 0:
                break
            rank = int(np.searchsorted(begin, at, side="right")) - 1
            left, shared = stays[rank], begin[rank + 1] - 1 - at
            if left != right and shared >= len(text):
                if rank < place[right] and everything.startswith(text, at):
                    survivor[right] = left
            elif left != right and everything.startswith(text[:shared], at):
                if rank < place[right]:
                    heads[right] = max(heads.get(right, 0), shared)
                else:
                    tails[left] = max(tails.get(left, 0), shared)
            at = everything.find(head, at + 1)
    for number in stays:
        head_size, tail_size = heads.get(number, 0), tails.get(number, 0)
        if survivor[number] != number or not (head_size or tail_size):
            continue
        text = texts[number][head_size : len(texts[number]) - tail_size]
        texts[number] = (text.lstrip() if head_size else text).rstrip() if tail_size else text.lstrip()
    for number in stays:  # what lies in a chunk that went for the same reason
        while survivor[survivor[number]] != survivor[number]:
            survivor[number] = survivor[survivor[number]]


def _n_words(texts: list[str]) -> int:
    batch = encode(texts)
    return int(words(batch.buffer, batch.offsets[:-1], batch.offsets[1:]).offsets[-1])


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
