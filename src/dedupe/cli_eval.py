"""The command `dedupe eval`: what to expect of a setting on one's own texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from dedupe import files
from dedupe.errors import InputError
from dedupe.evaluate import Evaluation, evaluate


@click.command("eval")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True)
@click.option("--text", "field", default="text", show_default=True, help="Field that holds the text, in JSON lines.")
@click.option("--rate", type=float, default=0.2, show_default=True, help="Copies to plant per text.")
@click.option("--measure", help="How alike: jaccard, containment, ratio, weighted.")
@click.option("--threshold", type=float, help="Similarity from which a text is a duplicate, above 0 up to 1.")
@click.option("--width-words", type=int, help="Words per shingle.")
@click.option("--recall", type=float, help="Share of the pairs at the threshold that must be compared.")
@click.option("--keep", help="Which copy stays: first, last, longest.")
@click.option("--min-words", type=int, help="Texts with fewer words match only identical ones.")
@click.option("--threads", type=int, help="Threads; the result does not depend on it.")
@click.option("--seed", type=int, help="Seed of the copies and of the signatures.")
@click.option("--encoding", default="utf-8", show_default=True, help="Of the files.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def eval_command(
    paths: tuple[str, ...], field: str, rate: float, encoding: str, as_json: bool, **settings: Any
) -> None:
    """Plant edited copies among your own texts and say how many are found.

    A FILE that ends in .jsonl or .ndjson has a text per line, any other FILE is one text. Nothing is written.
    """
    texts = [text for path in paths for text in _texts(path, field, encoding)]
    given = {name: value for name, value in settings.items() if value is not None}
    result = evaluate(texts, rate=rate, **given)
    click.echo(json.dumps(result.to_dict(), indent=1) if as_json else "\n".join(_lines(result)))


def _texts(path: str, field: str, encoding: str) -> list[str]:
    whole = files.read(path, encoding)
    if Path(path).suffix not in (".jsonl", ".ndjson"):
        return [whole]
    texts = []
    for number, line in enumerate(whole.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(f"{path}, line {number}: not JSON ({error.msg}, column {error.colno})") from error
        if not isinstance(record, dict) or not isinstance(record.get(field), str):
            has = ", ".join(record) if isinstance(record, dict) else type(record).__name__
            raise InputError(f"{path}, line {number}: no text in field {field!r} (it has: {has}); name it with --text")
        texts.append(record[field])
    return texts


def _share(part: float | None) -> str:
    return "–" if part is None else f"{100 * part:.1f} %"


def _lines(result: Evaluation) -> list[str]:
    lines = [f"{'edit':<12}{'strength':>9}{'planted':>9}{'found':>9}{'similarity':>12}"]
    lines += [
        f"{row.kind:<12}{row.strength:>9g}{row.planted:>9}{_share(row.found / row.planted):>9}{row.similarity:>12.2f}"
        for row in result.kinds
    ]
    measured = f"{result.settings['measure']} from {result.settings['threshold']:g}"
    memory = "" if result.peak_bytes is None else f", {result.peak_bytes / (1 << 20):.0f} MB at the peak"
    lines += [
        "",
        f"{result.planted} copies planted among {result.texts} texts; {measured}",
        f"found of all copies           {_share(result.recall):>8}",
    ]
    if result.reaching is not None:
        lines.append(
            f"found of those that must be   {_share(result.recall_at_threshold):>8}  ({result.reaching} copies reach the threshold beside the text that stays)"
        )
    lines += [
        f"put with the right text       {_share(result.precision):>8}",
        f"{result.elapsed_s:.2f} s to find{memory}",
    ]
    return lines


eval = eval_command  # the name under which the command line looks a command up
