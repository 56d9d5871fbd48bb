"""Every expectation: what satisfies it, what does not, and the bytes that show it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from conformance import dialect, expect
from conformance.expect import (
    Expectation,
    Problem,
    answers,
    at_most_once,
    body,
    by_dialect,
    connection_closed,
    connection_ended,
    connection_open,
    connection_refused,
    cut_off,
    dated,
    echoes,
    either,
    events,
    exit_status,
    failed_exit,
    happened,
    header,
    interim,
    list_members,
    never_happened,
    never_sent,
    no_header,
    no_markup,
    not_2xx,
    not_started,
    not_status,
    reason,
    refused,
    saw_cookie,
    saw_field,
    saw_header,
    status,
    upload,
    version,
    well_framed,
)
from conformance.seen import Answer, Conversation, Happening, Rejection, Seen
from conformance.steps import End

HEADERS = (("Allow", "GET, HEAD"), ("X-Twice", "one"), ("x-twice", "two"))
ANSWER = Answer(404, "Not Found", "HTTP/1.1", HEADERS, b"not here", start=10, end=60)
SECOND = Answer(200, "OK", "HTTP/1.1", (), b"hi", start=60, end=90)

BEHIND = "an answer behind the first, where the connection had to end"


def one(answer: Answer) -> Seen:
    return Seen({"1": Conversation("1", answers=(answer,))}, nonce="n")


def talk(**more: Any) -> Seen:
    return Seen({"1": Conversation("1", **more)})


def problems(
    expectation: Expectation, seen: Seen, declared: dict[str, str] | None = None
) -> list[Problem]:
    return list(expectation.problems(seen, declared or {}))


def texts(
    expectation: Expectation, seen: Seen, declared: dict[str, str] | None = None
) -> list[str]:
    return [problem.text for problem in problems(expectation, seen, declared)]


FOUND = one(ANSWER)

# -- One answer ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expectation", "said"),
    [
        (status(404), None),
        (status(200, 404), None),
        (status(200), "status 404, expected 200"),
        (status(200, 204), "status 404, expected 200 or 204"),
        (not_status(500), None),
        (not_status(404, 500), "status 404, expected none of 404 or 500"),
        (not_2xx(), None),
        (header("allow"), None),
        (header("Allow", "GET, HEAD"), None),
        (header("Allow", "GET"), "header Allow is 'GET, HEAD', expected 'GET'"),
        (header("X-Twice", "one", "two"), None),
        (header("X-Twice", "two", "one"), "header X-Twice is 'one', 'two', expected 'two', 'one'"),
        (header("X-Twice", "one"), "header X-Twice is 'one', 'two', expected 'one'"),
        (header("Location"), "no Location header"),
        (header("Location", members=()), "no Location header"),
        (header("X-Twice", contains="tw"), None),
        (
            header("X-Twice", contains="three"),
            "header X-Twice is 'one', 'two', expected it to contain 'three'",
        ),
        (header("X-Twice", matches="one|two"), None),
        (
            header("X-Twice", matches="on"),
            "header X-Twice is 'one', 'two', expected it to match on",
        ),
        (
            header("X-Twice", matches="one"),
            "header X-Twice is 'one', 'two', expected it to match one",
        ),
        (header("Allow", members={"HEAD", "GET"}), None),
        (header("Allow", members={"GET"}), "header Allow lists 'GET, HEAD', expected GET"),
        (no_header("Location"), None),
        (no_header("ALLOW"), "header ALLOW is 'GET, HEAD', expected none"),
        (reason("Not Found"), None),
        (reason("not found"), "reason phrase 'Not Found', expected 'not found'"),
        (body(b"not here"), None),
        (body("not here"), None),
        (body(b"not"), "body b'not here', expected b'not'"),
        (body(b""), "body b'not here', expected b''"),
        (body(contains="he"), None),
        (body(contains="He"), "body b'not here' does not contain b'He'"),
        (body(lacks="There"), None),
        (body(lacks=b"here"), "the body contains b'here'"),
        (well_framed(), None),
        (cut_off(), "the client cannot tell that this answer is incomplete"),
    ],
)
def test_what_is_expected_of_an_answer(expectation: Expectation, said: str | None) -> None:
    wanted = [] if said is None else [Problem(said, "1", (10, 60))]
    assert problems(expectation, FOUND) == wanted


def test_not_2xx_refuses_all_of_them() -> None:
    for code, holds in ((199, True), (200, False), (299, False), (300, True)):
        found = problems(not_2xx(), one(Answer(code, "", "HTTP/1.1", (), b"")))
        assert (not found) is holds


OF_ANSWER: dict[str, Callable[..., Expectation]] = {
    "status": lambda **at: status(200, **at),
    "not_status": lambda **at: not_status(200, **at),
    "not_2xx": not_2xx,
    "header": lambda **at: header("X", **at),
    "no_header": lambda **at: no_header("X", **at),
    "reason": lambda **at: reason("OK", **at),
    "body": lambda **at: body(lacks="x", **at),
    "echoes": echoes,
    "saw_cookie": lambda **at: saw_cookie("x", **at),
    "saw_field": lambda **at: saw_field("x", **at),
    "saw_header": lambda **at: saw_header("X", **at),
    "well_framed": well_framed,
    "cut_off": cut_off,
}


@pytest.mark.parametrize("name", OF_ANSWER)
def test_no_expectation_of_an_answer_holds_when_there_is_none(name: str) -> None:
    make = OF_ANSWER[name]
    assert problems(make(of="other"), Seen()) == [
        Problem("no answer; the connection is open", "other")
    ]
    assert problems(make(index=2), talk(answers=(ANSWER, SECOND), end=End.RESET)) == [
        Problem("no answer number 3; the connection is reset", "1")
    ]
    unreadable = talk(end=End.CLOSED, problem="BadStatusLine: HTTQ")
    assert texts(make(), unreadable) == ["no answer that a client could read: BadStatusLine: HTTQ"]


def test_an_expectation_is_of_its_own_answer() -> None:
    seen = Seen(
        {
            "1": Conversation("1", answers=(SECOND,)),
            "2": Conversation("2", answers=(SECOND, ANSWER)),
        }
    )
    assert problems(status(404, of="2", index=1), seen) == []
    assert problems(status(200, of="2", index=1), seen) == [
        Problem("status 404, expected 200", "2", (10, 60))
    ]


def test_a_long_body_is_told_in_part() -> None:
    [said] = texts(body(b""), one(Answer(200, "", "HTTP/1.1", (), b"x" * 1000)))
    assert said == f"body {b'x' * 120!r}… (1000 bytes), expected b''"


@pytest.mark.parametrize(
    ("values", "members"),
    [
        ([], set()),
        ([""], set()),
        ([" ,\t, "], set()),
        (["a, b", "c"], {"a", "b", "c"}),
        (["a,a\t,A"], {"a", "A"}),
    ],
)
def test_members_of_a_list_field(values: list[str], members: set[str]) -> None:
    assert list_members(values) == members


# -- Echoes --------------------------------------------------------------------------------------


def echo(code: int = 200, **members: Any) -> Seen:
    text = json.dumps({"nonce": "n", **members}).encode()
    return one(Answer(code, "OK", "HTTP/1.1", (), text, start=10, end=60))


@pytest.mark.parametrize(
    ("expectation", "seen", "said"),
    [
        (echoes(), echo(), []),
        (echoes(route="r1", query=(("a", "1"),)), echo(route="r1", query=[["a", "1"]]), []),
        (echoes(params={}), echo(params={}), []),
        (echoes(length=None), echo(length=None), []),
        (echoes(), echo(500), ["status 500, expected 200 with an echo"]),
        (echoes(), one(SECOND), ["body b'hi' is not the JSON of an echo"]),
        (
            echoes(),
            echo(nonce="another"),
            ["this is not an echo of the process that was started: its nonce is another"],
        ),
        (
            echoes(),
            one(Answer(200, "", "HTTP/1.1", (), b"[1]")),
            ["this is not an echo of the process that was started: its nonce is another"],
        ),
        (
            echoes(route="r1", path="/"),
            echo(route="r2"),
            ["the echo has no member 'path'", "the handler saw route 'r2', expected 'r1'"],
        ),
        (echoes(), one(Answer(200, "", "HTTP/1.1", (), b"\xff")),
         ["body b'\\xff' is not the JSON of an echo"]),
        (saw_cookie("a", "1"), echo(cookies=[["a", "1"], ["A", "2"]]), []),
        (saw_cookie("a"), echo(cookies=[]), []),
        (saw_cookie("a", "1"), echo(cookies=[["a", "2"]]),
         ["the handler saw cookies 'a' ['2'], expected ['1']"]),
        (saw_field("f", upload("x", b"")), echo(form=[["f", upload("x", b"")]]), []),
        (saw_field("f", "1"), echo(form=None),
         ["body " + repr(json.dumps({"nonce": "n", "form": None}).encode())
          + " is not the JSON of an echo with form"]),
        (saw_header("X", "1"), echo(headers=[["x", "1"], ["Y", "2"]]), []),
        (saw_header("X", "1", "2"), echo(headers=[["x", "1"], ["X", "2"]]), []),
        (saw_header("X", "1", "2", joined=True), echo(headers=[["x", "1, 2"]]), []),
        (saw_header("X"), echo(headers=[["Y", "2"]]), []),
        (
            saw_header("X", "1", "2"),
            echo(headers=[["x", "1, 2"]]),
            ["the handler saw X ['1, 2'], expected ['1', '2']"],
        ),
        (
            saw_header("X", "1", "2", joined=True),
            echo(headers=[["x", "1"], ["x", "2"]]),
            ["the handler saw X ['1', '2'], expected ['1, 2']"],
        ),
        (saw_header("X"), one(SECOND), ["body b'hi' is not the JSON of an echo"]),
        (saw_header("X"), one(Answer(200, "", "HTTP/1.1", (), b'{"headers": [1]}')),
         ["body b'{\"headers\": [1]}' is not the JSON of an echo"]),
        (saw_header("X"), one(Answer(200, "", "HTTP/1.1", (), b"[]")),
         ["body b'[]' is not the JSON of an echo"]),
        (saw_header("X"), one(Answer(200, "", "HTTP/1.1", (), b"{}")),
         ["body b'{}' is not the JSON of an echo"]),
    ],
)  # fmt: skip
def test_what_the_handler_saw(expectation: Expectation, seen: Seen, said: list[str]) -> None:
    found = problems(expectation, seen)
    assert [problem.text for problem in found] == said
    [answer] = seen.conversation("1").answers
    assert all(problem.mark == (answer.start, answer.end) for problem in found)


# -- Form ----------------------------------------------------------------------------------------

CUT = Answer(200, "OK", "HTTP/1.1", (), b"", "cut", 0, 40)
MALFORMED = Answer(200, "OK", "HTTP/1.1", (), b"", "chunked", 0, 40, "malformed chunk size b'x'")
BOTH = Answer(200, "OK", "HTTP/1.1", (), b"", "cut", 0, 40, "malformed chunk size b'x'")


@pytest.mark.parametrize(
    ("answer", "said", "is_cut"),
    [
        (CUT, "the answer is cut off", True),
        (MALFORMED, "malformed chunk size b'x'", False),
        (BOTH, "malformed chunk size b'x'", True),
    ],
)
def test_form(answer: Answer, said: str, is_cut: bool) -> None:
    assert problems(well_framed(), one(answer)) == [Problem(said, "1", (0, 40))]
    assert (not problems(cut_off(), one(answer))) is is_cut


# -- A connection --------------------------------------------------------------------------------


def test_how_many_answers_came() -> None:
    seen = talk(answers=(ANSWER, SECOND), received=b"x" * 90)
    assert problems(answers(2), seen) == []
    assert problems(answers(1), seen) == [Problem("2 answers, expected 1", "1", (60, 90))]
    assert problems(answers(0), seen) == [Problem("2 answers, expected 0", "1", (10, 90))]
    assert problems(answers(3), seen) == [Problem("2 answers, expected 3", "1")]
    assert problems(answers(0), Seen()) == []


def test_what_follows_the_last_answer() -> None:
    seen = talk(answers=(SECOND,), received=b"x" * 90 + b"more", rest=b"more")
    assert problems(answers(1), seen) == [Problem("b'more' follows the last answer", "1", (90, 94))]


def test_interim_answers() -> None:
    went_on = Answer(100, "Continue", "HTTP/1.1", (), b"", "none")
    assert problems(interim(100), talk(interim=(went_on,))) == []
    assert problems(interim(), talk()) == []
    assert problems(interim(), talk(interim=(went_on, went_on))) == [
        Problem("interim answers: 100, 100, expected: none", "1")
    ]
    assert problems(interim(100, of="2"), talk(interim=(went_on,))) == [
        Problem("interim answers: none, expected: 100", "2")
    ]


@pytest.mark.parametrize(
    ("expectation", "holds", "wanted"),
    [
        (connection_closed(), {End.CLOSED}, "closed"),
        (connection_ended(), {End.CLOSED, End.RESET}, "closed or reset"),
        (connection_open(), {End.OPEN}, "open"),
        (connection_refused(), {End.REFUSED}, "refused"),
    ],
)
def test_how_a_connection_ended(expectation: Expectation, holds: set[End], wanted: str) -> None:
    for end in End:
        said = [] if end in holds else [f"the connection is {end.value}, expected {wanted}"]
        assert texts(expectation, talk(end=end)) == said


REFUSAL = Answer(400, "", "HTTP/1.1", (), b"", start=0, end=20)
OPEN_STILL = "the connection stays open behind what cannot be framed"


@pytest.mark.parametrize(
    ("expectation", "seen", "wanted"),
    [
        (refused(), talk(answers=(REFUSAL,), end=End.CLOSED), []),
        (refused(), talk(answers=(REFUSAL,), end=End.RESET), []),
        (refused(), talk(end=End.CLOSED), []),
        (refused(), talk(answers=(REFUSAL,)), [Problem(OPEN_STILL, "1")]),
        (refused(), talk(), [Problem(OPEN_STILL, "1")]),
        (
            refused(silently=False),
            talk(end=End.CLOSED),
            [Problem("no answer; the connection is closed, expected 400", "1")],
        ),
        (
            refused(431, 400),
            talk(answers=(ANSWER,), end=End.CLOSED),
            [Problem("status 404, expected 431 or 400", "1", (10, 60))],
        ),
        (
            refused(),
            talk(answers=(REFUSAL, SECOND), end=End.CLOSED),
            [Problem(BEHIND, "1", (60, 90))],
        ),
        (
            refused(),
            talk(answers=(REFUSAL, REFUSAL), end=End.CLOSED),
            [Problem(BEHIND, "1", (0, 20))],
        ),
    ],
)
def test_a_refusal(expectation: Expectation, seen: Seen, wanted: list[Problem]) -> None:
    assert problems(expectation, seen) == wanted


def test_what_was_never_sent() -> None:
    seen = talk(received=b"HTTP/1.1 200 secret\r\n\r\nsecret")
    assert problems(never_sent(b"Secret"), seen) == []
    assert problems(never_sent(b"secret"), seen) == [Problem("b'secret' was sent", "1", (13, 19))]
    assert problems(never_sent(b"secret", of="2"), seen) == []


# -- Events --------------------------------------------------------------------------------------

EVENTS = Seen(
    events=(
        Happening("enter", "m1", "1"),
        Happening("enter", "r1", "1"),
        Happening("enter", "r2", "2"),
        Happening("leave", "r1", "1"),
        Happening("leave", "m1", "1"),
        Happening("enter", "d1"),
    )
)


@pytest.mark.parametrize(
    ("expectation", "said"),
    [
        (events("enter m1", "enter r1", "enter r2", "enter d1"), None),
        (events("enter m1", "enter r1", "leave r1", "leave m1", request="1"), None),
        (events("leave r1", "leave m1"), None),
        (events("leave r1", "leave m1", kinds=["raise"]), None),
        (events(kinds=["raise"]), None),
        (events("leave m1", "leave r1"),
         "events: leave r1; leave m1, expected: leave m1; leave r1"),
        (events("leave r1"), "events: leave r1; leave m1, expected: leave r1"),
        (events("enter r2", request="2", kinds=["leave"]), None),
        (events("enter r1", request="2"), "events: enter r2, expected: enter r1"),
        (events("raise r1"), "events: none, expected: raise r1"),
        (events(kinds=["leave"]), "events: leave r1; leave m1, expected: none"),
        (happened("enter r2"), None),
        (happened("enter"), None),
        (happened("enter r2", request="2"), None),
        (happened("enter r2", request="1"), "no event 'enter r2'"),
        (happened("raise"), "no event 'raise'"),
        (happened("leave r1", after="enter r1"), None),
        (happened("enter d1", after="leave"), None),
        (happened("enter r2", after="leave r1"), "event 'enter r2' came before 'leave r1'"),
        (happened("enter r2", after="raise m1"), "event 'enter r2' came before 'raise m1'"),
        (never_happened("raise"), None),
        (never_happened("enter r2", request="1"), None),
        (never_happened("enter r2"), "event 'enter r2': 1 times, expected 0"),
        (never_happened("leave"), "event 'leave': 2 times, expected 0"),
        (expect.Happened("leave", times=2), None),
    ],
)  # fmt: skip
def test_events(expectation: Expectation, said: str | None) -> None:
    assert problems(expectation, EVENTS) == ([] if said is None else [Problem(said)])


# -- The process ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expectation", "status", "said"),
    [
        (exit_status(0), 0, None),
        (exit_status(0, -15), -15, None),
        (exit_status(0, -15), 1, "exit status 1, expected 0 or -15"),
        (exit_status(0), None, "the process has not ended"),
        (failed_exit(), 1, None),
        (failed_exit(), -9, None),
        (failed_exit(), 0, "exit status 0, expected not 0"),
        (failed_exit(), None, "the process has not ended"),
    ],
)
def test_exit_status(expectation: Expectation, status: int | None, said: str | None) -> None:
    assert texts(expectation, Seen(exit_status=status)) == ([] if said is None else [said])


def test_an_app_that_was_not_started() -> None:
    assert problems(not_started(), Seen(rejection=Rejection("rejected", "two equal routes"))) == []
    assert texts(not_started(), Seen(exit_status=1)) == ["the app was started"]
    assert problems(not_started(), Seen()) == [Problem("the app was started")]


# -- Combinations --------------------------------------------------------------------------------


def test_either() -> None:
    both = either(status(200), [status(404), connection_closed()])
    assert problems(both, one(SECOND)) == []
    assert problems(both, talk(answers=(ANSWER,), end=End.CLOSED)) == []
    assert problems(both, FOUND) == [
        Problem(
            "status 404, expected 200, and also not: the connection is open, expected closed",
            "1",
            (10, 60),
        )
    ]


def test_by_dialect() -> None:
    choices: dict[str, Expectation | Sequence[Expectation]] = {
        "405": status(405),
        "404": [status(404), no_header("Allow")],
        "400": [],
    }
    expectation = by_dialect("wrong_method", **choices)
    assert texts(expectation, FOUND) == [
        "status 404, expected 405 (as wrong_method is declared '405')"
    ]
    assert problems(expectation, FOUND, {"wrong_method": "404"}) == [
        Problem(
            "header Allow is 'GET, HEAD', expected none (as wrong_method is declared '404')",
            "1",
            (10, 60),
        )
    ]
    assert problems(expectation, FOUND, {"wrong_method": "400"}) == []


def test_a_choice_by_dialect_names_every_value_and_no_other() -> None:
    with pytest.raises(ValueError, match="head_of_get has the values"):
        by_dialect("head_of_get", yes=status(200))
    with pytest.raises(ValueError, match="head_of_get has the values"):
        by_dialect("head_of_get", yes=status(200), no=status(405), maybe=status(400))
    with pytest.raises(KeyError):
        by_dialect("colour", red=status(200))


def test_expectations_are_values() -> None:
    made = [
        status(404),
        header("Allow", members=["GET", "HEAD"]),
        echoes(route="r1"),
        either(status(200), [status(404)]),
        by_dialect("head_of_get", yes=status(200), no=[status(405)]),
    ]
    again = [
        status(404),
        header("Allow", members=("HEAD", "GET")),
        echoes(route="r1"),
        either([status(200)], status(404)),
        by_dialect("head_of_get", yes=[status(200)], no=status(405)),
    ]
    assert made == again
    assert len({*made, *again}) == len(made)


# -- Dialects ------------------------------------------------------------------------------------


def test_options_have_a_question_and_values_of_their_own() -> None:
    for name, option in dialect.OPTIONS.items():
        assert option.name == name
        assert name.isidentifier()
        assert option.question.endswith("?")
        assert len(set(option.values)) == len(option.values) > 1
        assert option.default == option.values[0]


def test_what_is_declared_or_the_default() -> None:
    assert dialect.value({}, "head_of_get") == "yes"
    assert dialect.value({"head_of_get": "no"}, "head_of_get") == "no"
    assert dialect.unknown({"head_of_get": "no", "wrong_method": "404"}) == []
    assert dialect.unknown({"colour": "red", "head_of_get": "maybe"}) == [
        "there is no dialect option 'colour'",
        "the dialect option head_of_get is one of yes, no, not 'maybe'",
    ]


# -- Heads ----------------------------------------------------------------------------------------


def with_headers(*headers: tuple[str, str], version: str = "HTTP/1.1") -> Seen:
    return one(Answer(200, "OK", version, headers, b""))


def test_a_version() -> None:
    assert texts(version(), with_headers()) == []
    assert texts(version(), with_headers(version="HTTP/2.0")) == [
        "the answer says HTTP/2.0, expected HTTP/1.1"
    ]


def test_a_field_on_one_line_at_most() -> None:
    expected = at_most_once("Date", "X-Twice")
    assert texts(expected, with_headers(("X-Twice", "one"), ("Other", "two"))) == []
    assert texts(expected, with_headers(("X-Twice", "one"), ("x-twice", "two"))) == [
        "header X-Twice comes 2 times: 'one', 'two'"
    ]


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        (["Sat, 21 Nov 2026 14:00:00 GMT"], None),
        ([], "absent, expected one date"),
        (["Sat, 21 Nov 2026 14:00:00 GMT"] * 2, "expected one date"),
        (["Sat, 21 Nov 2026 14:00:00 -0000"], "not the form"),
        (["Saturday, 21-Nov-26 14:00:00 GMT"], "not the form"),
        (["Mon, 31 Feb 2026 14:00:00 GMT"], "no day or no time"),
        (["Mon, 21 Nov 2026 14:00:00 GMT"], "which was a Sat"),
        (["Thu, 01 Jan 1970 00:00:00 GMT"], "long ago"),
    ],
)
def test_a_date(values: list[str], wrong: str | None) -> None:
    found = texts(dated(), with_headers(*(("Date", value) for value in values)))
    assert not found if wrong is None else wrong in found[0]


@pytest.mark.parametrize(
    ("kind", "page", "wrong"),
    [
        ("text/html", "<p>nothing of it</p>", None),
        ("text/html; charset=utf-8", "<p>&lt;i5&gt;</p>", None),
        ("text/html", "<I5>", "an element 'i5'"),
        ("text/html", "<p title='a' i5='b'>", "an attribute 'i5'"),
        ("text/html", "<!-- <i5> -->", None),
        ("text/html", "<!-- a --><i5>", "an element 'i5'"),
        ("text/html", "<script>'<i5>'</script>", None),
        ("application/xhtml+xml", "<i5/>", "an element 'i5'"),
        ("text/plain", "<i5>", None),
        ("application/json", '"<i5>"', None),
        (None, "<i5>", "an element 'i5'"),  # a browser guesses
    ],
)
def test_what_is_no_markup(kind: str | None, page: str, wrong: str | None) -> None:
    fields = () if kind is None else (("Content-Type", kind),)
    answer = Answer(500, "", "HTTP/1.1", fields, page.encode())
    found = texts(no_markup("i5"), one(answer))
    assert not found if wrong is None else wrong in found[0]
