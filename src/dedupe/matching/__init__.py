"""The stages in order, and how candidates are compared."""
