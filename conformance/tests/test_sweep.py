"""Sweeps of subjects that die or hang: the run ends, blames the right check, judges the rest."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.check import Check, practice
from conformance.driver import Command, Deadlines
from conformance.expect import answers, body, status
from conformance.judge import Outcome, Rules, judge
from conformance.kill import command
from conformance.seen import Seen
from conformance.spec import Crash, Hook, Respond, Route, Wait, app
from conformance.steps import (
    Answered,
    Crowd,
    Drip,
    End,
    Event,
    Gauge,
    Open,
    Read,
    ReadToEnd,
    Send,
    Signal,
    get,
    raw,
)
from conformance.sweep import Outcome as SweepOutcome
from conformance.sweep import Sweep

WRONG = Path(__file__).parent / "subjects" / "wrong.py"
SOON = Deadlines(step_s=1.0, operation_s=1.0, probe_s=1.0)
APP = app(Route("fine", "GET", "/fine", Respond(body="fine")), Route("bad", "GET", "/trigger"))


def check(name: str, path: str) -> Check:
    return Check(
        f"test/{name}", "It is answered", practice("a test"),
        steps=[get(path)], expect=[status(200)], app=APP,
    )  # fmt: skip


CHECKS = [*(check(f"fine-{number}", "/fine") for number in range(8)), check("bad", "/trigger")]


async def sweep(mode: str, checks: list[Check]) -> tuple[dict[str, SweepOutcome], list[str]]:
    sweep = Sweep(Command([sys.executable, str(WRONG), mode], "wrong"), SOON)
    found: dict[str, SweepOutcome] = {}

    def report(check: Check, outcome: SweepOutcome) -> None:
        assert check.id not in found, "reported twice"
        found[check.id] = outcome

    try:
        await sweep.open()
        await sweep.run(checks, report)
    finally:
        await sweep.close()
    return found, sweep.notes


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("dies", "the subject's process ended: killed by SIGKILL"),
        ("exits-on-request", "the subject's process ended: exit status 3"),
        ("hangs", "no answer to GET /trigger within 1 seconds, and the subject answers nobody"),
    ],
)
async def test_the_blame_falls_on_the_right_check(mode: str, said: str) -> None:
    found, notes = await sweep(mode, CHECKS)
    verdicts = {one.id: judge(one, found[one.id].seen, Rules()) for one in CHECKS}
    bad = verdicts.pop("test/bad")
    assert bad.outcome is Outcome.FAIL
    assert said in bad.reason
    assert {one.outcome for one in verdicts.values()} == {Outcome.PASS}
    assert all(outcome.error is None for outcome in found.values())
    assert any("repeated one at a time" in note for note in notes)


async def test_a_flood_of_stderr_stops_nothing() -> None:
    found, _ = await sweep("floods", CHECKS)
    assert {judge(one, found[one.id].seen, Rules()).outcome for one in CHECKS} == {Outcome.PASS}


async def test_an_app_that_cannot_be_built_is_refused_for_all_that_share_it() -> None:
    refused = app(Route("one", "GET", "/same"), Route("two", "GET", "/same"))
    checks = [replace(check(f"r-{number}", "/"), app=refused) for number in range(3)]
    found, _ = await sweep("right", checks)
    for one in checks:
        verdict = judge(one, found[one.id].seen, Rules())
        assert verdict.outcome is Outcome.FAIL
        assert verdict.reason.startswith("the framework refused the application: ")


async def test_gates_make_the_timing() -> None:
    waiting = Check(
        "test/gate", "The second is answered while the first waits", practice("a test"),
        app=app(
            Route("slow", "GET", "/slow", Wait("g", then=Respond(body="slow"))),
            Route("quick", "GET", "/quick", Respond(body="quick")),
        ),
        steps=[
            get("/slow", name="slow", begin_only=True),
            Event("wait", "slow", "slow"),
            Send(raw("GET /quick")),
            Read(),
            Open("g"),
            Answered("slow"),
        ],
        expect=[body("quick"), body("slow", of="slow")],
    )  # fmt: skip
    found, _ = await sweep("right", [waiting])
    assert judge(waiting, found["test/gate"].seen, Rules()).outcome is Outcome.PASS


async def test_reads_count_from_what_was_waited_for() -> None:
    """Both answers may come with the first read, and a whole one where its head is waited for."""
    two = raw("GET /fine") + raw("GET /fine").replace(b"@ID@", b"@ID@.b")
    pipelined = replace(
        check("pipelined", "/fine"),
        steps=[Send(two), Read(), Read(), Send(raw("GET /fine")), Read(head_only=True), Read()],
        expect=[answers(3), body("fine", index=2)],
    )
    found, _ = await sweep("right", [pipelined])
    assert judge(pipelined, found["test/pipelined"].seen, Rules()).outcome is Outcome.PASS


async def test_a_step_that_is_not_met_is_named() -> None:
    never = replace(check("never", "/fine"), steps=[Event("enter", "nobody", "x")])
    found, _ = await sweep("right", [never])
    verdict = judge(never, found["test/never"].seen, Rules())
    assert verdict.reason == "no event 'enter' of nobody for request 'x' within 1 seconds"


async def test_a_startup_hook_that_fails_is_seen_as_a_refusal() -> None:
    failing = replace(
        check("startup", "/"), app=app(Route("r", "GET", "/"), startup=[Hook("s1", Crash("no"))])
    )
    found, _ = await sweep("right", [failing])
    seen: Seen = found["test/startup"].seen
    assert seen.rejection is not None
    assert seen.rejection.kind == "rejected"
    assert [f"{one.kind} {one.who}" for one in seen.events] == ["enter s1", "raise s1"]


async def test_steps_are_made_while_an_app_in_the_foreground_starts() -> None:
    waiting = Check(
        "test/starting", "It is answered", practice("a test"),
        app=app(Route("r", "GET", "/"), startup=[Hook("s1", Wait("go"))]), foreground=True,
        starting=[Event("wait", "s1"), Open("go")], steps=[get("/")], expect=[status(200)],
    )  # fmt: skip
    missing = replace(waiting, id="test/missing", starting=[Event("wait", "nobody")])
    ended = replace(waiting, id="test/ended", starting=[Event("wait", "s1"), Signal("SIGKILL")])
    found = await sweep_miniature([waiting, missing, ended])
    assert judge(waiting, found["test/starting"].seen, Rules()).outcome is Outcome.PASS
    assert found["test/missing"].seen.missed == "no event 'wait' of nobody within 1 seconds"
    assert found["test/ended"].seen.rejection is not None
    assert found["test/ended"].seen.exit_status == -9
    assert [one.kind for one in found["test/ended"].seen.events] == ["enter", "wait"]


async def sweep_miniature(checks: list[Check]) -> dict[str, SweepOutcome]:
    sweep = Sweep(command(), SOON)
    found: dict[str, SweepOutcome] = {}
    try:
        await sweep.open()
        await sweep.run(checks, lambda check, outcome: found.update({check.id: outcome}))
    finally:
        await sweep.close()
    return found


# -- What only a crowd, a slow client or a process of its own shows --------------------------------


async def test_a_crowd_is_tallied_and_every_answer_is_its_own() -> None:
    crowd = replace(
        check("crowd", "/"),
        app=app(Route("item", "GET", "/{name}"), Route("same", "GET", "/same/x", Respond())),
        steps=[
            Crowd(raw("GET /n@N@").replace(b"@ID@", b"@ID@.n@N@"), 50, connections=5, pipelined=4),
            Crowd(raw("GET /same/x"), 3, name="same"),
            Crowd(raw("GET /a/b/c"), 2, own=b"", name="lost"),
        ],
        expect=[],
    )
    found, _ = await sweep("right", [crowd])
    seen = found["test/crowd"].seen
    assert seen.crowds["crowd"].statuses == {200: 50}
    assert (seen.crowds["crowd"].foreign, seen.crowds["crowd"].unanswered) == (0, 0)
    assert "crowd" not in seen.conversations
    assert seen.crowds["same"].foreign == 3
    assert seen.conversations["same"].sent.startswith(b"GET /same/x")
    assert seen.crowds["lost"].statuses == {404: 2}
    assert seen.crowds["lost"].foreign == 0


async def test_a_slow_client_stops_when_its_connection_is_ended() -> None:
    slow = replace(
        check("slow", "/"),
        steps=[Drip(b"GET / HTTP/1.1\r\nno field\r\n\r\n" + b"x" * 500, every_s=0.001)],
    )
    found, _ = await sweep("right", [slow])
    seen = found["test/slow"].seen
    assert seen.missed is None
    conversation = seen.conversation("1")
    assert conversation.end is not End.OPEN
    assert len(conversation.sent) < 500
    assert conversation.answers[0].status == 400


async def test_what_nobody_takes_is_sent_in_the_background() -> None:
    """The subject answers and closes with most of it unread."""
    large = replace(
        check("large", "/"),
        steps=[
            Send(b"x" * 65536, times=256, begin_only=True),
            ReadToEnd(),
            get("/fine", name="other"),
        ],
        expect=[status(200, of="other")],
    )
    found, _ = await sweep("right", [large])
    assert judge(large, found["test/large"].seen, Rules()).outcome is Outcome.PASS


async def test_a_check_that_is_alone_has_a_process_of_its_own() -> None:
    alone = replace(check("alone", "/fine"), alone=True, steps=[Gauge("g"), get("/fine")])
    found, _ = await sweep("right", [alone, *CHECKS])
    seen = found["test/alone"].seen
    assert judge(alone, seen, Rules()).outcome is Outcome.PASS
    assert seen.nonce != found["test/fine-0"].seen.nonce
    assert seen.gauges["g"].memory_bytes > 1 << 20
    assert seen.gauges["g"].cpu_s > 0
    assert seen.gauges["g"].descriptors > 2


async def test_what_dies_alone_takes_no_blame_from_others() -> None:
    alone = replace(check("alone", "/trigger"), alone=True)
    found, notes = await sweep("dies", [alone, *CHECKS[:3]])
    assert found["test/alone"].seen.died == "killed by SIGKILL"
    assert all(one.seen.died is None for id, one in found.items() if id != "test/alone")
    assert notes == []


async def test_the_files_of_an_app_lie_in_a_folder_while_it_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    files = replace(
        check("files", "/"),
        app=app(files=[("a/b.txt", "text of b")]),
        steps=[get("/files/a/b.txt"), get("/files/none.txt", name="none")],
        expect=[status(200), body("text of b"), status(404, of="none")],
    )
    sweep = Sweep(command(), SOON)
    found: dict[str, SweepOutcome] = {}
    try:
        await sweep.open()
        await sweep.run([files], lambda check, outcome: found.update({check.id: outcome}))
        assert os.listdir(tmp_path)
    finally:
        await sweep.close()
    assert judge(files, found["test/files"].seen, Rules()).outcome is Outcome.PASS
    assert os.listdir(tmp_path) == []
