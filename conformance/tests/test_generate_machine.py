"""The model sees every way in which a connection can go wrong; the state machine finds miniatures
that do, and finds nothing in the reference; scripts repeat what was found."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from conformance.driver import Command, Deadlines
from conformance.generate.dialogue import Dialogue
from conformance.generate.machine import Misbehaved, machine_for
from conformance.generate.session import Breach, play_script, step_text
from conformance.generate.stage import Stage
from conformance.generate.wire import BEHIND, Octets
from conformance.seen import Conversation
from conformance.steps import End
from conformance.wire import AnswerReader

GET = Octets(b"GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: @ID@\r\n\r\n")
POST = Octets(
    b"POST / HTTP/1.1\r\nHost: h\r\nX-Request-Id: @ID@\r\nContent-Length: 5\r\n\r\nhello", b"hello"
)
TWO_HOSTS = Octets(GET.data, changes=("two-hosts",))
SIGNED = Octets(POST.data, b"hello", ("signed-length",))
BOTH = Octets(POST.data, b"hello", ("length-and-coding",))
CUT = Octets(POST.data[:-1], b"hello", ("cut-in-body",))


def echo(id: str, body: bytes = b"", *fields: tuple[str, str], close: bool = False) -> bytes:
    """The answer in which a handler tells what it saw."""
    said = {
        "nonce": "n",
        "headers": [["X-Request-Id", id], *map(list, fields)],
        "body": {"length": len(body), "sha256": hashlib.sha256(body).hexdigest()},
    }
    return answer(200, json.dumps(said).encode(), close=close)


def answer(status: int, body: bytes = b"", *, close: bool = False) -> bytes:
    option = b"Connection: close\r\n" if close else b""
    return b"HTTP/1.1 %d X\r\n%bContent-Length: %d\r\n\r\n%b" % (status, option, len(body), body)


def aspects(
    asked: Sequence[tuple[str, Octets]],
    received: bytes,
    end: End = End.OPEN,
    *,
    waited: bool = True,
    **more: Any,
) -> list[str]:
    """What the model says of these octets."""
    reader = AnswerReader()
    reader.feed(received)
    if end is not End.OPEN:
        reader.end(reset=end is End.RESET)
    seen = Conversation(
        "c1", b"", received, tuple(reader.answers), tuple(reader.interim), reader.rest, end
    )
    dialogue = Dialogue(list(asked), **more)
    return [problem.aspect for problem in dialogue.problems(seen, waited=waited)]


# -- The model ------------------------------------------------------------------------------------

TWO = [("a", GET), ("b", POST)]
ONE = TWO[:1]
A, B = echo("a"), echo("b", b"hello")

RIGHT: list[tuple[str, Any]] = [
    ("each its own answer", (TWO, A + B)),
    ("closed behind the first answer", (TWO, A, End.CLOSED)),
    ("closed and announced", (TWO, echo("a", close=True), End.CLOSED)),
    ("nothing was asked", ([], b"")),
    ("idle connection timed out", ([], answer(408, close=True), End.CLOSED)),
    ("interim answers", (ONE, b"HTTP/1.1 100 Continue\r\n\r\n" + A)),
    ("refused, and the next is served", ([("a", TWO_HOSTS), ("b", GET)], answer(400) + echo("b"))),
    ("refused in silence", ([("a", TWO_HOSTS), ("b", GET)], b"", End.CLOSED)),
    ("refused, then the end", ([("a", SIGNED), ("b", GET)], answer(400), End.RESET)),
    ("served, then the end", ([("a", BOTH), ("b", GET)], echo("a", b"hello"), End.CLOSED)),
    ("asked for the end", ([("a", BEHIND)], echo("a", close=True), End.CLOSED)),
]
WRONG: list[tuple[str, Any]] = [
    ("no answer", (TWO, A)),
    ("no answer", (ONE, A[:-1])),
    ("closed without an answer", (ONE, b"", End.CLOSED)),
    ("closed without an answer", (ONE, b"", End.RESET)),
    ("refused", (ONE, b"", End.REFUSED)),
    ("another's answer", (TWO, B + A)),
    ("another's answer", (ONE, echo("z"))),
    ("another body", ([("b", POST)], echo("b", b"hell"))),
    ("not served", (ONE, answer(400))),
    ("not served", (ONE, answer(200, b"hello"))),
    ("answer to nothing", (ONE, A + A)),
    ("answer to nothing", ([], A)),
    ("stray octets", (ONE, A + b"x")),
    ("malformed answer", (ONE, A[:-1], End.CLOSED)),
    ("malformed answer", (ONE, b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n")),
    ("answer behind the end", (TWO, echo("a", close=True) + B, End.CLOSED)),
    ("answer behind the end", ([("a", BEHIND), ("b", POST)], A + B, End.CLOSED)),
    ("answer behind the end", ([("a", SIGNED), ("b", GET)], answer(400) + echo("b"), End.CLOSED)),
    ("answer behind the end", ([("a", BOTH), ("b", GET)], echo("a", b"hello") + echo("b"))),
    ("stays open", ([("a", BEHIND)], echo("a", close=True))),
    ("stays open", (ONE, echo("a", close=True))),
    ("stays open", ([("a", SIGNED)], answer(400))),
    ("taken as it stands", ([("a", TWO_HOSTS)], A)),
    ("taken as it stands", ([("a", CUT)], echo("a", b"hello"), End.CLOSED)),
    ("fails at it", ([("a", TWO_HOSTS)], answer(500))),
    ("injected", (ONE, echo("a", b"", ("X-Injected", "b")))),
    ("injected", (ONE, echo("a", b"", ("X-Probe", "a\0b")))),
]


@pytest.mark.parametrize(("name", "what"), RIGHT, ids=[name for name, _ in RIGHT])
def test_what_may_come_back_is_no_problem(name: str, what: Any) -> None:
    assert aspects(*what) == []


@pytest.mark.parametrize(("aspect", "what"), WRONG)
def test_what_may_not_come_back_is_seen(aspect: str, what: Any) -> None:
    assert aspects(*what)[:1] == [aspect]


def test_of_a_request_that_is_begun_only_a_refusal_may_come() -> None:
    begun: dict[str, Any] = {"begun": ("b", POST), "sent_octets": 20}
    assert aspects(ONE, A, **begun) == []
    assert aspects(ONE, A + answer(408, close=True), End.CLOSED, **begun) == []
    assert aspects(ONE, A + B, **begun)[:1] == ["incomplete"]
    assert aspects(ONE, A, half_closed=True, **begun) == ["stays open"]
    assert aspects(ONE, A, End.CLOSED, half_closed=True, **begun) == []


def test_behind_a_half_close_the_end_may_come_at_any_time() -> None:
    assert aspects(TWO, b"", End.CLOSED, half_closed=True) == []
    assert aspects(TWO, A[:-1], End.RESET, half_closed=True) == []
    assert aspects(TWO, A, half_closed=True) == ["no answer"]
    assert aspects(TWO, B, End.CLOSED, half_closed=True) == ["another's answer"]


def test_whoever_has_left_expects_nothing_but_no_one_elses_answer() -> None:
    assert aspects(TWO, b"", waited=False, left=True) == []
    assert aspects(TWO, A[:-1], End.CLOSED, waited=False, left=True) == []
    assert aspects(TWO, B, waited=False, left=True) == ["another's answer"]


def event_aspects(dialogue: Dialogue, *events: tuple[str, str]) -> list[str]:
    return [problem.aspect for problem in dialogue.event_problems(events)]


def test_handlers_run_once_for_what_is_complete_and_read_nothing_else() -> None:
    ran_a = [("enter", "a"), ("leave", "a")]
    assert event_aspects(Dialogue(list(TWO)), *ran_a, ("enter", "b")) == []
    assert event_aspects(Dialogue(list(TWO)), *ran_a, *ran_a) == ["ran twice"]
    behind = Dialogue([("a", BEHIND), ("b", GET)])
    assert event_aspects(behind, *ran_a, ("enter", "b")) == ["ran behind the end"]
    body = Dialogue(begun=("a", POST), sent_octets=len(POST.named("a")) - 1)
    assert event_aspects(body, ("enter", "a"), ("raise", "a")) == []
    assert event_aspects(body, *ran_a) == ["incomplete"]
    head = Dialogue(begun=("a", POST), sent_octets=20)
    assert event_aspects(head, ("enter", "a")) == ["incomplete"]
    assert event_aspects(Dialogue([("a", CUT)]), *ran_a) == ["incomplete"]


# -- Scripts --------------------------------------------------------------------------------------


def command(name: str, *faults: str) -> Command:
    arguments = [word for fault in faults for word in ("--fault", fault)]
    return Command([sys.executable, "-m", f"conformance.adapters.{name}", *arguments], name)


@pytest.fixture(scope="module")
def reference() -> Iterator[Stage]:
    with Stage([command("reference")]) as stage:
        yield stage


SCRIPT: list[list[Any]] = [
    ["open", "c1"],
    ["open", "c2"],
    ["send", "c1", [["r1", GET.to_json()], ["r2", POST.to_json()]], [3, 70]],
    ["begin", "c2", "r3", POST.to_json(), 30],
    ["read", "c1"],
    ["go-on", "c2", 10],
    ["go-on", "c2", None],
    ["read", "c2"],
    ["begin", "c2", "r4", POST.to_json(), 68],
    ["half-close", "c1"],
    ["open", "c3"],
    ["send", "c3", [["r5", GET.to_json()]], []],
    ["reset", "c3"],
]


def test_a_script_is_played_to_its_end_on_the_reference(reference: Stage) -> None:
    assert play_script(reference, json.loads(json.dumps(SCRIPT))) is None
    assert [step_text(step) for step in SCRIPT[4:6]] == ["read c1", "go on c2: 10 octets more"]


@pytest.mark.parametrize(
    "steps",
    [
        [["dance"]],
        [["read", "c1"]],
        [["open", "c1"], ["open", "c1"]],
        [["open", "c1"], ["go-on", "c1", None]],
        [["open", "c1"], ["close", "c1"], ["read", "c1"]],
        [["open", "c1"], ["half-close", "c1"], ["send", "c1", [["r1", GET.to_json()]], []]],
    ],
)
def test_what_is_no_script_is_refused(steps: list[list[Any]], reference: Stage) -> None:
    with pytest.raises(ValueError, match=r"step|connection|c1"):
        play_script(reference, steps)


def test_a_breach_tells_its_steps_and_the_octets_of_its_connection() -> None:
    with Stage([command("miniature", "incomplete-body-is-whole")]) as stage:
        breach = play_script(stage, SCRIPT)
    assert breach is not None
    assert breach.problem.aspect == "incomplete"
    text = str(breach)
    assert "begin c2: 68 octets of r4=Octets('POST / HTTP/1.1'" in text
    assert "X-Request-Id: r3\\r\\n" in text
    said = json.loads(json.dumps(breach.to_json()))
    assert said["steps"] == SCRIPT
    assert base64.b64decode(said["connection"]["sent_base64"]).startswith(b"POST / HTTP/1.1\r\n")


# -- The machine ----------------------------------------------------------------------------------

FEW = settings(
    max_examples=120,
    database=None,
    deadline=None,
    derandomize=True,
    stateful_step_count=12,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)


def first_breach(stage: Stage) -> Breach | None:
    try:
        run_state_machine_as_test(machine_for(stage), settings=FEW)
    except Misbehaved as exc:
        return exc.breach
    return None


def test_the_machine_finds_nothing_in_the_reference(reference: Stage) -> None:
    run_state_machine_as_test(machine_for(reference), settings=settings(FEW, max_examples=15))


@pytest.mark.parametrize(
    "fault",
    ["bodies-are-kept", "ignores-connection-close", "incomplete-body-is-whole", "dies"],
)
def test_the_machine_finds_a_miniature_that_goes_wrong(fault: str, reference: Stage) -> None:
    with Stage([command("miniature", fault)], Deadlines(step_s=1.0)) as stage:
        breach = first_breach(stage)
        assert breach is not None
        again = play_script(stage, breach.steps)
    assert again is not None
    assert again.problem.aspect == breach.problem.aspect
    assert play_script(reference, breach.steps) is None
