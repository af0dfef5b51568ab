"""Notice the other distribution that installs a package called `dedupe` too.

On the package index the name `dedupe` belongs to an entity-resolution library; this one is
`dedupe-text`. Both install into the folder `dedupe`, and installed side by side their files
mix: the `__init__.py` is that of the last one installed. `check` runs at the top of both
`dedupe/__init__.py` and `dedupe/core/__init__.py`, because the other library's own start
imports `dedupe.core`, which is our folder as soon as it exists (a folder wins over `core.py`).
"""

from __future__ import annotations

import os

__all__ = ["check"]

# A module of the other library that this one will never have.
FOREIGN_MODULE = "labeler.py"


def check(package: str | None = None) -> None:
    """Raise when the other `dedupe` is installed into the same folder.

    Costs one directory listing, under a millisecond for 500 installed packages, and reads no file.

    Args:
        package: Folder of the package; by default the one that holds `core`.

    Raises:
        ImportError: The other distribution is beside this one, or its files are in its folder.
    """
    folder = package or os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    site = os.path.dirname(folder)
    version = _other_version(site)
    if version is None and not os.path.exists(os.path.join(folder, FOREIGN_MODULE)):
        return
    other = f"'dedupe' {version}" if version else "'dedupe'"
    raise ImportError(
        f"two distributions install a package called 'dedupe', and both are in {site}: "
        f"{other} (entity resolution, dedupe.io) and 'dedupe-text' (repeats in text). "
        "Their files overwrite each other, so neither works. Keep one: "
        "'pip uninstall dedupe dedupe-text', then 'pip install dedupe-text' or "
        "'pip install dedupe'; to use both, give each an environment of its own",
        name="dedupe",
    )


def _other_version(site: str) -> str | None:
    """The version in the name of the other library's metadata folder, None if there is none.

    `dedupe-3.0.3.dist-info` is the other one's, `dedupe_text-…` ours, `dedupe_variable_…` and
    `dedupe-hcs-…` are add-ons. No `re` here: importing it can take longer than the whole check.
    """
    for name in os.listdir(site) if os.path.isdir(site) else ():  # in a zip file nothing else is installed
        prefix, _, rest = name.lower().partition("-")
        if prefix == "dedupe" and rest[:1].isdigit() and rest.endswith((".dist-info", ".egg-info")):
            return rest.rpartition(".")[0].partition("-")[0]
    return None
