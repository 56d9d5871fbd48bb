"""Counting instructions: the arithmetic, what is read and refused, and one real count."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.command import Refused
from benchmarks.connection import Answer
from benchmarks.instructions import estimate, instructions, is_right, total, under_callgrind
from benchmarks.load.model import PLACEHOLDER
from benchmarks.scenarios import SCENARIOS
from benchmarks.subjects import subject
from reference.tests.processes import needs

PLAINTEXT = SCENARIOS["plaintext"]


def test_the_figure_is_the_median_of_pairs() -> None:
    runs = (1_000, 11_000, 1_300, 10_900, 1_000, 91_000)  # the last one was disturbed
    found = estimate("a", "s", runs, (100, 200))
    assert found.each == (100.0, 96.0, 900.0)
    assert found.per_request == 100.0
    assert found.measurement.spread == (96.0, 900.0)


def test_counts_that_do_not_grow_are_refused() -> None:
    with pytest.raises(Refused, match="a executed no more instructions for 200 requests"):
        estimate("a", "s", (1_000, 1_000), (100, 200))


def test_all_processes_are_summed_up(tmp_path: Path) -> None:
    (tmp_path / "counts.11.1").write_text(
        "version: 1\nevents: Ir\nfn=(1) f\n1 30\nsummary: 30\ntotals: 30\n"
    )
    (tmp_path / "counts.12.1").write_text("events: Ir\n1 12\nsummary: 12\n\n")
    assert total(tmp_path) == 42


def test_a_process_that_was_killed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="wrote nothing"):
        total(tmp_path)
    (tmp_path / "counts.13.1").write_text("")
    with pytest.raises(Refused, match=r"no total into counts\.13\.1"):
        total(tmp_path)


def test_answers_are_judged_as_that_to_request_0() -> None:
    numbered = replace(
        PLAINTEXT, request=b"GET /" + PLACEHOLDER, accepts=lambda body: body == b"u0000000"
    )
    assert is_right(Answer(200, b"u0000012"), numbered, 12)
    assert not is_right(Answer(200, b"u0000011"), numbered, 12)
    assert not is_right(Answer(404, b"u0000012"), numbered, 12)


@pytest.fixture
def without_valgrind(monkeypatch: pytest.MonkeyPatch) -> None:
    which: Callable[[str], str | None] = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "valgrind" else which(name))


@pytest.mark.usefixtures("without_valgrind")
async def test_valgrind_is_asked_for() -> None:
    with pytest.raises(Refused, match="valgrind, which is not installed"):
        await instructions(await subject("reference"), PLAINTEXT)


@needs("valgrind")
async def test_the_environment_makes_runs_alike(tmp_path: Path) -> None:
    one = await subject("reference")
    counted = under_callgrind(one, tmp_path).command
    assert list(counted.argv[-len(one.command.argv) :]) == list(one.command.argv)
    assert f"--callgrind-out-file={tmp_path}/counts.%p" in counted.argv
    assert counted.env is not None
    assert counted.env["PYTHONHASHSEED"] == "0"
    assert "PYTHONDONTWRITEBYTECODE" not in counted.env


@pytest.mark.parametrize("status", [0, 1])
async def test_addresses_are_fixed_where_that_is_allowed(
    status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("setarch", "valgrind", "vgdb"):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {status}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    counted = under_callgrind(await subject("reference"), tmp_path).command
    assert counted.argv[0] == ("valgrind" if status else "setarch")


async def test_what_cannot_be_counted_is_refused() -> None:
    one = await subject("reference")
    with pytest.raises(Refused, match="without idle connections"):
        await instructions(one, replace(PLAINTEXT, idle=10))
    with pytest.raises(Refused, match="must rise"):
        await instructions(one, PLAINTEXT, requests=(20, 20))


@needs("valgrind")
@pytest.mark.skipif(os.environ.get("CI") != "true", reason="takes half a minute; runs in CI")
async def test_a_real_count() -> None:
    found = await instructions(await subject("reference"), PLAINTEXT, repeats=1)
    assert 10_000 < found.per_request < 1_000_000
