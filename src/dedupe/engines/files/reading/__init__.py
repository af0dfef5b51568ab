"""Which files go in, and their rows as batches of text."""
