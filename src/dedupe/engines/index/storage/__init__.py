"""Segments, postings, catalogue and repair of an index on the disk."""
