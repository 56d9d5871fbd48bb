"""Each option of the dialects is left out where two differ in it, and is drawn where they agree."""

from __future__ import annotations

import pytest

from conformance.dialect import OPTIONS
from conformance.generate.case import Case, Request, Talk
from conformance.generate.ground import Ground
from conformance.spec import (
    Action,
    App,
    Crash,
    Echo,
    Hook,
    Middleware,
    RaiseHttp,
    ReadBody,
    ReadCookies,
    ReplaceResponse,
    Respond,
    ReturnValue,
    Route,
    SetHeader,
    ShortCircuit,
    Stream,
    app,
)

FORM = ("Content-Type", "application/x-www-form-urlencoded")
ITEM = app(Route("r", "GET", "/items/{name}"))
PLAIN = app(Route("r", "GET", "/about"))
POST = app(Route("r", "POST", "/about"))
FAILS = Crash("hook")


def _does(
    action: Action, *stack: Middleware, method: str = "POST", limit: int | None = None
) -> App:
    return App((Route("r", method, "/a", action),), stack, body_limit=limit)


def _get(target: str, *headers: tuple[str, str]) -> Request:
    return Request("GET", target, headers)


def _post(body: bytes | None = None, *headers: tuple[str, str]) -> Request:
    return Request("POST", "/a", headers, body)


NOTHING = Middleware("m")
SETS = Middleware("m", after=(SetHeader("X-A", "1"),))

STREAMS = Stream(("a",))
READS_FORM = _does(ReadBody("form"))
GETS_FORM = app(Route("r", "GET", "/a", ReadBody("form")))
GETS_BODY = app(Route("r", "GET", "/a", ReadBody("whole")))
GET_WITH_FORM = Request("GET", "/a", (FORM,), b"a=1")
READS_PIECES = _does(ReadBody("pieces"), limit=1)
READS_WHOLE = _does(ReadBody("whole"), limit=1)
TWO_FIELDS = _get("/", ("X", "1"), ("x", "2"))

