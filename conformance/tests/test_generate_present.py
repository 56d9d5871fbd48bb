"""The report of a failure: what differs is said first, and marked wherever it is shown."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.generate.apps import apps
from conformance.generate.case import Case, Request, Talk
from conformance.generate.compare import Difference
from conformance.generate.dialogue import Problem
from conformance.generate.observed import Observed, Outcome, Reply
from conformance.generate.present import text, to_json
from conformance.generate.properties import PROPERTIES, Failure, Trial
from conformance.generate.session import Breach
from conformance.generate.shown import brief, changed, marked, pretty
from conformance.report.style import MARK
from conformance.seen import Answer
from conformance.spec import App, Middleware, RaiseHttp, Route, app, app_from_json

APP = app(Route("r0", "GET", "/a/{x}"), middlewares=[Middleware("m0")])
ECHO: dict[str, object] = {
    "nonce": "n",
    "route": "r0",
    "params": {"x": "b"},
    "query": [],
    "body": None,
}


def answer(status: int = 200, body: bytes = b"", *headers: tuple[str, str]) -> Answer:
    return Answer(status, "OK" if status == 200 else "Not Found", "HTTP/1.1", headers, body)


def echo(**members: object) -> Answer:
    said = json.dumps({**ECHO, **members}).encode()
    return answer(200, said, ("Date", "today"), ("X-A", "1"))


def reply(given: Answer | None, *events: str, outcome: Outcome = Outcome.ANSWERED) -> Reply:
    return Reply(outcome, given, events)


def failure(
    left: dict[str, Reply],
    right: dict[str, Reply],
    *differences: Difference,
    talks: tuple[Talk, ...] = (Talk((Request("GET", "/a/b"),)),),
    **more: str,
) -> Failure:
    case = Case(APP, talks)
    return Failure(
        PROPERTIES["differential"],
        Trial(case),
        Observed(None, left),
        Observed(None, right, **more),  # type: ignore[arg-type]
        differences,
    )


def shown(given: Failure) -> str:
    return text(given, "aiohttp", "reference", colour=False)


PARAMS = failure(
    {"0.0": reply(echo(), "enter m0", "enter r0")},
    {"0.0": reply(echo(params={"x": "B"}), "enter m0", "enter r0")},
    Difference("params", "0.0", '{"x": "b"}', '{"x": "B"}'),
)


# -- What differs ----------------------------------------------------------------------------------


def test_the_difference_comes_first_with_its_part_marked() -> None:
    assert shown(PARAMS).startswith(
        """\
FAIL  differential: An application does what the same one does on the reference

  * params of 0.0, GET /a/b
      reference  {"x": "b"}
                        ^
      aiohttp    {"x": "B"}
                        ^

"""
    )


def test_both_answers_are_shown_with_what_differs_marked_and_nothing_else() -> None:
    found = shown(PARAMS)
    assert (
        """
    reference answered 0.0, GET /a/b
    < HTTP/1.1 200 OK
    < X-A: 1
    < route: "r0"
    < params: {"x": "b"}
                     ^
    < query: []
    < events: enter m0, enter r0

    aiohttp answered 0.0, GET /a/b
    < HTTP/1.1 200 OK
    < X-A: 1
    < route: "r0"
    < params: {"x": "B"}
                     ^
