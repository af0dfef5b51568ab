"""Files in, files out, on a cluster: what `dedupe corpus --engine spark` does."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from dedupe.engines import arrow as kernels
from dedupe.engines.spark.columns import named
from dedupe.engines.spark.explain import describe
from dedupe.engines.spark.job import Job, Limits, check_empty
from dedupe.engines.spark.verbs import flags_of, kept
from dedupe.errors import InputError, OptionError
from dedupe.inputs import formats
from dedupe.matching.recipe import Recipe

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

FORMATS = {kind: formats.FORMATS[kind] for kind in ("jsonl", "parquet")}
_PACKED = {".gz": "gzip", ".bz2": "bzip2"}


class Summary(NamedTuple):
    """What a run did.

    Attributes:
        documents_in: Rows that came in.
        documents_out: Rows that went out.
        removed: How many blocks went, by rule.
        recall_promised: Share of the pairs at the threshold that were compared.
        output: Folder of the kept rows.
        removed_list: Folder of the removed list.
    """

    documents_in: int
    documents_out: int
    removed: dict[str, int]
    recall_promised: float
    output: str
    removed_list: str


def start(master: str | None) -> SparkSession:
    """Start a session, or take the one that is there; workers on this machine get this Python."""
    builder = SparkSession.builder.appName("dedupe")
    if master is not None:
        builder = builder.master(master)
    if master is None or master.startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    return builder.getOrCreate()


def clean_files(
    session: SparkSession,
    inputs: Sequence[str],
    output: str,
    *,
    text: str = "text",
    id: str | None = None,
    format: str | None = None,
    empty: str = "drop",
    work: str | None = None,
    explain: bool = False,
    **settings: Any,
) -> Summary:
    """Take the duplicates out of JSON Lines or Parquet, and write the rest.

    The defaults are those of :func:`dedupe.unique_files`. Rows have no order here: where a policy leaves two alike, the
    one with the lesser id stays.

    Args:
        session: The Spark session.
        inputs: Paths or URLs, of one format; globs and folders as Spark takes them.
        output: Folder for the kept rows, which must not be there; kept lines of JSON are as they were.
        text: Name of the text.
        id: Name of what identifies a document.
        format: jsonl or parquet; None for the one that the names have.
        empty: What happens to a document that loses all its blocks: ``drop`` or ``keep``.
        work: Folder that the driver and all executors reach, to resume an interrupted run.
        explain: Print the plan before it runs.
        **settings: The fields of :class:`dedupe.Options`.

    Returns:
        Counts. The removed list is under ``_dedupe/removed`` in the output, as lines of JSON.

    Raises:
        InputError: An input or the output is not what it should be.
        OptionError: A setting breaks its rule.
    """
    check_empty(empty)
    if output == "-":
        raise OptionError("on a cluster the output must be a folder, got '-'")
    table, job = _opened(session, inputs, text, id, format, settings)
    is_lines = format_of(inputs, format) == "jsonl"
    flags = flags_of(table, job, work, explain=explain)
    left = kept(table, flags, job, empty)
    try:
        if is_lines:
            lines = left.mapInArrow(partial(kernels.lines_with, name=text), "value string")
            lines.write.text(output, compression=_packing(inputs))
        else:
            left.write.parquet(output)
    except Exception as error:
        if "PATH_ALREADY_EXISTS" in str(error) or "already exists" in str(error):
            raise InputError(f"output {output} is there already; name another folder, or delete it") from error
        raise
    removed = flags.where("survivor IS NOT NULL")
    removed.write.json(f"{output}/_dedupe/removed")
    written = session.read.text(output) if is_lines else session.read.parquet(output)
    return Summary(
        documents_in=table.count(),
        documents_out=written.count(),
        removed={row["rule"]: row["count"] for row in removed.groupBy("rule").count().collect()},
        recall_promised=job.recipe.recall_promised,
        output=output,
        removed_list=f"{output}/_dedupe/removed",
    )


def plan(
    session: SparkSession,
    inputs: Sequence[str],
    *,
    text: str = "text",
    id: str | None = None,
    format: str | None = None,
    **settings: Any,
) -> str:
    """Describe what :func:`clean_files` would do and move, and do nothing else."""
    table, job = _opened(session, inputs, text, id, format, settings)
    job.check(table)
    return describe(table, job)


def _opened(
    session: SparkSession,
    inputs: Sequence[str],
    text: str,
    id: str | None,
    format: str | None,
    settings: dict[str, Any],
) -> tuple[DataFrame, Job]:
    """The rows of files, and the job to do on them; lines of JSON bring their fields under names of their own."""
    if id is None:
        raise OptionError("on a cluster rows have no numbers, so id must name a column that identifies each document")
    recipe = Recipe.of("spark files", None, settings)
    if format_of(inputs, format) == "parquet":
        return session.read.parquet(*inputs), Job(text, id, recipe, Limits())
    return _lines(session, inputs, text, id), Job("text", "id", recipe, Limits())


def format_of(inputs: Sequence[str], format: str | None) -> str:
    """The one format of the inputs.

    Raises:
        InputError: They have several, or none that is known.
        OptionError: The format asked for is none of those that a cluster reads.
    """
    if format is not None:
        if format not in FORMATS:
            raise OptionError(f"on a cluster format must be 'jsonl' or 'parquet', got {format!r}")
        return format
    kinds = {_format_of_name(name) for name in inputs}
    if len(kinds) != 1 or None in kinds:
        raise InputError(
            f"cannot tell one format from {', '.join(inputs)}; give --format jsonl or --format parquet (format=)"
        )
    return str(kinds.pop())


def _format_of_name(name: str) -> str | None:
    bare = name.rstrip("/").lower()
    for ending in _PACKED:
        bare = bare.removesuffix(ending)
    return next((kind for kind, endings in FORMATS.items() if bare.endswith(endings)), None)


def _packing(inputs: Sequence[str]) -> str:
    ending = os.path.splitext(inputs[0].lower())[1]
    return _PACKED.get(ending, "none")


def _lines(session: SparkSession, inputs: Sequence[str], text: str, id: str) -> DataFrame:
    """The lines of files with the text and the id of each: line, text, old (the text once more), id.

    Raises:
        InputError: A name cannot be looked up, or no line has the text.
    """
    for name in (text, id):
        if "'" in name or "]" in name:
            raise InputError(f"a name with a quote or a bracket cannot be looked up in JSON on a cluster, got {name!r}")
    lines = session.read.text(list(inputs)).where(F.trim("value") != "").withColumnRenamed("value", "line")
    field = F.get_json_object("line", f"$['{text}']")
    table = lines.select(
        "line", field.alias("text"), field.alias("old"), F.get_json_object("line", f"$['{id}']").alias("id")
    )
    if table.limit(1).count() and not table.where(named("text").isNotNull()).limit(1).count():
        raise InputError(f"no line of {', '.join(inputs)} has a field {text!r}; name the text with --text (text=)")
    return table
