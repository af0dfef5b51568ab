"""Spark drivers in processes of their own, and the processes below them, to be killed by their ids.

Run as a script this is such a driver: it reads a request a line and answers each with a line.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

SETTINGS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "3",
    "spark.executor.memory": "512m",
    # many small queries: compiling them well would take longer than running them
    "spark.sql.codegen.wholeStage": "false",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1",
}
_EXECUTOR = "CoarseGrainedExecutorBackend"
_ANSWER = "answer "
_PATIENCE_S = 300


def environment() -> dict[str, str]:
    """What a driver, and the workers that it starts, must be told."""
    sources = Path(__file__).parents[1] / "src"
    paths = [str(sources), os.environ.get("PYTHONPATH", "")]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


def below(pid: int) -> list[int]:
    """The processes that descend from one, in the order of their ids."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:  # it has ended
                continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found - {pid})


def executors(pid: int) -> list[int]:
    """The Spark executors that descend from a process."""
    return [one for one in below(pid) if _EXECUTOR in _command(one)]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def kill(pid: int) -> None:
    """End a process without a warning."""
    os.kill(pid, signal.SIGKILL)


def until(holds: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Wait for a claim; returns what it gave."""
    end = time.monotonic() + seconds
    while not (given := holds()):
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come in {seconds} s")
        time.sleep(0.005)
    return given


class Driver:
    """A Spark session in a process of its own."""

    def __init__(self, master: str) -> None:
        """Start it; its first answer comes once the session is there."""
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115  # lives as long as the process
        self.process = subprocess.Popen(
            [sys.executable, __file__, master], env=environment(), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log,
        )  # fmt: skip
        self.answer()

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    def ask(self, **request: Any) -> None:
        """Send a request."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        """Wait for the answer to the request; an error where the driver gave none."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(_ANSWER):
                return json.loads(line.removeprefix(_ANSWER))
        self._log.seek(0)
        raise RuntimeError(f"the driver ended: {self._log.read()[-2000:]}")

    def kill(self) -> None:
        """End it without a warning, and wait until the processes below it have seen that."""
        children = below(self.pid)
        kill(self.pid)
        self.process.wait()
        until(lambda: not any(_command(child) for child in children), "the end of the Java process")

    def __enter__(self) -> Self:
        """Nothing more to start."""
        return self

    def __exit__(self, *raised: object) -> None:
        """End it, when it still runs."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
        self.process.stdout.close()
        self._log.close()


class Watch(threading.Thread):
    """Does something at each of several moments: when the first file that fits a pattern turns up."""

    def __init__(self, folder: Path, patterns: list[str], then: Callable[[], None]) -> None:
        """Start to wait for the patterns under a folder, one behind the other."""
        super().__init__(daemon=True)
        self._folder, self._patterns, self._then = folder, patterns, then
        self.failure: OSError | None = None
        self.start()

    def run(self) -> None:
        """Wait and do."""
        try:
            for pattern in self._patterns:
                until(lambda pattern=pattern: next(self._folder.glob(pattern), None), pattern, _PATIENCE_S)
                self._then()
        except (OSError, TimeoutError) as error:  # told by `ended`, in the thread of the test
            self.failure = error

    def ended(self) -> None:
        """See that all moments came."""
        self.join(5)
        assert not self.is_alive(), "a moment to kill at did not come"
        if self.failure:
            raise self.failure


@contextmanager
def standalone(n_workers: int) -> Iterator[tuple[str, list[int]]]:
    """A standalone Spark cluster on the loopback: its address and the ids of its workers."""
    port = _free_port()
    address = f"spark://127.0.0.1:{port}"
    master = ["org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", str(port)]
    worker = ["org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", "1g"]
    with tempfile.TemporaryDirectory() as folder:
        started = [_daemon([*master, "--webui-port", "0"])]
        try:
            until(lambda: _listens(port), "the master")
            for number in range(n_workers):
                where = ["--webui-port", "0", "--work-dir", f"{folder}/{number}", address]
                started.append(_daemon([*worker, *where]))
            yield address, [process.pid for process in started[1:]]
        finally:
            for process in reversed(started):
                for pid in [*below(process.pid), process.pid]:
                    if _command(pid):
                        kill(pid)
                process.wait()


def _daemon(arguments: list[str]) -> subprocess.Popen[bytes]:
    import pyspark

    program = str(Path(pyspark.__file__).parent / "bin" / "spark-class")
    quiet = subprocess.DEVNULL
    return subprocess.Popen([program, *arguments], env=environment(), stdin=quiet, stdout=quiet, stderr=quiet)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def _serve(master: str) -> None:
    from pyspark.sql import SparkSession

    session = SparkSession.builder.master(master).config(map=SETTINGS).getOrCreate()
    print(_ANSWER + "null", flush=True)
    for line in sys.stdin:
        print(_ANSWER + json.dumps(_run(session, **json.loads(line))), flush=True)
    session.stop()


def _run(session: Any, verb: str, source: str, work: str, limits: dict[str, int], settings: dict[str, Any]) -> Any:
    from dedupe.engines import spark
    from dedupe.errors import DedupeError

    frame = session.read.parquet(source)
    begin = time.monotonic()
    try:
        made = getattr(spark, verb)(frame, work=work, limits=spark.Limits(**limits), **settings)
    except DedupeError as error:
        return {"error": str(error)}
    rows = made.select("id", *(["survivor", "similarity"] if verb == "find" else ["text"])).collect()
    return {"rows": sorted(map(list, rows)), "seconds": time.monotonic() - begin}


if __name__ == "__main__":
    _serve(sys.argv[1])
