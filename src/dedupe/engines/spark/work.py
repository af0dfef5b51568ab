"""The work folder: each stage as Parquet with a note of what it was made from, so that a run can resume."""

from __future__ import annotations

import atexit
import json
import logging
import shutil
import tempfile
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from pyspark.sql import functions as F

from dedupe import __version__
from dedupe.errors import InputError, OptionError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

log = logging.getLogger("dedupe.engines.spark")


class Content(NamedTuple):
    """A checksum of rows from outside, taken from the stage that was made of them and from the rows themselves.

    Attributes:
        of_stage: Takes the stage; what it gives is noted.
        now: Reads the rows again; only called when a note is there to compare with.
    """

    of_stage: Callable[[DataFrame], Any]
    now: Callable[[], Any]


class Work:
    """Stages of one run in a folder.

    A stage counts only once its note is there, which is written behind it; a note names the stage before, so a stage
    that is written again takes all later ones along.

    Attributes:
        session: The Spark session.
        folder: A path or URL that the driver and all executors reach.
        rows: Number of rows of each stage that was written or reused.
        reused: Stages that an earlier run wrote.
    """

    def __init__(self, session: SparkSession, folder: str) -> None:
        """Make the folder, or see what an earlier run has left in it."""
        self.session, self.folder = session, folder.rstrip("/")
        self.rows: dict[str, int] = {}
        self.reused: list[str] = []
        self._token = ""
        self._rewrites = False
        self._note("run", {"library": __version__})  # now the folder is there to be read
        self._notes = self._read_notes()

    @classmethod
    def open(cls, session: SparkSession, folder: str | None) -> Work:
        """Use a folder, or on one machine a temporary one.

        Raises:
            OptionError: No folder is named, and the executors run elsewhere; or it cannot be written.
        """
        if folder is not None and (not isinstance(folder, str) or not folder.strip()):
            raise OptionError(f"work must be a path or URL, got {folder!r}")
        if folder is None:
            master = session.conf.get("spark.master", "")
            if not str(master).startswith("local"):
                raise OptionError(
                    f"work must name a folder that all executors reach, as in work='s3a://bucket/tmp/run7'; "
                    f"without one a run works only on one machine, and spark.master is {master!r}"
                )
            folder = tempfile.mkdtemp(prefix="dedupe-spark-")
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
        try:
            return cls(session, folder)
        except Exception as error:  # a file system that Spark lacks, or one that says no
            lines = str(error).strip().splitlines()
            raise OptionError(
                f"work={folder!r} cannot be written: {lines[0] if lines else type(error).__name__}"
            ) from error

    def stage(self, name: str, frame: DataFrame, *, content: Content | None = None, **settings: Any) -> DataFrame:
        """Write a stage, unless an earlier run wrote it from the same input and settings.

        Args:
            name: Name of the stage, a path under the folder.
            frame: What the stage is.
            content: How to see whether rows from outside are still the same.
            **settings: What it depends on beside the stages before it.

        Returns:
            The stage, read back from the folder.

        Raises:
            InputError: The stage was made, and rows of it are missing now.
        """
        path = f"{self.folder}/{name}"
        written = self.session.read.schema(frame.schema).parquet
        note = None if self._rewrites else self._notes.get(name)
        if note is not None and content is not None:
            settings["content"] = content.now()
        if note is not None and note["after"] == self._token and note["settings"] == _plain(settings):
            self._check(name, note["rows"], path)
            self.reused.append(name)
            log.info("stage %s: reused, %d rows", name, note["rows"])
            self.rows[name], self._token = note["rows"], note["token"]
            return written(path)
        if note is not None:
            log.warning("%s: the run starts again from stage %r", _difference(note["settings"], settings), name)
        self._rewrites = True
        if name in self._notes:
            self._strike(name)
        frame.write.mode("overwrite").parquet(path)
        self.rows[name] = written(path).count()
        if content is not None:
            settings["content"] = content.of_stage(written(path))
        note = {"settings": _plain(settings), "after": self._token, "rows": self.rows[name], "token": uuid.uuid4().hex}
        self._token = note["token"]
        self._note(name, note)
        log.info("stage %s: %d rows", name, self.rows[name])
        return written(path)

    def _note(self, name: str, note: dict[str, Any]) -> None:
        """Write a note; it is there as a whole, or not at all."""
        line = F.lit(json.dumps({"stage": name, **note}))
        frame = self.session.range(0, 1, 1, 1).select(line.alias("value"))
        frame.write.mode("overwrite").text(f"{self.folder}/notes/{name}")

    def _strike(self, name: str) -> None:
        """Empty a note before its stage is written over: a run that ends there must leave no note of other rows."""
        nothing = self.session.range(0).select(F.lit("").alias("value"))
        nothing.write.mode("overwrite").text(f"{self.folder}/notes/{name}")

    def _read_notes(self) -> dict[str, dict[str, Any]]:
        """Read the notes of all stages."""
        lines = self.session.read.option("recursiveFileLookup", "true").text(f"{self.folder}/notes").collect()
        notes = [json.loads(line[0]) for line in lines]
        return {note["stage"]: note for note in notes}

    def _check(self, name: str, rows: int, path: str) -> None:
        try:
            n_rows = self.session.read.parquet(path).count() if rows else 0
        except Exception as error:  # whatever the store says about files that are gone or cut off
            raise InputError(
                f"stage {name!r} cannot be read in {path}; delete the folder {self.folder} and run again"
            ) from error
        if n_rows != rows:
            raise InputError(
                f"stage {name!r} has {n_rows} rows in {path}, and had {rows} when it was made; "
                f"delete the folder {self.folder} and run again"
            )


def _plain(settings: dict[str, Any]) -> Any:
    return json.loads(json.dumps(settings))


def _difference(before: dict[str, Any], now: dict[str, Any]) -> str:
    now = _plain(now)
    for name in sorted({*before, *now}):
        if before.get(name) != now.get(name):
            return f"{name} was {before.get(name)!r} and is {now.get(name)!r}"
    return "an earlier stage was written again"
