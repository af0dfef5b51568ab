"""Notice the other distribution that installs a package called `dedupe` too.

On the package index the name `dedupe` belongs to an entity-resolution library; this one is
`dedupe-text`. Both install into the folder `dedupe`, and installed side by side their files
mix: the `__init__.py` is that of the last one installed. `check` runs at the top of both
`dedupe/__init__.py` and `dedupe/core/__init__.py`, because the other library's own start
imports `dedupe.core`, which is our folder as soon as it exists (a folder wins over `core.py`).
"""

from __future__ import annotations

import os
import re

__all__ = ["check"]

# `dedupe-3.0.3.dist-info`, but not ours (`dedupe_text-…`) nor an add-on (`dedupe_variable_…`).
METADATA = re.compile(r"dedupe-(\d[^-]*?)(?:-py[\d.]+)?\.(?:dist|egg)-info", re.IGNORECASE)

# A module of the other library that this one will never have.
FOREIGN_MODULE = "labeler.py"


def check(package: str | None = None) -> None:
    """Raise when the other `dedupe` is installed into the same folder.

    Costs one directory listing (about 0.2 ms for 500 installed packages) and reads no file.

    Args:
        package: Folder of the package; by default the one this module is in.

    Raises:
        ImportError: The other distribution is beside this one, or its files are in its folder.
    """
    folder = package or os.path.dirname(os.path.abspath(__file__))
    site = os.path.dirname(folder)
    found = [match[1] for name in os.listdir(site) if (match := METADATA.fullmatch(name))]
    if not found and not os.path.exists(os.path.join(folder, FOREIGN_MODULE)):
        return
    other = f"'dedupe' {found[0]}" if found else "'dedupe'"
    raise ImportError(
        f"two distributions install a package called 'dedupe', and both are in {site}: "
        f"{other} (entity resolution, dedupe.io) and 'dedupe-text' (repeats in text). "
        "Their files overwrite each other, so neither works. Keep one: "
        "'pip uninstall dedupe dedupe-text', then 'pip install dedupe-text' or "
        "'pip install dedupe'; to use both, give each an environment of its own",
        name="dedupe",
    )
