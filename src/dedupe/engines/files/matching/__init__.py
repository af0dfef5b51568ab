"""Which blocks go, and why: fingerprints, candidates, texts read back, comparison, links."""
