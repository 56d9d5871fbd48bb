"""Request heads, with no connection: every rule, and every fault that leaves it out."""

from __future__ import annotations

import pytest

from conformance.miniature.wire import LINE_LIMIT_BYTES, Head, HeadParser, Refusal

NO_FAULTS: frozenset[str] = frozenset()


def parse(data: bytes, *, size: int | None = None, fault: str | None = None) -> list[Head]:
    """The heads in `data`, which comes in segments of `size` bytes."""
    buffer = bytearray()
    parser = HeadParser(buffer, NO_FAULTS if fault is None else frozenset({fault}))
    heads = []
    for start in range(0, len(data), size or len(data)):
        buffer += data[start : start + (size or len(data))]
        while (head := parser.parse()) is not None:
            heads.append(head)
    return heads


@pytest.mark.parametrize("size", [None, 1, 7])
def test_heads_whatever_the_segments(size: int | None) -> None:
    first, second = parse(
        b"\r\nGET /a?b=c HTTP/1.1\r\nHost: x\r\nX-A:1\r\nX-A: \t 2 \t\r\n\r\n"
        b"OPTIONS * HTTP/1.0\r\n\r\n",
        size=size,
    )
    assert (first.method, first.target, first.version) == ("GET", "/a?b=c", (1, 1))
    assert first.fields == (("Host", "x"), ("X-A", "1"), ("X-A", "2"))
    assert (second.method, second.target, second.version) == ("OPTIONS", "*", (1, 0))


@pytest.mark.parametrize(
    ("target", "origin_form"),
    [
        ("http://x/a?b", "/a?b"),
        ("HTTP://x", "/"),
        ("https://x?b", "/?b"),
        ("//x/a", "//x/a"),
    ],
)
def test_absolute_form(target: str, origin_form: str) -> None:
    [head] = parse(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert head.target == origin_form


def request(line: bytes = b"GET / HTTP/1.1", *fields: bytes, host: bytes = b"Host: x") -> bytes:
    lines = [line, *([host] if host else []), *fields]
    return b"".join(one + b"\r\n" for one in lines) + b"\r\n"


REFUSED = [
    (request(b"GET /"), 400, None),
    (request(b"GET  / HTTP/1.1"), 400, "accepts-loose-request-line"),
    (request(b"GET /a b HTTP/1.1"), 400, "accepts-space-in-target"),
    (request(b"G@T / HTTP/1.1"), 400, "accepts-bad-method"),
    (request(b"GET /\x01 HTTP/1.1"), 400, "accepts-bad-target"),
    (request(b"GET /\xff HTTP/1.1"), 400, "accepts-bad-target"),
    (request(b"GET /#a HTTP/1.1"), 400, None),
    (request(b"GET a HTTP/1.1"), 400, None),
    (request(b"GET * HTTP/1.1"), 400, None),
    (request(b"GET http:///a HTTP/1.1"), 400, None),
    (request(b"CONNECT x:80 HTTP/1.1"), 501, None),
    (request(b"GET / http/1.1"), 400, "accepts-bad-version"),
    (request(b"GET / HTTP/2.0"), 505, "accepts-any-version"),
    (request(b"GET / HTTP/1.1\n"), 400, None),
    (request().replace(b"\r\n", b"\n"), 400, "accepts-bare-lf"),
    (request(b"GET / HTTP/1.1", b"a: b\rc"), 400, "accepts-bare-cr"),
    (request(b"GET / HTTP/1.1", b"a: b\0c"), 400, "accepts-nul"),
    (request(b"GET / HTTP/1.1", b"a: b\x01c"), 400, None),
    (request(b"GET / HTTP/1.1", b"a : b"), 400, "accepts-space-before-colon"),
    (request(b"GET / HTTP/1.1", b"a(b: c"), 400, "accepts-bad-field-name"),
    (request(b"GET / HTTP/1.1", b": c"), 400, "accepts-bad-field-name"),
    (request(b"GET / HTTP/1.1", b"abc"), 400, "accepts-field-without-colon"),
    (request(b"GET / HTTP/1.1", b" a: b"), 400, "fold-is-a-field"),
    (request(b"GET / HTTP/1.1", host=b" Host: x"), 400, "accepts-space-before-first-field"),
    (request(host=b""), 400, "accepts-missing-host"),
    (request(b"GET / HTTP/1.1", b"host: x"), 400, "accepts-duplicate-host"),
    (request(host=b"Host: x/y"), 400, "accepts-bad-host"),
    (request(b"GET / HTTP/1.1", b"Host: x"), 400, "accepts-repeated-host"),
    (request(b"GET http://x/ HTTP/1.1", host=b""), 400, "absolute-form-needs-no-host"),
    (request(b"GET /"), 400, "serves-http09"),
    (request(b"GET / HTTP/1.10"), 400, "reads-version-loosely"),
    (request(b"G\0ET / HTTP/1.1"), 400, "drops-nul"),
    (request(b"GET / HTTP/1.1", b"a: b\rc: d"), 400, "cr-ends-lines"),
    (request(b"GET / HTTP/1.1", b"a: b\nc"), 400, "keeps-lf-in-lines"),
    (request(b"GET / HTTP/1.1", b"a: b", b" "), 400, "blank-fold-ends-head"),
    (request(b"GET / HTTP/1.1", b"abc"), 400, "drops-bad-fields"),
    (request(b"GET / HTTP/1.1", b"a\x0b: b"), 400, "strips-names"),
    (request(b"GET /" + b"a" * LINE_LIMIT_BYTES + b" HTTP/1.1"), 414, None),
    (request(b"GET / HTTP/1.1", b"a: " + b"b" * LINE_LIMIT_BYTES), 431, None),
    (request(b"GET / HTTP/1.1", *[b"a: " + b"b" * 4000] * 20), 431, None),
]


@pytest.mark.parametrize("size", [None, 1])
@pytest.mark.parametrize(("data", "status", "fault"), REFUSED)
def test_refused(data: bytes, status: int, fault: str | None, size: int | None) -> None:
    with pytest.raises(Refusal) as caught:
        parse(data, size=size)
    assert caught.value.status == status


@pytest.mark.parametrize(("data", "fault"), [(data, fault) for data, _, fault in REFUSED if fault])
def test_taken_with_the_fault(data: bytes, fault: str) -> None:
    assert len(parse(data, fault=fault)) == 1


def test_line_without_end_is_refused_before_it_ends() -> None:
    with pytest.raises(Refusal):
        parse(b"GET /" + b"a" * LINE_LIMIT_BYTES)


def test_http10_needs_no_host() -> None:
    [head] = parse(b"GET / HTTP/1.0\r\n\r\n")
    assert head.fields == ()


def test_list_members_over_all_lines() -> None:
    [head] = parse(request(b"GET / HTTP/1.1", b"A: One,, two ,", b"a: THREE"))
    assert head.members("A") == ["one", "two", "three"]
