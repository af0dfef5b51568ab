"""A Spark session on this machine: classic, or through Spark Connect where SPARK_CONNECT=1."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("pyspark")

from pyspark.sql import SparkSession

SETTINGS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "3",
    # many small queries: compiling them well would take longer than running them
    "spark.sql.codegen.wholeStage": "false",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "97",  # buckets and blocks go over the borders of batches
}
CONNECT = bool(os.environ.get("SPARK_CONNECT"))


@pytest.fixture(scope="session")
def session() -> Iterator[Any]:
    """One session for all tests, as its start takes long."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder
    builder = builder.remote("local[2]") if CONNECT else builder.master("local[2]")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    made = builder.getOrCreate()
    logging.getLogger("py4j").setLevel(logging.ERROR)
    yield made
    made.stop()
