"""Building a response: bodies, status, reason, headers and cookies.

Its bytes are in test_response_bytes.py.
"""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator
from http import HTTPStatus
from io import BytesIO
from typing import Any

import pytest
from multidict import CIMultiDict

from reference.response import PHRASES, FileBody, Response, check_header, json_response


async def stream() -> AsyncIterator[bytes]:
    yield b"x"


# --- bodies -------------------------------------------------------------------------------------


class Text(str):
    __slots__ = ()


OCTETS = "application/octet-stream"


@pytest.mark.parametrize(
    ("body", "encoded", "content_type"),
    [
        (None, b"", None),
        ("", b"", "text/plain"),
        ("ü", b"\xc3\xbc", "text/plain"),
        (Text("a"), b"a", "text/plain"),
        (b"", b"", OCTETS),
        (b"\xff", b"\xff", OCTETS),
        (bytearray(b"a"), b"a", OCTETS),
        (memoryview(b"abcd")[::2], b"ac", OCTETS),
    ],
)
def test_body_in_memory(body: Any, encoded: bytes, content_type: str | None) -> None:
    for response in (Response(body), set_later(body), added_later(body)):
        assert response.body == encoded
        assert type(response.body) is bytes
        assert response.content_type == content_type


def set_later(body: Any) -> Response:
    response = Response("before")
    response.body = body
    return response


def added_later(body: Any) -> Response:
    response = Response(b"before")
    response.add_body(body)
    return response


@pytest.mark.parametrize("body", [stream(), FileBody(BytesIO(), 0, 0)])
def test_body_that_is_sent_in_parts(body: Any) -> None:
    for response in (Response(body), set_later(body)):
        assert response.body is body
        assert response.content_type == OCTETS
        with pytest.raises(TypeError, match="a streamed body has no text"):
            _ = response.text


@pytest.mark.parametrize("body", [1, ["a"], {"a": 1}, iter([b"a"]), object(), True])
def test_other_bodies_are_refused(body: Any) -> None:
    with pytest.raises(TypeError, match="a body is text, bytes or an async iterable, not "):
        Response(body)
    with pytest.raises(TypeError, match=f"not {type(body).__name__}$"):
        Response().body = body


def test_mutable_body_is_copied() -> None:
    data = bytearray(b"abc")
    response = Response(data)
    data[0] = 0
    assert response.body == b"abc"


def test_charset() -> None:
    response = Response("ü", charset="latin-1")
    assert (response.charset, response.body, response.text) == ("latin-1", b"\xfc", "ü")
    assert Response().charset == "utf-8"
    with pytest.raises(UnicodeEncodeError):
        Response("ü", charset="ascii")
    with pytest.raises(LookupError):
        Response("ü", charset="none")


def test_text_with_a_lone_surrogate_cannot_be_encoded() -> None:
    with pytest.raises(UnicodeEncodeError):
        Response("\ud800")


def test_content_type() -> None:
    response = Response("a", content_type="text/html")
    assert response.content_type == "text/html"
    response.content_type = "text/css"
    response.body = b"b"
    assert response.content_type == "text/css"


# --- status and reason --------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 299, 404, 499, 599, HTTPStatus.OK, HTTPStatus.GONE])
def test_status(status: int) -> None:
    assert Response(status=status).status == status


@pytest.mark.parametrize("status", [199, 100, 101, 0, -200, 600, 1000, 10**9])
def test_status_out_of_range(status: int) -> None:
    with pytest.raises(ValueError, match=f"status must be from 200 to 599, not {status}"):
        Response(status=status)


@pytest.mark.parametrize("status", ["200", 200.0, 404.0, True, None, b"200", 200j])
def test_status_that_is_no_int(status: Any) -> None:
    with pytest.raises(TypeError, match="status must be an int"):
        Response(status=status)


