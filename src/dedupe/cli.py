"""The command line: parse, call, print; no logic."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

import dedupe
from dedupe import files
from dedupe.errors import DedupeError

_Command = TypeVar("_Command", bound=Callable[..., Any])

# Commands that live in modules of their own, loaded when they are called.
_ELSEWHERE: dict[str, str] = {
    "corpus": "dedupe.cli_corpus",
    "eval": "dedupe.cli_eval",
    "index": "dedupe.cli_index",
    "merge": "dedupe.cli_merge",
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


_SETTINGS: list[Callable[[_Command], _Command]] = [
    click.option("--unit", help="What is compared: paragraph, line, sentence, document."),
    click.option("--measure", help="How alike: jaccard, containment, ratio, weighted."),
    click.option("--threshold", type=float, help="Similarity from which a block is a duplicate, above 0 up to 1."),
    click.option("--width-words", type=int, help="Words per shingle."),
    click.option("--recall", type=float, help="Share of the pairs at the threshold that must be compared."),
    click.option("--keep", help="Which copy stays: first, last, longest."),
    click.option("--min-words", type=int, help="Blocks with fewer words match only identical ones."),
    click.option("--threads", type=int, help="Threads; the result does not depend on it."),
    click.option("--seed", type=int, help="Seed of the signatures."),
]


def _settings(command: _Command) -> _Command:
    for option in reversed(_SETTINGS):
        command = option(command)
    return command


def _given(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if value is not None}


_encoding = click.option("--encoding", default="utf-8", show_default=True, help="Of the files, in and out.")


@main.command()
@click.argument("paths", metavar="FILE...", nargs=-1)
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), help="Folder for the cleaned files.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write all reasons here, as JSON.")
@click.option("--explain", is_flag=True, help="Say what was removed and why.")
@click.option("--jsonl", is_flag=True, help="JSON Lines from standard input to standard output, as they come.")
@click.option("--text", help="With --jsonl: the field with the text.  [default: text]")
@click.option("--index", type=click.Path(file_okay=False), help="With --jsonl: drop what this index has, and add it.")
@click.option("--id", "id_", metavar="FIELD", help="With --index: the field that names each document.")
@click.option("--unbuffered", is_flag=True, default=None, help="With --jsonl: write each line before reading the next.")
@click.option("--on-error", help="With --jsonl: what becomes of a bad line: stop, skip, keep.  [default: stop]")
@_encoding
@_settings
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
    from dedupe.report import terminal

    names = ("text", "index", "id", "unbuffered", "on_error")
    more["id"] = more.pop("id_")
    settings = {name: value for name, value in more.items() if name not in names}
    piped = _given({name: more[name] for name in names})
    if jsonl:
        if paths not in ((), ("-",)) or output or report or explain:
            raise click.UsageError(
                "--jsonl reads standard input and writes standard output; leave FILE, -o and reports out"
            )
        from dedupe import pipe

        sys.exit(pipe.main(pipe.Pipe(**piped, settings=_given(settings))))
    if piped:
        raise click.UsageError(f"--{next(iter(piped)).replace('_', '-')} needs --jsonl")
    if not paths:
        raise click.UsageError("give a FILE, or - for standard input")
    if len(paths) > 1 and output is None:
        raise click.UsageError("several files need a folder for the cleaned ones: add -o FOLDER")
    places = files.targets(paths, output) if output else []
    texts = [files.read(path, encoding) for path in paths]
    results = [dedupe.analyze(text, **_given(settings)) for text in texts]
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
@click.option("--linkage", help="How matches make clusters: survivor, complete, average, single.")
@click.option("--pairs", help="survivors (each duplicate with its survivor) or all (every matching pair).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_encoding
@_settings
def find(paths: Sequence[str], as_json: bool, encoding: str, **settings: Any) -> None:
    """Find near-duplicates among files; each FILE is one document."""
    from dedupe.report import terminal

    found = dedupe.find([files.read(path, encoding) for path in paths], **_given(settings))
    if as_json:
        click.echo(json.dumps({"files": list(paths), **found.to_dict()}, indent=1))
        return
    for line in terminal.matches(found, paths):
        click.echo(line)


@main.command()
@click.argument("first", metavar="FILE")
@click.argument("second", metavar="FILE")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--width", type=int, help="Columns to use; default: those of the terminal.")
@click.option("--threshold", type=float, help="Similarity from which the texts count as duplicates.")
@click.option("--width-words", type=int, help="Words per shingle.")
@_encoding
def compare(first: str, second: str, as_json: bool, width: int | None, encoding: str, **settings: Any) -> None:
    """Show two files side by side, the passages that they share marked."""
    from dedupe.report import terminal

    left, right = files.read(first, encoding), files.read(second, encoding)
    result = dedupe.compare(left, right, **_given(settings))
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
    click.echo(terminal.comparison(result))
