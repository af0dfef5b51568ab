"""JSON Lines in, JSON Lines out, as they come: each line cleaned, or kept when nothing before it was like it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol, cast

import numpy as np

from dedupe.core.text.batch import Batch
from dedupe.errors import InputError, OptionError
from dedupe.inputs.formats.jsonl import LONGEST_LINE, Lines, loads, with_text
from dedupe.inputs.texts import Texts
from dedupe.integrations.memory import Memory
from dedupe.matching.recipe import Recipe
from dedupe.options import on_error_of
from dedupe.verbs.clean import clean_batch

READER_GONE = 141  # what a shell reports for a program that SIGPIPE ended
_READ = 1 << 20  # bytes asked for at a time; what is there is worked on at once


class Source(Protocol):
    """A binary stream that hands over what is there, without waiting for more."""

    def read1(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; none at the end."""
        ...


@dataclass
class Counts:
    """What happened to the lines.

    Attributes:
        lines_in: Lines read.
        lines_out: Lines written.
        shortened: Lines that were written with a shorter text.
        duplicates: Lines left out because the index had a text like theirs.
        bad: Lines without a readable text, by `on_error` left out or written as they came.
    """

    lines_in: int = 0
    lines_out: int = 0
    shortened: int = 0
    duplicates: int = 0
    bad: int = 0

    def summary(self) -> str:
        """One line for people."""
        what = f"{self.duplicates} duplicates left out" if self.duplicates else f"{self.shortened} shortened"
        bad = f", {self.bad} without a readable text" if self.bad else ""
        return f"{self.lines_in} lines in, {self.lines_out} out, {what}{bad}"


@dataclass(frozen=True)
class Pipe:
    """How lines are read.

    Attributes:
        text: The field with the text.
        index: Folder of an index that knows the texts of earlier runs, for `drop`.
        drop: Leave out whole lines like an earlier one; otherwise, without an index, each text is cleaned inside itself.
        id: The field that names each document in the index: a line that comes again under its name gets the answer
            that it got first. Without it every text that was seen before is a duplicate.
        unbuffered: Hand each line on before the next is read.
        on_error: What becomes of a line that is no JSON object or has no text: ``raise``, ``skip`` or ``keep``.
        settings: The options of the verb.
    """

    text: str = "text"
    index: str | os.PathLike[str] | None = None
    drop: bool = False
    id: str | None = None
    unbuffered: bool = False
    on_error: str = "raise"
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check what is given.

        Raises:
            OptionError: `on_error` is unknown, or `id` is given without an index.
        """
        object.__setattr__(self, "on_error", on_error_of(self.on_error, "raise", "skip", "keep"))
        if self.id is not None and self.index is None and not self.drop:
            raise OptionError(f"id={self.id!r} names documents in an index; give index= too, or leave it out")


def run(source: Source, sink: BinaryIO, pipe: Pipe) -> Counts:
    """Work on all lines of a stream, in constant memory.

    Lines come out in order and byte for byte; in a line with a shorter text only the text is written anew.
    Lines without text (blank, null) come out as they are.

    Args:
        source: Where lines come from.
        sink: Where they go.
        pipe: How they are read.

    Returns:
        The counts.

    Raises:
        InputError: A line cannot be read and `on_error` is ``raise``; the lines before it are written.
        BrokenPipeError: Whoever reads has gone.
    """
    counts = Counts()
    drops = pipe.drop or pipe.index is not None
    memory = Memory(pipe.index, **pipe.settings) if drops else None
    try:
        for lines in _batches(source, one_by_one=pipe.unbuffered):
            _work(lines, sink, pipe, memory, counts)
            if pipe.unbuffered:
                sink.flush()
        sink.flush()
    finally:
        if memory is not None:
            memory.close()
    return counts


def main(pipe: Pipe) -> int:
    """Run from standard input to standard output; say on standard error what happened.

    Returns:
        The exit code: 0, or 141 when whoever reads has gone.

    Raises:
        InputError: As for :func:`run`.
    """
    try:
        counts = run(cast(Source, sys.stdin.buffer), sys.stdout.buffer, pipe)
    except BrokenPipeError:
        # Python would flush once more at its end, and complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    print(counts.summary(), file=sys.stderr)
    return 0


def _batches(source: Source, *, one_by_one: bool) -> Iterator[list[bytes]]:
    """Lines with their line ends, as many as are there."""
    rest: list[bytes] = []
    size = 0
    while data := source.read1(_READ):
        head, end, tail = data.rpartition(b"\n")
        if not end:
            rest.append(tail)
            size += len(tail)
            if size > LONGEST_LINE:
                raise InputError(f"no line end in {size} bytes; JSON Lines have one object on each line")
            continue
        lines = b"".join([*rest, head, end]).split(b"\n")
        found = [line + b"\n" for line in lines[:-1]]
        rest, size = [tail], len(tail)
        yield from ([line] for line in found) if one_by_one else [found]
    if size:
        yield [b"".join(rest)]


def _work(lines: list[bytes], sink: BinaryIO, pipe: Pipe, memory: Memory | None, counts: Counts) -> None:
    found = Lines(lines, pipe.text).texts()
    bad = {place: what for place, what in found.problems.items() if not _is_null(lines[place], pipe.text)}
    ids = _ids(lines, pipe.id, bad) if memory is not None and pipe.id is not None else None
    stop = min(bad) if bad and pipe.on_error == "raise" else len(lines)
    batch = found.batch.take(np.arange(stop))
    out = list(lines[:stop])
    if memory is None:
        cleaned, changed = clean_batch(batch, Recipe.of("clean", settings=pipe.settings))
        for row in changed.tolist():
            out[row] = with_text(lines[row], pipe.text, Texts(cleaned)[row])
        counts.shortened += changed.size
    else:
        for row in _seen(memory, batch, ids, bad):
            out[row] = b""
            counts.duplicates += 1
    if pipe.on_error == "skip":
        for place in bad:
            out[place] = b""
    sink.write(b"".join(out))
    counts.bad += sum(place < stop for place in bad)
    counts.lines_in += stop
    counts.lines_out += stop - out.count(b"")
    if stop < len(lines):
        sink.flush()
        raise InputError(
            f"line {counts.lines_in + 1}: {bad[stop]} (on_error='skip' leaves such lines out, 'keep' writes them as they are)"
        )


def _seen(memory: Memory, batch: Batch, ids: list[str | int] | None, bad: dict[int, str]) -> list[int]:
    """Numbers of the lines whose text the index had; lines without text are not asked about."""
    rows = [row for row in np.flatnonzero(batch.sizes).tolist() if row not in bad]
    chosen = None if ids is None else [ids[row] for row in rows]
    survivors = memory.add(Texts(batch.take(np.array(rows, np.int64))), chosen)
    return [row for row, survivor in zip(rows, survivors, strict=True) if survivor is not None]


def _is_null(line: bytes, text: str) -> bool:
    try:
        return loads(line.removeprefix(b"\xef\xbb\xbf")).get(text, 0) is None
    except (ValueError, AttributeError, RecursionError):
        return False


def _ids(lines: list[bytes], name: str, bad: dict[int, str]) -> list[str | int]:
    """The names of the documents; a line without one is added to `bad`."""
    made = []
    for place, value in enumerate(Lines(lines, name).column(name)):
        is_name = isinstance(value, str | int) and not isinstance(value, bool)
        if not is_name and place not in bad and lines[place].strip():
            bad[place] = f"field {name!r} must be a string or a whole number, got {value!r}"
        made.append(value if is_name else "")
    return made
