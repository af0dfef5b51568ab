"""From rows to the blocks that must be compared: fingerprints, ranks, copies, buckets, texts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from pyspark.sql import functions as F

from dedupe.core.clustering.survivors import LEADERS
from dedupe.engines import arrow as kernels
from dedupe.engines.spark.columns import named
from dedupe.engines.spark.job import Job
from dedupe.engines.spark.work import Content, Work, log
from dedupe.errors import InputError
from dedupe.matching.deciding import is_compared, takes_part

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_LARGEST = 10  # buckets that are reported


class Candidates(NamedTuple):
    """What must be compared.

    Attributes:
        blocks: All blocks: id, block, start, end, n_words, hash_0, hash_1, words, checksum, keys, rank.
        copies: rank, head: blocks and the preferred one of those with the same words.
        buckets: key, n_blocks: band keys that two heads or more share.
        postings: key, rank: the heads in these buckets.
        texts: rank, text, keys of these heads.
        largest: Blocks in the fullest bucket.
    """

    blocks: DataFrame
    copies: DataFrame
    buckets: DataFrame
    postings: DataFrame
    texts: DataFrame
    largest: int


def candidates(work: Work, job: Job, frame: DataFrame) -> Candidates:
    """Run the stages up to the candidates.

    Raises:
        InputError: An id is null or there twice.
    """
    rows = source(frame, job)
    found = work.stage(
        "fingerprints",
        fingerprints(rows, job),
        content=Content(lambda stage: checksum(stage.where("block <= 0")), lambda: checksum(rows)),
        **job.settings("text", "id", "unit", "threshold", "recall", "width_words", "seed", "keep", "lose"),
    )
    check_ids(found, job)
    blocks = work.stage("blocks", ranked(found, job))
    copies = work.stage(
        "copies", copies_of(blocks.where(takes_part(F.col("n_words"), job.options))), **job.settings("min_words")
    )
    heads = keys_of_heads(blocks, copies, job)
    sizes = heads.groupBy("key").agg(F.count(F.lit(1)).alias("n_blocks")).where("n_blocks > 1")
    buckets = work.stage("buckets", sizes)
    fullest = largest(buckets)
    for row in fullest:
        if row["n_blocks"] > LEADERS:
            log.info("bucket %d holds %d blocks", row["key"], row["n_blocks"])
    postings = work.stage("postings", heads.join(buckets.select("key"), "key", "left_semi"))
    texts = work.stage("texts", texts_of(rows, blocks, postings, job))
    n_near = postings.select("rank").distinct().count()
    if work.rows["texts"] != n_near:
        raise InputError(
            f"{n_near - work.rows['texts']} of {n_near} blocks could not be found again in the input, so its rows change "
            "from read to read; write it to a table first and give that"
        )
    return Candidates(blocks, copies, buckets, postings, texts, fullest[0]["n_blocks"] if fullest else 0)


def source(frame: DataFrame, job: Job) -> DataFrame:
    """The columns that a run reads, under names of its own: id, text, row_hash, and by when the policy names a column."""
    columns = [named(job.id).alias("id"), named(job.text).alias("text")]
    if job.policy:
        columns.append(named(job.policy[1]).alias("by"))
    return frame.select(*columns, F.xxhash64(*columns).alias("row_hash"))


def checksum(rows: DataFrame) -> list[Any]:
    """Number and checksum of rows, whatever their order."""
    row = rows.agg(F.count(F.lit(1)), F.sum(F.col("row_hash").cast("decimal(38,0)"))).collect()[0]
    return [int(row[0]), str(row[1])]


def fingerprints(rows: DataFrame, job: Job) -> DataFrame:
    """What stays of each block, made in the workers without a shuffle."""
    carried = tuple(name for name in rows.columns if name != "text")
    kinds = dict(rows.dtypes)
    schema = ", ".join(f"{name} {kinds[name]}" for name in carried) + (
        ", block int, start long, end long, n_words int, hash_0 long, hash_1 long, words long, checksum long, score double, "
        "keys array<long>"
    )
    kernel = partial(kernels.cut, text="text", id="id", carried=carried, recipe=job.in_worker)
    return rows.mapInArrow(kernel, schema)


def check_ids(found: DataFrame, job: Job) -> None:
    """See that every row can be named.

    Raises:
        InputError: An id is null or there twice; names it.
    """
    # a row has exactly one block numbered 0, or -1 when it has none
    counts = found.where("block <= 0").groupBy("id").agg(F.count(F.lit(1)).alias("n_rows"))
    for row in counts.where("n_rows > 1 OR id IS NULL").limit(1).collect():
        if row["id"] is None:
            raise InputError(
                f"column {job.id!r} is null in {row['n_rows']} rows; every row needs an id, so fill it first"
            )
        raise InputError(
            f"column {job.id!r} has {row['id']!r} in {row['n_rows']} rows; every row needs an id of its own, "
            "so drop the copies or name another column as id="
        )


def ranked(found: DataFrame, job: Job) -> DataFrame:
    """Number the blocks in policy order.

    The numbers ascend and have gaps; written once, they are the names of the blocks for the rest of the run.
    """
    by_id = [F.col("id").asc(), F.col("block").asc()]
    order: list[Column]
    if job.policy:
        kind = dict(found.dtypes)["by"]
        # NaN is above all numbers to Spark, and no value to us
        by = F.nanvl("by", F.lit(None).cast(kind)) if kind in ("float", "double") else F.col("by")
        order = [by.asc_nulls_last() if job.policy[0] == "oldest" else by.desc_nulls_last(), *by_id]
    elif job.options.keep == "first":
        order = by_id
    elif job.options.keep == "last":
        order = [F.col("id").desc(), F.col("block").desc()]
    else:
        order = [F.col("score").desc(), *by_id]
    kept = found.where("block >= 0").orderBy(*order)
    return kept.drop("score", "by").withColumn("rank", F.monotonically_increasing_id())


def copies_of(blocks: DataFrame) -> DataFrame:
    """Blocks and the preferred one of those with the same words."""
    same = ["hash_0", "hash_1"]
    groups = blocks.groupBy(*same).agg(F.min("rank").alias("head"), F.count(F.lit(1)).alias("n")).where("n > 1")
    return blocks.select(*same, "rank").join(groups, same).where("rank != head").select("rank", "head")


def keys_of_heads(blocks: DataFrame, copies: DataFrame, job: Job) -> DataFrame:
    """The band keys of the blocks that are compared."""
    heads = blocks.where(is_compared(F.col("n_words"), job.options)).select("rank", "keys")
    return heads.join(copies, "rank", "left_anti").select(F.explode("keys").alias("key"), "rank")


def largest(buckets: DataFrame) -> list[Any]:
    """The fullest buckets, the fullest first."""
    found: list[Any] = buckets.orderBy(F.desc("n_blocks"), "key").limit(_LARGEST).collect()
    return found


def texts_of(rows: DataFrame, blocks: DataFrame, postings: DataFrame, job: Job) -> DataFrame:
    """The texts of the blocks that share a bucket; each input row that has some is sent once."""
    keys = postings.groupBy("rank").agg(F.collect_list("key").alias("shared"))
    near = blocks.select("id", "row_hash", "block", "rank").join(keys, "rank")
    blocks_of = F.collect_list(F.struct("rank", "block", "shared")).alias("wanted")
    wanted = near.groupBy("id", "row_hash").agg(blocks_of)
    both = rows.select("id", "row_hash", "text").join(wanted, ["id", "row_hash"]).select("text", "wanted")
    kernel = partial(kernels.cut_out, text="text", wanted="wanted", unit=job.options.unit)
    return both.mapInArrow(kernel, "rank long, text string, keys array<long>")
