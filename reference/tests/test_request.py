"""What a handler sees of a request's head: target, query, host, cookies, media type.

The body is in test_request_body.py.
"""

from __future__ import annotations

from typing import Any

import pytest
from yarl import URL

from reference.application import Application
from reference.request import Request
from reference.response import Response
from reference.tests.requests import FakePeer, answer, make_request


def asked(target: str, method: str = "GET") -> Request:
    return make_request(None, method, target)


# --- target -------------------------------------------------------------------------------------

TARGETS = [
    # target, raw path, path, query string
    ("/", "/", "/", ""),
    ("/a%20b%2Fc", "/a%20b%2Fc", "/a b/c", ""),
    ("/a+b", "/a+b", "/a+b", ""),
    ("/%252F", "/%252F", "/%2F", ""),
    ("/%C3%BC", "/%C3%BC", "/ü", ""),
    ("/%C3%BC/%ff%zz%", "/%C3%BC/%ff%zz%", "/ü/%ff%zz%", ""),
    ("/a/../b/./c;x=1", "/a/../b/./c;x=1", "/a/../b/./c;x=1", ""),
    ("//evil.example/x", "//evil.example/x", "//evil.example/x", ""),
    ("/?", "/", "/", ""),
    ("/a?b?c", "/a", "/a", "b?c"),
    ("/a?http://x/", "/a", "/a", "http://x/"),
    ("*", "*", "*", ""),
    ("http://o/a%20b?c", "/a%20b", "/a b", "c"),
    ("http://o", "/", "/", ""),
    ("http://o/", "/", "/", ""),
    ("HTTPS://o:1?a=/b", "/", "/", "a=/b"),
    ("http://o//x", "//x", "//x", ""),
]


@pytest.mark.parametrize(("target", "raw_path", "path", "query_string"), TARGETS)
def test_target(target: str, raw_path: str, path: str, query_string: str) -> None:
    request = asked(target)
    assert request.target == target
    assert (request.raw_path, request.path, request.query_string) == (raw_path, path, query_string)


@pytest.mark.parametrize(
    ("target", "host", "absolute_url"),
    [
        ("/a%20b?c=%2B", "h:81", "http://h:81/a%20b?c=%2B"),
        ("//evil.example/x", "h:81", "http://h:81//evil.example/x"),
        ("/a/../b", "h:81", "http://h:81/a/../b"),
        # RFC 9112 §3.2.4: the asterisk-form stands for a URI without path.
        ("*", "h:81", "http://h:81"),
        # RFC 9112 §3.2.2: the absolute form overrides the Host field, and its scheme ours.
        ("https://o:82/a?b", "o:82", "https://o:82/a?b"),
        ("http://o", "o", "http://o"),
        ("http://o?a=/b", "o", "http://o/?a=/b"),
    ],
)
def test_host_and_absolute_url(target: str, host: str, absolute_url: str) -> None:
    request = make_request(None, "GET", target, [("Host", "h:81")])
    assert request.host == host
    assert str(request.absolute_url) == absolute_url


def test_absolute_url_has_the_scheme_of_the_connection() -> None:
    request = make_request(None, "GET", "/x", peer=FakePeer(scheme="https"))
    assert request.scheme == "https"
    assert str(request.absolute_url) == "https://h/x"


def test_host_of_an_old_client_that_names_none() -> None:
    request = make_request(minor=0)
    assert request.host == ""
    assert request.absolute_url.host is None


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("/", "/"),
        ("/a%20b?c=%2B&d", "/a%20b?c=%2B&d"),
        ("/a/../%62", "/a/../%62"),
        ("*", "*"),
        ("http://o:82/a/../b?c", "http://o:82/a/../b?c"),
    ],
)
def test_url_is_the_target_as_it_was_sent(target: str, url: str) -> None:
    assert str(asked(target).url) == url


