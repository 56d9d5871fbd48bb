"""Every rule: octets that break it and no other, and some beside them that break none."""

from __future__ import annotations

import pytest

from fuzz.reading import End
from fuzz.rules import RULES, Meaning, Verdict, read, refused_at

HOST = b"Host: a.example\r\n"
NEXT = b"GET /next HTTP/1.1\r\n" + HOST + b"\r\n"


def get(line: bytes = b"GET / HTTP/1.1", *fields: bytes, host: bytes = HOST) -> bytes:
    return line + b"\r\n" + host + b"".join(field + b"\r\n" for field in fields) + b"\r\n"


def field(line: bytes) -> bytes:
    return get(b"GET / HTTP/1.1", line)


def post(*fields: bytes, body: bytes = b"", line: bytes = b"POST / HTTP/1.1") -> bytes:
    return get(line, *fields) + body


def chunked(body: bytes) -> bytes:
    return post(b"Transfer-Encoding: chunked", body=body)


EXAMPLES: dict[str, tuple[bytes, bytes]] = {
    "line-ends-in-lf": (b"GET / HTTP/1.1\n" + HOST + b"\r\n", get()),
    "empty-line-in-front": (b"\r\n" + get(), get()),
    "white-space-in-request-line": (get(b"GET  / HTTP/1.1"), get(b"GET /%20 HTTP/1.1")),
    "space-in-target": (get(b"GET /a b HTTP/1.1"), get(b"GET /a+b HTTP/1.1")),
    "no-version": (b"GET /\r\n\r\n", get(b"GET / HTTP/1.0")),
    "method-no-token": (get(b"G(T / HTTP/1.1"), get(b"G!T / HTTP/1.1")),
    "malformed-version": (get(b"GET / HTTP/1.10"), get(b"GET / HTTP/1.9")),
    "version-in-lower-case": (get(b"GET / http/1.1"), get(b"get / HTTP/1.1")),
    "other-major-version": (get(b"GET / HTTP/2.0"), get(b"GET / HTTP/1.2")),
    "control-in-target": (get(b"GET /\x01 HTTP/1.1"), get(b"GET /%01 HTTP/1.1")),
    "octet-beyond-ascii-in-target": (get(b"GET /\xe9 HTTP/1.1"), get(b"GET /%E9 HTTP/1.1")),
    "character-in-target": (get(b"GET /{} HTTP/1.1"), get(b"GET /() HTTP/1.1")),
    "malformed-percent-in-target": (get(b"GET /%2 HTTP/1.1"), get(b"GET /%2f HTTP/1.1")),
    "fragment-in-target": (get(b"GET /#a HTTP/1.1"), get(b"GET /?a/?@: HTTP/1.1")),
    "target-in-no-form": (get(b"GET a/b HTTP/1.1"), get(b"GET http://a.example HTTP/1.1")),
    "asterisk-without-options": (get(b"GET * HTTP/1.1"), get(b"OPTIONS * HTTP/1.1")),
    "connect-without-authority": (get(b"CONNECT /a HTTP/1.1"), get(b"CONNECT a:80 HTTP/1.1")),
    "connect-to-no-port": (get(b"CONNECT a: HTTP/1.1"), get(b"CONNECT [::1]:80 HTTP/1.1")),
    "other-scheme": (get(b"GET ftp://a/b HTTP/1.1"), get(b"GET HTTPS://a/b HTTP/1.1")),
    "target-without-host": (get(b"GET http:///a HTTP/1.1"), get(b"GET http://b/a HTTP/1.1")),
    "userinfo-in-target": (get(b"GET http://a@b/ HTTP/1.1"), get(b"GET http://b/@ HTTP/1.1")),
    "white-space-before-fields": (
        b"GET / HTTP/1.1\r\n X: a\r\n" + HOST + b"\r\n",
        b"GET / HTTP/1.1\r\nX: a\r\n" + HOST + b"\r\n",
    ),
    "folded-line": (field(b"X: a\r\n b"), field(b"X: a b")),
    "space-before-colon": (field(b"X : a"), field(b"X:  a")),
    "space-before-colon-of-trailer": (
        chunked(b"0\r\nX : a\r\n\r\n"),
        chunked(b"0\r\nX:a \r\n\r\n"),
    ),
    "line-without-colon": (field(b"nonsense"), field(b"nonsense:")),
    "name-no-token": (field(b"X(a): b"), field(b"X!a: (b)")),
    "nul-in-value": (field(b"X: a\0b"), field(b"X: a\x80b")),
    "bare-cr-in-value": (field(b"X: a\rb"), field(b"X: a\tb")),
    "control-in-value": (field(b"X: a\x7fb"), field(b"X: a~b")),
    "no-host": (get(host=b""), get(b"GET / HTTP/1.0", host=b"")),
    "two-hosts": (field(b"host: a.example"), field(b"X-Host: a.example")),
    "malformed-host": (get(host=b"Host: a b\r\n"), get(host=b"Host: a,b:080 \r\n")),
    "malformed-host-beside-absolute-form": (
        get(b"GET http://a/ HTTP/1.1", host=b"Host: a/b\r\n"),
        get(b"GET http://a/ HTTP/1.1", host=b"Host: b\r\n"),
    ),
    "empty-host": (get(host=b"Host:\r\n"), get(host=b"Host: _\r\n")),
    "port-beyond-range": (get(host=b"Host: a:65536\r\n"), get(host=b"Host: a:65535\r\n")),
    "malformed-connection": (field(b"Connection: a b"), field(b"Connection: a,, b")),
    "malformed-length": (
        post(b"Content-Length: +5", body=b"hello"),
        post(b"Content-Length: 05", body=b"hello"),
    ),
    "lengths-that-differ": (
        post(b"Content-Length: 5, 6", body=b"hello"),
        post(b"Content-Length: 5", b"Content_Length: 6", body=b"hello"),
    ),
    "length-repeated": (
        post(b"Content-Length: 5", b"Content-Length: 5", body=b"hello"),
        post(b"Content-Length: 5\t", body=b"hello"),
    ),
    "http-1.0-post-without-length": (
        post(line=b"POST / HTTP/1.0"),
        post(b"Content-Length: 0", line=b"POST / HTTP/1.0"),
    ),
    "length-and-coding": (
        post(b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        post(b"Content-Length-: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    ),
    "coding-in-http-1.0": (
        post(b"Transfer-Encoding: chunked", body=b"0\r\n\r\n", line=b"PUT / HTTP/1.0"),
        post(b"Transfer-Encoding: chunked", body=b"0\r\n\r\n", line=b"PUT / HTTP/1.1"),
    ),
    "chunked-not-last": (
        post(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
        post(b"Transfer-Encoding: CHUNKED", body=b"0\r\n\r\n"),
    ),
    "chunked-twice": (
        post(b"Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n"),
        post(b"Transfer-Encoding:\tchunked \t", body=b"0\r\n\r\n"),
    ),
    "other-coding-before-chunked": (
        post(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
        post(b"Content-Encoding: gzip", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    ),
    "chunked-with-parameter": (
        post(b'Transfer-Encoding: chunked;a="b, c"', body=b"0\r\n\r\n"),
        post(b'TE: chunked;a="b, c"', b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    ),
    "empty-member-among-codings": (
        post(b"Transfer-Encoding: , chunked", body=b"0\r\n\r\n"),
        post(b"Transfer-Encoding:   chunked", body=b"0\r\n\r\n"),
    ),
    "malformed-coding": (
        post(b"Transfer-Encoding: a b, chunked", body=b"0\r\n\r\n"),
        post(b"X-Transfer-Encoding: a b", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    ),
    "chunk-size-not-hexadecimal": (
        chunked(b"0x1\r\na\r\n0\r\n\r\n"),
        chunked(b"01\r\na\r\n0\r\n\r\n"),
    ),
    "white-space-around-chunk-size": (
        chunked(b"1 \r\na\r\n0\r\n\r\n"),
        chunked(b"1 ; a\r\na\r\n0\r\n\r\n"),
    ),
    "chunk-size-ends-in-lf": (chunked(b"1;a\na\r\n0\r\n\r\n"), chunked(b"1;a\r\na\r\n0\r\n\r\n")),
    "bare-cr-in-chunk-line": (
        chunked(b"1;\ra\r\na\r\n0\r\n\r\n"),
        chunked(b"1;\ta\r\na\r\n0\r\n\r\n"),
    ),
    "malformed-chunk-extension": (
        chunked(b"1;\r\na\r\n0\r\n\r\n"),
        chunked(b'1;a = "\\";\t\xff" ;b\r\na\r\n0\r\n\r\n'),
    ),
    "chunk-data-without-crlf": (chunked(b"1\r\na\n0\r\n\r\n"), chunked(b"1\r\n\n\r\n0\r\n\r\n")),
}


def test_every_rule_has_an_example() -> None:
    assert set(EXAMPLES) == set(RULES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_octets_that_break_one_rule_and_a_near_miss(name: str) -> None:
    breaks, valid = EXAMPLES[name]

    ruled = read(NEXT + breaks + NEXT)
    assert [rule.id for rule in ruled.broken] == [name]
    rule = RULES[name]
    assert ruled.reading.end is End.REFUSED
    assert (ruled.reading.reason, ruled.reading.status) == (name, rule.status)
    assert ruled.reading.requests[0].target == b"/next"
    assert ruled.owed == 1
    assert (refused_at(ruled) is not None) == (rule.verdict is Verdict.MUST_REFUSE)
    assert ruled.in_doubt == (rule.verdict is not Verdict.MUST_REFUSE or not rule.closes)
    if rule.meaning is Meaning.DEFINED and not ruled.in_body:
        assert ruled.taken is not None
    if rule.closes or name == "http-1.0-post-without-length":
        assert ruled.behind == b""
    elif rule.meaning is Meaning.OPEN or ruled.in_body:
        assert ruled.behind is None
    else:
        assert ruled.behind == NEXT

    ruled = read(NEXT + valid + NEXT)
    assert not ruled.broken
    assert len(ruled.reading.requests) in (2, 3)
    assert ruled.reading.end in (End.BETWEEN, End.LAST)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_says_where_it_stands(rule: object) -> None:
    source = rule.source  # type: ignore[attr-defined]
    assert source.name.startswith("RFC ")
    assert source.section
    assert source.quote
