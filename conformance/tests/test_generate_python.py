"""Applications as Python: what is written is the application, as the reference itself shows."""

from __future__ import annotations

import ast
import asyncio
import builtins
import hashlib
import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, seed, settings

import reference
from conformance.driver import Command
from conformance.generate.apps import apps
from conformance.generate.case import Case, Request, Talk
from conformance.generate.cases import cases
from conformance.generate.compare import differences
from conformance.generate.observed import Observed, Outcome, Reply
from conformance.generate.python import python_of
from conformance.generate.python_body import exception_name
from conformance.generate.stage import Stage
from conformance.raw import RawConnection
from conformance.seen import Answer
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
    app,
)
from reference.exceptions import STATUS_CLASSES
from reference.server import serve

# -- The text --------------------------------------------------------------------------------------


def names_of(module: ast.Module) -> tuple[set[str], set[str]]:
    """Those that a module defines or imports anywhere, and those that it reads."""
    defined, read = set(), set()
    for node in ast.walk(module):
        match node:
            case ast.Import(names) | ast.ImportFrom(names=names):
                defined |= {one.asname or one.name for one in names}
            case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
                defined.add(name)
            case ast.arg(arg):
                defined.add(arg)
            case ast.ExceptHandler(name=str(name)):
                defined.add(name)
            case ast.Name(id, ast.Store()):
                defined.add(id)
            case ast.Name(id):
                read.add(id)
    return defined, read


@settings(max_examples=50, deadline=None, database=None)
@given(apps())
def test_a_drawn_application_is_a_module_that_lacks_no_name_and_imports_none_in_vain(
    drawn: App,
) -> None:
    module = ast.parse(python_of(drawn))
    defined, read = names_of(module)
    assert read - defined - set(vars(builtins)) - {"__name__"} == set()
    imported = {
        one.name for node in module.body if isinstance(node, ast.ImportFrom) for one in node.names
    }
    assert imported <= read


def test_it_reads_as_a_person_would_write_it() -> None:
    written = python_of(
        app(
            Route("show", "GET", "/users/{name}", ReadBody("whole", Respond(201, 'a "b"'))),
            Route("gone", "PROPFIND", "/", RaiseHttp(410, "no more")),
            middlewares=[Middleware("m0", after=(SetHeader("X-A", "1"), Catch(Respond(503))))],
            startup=[Hook("s0", Store("k", "v"))],
            body_limit=64,
        )
    )
    assert (
        written
        == """\
from reference import Application, HTTPGone, Response, run_app


async def m0(request, handler):
    try:
        response = await handler(request)
    except Exception:
        return Response(status=503)
    response.headers["X-A"] = "1"
    return response


async def s0(app):
    app["k"] = "v"


app = Application(middlewares=[m0], client_max_size=64)


@app.get("/users/{name}")
async def show(request):
    await request.read()
    return Response('a "b"', status=201)


@app.route("PROPFIND", "/")
async def gone(request):
    raise HTTPGone(reason="no more")


app.on_startup.append(s0)

if __name__ == "__main__":
    run_app(app)
"""
    )


@pytest.mark.parametrize("id", ["a-b", "1", "class", "app", "echo", "Response", "print", "ü", "r0"])
def test_any_id_gives_a_function_its_name(id: str) -> None:
    routes = [Route(id, "GET", "/a"), Route("r0", "GET", "/b"), Route(id, "GET", "/c")]
    module = ast.parse(python_of(app(*routes, middlewares=[Middleware(id)])))
    functions = [node.name for node in module.body if isinstance(node, ast.AsyncFunctionDef)]
    assert len(set(functions)) == 4
    assert not set(functions) & {"app", "echo", "Response", "print"}


def test_every_status_has_the_name_of_its_exception() -> None:
    for status, kind in STATUS_CLASSES.items():
        assert getattr(reference, exception_name(status)) is kind


def test_a_status_that_nobody_registered_has_none() -> None:
    with pytest.raises(ValueError, match="499"):
        python_of(app(Route("r", "GET", "/", RaiseHttp(499))))


