"""The command `dedupe eval`: what to expect of a setting on one's own texts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from dedupe.cli import options as cli_options
from dedupe.errors import InputError
from dedupe.inputs import files

if TYPE_CHECKING:
    from dedupe.verbs.evaluate import Evaluation


@click.command("eval")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True)
@cli_options.text
@click.option("--rate", type=float, default=0.2, show_default=True, help="Copies to plant per text.")
@cli_options.settings("evaluate")
@cli_options.encoding
@cli_options.as_json
def eval_command(paths: tuple[str, ...], text: str, rate: float, encoding: str, as_json: bool, **settings: Any) -> None:
    """Plant edited copies among your own texts and say how many are found.

    A FILE of JSON Lines (.jsonl or .ndjson, plain, .gz or .zst; - is standard input) has a text per line, any other
    FILE is one text. Nothing is written.
    """
    from dedupe.verbs.evaluate import evaluate

    texts = [found for path in paths for found in _texts(path, text, encoding)]
    result = evaluate(texts, rate=rate, **cli_options.given(settings))
    click.echo(json.dumps(result.to_dict(), indent=1) if as_json else "\n".join(_lines(result)))


def _texts(path: str, field: str, encoding: str) -> list[str]:
    from dedupe.cli.records import has_records, records

    if not has_records(path):
        return [files.read(path, encoding)]
    texts = []
    for place, record in records(path):
        if not isinstance(record.get(field), str):
            raise InputError(f"{place}: no text in field {field!r} (it has: {', '.join(record)}); name it with --text")
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
        beside = f"({result.reaching} copies must be found: they are like the text that stays)"
        lines.append(f"found of those that must be   {_share(result.recall_at_threshold):>8}  {beside}")
    lines += [
        f"put with the right text       {_share(result.precision):>8}",
        f"{result.elapsed_s:.2f} s to find{memory}",
    ]
    return lines


eval = eval_command  # the name under which the command line looks a command up
