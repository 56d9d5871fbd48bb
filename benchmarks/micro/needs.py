"""Peers that may be missing."""

import importlib
import os

import pytest


def needs(module: str) -> None:
    """Skip, by name, where `module` is not installed; in CI fail."""
    try:
        importlib.import_module(module)
    except ImportError:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"{module} is not installed")