REQUESTS = [
    # option, one value, another, application, a request that touches it, one that does not
    ("known_methods", "any", "registered", PLAIN, Request("BREW", "/about"), Request("LOCK", "/")),
    ("wrong_method", "405", "404", PLAIN, Request("PUT", "/about"), _get("/about")),
    ("allow_lists", "head", "nothing", PLAIN, Request("PUT", "/about"), _get("/about")),
    ("head_of_get", "yes", "no", PLAIN, Request("HEAD", "/about"), _get("/about")),
    (
        "head_route",
        "same_path",
        "later",
        app(Route("g", "GET", "/a"), Route("h", "HEAD", "/a")),
        Request("HEAD", "/a"),
        _get("/a"),
    ),
    ("options_of_get", "405", "204", PLAIN, Request("OPTIONS", "/about"), Request("PUT", "/about")),
    ("encoded_slash", "decoded", "raw", ITEM, _get("/items/a%2Fb"), _get("/items/a%20b")),
    ("param_decoding", "yes", "raw", ITEM, _get("/items/%C3%BC"), _get("/items/a")),
    ("param_decoding", "yes", "raw", app(Route("r", "GET", "/ü")), _get("/%C3%BC"), _get("/")),
    ("invalid_utf8", "keep", "replace", ITEM, _get("/items/%FF"), _get("/items/%C3%BC")),
    (
        "precedence",
        "literal",
        "registration",
        app(Route("p", "GET", "/{x}"), Route("l", "GET", "/a")),
        _get("/a"),
        _get("/b"),
    ),
    (
        "precedence",
        "literal",
        "prefix",
        app(Route("p", "GET", "/{x}/{y}"), Route("l", "GET", "/{x}/a")),
        _get("/1/a"),
        _get("/1/b"),
    ),
    ("trailing_slash", "404", "same", PLAIN, _get("/about/"), _get("/about")),
    ("missing_slash", "404", "307", app(Route("r", "GET", "/a/")), _get("/a"), _get("/a/")),
    ("double_slash", "404", "same", ITEM, _get("/items//a"), _get("/items/a")),
    ("encoded_literal", "yes", "no", PLAIN, _get("/%61bout"), _get("/about")),
    ("encoded_delimiter", "yes", "no", app(Route("r", "GET", "/$")), _get("/%24"), _get("/$")),
    (
        "middlewares_on_404",
        "yes",
        "no",
        App(PLAIN.routes, (NOTHING,)),
        _get("/nowhere"),
        Request("PUT", "/about"),
    ),
    (
        "middlewares_on_405",
        "yes",
        "no",
        App(PLAIN.routes, (NOTHING,)),
        Request("PUT", "/about"),
        _get("/nowhere"),
    ),
    (
        "errors_reach_middlewares",
        "exception",
        "response",
        _does(RaiseHttp(404), NOTHING),
        _post(),
        None,
    ),
    ("crashes_reach_middlewares", "exception", "response", _does(Crash(), NOTHING), _post(), None),
    (
        "no_response_reaches_middlewares",
        "exception",
        "value",
        _does(ReturnValue(1), NOTHING),
        _post(),
        None,
    ),
    (
        "streams_start",
        "behind_middlewares",
        "in_handler",
        _does(STREAMS, SETS),
        _post(),
        None,
    ),
    (
        "streams_start",
        "behind_middlewares",
        "in_handler_behind_middlewares",
        _does(STREAMS, NOTHING),
        _post(),
        None,
    ),
    ("blank_query_values", "kept", "dropped", PLAIN, _get("/about?a=&b=1"), _get("/about?b=1")),
    (
        "repeated_header",
        "all",
        "last",
        PLAIN,
        _get("/", ("X", "1"), ("x", "2")),
        _get("/", ("X", "1")),
    ),
    ("header_octets", "latin-1", "utf-8", PLAIN, _get("/", ("X", "ü")), _get("/", ("X", "u"))),
    (
        "body_limit_status",
        "413",
        "400",
        _does(ReadBody("whole"), limit=3),
        _post(b"four"),
        _post(b"two"),
    ),
    (
        "body_limit_holds",
        "read",
        "read_whole",
        READS_PIECES,
        _post(b"xx"),
        _post(),
    ),
    ("body_limit_holds", "read", "announced", _does(Echo(), limit=1), _post(b"xx"), _post(b"x")),
    (
        "body_limit_holds",
        "read",
        "all",
        _does(ReadBody("whole"), limit=1),
        _post(b"xx"),
        _post(b"x"),
    ),
    (
        "body_limit_holds",
        "all",
        "all_but_pieces",
        READS_PIECES,
        _post(b"xx"),
        _post(),
    ),
    ("invalid_json", "400", "500", _does(ReadBody("json")), _post(b"{"), _post(b"{}")),
    ("empty_json", "invalid", "null", _does(ReadBody("json")), _post(), _post(b"no")),
    ("content_of_get", "body", "no_form", GETS_FORM, GET_WITH_FORM, _get("/a", FORM)),
    ("content_of_get", "body", "nothing", GETS_BODY, GET_WITH_FORM, _get("/a")),
    ("content_of_get", "body", "nothing", GETS_FORM, GET_WITH_FORM, _get("/a", FORM)),
    (
        "form_of_other_type",
        "refused",
        "empty",
        _does(ReadBody("form")),
        _post(b"a"),
        _post(b"", FORM),
    ),
    (
        "blank_form_values",
        "kept",
        "dropped",
        _does(ReadBody("form")),
        _post(b"a=", FORM),
        _post(b"a=1", FORM),
    ),
    (
        "repeated_cookie",
        "first",
        "last",
        _does(ReadCookies()),
        _post(None, ("Cookie", "c=1; c=2")),
        _post(None, ("Cookie", "c=1; d=2")),
    ),
    (
        "several_cookie_fields",
        "all",
        "first",
        _does(ReadCookies()),
        _post(None, ("Cookie", "c=1"), ("cookie", "d=1")),
        _post(None, ("Cookie", "c=1")),
    ),
]


@pytest.mark.parametrize(("option", "one", "other", "described", "touches", "does_not"), REQUESTS)
def test_a_request_is_left_out_where_two_differ(
    option: str, one: str, other: str, described: App, touches: Request, does_not: Request | None
) -> None:
    ground = Ground({option: one}, {option: other})
    assert not ground.has_request(described, touches)
    assert ground.left_out == {option: 1}
    assert not ground.has_case(Case(described, (Talk((touches,)),)))
    if does_not is not None:
        assert ground.has_request(described, does_not)
    for value in (one, other):
        alike = Ground({option: value}, {option: value})
        if (option, value) != ("body_limit_holds", "announced"):
            assert alike.has_request(described, touches)
            assert not alike.left_out
    assert ground.left_out == {option: 1}


