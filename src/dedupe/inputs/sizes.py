"""Sizes in bytes: those that users write, such as ``"2GB"``, and that of this process."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from dedupe.errors import OptionError

_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(i)?B?\s*", re.IGNORECASE)


def size_bytes(value: int | str, name: str) -> int:
    """Read a size such as ``"2GB"``, ``"500 MiB"`` or a number of bytes.

    GB and GiB both mean 2**30 bytes, as memory is counted.

    Args:
        value: What the user wrote.
        name: The option, for the message.

    Raises:
        OptionError: It is no size.

    Examples:
        >>> size_bytes("1.5GB", "memory") == 3 << 29
        True
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    size = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if not size:
        raise OptionError(f"{name} must be a size such as '2GB' or a number of bytes, got {value!r}")
    return int(float(size[1]) * 1024 ** _POWERS[size[2].upper()])


def peak_memory_bytes() -> int | None:
    """Greatest resident memory of this process so far."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux: what getrusage returns there may be the peak of the process that started this one
        peak_line = next((line for line in status.read_text().splitlines() if line.startswith("VmHWM:")), None)
        if peak_line:
            return int(peak_line.split()[1]) * 1024
    try:
        import resource
    except ImportError:  # not on Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
