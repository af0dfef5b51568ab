"""Runs over files without waits for the disk, which only a power cut would show; test_output.py has their order."""

import os

import pytest


@pytest.fixture(autouse=True)
def without_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)
