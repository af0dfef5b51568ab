"""Find repeated blocks, near-duplicates and overlapping coverage in text; keep or merge them, lose nothing."""

from dedupe._clash import check as _check

_check()

from dedupe.clean import Analysis, Removal, analyze, clean, clean_many, restore  # after the check
from dedupe.compare import Comparison, SharedSpan, compare
from dedupe.core.backend import backend
from dedupe.errors import DedupeError, InputError, OptionError
from dedupe.find import find, unique
from dedupe.options import Options
from dedupe.results import Block, Duplicate, Findings, Match

__version__ = "0.1.0"

__all__ = [
    "Analysis",
    "Block",
    "Comparison",
    "DedupeError",
    "Duplicate",
    "Findings",
    "InputError",
    "Match",
    "OptionError",
    "Options",
    "Removal",
    "SharedSpan",
    "analyze",
    "backend",
    "clean",
    "clean_many",
    "compare",
    "find",
    "restore",
    "unique",
]
