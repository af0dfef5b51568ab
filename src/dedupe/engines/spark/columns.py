"""Columns by their names, whatever the names are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column


def named(name: str) -> Column:
    """The column of this name; dots and backticks in it are letters like others."""
    quoted = name.replace("`", "``")
    return F.col(f"`{quoted}`")