@pytest.mark.parametrize("status", [status for status in HTTPStatus if status >= 200])
def test_reason_is_the_registered_phrase(status: HTTPStatus) -> None:
    renamed = {
        413: "Content Too Large",
        414: "URI Too Long",
        416: "Range Not Satisfiable",
        422: "Unprocessable Content",
    }
    assert Response(status=status).reason == renamed.get(status, status.phrase)
    assert PHRASES[status] == Response(status=status).reason


def test_reason_of_its_own() -> None:
    assert Response(status=299).reason == "Unknown"
    assert Response(reason="Fine").reason == "Fine"
    assert Response(reason="").reason == ""
    response = Response()
    response.reason = "dé\tjà vu"
    assert response.reason == "dé\tjà vu"


# --- what cannot be sent ------------------------------------------------------------------------

INJECTIONS = [
    "a\r\nSet-Cookie: b=c",
    "a\nb",
    "a\rb",
    "a\0b",
    "\r\n\r\nbody",
    "a\n",
    "a\x0bb",
    "a\x7f",
    "€",
    "\u010a",  # LF when cut to one octet
    "\ud800",
]


@pytest.mark.parametrize("value", [*INJECTIONS, None, 1, b"a"])
def test_value_or_reason_that_cannot_be_sent(value: Any) -> None:
    with pytest.raises(ValueError, match=r"invalid value .* for header X-A"):
        Response(headers={"X-A": value})
    with pytest.raises(ValueError, match="invalid value"):
        Response().add_header("X-A", value)
    response = Response()
    with pytest.raises(ValueError, match="invalid reason"):
        response.reason = value
    if value is not None:
        with pytest.raises(ValueError, match="invalid reason"):
            Response(reason=value)


@pytest.mark.parametrize(
    "name", [*INJECTIONS, "", " ", "a b", "a:", ":a", "a ", "é", "(a)", None, 1, b"a"]
)
def test_name_that_cannot_be_sent(name: Any) -> None:
    with pytest.raises(ValueError, match="invalid header name"):
        check_header(name, "a")
    with pytest.raises(ValueError, match="invalid header name"):
        Response().add_header(name, "a")


@pytest.mark.parametrize("text", INJECTIONS)
def test_cookie_that_cannot_be_sent(text: str) -> None:
    response = Response()
    for arguments in ((text, "a"), ("a", text)):
        with pytest.raises(ValueError, match="cookie"):
            response.set_cookie(*arguments)
    for attribute in ("path", "domain", "samesite"):
        with pytest.raises(ValueError, match=r"cookie|SameSite"):
            response.set_cookie("a", "b", **{attribute: text})


@pytest.mark.parametrize("value", ["", " ", "a\tb", "é\xff", '"\\', "a, b; c=d"])
def test_value_that_can_be_sent(value: str) -> None:
    assert Response(headers={"X-A": value}).headers["x-a"] == value


# --- headers and cookies ------------------------------------------------------------------------


def test_headers_are_case_insensitive_copied_and_keep_duplicates() -> None:
    given = CIMultiDict([("X-A", "1"), ("x-a", "2")])
    response = Response(headers=given)
    given.clear()
    assert response.headers.getall("X-a") == ["1", "2"]
    response.add_header("X-A", "3")
    assert response.headers.getall("x-a") == ["3"]


def test_headers_of_two_responses_are_apart() -> None:
    first, second = Response(), Response()
    first.headers["X-A"] = "1"
    assert not second.headers


def test_json_response() -> None:
    response = json_response({"a": "ü"}, status=201, headers={"X-A": "1"})
    assert json.loads(response.text) == {"a": "ü"}
    assert (response.status, response.content_type) == (201, "application/json")
    assert response.headers["X-A"] == "1"
    assert json_response(None).text == "null"
    assert json_response(math.nan).text == "NaN"
    assert json_response([1], dumps=repr, content_type="application/x").text == "[1]"
    with pytest.raises(TypeError):
        json_response(object())


def test_repr() -> None:
    assert repr(Response("x", 404)) == "<Response 404 Not Found>"
    assert repr(Response(reason="Fine")) == "<Response 200 Fine>"
