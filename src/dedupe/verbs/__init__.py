"""What users call: clean, find, compare, merge, evaluate."""
