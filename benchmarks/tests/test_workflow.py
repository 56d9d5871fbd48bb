"""The workflows that gate a pull request: what they run is what the command line takes.

Both the project's own and those that the documents offer to others.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks import commands
from benchmarks.names import SCENARIO_NAMES
from benchmarks.report import chart
from conformance import cli

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / ".github" / "workflows" / "benchmark.yml"
GUIDE = ROOT / "docs" / "bench-ci.md"


def documents() -> dict[str, dict[Any, Any]]:
    found = {WORKFLOW.name: yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))}
    blocks = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    for number, block in enumerate(blocks, 1):
        found[f"{GUIDE.name} {number}"] = yaml.safe_load(block)
    return found


DOCUMENTS = documents()
each = pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())


def steps(document: dict[Any, Any]) -> Iterator[dict[str, Any]]:
    for job in document["jobs"].values():
        yield from job["steps"]


def scripts(document: dict[Any, Any]) -> list[str]:
    return [step["run"] for step in steps(document) if "run" in step]


def bench_commands(document: dict[Any, Any]) -> list[argparse.Namespace]:
    """Every `trueline bench` in it, parsed as `trueline` does; what it does not take exits."""
    parser = argparse.ArgumentParser()
    commands.add(parser.add_subparsers(required=True))
    environ = {"GITHUB_STEP_SUMMARY": "summary.md", "BASE": "origin/main"}
    environ |= {name: str(value) for name, value in document.get("env", {}).items()}
    found = []
    for script in scripts(document):
        for line in script.replace("\\\n", " ").splitlines():
            command = line.split(" || ")[0].strip()
            if command.startswith("trueline bench "):
                words = shlex.split(command)[1:]
                options, rest = parser.parse_known_args([expanded(one, environ) for one in words])
                assert cli.gathered(options, rest) == []
                found.append(options)
    return found


def expanded(word: str, environ: dict[str, str]) -> str:
    return re.sub(r"\$(\w+)", lambda match: environ[match[1]], word)


def test_there_is_a_workflow_and_a_guide_with_two() -> None:
    assert len(DOCUMENTS) == 3


@each
def test_the_command_line_takes_what_is_run(document: dict[Any, Any]) -> None:
    found = bench_commands(document)
    assert found
    for options in found:
        assert options.words, "a subject is named"
        assert set(options.scenario.split(",")) <= set(SCENARIO_NAMES)
        assert (options.base is None) == (options.head is None)
        for path in options.chart:
            chart.checked(path, options.action)


@each
def test_what_is_used_later_is_written_before(document: dict[Any, Any]) -> None:
    written = {
        str(Path(one.action_json).stem) for one in bench_commands(document) if one.action_json
    }
    for step in steps(document):
        with_ = step.get("with", {})
        if "output-file-path" in with_:
            stem, _, direction = Path(with_["output-file-path"]).stem.rpartition("-")
            assert stem in written
            assert with_["tool"] == f"custom{direction.capitalize()}IsBetter"


@each
def test_permissions_are_the_least(document: dict[Any, Any]) -> None:
    """What runs the code of a pull request may read, nothing else."""
    events = document[True]  # YAML 1.1 reads `on` as a boolean
    assert "pull_request_target" not in str(events)
    if "pull_request" in events:
        assert document["permissions"] == {"contents": "read"}
        for job in document["jobs"].values():
            is_on_push = job.get("if") == "github.event_name == 'push'"
            assert is_on_push or "permissions" not in job
    for job in document["jobs"].values():
        assert job["timeout-minutes"] <= 60


@each
def test_no_script_holds_an_expression(document: dict[Any, Any]) -> None:
    """The name of a branch may hold a command; in a variable it stays a name."""
    assert not [script for script in scripts(document) if "${{" in script]


@each
def test_the_base_is_fetched_before_it_is_compared(document: dict[Any, Any]) -> None:
    for job in document["jobs"].values():
        if "--base" in str(job["steps"]):
            checkout = job["steps"][0]
            assert checkout["uses"].startswith("actions/checkout@")
            assert checkout["with"]["fetch-depth"] == 0


GATES = [
    (name, script)
    for name, document in DOCUMENTS.items()
    for script in scripts(document)
    if "bench compare" in script
]


@pytest.mark.parametrize(("name", "script"), GATES)
@pytest.mark.parametrize(("status", "ends"), [(0, 0), (1, 1), (2, 2), (3, 0)])
def test_inconclusive_warns_and_everything_else_is_kept(
    name: str, script: str, status: int, ends: int, tmp_path: Path
) -> None:
    """Run as GitHub runs it, with a `trueline` that does nothing but end so."""
    fake = tmp_path / "trueline"
    fake.write_text(f"#!/bin/sh\nexit {status}\n")
    fake.chmod(0o755)
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        env={
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "BASE": "origin/main",
            "SCENARIOS": "plaintext",
            "GITHUB_STEP_SUMMARY": "summary.md",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == ends, done.stderr
    assert done.stdout.startswith("::warning ") == (status == 3)


def test_every_step_does_something_and_is_pinned() -> None:
    for document in DOCUMENTS.values():
        for step in steps(document):
            assert ("run" in step) != ("uses" in step)
            assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step.get("uses", "a/b@v1"))
