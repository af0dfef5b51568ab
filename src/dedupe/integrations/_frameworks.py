"""Import a framework, or say which extra brings it and from which version on."""

from __future__ import annotations

import importlib
import importlib.metadata
import re
from types import ModuleType

from dedupe.errors import FrameworkMissing

# What each adapter was tried with; pyproject.toml has the same floors.
FLOORS = {
    "datasets": ("datasets", "4.0"),
    "langchain": ("langchain-core", "1.0"),
    "llama-index": ("llama-index-core", "0.14"),
    "haystack": ("haystack-ai", "3.0"),
    "datatrove": ("datatrove", "0.6"),
    "scrapy": ("scrapy", "2.14"),
    "sklearn": ("scikit-learn", "1.6"),
}


def require(extra: str, module: str) -> ModuleType:
    """Import a module of a framework.

    Args:
        extra: The extra that brings the framework.
        module: What to import.

    Raises:
        FrameworkMissing: The framework is not installed or too old; names the extra and the floor.
    """
    distribution, floor = FLOORS[extra]
    way_out = f"pip install 'dedupe-text[{extra}]' brings {distribution} {floor} or newer"
    try:
        found = importlib.import_module(module)
        version = importlib.metadata.version(distribution)
    except (ImportError, importlib.metadata.PackageNotFoundError) as error:
        raise FrameworkMissing(f"this adapter needs {distribution}, which cannot be imported: {way_out}") from error
    if _parts(version) < _parts(floor):
        raise FrameworkMissing(f"this adapter needs {distribution} {floor} or newer, found {version}: {way_out}")
    return found


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
