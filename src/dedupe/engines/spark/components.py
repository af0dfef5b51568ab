"""Connected components of a graph as a table of edges, by large-star and small-star rounds.

Source:
    Kiveris, Lattanzi, Mirrokni, Rastogi, Vassilvitskii: Connected Components in MapReduce and Beyond, SoCC 2014.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from dedupe.engines.spark.work import Work

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def components(work: Work, name: str, edges: DataFrame) -> DataFrame:
    """Name each node by the least node that it is connected with.

    Each round is written, so that a rerun goes on behind the last one. Edges never become more, and the rounds grow
    with the logarithm of the nodes.

    Args:
        work: The work folder.
        name: Where under it the rounds go.
        edges: left, right, long; in any order, repeats and loops allowed.

    Returns:
        node, root of every node that has an edge to another.
    """
    lower, upper = F.least("left", "right"), F.greatest("left", "right")
    start = edges.where("left != right").select(upper.alias("node"), lower.alias("root")).distinct()
    stars = work.stage(f"{name}/round-0", start)
    before, number = _state(stars), 0
    while True:
        number += 1
        stars = work.stage(f"{name}/round-{number}", small_star(large_star(stars)))
        now = _state(stars)
        if now == before:
            return stars
        before = now


def large_star(stars: DataFrame) -> DataFrame:
    """Connect the greater neighbours of each node with its least neighbour."""
    both = stars.unionByName(stars.select(F.col("root").alias("node"), F.col("node").alias("root")))
    least = both.groupBy("node").agg(F.least(F.min("root"), F.col("node")).alias("least"))
    greater = both.join(least, "node").where("root > node")
    return greater.select(F.col("root").alias("node"), F.col("least").alias("root")).distinct()


def small_star(stars: DataFrame) -> DataFrame:
    """Connect the lesser neighbours of each node, and the node itself, with the least of them."""
    least = stars.groupBy("node").agg(F.min("root").alias("least"))
    own = least.select("node", F.col("least").alias("root"))
    others = stars.join(least, "node").where("root != least")
    return own.unionByName(others.select(F.col("root").alias("node"), F.col("least").alias("root"))).distinct()


def _state(stars: DataFrame) -> tuple[int, str]:
    """What changes when an edge changes."""
    total = F.sum(F.xxhash64("node", "root").cast("decimal(38,0)"))
    row = stars.agg(F.count(F.lit(1)), total).collect()[0]
    return int(row[0]), str(row[1])