# -- What it does ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    command = Command([sys.executable, "-m", "conformance.adapters.reference"], "reference")
    with Stage([command]) as stage:
        yield stage


def differing(stage: Stage, case: Case) -> list[str]:
    """In what the module differs from what the adapter of the reference serves."""
    # Each request alone: which of them are sent again is no matter of the application.
    talks = tuple(Talk((one,)) for talk in case.talks for one in talk.requests)
    case = replace(case, talks=talks)
    [served] = stage.play(case)
    logging.disable()  # of crashes on purpose
    try:
        written = asyncio.run(observed(case, served))
    finally:
        logging.disable(logging.NOTSET)
    return [str(one) for one in differences(case, served, written)]


async def observed(case: Case, served: Observed) -> Observed:
    """What the module does, in the words of the adapter; without events, which it does not tell."""
    names: dict[str, Any] = {"__name__": "written"}
    text = python_of(case.app)
    try:
        exec(compile(text, "written.py", "exec"), names)  # it is what we wrote
    except reference.RouteError as refused:
        return Observed(f"rejected: {refused}")
    replies = {}
    async with serve(names["app"], host="127.0.0.1", port=0) as server:
        for id, request in case.requests():
            reply = await asked(server.port, request, id)
            replies[id] = replace(reply, events=served.replies[id].events)
    return Observed(None, replies, served.hooks)


async def asked(port: int, request: Request, id: str) -> Reply:
    connection = RawConnection(id)
    await connection.open("127.0.0.1", port)
    try:
        connection.answers.expect(request.method)
        async with asyncio.timeout(5):
            await connection.send([request.octets(id)])
            await connection.read(lambda reader: bool(reader.answers))
    finally:
        await connection.close()
    [answer] = connection.answers.answers
    return Reply(Outcome.ANSWERED, as_the_adapter_says_it(answer))


def as_the_adapter_says_it(answer: Answer) -> Answer:
    """An echo as the kit writes it: with a digest of the body, and a nonce."""
    if not answer.body.startswith(b'{"route"'):
        return answer
    said = json.loads(answer.body)
    if "body" in said:
        octets = said["body"].encode("latin-1")
        said["body"] = {"length": len(octets), "sha256": hashlib.sha256(octets).hexdigest()}
    return replace(answer, body=json.dumps({"nonce": "", **said}).encode())


@seed(1)
@settings(max_examples=50, deadline=None, database=None)
@given(case=cases())
def test_a_drawn_application_answers_as_its_data_does(stage: Stage, case: Case) -> None:
    assert differing(stage, case) == []


_SOME = Respond(200, "x", headers=(("X-A", "1"), ("x-a", "2")), cookies=(("c", "1"),))
_ACTIONS: list[Action] = [
    Respond(200, b"\x00\xff", "text/html", reason="Fine"),
    RaiseHttp(405, "no"),
    RaiseHttp(413),
    RaiseHttp(418, headers=(("X-A", "1"), ("X-A", "2"))),
    RaiseHttp(302, location="/ü"),
    RaiseHttp(401, location="/login"),
    *(Crash("x", kind) for kind in ("error", "cancelled", "timeout", "unprintable", "caused")),
    *(ReturnValue(value) for value in (None, 1, "text", True)),
    Stream(("a", "b"), times=3),
    Stream((), "text/html"),
    State("k"),
    State("other"),
    *(ReadBody(how, then) for how in ("whole", "pieces", "none") for then in (Echo(), _SOME)),
    *(ReadBody("json", then) for then in (Echo(), _SOME)),
    *(ReadBody("form", then) for then in (Echo(), _SOME)),
    ReadCookies(ReadBody("whole")),
    ReadCookies(_SOME),
    Params(("x",)),
    Params(("x", "x")),
    Mirror(),
    Json(),
]


