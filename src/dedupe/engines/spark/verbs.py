"""The verbs: find, unique, clean."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from pyspark.sql import functions as F

from dedupe.engines import arrow as kernels
from dedupe.engines.spark.columns import named
from dedupe.engines.spark.explain import describe
from dedupe.engines.spark.job import Job, Limits, check_empty
from dedupe.engines.spark.rounds import links
from dedupe.engines.spark.stages import candidates, source
from dedupe.engines.spark.work import Work
from dedupe.engines.spark.workers import check_workers
from dedupe.errors import InputError, nearest
from dedupe.matching.recipe import Recipe
from dedupe.options import Options, Settings
from dedupe.results import RULES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def find(
    df: DataFrame,
    *,
    text: str = "text",
    id: str = "id",
    work: str | None = None,
    explain: bool = False,
    limits: Limits | None = None,
    options: Options | None = None,
    **settings: Unpack[Settings],
) -> DataFrame:
    """Find the near-duplicates in a table; the same survivors as :func:`dedupe.find` on its rows sorted by id.

    Args:
        df: A table with a text column; it is read several times, so its rows must not change in between.
        text: Name of the text column. Null counts as empty.
        id: Name of the column that identifies a row: never null, never twice. Ties of the policy go to the least id,
            and with ``keep="first"`` the row with the least id stays.
        work: Folder or URL that the driver and all executors reach; stages are kept there, and a rerun with the same
            input and settings goes on behind the last whole one. On one machine a temporary folder will do.
        explain: Print the plan and what it is expected to shuffle, before it runs.
        limits: Sizes from which the run works in another way.
        options: All settings in one object, instead of keywords.
        **settings: The fields of :class:`dedupe.Options`; the measure is Jaccard.

    Returns:
        For each row its id (under its own name), and survivor (id of the row that stays in its place, null when it
        stays itself), similarity, rule, cluster (a number that rows with one survivor share; null without a word).
        With a smaller unit, for each block its id, block (number inside the text), start, end (characters), n_words,
        and survivor, survivor_block, survivor_start, survivor_end, similarity, rule, cluster.

    Raises:
        InputError: A column is missing or no text; an id is null or there twice; a stage in `work` is half gone.
        OptionError: A setting breaks its rule.
        WorkerError: The workers cannot run the kernels.
    """
    job = Job(text, id, Recipe.of("spark", options, settings), limits or Limits())
    return flags_of(df, job, work, explain=explain)


def unique(
    df: DataFrame,
    *,
    text: str = "text",
    id: str = "id",
    work: str | None = None,
    empty: str = "drop",
    explain: bool = False,
    limits: Limits | None = None,
    options: Options | None = None,
    **settings: Unpack[Settings],
) -> DataFrame:
    """Keep one of each group of near-duplicates; the rows that stay are as they were.

    With a smaller unit every row keeps its place, and loses the blocks whose survivors stand elsewhere.

    Args:
        df: As for :func:`find`, as are `text`, `id`, `work`, `explain`, `limits`, `options`.
        text: See there.
        id: See there.
        work: See there.
        empty: What happens to a row that loses all its blocks: ``drop`` or ``keep``.
        explain: See there.
        limits: See there.
        options: See there.
        **settings: The fields of :class:`dedupe.Options`.

    Returns:
        A table with the columns of `df`. Empty texts stay.

    Raises:
        InputError: As for :func:`find`.
        OptionError: As for :func:`find`.
        WorkerError: As for :func:`find`.
    """
    check_empty(empty)
    job = Job(text, id, Recipe.of("spark", options, settings), limits or Limits())
    return kept(df, flags_of(df, job, work, explain=explain), job, empty)


def kept(df: DataFrame, flags: DataFrame, job: Job, empty: str) -> DataFrame:
    """The rows of a table, or what is left of them, without the blocks that have a survivor elsewhere."""
    gone = flags.where("survivor IS NOT NULL").withColumnRenamed(job.id, "_dedupe_id")
    if job.options.unit == "document":
        return df.join(gone.select("_dedupe_id"), named(job.id) == F.col("_dedupe_id"), "left_anti")
    lists = gone.groupBy("_dedupe_id").agg(F.collect_list("block").alias("_dedupe_gone"))
    counts = flags.groupBy(named(job.id).alias("_dedupe_id")).agg(F.count(F.lit(1)).alias("_dedupe_n"))
    touched = (
        source(df, job).join(lists, F.col("id") == F.col("_dedupe_id")).select("_dedupe_id", "text", "_dedupe_gone")
    )
    kernel = partial(kernels.without, text="text", gone="_dedupe_gone", unit=job.options.unit)
    kind = dict(flags.dtypes)[job.id]
    shorter = touched.mapInArrow(kernel, f"_dedupe_id {kind}, text string").withColumnRenamed("text", "_dedupe_text")
    lost = lists.join(counts, "_dedupe_id").select(
        "_dedupe_id", (F.size("_dedupe_gone") == F.col("_dedupe_n")).alias("_dedupe_emptied")
    )
    joined = df.join(shorter.join(lost, "_dedupe_id"), named(job.id) == F.col("_dedupe_id"), "left")
    if empty == "drop":
        joined = joined.where("_dedupe_emptied IS NULL OR NOT _dedupe_emptied")
    return joined.select(*(_text_of(name, job.text) for name in df.columns))


def _text_of(name: str, text: str) -> Any:
    return F.coalesce("_dedupe_text", named(name)).alias(name) if name == text else named(name)


def clean(
    df: DataFrame, *, text: str = "text", options: Options | None = None, **settings: Unpack[Settings]
) -> DataFrame:
    """Clean each text inside itself, as :func:`dedupe.clean_many` does; no row meets another, so nothing is shuffled.

    Args:
        df: A table with a text column.
        text: Its name. Null stays null.
        options: All settings in one object, instead of keywords.
        **settings: The fields of :class:`dedupe.Options`.

    Returns:
        The same table with its texts cleaned, to be computed when it is asked for.

    Raises:
        InputError: The column is missing or no text.
        OptionError: A setting breaks its rule.
        WorkerError: The workers cannot run the kernels.
    """
    chosen = Recipe.of("clean", options, settings).options
    kinds = dict(df.dtypes)
    if kinds.get(text) != "string" or df.columns.count(text) != 1:
        raise InputError(
            f"text={text!r} names no text column of the frame; its columns: {', '.join(df.columns)}"
            + nearest(text, df.columns)
        )
    check_workers(df.sparkSession)
    return df.mapInArrow(partial(kernels.clean, text=text, options=chosen), df.schema)


def flags_of(df: DataFrame, job: Job, work: str | None, *, explain: bool = False) -> DataFrame:
    """Run a job up to what :func:`find` gives."""
    job.check(df)
    if explain:
        print(describe(df, job))
    session = df.sparkSession
    folder = Work.open(session, work)
    check_workers(session)
    found = candidates(folder, job, df)
    decided = links(folder, job, found)
    place = ["block", "start", "end"] if job.options.unit != "document" else []
    size = ["n_words"] if place else []
    words = ["words", "checksum"]
    blocks = found.blocks.select("rank", "id", *place, *size, *words)
    theirs = blocks.select(*(F.col(name).alias(f"survivor_{name}") for name in ["rank", "id", *place, *words]))
    links_of = decided.withColumnRenamed("survivor", "survivor_rank")
    joined = blocks.join(links_of, "rank", "left").join(theirs, "survivor_rank", "left")
    flags = joined.select(
        "id",
        *place,
        *size,
        F.col("survivor_id").alias("survivor"),
        *(F.col(f"survivor_{name}") for name in place),
        "similarity",
        _rule().alias("rule"),
        F.coalesce("survivor_rank", "rank").alias("cluster"),
    )
    made = folder.stage("flags", flags)
    bare = folder.session.read.parquet(f"{folder.folder}/fingerprints").where("block < 0").select("id")
    if not place:
        made = made.unionByName(bare, allowMissingColumns=True)
    return made.withColumnRenamed("id", job.id)


def _rule() -> Any:
    """The weakest rule that explains why a block goes, by what its words and bytes hash to."""
    same_words = (F.col("words") == F.col("survivor_words")) & (F.col("similarity") >= 1.0)
    same_bytes = same_words & (F.col("checksum") == F.col("survivor_checksum"))
    named_rule = F.when(same_bytes, RULES[0]).when(same_words, RULES[1]).otherwise(F.lit(RULES[2]))
    return F.when(F.col("survivor_rank").isNotNull(), named_rule)
