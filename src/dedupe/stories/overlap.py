"""The same facts in other words: matches between the blocks of different documents."""

from __future__ import annotations

from typing import NamedTuple

from dedupe.core.text.batch import Batch
from dedupe.core.text.blocks import Blocks
from dedupe.matching.stages import Pairs
from dedupe.results import Evidence
from dedupe.stories.coverage import agreement

_TERMS_SHOWN = 8


class Overlap(NamedTuple):
    """Matches of coverage.

    Attributes:
        pairs: The matching blocks.
        evidence: Verdict and terms of each.
    """

    pairs: Pairs
    evidence: Evidence


def overlapping(batch: Batch, blocks: Blocks, *, threshold: float) -> Overlap:
    """Find the blocks of different documents that cover the same.

    Args:
        batch: The texts.
        blocks: Their blocks.
        threshold: Lowest score, as :func:`dedupe.stories.coverage.agreement.matches` defines it.

    Returns:
        The matches, by left and right block.
    """
    weighed = agreement.weigh(batch.buffer, blocks.starts, blocks.ends)
    matches = agreement.matches(weighed, blocks.docs, threshold=threshold)
    terms = []
    for left, right in zip(matches.left.tolist(), matches.right.tolist(), strict=True):
        shown = agreement.shared_terms(weighed, left, right, limit=_TERMS_SHOWN)
        terms.append(tuple((batch.buffer[a:b].tobytes().decode("utf-8", "surrogatepass"), w) for a, b, w in shown))
    score = matches.score.clip(max=1.0)
    return Overlap(Pairs(matches.left, matches.right, score), Evidence(agreement.relations(matches), terms))
