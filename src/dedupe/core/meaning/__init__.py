"""What differs between two texts, and whether it is form or substance."""
