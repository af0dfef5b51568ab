"""Where an index may lie, and making its folder."""

from __future__ import annotations

import sys
from pathlib import Path

from dedupe.engines.index.storage.catalogue import NAME, Catalogue
from dedupe.engines.index.storage.rules import Rules, plain
from dedupe.errors import DedupeError

# file systems on which locks and shared memory do not hold between machines
_NETWORK = ("nfs", "cifs", "smb", "afs", "9p", "ceph", "lustre", "gluster", "sshfs", "davfs", "s3fs", "gcsfuse")


def check_place(path: Path) -> None:
    """Refuse network disks.

    Raises:
        DedupeError: The folder is, or would be, on one.
    """
    kind = file_system(path)
    if any(name in kind for name in _NETWORK):
        raise DedupeError(
            f"{path} is on a network disk ({kind}), where locks and memory-mapping do not hold between machines; "
            "keep the index on a local disk, and copy the folder when nobody writes"
        )


def file_system(path: Path) -> str:
    """Kind of the file system that a path is on; empty where the system does not tell."""
    if not sys.platform.startswith("linux"):
        return ""
    try:
        lines = Path("/proc/self/mounts").read_text().splitlines()
    except OSError:
        return ""
    where = str(path.absolute())
    best = ("", "")
    for line in lines:
        _, mount, kind, *_ = line.split(" ")
        mount = mount.replace("\\040", " ")
        if len(mount) >= len(best[0]) and (where + "/").startswith(mount.rstrip("/") + "/"):
            best = (mount, kind)
    return best[1]


def check_makeable(path: Path, *, readonly: bool) -> None:
    """Refuse to make an index where something else is.

    Raises:
        DedupeError: The folder holds something else, or there is no index and none is to be made.
    """
    if path.exists() and not path.is_dir():
        raise DedupeError(f"{path} is a file, not the folder of an index")
    names = [entry.name for entry in path.iterdir()] if path.is_dir() else []
    if (path / NAME).exists():  # another process has made it meanwhile
        return
    if any(name.endswith(".seg") for name in names):
        raise DedupeError(f"{path} has segments but no catalogue; `dedupe index repair` makes a new one from them")
    # a catalogue may be on its way, under a name of its own
    if any(not name.lstrip(".").startswith(NAME) for name in names):
        raise DedupeError(f"{path} holds something else than an index; give a new or empty folder")
    if readonly:
        raise DedupeError(
            f"there is no index at {path}; one is made by `dedupe index add`, or when it is opened without readonly="
        )


def make_index(path: Path, rules: Rules) -> None:
    """Make the folder of an empty index."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DedupeError(f"cannot make the folder {path}: {error.strerror or error}") from error
    Catalogue.create(path, plain(rules))
