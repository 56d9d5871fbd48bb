"""What the options of `trueline bench` mean where the machine lacks something."""

from __future__ import annotations

import argparse
import shutil

import pytest

from benchmarks import commands
from benchmarks.choices import settings_of
from benchmarks.command import Refused


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
