"""The command `dedupe unique`, formerly `dedupe corpus`: parse, call, print; no logic."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from dedupe.cli import options as cli_options
from dedupe.errors import DedupeError
from dedupe.matching.recipe import options_in

if TYPE_CHECKING:
    from dedupe.engines.files.estimate import Estimate
    from dedupe.engines.files.summary import CorpusSummary

# What only one engine has.
_LOCAL = (
    "inside", "min_documents", "on_error", "max_loss", "source", "against", "removed_format", "mark", "memory",
    "threads", "resume", "progress_json",
)  # fmt: skip
_SPARK = ("master", "work")
_PIPE = ("text", "id", "index", "unbuffered", "on_error")  # what a pipe has, beside the options of an index

LOSS, SYSTEM, INTERRUPTED = 3, 4, 130  # exit codes; 0 is done, 2 an error in the call or the input

_EPILOG = """Exit codes: 0 done; 2 an option or an input is wrong; 3 more would go than --max-loss allows, nothing
was written; 4 the system failed (disk full, no permission), go on with --resume; 130 interrupted, go on with --resume."""


@click.command(epilog=_EPILOG)
@click.argument("inputs", metavar="INPUT...", nargs=-1)
@click.option("-o", "--output", help="Folder or URL for the cleaned files; a file for one INPUT; - is stdout.")
@cli_options.text
@click.option("--id", help="Column that identifies a document; file and row do without it.")
@click.option("--format", help="jsonl, csv, tsv, parquet, arrow, warc, text; told from the names by default.")
@click.option("--inside", is_flag=True, help="Clean each document inside itself first.")
@cli_options.settings("files")
@click.option("--min-documents", type=int, default=1, help="A paragraph goes only if in so many documents.")
@click.option("--empty", default="drop", show_default=True, help="Documents that lose all text: drop or keep.")
@click.option(
    "--on-error", default="raise", show_default=True, help="Bad rows and files: raise, skip, quarantine (a pipe: keep)."
)
@click.option("--max-loss", type=float, help="Stop before writing if a source, or all, would lose more of their words.")
@click.option(
    "--source", help="Column that says where a document is from, for --max-loss and the summary; or its file."
)
@click.option("--against", help="Folder of an index: documents that match one of it go.")
@click.option("--removed-format", default="jsonl", show_default=True, help="List of what went: jsonl or parquet.")
@click.option("--mark", is_flag=True, help="Keep everything; add columns that say what would go.")
@click.option("--memory", default="2GB", show_default=True, help="Bound on the memory of the process.")
@click.option("--resume", is_flag=True, help="Go on with an interrupted run.")
@click.option("--dry-run", is_flag=True, help="Say what a run would take, from a sample; write nothing.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write the summary here, as JSON.")
@click.option("--progress-json", is_flag=True, help="Tell progress as lines of JSON on stderr.")
@click.option("--quiet", is_flag=True, help="Tell nothing but errors.")
@click.option(
    "--engine", type=click.Choice(["local", "spark"]), default="local", show_default=True, help="Where to run."
)
@click.option(
    "--master", help="On Spark: the master, as in local[*] or spark://host:7077; that of the environment else."
)
@click.option("--work", help="On Spark: folder that all executors reach; the same call goes on there.")
@click.option("--jsonl", is_flag=True, help="JSON Lines from standard input to standard output, as they come.")
@click.option(
    "--index", type=click.Path(file_okay=False), help="With --jsonl: an index of what earlier runs have seen."
)
@click.option("--unbuffered", is_flag=True, help="With --jsonl: write each line before reading the next.")
def unique(
    inputs: tuple[str, ...],
    output: str | None,
    resume: bool,
    dry_run: bool,
    report: Path | None,
    progress_json: bool,
    quiet: bool,
    engine: str,
    master: str | None,
    work: str | None,
    jsonl: bool,
    index: str | None,
    unbuffered: bool,
    **settings: Any,
) -> None:
    """Keep one of each group of near-duplicates in files of any size, and write the same files without the others.

    INPUT is a file, a folder, a URL, or - for standard input: JSON Lines, CSV, TSV, Parquet, Arrow, saved data sets,
    WARC and WET, text files; plain, gzip or Zstandard. What went is listed in OUTPUT/_dedupe/removed.jsonl.
    With --jsonl each line of standard input is a document, and comes out unless one before it is like it.
    """
    if jsonl:
        _through_a_pipe(inputs, settings, index=index, unbuffered=unbuffered)
        return
    if index is not None or unbuffered:
        raise click.UsageError(f"--{'unbuffered' if index is None else 'index'} needs --jsonl")
    if not inputs or output is None:
        raise click.UsageError("give INPUT and -o OUTPUT, or --jsonl for a pipe")
    from dedupe.engines.files.estimate import estimate
    from dedupe.engines.files.run import make_job, unique_files
    from dedupe.errors import LossError

    chosen = cli_options.given(settings)
    if engine == "spark":
        _refuse(_LOCAL, "--engine spark goes without it")
        _on_spark(inputs, output, master, dry_run=dry_run, report=report, quiet=quiet, work=work, settings=chosen)
        return
    _refuse(_SPARK, "it is for --engine spark")
    try:
        if dry_run:
            text, key, memory = chosen.pop("text"), chosen.pop("id", None), chosen.pop("memory")
            job = make_job(text=text, id=key, memory=memory, options=None, settings=chosen)
            _say(_estimate_lines(estimate(inputs, output, job)), err=False)
            return
        style: bool | str = "json" if progress_json else not quiet and sys.stderr.isatty()
        summary = unique_files(list(inputs), output, resume=resume, progress=style, **chosen)
    except LossError as error:
        _stop(error, LOSS)
    except OSError as error:
        _stop(error, SYSTEM)
    except KeyboardInterrupt:
        click.echo("Interrupted; go on with --resume.", err=True)
        raise SystemExit(INTERRUPTED) from None
    if report:
        report.write_text(json.dumps(summary.to_dict(), indent=2) + "\n", encoding="utf-8")
    if not quiet and not progress_json:
        _say(_summary_lines(summary), err=True)


corpus = click.Command(
    "corpus", params=unique.params, callback=unique.callback, epilog=_EPILOG, short_help="Former name of unique.",
    help="The same as dedupe unique, under its former name.",
)  # fmt: skip


def _through_a_pipe(inputs: tuple[str, ...], settings: dict[str, Any], **piped: Any) -> None:
    from dedupe.cli import pipe

    if inputs not in ((), ("-",)):
        raise click.UsageError("--jsonl reads standard input; leave INPUT out")
    held = {*_PIPE, *options_in("index"), "jsonl", "inputs"}
    _refuse(tuple(name for name in click.get_current_context().params if name not in held), "--jsonl goes without it")
    piped |= {name: settings[name] for name in _PIPE if name in settings}
    of_matching = {name: settings[name] for name in options_in("index")}
    sys.exit(pipe.main(pipe.Pipe(**piped, drop=True, settings=cli_options.given(of_matching))))


def _refuse(names: tuple[str, ...], why: str) -> None:
    """Stop at an option that the engine does not have, rather than pass over it."""
    context = click.get_current_context()
    for name in names:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise click.UsageError(f"--{name.replace('_', '-')} was given, but {why}")


def _on_spark(
    inputs: tuple[str, ...],
    output: str,
    master: str | None,
    *,
    dry_run: bool,
    report: Path | None,
    quiet: bool,
    work: str | None,
    settings: dict[str, Any],
) -> None:
    from dedupe.engines.spark.files import clean_files, plan, start

    kept = {name: value for name, value in settings.items() if name not in _LOCAL}
    session = start(master)
    try:
        if dry_run:
            del kept["empty"]
            click.echo(plan(session, inputs, **kept))
            return
        made = clean_files(session, inputs, output, work=work, **kept)
    finally:
        session.stop()
    if report:
        report.write_text(json.dumps(made._asdict(), indent=2) + "\n", encoding="utf-8")
    if not quiet:
        gone = ", ".join(f"{count:,} {rule}" for rule, count in sorted(made.removed.items())) or "none"
        click.echo(f"documents  {made.documents_in:,} in, {made.documents_out:,} out", err=True)
        click.echo(f"removed    {gone}\nrecall     promised {made.recall_promised:.3f}", err=True)
        click.echo(f"list       {made.removed_list}", err=True)


def _stop(error: DedupeError | OSError, code: int) -> None:
    click.echo(f"Error: {error}", err=True)
    raise SystemExit(code)


def _say(lines: Iterator[str], *, err: bool) -> None:
    for line in lines:
        click.echo(line, err=err)


def _size(n_bytes: int | None) -> str:
    if n_bytes is None:
        return "unknown"
    for unit in ("B", "KB", "MB"):
        if n_bytes < 1024:
            return f"{n_bytes:.0f} {unit}"
        n_bytes = n_bytes // 1024 if unit != "MB" else n_bytes
    return f"{n_bytes / 1024:.1f} GB"


def _summary_lines(made: CorpusSummary) -> Iterator[str]:
    lost = (made.words_in - made.words_out) / max(made.words_in, 1)
    yield f"documents  {made.documents_in:,} in, {made.documents_out:,} out"
    yield f"words      {made.words_in:,} in, {made.words_out:,} out (-{lost:.1%})"
    yield "removed    " + ", ".join(
        f"{count:,} {rule}" for rule, count in made.removed.items() if count or rule not in ("against", "inside")
    )
    if made.variants:
        yield f"variants   {made.variants:,} share enough with another and say something else: they stay"
    if made.shortened or made.emptied:
        yield f"shortened  {made.shortened:,} documents, of these {made.emptied:,} to nothing"
    if made.unreadable:
        yield f"unreadable {made.unreadable:,}, the first: {made.problems[0]['problem']}"
    for cluster in made.clusters[:3]:
        name = cluster["survivor"]
        yield f"cluster    {cluster['size']:,} alike, kept {name.get('id') or name['file'] + ':' + str(name['row'])}"
    for source in made.sources[:3] if len(made.sources) > 1 or made.settings["source"] else ():
        yield f"source     {source['source'] or 'none'} lost {source['lost']:.1%} of its words"
    measured = "" if made.recall_measured is None else f", measured {made.recall_measured:.3f} on a sample"
    yield f"recall     promised {made.recall_promised:.3f}{measured}"
    if made.capped:
        yield f"capped     {made.capped:,} times a bucket was full: some pairs were not compared"
    yield f"took       {made.elapsed_s:.1f} s, {_size(made.peak_memory_bytes)} of memory, {_size(made.spilled_bytes)} of disk"
    if made.removed_list:
        yield f"list       {made.removed_list}"


def _estimate_lines(made: Estimate) -> Iterator[str]:
    yield f"files      {made.files:,}, {_size(made.bytes_in)}"
    yield f"text       about {_size(made.text_bytes)}: {made.documents:,} documents, {made.words:,} words"
    yield f"compared   about {made.blocks:,} blocks by {made.n_bands} bands, recall {made.recall_promised:.3f}"
    yield f"time       about {made.elapsed_s:.0f} s"
    yield f"memory     about {_size(made.memory_bytes)}"
    yield f"disk       about {_size(made.spill_bytes)} in work, at most {_size(made.output_bytes)} of output"
    yield f"           (from a sample of {_size(made.sampled_bytes)} of text; nothing was written)"
