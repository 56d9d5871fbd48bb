"""A subject that fails a check which a scenario stands on is refused, and the check is named."""

from __future__ import annotations

import sys

import pytest

from benchmarks import judging
from benchmarks.command import Refused
from benchmarks.judging import checks_of, judge
from benchmarks.scenarios import SCENARIOS
from benchmarks.subjects import Subject
from conformance.driver import Command
from conformance.kill import command

PERSISTS = "connection/persists"


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "_judged", {})


def miniature(*faults: str) -> Subject:
    return Subject("miniature", command(*faults), "adapter", "asyncio")


async def test_a_subject_that_passes_is_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = miniature()
    await judge(subject, [PERSISTS, PERSISTS], "plaintext")
    monkeypatch.setattr(judging, "Sweep", None)  # whoever would run a check now, fails
    await judge(subject, [PERSISTS], "param")


async def test_a_subject_that_fails_is_refused_each_time() -> None:
    check = checks_of([PERSISTS])[0]
    subject = miniature(check.faults[0])
    for _ in range(2):
        with pytest.raises(Refused) as caught:
            await judge(subject, ["response/length-counts-octets", PERSISTS], "plaintext")
        said = str(caught.value)
        assert said.startswith(
            "miniature is not measured: the scenario plaintext stands on the check "
            "connection/persists, which fails: "
        )
        assert said.endswith("trueline explain connection/persists")


async def test_what_its_adapter_cannot_do(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("adapter") / "mine.py"
    file.write_text(
        "from conformance.adapter import Adapter\n"
        "class Mine(Adapter):\n"
        "    name = 'mine'\n"
        "Mine().main()\n"
    )
    subject = Subject("mine", Command([sys.executable, str(file)], "mine"), "adapter", "asyncio")
    with pytest.raises(Refused, match=r"response/stream-whole, which does not apply, unsupported"):
        await judge(subject, ["response/stream-whole"], "stream")


async def test_an_adapter_that_does_not_run() -> None:
    subject = Subject("none", Command(["/no/such/program"], "none"), "adapter", "asyncio")
    with pytest.raises(Refused, match="cannot run '/no/such/program'"):
        await judge(subject, [PERSISTS])


async def test_a_peer_is_not_judged_which_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    subject = Subject("peer:bare", Command(["/no/such/program"], "bare"), "peer", "asyncio")
    await judge(subject, [PERSISTS])
    await judge(subject, [PERSISTS])
    assert capsys.readouterr().err.count("peer:bare has no adapter") == 1


def test_every_scenario_stands_on_checks_that_there_are() -> None:
    for scenario in SCENARIOS.values():
        for one in (scenario, scenario.with_new_connections()):
            assert checks_of(one.stands_on)
    with pytest.raises(LookupError, match="no check nothing/such"):
        checks_of([PERSISTS, "nothing/such"])
