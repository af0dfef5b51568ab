"""A process that writes to an index without end, and says after each step that it is done; it is killed from outside."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from itertools import islice

from dedupe.engines.index import Index
from dedupe.engines.index.storage import compaction

WORDS = "rain wind sun snow hail fog storm cloud north south east west hill river town field".split()


def history(seed: int) -> Iterator[tuple[str, dict[str, str]]]:
    """Steps without end, the same for the same seed: add, replace, remove and compact."""
    draw = random.Random(seed)
    there: list[str] = []
    for step in range(10**6):
        kind = draw.choices(("add", "remove", "replace", "compact"), (8, 3, 2, 1))[0]
        if kind == "add" or not there:
            docs = {f"{step}-{place}": text(draw) for place in range(draw.randrange(1, 40))}
            there += docs
            yield "add", docs
        elif kind == "compact":
            yield "compact", {}
        else:
            chosen = draw.sample(there, min(len(there), draw.randrange(1, 10)))
            there = [one for one in there if one not in set(chosen)]
            if kind == "replace":
                there += chosen
            yield kind, {one: text(draw) for one in chosen}


def text(draw: random.Random) -> str:
    """A text like many others."""
    words = WORDS * 2
    for _ in range(draw.randrange(6)):
        words[draw.randrange(len(words))] = draw.choice(("moon", "star", "sea"))
    return " ".join(words[draw.randrange(3) :])


def states(seed: int) -> Iterator[dict[str, str]]:
    """What is in the index before the first step and after each, in order of arrival."""
    there: dict[str, str] = {}
    yield there
    for kind, docs in history(seed):
        there = {one: content for one, content in there.items() if one not in docs}
        if kind in ("add", "replace"):
            there |= docs
        yield there


def truth(seed: int, n_steps: int) -> dict[str, str]:
    """What is in the index after so many steps."""
    return next(islice(states(seed), n_steps, None))


def main(path: str, seed: int) -> None:
    """Write until killed."""
    compaction.TIER, compaction.REWRITE_LEAST = 3, 20  # merges come often, and so does writing all anew
    index = Index(path, threshold=0.6, timeout=30)
    print(json.dumps("open"), flush=True)
    for step, (kind, docs) in enumerate(history(seed)):
        if kind == "remove":
            index.remove(docs)
        elif kind == "compact":
            index.compact()
        else:
            index.add(docs, on_conflict="replace" if kind == "replace" else "error")
        print(json.dumps(step + 1), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
