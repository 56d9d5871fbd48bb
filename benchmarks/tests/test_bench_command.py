"""`trueline bench` as people use it: in processes, with files and exit statuses."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from benchmarks.judging import checks_of
from benchmarks.report import document

TRUELINE = [sys.executable, "-m", "conformance.cli", "bench"]
QUICK = ["--load", "builtin", "--slice", "0.02", "--scenario", "plaintext"]
FEW = [*QUICK, "--connections", "8", "--restarts", "3", "--margin", "50"]
"""Enough for what is several times slower. The veto stands when A against itself differs by half
the margin: with a small one, three restarts on a busy machine would say so now and then."""

SLOWER = """
from itertools import count
from time import sleep

from conformance.adapters.reference import ReferenceAdapter  # its kit is conformance.adapter

class Slower(ReferenceAdapter):
    def responder(self, status, content_type):
        respond = super().responder(status, content_type)
        numbers = count(1)

        def slowly(request, body):
            {what}
            return respond(request, body)

        return slowly

Slower().main()
"""
"""The reference with something in front of each response."""

MARK = "TRUELINE_TEST"
"""A variable that everything a command starts inherits."""


def slower(folder: Path, what: str) -> str:
    (folder / "slower.py").write_text(SLOWER.format(what=what))
    return "slower.py"


def bench(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TRUELINE, *arguments],
        cwd=folder, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


def read(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path.read_text())
    return data


def test_what_is_much_slower_is_1(tmp_path: Path) -> None:
    name = slower(tmp_path, "sum(range(10_000))")
    done = bench(
        tmp_path, "compare", "reference", name, *FEW, "--json", "r.json",
        "--markdown", "r.md", "--chart", "r.svg", "--action-json", "a.json",
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "slower" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr, "colour in a pipe"
    report = document.loads((tmp_path / "r.json").read_text())
    [comparison] = report.comparisons
    assert [one.phase.value for one in comparison.series] == ["first", "confirmation", "itself"]
    assert all(one.requests > 0 for side in "AB" for one in comparison.slices(side))
    assert "slower" in (tmp_path / "r.md").read_text()
    assert "<svg" in (tmp_path / "r.svg").read_text()
    for name in ("a-bigger.json", "a-smaller.json"):
        assert {"name", "unit", "value"} <= json.loads((tmp_path / name).read_text())[0].keys()


def test_what_is_much_faster_is_0(tmp_path: Path) -> None:
    name = slower(tmp_path, "sum(range(10_000))")
    done = bench(tmp_path, "compare", name, "reference", *FEW)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wait_is_slower_though_it_costs_no_processor_time(tmp_path: Path) -> None:
    """By the clock alone: `respond` sleeps in the event loop's only thread."""
    name = slower(tmp_path, "sleep(0.001)")
    done = bench(tmp_path, "compare", "reference", name, *FEW, "--json", "r.json")
    assert done.returncode == 1, done.stdout + done.stderr


WRONG_AT_TIMES = "body = body if next(numbers) % 500 else 'Hello, Wurld!'"
"""What a server does under load is not what it did when it was asked alone."""


def test_wrong_answers_are_2_and_no_figures(tmp_path: Path) -> None:
    wrong = slower(tmp_path, WRONG_AT_TIMES)
    done = bench(tmp_path, "compare", "reference", wrong, *QUICK, "--json", "r.json")
    assert done.returncode == 2, done.stdout + done.stderr
    assert wrong in done.stderr
    assert "Hello, Wu" in done.stderr or "octet" in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "r.json").exists()


@pytest.mark.parametrize("action", [("compare", "reference"), ("run",)])
def test_what_was_measured_before_a_wrong_answer_is_kept(
    tmp_path: Path, action: tuple[str, ...]
) -> None:
    """JSON is made by another function of the adapter, so that is right to the end."""
    wrong = slower(tmp_path, WRONG_AT_TIMES)
    few = ("--connections", "8", "--restarts", "1", "--scenario", "json,plaintext")
    arguments = (*action, wrong, *QUICK, *few)
    done = bench(tmp_path, *arguments, "--json", "r.json")
    assert done.returncode == 2, done.stdout + done.stderr
    report = document.loads((tmp_path / "r.json").read_text())
    [note] = [one for one in report.notes if "ended early" in one]
    assert wrong in note
    of = [one.scenario for one in report.comparisons] + [one.scenario for one in report.absolutes]
    assert of == ["json"]
    assert "json" in done.stdout


def test_who_fails_a_check_is_not_measured(tmp_path: Path) -> None:
    (tmp_path / "closing.py").write_text(
        "from conformance.adapter import Adapter\n"
        "from conformance.adapters.miniature import MiniatureAdapter\n"
        "MiniatureAdapter(frozenset({'closes-every-connection'})).main()\n"
    )
    done = bench(tmp_path, "run", "closing.py", *QUICK)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "connection/persists" in done.stderr
    assert "trueline explain connection/persists" in done.stderr
    assert "Traceback" not in done.stderr


