"""Find repeated blocks, near-duplicates and overlapping coverage in text; keep or merge them, lose nothing."""

from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from dedupe._clash import check as _check

_check()

from dedupe.clean import Analysis, Removal, analyze, clean, clean_many, restore  # after the check
from dedupe.compare import Comparison, SharedSpan, compare
from dedupe.core.backend import backend
from dedupe.errors import DedupeError, InputError, OptionError
from dedupe.find import find, unique
from dedupe.merge import merge
from dedupe.options import Options
from dedupe.results import Block, Duplicate, Findings, Match
from dedupe.stories.results import Conflict, CoverageMatch, Passage, Stories, Story, TimelineEntry, Variant

__version__ = "0.1.0"

__all__ = [
    "Analysis",
    "Block",
    "Comparison",
    "Conflict",
    "CoverageMatch",
    "DedupeError",
    "Duplicate",
    "Findings",
    "Index",
    "InputError",
    "Match",
    "OptionError",
    "Options",
    "Passage",
    "Removal",
    "SharedSpan",
    "Stories",
    "Story",
    "TimelineEntry",
    "Variant",
    "analyze",
    "backend",
    "clean",
    "clean_files",
    "clean_many",
    "compare",
    "find",
    "merge",
    "restore",
    "unique",
]

if _TYPE_CHECKING:
    from dedupe.corpus import clean_files
    from dedupe.index import Index

_LATER = {
    "Index": "dedupe.index",
    "clean_files": "dedupe.corpus",
}  # modules that are loaded when a name is first asked for


def __getattr__(name: str) -> _Any:
    """Load a part of the library that most runs do not need."""
    if name not in _LATER:
        raise AttributeError(f"module 'dedupe' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_LATER[name]), name)
