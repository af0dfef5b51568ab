"""The command line: parse, call, print; no logic."""

from __future__ import annotations

import importlib
import io
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

import dedupe
from dedupe.cli import options as cli_options
from dedupe.cli.options import given
from dedupe.errors import DedupeError
from dedupe.inputs import files

# Commands that live in modules of their own, loaded when they are called.
_ELSEWHERE: dict[str, str] = {
    "corpus": "dedupe.cli.unique",
    "eval": "dedupe.cli.evaluate",
    "index": "dedupe.cli.index",
    "merge": "dedupe.cli.merge",
    "unique": "dedupe.cli.unique",
}


class Refused(click.ClickException):
    """An error of the library, shown as one line."""

    exit_code = 2


class Group(click.Group):
    """A group that loads a command when it is called, and turns the library's errors into exit code 2."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, those of unloaded commands too."""
        return sorted({*super().list_commands(ctx), *_ELSEWHERE})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of a name, or None."""
        if name not in _ELSEWHERE:
            return super().get_command(ctx, name)
        command = getattr(importlib.import_module(_ELSEWHERE[name]), name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run, and show an error of ours as one line."""
        try:
            return super().invoke(ctx)
        except DedupeError as error:
            raise Refused(str(error)) from error


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(
    dedupe.__version__, prog_name="dedupe", message=f"%(prog)s %(version)s (dedupe-text, {dedupe.backend()} core)"
)
def main() -> None:
    """Find text that says the same thing twice; keep one, say why, lose nothing."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # for characters that the terminal does not have


@main.command()
@click.argument("paths", metavar="FILE...", nargs=-1)
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), help="Folder for the cleaned files.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write all reasons here, as JSON.")
@click.option("--explain", is_flag=True, help="Say what was removed and why.")
@click.option("--jsonl", is_flag=True, help="JSON Lines from standard input to standard output, as they come.")
@click.option("--text", show_default="text", help="With --jsonl: the field with the text.")
@click.option(
    "--index",
    type=click.Path(file_okay=False),
    help="The former name of dedupe unique --jsonl --index: drops whole records.",
)
@click.option("--id", metavar="FIELD", help="With --index: the field that names each document.")
@click.option("--unbuffered", is_flag=True, default=None, help="With --jsonl: write each line before reading the next.")
@click.option("--on-error", show_default="raise", help="With --jsonl: a bad line: raise, skip, keep.")
@cli_options.encoding
@cli_options.settings("clean")
def clean(
    paths: Sequence[str],
    output: Path | None,
    report: Path | None,
    explain: bool,
    jsonl: bool,
    encoding: str,
    **more: Any,
) -> None:
    """Take repeated blocks out of texts, each inside itself.

    One FILE goes to standard output, several need -o. - is standard input.
    With --jsonl each line of standard input is a document, and comes out in its place.
    """
    piped = given({name: more.pop(name) for name in ("text", "index", "id", "unbuffered", "on_error")})
    if jsonl:
        if paths not in ((), ("-",)) or output or report or explain:
            raise click.UsageError(
                "--jsonl reads standard input and writes standard output; leave FILE, -o and reports out"
            )
        from dedupe.cli import pipe

        if "index" in piped:
            name = "dedupe unique --jsonl --index"
            click.echo(f"dedupe clean --jsonl --index drops whole records; the name for that is {name}", err=True)
        sys.exit(pipe.main(pipe.Pipe(**piped, settings=given(more))))
    if piped:
        raise click.UsageError(f"--{next(iter(piped)).replace('_', '-')} needs --jsonl")
    if not paths:
        raise click.UsageError("give a FILE, or - for standard input")
    if len(paths) > 1 and output is None:
        raise click.UsageError("several files need a folder for the cleaned ones: add -o FOLDER")
    _clean_files(paths, output, report, explain, encoding, given(more))


def _clean_files(
    paths: Sequence[str],
    output: Path | None,
    report: Path | None,
    explain: bool,
    encoding: str,
    settings: dict[str, Any],
) -> None:
    from dedupe.report import terminal

    places = files.targets(paths, output) if output else []
    texts = [files.read(path, encoding) for path in paths]
    results = [dedupe.analyze(text, **settings) for text in texts]
    for place, result in zip(places, results, strict=False):
        files.write(place, result.text.encode(encoding))
    if report:
        made = [{"file": path, **result.to_dict()} for path, result in zip(paths, results, strict=True)]
        files.write(report, (json.dumps(made, ensure_ascii=True, indent=1) + "\n").encode())
    if output is None:
        sys.stdout.buffer.write(results[0].text.encode(encoding))
        sys.stdout.flush()
    for path, result in zip(paths, results, strict=True):
        click.echo(terminal.summary(path, result), err=True)
        for line in terminal.reasons(result) if explain else ():
            click.echo(line, err=True)


@main.command()
@click.argument("paths", metavar="FILE...", nargs=-1, required=True)
@cli_options.as_json
@cli_options.encoding
@cli_options.settings("find")
def find(paths: Sequence[str], as_json: bool, encoding: str, **settings: Any) -> None:
    """Find near-duplicates among files; each FILE is one document."""
    from dedupe.report import terminal

    found = dedupe.find([files.read(path, encoding) for path in paths], **given(settings))
    if as_json:
        click.echo(json.dumps({"files": list(paths), **found.to_dict()}, indent=1))
        return
    for line in terminal.matches(found, paths):
        click.echo(line)


@main.command()
@click.argument("first", metavar="FILE")
@click.argument("second", metavar="FILE")
@cli_options.as_json
@click.option("--width", type=int, show_default="that of the terminal", help="Columns to use.")
@cli_options.encoding
@cli_options.settings("compare", without=("threads",))
def compare(first: str, second: str, as_json: bool, width: int | None, encoding: str, **settings: Any) -> None:
    """Show two files side by side, the passages that they share marked."""
    from dedupe.report import terminal

    left, right = files.read(first, encoding), files.read(second, encoding)
    result = dedupe.compare(left, right, **given(settings))
    if as_json:
        click.echo(json.dumps(result.to_dict(), indent=1))
        return
    colour = sys.stdout.isatty()

    def mark(text: str) -> str:
        return click.style(text, fg="green", bold=True) if colour else f"[{text}]"

    for line in terminal.side_by_side(
        left, right, result, width=width or shutil.get_terminal_size().columns, mark=mark
    ):
        click.echo(line)
    for line in terminal.comparison(result):
        click.echo(line)