def test_url_of_a_path_with_two_slashes_names_no_host() -> None:
    url = asked("//evil.example/x").url
    assert url.host is None
    assert url.path == "//evil.example/x"
    assert URL(str(url)).host is None


@pytest.mark.parametrize(
    ("target", "host", "name"),
    [
        ("http://o:99999/", "h", "url"),
        ("http://o:99999/", "h", "absolute_url"),
        ("http://[1.2.3]/", "h", "url"),
        ("/", "h:99999", "absolute_url"),
    ],
)
async def test_impossible_host_is_a_400(target: str, host: str, name: str) -> None:
    async def handler(request: Request) -> Response:
        return Response(str(getattr(request, name)))

    app = Application()
    app.router.add_get("/", handler)
    assert (await answer(app, "GET", target, [("Host", host)]))[0] == 400


# --- query --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query_string", "pairs"),
    [
        ("", []),
        ("a=1&b=2&a=3", [("a", "1"), ("b", "2"), ("a", "3")]),
        ("a=&b&=c&&", [("a", ""), ("b", ""), ("", "c")]),
        ("a=b=c", [("a", "b=c")]),
        ("a+b=c+d", [("a b", "c d")]),
        ("a%2Bb=%26%3D%23", [("a+b", "&=#")]),
        ("a=1;b=2", [("a", "1;b=2")]),
        ("%C3%BC=%E2%82%AC", [("ü", "€")]),
        ("a=%FF%zz%", [("a", "\ufffd%zz%")]),
        ("a?b=c?d", [("a?b", "c?d")]),
        ("a=%00%0d%0a", [("a", "\0\r\n")]),
    ],
)
def test_query(query_string: str, pairs: list[tuple[str, str]]) -> None:
    assert list(asked(f"/?{query_string}").query.items()) == pairs
    assert list(asked(f"http://o?{query_string}").query.items()) == pairs


def test_query_is_parsed_once_and_read_only() -> None:
    request = asked("/?a=1")
    assert request.query is request.query
    with pytest.raises(TypeError):
        request.query["a"] = "2"  # type: ignore[index]


def test_thousands_of_query_parameters() -> None:
    query = asked("/?" + "&".join(f"k{number}={number}" for number in range(10_000))).query
    assert len(query) == 10_000
    assert query["k9999"] == "9999"


# --- what came with it --------------------------------------------------------------------------


def test_method_version_and_remote() -> None:
    request = make_request(None, "PURGE", peer=FakePeer(remote=None))
    assert (request.method, request.version, request.remote) == ("PURGE", "1.1", None)
    assert make_request(minor=0).version == "1.0"
    assert make_request().remote == "192.0.2.7"
    assert make_request().scheme == "http"


def test_headers_are_case_insensitive_and_keep_duplicates_in_order() -> None:
    headers = make_request(headers=[("X-A", "1"), ("x-b", "\xe9"), ("x-a", "2")]).headers
    assert headers.getall("X-a") == ["1", "2"]
    assert headers["X-B"] == "é"
    assert [name for name, _ in headers.items()] == ["Host", "X-A", "x-b", "x-a"]


@pytest.mark.parametrize(
    ("minor", "connection", "keep_alive"),
    [
        (1, None, True),
        (1, "close", False),
        (1, "keep-alive, Close", False),
        (0, None, False),
        (0, "Keep-Alive", True),
        (0, "keep-alive, close", False),
    ],
)
def test_keep_alive(minor: int, connection: str | None, keep_alive: bool) -> None:
    headers = [] if connection is None else [("Connection", connection)]
    assert make_request(headers=headers, minor=minor).keep_alive is keep_alive


@pytest.mark.parametrize(
    ("minor", "headers", "expects"),
    [
        (1, [("Expect", "100-continue"), ("Content-Length", "1")], True),
        (1, [("Expect", "100-Continue"), ("Transfer-Encoding", "chunked")], True),
        (1, [("Content-Length", "1")], False),
        # RFC 9110 §10.1.1: not without content, and not from HTTP/1.0.
        (1, [("Expect", "100-continue")], False),
        (0, [("Expect", "100-continue"), ("Content-Length", "1")], False),
    ],
)
def test_expects_continue(minor: int, headers: list[tuple[str, str]], expects: bool) -> None:
    assert make_request(headers=headers, minor=minor).expects_continue is expects


