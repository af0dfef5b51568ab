"""How alike two blocks are, by each measure."""
