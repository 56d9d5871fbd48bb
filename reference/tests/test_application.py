"""The application: registration, state, middlewares, and what handlers may return or raise."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from reference.application import Application
from reference.errors import BodyTimeout, ClientGone
from reference.exceptions import HTTPForbidden, HTTPFound, HTTPNotFound
from reference.request import Request
from reference.response import Response
from reference.route import RouteError
from reference.router import UrlDispatcher
from reference.tests.requests import answer, make_request, respond
from reference.types import Handler, Middleware

METHODS = ["get", "post", "put", "patch", "delete", "head", "options"]


async def hello(request: Request) -> Response:
    return Response("hello")


def app_with(handler: Handler, *middlewares: Middleware, path: str = "/") -> Application:
    app = Application(middlewares=middlewares)
    app.router.add_get(path, handler)
    return app


# --- registration and state ---------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
async def test_decorator_of_each_method_registers_and_returns_the_handler(method: str) -> None:
    app = Application()
    assert getattr(app, method)("/x", name="here")(hello) is hello
    assert await answer(app, method.upper(), "/x") == (200, "hello")
    other = "POST" if method != "post" else "PUT"
    assert (await answer(app, other, "/x"))[0] == 405
    assert str(app.router["here"].url_for()) == "/x"


async def test_route_decorator_takes_any_method() -> None:
    app = Application()
    app.route("PURGE", "/x", name="purge")(hello)
    assert await answer(app, "PURGE", "/x") == (200, "hello")
    assert str(app.router["purge"].url_for()) == "/x"


def test_decorator_refuses_what_the_router_refuses() -> None:
    app = Application()
    app.get("/x")(hello)
    with pytest.raises(RouteError, match="/x"):
        app.get("/x")(hello)


def test_a_router_may_be_given_even_an_empty_one() -> None:
    router = UrlDispatcher()
    assert Application(router=router).router is router
    assert Application().router is not Application().router


def test_state_by_key() -> None:
    app = Application()
    app["db"] = 1
    assert app["db"] == 1
    assert "db" in app
    assert "other" not in app
    del app["db"]
    assert "db" not in app
    with pytest.raises(KeyError):
        app["db"]
    with pytest.raises(KeyError):
        del app["db"]


def test_state_by_attribute_and_by_key_are_apart_and_of_one_application() -> None:
    app: Any = Application()
    app.db = 1
    app["debug"] = "mine"
    assert app.db == 1
    assert "db" not in app
    assert app.debug is False
    assert "debug" not in Application()


def test_defaults() -> None:
    app = Application()
    assert (app.debug, app.client_max_size, app.handler_cancellation) == (False, 1024**2, True)
    assert (app.middlewares, app.on_startup, app.on_shutdown) == ([], [], [])
    assert (app.on_cleanup, app.cleanup_ctx) == ([], [])


def test_arguments_are_kept() -> None:
    app = Application(debug=True, client_max_size=None, handler_cancellation=False)
    assert (app.debug, app.client_max_size, app.handler_cancellation) == (True, None, False)


async def test_handler_sees_application_and_params() -> None:
    async def show(request: Request) -> Response:
        assert request.app is app
        return Response(repr(dict(request.match_info)))

    app = app_with(show, path="/{a}/{b}")
    assert await answer(app, "GET", "/x%20y/2") == (200, "{'a': 'x y', 'b': '2'}")


# --- middlewares --------------------------------------------------------------------------------


def tracer(name: str, log: list[str]) -> Middleware:
    async def middleware(request: Request, handler: Handler) -> Response:
        log.append(f"{name}>")
        try:
            return await handler(request)
        finally:
            log.append(f"<{name}")

    return middleware


@pytest.mark.parametrize("count", range(9))
@pytest.mark.parametrize(
    ("method", "target", "status"), [("GET", "/", 200), ("GET", "/no", 404), ("PUT", "/", 405)]
)
async def test_first_listed_middleware_is_outermost(
    count: int, method: str, target: str, status: int
) -> None:
    log: list[str] = []
    names = [str(number) for number in range(count)]
    app = app_with(hello, *(tracer(name, log) for name in names))
    for _ in range(2):  # the second time, what the first one kept
        log.clear()
        assert (await answer(app, method, target))[0] == status
        assert log == [f"{name}>" for name in names] + [f"<{name}" for name in reversed(names)]


async def test_each_route_has_its_own_handler_inside_the_middlewares() -> None:
    async def shout(request: Request, handler: Handler) -> Response:
        return Response((await handler(request)).text.upper())

    async def bye(request: Request) -> Response:
        return Response("bye")

    app = app_with(hello, shout)
    app.router.add_get("/bye", bye)
    targets = ["/", "/bye", "/", "/bye"]
    assert [(await answer(app, "GET", one))[1] for one in targets] == ["HELLO", "BYE"] * 2


async def test_second_argument_of_a_middleware_may_have_any_name() -> None:
    async def middleware(request: Request, call_next: Handler, /) -> Response:
        return await call_next(request)

    assert await answer(app_with(hello, middleware)) == (200, "hello")


async def test_middlewares_see_the_params_before_the_handler_runs() -> None:
    async def middleware(request: Request, handler: Handler) -> Response:
        return Response(request.match_info["name"])

    assert await answer(app_with(hello, middleware, path="/{name}"), "GET", "/x") == (200, "x")


async def test_middlewares_added_before_startup_are_used() -> None:
    async def middleware(request: Request, handler: Handler) -> Response:
        return Response("short")

    app = app_with(hello)
    assert await answer(app) == (200, "hello")
    app.middlewares.append(middleware)
    await app.startup()
    assert await answer(app) == (200, "short")


async def test_short_circuit_keeps_inner_ones_and_handler_from_running() -> None:
    log: list[str] = []

    async def guard(request: Request, handler: Handler) -> Response:
        return Response("stop", 403)

    app = app_with(hello, tracer("outer", log), guard, tracer("inner", log))
    assert await answer(app) == (403, "stop")
    assert log == ["outer>", "<outer"]


async def test_replaced_response_is_what_outer_ones_see() -> None:
    async def replace(request: Request, handler: Handler) -> Response:
        return Response((await handler(request)).text + "!", 202)

    async def look(request: Request, handler: Handler) -> Response:
        response = await handler(request)
        response.headers["X-Seen"] = f"{response.status} {response.text}"
        return response

    app = app_with(hello, look, replace)
    response = await respond(app, make_request(app))
    assert response.headers["X-Seen"] == "202 hello!"


async def test_middleware_may_hand_the_handler_another_request() -> None:
    async def rewrite(request: Request, handler: Handler) -> Response:
        return await handler(make_request(request.app, "GET", "/rewritten"))

    async def show(request: Request) -> Response:
        return Response(request.path)

    assert await answer(app_with(show, rewrite)) == (200, "/rewritten")


@pytest.mark.parametrize(
    ("method", "target", "caught"),
    [
        ("GET", "/crash", "ValueError: boom"),
        ("GET", "/denied", "HTTPForbidden: 403: Forbidden"),
        ("GET", "/no", "HTTPNotFound: Could not find /no"),
        ("PUT", "/denied", "HTTPMethodNotAllowed: PUT not allowed for /denied"),
    ],
)
async def test_middleware_catches_what_is_raised_inside(
    method: str, target: str, caught: str
) -> None:
    async def catch(request: Request, handler: Handler) -> Response:
        try:
            return await handler(request)
        except Exception as exc:  # noqa: BLE001 - the kind of middleware that this is about
            return Response(f"{type(exc).__name__}: {exc}")

    async def crash(request: Request) -> Response:
        raise ValueError("boom")

    async def denied(request: Request) -> Response:
        raise HTTPForbidden

    app = app_with(crash, catch, path="/crash")
    app.router.add_get("/denied", denied)
    assert await answer(app, method, target) == (200, caught)


async def test_middleware_may_raise_a_response_for_another() -> None:
    async def to_home(request: Request, handler: Handler) -> Response:
        try:
            return await handler(request)
        except HTTPNotFound:
            raise HTTPFound("/") from None

    app = app_with(hello, to_home)
    response = await respond(app, make_request(app, "GET", "/no"))
    assert (response.status, response.headers["Location"]) == (302, "/")


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_middleware_that_crashes_is_a_500_and_outer_ones_see_the_exception(
    place: int,
) -> None:
    log: list[str] = []

    async def crash(request: Request, handler: Handler) -> Response:
        raise ValueError("boom")

    middlewares = [tracer("a", log), tracer("b", log)]
    middlewares.insert(place, crash)
    assert (await answer(app_with(hello, *middlewares)))[0] == 500
    assert log == [["a>", "<a"], ["a>", "b>", "<b", "<a"]][place - 1] if place else log == []


async def test_middleware_may_call_the_handler_again() -> None:
    calls: list[int] = []

    async def flaky(request: Request) -> Response:
        calls.append(1)
        if len(calls) < 3:
            raise OSError("try again")
        return Response("at last")

    async def retry(request: Request, handler: Handler) -> Response:
        while True:
            try:
                return await handler(request)
            except OSError:
                continue

    assert await answer(app_with(flaky, retry)) == (200, "at last")


# --- what no route takes ------------------------------------------------------------------------


async def test_unknown_path() -> None:
    assert await answer(app_with(hello), "GET", "/a%20b?c=d") == (404, "Could not find /a%20b")


async def test_wrong_method_lists_the_allowed_ones() -> None:
    app = app_with(hello)
    app.router.add_delete("/", hello)
    response = await respond(app, make_request(app, "PUT"))
    assert (response.status, response.text) == (405, "PUT not allowed for /")
    assert response.headers["Allow"] == "DELETE, GET, HEAD"


async def test_server_wide_options() -> None:
    app = app_with(hello)
    app.router.add_put("/x", hello)
    response = await respond(app, make_request(app, "OPTIONS", "*"))
    assert (response.status, response.body) == (204, b"")
    assert response.headers["Allow"].split(", ") == sorted(["GET", "HEAD", "PUT"])


async def test_a_request_that_no_route_takes_has_no_params() -> None:
    request = make_request(app := app_with(hello, path="/{a}/b"), "GET", "/x/c")
    assert (await respond(app, request)).status == 404
    assert request.match_info == {}


# --- what a handler may return or raise ---------------------------------------------------------


class Custom(Response):
    pass


async def test_any_kind_of_response_may_be_returned() -> None:
    custom = Custom("x")

    async def handler(request: Request) -> Response:
        return custom

    app = app_with(handler)
    assert await respond(app, make_request(app)) is custom


@pytest.mark.parametrize("value", [None, "text", b"bytes", 200, {"a": 1}, HTTPNotFound, Response])
async def test_handler_that_returns_no_response_is_a_500(
    value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def handler(request: Request) -> Any:
        return value

    assert (await answer(app_with(handler)))[0] == 500
    assert f"the handler returned {type(value).__name__}, not a Response" in caplog.text


async def test_plain_function_as_handler_is_a_500() -> None:
    def handler(request: Request) -> Any:
        return Response("x")

    assert (await answer(app_with(handler)))[0] == 500


async def test_middleware_that_returns_nothing_is_a_500() -> None:
    async def forgets(request: Request, handler: Handler) -> Any:
        await handler(request)

    assert (await answer(app_with(hello, forgets)))[0] == 500


@pytest.mark.parametrize(
    "exc", [ValueError("x"), KeyError(), StopAsyncIteration(), ExceptionGroup("g", [OSError()])]
)
async def test_exception_is_a_500_and_its_traceback_is_logged(
    exc: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async def handler(request: Request) -> Response:
        raise exc

    status, text = await answer(app_with(handler), "GET", "/?q=1")
    assert status == 500
    assert type(exc).__name__ not in text
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("reference", logging.ERROR)
    assert record.getMessage() == "error handling GET /?q=1"
    assert record.exc_info is not None
    assert record.exc_info[1] is exc


@pytest.mark.parametrize("kind", [asyncio.CancelledError, SystemExit, KeyboardInterrupt])
async def test_what_is_no_exception_goes_on(kind: type[BaseException]) -> None:
    async def handler(request: Request) -> Response:
        raise kind

    app = app_with(handler)
    with pytest.raises(kind):
        await respond(app, make_request(app))


def raiser(error: Exception) -> Callable[[Request], Awaitable[Response]]:
    async def handler(request: Request) -> Response:
        raise error

    return handler


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ClientGone(), (400, "the client closed the connection inside the body")),
        (BodyTimeout(), (408, "the body did not arrive in time")),
    ],
)
async def test_broken_body_gets_the_status_that_it_deserves(
    error: Exception, expected: tuple[int, str]
) -> None:
    assert await answer(app_with(raiser(error))) == expected


async def test_raised_response_is_sent_as_it_is_and_again() -> None:
    denied = HTTPForbidden("go away", headers={"X-A": "1"})
    app = app_with(raiser(denied))
    for _ in range(3):
        response = await respond(app, make_request(app))
        assert response is denied
        # Neither grows with each request nor keeps the frames of a handler alive.
        assert denied.__traceback__ is None


async def test_500_page_follows_all_accept_fields_and_debug() -> None:
    accept = [("Accept", "text/html;q=0.5"), ("accept", "application/json")]
    app = app_with(raiser(ValueError("secret")))
    response = await respond(app, make_request(app, "GET", "/", accept))
    assert response.content_type == "application/json"
    assert "secret" not in response.text
    app.debug = True
    assert "secret" in (await answer(app))[1]
