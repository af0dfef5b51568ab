"""Builds the compiled kernels where a C compiler is found; everything else is in pyproject.toml.

The package is complete without them: the NumPy core gives the same answers, more slowly.
So a missing compiler is said aloud and does not stop the install (`pip install -v` shows it,
and `dedupe --version` names the core in use).
"""

import platform
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

SOURCE = Path("src/dedupe/core/native/_native.c")

# One wheel serves every CPython from 3.11 on (abi3). Free-threaded builds have no stable ABI
# and PyPy has its own, so there the module is built for the one version at hand.
IS_ABI3 = platform.python_implementation() == "CPython" and not sysconfig.get_config_var("Py_GIL_DISABLED")


class BuildNative(build_ext):
    """Compile with full optimization for any machine, and say so when that fails."""

    def build_extension(self, ext: Extension) -> None:
        """Build one extension; `optional=True` lets setuptools go on after the error."""
        if self.compiler.compiler_type != "msvc":  # MSVC's default, /O2, is its highest level
            ext.extra_compile_args.append("-O3")
        try:
            super().build_extension(ext)
        except Exception as error:
            say(f"The compiled core could not be built: {error}")
            raise


def say(problem: str) -> None:
    """Print what happened and what it means, on stderr."""
    print(
        f"\ndedupe-text: {problem}\n"
        "dedupe-text: the install goes on with the NumPy core: same answers, lower speed.\n"
        "dedupe-text: for the compiled core, install a C compiler and Python's headers, then run\n"
        "dedupe-text:     pip install --force-reinstall --no-cache-dir --no-deps dedupe-text\n",
        file=sys.stderr,
    )


native = Extension(
    "dedupe.core.native._native",
    sources=[str(SOURCE)],
    depends=sorted(map(str, SOURCE.parent.glob("*.h"))),  # also puts them into the sdist
    define_macros=[("Py_LIMITED_API", "0x030B0000")] if IS_ABI3 else [],
    py_limited_api=IS_ABI3,
    optional=True,
)
if not SOURCE.exists():
    say(f"{SOURCE} is not there.")

setup(
    ext_modules=[native] if SOURCE.exists() else [],
    cmdclass={"build_ext": BuildNative},
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if IS_ABI3 and SOURCE.exists() else {},
)
