"""How much two texts say of the same facts."""
