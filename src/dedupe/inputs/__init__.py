"""What users hand in: collections, frames, columns, files."""