def test_all_are_judged_before_anything_is_measured(tmp_path: Path) -> None:
    fault = checks_of(["params/whole-segment"])[0].faults[0]
    (tmp_path / "wrong.py").write_text(
        "from conformance.adapter import Adapter\n"
        "from conformance.adapters.miniature import MiniatureAdapter\n"
        f"MiniatureAdapter(frozenset({{{fault!r}}})).main()\n"
    )
    arguments = ("--restarts", "1000", "--scenario", "plaintext,param")
    done = bench(tmp_path, "compare", "reference", "wrong.py", *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "the scenario param stands on the check params/whole-segment" in done.stderr
    assert "restart" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["compare", "reference"], "two subjects"),
        (["compare", "reference", "reference"], "trueline bench aa"),
        (["compare", "--base", "main", "reference"], "--base main --head . SUBJECT"),
        (["aa", "reference", "aiohttp"], "one subject"),
        (["run", "referense"], "did you mean 'reference'"),
        (["run", "reference", "--scenario", "plain"], "there is no scenario 'plain'"),
        (["run", "reference", "--json", "no/where.json"], "there is no folder"),
        (["run", "reference", "--chart", "chart.pdf"], ".svg or .png"),
        (["run", "reference", "--load", "wrk", "--slice", "0.5"], "whole seconds"),
        (["run", "reference", "--margin", "x"], "argument --margin: invalid number: 'x'"),
        (["run", "reference", "--seconds", "nan"], "argument --seconds: nan is not more than 0"),
        (["run", "reference", "--restarts", "1.5"], "--restarts: invalid whole number: '1.5'"),
        (["run", "reference", "--connections", "-1"], "--connections: -1 is not 1 or more"),
        (["run", "reference", "--scenario", "param,param"], "named twice"),
        (["run", "reference", "--markdown", ""], "--markdown '' names no file"),
        (["run", "reference", "--action-json", "/"], "--action-json '/' names no file"),
        (["run", "reference", "--json", "here.py"], "cannot write here.py: it is a folder"),
        (["latency", "reference", "--scenario", "json,pipelined"], "no latency of their own"),
        (["instr", "reference", "--scenario", "json,plaintext-idle"], "without idle connections"),
        (["memory", "reference", "--chart", "c.svg"], "no chart of `bench memory`"),
        (["run", "--", "node", "adapter.mjs"], 'cmd:"node adapter.mjs"'),
        (["fly", "reference"], "invalid choice"),
    ],
)
def test_what_makes_no_sense_is_2(tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "here.py").mkdir()
    done = bench(tmp_path, *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_run_tells_rate_and_latency(tmp_path: Path) -> None:
    done = bench(
        tmp_path, "run", "reference", *QUICK, "--restarts", "2", "--rate", "200", "--json", "-"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [absolute] = document.loads(done.stdout).absolutes
    assert absolute.rate_per_s is not None
    assert absolute.rate_per_s > 0
    assert absolute.latency_rate_per_s == 200
    # 800 requests: p99 would be the luck of eight.
    assert list(absolute.latency_ms) == ["50", "90", "max"]
    percentiles = list(absolute.latency_ms.values())
    assert percentiles == sorted(percentiles)
    assert percentiles[0] > 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_keeps_what_was_measured(tmp_path: Path, number: signal.Signals) -> None:
    terminal, stderr = pty.openpty()
    run = subprocess.Popen(
        [*TRUELINE, "aa", "reference", *QUICK, "--restarts", "1000", "--json", "r.json"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=stderr, text=True,
        start_new_session=True,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "200", MARK: str(tmp_path)},
    )  # fmt: skip
    os.close(stderr)
    shown = b""
    while b"first restart 3" not in shown:  # the bar tells what is measured
        shown += os.read(terminal, 65536)
    assert marked(str(tmp_path))
    run.send_signal(number)
    output, _ = run.communicate(timeout=60)
    with suppress(OSError):  # how a terminal says that nobody writes to it any more
        while data := os.read(terminal, 65536):
            shown += data
    os.close(terminal)
    assert run.returncode == 130, output
    assert b"Traceback" not in shown
    assert "interrupted" in output
    [comparison] = read(tmp_path / "r.json")["comparisons"]
    assert len(comparison["series"][0]["restarts"]) >= 3
    assert not marked(str(tmp_path))


WAITS = """
import pathlib, time
from conformance.adapter import Adapter
from conformance.adapters.miniature import MiniatureAdapter

if pathlib.Path("met").exists():
    open("judging", "w").close()
    time.sleep(600)
pathlib.Path("met").touch()
MiniatureAdapter(frozenset()).main()
"""
"""Says hello once; started again, to be judged, it says so on a pipe and does nothing more."""


def test_ctrl_c_before_anything_was_measured(tmp_path: Path) -> None:
    (tmp_path / "waits.py").write_text(WAITS)
    os.mkfifo(tmp_path / "judging")
    run = subprocess.Popen(
        [*TRUELINE, "aa", "waits.py", *QUICK, "--chart", "c.svg"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    (tmp_path / "judging").read_text()  # until it is opened and closed by the other side
    run.send_signal(signal.SIGINT)
    output, said = run.communicate(timeout=60)
    assert run.returncode == 130, output + said
    assert "interrupted" in output
    assert "nothing to draw" in said


def marked(value: str) -> list[str]:
    """The processes that were started with this value of MARK: servers have their own sessions."""
    found = []
    for file in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"{MARK}={value}".encode() in file.read_bytes().split(b"\0"):
                found.append(file.parent.name)
        except OSError:  # it has ended, or is of another user
            continue
    return found
