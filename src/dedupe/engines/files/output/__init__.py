"""Cleaned files and the removed list on their way out."""
