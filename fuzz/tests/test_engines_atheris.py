"""Engine `atheris`, each time in a process of its own: what it instruments stays instrumented."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile

import pytest

pytest.importorskip("atheris", reason="atheris is an extra: pip install trueline[fuzz]")

SCRIPT = """
import json, sys, time
from fuzz.campaign.board import Board
from fuzz.engines import found
from fuzz.target import Wanted
from fuzz.targets import opened
from fuzz.campaign.trials import Account

what, executions = sys.argv[1], int(sys.argv[2])
engine = found("atheris")
if what == "parser":
    with engine.opening():
        target = opened(Wanted("parser"))
else:  # in which there is nothing to instrument
    from fuzz.tests import fake_targets
    target = getattr(fake_targets, what)()
told = []
account = Account(target, Board(), told.append, seed="1", corpus=[b"abc", b"GET / HTTP/1.1\\r\\n"],
                  executions=executions, deadline=time.monotonic() + 60)
engine.run(account)
account.finish()
print(json.dumps({
    "executions": sum(news.executions for news in told),
    "accepted": sum(news.accepted for news in told),
    "signatures": len({one for news in told for one in news.met}),
    "kinds": sorted({one.kind for news in told for one in news.broken.values()}),
    "coverage": max(news.coverage or 0 for news in told),
}))
"""


def run(what: str, executions: int) -> subprocess.CompletedProcess[str]:
    """As a worker is run: its stderr is a file, which coverage is read from."""
    with tempfile.TemporaryFile() as stderr:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, what, str(executions)],
            stdout=subprocess.PIPE, stderr=stderr, text=True, timeout=90, check=False,
        )  # fmt: skip
        stderr.seek(0)
        done.stderr = stderr.read().decode()
    return done


def test_violations_do_not_stop_it_and_it_comes_back_when_it_is_over() -> None:
    done = run("Picky", 2_000)
    assert done.returncode == 0, done.stderr
    saw = json.loads(done.stdout)
    assert saw["executions"] == 2_000
    assert saw["kinds"] == ["count", "order"]


def test_it_is_led_by_coverage_of_the_reference_and_the_readers() -> None:
    done = run("parser", 600)
    assert done.returncode == 0, done.stderr
    instrumented = set(re.findall(r"Instrumenting (\S+)", done.stderr))
    assert {"reference.parser", "fuzz.opinions.of_reference", "fuzz.rules.head"} <= instrumented
    assert not any(name.startswith(("fuzz.http", "fuzz.engines")) for name in instrumented)
    saw = json.loads(done.stdout)
    assert saw["coverage"] > 100
    assert saw["accepted"] > 0
    assert saw["signatures"] > 10


def test_an_input_may_take_longer_than_the_alarm_of_a_second() -> None:
    done = run("Slow", 200)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["executions"] == 200


def test_an_error_of_ours_ends_the_process_as_under_any_engine() -> None:
    done = run("Raising", 2_000)
    assert done.returncode == 1
    assert re.search(r"^KeyError: ", done.stderr, re.MULTILINE), done.stderr
