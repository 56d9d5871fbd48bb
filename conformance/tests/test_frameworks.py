"""Released frameworks in an environment of their own, without trueline: `--python` and the kit.

`make frameworks` makes the environment; where it is missing these are skipped, but never in CI.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ENVIRONMENT = Path(__file__).parents[2] / ".venv-frameworks"
PYTHON = ENVIRONMENT / "bin" / "python"

pytestmark = pytest.mark.skipif(
    not PYTHON.exists() and "CI" not in os.environ, reason="no .venv-frameworks: `make frameworks`"
)


def judged(folder: Path, *arguments: str) -> dict[str, Any]:
    """The results of a run that came to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "conformance.cli", "run", *arguments, "--json=r.json"],
        cwd=folder, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stdout + done.stderr
    results: dict[str, Any] = json.loads((folder / "r.json").read_text())
    assert "error" not in results["totals"], done.stdout
    return results


def version(package: str) -> str:
    code = f"from importlib.metadata import version; print(version({package!r}))"
    done = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("name", ["aiohttp", "sanic", "starlette"])
def test_a_released_framework_is_judged_in_its_own_environment(name: str, tmp_path: Path) -> None:
    results = judged(tmp_path, name, "--python", str(ENVIRONMENT))
    assert results["subject"]["version"].split()[0] == version(name)
    # They are good frameworks: most of it holds, and what does not is in docs/findings.md.
    total = sum(results["totals"].values())
    assert results["totals"]["pass"] > 0.8 * total
    assert results["totals"].get("fail", 0) < 0.08 * total


def test_the_subject_meets_its_own_packages_and_not_those_of_the_harness(tmp_path: Path) -> None:
    assert version("aiohttp") != __import__("aiohttp").__version__, "the point is that they differ"
    probe = tmp_path / "probe.py"
    probe.write_text(
        "import importlib.util, sys\n"
        "import conformance.adapter\n"
        "found = [n for n in ('pytest', 'jsonschema', 'reference', 'conformance.judge')\n"
        "         if importlib.util.find_spec(n)]\n"
        "sys.exit('found ' + repr(found))\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "conformance.cli", "run", str(probe), "--python", str(PYTHON)],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "it said on stderr: found []" in done.stdout + done.stderr


def test_an_environment_without_the_framework_is_said_in_a_sentence(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", "empty"], cwd=tmp_path, check=True
    )
    done = subprocess.run(
        [sys.executable, "-m", "conformance.cli", "run", "sanic", "--python", "empty"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    said = done.stdout + done.stderr
    assert "No module named 'sanic'" in said
    assert "pip install sanic" in said
    assert "Traceback" not in said
