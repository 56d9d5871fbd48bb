"""The target `parser`: the reference is clean, and a broken parser is found in every way."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from types import ModuleType
from typing import Any

import pytest

import reference.parser
from fuzz.choices import Chance
from fuzz.opinions.probing import inputs
from fuzz.opinions.quirks import Quirks, declared_quirks
from fuzz.target import Seen, Violation, Wanted
from fuzz.targets.parser import ParserTarget, open_target
from reference.errors import ProtocolError
from reference.limits import Limits

HOST = b"Host: a\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
PUT = b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\n\r\nok"
CHUNKED = b"PUT / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"


def check(data: bytes, *, thorough: bool = False) -> Seen:
    return open_target(Wanted("parser")).check(data, thorough=thorough)


def broken(change: Callable[[Any], type]) -> ParserTarget:
    """The target of a parser that `change` makes of the reference's."""
    module = ModuleType("broken_parser")
    vars(module).update(vars(reference.parser))
    vars(module)["RequestParser"] = change(reference.parser.RequestParser)
    return ParserTarget(module, declared_quirks())


def refused_by(target: ParserTarget, data: bytes, *, thorough: bool = False) -> Violation:
    with pytest.raises(Violation) as caught:
        target.check(data, thorough=thorough)
    return caught.value


def test_what_is_seen_of_a_valid_stream() -> None:
    seen = check(GET + PUT, thorough=True)
    assert (seen.accepted, seen.units, seen.declared) == (True, 2, ())
    assert seen.signature == "2 sized | between requests | "


