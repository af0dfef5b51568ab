"""Results as lines of text for a terminal: summaries, reasons, tables, two columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence

from dedupe.core.meaning.difference import Difference, Run
from dedupe.results import Block, Findings, Match
from dedupe.verbs.clean import Analysis
from dedupe.verbs.compare import Comparison

_SHOWN = 72  # characters of a block that are shown
_BESIDE = 3  # words shown on each side of one that differs
_SIDE = 30  # their characters, for scripts without spaces
_CHANGES = 6  # places that are shown of those where two texts differ


def one_line(text: str, limit: int = _SHOWN) -> str:
    """The beginning of a text on one line, without control characters."""
    flat = " ".join("".join(char if char.isprintable() else " " for char in text[: 4 * limit]).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def summary(name: str, result: Analysis) -> str:
    """One line about a cleaned text."""
    removed, variants = len(result.removed), len(result.variants)
    also = f"; {_count(variants, 'variant')} {'stays' if variants == 1 else 'stay'}" if variants else ""
    if not removed:
        return f"{name}: nothing repeated in {_count(result.stats['blocks'], 'block')}{also}"
    share = 100 * (1 - len(result.text) / max(result.stats["characters_in"], 1))
    return (
        f"{name}: {_count(removed, 'repeated block')} removed of {result.stats['blocks']}, "
        f"{len(result.text):,} of {result.stats['characters_in']:,} characters kept (-{share:.1f} %){also}"
    )


def reasons(result: Analysis) -> Iterator[str]:
    """Why each block went, and in what the blocks differ that stay as variants of one before them."""
    for removed in result.removed:
        block, survivor = removed.block, removed.survivor
        yield f"  - characters {block.start}-{block.end}: {one_line(block.text)}"
        why = "the same text as" if removed.rule in ("identical", "adjacent", "run") else "says what"
        note = {"adjacent": ", right behind it", "run": ", as part of a repeated run"}.get(removed.rule, "")
        how = f"{removed.measure} {removed.similarity:.2f}, rule: {removed.rule}"
        says = " says" if why == "says what" else ""
        yield f"    {why} characters {survivor.start}-{survivor.end}{says}{note} ({how})"
        if removed.novel_words:
            yield f"    only here: {one_line(', '.join(removed.novel_words))}"
    for pair in result.variants:
        first, second = pair.left, pair.right
        yield (
            f"  ~ characters {second.start}-{second.end} stay, a variant of {first.start}-{first.end}: "
            f"{word_diff(pair.difference)}"
        )


def word_diff(difference: Difference) -> str:
    """What differs in substance, with some words around it, in the marks of ``git diff --word-diff``.

    Examples:
        >>> from dedupe.core.meaning.difference import difference
        >>> word_diff(
        ...     difference("It was mended in version 3.38.3 by Ana.", "It was mended in version 3.38.4 by Ana and Ben.")
        ... )
        '… mended in version [-3.38.3-]{+3.38.4+} by Ana {+and Ben+}'
    """
    changes = [number for number, run in enumerate(difference.runs) if run.is_substance]
    runs = difference.runs[: changes[_CHANGES]] if len(changes) > _CHANGES else difference.runs
    shown = ""
    for number, run in enumerate(runs):
        text = _marked_run(run) if run.is_substance else _beside(run.left, number > 0, number < len(runs) - 1)
        shown += " " * (bool(shown and text) and not _touch(runs[number - 1], run)) + text
    return shown + (f" … and {len(changes) - _CHANGES} more" if len(changes) > _CHANGES else "")


def _beside(text: str, is_behind: bool, is_before: bool) -> str:
    """What is shown of words that both texts have, behind and before words that differ."""
    words = one_line(text, len(text)).split()
    head = " ".join(words[:_BESIDE])[:_SIDE] if is_behind else ""
    tail = " ".join(words[-_BESIDE:])[-_SIDE:] if is_before else ""
    if len(words) <= _BESIDE * (is_behind + is_before) and len(" ".join(words)) <= _SIDE * (is_behind + is_before):
        return " ".join(words)
    return f"{head} … {tail}".strip()


def _touch(before: Run, run: Run) -> bool:
    """Whether nothing stands between two runs in one of the texts."""
    is_left = bool(before.left and run.left) and before.left_start + len(before.left) == run.left_start
    return is_left or (bool(before.right and run.right) and before.right_start + len(before.right) == run.right_start)


def _marked_run(run: Run) -> str:
    left, right = one_line(run.left), one_line(run.right)
    return (f"[-{left}-]" if left else "") + (f"{{+{right}+}}" if right else "")


def matches(found: Findings, names: Sequence[str]) -> Iterator[str]:
    """Tables of the matches and the variants of a run over files."""

    def place(block: Block) -> str:
        name = str(names[block.doc])
        return name if found.settings["unit"] == "document" else f"{name}:{block.start}-{block.end}"

    def variant(pair: Match) -> tuple[str, ...]:
        return f"{pair.similarity:.3f}", place(pair.left), place(pair.right), word_diff(pair.difference)

    rows = [("similarity", "verdict", "kept", "duplicate", "text")]
    for match in found.matches:
        text = one_line(match.right.text, 40)
        rows.append((f"{match.similarity:.3f}", match.verdict, place(match.left), place(match.right), text))
    if len(rows) > 1:
        yield from table(rows)
    if found.variants:
        yield "Variants, both stay:"
        yield from table([("similarity", "first", "second", "difference"), *map(variant, found.variants)])
    stats, n_variants = found.stats, len(found.variants)
    yield (
        f"{_count(stats['duplicates'], 'duplicate')} among {_count(stats['blocks'], 'block')} "
        f"of {_count(stats['documents'], 'document')}; {_count(stats['matches'], 'match', 'matches')} "
        f"at {found.settings['measure']} >= {found.settings['threshold']:g}"
        + f"; {_count(n_variants, 'variant')}"
        * bool(n_variants)
    )


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows as aligned columns; the first row is the head."""
    widths = [max(width_of(cell) for cell in column) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        cells = [cell + " " * (width - width_of(cell)) for cell, width in zip(row, widths, strict=True)]
        yield "  ".join(cells).rstrip()
        if number == 0:
            yield "  ".join("-" * width for width in widths)


_MEANINGS = {
    "same": "they say the same",
    "contained": "the first says all that the second says, and has whole sentences more",
    "contains": "the second says all that the first says, and has whole sentences more",
    "variant": "they say different things",
}


def comparison(result: Comparison) -> Iterator[str]:
    """The measures of two texts on one line, and what their difference means on the next."""
    yield (
        f"{result.verdict}: jaccard {result.jaccard:.3f}, first in second {result.containment:.3f}, "
        f"second in first {result.containment_other:.3f}, ratio {result.ratio:.3f}, "
        f"{_count(len(result.shared), 'shared passage')}"
    )
    said = result.difference
    what = f": {word_diff(said)}" if said.substance and result.verdict != "different" else ""
    yield f"{said.verdict}: {_MEANINGS[said.verdict]}{what}"


def side_by_side(left: str, right: str, result: Comparison, *, width: int, mark: Callable[[str], str]) -> Iterator[str]:
    """Two texts in two columns, shared passages marked.

    Args:
        left: The first text.
        right: The second.
        result: Their comparison.
        width: Columns of the terminal.
        mark: Makes a shared stretch stand out, without changing its width by more than the marks.

    Returns:
        Lines.
    """
    column = max(20, (width - 3) // 2)
    spans = [(span.start, span.end) for span in result.shared]
    others = [(span.other_start, span.other_end) for span in result.shared]
    first, second = list(_wrapped(left, spans, column, mark)), list(_wrapped(right, others, column, mark))
    for number in range(max(len(first), len(second))):
        shown, size = first[number] if number < len(first) else ("", 0)
        other = second[number][0] if number < len(second) else ""
        yield f"{shown}{' ' * max(0, column - size)} | {other}".rstrip()


def _wrapped(
    text: str, spans: Iterable[tuple[int, int]], column: int, mark: Callable[[str], str]
) -> Iterator[tuple[str, int]]:
    """Lines of a text and their widths, cut at spaces where there are any."""
    is_shared = bytearray(len(text))
    for start, end in spans:
        is_shared[start:end] = b"\1" * (end - start)
    begin = 0
    for line in text.splitlines(keepends=True):
        at, end = begin, begin + len(line.rstrip())
        begin += len(line)
        if at == end:
            yield "", 0
        while at < end:
            stop = _fitting(text, at, end, column)
            yield _marked(text[at:stop], is_shared[at:stop], mark)
            at = stop
            while at < end and text[at].isspace():
                at += 1


def _fitting(text: str, start: int, end: int, column: int) -> int:
    """Where a line that begins at `start` is cut."""
    used, stop, space = 0, start, start
    while stop < end:
        used += width_of(text[stop])
        if used > column:
            return space if space > start else max(stop, start + 1)
        if text[stop].isspace():
            space = stop
        stop += 1
    return end


def _marked(text: str, is_shared: bytearray, mark: Callable[[str], str]) -> tuple[str, int]:
    parts, at = [], 0
    while at < len(text):
        stop = is_shared.find(1 - is_shared[at], at)
        stop = len(text) if stop < 0 else stop
        clean = "".join(char if char.isprintable() else " " for char in text[at:stop])
        parts.append((clean, bool(is_shared[at])))
        at = stop
    shown = "".join(mark(part) if shared else part for part, shared in parts)
    extra = sum(width_of(mark(part)) - width_of(part) for part, shared in parts if shared and "\x1b" not in mark(part))
    return shown, sum(width_of(part) for part, _ in parts) + extra


def width_of(text: str) -> int:
    """Columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
