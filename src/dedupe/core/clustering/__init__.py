"""Which blocks stay: by the leaders of their buckets, or by clusters of matches."""
