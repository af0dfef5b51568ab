"""The command `dedupe merge`: parse, call, print."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

import dedupe
from dedupe.cli import options as cli_options
from dedupe.cli.options import given
from dedupe.errors import InputError
from dedupe.inputs import files


@click.command()
@click.argument("paths", metavar="FILE...", nargs=-1, required=True)
@cli_options.text
@click.option("--id", default="id", show_default=True, help="Field of the id.")
@click.option("--date", default="date", show_default=True, help="Field of the date.")
@click.option("--source", default="source", show_default=True, help="Field of the source.")
@click.option("--within", help="Longest time between documents of one story, such as 3d or 12h.")
@click.option("--keep", show_default="longest", help="Whose account leads: longest, first, last.")
@click.option("--error-rate", type=float, show_default="0.1", help="Share of chance pairs that is accepted.")
@click.option("--on-error", show_default="raise", help="Records with a bad date or text: raise, skip.")
@click.option("--min-documents", default=1, show_default=True, help="Print stories with this many documents or more.")
@cli_options.encoding
@click.option("--json", "as_json", is_flag=True, help="One JSON object per story instead of Markdown.")
def merge(
    paths: tuple[str, ...],
    text: str,
    id: str,
    date: str,
    source: str,
    min_documents: int,
    encoding: str,
    as_json: bool,
    **settings: Any,
) -> None:
    """Tell overlapping coverage once.

    A FILE of JSON Lines (.jsonl or .ndjson, plain, .gz or .zst; - is standard input) has a document per line, any
    other FILE is one document.
    """
    fields = {"text": text, "id": id, "date": date, "source": source}
    documents = [found for path in paths for found in _documents(path, fields, encoding)]
    stories = dedupe.merge(documents, **given(settings))
    shown = [story for story in stories if len(story.documents) >= min_documents]
    if as_json:
        for story in shown:
            click.echo(json.dumps(story.to_dict(), ensure_ascii=False))
    else:
        click.echo("\n---\n\n".join(story.to_markdown() for story in shown), nl=False)
    if stories.skipped:
        click.echo(f"{len(stories.skipped)} records skipped; the first: {stories.skipped[0][1]}", err=True)


def _documents(path: str, fields: dict[str, str], encoding: str) -> Iterator[dict[str, Any]]:
    from dedupe.cli.records import has_records, records

    if not has_records(path):
        yield {"id": Path(path).name, "text": files.read(path, encoding)}
        return
    for place, record in records(path):
        if fields["text"] not in record:
            raise InputError(f"{place} has no field {fields['text']!r}; name the text field with --text")
        yield {name: record[field] for name, field in fields.items() if field in record}
