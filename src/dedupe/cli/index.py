"""The commands `dedupe index …`: parse, call, print; no logic."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from dedupe.cli import options as cli_options

_PATH = click.argument("path", metavar="INDEX", type=click.Path(file_okay=False, path_type=Path))
_TIMEOUT = click.option("--timeout", type=float, default=10.0, show_default=True, help="Seconds to wait for a writer.")


@click.group()
def index() -> None:
    """Keep an index on the disk: add texts as they come, ask what is known."""


@index.command()
@_PATH
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@cli_options.text
@click.option("--id", "id_", default="id", show_default=True, help="Column that names each document.")
@click.option(
    "--format", "format_", help="jsonl, csv, tsv, parquet, arrow, warc, text; told from the names by default."
)
@click.option("--on-conflict", default="error", show_default=True, help="An id that is there: error, replace, skip.")
@click.option("--explain", is_flag=True, help="Print each duplicate as a line of JSON.")
@click.option("--no-text", is_flag=True, help="A new index keeps hashes instead of texts.")
@cli_options.settings("index")
@_TIMEOUT
def add(path: Path, files: tuple[str, ...], explain: bool, no_text: bool, timeout: float, **more: Any) -> None:
    """Add the documents of FILEs to INDEX, which is made when it is not there.

    The unit, the threshold and the numbers of words are those of a new index; one that is there keeps its own.
    """
    from dedupe.engines.index import Index
    from dedupe.engines.index.arrivals import read_files

    columns = {"id": more.pop("id_"), "text": more.pop("text"), "format": more.pop("format_")}
    on_conflict = more.pop("on_conflict")
    settings = cli_options.given(more)
    if no_text:
        settings["store_text"] = False
    n_docs = n_new = n_duplicates = n_skipped = 0
    with Index(path, timeout=timeout, **settings) as opened:
        for documents in read_files(files, **columns):
            report = opened.add_documents(documents, on_conflict)
            n_docs += report.n_documents
            n_new += len(report.new)
            n_duplicates += report.stats["duplicates"]
            n_skipped += len(report.skipped)
            for duplicate in report.duplicates if explain else ():
                click.echo(json.dumps(duplicate.to_dict()))
    skipped = f"; {n_skipped} skipped, they are there already" if n_skipped else ""
    told = f"{n_docs} documents added, {n_new} with something new; {n_duplicates} duplicate blocks{skipped}"
    click.echo(f"{path}: {told}", err=True)


@index.command()
@_PATH
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("-k", type=int, default=10, show_default=True, help="Matches for each file.")
@click.option("--check", is_flag=True, help="Say instead what the text is: new, same as, contains, contained in.")
@cli_options.encoding
def query(path: Path, files: tuple[str, ...], k: int, check: bool, encoding: str) -> None:
    """Ask INDEX for what is like each text FILE; - is standard input. Prints a line of JSON per match."""
    from dedupe.engines.index import Index
    from dedupe.inputs.files import read

    with Index(path, readonly=True) as opened:
        for name in files:
            text = read(name, encoding)
            found = [opened.check(text)] if check else opened.query(text, k=k)
            for one in found:
                click.echo(json.dumps({"file": name, **asdict(one)}))


@index.command()
@_PATH
def info(path: Path) -> None:
    """Print the settings of INDEX and its counts, as JSON."""
    from dedupe.engines.index import Index

    with Index(path, readonly=True) as opened:
        click.echo(json.dumps({"settings": opened.settings, "stats": opened.stats()}, indent=1))


@index.command()
@_PATH
def verify(path: Path) -> None:
    """Read every byte of INDEX; exit code 1 and a line per problem when something is damaged."""
    from dedupe.engines.index.storage.verification import verify as verify_index

    problems = verify_index(path)
    for problem in problems:
        click.echo(f"{problem.file}: {problem.what}")
    click.echo(f"{path}: {len(problems)} problems" if problems else f"{path} is whole", err=True)
    sys.exit(1 if problems else 0)


@index.command()
@_PATH
def repair(path: Path) -> None:
    """Make INDEX whole from what is left of it; lists what is lost. The damaged one is kept beside it."""
    from dedupe.engines.index.repair import repair as repair_index

    done = repair_index(path)
    for note in done.notes:
        click.echo(note)
    for one in done.lost:
        click.echo(f"lost: {one!r}")
    aside = f"the damaged index is {done.damaged_copy}" if done.damaged_copy else "it is whole, nothing was done"
    click.echo(f"{path}: {done.n_kept} documents kept; {aside}", err=True)


@index.command()
@_PATH
@_TIMEOUT
def compact(path: Path, timeout: float) -> None:
    """Write INDEX anew as few files, without what was removed."""
    from dedupe.engines.index import Index

    with Index(path, timeout=timeout) as opened:
        before = opened.stats()["bytes"]
        opened.compact()
        click.echo(f"{path}: {before} bytes before, {opened.stats()['bytes']} now", err=True)


@index.command()
@_PATH
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--number", is_flag=True, help="The ids are numbers, not text.")
@click.option("--missing", default="error", show_default=True, help="An id that is not there: error, ignore.")
@_TIMEOUT
def remove(path: Path, ids: tuple[str, ...], number: bool, missing: str, timeout: float) -> None:
    """Take documents out of INDEX."""
    from dedupe.engines.index import Index

    with Index(path, timeout=timeout) as opened:
        removed = opened.remove(map(int, ids) if number else ids, missing=missing)
    click.echo(f"{path}: {removed} documents removed", err=True)


@index.command()
@_PATH
def export(path: Path) -> None:
    """Print all documents of INDEX as JSON Lines, in order of arrival; `index add` takes them."""
    from dedupe.engines.index import Index

    with Index(path, readonly=True) as opened:
        for row in opened.export():
            click.echo(json.dumps(row))
