"""Requests from what the parser found, and answers: made, and as octets.

Each request is made of what its own server has at that point: aiohttp's parser, for one, has put
the header fields into a dictionary by then, which is in its parser's figure and not in this one.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.micro.needs import needs
from benchmarks.micro.octets import VECTORS
from reference import Application, Request, Response, json_response
from reference.body import EMPTY_BODY
from reference.fields import Fields
from reference.response import encode

_MESSAGE = VECTORS["browser GET"][1][0]
_TARGET = "/search?q=one+two&page=3"
_AGENT = dict(_MESSAGE.headers)[b"user-agent"].decode()
_HELLO = "Hello, World!"
_DOCUMENT = {"message": _HELLO, "id": 4711, "tags": ["one", "two", "three"]}


class _Peer:
    remote: str | None = "127.0.0.1"
    scheme = "http"


def _reference() -> Callable[[], Any]:
    app, peer, pairs = Application(), _Peer(), _MESSAGE.headers
    return lambda: Request(app, peer, "GET", _TARGET, 1, Fields(pairs), EMPTY_BODY)


def _starlette() -> Callable[[], Any]:
    needs("starlette")
    from starlette.requests import Request as Made

    path, _, query = _TARGET.partition("?")
    scope = {
        "type": "http", "method": "GET", "path": path, "query_string": query.encode(),
        "headers": list(_MESSAGE.headers), "scheme": "http", "server": ("127.0.0.1", 80),
    }  # fmt: skip
    return lambda: Made(dict(scope))


def _werkzeug() -> Callable[[], Any]:
    needs("werkzeug")
    from werkzeug.test import create_environ
    from werkzeug.wrappers import Request as Made

    headers = [(name.decode(), value.decode()) for name, value in _MESSAGE.headers]
    environ = create_environ(_TARGET, headers=headers)
    return lambda: Made(dict(environ))


REQUESTS = {"reference": _reference, "starlette": _starlette, "werkzeug": _werkzeug}
QUERIES: dict[str, Callable[[Any], Any]] = {
    "reference": lambda request: request.query["q"],
    "starlette": lambda request: request.query_params["q"],
    "werkzeug": lambda request: request.args["q"],
}
framework = pytest.mark.parametrize("framework", REQUESTS)


@framework
def test_request(framework: str, benchmark: BenchmarkFixture) -> None:
    benchmark.group = "request: made"
    make = REQUESTS[framework]()
    assert make().method == "GET"
    benchmark(make)


@framework
def test_header(framework: str, benchmark: BenchmarkFixture) -> None:
    benchmark.group = "request: made, one header field read"
    make = REQUESTS[framework]()

    def read() -> str:
        value: str = make().headers["user-agent"]
        return value

    assert benchmark(read) == _AGENT


@framework
def test_query(framework: str, benchmark: BenchmarkFixture) -> None:
    benchmark.group = "request: made, its query read"
    make, query = REQUESTS[framework](), QUERIES[framework]
    assert benchmark(lambda: query(make())) == "one two"


# -- Responses ------------------------------------------------------------------------------------


def _text_and_json(framework: str) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """What makes a response of text, and one of JSON, as users do."""
    if framework == "reference":
        return lambda: Response(_HELLO), lambda: json_response(_DOCUMENT)
    needs(framework)
    if framework == "aiohttp":
        from aiohttp import web

        return lambda: web.Response(text=_HELLO), lambda: web.json_response(_DOCUMENT)
    if framework == "starlette":
        from starlette.responses import JSONResponse, PlainTextResponse

        return lambda: PlainTextResponse(_HELLO), lambda: JSONResponse(_DOCUMENT)
    from werkzeug.wrappers import Response as Made

    return (
        lambda: Made(_HELLO, mimetype="text/plain"),
        lambda: Made(json.dumps(_DOCUMENT), mimetype="application/json"),
    )


def _body(response: Any) -> bytes:
    for name in ("data", "body"):  # werkzeug has the first, the others the second
        found = getattr(response, name, None)
        if isinstance(found, bytes):
            return found
    raise AssertionError(f"{response!r} has no body of bytes")


framework = pytest.mark.parametrize("framework", ["reference", "aiohttp", "starlette", "werkzeug"])


@framework
def test_text_response(framework: str, benchmark: BenchmarkFixture) -> None:
    benchmark.group = "response: made of text"
    make, _ = _text_and_json(framework)
    assert _body(benchmark(make)) == _HELLO.encode()


@framework
def test_json_response(framework: str, benchmark: BenchmarkFixture) -> None:
    benchmark.group = "response: made of JSON"
    _, make = _text_and_json(framework)
    assert json.loads(_body(benchmark(make))) == _DOCUMENT


@pytest.mark.parametrize("headers", [None, {"X-One": "1", "X-Two": "2"}], ids=["plain", "headers"])
def test_octets(headers: dict[str, str] | None, benchmark: BenchmarkFixture) -> None:
    """The reference alone: others make octets only while they send them (see `test_cycle`)."""
    benchmark.group = "response: made of text, and its octets"

    def octets() -> bytes:
        response = Response(_HELLO, headers=headers)
        body = response.body
        assert isinstance(body, bytes)
        return encode(response, body, 1, False, False)

    head, _, body = benchmark(octets).partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert (lines[0], body) == (b"HTTP/1.1 200 OK", _HELLO.encode())
    assert b"Content-Length: 13" in lines
    assert (b"X-Two: 2" in lines) == (headers is not None)
