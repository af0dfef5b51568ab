"""Bigger than memory: files in, files out, with a bound on memory, progress and resume."""

from dedupe.corpus.job import LossError
from dedupe.corpus.run import clean_files
from dedupe.corpus.summary import CorpusSummary

__all__ = ["CorpusSummary", "LossError", "clean_files"]