ACTIONS = [
    # option, one value, another, what touches it in an application, what is left
    ("no_response", "500", "empty", _does(ReturnValue()), _does(Echo())),
    ("raised_timeout", "500", "504", _does(Crash(kind="timeout")), _does(Echo())),
    ("raised_location", "encoded", "as_given", _does(RaiseHttp(302, location="/ü")), _does(Echo())),
    (
        "duplicate_route",
        "refused",
        "first",
        app(Route("a", "GET", "/{x}"), Route("b", "GET", "/{y}"), Route("c", "PUT", "/{x}")),
        app(Route("a", "GET", "/{x}"), Route("c", "PUT", "/{x}")),
    ),
    (
        "known_methods",
        "any",
        "usual",
        app(Route("a", "LOCK", "/"), Route("b", "GET", "/")),
        app(Route("b", "GET", "/")),
    ),
    ("known_methods", "any", "usual", app(Route("a", "LOCK", "/b")), app(Route("a", "GET", "/"))),
    (
        "middlewares_wrap",
        "yes",
        "two_parts",
        _does(Echo(), Middleware("n", (ShortCircuit(Respond()),), ())),
        _does(Echo(), Middleware("n")),
    ),
    (
        "missing_slash",
        "404",
        "same",
        app(Route("a", "GET", "/a/"), Route("b", "GET", "/a")),
        app(Route("a", "GET", "/a/")),
    ),
    (
        "replaced_response",
        "passes",
        "final",
        _does(Echo(), NOTHING, Middleware("n", (ShortCircuit(Respond()),), ())),
        _does(Echo(), NOTHING, Middleware("n")),
    ),
    (
        "replaced_response",
        "passes",
        "final",
        _does(Echo(), NOTHING, Middleware("n", (), (ReplaceResponse(Respond()),))),
        _does(Echo(), NOTHING, Middleware("n")),
    ),
    (
        "errors_reach_middlewares",
        "exception",
        "response",
        _does(Echo(), NOTHING, Middleware("n", (RaiseHttp(404),))),
        _does(Echo(), NOTHING, Middleware("n")),
    ),
    (
        "crashes_reach_middlewares",
        "exception",
        "response",
        _does(Echo(), NOTHING, Middleware("n", (), (Crash(),))),
        _does(Echo(), NOTHING, Middleware("n")),
    ),
    (
        "shutdown_order",
        "fifo",
        "lifo",
        App(shutdown=(Hook("a"), Hook("b")), cleanup=(Hook("c"),)),
        App(shutdown=(Hook("a"),), cleanup=(Hook("c"),)),
    ),
    (
        "failing_shutdown_hook",
        "others_run",
        "ends_them",
        App(shutdown=(Hook("a", FAILS),), cleanup=(Hook("b"), Hook("c", FAILS))),
        App(shutdown=(Hook("a"),), cleanup=(Hook("b"), Hook("c", FAILS))),
    ),
    (
        "cleanup_behind_failed_startup",
        "yes",
        "no",
        App(startup=(Hook("a", FAILS),), cleanup=(Hook("b"),)),
        App(startup=(Hook("a", FAILS),)),
    ),
]


@pytest.mark.parametrize(("option", "one", "other", "described", "left"), ACTIONS)
def test_an_action_is_left_out_where_two_differ(
    option: str, one: str, other: str, described: App, left: App
) -> None:
    ground = Ground({option: one}, {option: other})
    assert ground.common(described) == left
    assert set(ground.left_out) == {option}
    assert ground.common(left) == left
    for value in {one, other} - {"usual"}:  # which cannot express it at all
        assert Ground({option: value}, {option: value}).common(described) == described


JUDGED_ELSEWHERE = {
    # Nothing that is drawn, or nothing that is compared, touches these.
    "accept_on_500", "after_500", "bad_header_value", "base_exception", "body_on_204",
    "error_body", "exit_status", "hooks_and_drain", "invalid_form", "secure_cookies",
}  # fmt: skip


def test_every_option_is_known_here() -> None:
    assert {one[0] for one in REQUESTS} | {one[0] for one in ACTIONS} | JUDGED_ELSEWHERE == set(
        OPTIONS
    )


def test_several_options_together_are_named() -> None:
    left = {"encoded_slash": "decoded", "param_decoding": "raw"}
    right = {"encoded_slash": "raw", "param_decoding": "yes"}
    ground = Ground(left, right)
    assert not ground.has_request(ITEM, _get("/items/a%2Fb"))
    assert set(ground.left_out) <= {"encoded_slash", "param_decoding"}
    assert ground.left_out.total() == 1


def test_a_limit_on_what_is_announced_is_no_promise_about_the_body() -> None:
    """Sized it is refused and chunked it is not, so that one dialect alone has no such request."""
    ground = Ground({"body_limit_holds": "announced"})
    assert not ground.has_request(_does(Echo(), limit=1), _post(b"xx"))
    assert ground.has_request(_does(ReadBody("whole"), limit=1), _post(b"xx"))
    assert ground.has_request(_does(Echo(), limit=1), _post(b"x"))


def test_of_two_errors_at_once_nobody_promises_which_is_told() -> None:
    described, request = _does(ReadBody("form"), limit=1), _post(b"no form")
    assert not Ground({}, {}).has_request(described, request)
    assert Ground({}, {}).has_request(described, _post(b"x"))
    assert Ground({}, {}).has_request(described, _post(b"a=1", FORM))
    assert Ground({}).has_request(described, request)
