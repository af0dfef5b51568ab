"""What a run has done so far, on disk: settings, inputs with their content, finished stages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dedupe.errors import InputError
from dedupe.inputs.durable import write_text

_VERSION = 2


class Manifest:
    """The notes of a run; every change is on disk, whole, before the next step starts.

    Attributes:
        path: The file.
        notes: What it says.
    """

    def __init__(self, path: Path, notes: dict[str, Any]) -> None:
        """Hold notes; use :meth:`start`."""
        self.path, self.notes = path, notes

    @classmethod
    def start(
        cls, path: Path, settings: dict[str, Any], inputs: list[dict[str, Any]], secret: int, *, resume: bool
    ) -> Manifest:
        """Start a run, or resume one, with the key that it hashed its texts with.

        Raises:
            InputError: The run to resume had other settings or inputs; names the first difference.
        """
        notes = {"version": _VERSION, "settings": settings, "inputs": inputs, "secret": secret, "stages": {}}
        manifest = cls(path, json.loads(json.dumps(notes)))
        if resume and path.exists():
            earlier = json.loads(path.read_text())
            if not earlier["inputs"]:  # it ended before it had noted anything
                earlier["inputs"] = manifest.notes["inputs"]
            for part in ("version", "settings", "inputs"):
                if earlier.get(part) != manifest.notes[part]:
                    raise InputError(
                        f"cannot resume the run in {path.parent}: {_difference(earlier.get(part), manifest.notes[part])}; "
                        "delete the output and start again"
                    )
            manifest.notes = earlier
        else:
            manifest.save()
        return manifest

    def done(self, stage: str) -> Any:
        """What a finished stage noted; None when it is not finished."""
        return self.notes["stages"].get(stage)

    def finish(self, stage: str, noted: Any) -> None:
        """Note that a stage is finished."""
        self.notes["stages"][stage] = noted
        self.save()

    def save(self) -> None:
        """Write the notes; a reader sees the old ones or the new ones, never half."""
        write_text(self.path, json.dumps(self.notes))


def _difference(before: Any, now: Any, where: str = "") -> str:
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted({*before, *now}):
            if before.get(key) != now.get(key):
                return _difference(before.get(key), now.get(key), f"{where}.{key}" if where else key)
    if isinstance(before, list) and isinstance(now, list):
        if len(before) != len(now):
            return f"it had {len(before)} inputs, there are {len(now)} now"
        for earlier, later in zip(before, now, strict=True):
            if earlier != later:
                name = earlier.get("path") if isinstance(earlier, dict) else ""
                return f"the input {name} has other content"
    return f"{where or 'its version'} was {before!r} and is {now!r} now"
