"""The index on the disk: adding, asking and opening, beside datasketch in memory and in Redis."""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data import ROOT
from benchmarks.report import Table

_WORDS = 30
_COPIES = 0.1
_SEED = 1
_QUERIES = 50_000
_BATCH = 10_000
_LONG = 10_000_000  # from here on each step is timed once
_RIVAL_LARGEST = 20_000  # datasketch takes about a millisecond of Python for each set
_COLUMNS = {
    "find s": "find_s",
    "add s": "add_s",
    "add / find": "ratio",
    "by CPU": "cpu_ratio",
    "in 20 batches s": "batches_s",
    f"{_BATCH} more s": "more_s",
    "bytes/block beside the text": "bytes",
    "queries/s batched": "queries",
    "one query ms": "query_ms",
    "open and first query ms, new process": "open_ms",
    "private MB when open": "private_mb",
}


def table(largest: int) -> Table:
    """Blocks from 10,000 up to `largest`, a tenth of them planted copies, each size in a process of its own."""
    made = Table(
        "index",
        "The index on the disk",
        "power cuts, other disks, many writers; the page cache is warm.",
        {"words per block": _WORDS, "copies": f"{_COPIES} of the blocks, up to three words of each changed",
         "seed": _SEED, "threshold": 0.7, "queries": f"{_QUERIES}, half of them in the index",
         "repeats": "best of 3 find and add, in turn; 1 at 1e7"},
        ["library", "blocks", *_COLUMNS],
    )  # fmt: skip
    sizes = [size for size in (10_000, 100_000, 1_000_000, 10_000_000) if size <= largest]
    for size in sizes:
        made.rows.append(_row("ours", size))
    for rival in ("datasketch, memory", "datasketch, Redis"):
        if rival.endswith("Redis") and shutil.which("redis-server") is None:
            made.notes.append("redis-server is not installed, so datasketch with Redis was not measured")
            continue
        made.rows.append(_row(rival, min(largest, _RIVAL_LARGEST)))
    made.notes.append("find: dedupe.find on the same texts in memory; datasketch has no such step, nor verification")
    made.notes.append("by CPU: seconds of all threads, which hold better on a busy machine")
    made.notes.append(f"{_BATCH} more: that many new blocks on top of all the others")
    made.notes.append(
        "the last two columns do not count what importing NumPy and the package takes; private memory is "
        "what the process has written to, since pages of the mapped files belong to the page cache"
    )
    made.notes.append("bytes of datasketch in Redis: what Redis says it uses, with the keys and nothing of the text")
    return made


