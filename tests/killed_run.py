"""Runs of `clean_files` that kill themselves at a chosen write; a server that forks one for each line it reads.

Forked from a process that has imported everything, a run starts in a hundredth of the time of a new interpreter.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dedupe.engines.files import job, run
from dedupe.engines.files.disk import columns, manifest
from dedupe.engines.files.matching import fingerprint
from dedupe.engines.files.output import files, removed_list
from dedupe.inputs.formats import jsonl

n_writes = 0


def run_to_write(fatal: int, source: str, output: str, settings: dict[str, Any]) -> None:
    """Run, and die at the write of this number, with half of what was meant to be written on disk; -1 lives."""

    def dying(real: Callable[..., Any], write_half: Callable[[Any], object]) -> Callable[..., Any]:
        def call(self: Any, *given: Any) -> Any:
            global n_writes
            n_writes += 1
            if n_writes == fatal:
                write_half(self)
                os.kill(os.getpid(), signal.SIGKILL)
            return real(self, *given)

        return call

    def tear(column: Any) -> None:
        with column.path.open("ab") as file:
            for rows in column._waiting:
                file.write(rows.tobytes()[: rows.nbytes // 2 + 1])

    fingerprint._CHECKPOINT = files._CHECKPOINT = 1
    job.Job.budget_bytes = property(lambda self: 60_000)  # type: ignore[assignment]
    for owner, method, write_half in (
        (columns.Column, "flush", tear),
        (manifest.Manifest, "save", lambda self: self.path.with_name("x.part").write_text("{")),
        (jsonl.Writer, "write", lambda self: (self._file.write(b"half a line"), self._file.flush())),
        (removed_list.RemovedList, "add", lambda self: (self.file.write("half"), self.file.flush())),
        (Path, "replace", lambda self: None),
    ):
        setattr(owner, method, dying(getattr(owner, method), write_half))
    os.fsync = lambda handle: None  # a killed process loses nothing that it has handed over
    run.clean_files(source, output, **settings)


def serve() -> None:
    """For each line of JSON on standard input, fork a run; answer with its exit code and the number of its writes."""
    for line in sys.stdin:
        reader, writer = os.pipe()
        if not (child := os.fork()):
            try:
                run_to_write(*json.loads(line))
                os.write(writer, str(n_writes).encode())
            except Exception:  # noqa: BLE001  # the child must not go on as a second server
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            count = int(pipe.read() or -1)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps([status, count]), flush=True)


class Server:
    """The server as a process of its own: forking needs one without threads."""

    def __init__(self) -> None:
        """Start it."""
        self.process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, fatal: int, source: Path, output: Path, settings: dict[str, Any]) -> tuple[int, int]:
        """Do a run; returns its exit code and the number of its writes, -1 when it was killed."""
        assert self.process.stdin
        assert self.process.stdout
        print(json.dumps([fatal, str(source), str(output), settings]), file=self.process.stdin, flush=True)
        code, count = json.loads(self.process.stdout.readline())
        return code, count

    def close(self) -> None:
        """End it."""
        self.process.communicate()


if __name__ == "__main__":
    serve()
