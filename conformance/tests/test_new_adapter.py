"""The adapter that `trueline new-adapter` writes runs as it stands, on Python 3.8 as well."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.adapter.template import new_adapter_text
from conformance.catalogue import all_checks
from conformance.check import Check
from conformance.driver import Command
from conformance.judge import Outcome, Rules, judge
from conformance.subject import put_kit
from conformance.sweep import Outcome as SweepOutcome
from conformance.sweep import Sweep

HANDFUL = (
    "routing/every-route-is-considered",
    "routing/whole-path-matches",
    "routing/wrong-method",
    "params/percent-decoded",
    "query/repeated-names-in-order",
    "request/header-values",
    "response/length-counts-octets",
    "exceptions/raised-404",
    "error-page/says-nothing-of-the-exception",
    "middleware/first-is-outermost-of-two",
    "middleware/catches-an-error",
    "hooks/startup-in-order",
    "hooks/shutdown-on-stop",
    "hooks/state-reaches-handlers",
    "connection/pipelined-in-order",
    "concurrency/waiting-handler",
)


async def outcomes(python: str, file: Path, kit: Path) -> tuple[str, dict[str, str]]:
    """What runs there, and what does not pass, with the reason."""
    env = {**os.environ, "PYTHONPATH": str(kit)}
    sweep = Sweep(Command([python, str(file)], file.name, env))
    found: dict[str, str] = {}
    try:
        hello = await sweep.open()

        def report(check: Check, outcome: SweepOutcome) -> None:
            assert outcome.error is None, outcome.error
            verdict = judge(check, outcome.seen, Rules(dialect=hello.dialect))
            if verdict.outcome is not Outcome.PASS:
                found[check.id] = f"{verdict.outcome.value}: {verdict.reason}"

        checks = [check for check in all_checks() if check.id in HANDFUL]
        assert len(checks) == len(HANDFUL)
        await sweep.run(checks, report)
    finally:
        await sweep.close()
    return f"{hello.name} on {hello.runtime}", found


def python38() -> str | None:
    """A Python 3.8: on the PATH, or one of pyenv's, whose command on the PATH may lead nowhere."""
    root = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    candidates = [shutil.which("python3.8"), *root.glob("versions/3.8*/bin/python3.8")]
    for one in candidates:
        if one is not None:
            asked = [str(one), "-c", "import sys; print(sys.version_info[:2])"]
            said = subprocess.run(asked, capture_output=True, text=True, timeout=30)
            if said.stdout.strip() == "(3, 8)":
                return str(one)
    return None


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """What an adapter in another interpreter sees of the harness."""
    folder = tmp_path / "kit"
    put_kit(folder)
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my_adapter.py"
    path.write_text(new_adapter_text("my_adapter"), encoding="utf-8")
    return path


async def test_it_runs(file: Path, kit: Path) -> None:
    label, found = await outcomes(sys.executable, file, kit)
    assert label.startswith("my on CPython")
    assert found == {}


async def test_it_runs_on_the_oldest_python_that_the_kit_is_for(file: Path, kit: Path) -> None:
    python = python38()
    if python is None:
        pytest.skip("there is no Python 3.8 here, on the PATH or in pyenv")
    label, found = await outcomes(python, file, kit)
    assert label.startswith("my on CPython 3.8.")
    assert found == {}


def test_every_module_of_the_kit_imports_on_the_oldest_python(kit: Path) -> None:
    python = python38()
    if python is None:
        pytest.skip("there is no Python 3.8 here, on the PATH or in pyenv")
    names = sorted(path.stem for path in (kit / "conformance" / "adapter").glob("[!_]*.py"))
    assert {"base", "forking", "running"} <= set(names)
    code = "".join(f"import conformance.adapter.{name}\n" for name in names)
    done = subprocess.run(
        [python, "-W", "error", "-c", code], env={"PYTHONPATH": str(kit)}, capture_output=True,
        text=True, timeout=30,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "class_name", "label"),
    [
        ("my_adapter", "MyAdapter", "my"),
        ("adapter", "AdapterAdapter", "adapter"),
        ("fast-web", "FastWebAdapter", "fast-web"),
        ("3rd", "My3rdAdapter", "3rd"),
        ("__", "MyAdapter", "my"),
    ],
)
def test_it_is_named_as_its_file(name: str, class_name: str, label: str) -> None:
    text = new_adapter_text(name)
    compile(text, name, "exec")
    assert f"class {class_name}(Adapter):" in text
    assert f'    name = "{label}"\n' in text
    assert f"trueline run {name}.py" in text
    assert "xample" not in text
    assert "FILE" not in text
