"""The command `dedupe merge`: parse, call, print."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import click

from dedupe.errors import DedupeError, InputError
from dedupe.merge import ERROR_RATE
from dedupe.merge import merge as merge_docs

_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")


@click.command(name="merge")
@click.argument("paths", nargs=-1, required=True, metavar="FILES…")
@click.option("--text", default="text", show_default=True, help="Field of the text in JSON lines.")
@click.option("--id", "id_field", default="id", show_default=True, help="Field of the id.")
@click.option("--date", default="date", show_default=True, help="Field of the date.")
@click.option("--source", default="source", show_default=True, help="Field of the source.")
@click.option("--within", default=None, help="Longest time between documents of one story, such as 3d or 12h.")
@click.option("--keep", type=click.Choice(["longest", "first", "last"]), default="longest", show_default=True)
@click.option("--error-rate", default=ERROR_RATE, show_default=True, help="Share of chance pairs that is accepted.")
@click.option("--on-error", type=click.Choice(["raise", "skip"]), default="raise", show_default=True)
@click.option("--min-documents", default=1, show_default=True, help="Print stories with this many documents or more.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per story instead of Markdown.")
def merge(
    paths: tuple[str, ...],
    text: str,
    id_field: str,
    date: str,
    source: str,
    within: str | None,
    keep: Any,
    error_rate: float,
    on_error: Any,
    min_documents: int,
    as_json: bool,
) -> None:
    """Tell overlapping coverage once: text files (one document each) or JSON lines; - reads standard input."""
    fields = {"text": text, "id": id_field, "date": date, "source": source}
    try:
        records = [record for path in paths for record in _records(path, fields)]
        stories = merge_docs(records, within=within, keep=keep, error_rate=error_rate, on_error=on_error)
    except (DedupeError, OSError, UnicodeDecodeError) as error:
        raise click.ClickException(str(error)) from error
    shown = [story for story in stories if len(story.documents) >= min_documents]
    if as_json:
        for story in shown:
            click.echo(json.dumps(story.to_dict(), ensure_ascii=False))
    else:
        click.echo("\n---\n\n".join(story.to_markdown() for story in shown), nl=False)
    if stories.skipped:
        click.echo(f"{len(stories.skipped)} records skipped; the first: {stories.skipped[0][1]}", err=True)


def _records(path: str, fields: dict[str, str]) -> list[dict[str, Any]]:
    if not path.endswith(_LINES) and path != "-":
        return [{"id": Path(path).name, "text": Path(path).read_text("utf-8", "surrogateescape")}]
    if path == "-":
        lines = sys.stdin.read().splitlines()
    else:
        data = Path(path).read_bytes()
        lines = (gzip.decompress(data) if path.endswith(".gz") else data).decode("utf-8").splitlines()
    return [_record(path, number, line, fields) for number, line in enumerate(lines, 1) if line.strip()]


def _record(path: str, number: int, line: str, fields: dict[str, str]) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}, line {number} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise InputError(f"{path}, line {number} is a JSON {type(found).__name__}, not an object")
    if fields["text"] not in found:
        raise InputError(f"{path}, line {number} has no field {fields['text']!r}; name the text field with --text")
    return {name: found[field] for name, field in fields.items() if field in found}