"""
        in found
    )


def test_colour_marks_only_when_it_is_told() -> None:
    assert "\x1b" not in shown(PARAMS)
    coloured = text(PARAMS, "aiohttp", "reference", colour=True)
    assert f"\x1b[{MARK}mB\x1b[0m" in coloured
    assert "^" not in coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert plain == "".join(
        line + "\n" for line in shown(PARAMS).splitlines() if not re.fullmatch(r" *\^+", line)
    )


@pytest.mark.parametrize(
    ("aspect", "left", "right", "marks"),
    [
        ("status", answer(200), answer(404), ["200 OK", "404 Not Found"]),
        ("header x-b", answer(200, b"", ("X-B", "1")), answer(200), ["X-B: 1"]),
        ("content", answer(200, b"a one"), answer(200, b"a two"), ["one", "two"]),
        (
            "cookies that are set",
            answer(200, b"", ("Set-Cookie", "c=1")),
            answer(200, b"", ("Set-Cookie", "c=2")),
            ["1", "2"],
        ),
        ("outcome", answer(200), None, ["HTTP/1.1 200 OK", "connection closed without an answer"]),
    ],
)
def test_each_aspect_is_marked_in_the_answers(
    aspect: str, left: Answer, right: Answer | None, marks: list[str]
) -> None:
    outcome = Outcome.ANSWERED if right else Outcome.CLOSED
    given = failure(
        {"0.0": reply(left)},
        {"0.0": reply(right, outcome=outcome)},
        Difference(aspect, "0.0", "left", "right"),
    )
    coloured = text(given, "aiohttp", "reference", colour=True)
    answers = coloured[coloured.index(" answered ") :]
    assert re.findall(rf"\x1b\[{MARK}m(.*?)\x1b", answers) == marks


def test_what_belongs_to_the_application_is_shown_without_answers() -> None:
    found = shown(
        replace(
            failure({}, {}, Difference("hooks", None, "enter s0, leave s0", "enter s0")),
            left=Observed(hooks=("enter s0", "leave s0")),
            right=Observed(hooks=("enter s0",), refusal="rejected: no", stderr="Traceback\nE: 1\n"),
        )
    )
    assert "  * hooks\n" in found
    assert "aiohttp    enter s0\n" in found
    assert "aiohttp wrote to stderr\n      Traceback\n      E: 1\n" in found
    assert " answered " not in found


# -- What was sent ---------------------------------------------------------------------------------


def test_all_requests_of_the_connection_are_shown_and_the_one_that_differs_marked() -> None:
    talk = Talk((Request("GET", "/a/1"), Request("POST", "/a/2", body=b"\x00\n")), True, (5,))
    given = failure(
        {"1.1": reply(answer(200))},
        {"1.1": reply(answer(404))},
        Difference("status", "1.1", "200", "404"),
        talks=(Talk((Request("GET", "/other"),)), talk),
    )
    found = shown(given)
    assert "sent on connection 1: 2 requests, pipelined, cut into segments at 5\n" in found
    assert "    > GET /a/1 HTTP/1.1\\r\\n\n" in found
    assert "    ! POST /a/2 HTTP/1.1\\r\\n\n" in found
    assert "    ! \\x00\\n\n" in found
    assert "/other" not in found


def test_bodies_are_cut_and_what_is_left_out_is_counted() -> None:
    given = failure(
        {"0.0": reply(answer(200, b"a" * 1500))},
        {"0.0": reply(answer(404, b"b" * 2500))},
        Difference("status", "0.0", "200", "404"),
        talks=(Talk((Request("POST", "/a/b", body=b"y" * 70_000),)),),
    )
    found = shown(given)
    assert "> ... 69000 octets more ..." in found
    assert "< ... 500 octets more ..." in found
    assert "< ... 1500 octets more ..." in found
    assert found.count("y") < 1100
    assert len(found) < 8000


def test_of_a_request_beside_the_one_that_differs_less_is_shown() -> None:
    beside = Request("POST", "/a/" + "z" * 300, body=b"y" * 500)
    given = failure(
        {"0.1": reply(answer(200))},
        {"0.1": reply(answer(404))},
        Difference("status", "0.1", "200", "404"),
        talks=(Talk((beside, Request("GET", "/a/" + "w" * 300))),),
    )
    found = shown(given)
    assert "    > ... 400 octets more ...\n" in found
    assert found.splitlines()[2] == "  * status of 0.1, GET /a/" + "w" * 73 + "..."


def test_long_values_are_shown_around_what_differs() -> None:
    [line, under] = marked("  left  ", "a" * 500 + "b" + "c" * 500, (500, 501), False)
    assert line.index("b") == under.index("^")
    assert under.count("^") == 1
    assert len(line) < 350
    assert "440 characters" in line
    assert "321 more" in line


@settings(max_examples=50, deadline=None, database=None)
@given(st.text("ab", max_size=6), st.text("ab", max_size=6))
def test_what_is_marked_is_all_between_what_is_the_same(left: str, right: str) -> None:
    (start, end), (other_start, other_end) = changed(left, right)
    assert start == other_start
    assert left[:start] == right[:start]
    assert left[end:] == right[other_end:]
    assert left[start:end] != right[other_start:other_end] or left == right


def test_what_a_variant_changed_is_a_diff() -> None:
    case = Case(APP, (Talk((Request("GET", "/a/b"), Request("GET", "/a/c"))),))
    variant = replace(
        case,
        app=replace(case.app, middlewares=(Middleware("outermost"), *case.app.middlewares)),
        talks=tuple(Talk((one,)) for one in case.talks[0].requests),
    )
    given = Failure(
        PROPERTIES["connection"],
        Trial(case, variant),
        Observed(None, {"0.1": reply(answer(200))}),
        Observed(None, {"0.1": reply(answer(404))}),
        (Difference("status", "0.1", "200", "404"),),
    )
    found = shown(given)
    assert "      aiohttp           200\n" in found
    assert "      aiohttp, changed  404\n" in found
    changes = found[found.index("what was changed") : found.index("sent on")]
    assert '\n      +  "middlewares": [{"id": "outermost"}, {"id": "m0"}]\n' in changes
    assert "\n      -connection 0: 2 requests, each behind the answer to the last\n" in changes
    assert "\n      +connection 0: 1 request\n" in changes
    assert "\n      +connection 1: 1 request\n" in changes
    assert "Host" not in changes, "what is as it was is left out"


# -- To see it again -------------------------------------------------------------------------------


def commands_in(given: Failure) -> list[str]:
    return list(to_json(given)["by_hand"])


def test_a_request_of_its_own_is_a_curl_line() -> None:
    [line] = commands_in(PARAMS)
    assert line == (
        "curl -sSi --path-as-is --globoff -H 'X-Request-Id: 0.0' http://127.0.0.1:8080/a/b"
    )


@pytest.mark.skipif(shutil.which("sh") is None, reason="no shell here")
@pytest.mark.parametrize(
    "talk",
    [
        Talk((Request("GET", "/a/1"), Request("POST", "/a/2", body=b"%'\x00")), True),
        Talk((Request("GET", "/a", (("X-A", "\xfc"),)),)),
        Talk((Request("GET", "/a", (("X-A", " 1\t"),)),)),
    ],
)
def test_anything_else_is_what_a_shell_writes_octet_for_octet(talk: Talk) -> None:
    given = failure(
        {"0.0": reply(answer(200))},
        {"0.0": reply(answer(404))},
        Difference("status", "0.0", "200", "404"),
        talks=(talk,),
    )
    [line] = commands_in(given)
    written, netcat = line.rsplit(" | ", 1)
    assert netcat == "nc 127.0.0.1 8080"
    done = subprocess.run(["sh", "-c", written], capture_output=True, check=True)
    sent = [one.octets(f"0.{number}") for number, one in enumerate(talk.requests)]
    assert done.stdout == b"".join(sent)


def test_it_says_how_to_repeat_it() -> None:
    assert "trueline replay FILE aiohttp\n" in shown(PARAMS)
    named = text(PARAMS, "-- node a.mjs", "reference", colour=False, file="a b.json")
    assert "trueline replay 'a b.json' -- node a.mjs\n" in named
    long = text(PARAMS, f"-- python {'x' * 80}", "reference", colour=False)
    assert '      reference    {"x": "b"}\n' in long
    assert '      the subject  {"x": "B"}\n' in long
    assert f"trueline replay FILE -- python {'x' * 80}\n" in long


# -- The application -------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None, database=None)
@given(apps())
def test_short_json_is_the_same_application(drawn: App) -> None:
    lines = pretty(brief(drawn))
    assert app_from_json(json.loads("\n".join(lines))) == drawn
    assert "".join(lines).isprintable()


def test_what_is_empty_is_left_out() -> None:
    assert pretty(brief(APP)) == [
        "{",
        '  "routes": [{"id": "r0", "method": "GET", "path": "/a/{x}", "do": {"echo": {}}}],',
        '  "middlewares": [{"id": "m0"}]',
        "}",
    ]


def test_json_and_python_of_the_application_come_last() -> None:
    found = shown(PARAMS)
    assert (
        found.index("by hand")
        < found.index("again")
        < found.index('"routes": [')
        < found.index("from reference import ")
    )
    assert found.endswith("          run_app(app)\n")


def test_what_no_exception_can_say_is_told_instead_of_python() -> None:
    case = Case(app(Route("r0", "GET", "/", RaiseHttp(499))), (Talk((Request(),)),))
    found = shown(replace(PARAMS, trial=Trial(case)))
    assert "# not to be said in the reference's API: 499" in found


def test_json_holds_everything_and_can_be_written() -> None:
    said = json.loads(json.dumps(to_json(PARAMS)))
    assert said["property"] == "differential"
    assert said["differences"] == [
        {"aspect": "params", "request": "0.0", "left": '{"x": "b"}', "right": '{"x": "B"}'}
    ]
    assert said["trial"] == {"case": PARAMS.trial.case.to_json(), "variant": None}
    assert json.loads(said["right"]["replies"]["0.0"]["answer"]["body"])["params"] == {"x": "B"}
    assert said["left"]["replies"]["0.0"]["events"] == ["enter m0", "enter r0"]
    assert "run_app(app)" in said["python"]


def test_a_script_is_shown_with_its_steps_and_how_to_repeat_it() -> None:
    breach = Breach(Problem("died", "it died\x1b"), (["open", "c1"], ["read", "c1"]))
    found = text(breach, "aiohttp", "reference", colour=False, file="x.json")
    assert found.startswith("FAIL  died: it died\\x1b\n  open c1\n  read c1\n")
    assert found.endswith("    again\n      trueline replay x.json aiohttp\n")
    assert to_json(breach)["steps"] == [["open", "c1"], ["read", "c1"]]


def test_nothing_of_a_subject_reaches_the_terminal_as_it_is() -> None:
    nasty = "\x1b[2J\u202e"
    given = failure(
        {"0.0": reply(answer(200, nasty.encode(), ("X-\x1b", "\x1b")), f"enter {nasty}")},
        {"0.0": reply(echo(route=nasty), "enter r0")},
        Difference("content", "0.0", nasty, "x"),
        Difference("events", "0.0", nasty, "x"),
        stderr=nasty,
        died=nasty,
    )
    found = text(given, nasty, nasty, colour=False)
    assert "\x1b" not in found
    assert "\u202e" not in found
