"""Edited copies of paragraphs in two sorts: those that state another fact, and those that state the same."""
