"""Benchmarks: speed beside peers, recall against brute force, quality on labelled text, growth with size."""
