"""A Spark session on this machine: classic, or through Spark Connect where SPARK_CONNECT=1."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("pyspark")

from cluster import SETTINGS
from pyspark.sql import SparkSession

# buckets and blocks go over the borders of batches
SMALL_BATCHES = {"spark.sql.execution.arrow.maxRecordsPerBatch": "97"}
CONNECT = bool(os.environ.get("SPARK_CONNECT"))


@pytest.fixture(scope="session")
def session() -> Iterator[Any]:
    """One session for all tests, as its start takes long."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder
    builder = builder.remote("local[2]") if CONNECT else builder.master("local[2]")
    made = builder.config(map=SETTINGS | SMALL_BATCHES).getOrCreate()
    logging.getLogger("py4j").setLevel(logging.ERROR)
    yield made
    made.stop()
