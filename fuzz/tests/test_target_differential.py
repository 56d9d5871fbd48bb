"""The differential target: servers that are wrong on purpose, beside the reference."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from ..choices import Chance
from ..http import HTTP
from ..net.expected import expected
from ..net.outcomes import Outcome
from ..target import Seen, Violation, Wanted
from ..targets import opened
from ..targets.differential import DifferentialTarget, absolute_form
from .misbehaving import answer, serving

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
NO_HOST = b"GET / HTTP/1.1\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def miniature(*faults: str) -> DifferentialTarget:
    flags = [flag for fault in faults for flag in ("--fault", fault)]
    command = (sys.executable, "-m", "conformance.adapters.miniature", *flags)
    target = opened(Wanted("differential", command=command))
    assert isinstance(target, DifferentialTarget)
    return target


@pytest.fixture(scope="module")
def wrong() -> Iterator[DifferentialTarget]:
    faults = ("body-is-empty", "accepts-missing-host", "drops-pipelined")
    with closing(miniature(*faults, "close-waits-for-pipelined")) as target:
        yield target


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (POST, "another body"),
        (NO_HOST, "served what must be refused by one"),
        (GET * 2, "no answer by one"),
    ],
)
def test_difference_where_the_rules_decide(
    wrong: DifferentialTarget, data: bytes, kind: str
) -> None:
    with pytest.raises(Violation) as caught:
        wrong.check(data)
    assert caught.value.kind == kind
    assert caught.value.source is not None


def test_reference_agrees_with_itself() -> None:
    chance = Chance(5)
    inputs = [HTTP.draw(chance) for _ in range(100)] + [GET, POST, NO_HOST, LAST + GET]
    with closing(opened(Wanted("differential", subject="reference"))) as target:
        seen = list(target.check_all(inputs))
        assert list(target.health()) == []
    assert [one for _, one in seen if isinstance(one, Violation)] == []


def test_what_the_rules_leave_open_is_a_class() -> None:
    """To refuse what may be refused, and to have fewer routes, breaks nothing."""
    with serving() as server:
        refusal = answer(b"no", b"Connection: close\r\n", b"404 Not Found")
        server.behave = lambda one: one.read_heads(1).send(refusal)
        url = f"http://127.0.0.1:{server.port}"
        with closing(opened(Wanted("differential", url=url))) as target:
            seen = [one for _, one in target.check_all([GET, POST + GET])]
    assert all(isinstance(one, Seen) for one in seen)
    assert {one.signature for one in seen if isinstance(one, Seen)} == {
        "nothing more: refused itself closed / served closed",
        "nothing more: refused itself closed / served+ closed",
    }


def test_absolute_form_that_is_not_found() -> None:
    """Where both have the same routes, who finds none for this spelling does not know it."""
    absolute = b"GET http://a/echo HTTP/1.1\r\nHost: a\r\n\r\n"
    both = [Outcome(404, "refused"), Outcome(200, "served")]
    with pytest.raises(Violation) as caught:
        absolute_form(expected(absolute).place(0), both, ["one", "another"])
    assert (caught.value.kind, caught.value.left) == ("no route by one", "the subject")
    absolute_form(expected(absolute).place(0), both, ["", "another"])  # it may not have the route
    absolute_form(expected(GET).place(0), both, ["one", "another"])


def test_url_that_answers_twice() -> None:
    with serving() as server:
        server.behave = lambda one: one.read_heads(1).send(answer(b"1") * 2).wait_for_end()
        url = f"http://127.0.0.1:{server.port}"
        with (
            closing(opened(Wanted("differential", url=url))) as target,
            pytest.raises(Violation) as caught,
        ):
            target.check(GET)
    assert caught.value.kind == "more answers than requests by one"
