"""Which blocks stay: rounds over the buckets until every block is decided.

The rule is that of docs/core.md, "Survivors": in policy order a block stays unless a leader of one of its buckets
matches it, and the first 64 blocks of a bucket that stay are its leaders.
A round pairs the blocks that are not decided with the first possible leaders of their buckets, measures the pairs on
the text, and decides all blocks that no later round can change.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from dedupe.core.clustering.survivors import LEADERS
from dedupe.engines import arrow as kernels
from dedupe.engines.arrow import BLOCKED, DUPLICATE, OPEN, STAYS
from dedupe.engines.spark.components import components
from dedupe.engines.spark.job import Job
from dedupe.engines.spark.stages import Candidates
from dedupe.engines.spark.work import Work
from dedupe.errors import DedupeError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_PAIR = ["left", "right"]


def links(work: Work, job: Job, found: Candidates) -> DataFrame:
    """Decide every block.

    Returns:
        rank, survivor (a rank), similarity of each block that goes, copies among them.
    """
    row = found.texts.agg(F.sum(F.octet_length("text"))).collect()[0]
    if (row[0] or 0) <= job.limits.bytes:
        kernel = partial(kernels.decide, recipe=job.in_worker)
        made = found.texts.repartition(1).mapInArrow(kernel, "rank long, survivor long, similarity double")
        near = work.stage("survivors/best", made, threshold=job.options.threshold)
    else:
        decided, measured = decide(work, job, found)
        # written, as a join over a union of lazy tables can fail in Spark 4.3 once its partitions are changed at run time
        near = work.stage("survivors/best", attribute(work, job, found, decided, measured))
    heads = near.withColumnsRenamed({"rank": "head", "survivor": "of_head", "similarity": "s_head"})
    copies = found.copies.join(heads, "head", "left").select(
        "rank",
        F.coalesce("of_head", "head").alias("survivor"),
        F.coalesce("s_head", F.lit(1.0)).alias("similarity"),
    )
    return near.unionByName(copies)


def decide(work: Work, job: Job, found: Candidates) -> tuple[DataFrame, DataFrame]:
    """Run rounds until every block that shares a bucket is decided.

    Returns:
        The decisions: rank, stays (bool); and the pairs that were measured: left, right, similarity.
    """
    near = found.texts.select("rank")
    decided, measured = _none(near, "rank long, stays boolean"), _none(near, "left long, right long, similarity double")
    n_near, n_decided, number = work.rows["texts"], 0, 0
    while n_decided < n_near:
        number += 1
        name = f"round-{number}"
        # the first round is a star in each bucket; most duplicates are gone before all leaders are looked at
        n_leaders = 1 if number == 1 else LEADERS
        members = _open(found.postings, decided, n_decided)
        pairs = work.stage(f"{name}/pairs", paired(members, found, n_leaders, job))
        measured = measured.unionByName(_measured(work, job, name, pairs, measured, found.texts))
        matches = measured.where(F.col("similarity") >= job.options.threshold).select(*_PAIR)
        states = work.stage(f"{name}/states", _states(near, decided, pairs, matches), threshold=job.options.threshold)
        made = work.stage(f"{name}/decided", _decided(work, job, name, states, matches))
        if work.rows[f"{name}/decided"] == 0:
            raise DedupeError(
                f"round {number} decided nothing, with {n_near - n_decided} blocks left; please report it"
            )
        decided = decided.unionByName(made)
        n_decided += work.rows[f"{name}/decided"]
    return decided, measured


def _none(like: DataFrame, schema: str) -> DataFrame:
    """A table without rows."""
    return like.sparkSession.createDataFrame([], schema)


def _open(postings: DataFrame, decided: DataFrame, n_decided: int) -> DataFrame:
    """The members of buckets that are still of interest: key, rank, leads, asks."""
    if n_decided == 0:
        return postings.withColumns({"leads": F.lit(True), "asks": F.lit(True)})
    left = postings.join(decided, "rank", "left").where("stays IS NULL OR stays")
    members = left.select("key", "rank", F.lit(True).alias("leads"), F.col("stays").isNull().alias("asks"))
    return members.join(members.where("asks").select("key").distinct(), "key", "left_semi")


def paired(members: DataFrame, found: Candidates, n_leaders: int, job: Job) -> DataFrame:
    """Pair members with the first leaders of their buckets, each bucket as a sorted stream: left, right."""
    salted = _salted(members, found, n_leaders, job.limits.bucket)
    group = ["key", "salt"]
    stream = salted.repartition(*group).sortWithinPartitions(*group, "rank")
    kernel = partial(kernels.pair_up, n_leaders=n_leaders)
    return stream.mapInArrow(kernel, "left long, right long").distinct()


def _salted(members: DataFrame, found: Candidates, n_leaders: int, limit: int) -> DataFrame:
    """Split the fullest buckets in parts; each part has the first leaders of the whole bucket.

    One leader more than are paired goes along, so that a part sees whether there are more.
    """
    columns = ["key", "salt", "rank", "leads", "asks"]
    plain = members.withColumn("salt", F.lit(0)).select(*columns)
    if found.largest <= limit:
        return plain
    n_parts = F.ceil(F.col("n_blocks") / max(limit, 1)).cast("int").alias("n_parts")
    parts = F.broadcast(found.buckets.where(F.col("n_blocks") > limit).select("key", n_parts))
    crowded = members.join(parts, "key").withColumn("salt", F.pmod(F.xxhash64("rank"), "n_parts").cast("int"))
    first = crowded.where("leads")
    for group in (["key", "salt"], ["key"]):  # two levels: the first of each part, and of these the first of all
        place = F.row_number().over(Window.partitionBy(*group).orderBy("rank"))
        first = first.withColumn("place", place).where(F.col("place") <= n_leaders + 1).drop("place")
    everywhere = first.withColumn("salt", F.explode(F.sequence(F.lit(0), F.col("n_parts") - 1)))
    both = crowded.select(*columns).unionByName(everywhere.select(*columns))
    # parted anew first: Spark 4.3 can fail where it takes over the partitions of a union
    shared = both.repartition("key", "salt").dropDuplicates(["key", "salt", "rank"])
    return plain.join(parts, "key", "left_anti").unionByName(shared)


def _measured(work: Work, job: Job, name: str, pairs: DataFrame, measured: DataFrame, texts: DataFrame) -> DataFrame:
    """Compare the pairs that have not been compared yet, on their texts."""
    fresh = pairs.where("left >= 0").join(measured.select(*_PAIR), _PAIR, "left_anti")
    left, right = (texts.select(F.col("rank").alias(side), F.col("text").alias(f"text_{side}")) for side in _PAIR)
    both = fresh.join(left, "left").join(right, "right").select(*_PAIR, "text_left", "text_right")
    kernel = partial(kernels.compare, recipe=job.in_worker)
    return work.stage(f"{name}/measured", both.mapInArrow(kernel, "left long, right long, similarity double"))


def _states(near: DataFrame, decided: DataFrame, pairs: DataFrame, matches: DataFrame) -> DataFrame:
    """What is known of each block before its matches are looked at: rank, state, is_blocked, was_decided."""
    waiting = pairs.where("left < 0").select(F.col("right").alias("rank"), F.lit(True).alias("is_blocked"))
    matched = matches.select(F.col("right").alias("rank"), F.lit(True).alias("is_matched")).distinct()
    every = near.join(decided, "rank", "left").join(waiting, "rank", "left").join(matched, "rank", "left")
    state = (
        F.when(F.col("stays").isNotNull(), F.when(F.col("stays"), STAYS).otherwise(DUPLICATE))
        .when(F.col("is_matched"), OPEN)
        .when(F.col("is_blocked"), BLOCKED)
        .otherwise(STAYS)
    )
    return every.select(
        "rank",
        state.cast("int").alias("state"),
        F.coalesce("is_blocked", F.lit(False)).alias("is_blocked"),
        F.col("stays").isNotNull().alias("was_decided"),
    )


def _decided(work: Work, job: Job, name: str, states: DataFrame, matches: DataFrame) -> DataFrame:
    """The blocks that this round decides: rank, stays."""
    of_left = states.select(F.col("rank").alias("left"), F.col("state").alias("left_state"))
    of_right = states.where(F.col("state") == OPEN).select(
        F.col("rank").alias("right"), F.col("is_blocked").alias("right_blocked")
    )
    known = matches.join(of_right, "right").join(of_left, "left")
    known = work.stage(f"{name}/matches", known.select(*_PAIR, "left_state", "right_blocked"))
    free = states.where((F.col("state") == STAYS) & ~F.col("was_decided")).select("rank", F.lit(True).alias("stays"))
    # most duplicates match a block that is known to stay: no task has to see the rest of their cluster
    gone = known.where(F.col("left_state") == STAYS).select("right").distinct()
    is_gone = gone.select(F.col("right").alias("left"), F.lit(DUPLICATE).alias("gone_state"))
    rest = (
        known.join(gone, "right", "left_anti")
        .join(is_gone, "left", "left")
        .select(*_PAIR, F.coalesce("gone_state", "left_state").alias("left_state"), "right_blocked")
    )
    if work.rows[f"{name}/matches"] > job.limits.edges:
        root = components(work, f"{name}/components", rest.select(*_PAIR)).withColumnRenamed("node", "right")
        together = rest.join(root, "right").repartition("root").drop("root")
    else:
        together = rest.repartition(1)
    settled = together.mapInArrow(kernels.settle, "rank long, stays boolean")
    return free.unionByName(gone.select(F.col("right").alias("rank"), F.lit(False).alias("stays"))).unionByName(settled)


def attribute(work: Work, job: Job, found: Candidates, decided: DataFrame, measured: DataFrame) -> DataFrame:
    """Find the survivor of each duplicate: the most similar leader of its buckets, of several the preferred."""
    members = found.postings.join(decided, "rank").select(
        "key", "rank", F.col("stays").alias("leads"), (~F.col("stays")).alias("asks")
    )
    pairs = work.stage("survivors/pairs", paired(members, found, LEADERS, job))
    measured = measured.unionByName(_measured(work, job, "survivors", pairs, measured, found.texts))
    matches = measured.where(F.col("similarity") >= job.options.threshold)
    staying = decided.where("stays").select(F.col("rank").alias("left"))
    going = decided.where("NOT stays").select(F.col("rank").alias("right"))
    direct = matches.join(staying, "left", "left_semi").join(going, "right", "left_semi")
    best = F.max(F.struct("similarity", (-F.col("left")).alias("nearest"))).alias("best")
    return (
        direct.groupBy(F.col("right").alias("rank"))
        .agg(best)
        .select("rank", (-F.col("best.nearest")).alias("survivor"), F.col("best.similarity").alias("similarity"))
    )
