"""What a request costs grows with its size, not with the square of it.

Owns the category cost. Each check has the subject do small inputs and large ones, eight times the
size, and compares the processor time that it took for them: in one process, so that the machine's
speed plays no part. A refusal is an answer as good as any other; limits are what keeps cost low.
Literals only; nothing here opens a socket.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ..check import SHOULD, Check, rfc
from ..expect import Expectation, cost_ratio
from ..spec import ReadBody, ReadCookies, Respond, Route, app
from ..steps import Crowd, Gauge, Step, raw

AT_MOST = 26.0
"""Times the cost: 8 would be linear, 64 quadratic."""

DONE = Respond(200, "done")
PLAIN = app(
    Route("root", "GET", "/", DONE),
    Route("post", "POST", "/", ReadBody(then=DONE)),
    body_limit=1 << 25,
)
COOKIES = app(Route("root", "GET", "/", ReadCookies(DONE)))
FORM = app(Route("root", "POST", "/", ReadBody("form", DONE)))
TABLE = app(
    Route("root", "GET", "/"),
    *(Route(f"r{number}", "GET", f"/a/{{one}}/{number}/{{two}}/z", DONE) for number in range(60)),
)
FILES = app(Route("root", "GET", "/", DONE), files=(("digits.txt", "0123456789" * 2000),))

COSTLY = rfc(
    9110, "17.5",
    "Recipients ought to carefully limit the extent to which they process other protocol elements",
)  # fmt: skip
EGREGIOUS = rfc(
    9110, "17.15", "Servers ought to ignore, coalesce, or reject egregious range requests"
)

TURNS = ("", ", again", ", and again")

Cases: TypeAlias = dict[str, tuple[bytes, bytes]]
"""A small request and one of eight times the size, by what there is much of in them."""


def _sizes(request: Callable[[int], bytes], small: int) -> tuple[bytes, bytes]:
    return request(small), request(8 * small)


def _get(target: Callable[[int], str], small: int) -> tuple[bytes, bytes]:
    return _sizes(lambda size: raw(f"GET {target(size)}"), small)


def _post(kind: str, body: Callable[[int], bytes], small: int) -> tuple[bytes, bytes]:
    def request(size: int) -> bytes:
        content = body(size)
        return raw(
            "POST /", f"Content-Type: {kind}", f"Content-Length: {len(content)}", body=content
        )

    return _sizes(request, small)


def _measured(cases: Cases, times: int = 4) -> list[Step]:
    """The small request of each case, and as often the large one, with gauges around them; in
    turns, since a processor that others use as well can make one of them look dear."""
    steps: list[Step] = []
    for name, (small, large) in cases.items():
        # What is loaded or compiled only once is no part of the cost.
        steps.append(Crowd(small, 1, own=b"", name=f"{name}, first"))
        for turn in TURNS:
            steps += [
                Gauge(f"before {name}{turn}"),
                Crowd(small, times, times, own=b"", name=f"{name}, small{turn}"),
                Gauge(f"between {name}{turn}"),
                Crowd(large, times, times, own=b"", name=f"{name}, large{turn}"),
                Gauge(f"behind {name}{turn}"),
            ]
    return steps


def _linear(cases: Cases) -> list[Expectation]:
    return [
        cost_ratio(
            [(f"before {name}{turn}", f"between {name}{turn}") for turn in TURNS],
            [(f"between {name}{turn}", f"behind {name}{turn}") for turn in TURNS],
            AT_MOST,
            f"of {name}, the large input",
        )
        for name in cases
    ]


def _chunked(size: int) -> bytes:
    return raw("POST /", "Transfer-Encoding: chunked", body=b"1\r\nx\r\n" * size + b"0\r\n\r\n")


def _with_extension(size: int) -> bytes:
    chunk = b"1;" + b"a=b;" * size + b"\r\nx\r\n0\r\n\r\n"
    return raw("POST /", "Transfer-Encoding: chunked", body=chunk)


def _parts(size: int) -> bytes:
    part = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    return part * size + b"--b--\r\n"


def _backslashes_in_type(size: int) -> bytes:
    kind = 'application/x-www-form-urlencoded; a="' + "\\" * size
    return raw("POST /", f"Content-Type: {kind}", "Content-Length: 3", body=b"a=1")


FIELDS: Cases = {
    "lines of one field": _sizes(lambda size: raw("GET /", *["X-One: 1"] * size), 400),
    "different fields": _sizes(
        lambda size: raw("GET /", *(f"X-{number}: 1" for number in range(size))), 400
    ),
    "members of a list": _sizes(lambda size: raw("GET /", "Connection: " + "a, " * size), 300),
}
TARGETS: Cases = {
    "segments": _get(lambda size: "/a" + "/b" * size, 450),
    "slashes": _get(lambda size: "/a" + "/" * size + "b", 900),
    "dot segments": _get(lambda size: "/a" + "/.." * size, 300),
    "escapes": _get(lambda size: "/" + "%41" * size, 300),
    "escapes without digits": _get(lambda size: "/" + "%" * size, 900),
    "pairs of one name": _get(lambda size: "/?" + "a=1&" * size, 225),
    "escapes in a query": _get(lambda size: "/?a=" + "%C3" * size, 300),
    "pluses and ampersands": _get(lambda size: "/?" + "+&" * size, 450),
}
CRUMBS: Cases = {
    "pairs": _sizes(lambda size: raw("GET /", "Cookie: " + "a=1; " * size), 180),
    "backslashes in quotes": _sizes(
        lambda size: raw("GET /", 'Cookie: a="' + "\\" * size + '"'), 900
    ),
}
FORMS: Cases = {
    "fields": _post("application/x-www-form-urlencoded", lambda size: b"a=1&" * size, 400),
    "parts": _post("multipart/form-data; boundary=b", _parts, 100),
    "backslashes in the content type": _sizes(_backslashes_in_type, 900),
}
BODIES: Cases = {
    "chunks of one byte": _sizes(_chunked, 1000),
    "chunk extensions": _sizes(_with_extension, 200),
}
LENGTHS: Cases = {
    "octets": _post("application/octet-stream", lambda size: b"x" * size, 1 << 21),
}
PARTS_OF_A_FILE: Cases = {
    "ranges": _sizes(
        lambda size: raw(
            "GET /files/digits.txt",
            "Range: bytes=" + ",".join(f"{number * 3 % 997}-" for number in range(size)),
        ),
        180,
    ),
}

CHECKS = [
    Check(
        id="cost/fields",
        title="What a head costs grows with the number of its fields, not with its square",
        level=SHOULD,
        source=COSTLY,
        app=PLAIN,
        alone=True,
        steps=_measured(FIELDS),
        expect=_linear(FIELDS),
        faults=("looks-for-each-field-in-all",),
    ),
    Check(
        id="cost/target",
        title="What a path and its query cost grows with their length, whatever is in them",
        level=SHOULD,
        source=COSTLY,
        app=TABLE,
        alone=True,
        steps=_measured(TARGETS),
        expect=_linear(TARGETS),
        faults=("strips-slashes-by-regex", "joins-path-at-every-segment", "counts-pairs-by-name"),
    ),
    Check(
        id="cost/cookies",
        title="What cookies cost grows with their length, whatever is in them",
        level=SHOULD,
        source=COSTLY,
        app=COOKIES,
        alone=True,
        steps=_measured(CRUMBS),
        expect=_linear(CRUMBS),
        faults=("looks-for-quote-at-every-backslash", "looks-for-each-cookie-in-all"),
    ),
    Check(
        id="cost/form",
        title="What a form costs grows with its size, whatever is in it and in its type",
        level=SHOULD,
        source=COSTLY,
        app=FORM,
        alone=True,
        steps=_measured(FORMS),
        expect=_linear(FORMS),
        faults=("counts-pairs-by-name", "media-type-backtracks"),
    ),
    Check(
        id="cost/body",
        title="What a body costs grows with its length and the number of its chunks",
        level=SHOULD,
        source=COSTLY,
        app=PLAIN,
        alone=True,
        steps=[*_measured(BODIES), *_measured(LENGTHS, times=2)],
        expect=[*_linear(BODIES), *_linear(LENGTHS)],
        faults=("adds-up-pieces-at-every-chunk", "joins-body-at-every-piece"),
    ),
    Check(
        id="cost/ranges",
        title="What parts of a file cost grows with their number, not with its square",
        level=SHOULD,
        source=EGREGIOUS,
        app=FILES,
        alone=True,
        steps=_measured(PARTS_OF_A_FILE),
        expect=_linear(PARTS_OF_A_FILE),
        faults=("merges-ranges-pair-by-pair",),
    ),
]