@pytest.mark.parametrize("action", _ACTIONS, ids=lambda action: action.name)
def test_every_action_of_handlers(stage: Stage, action: Action) -> None:
    written = app(
        Route("r", "POST", "/{x}", action),
        startup=[Hook("s0", Store("k", "é")), Hook("s1")],
        shutdown=[Hook("d0")],
        cleanup=[Hook("c0"), Hook("c1")],
    )
    fields = (("Cookie", "a=1; b=2"), ("Content-Type", "application/x-www-form-urlencoded"))
    request = Request("POST", "/%C3%BC?a=1&a=", fields, b'{"a": 1}', (2,))
    assert differing(stage, Case(written, (Talk((request,)),))) == []


_AROUND: list[Middleware] = [
    Middleware("m", (ShortCircuit(_SOME),), (SetHeader("X-A", "1"),)),
    Middleware("m", (RaiseHttp(403, "stop"),)),
    Middleware("m", (), (Catch(_SOME),)),
    Middleware("m", (), (Catch(_SOME), SetHeader("X-A", "3"), SetHeader("X-A", "4"))),
    Middleware("m", (), (ReplaceResponse(_SOME), SetHeader("X-A", "5"), Catch(Respond(503)))),
    Middleware("m", (), (SetHeader("X-A", "6"), ReplaceResponse(_SOME))),
    Middleware("m", (), (RaiseHttp(410), SetHeader("X-A", "7"))),
    Middleware("m", (), (SetHeader("X-A", "8"), Crash("after"), Catch(_SOME))),
]


@pytest.mark.parametrize("middleware", _AROUND)
@pytest.mark.parametrize("inside", [Respond(200, "in"), RaiseHttp(404, "in"), ReturnValue(1)])
def test_every_action_of_middlewares(stage: Stage, middleware: Middleware, inside: Action) -> None:
    written = app(
        Route("r", "GET", "/", inside), middlewares=[Middleware("outer"), middleware], debug=True
    )
    assert differing(stage, Case(written, (Talk((Request(),)),))) == []


def test_what_a_run_would_have_to_show_is_there_at_least() -> None:
    """What takes a run_app, a gate or a folder."""
    written = python_of(
        app(
            Route("r", "GET", "/", Wait("g", Stream(("a", "b"), crash_after=1, gate="h"))),
            Route("b", "GET", "/b", Crash("end", "base")),
            Route("c", "GET", "/c", Stream(("a", "b"), crash_after=3, times=2)),
            middlewares=[Middleware("m", (Wait("i"),), (Wait("j"),))],
            cleanup=[Hook("c0", Wait("k")), Hook("c1", Crash("late")), Hook("c2", RaiseHttp(500))],
            drain_s=1.5,
            head_s=2.0,
            files=(("a/b.txt", "hello"),),
            access_log=True,
        )
    )
    for part in (
        "await asyncio.sleep(1)  # in place of the gate 'g'",
        'yield b"a"\n',
        'raise SystemExit("end")',
        'for chunk in (["a", "b"] * 2)[:3]:',
        'raise RuntimeError("the stream crashed on purpose")',
        "app.on_cleanup.extend([c0, c1, c2])",
        "run_app(\n",
    ):
        assert part in written, part
    module = ast.parse(written)
    defined, read = names_of(module)
    assert read - defined - set(vars(builtins)) - {"__name__"} == set()
    assert {"asyncio", "logging", "tempfile", "Path", "Limits", "add_static"} <= defined & read


def test_files_are_served(tmp_path: Path) -> None:
    text = python_of(app(Route("r", "GET", "/"), files=(("a/b.txt", "hello\r\n"),)))
    names: dict[str, Any] = {"__name__": "written"}
    exec(compile(text, "written.py", "exec"), names)

    async def fetched() -> Answer:
        async with serve(names["app"], host="127.0.0.1", port=0) as server:
            reply = await asked(server.port, Request("GET", "/files/a/b.txt"), "0.0")
        assert reply.answer is not None
        return reply.answer

    assert asyncio.run(fetched()).body == b"hello\r\n"
