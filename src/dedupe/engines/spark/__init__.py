"""The verbs on Apache Spark: DataFrame in, DataFrame out, with the survivors that one machine gives.

Only the DataFrame API is used, so it runs on PySpark 3.5 and 4, classic and Spark Connect.
"""

try:
    import pyspark  # noqa: F401
except ImportError as error:
    from dedupe.errors import DedupeError

    raise DedupeError("this engine needs PySpark; pip install 'dedupe-text[spark]' brings it") from error

from dedupe.engines.spark.job import Limits
from dedupe.engines.spark.verbs import clean, find, unique
from dedupe.engines.spark.workers import check_workers, package
from dedupe.errors import WorkerError

__all__ = ["Limits", "WorkerError", "check_workers", "clean", "find", "package", "unique"]
