"""Bigger than memory: files in, files out, with a bound on memory, progress and resume."""

from dedupe.engines.files.run import clean_files, unique_files
from dedupe.engines.files.summary import CorpusSummary
from dedupe.errors import LossError

__all__ = ["CorpusSummary", "LossError", "clean_files", "unique_files"]
