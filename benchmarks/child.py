"""One library on one collection in a process of its own: `python -m benchmarks.child job.json`."""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def main(path: Path) -> None:
    """Run the job and write its result beside it.

    The job names peer, corpus (JSONL), settings, whether the clock starts before the file is read, and the memory limit.
    """
    job: dict[str, Any] = json.loads(path.read_text("utf-8"))
    limit = int(job["memory_gb"] * (1 << 30))
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    from benchmarks.peers import PEERS, Settings

    peer, settings = PEERS[job["peer"]], Settings(**job["settings"])
    # one small call first: imports and tables are not what is compared
    peer.run(["a first text to load what is needed", "a second text to load what is needed"], settings)
    corpus = Path(job["corpus"])
    texts = [] if job["from_disk"] else _read(corpus)
    before = _start_of_peak()
    cpu, begin = time.process_time(), time.perf_counter()
    if job["from_disk"]:
        texts = _read(corpus)
    outcome = peer.run(texts, settings)
    elapsed, cpu = time.perf_counter() - begin, time.process_time() - cpu
    result = {
        "elapsed_s": elapsed,
        "cpu_s": cpu,
        "peak_bytes": _peak_bytes() - before,
        "kept": int(outcome.kept.sum()),
        "texts": len(texts),
        "pairs": int(outcome.left.size),
        "counts": outcome.counts,
    }
    np.savez(path.with_suffix(".npz"), kept=outcome.kept, left=outcome.left, right=outcome.right)
    path.with_suffix(".result").write_text(json.dumps(result), "utf-8")


def _read(path: Path) -> list[str]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


def _start_of_peak() -> int:
    """Forget the peak so far, and give the memory in use now, in bytes."""
    gc.collect()
    if not _STATUS.exists():
        return _peak_bytes()
    _CLEAR.write_text("5")  # the kernel's way to set the peak back to the present
    return _status("VmRSS")


def _peak_bytes() -> int:
    return _status("VmHWM") if _STATUS.exists() else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _status(name: str) -> int:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]))
