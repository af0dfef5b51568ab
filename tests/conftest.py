"""Settings for every test."""

import pytest
from hypothesis import settings

# The same examples on every run and every machine; a slow machine is not a failure.
settings.register_profile("dedupe", derandomize=True, deadline=None)
settings.load_profile("dedupe")

_TESTED_BY = {"integrations": "make adapters", "spark": "make spark and make faults"}


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what a run leaves out, and which command runs it."""
    ignored = [str(path) for path in config.getoption("ignore") or ()]
    return [f"left out: {path} ({_TESTED_BY.get(path.rpartition('/')[2], 'by --ignore')})" for path in ignored]
