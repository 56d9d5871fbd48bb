"""What the options of `trueline bench` mean where the machine lacks something."""

from __future__ import annotations

import argparse
import shutil

import pytest

from benchmarks import commands
from benchmarks.choices import check_meaning, settings_of
from benchmarks.command import Refused
from benchmarks.names import ACTIONS, MEANT_FOR


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    commands.add(parser.add_subparsers())
    return parser.parse_args(["bench", *words])


def without(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == program else found(name))


def test_without_taskset_nothing_is_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    without("taskset", monkeypatch)
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {0, 1})
    settings, [note] = settings_of(options("compare", "a", "b"))
    assert (settings.server_cpu, settings.client_cpu) == (None, None)
    assert "taskset" in note


def test_one_processor_is_shared_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {3})
    settings, [note] = settings_of(options("compare", "a", "b"))
    assert (settings.server_cpu, settings.client_cpu) == (None, None)
    assert "trust the processor time alone" in note


def test_without_wrk(monkeypatch: pytest.MonkeyPatch) -> None:
    without("wrk", monkeypatch)
    with pytest.raises(Refused, match="wrk is not installed"):
        settings_of(options("compare", "a", "b", "--load", "wrk"))
    settings, _ = settings_of(options("run", "a"))
    assert (settings.engine, settings.slice_s) == ("builtin", 1.0)
    with pytest.raises(Refused, match=r"whole seconds, not --slice 1\.5"):
        settings_of(options("compare", "a", "b", "--load", "wrk", "--slice", "1.5"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("memory", "a", "--scenario", "echo"),
            "--scenario means nothing for memory, only",
        ),
        (
            ("compare", "a", "b", "--rate", "9"),
            "--rate means nothing for compare, only",
        ),
        (("instr", "a", "--restarts", "9"), "--restarts means nothing for instr"),
        (("startup", "a", "--margin", "5"), "--margin means nothing for startup"),
    ],
)
def test_an_option_that_would_not_be_heeded(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(Refused, match=said):
        check_meaning(options(*words))


VALUES = {
    "scenario": "echo", "seconds": "9", "margin": "5", "load": "builtin", "slice": "2",
    "connections": "9", "rate": "9", "restarts": "9",
}  # fmt: skip


@pytest.mark.parametrize("action", ACTIONS)
def test_options_that_are_heeded(action: str) -> None:
    assert VALUES.keys() == MEANT_FOR.keys()
    given = [f"--{name}={VALUES[name]}" for name, actions in MEANT_FOR.items() if action in actions]
    check_meaning(options(action, "a", *given))
    check_meaning(options(action, "a"))
