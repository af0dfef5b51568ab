"""How much a policy prefers each block: a score, the highest stays."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import numpy as np

from dedupe.core.hashing import F64, I64
from dedupe.core.text.batch import Batch, char_offsets
from dedupe.core.text.blocks import Blocks
from dedupe.matching.stages import scores_of
from dedupe.options import column_policy
from dedupe.results import Block

NULL = -math.inf  # the score of a row without a value: any other is preferred


def scores_of_blocks(keep: Any, batch: Batch, blocks: Blocks, of_rows: F64, n_rows: int, n_blocks: int) -> F64 | None:
    """Score blocks by a policy.

    Args:
        keep: The policy, as in Options.
        batch: The texts.
        blocks: Their blocks.
        of_rows: Array of shape (n_texts,), float64: the score of each text by a column that the policy names.
        n_rows: Texts of the run before these.
        n_blocks: Blocks of the run before these.

    Returns:
        Array of shape (n_blocks,), float64; None for ``first``, by which earlier blocks stay.

    Raises:
        OptionError: A policy function returned something that is no number.
    """
    if keep == "last":
        return np.arange(n_blocks, n_blocks + blocks.starts.size, dtype=np.float64)
    if column_policy(keep):
        return of_rows[blocks.docs]
    return scores_of(keep, batch, blocks, _blocks_of(batch, blocks, n_rows))


def _blocks_of(batch: Batch, blocks: Blocks, n_rows: int) -> Callable[[int], Block]:
    """What makes the Block of a number, for a policy function."""

    @cache
    def starts() -> I64:
        return char_offsets(batch, blocks.docs, blocks.starts)

    def block_of(number: int) -> Block:
        data = batch.buffer[blocks.starts[number] : blocks.ends[number]].tobytes()
        text, start = data.decode("utf-8", "surrogatepass"), int(starts()[number])
        return Block(int(blocks.docs[number]) + n_rows, start, start + len(text), text)

    return block_of


def score_of_value(value: Any, policy: str) -> float:
    """Score a value of a column: a number, a time, or text; NULL for a missing or blank one.

    Args:
        value: What a format hands over for a row. Text is an ISO 8601 time for ``newest`` and ``oldest``, a number for
            ``highest``. Times count in seconds, those without a zone as UTC.
        policy: ``newest``, ``oldest`` or ``highest``.

    Raises:
        ValueError: It is neither a number nor a time.

    Examples:
        >>> score_of_value("3.5", "highest"), score_of_value("2024-12-19", "oldest")
        (3.5, -1734566400.0)
    """
    if isinstance(value, str):
        value = _parsed(value.strip(), policy)
    if value is None:
        return NULL
    if isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
        score = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    else:
        try:
            score = float(value)
        except OverflowError:
            score = math.inf if value > 0 else -math.inf
        except TypeError as error:
            raise ValueError(f"{type(value).__name__} has no order") from error
    return NULL if math.isnan(score) else -score if policy == "oldest" else score


def _parsed(text: str, policy: str) -> Any:
    if not text:
        return None
    return float(text) if policy == "highest" else datetime.fromisoformat(text)
