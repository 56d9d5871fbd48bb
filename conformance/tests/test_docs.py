"""The generated documents are what the code says: `make docs` writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.docs import documents

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", sorted(documents()))
def test_document_is_current(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == documents()[name], "run `make docs`"
