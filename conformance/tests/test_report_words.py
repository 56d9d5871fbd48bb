"""Apps, steps and expectations as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass

import pytest

from conformance import expect, spec, steps
from conformance.expect import Expectation, Problem
from conformance.report import words
from conformance.seen import Seen
from conformance.spec import Echo, Middleware, ReadBody, Respond, Route, SetHeader, app
from conformance.steps import Step


def test_an_app_on_one_line() -> None:
    assert words.app(app(Route("r1", "GET", "/"))) == "app(Route('r1', 'GET', '/'))"


def test_the_text_of_an_app_makes_that_app() -> None:
    whole = app(
        Route("r1", "GET", "/users/{name}", ReadBody("pieces", Echo())),
        Route("r2", "POST", "/", Respond(201, b"\xff", headers=(("A", "b"),))),
        middlewares=[Middleware("m1", before=(SetHeader("X", "it's"),))],
        startup=[spec.Hook("s1", spec.Store("k", "v"))],
        debug=True,
        drain_s=0.5,
    )
    text = words.app(whole)
    assert text.startswith(
        "app(\n    Route('r1', 'GET', '/users/{name}', do=ReadBody(how='pieces')"
    )
    assert eval(text, vars(spec)) == whole


def test_long_values_are_shortened() -> None:
    text = words.app(app(Route("r", "GET", "/", Respond(body="x" * 100_000))))
    assert len(text) < 1000
    assert "(100000 in all)" in text


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (steps.Ask(), "ask GET /"),
        (steps.Ask("POST", "/a", (("B", "c"),), b"d\n"), r"ask POST /a, B: c, body d\n"),
        (steps.Ask(body=(b"a", b"b"), name="n"), "ask GET /, body in 2 chunks ab (request n)"),
        (steps.Ask(begin_only=True), "ask GET /, without waiting for the answer"),
        (steps.Send(b"a\r\n", segment_bytes=1), r"send a\r\n, a byte at a time"),
        (steps.Send(b"abc", on="x", cuts=(1, 2)), "send abc, cut at 1, 2 on connection x"),
        (
            steps.Send(b"a", times=9, begin_only=True),
            "send a, 9 times, without waiting until it is taken",
        ),
        (steps.Drip(b"ab", every_s=0.2), "send ab, a byte every 0.2 s"),
        (
            steps.Crowd(b"a", 40, connections=2, pipelined=3),
            "send a 40 times over 2 connections, 3 at a time (crowd)",
        ),
        (steps.Gauge("g"), "see what the subject takes of memory and processor (g)"),
        (steps.Read(), "read answer"),
        (steps.Read(2, to="HEAD"), "read 2 answers to HEAD"),
        (steps.Read(interim=True), "read interim answer"),
        (steps.Event("wait", "r1", "b"), "wait for the event wait r1 of request b"),
        (steps.Stop(begin_only=True), "have the app stopped, without waiting for its end"),
        (steps.Signal("SIGINT"), "send SIGINT to the subject's process"),
    ],
)
def test_steps(step: Step, said: str) -> None:
    assert words.step(step) == said


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (expect.status(200, 404), "status 200 or 404"),
        (expect.not_status(500, of="b", index=1), "status other than 500 (b, answer 2)"),
        (expect.not_2xx(), "no 2xx status"),
        (expect.header("A"), "a header A"),
        (expect.header("A", "b", "c"), "header A: 'b', 'c'"),
        (expect.header("Allow", members=["HEAD", "GET"]), "header Allow lists GET, HEAD"),
        (expect.no_header("A"), "no header A"),
        (expect.body("hi\n"), r"body hi\n"),
        (expect.body(b""), "an empty body"),
        (expect.body(lacks="x"), "the body does not contain x"),
        (expect.echoes(route="r"), "200 with the handler's echo, route 'r'"),
        (expect.version(), "the answer says HTTP/1.1"),
        (expect.at_most_once("A", "B"), "at most one line each of A, B"),
        (expect.dated(), "header Date is one date"),
        (expect.answers(0), "no answers and nothing else"),
        (expect.connection_ended(), "the connection is closed or reset"),
        (expect.refused(400, 501), "refused: 400 or 501 or no answer, and the connection ends"),
        (expect.events("enter a", kinds=["raise"]), "events: enter a, and no raise"),
        (expect.events(kinds=["enter"]), "events: none, and no enter"),
        (expect.never_happened("enter", "h"), "no event enter of request h"),
        (expect.happened("enter d", after="leave s"), "event enter d, behind leave s"),
        (expect.exit_status(0, -15), "the process ends with status 0 or -15"),
        (
            expect.cost_ratio([("a", "b"), ("c", "d")], [("b", "c"), ("d", "e")], 20),
            "the least cost of b to c or d to e is at most 20 times that of a to b or c to d",
        ),
        (expect.failed_exit(), "the process ends with a status other than 0"),
        (
            expect.either(expect.status(400), [expect.status(200), expect.connection_closed()]),
            "either status 400; or status 200 and the connection is closed",
        ),
        (
            expect.by_dialect("head_of_get", yes=expect.status(200), no=[]),
            "as head_of_get is declared: yes: status 200; no: anything",
        ),
    ],
)
def test_expectations(one: Expectation, said: str) -> None:
    assert words.expectation(one) == said


@dataclass(frozen=True)
class Purple:
    shade: int = 1

    def problems(self, seen: Seen, declared: Mapping[str, str]) -> Iterator[Problem]:
        yield Problem("not purple")


def test_an_expectation_without_words_is_shown_as_it_is_written() -> None:
    assert words.expectation(Purple(3)) == "Purple(shade=3)"


def test_every_step_has_words() -> None:
    for kind in vars(steps).values():
        if isinstance(kind, type) and hasattr(kind, "__dataclass_fields__"):
            assert words._step.dispatch(kind) is not words._step.dispatch(object), kind


def test_every_expectation_has_words() -> None:
    for kind in vars(expect).values():
        if isinstance(kind, type) and hasattr(kind, "problems") and is_dataclass(kind):
            said = words._expectation.dispatch(kind)
            assert said is not words._expectation.dispatch(object), kind
