"""Find repeated blocks, near-duplicates and overlapping coverage in text; keep or merge them, lose nothing."""

from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from dedupe.core.name_clash import check as _check

_check()

from dedupe.core.meaning.difference import Difference, Run
from dedupe.core.native.backend import backend
from dedupe.errors import (
    DedupeError,
    FrameworkMissing,
    IndexDamaged,
    IndexLocked,
    InputError,
    LossError,
    OptionError,
    WorkerError,
)
from dedupe.options import Options
from dedupe.results import Block, Duplicate, Findings, Match
from dedupe.stories.results import Conflict, CoverageMatch, Passage, Stories, Story, TimelineEntry, Variant
from dedupe.verbs.clean import Analysis, Removal, analyze, clean, clean_many, restore  # after the check
from dedupe.verbs.compare import Comparison, SharedSpan, compare
from dedupe.verbs.find import find, unique
from dedupe.verbs.merge import merge

__version__ = "0.1.0"

__all__ = [
    "Analysis",
    "Block",
    "Comparison",
    "Conflict",
    "CoverageMatch",
    "DedupeError",
    "Difference",
    "Duplicate",
    "Findings",
    "FrameworkMissing",
    "Index",
    "IndexDamaged",
    "IndexLocked",
    "InputError",
    "LossError",
    "Match",
    "OptionError",
    "Options",
    "Passage",
    "Removal",
    "Run",
    "SharedSpan",
    "Stories",
    "Story",
    "TimelineEntry",
    "Variant",
    "WorkerError",
    "analyze",
    "backend",
    "clean",
    "clean_files",
    "clean_many",
    "compare",
    "find",
    "from_datasketch",
    "merge",
    "restore",
    "unique",
    "unique_files",
]

if _TYPE_CHECKING:
    from dedupe.engines.files import clean_files, unique_files
    from dedupe.engines.index import Index, from_datasketch

_LATER = {
    "Index": "dedupe.engines.index",
    "clean_files": "dedupe.engines.files",
    "from_datasketch": "dedupe.engines.index",
    "unique_files": "dedupe.engines.files",
}  # modules that are loaded when a name is first asked for


def __getattr__(name: str) -> _Any:
    """Load a part of the library that most runs do not need."""
    if name not in _LATER:
        raise AttributeError(f"module 'dedupe' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_LATER[name]), name)
