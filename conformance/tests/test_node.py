"""An adapter in another language, Node's `node:http`, written from docs/adapter-protocol.md."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ADAPTER = Path(__file__).parent / "subjects" / "adapter.mjs"

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None and "CI" not in os.environ, reason="no node"
)


def test_an_adapter_in_javascript_comes_to_its_verdicts(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "conformance.cli", "run", "--json=r.json", "--", "node", ADAPTER],
        cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    # Node serves some malformed requests, so 1 is no fault of ours; 2 would be.
    assert done.returncode in (0, 1), done.stdout + done.stderr
    results = json.loads((tmp_path / "r.json").read_text())
    assert "error" not in results["totals"], done.stdout
    assert results["totals"]["pass"] > 120, done.stdout
    assert results["subject"]["name"] == "node:http"
    assert results["subject"]["language"] == "JavaScript"
    # One process served every check: had the adapter ended, a note would say so.
    assert results["notes"] == [], done.stdout
