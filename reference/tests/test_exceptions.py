"""HTTP exceptions: one class for every registered error and redirect, raised or returned."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest
from yarl import URL

import reference
from reference.application import Application
from reference.exceptions import (
    STATUS_CLASSES,
    HTTPClientError,
    HTTPContentTooLarge,
    HTTPException,
    HTTPFound,
    HTTPMethodNotAllowed,
    HTTPMove,
    HTTPNotFound,
    HTTPRedirection,
    HTTPServerError,
    HTTPUnauthorized,
)
from reference.request import Request
from reference.response import PHRASES, Response, encode
from reference.tests.requests import make_request, respond
from reference.tests.test_response import INJECTIONS

REGISTERED = [status for status in HTTPStatus if status >= 300]
MOVES = [301, 302, 303, 305, 307, 308]


def make(status: int, **arguments: Any) -> HTTPException:
    kind: Any = STATUS_CLASSES[status]
    required = {405: ("PUT", ["GET"])} | dict.fromkeys(MOVES, ("/x",))
    exc: HTTPException = kind(*required.get(status, ()), **arguments)
    return exc


# --- the family ---------------------------------------------------------------------------------


def test_there_is_a_class_for_every_registered_status_and_no_other() -> None:
    assert sorted(STATUS_CLASSES) == sorted(REGISTERED)


@pytest.mark.parametrize("status", REGISTERED)
def test_each_class(status: HTTPStatus) -> None:
    kind = STATUS_CLASSES[status]
    bases = {3: HTTPRedirection, 4: HTTPClientError, 5: HTTPServerError}
    assert issubclass(kind, bases[status // 100])
    assert issubclass(kind, HTTPMove) is (status in MOVES)
    assert getattr(reference, kind.__name__) is kind
    assert kind.__name__ in reference.__all__
    exc = make(status)
    assert isinstance(exc, Response)
    assert isinstance(exc, Exception)
    assert (exc.status, exc.status_code, exc.reason) == (status, status, PHRASES[status])
    assert exc.text == str(exc) == f"{status.value}: {PHRASES[status]}"
    assert exc.content_type == "text/plain"


@pytest.mark.parametrize("status", REGISTERED)
@pytest.mark.parametrize("raised", [True, False])
async def test_each_class_raised_and_returned(status: int, raised: bool) -> None:
    exc = make(status)

    async def handler(request: Request) -> Response:
        if raised:
            raise exc
        return exc

    app = Application()
    app.router.add_get("/", handler)
    assert await respond(app, make_request(app)) is exc


def test_names_are_those_of_the_registry() -> None:
    def words(text: str) -> str:
        return "".join(letter for letter in text.lower() if letter.isalpha())

    other_names = {418: "imateapot", 505: "versionnotsupported"}
    for status, kind in STATUS_CLASSES.items():
        expected = other_names.get(status, words(PHRASES[status]))
        assert words(kind.__name__) == f"http{expected}"


def test_older_names() -> None:
    assert reference.HTTPRequestEntityTooLarge is STATUS_CLASSES[413]
    assert reference.HTTPUnprocessableEntity is STATUS_CLASSES[422]


@pytest.mark.parametrize("kind", [HTTPException, HTTPClientError, HTTPServerError, HTTPRedirection])
def test_class_without_a_status_cannot_be_raised(kind: type[HTTPException]) -> None:
    with pytest.raises(TypeError, match=f"{kind.__name__} has no status"):
        raise kind
    assert kind not in STATUS_CLASSES.values()


def test_arguments() -> None:
    exc = HTTPNotFound("<p>", "text/html", headers={"X-A": "1"}, phrase="Nope")
    assert (exc.text, str(exc), exc.content_type) == ("<p>", "<p>", "text/html")
    assert (exc.headers["x-a"], exc.reason) == ("1", "Nope")
    # `reason` is the text of the body: empty is not absent, and it may have lines.
    assert HTTPNotFound("").text == ""
    assert HTTPNotFound(reason="a\r\nb\0").text == "a\r\nb\0"


def test_subclass_of_an_application() -> None:
    class OutOfTea(HTTPClientError):
        status_code = 499

    assert OutOfTea().text == "499: Unknown"
    assert OutOfTea("tea").status == 499
    assert 499 not in STATUS_CLASSES


@pytest.mark.parametrize("text", INJECTIONS)
def test_nothing_can_be_injected(text: str) -> None:
    with pytest.raises(ValueError, match="invalid reason"):
        HTTPNotFound(phrase=text)
    with pytest.raises(ValueError, match="invalid value"):
        HTTPUnauthorized(headers={"WWW-Authenticate": text})
    with pytest.raises(ValueError, match="invalid value"):
        HTTPMethodNotAllowed("GET", [text])


# --- those with fields of their own -------------------------------------------------------------


@pytest.mark.parametrize(
    ("methods", "allow"),
    [([], ""), (["GET"], "GET"), (["PUT", "GET", "PUT"], "GET, PUT"), ({"A", "B"}, "A, B")],
)
def test_method_not_allowed(methods: Any, allow: str) -> None:
    exc = HTTPMethodNotAllowed("PATCH", methods, headers={"allow": "mine"})
    assert exc.method == "PATCH"
    assert exc.allowed_methods == set(methods)
    # RFC 9110 §15.5.6: "The origin server MUST generate an Allow header field in a 405".
    assert exc.headers.getall("Allow") == [allow]


def test_content_too_large() -> None:
    assert HTTPContentTooLarge().text == "413: Content Too Large"
    assert HTTPContentTooLarge(5).text == "the body is larger than 5 bytes"
    assert HTTPContentTooLarge(5, "too big").text == "too big"


def test_not_modified_is_sent_without_its_text() -> None:
    exc = STATUS_CLASSES[304]()
    message = encode(exc, exc.text.encode(), 1, False, False)
    assert message.startswith(b"HTTP/1.1 304 Not Modified\r\nDate: ")
    assert message.endswith(b"\r\nServer: trueline\r\n\r\n")


# --- redirects ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("location", "sent"),
    [
        ("/", "/"),
        ("x/../y?a=b&c#d", "x/../y?a=b&c#d"),
        ("//h/x", "//h/x"),
        ("?a", "?a"),
        ("https://u:p@h:1/;x?y", "https://u:p@h:1/;x?y"),
        ("http://[::1]/", "http://[::1]/"),
        ("/a b", "/a%20b"),
        (" /a ", "%20/a%20"),
        ("/ü€😀", "/%C3%BC%E2%82%AC%F0%9F%98%80"),
        ("/\x85\xa0\u2028", "/%C2%85%C2%A0%E2%80%A8"),
        # What is encoded already is not encoded again.
        ("/a%20b%2Fc%", "/a%20b%2Fc%"),
        ('/<">\\^`{|}', "/%3C%22%3E%5C%5E%60%7B%7C%7D"),
        (":/?#[]@!$&'()*+,;=-._~", ":/?#[]@!$&'()*+,;=-._~"),
        (URL("/ä b?c=ü"), "/%C3%A4%20b?c=%C3%BC"),
        (URL("http://bücher.example/"), "http://xn--bcher-kva.example/"),
    ],
)
@pytest.mark.parametrize("status", MOVES)
def test_location(status: int, location: str | URL, sent: str) -> None:
    kind: Any = STATUS_CLASSES[status]
    exc = kind(location, "gone there", headers={"location": "mine"})
    assert exc.location == sent
    assert exc.headers.getall("Location") == [sent]
    assert exc.text == "gone there"
    assert f"\r\nLocation: {sent}\r\n".encode() in encode(exc, b"", 1, False, False)


@pytest.mark.parametrize(
    "location",
    ["", URL(""), "/\r\nSet-Cookie: a=b", "/\n", "\r", "/\0", "/\t", "/\x1f", "/\x7f", "/\ud800"],
)
def test_location_that_is_none(location: str | URL) -> None:
    with pytest.raises(ValueError, match=r"invalid location|surrogates not allowed"):
        HTTPFound(location)


@pytest.mark.parametrize("location", [None, b"/x", 1, ["/"]])
def test_location_of_another_kind(location: Any) -> None:
    with pytest.raises(TypeError, match="a location is text or URL"):
        HTTPFound(location)


def test_redirect_needs_a_location() -> None:
    with pytest.raises(TypeError, match="location"):
        HTTPFound()  # type: ignore[call-arg]