def test_what_is_seen_of_a_refusal() -> None:
    seen = check(b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", thorough=True)
    assert (seen.accepted, seen.units) == (False, 0)
    assert seen.signature == "0  | refused 400: invalid Host field | "
    assert seen.declared == ("h11/host",)


def test_signatures_do_not_depend_on_names_and_sizes() -> None:
    other = b"POST /x HTTP/1.1\r\nHost: b\r\nX: y\r\nContent-Length: 3\r\n\r\nyes"
    assert check(PUT).signature == check(other).signature
    assert check(PUT).signature != check(PUT[:-1]).signature


def test_a_limit_is_declared() -> None:
    data = b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n"
    assert set(check(data).declared) == {"reference/long-request-line", "h11/request-line"}


def test_without_entries_every_disagreement_is_a_finding() -> None:
    target = ParserTarget(reference.parser, Quirks(()))
    violation = refused_by(target, b"\r\n" + GET)
    assert violation.kind == "accepted by one"
    assert violation.left == "reference: accepted, no body"
    assert violation.right == "rules: refused 400: empty-line-in-front"
    assert str(violation.source) == "RFC 9112 §2.2"
    violation = refused_by(target, GET.replace(b"\r\n", b"\n"))
    assert violation.right == "h11: accepted, no body"


def _escapes(base: Any) -> type:
    class Parser(base):  # type: ignore[misc]
        def feed(self, data: bytes) -> None:
            if b"PUT" in data:
                raise KeyError(data)
            super().feed(data)

    return Parser


def _another_status(base: Any) -> type:
    class Parser(base):  # type: ignore[misc]
        def feed(self, data: bytes) -> None:
            try:
                super().feed(data)
            except ProtocolError as error:
                raise ProtocolError(418, error.reason) from error

    return Parser


def _depends_on_segments(base: Any) -> type:
    class Parser(base):  # type: ignore[misc]
        def feed(self, data: bytes) -> None:
            super().feed(data if data != b"ok" else b"OK")

    return Parser


def _depends_on_pauses(base: Any) -> type:
    class Parser(base):  # type: ignore[misc]
        def resume(self) -> None:
            super().resume()
            if not self.is_between_requests:
                self._remaining -= 1

    return Parser


def _reads_behind_refusals(base: Any) -> type:
    class Parser(base):  # type: ignore[misc]
        def stop(self) -> None:
            super().stop()
            base.__init__(self, self._sink, self._limits)

    return Parser


def _without_limits(base: Any) -> type:
    class Parser(base):  # type: ignore[misc]
        def __init__(self, sink: Any, limits: Limits) -> None:
            super().__init__(sink, Limits(field_count=500, fields_bytes=10**6))

    return Parser


def _holds_too_much(base: Any) -> type:
    class Parser(base):  # type: ignore[misc]
        def _judge_incomplete_head(self) -> None:
            self._scanned = len(self._held)

    return Parser


def _empty_parts(base: Any) -> type:
    class Parser(base):  # type: ignore[misc]
        def feed(self, data: bytes) -> None:
            super().feed(data)
            if b"PUT" in data:
                self._sink.on_body(b"")

    return Parser


def _drops_a_beginning(base: Any) -> type:
    class Parser(base):  # type: ignore[misc]
        def feed(self, data: bytes) -> None:
            super().feed(data)
            self._held.clear()

    return Parser


def _stays_paused(base: Any) -> type:
    class Parser(base):  # type: ignore[misc]
        @property
        def is_paused(self) -> bool:
            return True

    return Parser


class _Changing:
    """A sink between a parser and its own, which changes what is told."""

    def __init__(self, sink: Any, change: Callable[..., tuple[Any, ...]]) -> None:
        self._sink = sink
        self._change = change
        self.on_body, self.on_body_end = sink.on_body, sink.on_body_end

    def on_request(self, *told: Any) -> None:
        self._sink.on_request(*self._change(*told))


def _changing(change: Callable[..., tuple[Any, ...]]) -> Callable[[Any], type]:
    def of(base: Any) -> type:
        class Parser(base):  # type: ignore[misc]
            def __init__(self, sink: Any, limits: Limits) -> None:
                super().__init__(_Changing(sink, change), limits)

        return Parser

    return of


def _lenient(base: Any) -> type:
    class Parser(base):  # type: ignore[misc]
        def feed(self, data: bytes) -> None:
            super().feed(data.replace(b" : ", b": "))

    return Parser


def _strict(base: Any) -> type:
    class Parser(base):  # type: ignore[misc]
        def feed(self, data: bytes) -> None:
            if b"PUT" in data:
                self.stop()
                raise ProtocolError(400, "no PUT")
            super().feed(data)

    return Parser


BROKEN: dict[str, tuple[Callable[[Any], type], bytes, tuple[str, str, str]]] = {
    "another exception": (_escapes, PUT, ("escaped", "KeyError", "")),
    "a status of its own": (
        _another_status, GET[4:], ("undocumented status", "418", ""),
    ),
    "segments": (
        _depends_on_segments, PUT, ("segmentation", "between requests", "between requests"),
    ),
    "pauses": (
        _depends_on_pauses, PUT[:-1],
        ("segmentation", "incomplete, within a body", "incomplete, within a body"),
    ),
    "reads on": (
        _reads_behind_refusals, b"\r\r" + GET,
        ("broken contract", "it reads on behind a refusal", ""),
    ),
    "an empty part": (
        _empty_parts, PUT, ("broken contract", "it gives an empty part of a body", ""),
    ),
    "a beginning is dropped": (
        _drops_a_beginning, b"GET /",
        ("broken contract", "it has dropped the beginning of a request", ""),
    ),
    "it stays paused": (_stays_paused, PUT, ("broken contract", "it stays paused", "")),
    "more fields than there may be": (
        _without_limits, GET[:-2] + b"A: b\r\n" * 200 + b"\r\n",
        ("over the limit", "the number of fields", ""),
    ),
    "more octets than there may be": (
        _holds_too_much, b"GET / HTTP/1.1\r\n" + b"a" * 50_000,
        ("held without a bound", "incomplete", ""),
    ),
    "a space before the colon": (
        _lenient, GET.replace(b": ", b" : "),
        (
            "accepted by one",
            "reference: accepted, no body", "rules: refused 400: space-before-colon",
        ),
    ),
    "what is valid": (
        _strict, PUT,
        ("accepted by one", "reference: refused 400: no PUT", "rules: accepted, sized"),
    ),
    "another method": (
        _changing(lambda method, *rest: ("get", *rest)), GET,
        ("another method", "reference: no body", "rules: no body"),
    ),
    "another target": (
        _changing(lambda method, target, *rest: (method, target + "/", *rest)), GET,
        ("another target", "reference: no body", "rules: no body"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_parser_is_found(name: str) -> None:
    change, data, bucket = BROKEN[name]
    violation = refused_by(broken(change), data, thorough=True)
    assert (violation.kind, violation.left, violation.right) == bucket
    check(data, thorough=True)


def test_the_requirement_is_told() -> None:
    violation = refused_by(broken(_lenient), GET.replace(b": ", b" : "))
    assert str(violation.source) == "RFC 9112 §5.1"


def test_thorough_tries_every_single_cut() -> None:
    def change(base: Any) -> type:
        class Parser(base):  # type: ignore[misc]
            def feed(self, data: bytes) -> None:
                super().feed(b"" if data == GET[7:] else data)

        return Parser

    assert refused_by(broken(change), GET, thorough=True).kind == "segmentation"


RUN = 4000
LARGE = b"a" * 9000
RARE = (
    b"GET /" + LARGE + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /" + LARGE + b" HTTP/1.1\r\nX: a\r\n\r\n",
    GET[:-2] + b"X: " + LARGE + b"\r\n\r\n",
    GET[:-2] + b"X: y\r\n" * 100 + b"\r\n",
    GET[:-2] + b"X: y\r\n" * 100 + HOST + b"\r\n",
    b"GET  / HTTP/1.1\r\n" + HOST + b"X: " + LARGE * 3,
    GET[:-2] + (b"X: " + LARGE[:1000] + b"\r\n") * 34 + b"\r\n",
    CHUNKED + b"0\r\nX: " + LARGE + b"\r\n\r\n",
    CHUNKED + b"2;a=" + LARGE[:1030] + b"\r\nok\r\n0\r\n\r\n",
    CHUNKED + b"2;a=" + LARGE + b"\r\nok\r\n0\r\n\r\n",
    CHUNKED + b"0\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
    CHUNKED + b"0\r\nTransfer-Encoding: x\r\n\r\n",
    CHUNKED + b"0\r\nTransfer-Encoding: x y\r\nTransfer-Encoding: chunked\r\n\r\n",
    CHUNKED + b"0" * 17 + b"\r\n\r\n",
    CHUNKED + b"2 ;a\r\nok\r\n0\r\n\r\n",
    CHUNKED + b"2;\x01\r\nok\r\n0\r\n\r\n",
    *(
        b"GET http://" + host + b"/ HTTP/1.1\r\n" + HOST + b"\r\n"
        for host in (b"a,b", b"[v1.a]", b"a" * 256, b"a:000080", b"a:99999")
    ),
    *(
        b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n"
        for host in (b"a,b", b"[v1.a]", b"a" * 256, b"a:000080", b"a:99999", b"a b")
    ),
    b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: " + b"0" * 21 + b"\r\n\r\n",
    b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999999999999\r\n\r\n",
    b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
    b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: 1, 1\r\n\r\na",
    b"CONNECT a:1 HTTP/1.1\r\n" + HOST + b"\r\n",
    b"CONNECT a:1 HTTP/1.1\r\n\r\n",
    b"CONNECT a,b:1 HTTP/1.1\r\n" + HOST + b"\r\n",
    b"CONNECT / HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET / HTTP/1.1\r\nExpect: x\r\n\r\n",
    b"M" * 65 + b" / HTTP/1.1\r\n\r\n",
    b"M" * 65 + b" / HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET / HTTP/3.0\r\nX Y\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + HOST + b"Transfer-Encoding: x, chunked\r\n\r\n",
    b"\r\nPUT / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: x, chunked\r\n\r\n",
    b"POST / HTTP/1.0\r\n\r\n",
    b"\r\nPOST / HTTP/1.0\r\n\r\n",
    b"GET / HTTP/1.2\r\n\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"Connection: a b\r\n\r\n",
    b"GET /% HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
)
"""What shows the declared disagreements that a short run does not meet."""


def test_the_reference_is_clean_and_no_entry_is_stale() -> None:
    """An entry that nothing meets any more hides what is to come: remove it."""
    target = open_target(Wanted("parser"))
    met: set[str] = set()
    signatures = set()
    accepted = 0
    for data in RARE:  # each to a target that has seen nothing, so that h11 is asked as well
        met.update(check(data).declared)
    for data in islice(inputs(Chance("parser")), RUN):
        seen = target.check(data)
        met.update(seen.declared)
        signatures.add(seen.signature)
        accepted += seen.accepted
    assert accepted > RUN // 4
    assert 150 < len(signatures) < 2500
    quirks = declared_quirks()
    mine = [*quirks.between("reference", "rules"), *quirks.between("reference", "h11")]
    assert [one.id for one in mine if one.id not in met] == []
