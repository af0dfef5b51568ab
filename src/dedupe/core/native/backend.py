"""Which implementation of the hot stages runs: compiled kernels, or NumPy."""

from __future__ import annotations

import os
from functools import lru_cache
from types import ModuleType

from dedupe.errors import OptionError

VARIABLE = "DEDUPE_BACKEND"


@lru_cache(maxsize=1)
def _load() -> ModuleType | None:
    wanted = os.environ.get(VARIABLE, "auto")
    if wanted not in ("auto", "native", "numpy"):
        raise OptionError(f"{VARIABLE} must be 'auto', 'native' or 'numpy', got {wanted!r}; unset it for 'auto'")
    if wanted == "numpy":
        return None
    try:
        from dedupe.core.native import _native
    except ImportError as error:
        if wanted == "native":
            raise OptionError(
                f"{VARIABLE}=native, but the compiled module is not there ({error}); "
                "install dedupe-text with a C compiler at hand, or unset the variable to do without it"
            ) from error
        return None
    return _native


def kernels() -> ModuleType:
    """The compiled module; only to be asked for when :func:`native` says that it is in use."""
    found = _load()
    assert found is not None
    return found


def native() -> bool:
    """Whether the compiled kernels are in use."""
    return _load() is not None


def backend() -> str:
    """Name the implementation in use: ``"native"`` (compiled) or ``"numpy"``.

    Set the environment variable ``DEDUPE_BACKEND`` to ``numpy`` before the first call to do without the
    compiled kernels, or to ``native`` to get an error instead of a silent fall-back.
    Results are the same, bit for bit.
    """
    return "native" if native() else "numpy"
