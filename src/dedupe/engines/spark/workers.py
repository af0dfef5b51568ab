"""What the workers need: the Python of the driver, Arrow, NumPy, and this library."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dedupe
from dedupe.errors import WorkerError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_WAY_OUT = (
    "install 'dedupe-text[spark]' there, ship an environment with --archives, or give the file that "
    "spark.package('dedupe.zip') makes to --py-files"
)


def check_workers(session: SparkSession) -> dict[str, str]:
    """Ask a worker what it has.

    Returns:
        The versions of Python, dedupe, NumPy and pyarrow in the workers, and which kernels they run.

    Raises:
        WorkerError: The workers have another Python or another version of the library, or not all they need.
    """
    python = "{}.{}".format(*sys.version_info)

    def ask(batches: Iterator[Any]) -> Iterator[Any]:  # a closure goes to the workers by value, so it runs there
        import json

        import pyarrow as pa

        told = {"python": "{}.{}".format(*sys.version_info), "pyarrow": pa.__version__}
        try:
            import numpy

            import dedupe

            told |= {"numpy": numpy.__version__, "dedupe": dedupe.__version__, "backend": dedupe.backend()}
        except ImportError as error:
            told["missing"] = str(error)
        for _ in batches:
            pass
        yield pa.RecordBatch.from_arrays([pa.array([json.dumps(told)])], names=["told"])

    try:
        rows = session.range(0, 1, 1, 1).mapInArrow(ask, "told string").collect()
    except Exception as error:  # what Spark raises differs between versions, and between classic and Connect
        raise WorkerError(_why(str(error), python)) from error
    import json

    told: dict[str, str] = json.loads(rows[0][0])
    if "missing" in told:
        raise WorkerError(f"the workers cannot import dedupe: {told['missing']}; {_WAY_OUT}")
    if told["python"] != python:
        raise WorkerError(_why("different version", python))
    if told["dedupe"] != dedupe.__version__:
        raise WorkerError(
            f"the workers have dedupe-text {told['dedupe']} and the driver {dedupe.__version__}; install the same"
        )
    return told


def _why(said: str, python: str) -> str:
    if "PYTHON_VERSION_MISMATCH" in said or "different version" in said or "different minor version" in said:
        return (
            f"the workers run another Python than the driver, which has {python}; set PYSPARK_PYTHON (or "
            f"spark.pyspark.python) to a Python {python} that is on every worker"
        )
    if "pyarrow" in said.lower():
        return f"the workers have no pyarrow, which Spark needs for mapInArrow; {_WAY_OUT}"
    return f"a worker could not run a kernel: {said.strip().splitlines()[0] if said.strip() else 'no reason given'}"


def package(path: str | Path) -> Path:
    """Write this library as a zip file for ``--py-files`` or ``addArtifacts(..., pyfile=True)``.

    In a zip the workers run the NumPy kernels, as compiled ones cannot be loaded from there; the answers are the same.
    They still need NumPy, rapidfuzz and pyarrow.

    Args:
        path: Where to write.

    Returns:
        The path.
    """
    root, target = Path(dedupe.__file__).parent, Path(path)
    files = sorted(file for file in root.rglob("*") if file.suffix in (".py", ".bin", ".json", ".typed"))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as zipped:
        for file in files:
            zipped.write(file, Path("dedupe") / file.relative_to(root))
    return target
