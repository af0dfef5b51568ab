"""How far a run is: a bar on a terminal, or a line of JSON for machines."""

from __future__ import annotations

import json
import sys
import time
from typing import IO, Any

_PAUSE_S = 0.5


class Progress:
    """Reports stages to a terminal or a program; silent without a style."""

    def __init__(self, style: str | None = None, stream: IO[str] | None = None) -> None:
        """Choose how to report.

        Args:
            style: ``bar`` (tqdm, if it is installed), ``json`` (a line per stage and half second), or None.
            stream: Standard error when left out.
        """
        self._style, self._stream = style, stream or sys.stderr
        self._bar: Any = None
        self._stage, self._total, self._done, self._begin, self._reported = "", 0, 0, 0.0, 0.0

    def stage(self, name: str, total_bytes: int = 0) -> None:
        """Begin a stage; the one before is over."""
        self.close()
        self._stage, self._total, self._done = name, total_bytes, 0
        self._begin = self._reported = time.monotonic()
        if self._style == "bar":
            self._bar = _bar(name, total_bytes, self._stream)
        elif self._style == "json":
            self._report("start")

    def advance(self, n_bytes: int) -> None:
        """Note that so many bytes of the stage are done."""
        self._done += n_bytes
        if self._bar is not None:
            self._bar.update(n_bytes)
        elif self._style == "json" and time.monotonic() - self._reported >= _PAUSE_S:
            self._reported = time.monotonic()
            self._report("progress")

    def close(self) -> None:
        """End the stage."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        if self._style == "json" and self._stage:
            self._report("end")
        self._stage = ""

    def _report(self, event: str) -> None:
        elapsed = time.monotonic() - self._begin
        speed = self._done / elapsed / 1e6 if elapsed else 0.0
        left = (self._total - self._done) / (speed * 1e6) if speed and self._total else None
        line = {
            "event": event,
            "stage": self._stage,
            "done_bytes": self._done,
            "total_bytes": self._total,
            "elapsed_s": round(elapsed, 3),
            "mb_per_s": round(speed, 1),
            "left_s": None if left is None else round(max(left, 0.0), 1),
        }
        print(json.dumps(line), file=self._stream, flush=True)


def _bar(name: str, total_bytes: int, stream: IO[str]) -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        print(f"{name} …", file=stream)
        return None
    return tqdm(
        total=total_bytes or None,
        desc=f"{name:>12}",
        unit="B",
        unit_scale=True,
        file=stream,
        leave=False,
        mininterval=0.2,
    )