def _row(library: str, size: int) -> list[Any]:
    """Measure in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.index", library, str(size)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        return [library, size, done.stderr.strip().splitlines()[-1][:80], *[None] * (len(_COLUMNS) - 1)]
    found = json.loads(done.stdout.splitlines()[-1])
    return [library, size, *(found.get(name) for name in _COLUMNS.values())]


def made_texts(count: int) -> list[str]:
    """Texts with the word frequencies of language (Zipf); copies with up to three words changed among them.

    All words have three letters, so a text is a slice of one long str: ten million take less than a minute.
    """
    draw = np.random.default_rng(_SEED)
    letters = np.array(list("0123456789abcdefghijklmnopqrstuvwxyz"))
    n_letters = letters.size
    number = np.arange(n_letters**3)
    columns = [letters[number // n_letters**place % n_letters] for place in (2, 1, 0)]
    words = np.char.add(np.char.add(np.char.add(columns[0], columns[1]), columns[2]), " ").astype("S4")
    ranks = draw.zipf(1.3, 1 << 20) % words.size
    chosen = np.empty((count, _WORDS), np.uint32)
    for first in range(0, count, _BATCH):
        part = chosen[first : first + _BATCH]
        part[:] = ranks[draw.integers(0, ranks.size, part.shape)]
    copies = np.flatnonzero(draw.random(count) < _COPIES)[1:]
    chosen[copies] = chosen[(copies * draw.random(copies.size)).astype(np.int64)]  # an earlier text
    for edit in range(3):
        edited = copies[draw.random(copies.size) < (0.75, 0.5, 0.25)[edit]]
        chosen[edited, draw.integers(0, _WORDS, edited.size)] = draw.integers(0, words.size, edited.size)
    texts: list[str] = []
    size = _WORDS * words.itemsize
    for first in range(0, count, _BATCH):
        joined = words[chosen[first : first + _BATCH]].tobytes().decode("ascii")
        texts += [joined[begin : begin + size - 1] for begin in range(0, len(joined), size)]
    return texts


def _queries(texts: list[str]) -> list[str]:
    """Texts to ask for: half of them are in the index."""
    n_known = min(_QUERIES // 2, len(texts))
    known = [texts[place] for place in np.random.default_rng(_SEED).choice(len(texts), n_known, replace=False)]
    unknown = [f"{text} {number} unheard of" for number, text in enumerate(reversed(known))]
    return [text for pair in zip(known, unknown, strict=True) for text in pair]


def _seconds(call: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def _both_seconds(call: Callable[[], Any]) -> tuple[float, float]:
    """Seconds on the clock, and of the processors."""
    begin = time.process_time()
    return _seconds(call), time.process_time() - begin


def _ours(size: int, folder: Path) -> dict[str, float]:
    import dedupe

    everything = made_texts(size + _BATCH)
    texts, more = everything[:size], everything[size:]
    queries = _queries(texts)
    docs = list(enumerate(texts))
    with dedupe.Index(folder / "warm.idx") as warm:  # imports and tables are not what is measured
        warm.add(docs[:1000])
        warm.query(texts[0])
    dedupe.find(texts[:1000])
    finds, adds = [], []
    for _ in range(1 if size >= _LONG else 3):
        finds.append(_both_seconds(lambda: dedupe.find(texts)))
        shutil.rmtree(folder / "once.idx", ignore_errors=True)
        with dedupe.Index(folder / "once.idx") as index:
            adds.append(_both_seconds(lambda index=index: index.add(docs)))
    find_s, find_cpu_s = map(min, zip(*finds, strict=True))
    add_s, add_cpu_s = map(min, zip(*adds, strict=True))
    result = {"find_s": find_s, "add_s": add_s, "ratio": add_s / find_s, "cpu_ratio": add_cpu_s / find_cpu_s}
    with dedupe.Index(folder / "batches.idx") as index:
        step = -(-len(docs) // 20)
        result["batches_s"] = sum(
            _seconds(lambda first=first: index.add(docs[first : first + step])) for first in range(0, len(docs), step)
        )
    shutil.rmtree(folder / "batches.idx")
    with dedupe.Index(folder / "once.idx") as index:
        stats = index.stats()
        result["bytes"] = (stats["bytes"] - stats["bytes_text"]) / stats["blocks"]
        result["queries"] = len(queries) / min(_seconds(lambda: index.query_many(queries)) for _ in range(3))
        single = [_seconds(lambda text=text: index.query(text)) for text in queries[:1000]]
        result["query_ms"] = statistics.median(single) * 1e3
    opened = [_open(folder / "once.idx", queries[0]) for _ in range(5)]
    result["open_ms"] = statistics.median(one["open_ms"] for one in opened)
    result["private_mb"] = max(one["private_mb"] for one in opened)
    with dedupe.Index(folder / "once.idx") as index:
        result["more_s"] = _seconds(lambda: index.add(enumerate(more, size)))
    return result


_OPEN = """
import json, sys, time
import numpy, dedupe, dedupe.core.sketch
def private():
    lines = open("/proc/self/smaps_rollup").read().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty"))
before = private()
begin = time.perf_counter()
index = dedupe.Index(sys.argv[1], readonly=True)
index.query(sys.argv[2])
taken = time.perf_counter() - begin
for number in range(200):
    index.query(sys.argv[2] + f" {number}")
print(json.dumps({"open_ms": taken * 1e3, "private_mb": (private() - before) / 1024}))
"""


def _open(path: Path, text: str) -> dict[str, float]:
    """Open an index in a new process."""
    done = subprocess.run([sys.executable, "-c", _OPEN, str(path), text], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _datasketch(size: int, storage: dict[str, Any]) -> dict[str, float]:
    """The same plan in datasketch, from the same shingles: three words in a row."""
    from datasketch import MinHash, MinHashLSH

    from dedupe.core.bands import plan

    chosen = plan(0.7, 0.99)
    texts = made_texts(size)
    queries = _queries(texts)[:2000]

    def signature(text: str) -> Any:
        words = text.lower().split()
        made = MinHash(num_perm=chosen.n_hashes, scheme="affine32")
        made.update_batch([" ".join(words[at : at + 3]).encode() for at in range(max(1, len(words) - 2))])
        return made

    lsh = MinHashLSH(threshold=0.7, num_perm=chosen.n_hashes, params=tuple(chosen), **storage)

    def add() -> None:
        with lsh.insertion_session() as session:
            for number, text in enumerate(texts):
                session.insert(str(number).encode(), signature(text), check_duplication=False)

    added = _seconds(add)
    asked = _seconds(lambda: [lsh.query(signature(text)) for text in queries])
    return {"add_s": added, "queries": len(queries) / asked, "query_ms": asked / len(queries) * 1e3}


def _redis(size: int, folder: Path) -> dict[str, float]:
    """Datasketch on a Redis server of our own, on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    server = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    try:
        time.sleep(1.0)
        config = {"type": "redis", "basename": b"bench", "redis": {"host": "127.0.0.1", "port": port}}
        result = _datasketch(size, {"storage_config": config, "prepickle": False})
        import redis

        used = redis.Redis(port=port).info("memory")["used_memory"]
        return {**result, "bytes": used / size}
    finally:
        server.terminate()
        server.wait(timeout=30)


def main(library: str, size: int) -> None:
    """Measure one library at one size and print the figures as JSON."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        if library == "ours":
            found = _ours(size, folder)
        elif library.endswith("Redis"):
            found = _redis(size, folder)
        else:
            found = _datasketch(size, {})
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
