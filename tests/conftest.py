"""Settings for every test."""

from hypothesis import settings

# The same examples on every run and every machine; a slow machine is not a failure.
settings.register_profile("dedupe", derandomize=True, deadline=None)
settings.load_profile("dedupe")
