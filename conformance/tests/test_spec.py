"""Invariant: an application survives the way to JSON and back, and what is sent of it is what the
schema promises to adapters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from conformance import schema, spec
from conformance.spec import (
    Action,
    App,
    Catch,
    Crash,
    Echo,
    Hook,
    Json,
    Middleware,
    Mirror,
    Params,
    RaiseHttp,
    ReadBody,
    ReadCookies,
    ReplaceResponse,
    Respond,
    ReturnValue,
    Route,
    SetHeader,
    ShortCircuit,
    State,
    Store,
    Stream,
    Wait,
    action_from_json,
    app,
    app_from_json,
)

FULL = Respond(
    201, "naïve\r\n", "text/plain; charset=utf-8", (("X", "1"), ("X", "2")), "Made", (("a", "b"),)
)

ACTIONS: list[tuple[Action, dict[str, Any]]] = [
    (Echo(), {"echo": {}}),
    (Respond(), {"respond": {"status": 200}}),
    (Respond(200, ""), {"respond": {"status": 200, "text": ""}}),
    (Respond(200, b"\x00\xff"), {"respond": {"status": 200, "base64": "AP8="}}),
    (Respond(200, b""), {"respond": {"status": 200, "base64": ""}}),
    (FULL, {"respond": {
        "status": 201, "text": "naïve\r\n", "content_type": "text/plain; charset=utf-8",
        "headers": [["X", "1"], ["X", "2"]], "reason": "Made", "cookies": [["a", "b"]],
    }}),
    (RaiseHttp(404), {"raise_http": {"status": 404}}),
    (RaiseHttp(302, "gone on", "/next", (("X", "1"),)), {"raise_http": {
        "status": 302, "text": "gone on", "location": "/next", "headers": [["X", "1"]],
    }}),
    (Crash(), {"crash": {"message": "crashed on purpose", "kind": "error"}}),
    (Crash("out", "base"), {"crash": {"message": "out", "kind": "base"}}),
    (ReturnValue(), {"return_value": {"value": None}}),
    (ReturnValue(False), {"return_value": {"value": False}}),
    (ReturnValue(1.5), {"return_value": {"value": 1.5}}),
    (ReturnValue("text"), {"return_value": {"value": "text"}}),
    (Stream(()), {"stream": {"chunks": [], "content_type": "text/plain"}}),
    (Stream(("a", "", "b"), "text/html", 0, "g"), {"stream": {
        "chunks": ["a", "", "b"], "content_type": "text/html", "crash_after": 0, "gate": "g",
    }}),
    (Wait("g"), {"wait": {"gate": "g", "then": {"echo": {}}}}),
    (Wait("g", ReadBody("json", State("k"))), {"wait": {"gate": "g", "then": {
        "read_body": {"how": "json", "then": {"state": {"key": "k"}}},
    }}}),
    (ReadBody(), {"read_body": {"how": "whole", "then": {"echo": {}}}}),
    (Stream(("a",), times=3), {"stream": {
        "chunks": ["a"], "content_type": "text/plain", "times": 3,
    }}),
    (ReadCookies(ReadBody("form")), {"read_cookies": {
        "then": {"read_body": {"how": "form", "then": {"echo": {}}}},
    }}),
    (State("k"), {"state": {"key": "k"}}),
    (Params(("b", "a")), {"params": {"names": ["b", "a"]}}),
    (Mirror(), {"mirror": {}}),
    (Json(), {"json": {}}),
    (SetHeader("X", ""), {"set_header": {"name": "X", "value": ""}}),
    (ShortCircuit(Respond(403, b"no")), {"short_circuit": {"status": 403, "base64": "bm8="}}),
    (ReplaceResponse(FULL), {"replace_response": FULL.arguments()}),
    (Catch(Respond(503)), {"catch": {"status": 503}}),
    (Store("k", "v"), {"store": {"key": "k", "value": "v"}}),
]  # fmt: skip


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({**schema.DEFINITIONS[name], "$defs": schema.DEFINITIONS})


IS_ACTION, IS_APP = validator("action"), validator("app")


def every_kind(of: type[Action] = Action) -> set[type[Action]]:
    found = {one for one in of.__subclasses__() if one.__module__ == spec.__name__}
    return found.union(*(every_kind(one) for one in found))


def over_the_wire(data: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(data))


@pytest.mark.parametrize(("action", "data"), ACTIONS)
def test_an_action_as_json_and_back(action: Action, data: dict[str, Any]) -> None:
    assert action.to_json() == data
    IS_ACTION.validate(data)
    back = action_from_json(over_the_wire(data))
    assert back == action
    assert hash(back) == hash(action)


def test_every_action_is_tried_here_and_has_a_schema() -> None:
    assert {type(action) for action, _ in ACTIONS} == every_kind()
    names = {name for _, data in ACTIONS for name in data}
    assert names == set(schema.DEFINITIONS["action"]["properties"])


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"unknown": {}},
        {"echo": {}, "crash": {"message": "x"}},
        {"echo": None},
        {"echo": {"more": 1}},
        {"respond": {"status": 99}},
        {"respond": {"status": "200"}},
        {"respond": {"headers": [["X"]]}},
        {"raise_http": {}},
        {"crash": {"message": "x", "kind": "bad"}},
        {"return_value": {"value": {}}},
        {"stream": {"chunks": ["a"], "content_type": "t", "crash_after": -1}},
        {"wait": {"gate": ""}},
        {"params": {"names": []}},
        {"params": {}},
        {"mirror": {"how": "whole"}},
        {"json": None},
        {"read_body": {"how": "slowly", "then": {"echo": {}}}},
        {"set_header": {"name": "X"}},
        {"store": {"key": "", "value": "v"}},
    ],
)
def test_what_is_no_action_by_the_schema(data: dict[str, Any]) -> None:
    assert not IS_ACTION.is_valid(data)


def test_what_may_be_left_out_of_an_action_has_its_default() -> None:
    assert action_from_json({"wait": {"gate": "g"}}) == Wait("g")
    assert action_from_json({"respond": {}}) == Respond()
    assert action_from_json({"crash": {"message": "x"}}) == Crash("x")


# -- Applications --------------------------------------------------------------------------------

EVERYTHING = app(
    Route("r1", "GET", "/"),
    Route("r2", "POST", "/items/{name}", Wait("g")),
    middlewares=[Middleware("m1", (SetHeader("X", "1"), RaiseHttp(404)), (Catch(Respond(503)),))],
    startup=[Hook("s1", Store("k", "v")), Hook("s2")],
    shutdown=[Hook("d1", Crash())],
    cleanup=[Hook("c1", Wait("h"))],
    debug=True,
    body_limit=0,
    drain_s=0.5,
    head_s=1.5,
    body_s=2.5,
    idle_s=3.5,
    files=(("a/b.txt", "text"),),
    access_log=True,
    quiet=True,
)


@pytest.mark.parametrize("one", [App(), EVERYTHING, app(Route("r", "GET", "/"))])
def test_an_app_as_json_and_back(one: App) -> None:
    IS_APP.validate(one.to_json())
    back = app_from_json(over_the_wire(one.to_json()))
    assert back == one
    assert hash(back) == hash(one)


def test_an_app_in_full() -> None:
    assert EVERYTHING.to_json() == {
        "routes": [
            {"id": "r1", "method": "GET", "path": "/", "do": {"echo": {}}},
            {"id": "r2", "method": "POST", "path": "/items/{name}",
             "do": {"wait": {"gate": "g", "then": {"echo": {}}}}},
        ],
        "middlewares": [
            {"id": "m1",
             "before": [{"set_header": {"name": "X", "value": "1"}},
                        {"raise_http": {"status": 404}}],
             "after": [{"catch": {"status": 503}}]},
        ],
        "hooks": {
            "startup": [{"id": "s1", "do": {"store": {"key": "k", "value": "v"}}}, {"id": "s2"}],
            "shutdown": [
                {"id": "d1", "do": {"crash": {"message": "crashed on purpose", "kind": "error"}}},
            ],
            "cleanup": [{"id": "c1", "do": {"wait": {"gate": "h", "then": {"echo": {}}}}}],
        },
        "debug": True,
        "limits": {"body": 0, "drain_s": 0.5, "head_s": 1.5, "body_s": 2.5, "idle_s": 3.5},
        "files": [["a/b.txt", "text"]],
        "access_log": True,
        "quiet": True,
    }  # fmt: skip


def test_what_may_be_left_out_of_an_app_has_its_default() -> None:
    IS_APP.validate({"routes": []})
    assert app_from_json({"routes": []}) == App()
    least = {"routes": [], "middlewares": [{"id": "m1"}], "hooks": {"cleanup": [{"id": "c1"}]}}
    IS_APP.validate(least)
    assert app_from_json(least) == app(middlewares=[Middleware("m1")], cleanup=[Hook("c1")])


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"routes": [{"id": "r", "method": "GET", "path": "/"}]},
        {"routes": [{"id": "", "method": "GET", "path": "/", "do": {"echo": {}}}]},
        {"routes": [], "hooks": {"teardown": []}},
        {"routes": [], "limits": {"body": -1}},
        {"routes": [], "debug": "yes"},
        {"routes": [], "quiet": 1},
        {"routes": [], "more": 1},
    ],
)
def test_what_is_no_app_by_the_schema(data: dict[str, Any]) -> None:
    assert not IS_APP.is_valid(data)


def test_every_action_of_an_app_is_found() -> None:
    assert list(EVERYTHING.actions()) == [
        Echo(), Wait("g"), Echo(), SetHeader("X", "1"), RaiseHttp(404), Catch(Respond(503)),
        Store("k", "v"), Crash(), Wait("h"), Echo(),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("do", "has_gates"),
    [
        (Echo(), False),
        (Stream(("a",)), False),
        (Stream(("a",), gate="g"), True),
        (Wait("g"), True),
        (ReadBody("whole", Wait("g")), True),
    ],
)
def test_an_app_in_which_somebody_waits(do: Action, has_gates: bool) -> None:
    assert app(Route("r", "GET", "/", do)).has_gates is has_gates


def test_equal_apps_are_one_key() -> None:
    again = app_from_json(EVERYTHING.to_json())
    assert len({EVERYTHING, again, replace(again, debug=False)}) == 2


# -- Any application -----------------------------------------------------------------------------

TEXT = st.text(max_size=6)
ID = st.text(min_size=1, max_size=4)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)
MAYBE_TEXT = st.none() | TEXT
STATUS = st.integers(100, 999)
RESPOND = st.builds(
    Respond, STATUS, MAYBE_TEXT | st.binary(max_size=6), MAYBE_TEXT, PAIRS, MAYBE_TEXT, PAIRS
)
LEAVES = st.one_of(
    st.builds(Echo),
    RESPOND,
    st.builds(RaiseHttp, STATUS, MAYBE_TEXT, MAYBE_TEXT, PAIRS),
    st.builds(Crash, TEXT, st.sampled_from(["error", "base"])),
    st.builds(ReturnValue, st.none() | st.booleans() | st.integers() | TEXT),
    st.builds(
        Stream,
        st.lists(TEXT, max_size=3).map(tuple),
        TEXT,
        st.none() | st.integers(0, 3),
        st.none() | ID,
    ),
    st.builds(State, ID),
    st.builds(Params, st.lists(ID, min_size=1, max_size=3).map(tuple)),
    st.builds(Mirror),
    st.builds(Json),
    st.builds(SetHeader, TEXT, TEXT),
    st.builds(ShortCircuit, RESPOND),
    st.builds(ReplaceResponse, RESPOND),
    st.builds(Catch, RESPOND),
    st.builds(Store, ID, TEXT),
)
HOW = st.sampled_from(["whole", "pieces", "none", "json", "form"])
ANY_ACTION = st.recursive(
    LEAVES,
    lambda inner: st.builds(Wait, ID, inner) | st.builds(ReadBody, HOW, inner),
    max_leaves=3,
)
SEVERAL = st.lists(ANY_ACTION, max_size=2).map(tuple)
HOOKS = st.lists(st.builds(Hook, ID, st.none() | ANY_ACTION), max_size=2).map(tuple)
ANY_APP = st.builds(
    App,
    st.lists(st.builds(Route, ID, ID, TEXT, ANY_ACTION), max_size=3).map(tuple),
    st.lists(st.builds(Middleware, ID, SEVERAL, SEVERAL), max_size=2).map(tuple),
    HOOKS,
    HOOKS,
    HOOKS,
    st.booleans(),
    st.none() | st.integers(0, 9),
    st.none() | st.floats(0, 9),
)


@settings(max_examples=40)
@given(ANY_APP)
def test_any_app_as_json_and_back(one: App) -> None:
    IS_APP.validate(one.to_json())
    assert app_from_json(over_the_wire(one.to_json())) == one


# -- The schemas ---------------------------------------------------------------------------------


def test_the_schemas_are_schemas() -> None:
    whole = schema.document()
    Draft202012Validator.check_schema(whole)
    assert {one["$ref"].rpartition("/")[2] for one in whole["oneOf"]} == (
        {f"op-{name}" for name in schema.OPERATIONS}
        | {f"re-{name}" for name in schema.REPLIES}
        | {"event"}
    )


@pytest.mark.parametrize("kind", ["op", "re"])
def test_every_operation_has_a_reply(kind: str) -> None:
    shapes = {"op": schema.OPERATIONS, "re": schema.REPLIES}[kind]
    assert set(shapes) == {"hello", "start", "release", "sync", "stop", "quit"}


MESSAGES: list[dict[str, Any]] = [
    {"op": "hello", "protocol": 1, "nonce": "n"},
    {"op": "start", "id": "a1", "app": EVERYTHING.to_json()},
    {"op": "start", "id": "a1", "app": App().to_json(), "run": "foreground"},
    {"op": "release", "id": "a1", "gate": "g"},
    {"op": "sync", "id": "a1"},
    {"op": "stop", "id": "a1"},
    {"op": "quit"},
    {"re": "hello", "protocol": 1, "name": "x"},
    {"re": "start", "id": "a1", "host": "127.0.0.1", "port": 80},
    {"re": "start", "id": "a1", "error": {"kind": "rejected", "message": "no"}},
    {"re": "start", "id": "a1", "error": {"kind": "unsupported", "what": "stream"}},
    {"re": "release", "id": "a1"},
    {"re": "sync", "id": "a1"},
    {"re": "stop", "id": "a1"},
    {"re": "stop", "id": "a1", "error": {"kind": "failed", "message": "a hook raised"}},
    {"re": "quit"},
    {"event": "enter", "app": "a1", "who": "r1", "request": "t1.1"},
    {"event": "wait", "app": "a1", "who": "s1", "request": None, "data": {"gate": "g"}},
]


@pytest.mark.parametrize("message", MESSAGES)
def test_every_message_is_one_of_the_whole_document(message: dict[str, Any]) -> None:
    Draft202012Validator(schema.document()).validate(message)


def test_every_message_is_tried_here() -> None:
    tried = {next(iter(one.items())) for one in MESSAGES if "event" not in one}
    assert tried == {("op", one) for one in schema.OPERATIONS} | {
        ("re", one) for one in schema.REPLIES
    }
