"""Columns, spills and files that a run over files keeps on the disk."""
