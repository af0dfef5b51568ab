"""Start a library in a process of its own, with limits; a crash, too much memory or too much time is a result."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from benchmarks.data import ROOT
from benchmarks.peers import PEERS, Outcome, Settings

TIME_LIMIT_S = 120.0
MEMORY_LIMIT_GB = 8.0


class Run(NamedTuple):
    """What became of a run.

    Attributes:
        failure: Why there is no result; empty when there is one.
        elapsed_s: From raw text to survivors.
        peak_bytes: Peak memory beyond what the loaded texts took.
        result: Everything the process reported.
        outcome: Texts kept and pairs reported, or None.
    """

    failure: str
    elapsed_s: float = float("nan")
    peak_bytes: int = 0
    result: Mapping[str, Any] = MappingProxyType({})
    outcome: Outcome | None = None


class Corpus:
    """Texts written to a file that each process reads."""

    def __init__(self, texts: list[str], folder: str) -> None:
        handle, name = tempfile.mkstemp(suffix=".jsonl", dir=folder)
        self.path = Path(name)
        self.n_texts = len(texts)
        self.megabytes = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts) / (1 << 20)
        with os.fdopen(handle, "w", encoding="utf-8") as lines:
            lines.writelines(json.dumps({"text": text}) + "\n" for text in texts)


def run(
    peer: str,
    corpus: Corpus,
    settings: Settings,
    *,
    from_disk: bool = False,
    time_limit_s: float = TIME_LIMIT_S,
    memory_gb: float = MEMORY_LIMIT_GB,
) -> Run:
    """Run one peer once.

    Args:
        peer: Name in PEERS.
        corpus: The texts.
        settings: What is asked of it.
        from_disk: Start the clock before the file is read and parsed.
        time_limit_s: The process is stopped after this time.
        memory_gb: Address space it may take.
    """
    if PEERS[peer].version == "not installed":
        return Run("not installed")
    path = corpus.path.with_suffix(f".{abs(hash((peer, settings, from_disk))):x}.json")
    job = {
        "peer": peer,
        "corpus": str(corpus.path),
        "settings": settings._asdict(),
        "from_disk": from_disk,
        "memory_gb": memory_gb,
    }
    path.write_text(json.dumps(job), "utf-8")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]), "HF_HUB_OFFLINE": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.child", str(path)],
            cwd=ROOT, env=environment, capture_output=True, timeout=time_limit_s, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Run(f"stopped after {time_limit_s:g} s")
    if done.returncode:
        return Run(_reason(done.returncode, done.stderr.decode("utf-8", "replace"), memory_gb))
    result = json.loads(path.with_suffix(".result").read_text("utf-8"))
    with np.load(path.with_suffix(".npz")) as stored:
        outcome = Outcome(stored["kept"], stored["left"], stored["right"], result["counts"])
    return Run("", result["elapsed_s"], result["peak_bytes"], result, outcome)


def _reason(code: int, stderr: str, memory_gb: float) -> str:
    last = stderr.strip().splitlines()[-1] if stderr.strip() else ""
    if "MemoryError" in stderr or "memory allocation" in stderr or "Cannot allocate" in stderr:
        return f"out of memory at {memory_gb:g} GB"
    return f"died by signal {-code}: {last[:80]}" if code < 0 else f"failed: {last[:100]}"
