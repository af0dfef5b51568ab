"""Find repeated blocks, near-duplicates and overlapping coverage in text; keep or merge them, lose nothing."""

from dedupe._clash import check as _check

_check()

from dedupe.clean import Analysis, Removal, analyze, clean, clean_many, restore  # noqa: E402  # after the check
from dedupe.compare import Comparison, SharedSpan, compare  # noqa: E402
from dedupe.core.backend import backend  # noqa: E402
from dedupe.errors import DedupeError, InputError, OptionError  # noqa: E402
from dedupe.find import find, unique  # noqa: E402
from dedupe.options import Options  # noqa: E402
from dedupe.results import Block, Duplicate, Findings, Match  # noqa: E402

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
