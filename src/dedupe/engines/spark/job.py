"""What a run is asked to do: its settings, checked, and the limits it works within."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from dedupe import __version__
from dedupe.engines.files.job import EMPTY
from dedupe.errors import InputError, OptionError, nearest
from dedupe.matching.recipe import Recipe
from dedupe.options import Options, column_policy, listed

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_ORDERED = ("tinyint", "smallint", "int", "bigint", "float", "double", "boolean", "date", "timestamp", "timestamp_ntz")
_RESULTS = (
    "block", "start", "end", "n_words", "survivor", "survivor_block", "survivor_start", "survivor_end", "similarity",
    "rule", "cluster",
)  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """From which sizes on a run works in another way; the result does not depend on them.

    Attributes:
        bytes: Text of blocks in buckets that one task may decide at once; it takes about ten times as much memory.
            With more, rounds over the buckets decide, side by side.
        edges: Matches that one task may settle, about 200 bytes each. With more, connected components are found first
            and settled side by side.
        bucket: Blocks of a bucket from which its key is salted, so that several tasks share the bucket.
    """

    bytes: int = 64_000_000
    edges: int = 5_000_000
    bucket: int = 1_000_000

    def __post_init__(self) -> None:
        """Check each value at the door.

        Raises:
            OptionError: A limit is no whole number from 0.
        """
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise OptionError(f"limits.{field.name} must be a whole number from 0, got {value!r}")


@dataclass(frozen=True)
class Job:
    """Everything that decides a result.

    Attributes:
        text: Name of the text column.
        id: Name of the column that identifies a row.
        recipe: How blocks are matched.
        limits: Sizes from which the run works in another way.
    """

    text: str
    id: str
    recipe: Recipe
    limits: Limits

    def __post_init__(self) -> None:
        """Check what only a cluster asks for.

        Raises:
            OptionError: The limits are no limits.
        """
        if not isinstance(self.limits, Limits):
            raise OptionError(f"limits must be a Limits, got {self.limits!r}")

    @property
    def options(self) -> Options:
        """The options of the recipe."""
        return self.recipe.options

    @property
    def in_worker(self) -> Recipe:
        """The recipe for a task of its own: the engine gives each a thread."""
        return self.recipe.but(threads=1)

    @property
    def policy(self) -> tuple[str, str] | None:
        """The policy and the column, when the policy names one."""
        return column_policy(self.options.keep)

    def settings(self, *names: str) -> dict[str, Any]:
        """Some of the settings as values that JSON can hold, with the version of the library."""
        plain = {**self.options.to_dict(), "text": self.text, "id": self.id}
        return {"library": __version__, **{name: plain[name] for name in names}}

    def check(self, frame: DataFrame) -> None:
        """See that the columns are there and hold what they should.

        Raises:
            InputError: A column is missing, there twice, or of another type; or the id has the name of a result.
        """
        if not hasattr(frame, "mapInArrow"):
            raise InputError(f"df must be a Spark DataFrame, got {type(frame).__name__}")
        if self.id in _RESULTS:
            raise InputError(f"id={self.id!r} is a name that find gives a column of its own; rename the column first")
        kinds = dict(frame.dtypes)
        asked = {"text": self.text, "id": self.id, **({"keep": self.policy[1]} if self.policy else {})}
        for argument, name in asked.items():
            if not isinstance(name, str) or frame.columns.count(name) != 1:
                is_there = name in frame.columns
                there = "names a column that the frame has twice" if is_there else "names no column of the frame"
                raise InputError(
                    f"{argument}={name!r} {there}; its columns: {', '.join(frame.columns)}"
                    + ("" if is_there else nearest(name, frame.columns))
                )
        if kinds[self.text] != "string":
            raise InputError(
                f"column {self.text!r} is {kinds[self.text]}, not string; cast it, or name another as text="
            )
        if self.policy and not kinds[self.policy[1]].startswith((*_ORDERED, "decimal")):
            raise InputError(
                f"column {self.policy[1]!r} is {kinds[self.policy[1]]}; keep={self.options.keep!r} needs numbers or "
                "times, so cast it first"
            )


def check_empty(empty: str) -> None:
    """See that the rule for rows that lose all their blocks is one.

    Raises:
        OptionError: It is not.
    """
    if empty not in EMPTY:
        raise OptionError(f"empty must be one of {listed(EMPTY)}, got {empty!r}{nearest(empty, EMPTY)}")