@pytest.mark.parametrize(
    ("body", "length", "can_read"), [(b"", 0, False), (b"abc", 3, True), ([b"abc"], None, True)]
)
def test_content_length(body: Any, length: int | None, can_read: bool) -> None:
    request = make_request(body=body)
    assert (request.content_length, request.can_read_body) == (length, can_read)


def test_cookies_of_all_fields_the_first_of_a_name_wins() -> None:
    request = make_request(headers=[("Cookie", 'a=1; b="2"; odd'), ("cookie", "a=3; c=é")])
    assert request.cookies == {"a": "1", "b": "2", "c": "é"}
    assert make_request().cookies == {}


OCTETS = "application/octet-stream"


@pytest.mark.parametrize(
    ("value", "content_type", "charset"),
    [
        (None, OCTETS, None),
        ("text/html", "text/html", None),
        ("Text/HTML; Charset=UTF-8", "text/html", "UTF-8"),
        ("text/html;charset=utf-8", "text/html", "utf-8"),
        ("text/html \t; \tcharset = utf-8", "text/html", "utf-8"),
        ('text/html; charset="utf-8"', "text/html", "utf-8"),
        (r'text/html; charset="u\tf-8"', "text/html", "utf-8"),
        ('text/html; x="; charset=no"; charset=yes', "text/html", "yes"),
        (r'text/html; x="\"; charset=no"; charset=yes', "text/html", "yes"),
        ("text/html; charset=first; charset=second", "text/html", "first"),
        ("text/html; charset=", "text/html", None),
        ('text/html; charset=""', "text/html", ""),
        ("text/html; charset", "text/html", None),
        ("text/html; xcharset=a", "text/html", None),
        ("text/html; charset*=utf-8'en'x", "text/html", "utf-8'en'x"),
        ("text/html; charset*0=utf-8", "text/html", None),
        ("text/html; a*" + "9" * 5000 + "=x", "text/html", None),
        ("application/vnd.a+json", "application/vnd.a+json", None),
        ("", OCTETS, None),
        ("html", OCTETS, None),
        ("text/", OCTETS, None),
        ("text/html/x", OCTETS, None),
        ("text/html, text/plain", OCTETS, None),
        ("text html", OCTETS, None),
        ("téxt/html", OCTETS, None),
        (";charset=utf-8", OCTETS, "utf-8"),
    ],
)
def test_content_type(value: str | None, content_type: str, charset: str | None) -> None:
    request = make_request(headers=[] if value is None else [("Content-Type", value)])
    assert (request.content_type, request.charset) == (content_type, charset)


# --- what belongs to the application ------------------------------------------------------------


def test_state_by_key() -> None:
    request = make_request()
    assert "user" not in request
    assert request.get("user") is None
    assert request.get("user", 1) == 1
    with pytest.raises(KeyError, match="user"):
        request["user"]
    request["user"] = 2
    request["other"] = 3
    assert (request["user"], request.get("user"), "user" in request) == (2, 2, True)
    assert (request.get("no", 4), "no" in request) == (4, False)
    with pytest.raises(KeyError):
        request["no"]
    assert "user" not in make_request()


def test_attributes_may_be_set() -> None:
    request: Any = make_request()
    request.user = 1
    assert request.user == 1
    assert not hasattr(make_request(), "user")


def test_repr() -> None:
    assert repr(asked("/a?b=%20", "PUT")) == "<Request PUT /a?b=%20>"


def test_params_are_empty_and_read_only_before_routing() -> None:
    params: Any = make_request().match_info
    assert params == {}
    with pytest.raises(TypeError):
        params["a"] = "1"
