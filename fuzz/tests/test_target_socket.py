"""The socket target on servers that are right, wrong on purpose, and not there any more."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from conformance.protocol import AdapterError

from ..choices import Chance
from ..http import HTTP
from ..net.client import UNPLAYED
from ..net.cuts import cuts
from ..net.health import Taken
from ..target import Seen, Violation, Wanted
from ..targets import opened
from ..targets.socket import SocketTarget
from .misbehaving import answer, serving

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
BEHIND = b"GET /items/c HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
HEAD = b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED = b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKS = CHUNKED + b"2\r\nhi\r\n0\r\n\r\n"


def miniature(*faults: str) -> SocketTarget:
    flags = [flag for fault in faults for flag in ("--fault", fault)]
    command = (sys.executable, "-m", "conformance.adapters.miniature", *flags)
    target = opened(Wanted("socket", command=command))
    assert isinstance(target, SocketTarget)
    return target


def violation(target: SocketTarget, data: bytes) -> Violation:
    with pytest.raises(Violation) as caught:
        target.check(data)
    return caught.value


@pytest.fixture(scope="module")
def reference() -> Iterator[SocketTarget]:
    with closing(opened(Wanted("socket", subject="reference"))) as target:
        assert isinstance(target, SocketTarget)
        yield target


def test_valid_requests_are_served(reference: SocketTarget) -> None:
    for data in (GET, GET + POST, CHUNKS + GET, HEAD + GET):
        seen = reference.check(data)
        assert seen.accepted
        assert seen.signature.startswith("nothing more: 200")


def test_every_cut_is_played(reference: SocketTarget) -> None:
    assert reference.check(CHUNKS + POST, thorough=True).units == 2


def test_same_input_has_the_same_signature_alone_and_among_others(reference: SocketTarget) -> None:
    inputs = [GET * 2, POST + GET[:9], GET.replace(b"Host", b"Host "), b"", CHUNKED]
    together = dict(reference.check_all(inputs * 20))
    for data in inputs:
        assert together[data] == reference.check(data)


def test_every_input_has_one_outcome(reference: SocketTarget) -> None:
    chance = Chance(7)
    inputs = [HTTP.draw(chance) for _ in range(200)]
    seen = list(reference.check_all(iter(inputs)))
    assert sorted(data for data, _ in seen) == sorted(inputs)
    assert sum(isinstance(one, Seen) and one.accepted for _, one in seen) > 20
    assert list(reference.health()) == []


def test_planted_faults_are_found() -> None:
    faults = {
        "accepts-missing-host": (b"GET / HTTP/1.1\r\n\r\n", "served what must be refused"),
        "accepts-space-before-colon": (
            b"GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n",
            "served what must be refused",
        ),
        "content-for-head": (HEAD + GET, "stray octets"),
        "chunk-size-is-decimal": (
            # 32 octets; who takes it for 20 finds the end of the body among them.
            CHUNKED + b"20\r\n01234567890123456789\r\n0\r\n\r\nGET /\r\n0\r\n\r\n",
            "another body",
        ),
        "close-waits-for-pipelined": (
            GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + BEHIND,
            "answer to nothing",
        ),
    }
    assert_in_one_segment(faults["close-waits-for-pipelined"][0])
    with closing(miniature(*faults)) as target, closing(miniature()) as right:
        found = {name: violation(target, data).kind for name, (data, _) in faults.items()}
        for data, _ in faults.values():
            right.check(data)
    assert found == {name: kind for name, (_, kind) in faults.items()}


def assert_in_one_segment(data: bytes) -> None:
    """What a fault does with a pipelined request may depend on when that comes."""
    assert len(cuts(data)) == 1


def test_a_request_that_is_dropped_is_found() -> None:
    assert_in_one_segment(GET + BEHIND)
    with closing(miniature("drops-pipelined")) as target:
        assert violation(target, GET + BEHIND).kind == "no answer"


def test_body_of_another_request_is_found() -> None:
    with closing(miniature("body-is-empty")) as target:
        found = violation(target, POST)
    assert (found.kind, found.source is not None) == ("another body", True)


def test_death_is_blamed_on_who_does_it_and_the_others_are_played() -> None:
    with closing(miniature("dies")) as target:
        seen = list(target.check_all([GET] * 20 + [POST + GET] + [GET] * 20))
        found = [(data, one) for data, one in seen if isinstance(one, Violation)]
        assert [(data, one.kind, one.left) for data, one in found] == [
            (POST + GET, "died", "its process ended")
        ]
        assert len(seen) == 41
        assert target.check(GET).accepted


def test_server_that_answers_nobody_any_more_is_found() -> None:
    crash = b"GET /crash HTTP/1.1\r\nHost: a\r\n\r\n"
    with closing(miniature("crash-ends-service")) as target:
        seen = dict(target.check_all([GET + GET, crash, GET]))
        found = seen[crash]
        assert isinstance(found, Violation)
        assert (found.kind, found.left) == ("died", "no longer answers")


def test_what_happens_once_is_not_reported() -> None:
    """Two answers, to the first connection alone."""
    with serving() as server:
        answers = iter([b"", answer(b"1") * 2])
        server.behave = lambda one: (
            one.read_heads(1).send(next(answers, answer(b"1"))).wait_for_end()
        )
        with closing(opened(Wanted("socket", url=f"http://127.0.0.1:{server.port}"))) as target:
            assert isinstance(target, SocketTarget)
            assert target.check(GET).accepted
            assert target.unrepeatable.total() == 1


def test_smaller_input_of_a_slow_kind_is_confirmed() -> None:
    """Or it would take the place of one that is known to show it."""
    missing = Violation("no answer", "none before", "waits for more")
    with serving() as server:
        server.behave = lambda one: one.read_heads(1).send(answer(b"", b"Connection: close\r\n"))
        url = f"http://127.0.0.1:{server.port}"
        with closing(opened(Wanted("socket", url=url))) as target:
            assert isinstance(target, SocketTarget)
            for known, found in ((len(GET), missing), (len(GET) + 1, None), (2 * len(GET), None)):
                target._smallest[missing.bucket] = known
                seen = target._again(GET, missing, UNPLAYED)
                assert seen is found if found else isinstance(seen, Seen)
            assert target.unrepeatable[missing.bucket] == 1


def test_url_is_held_to_what_holds_without_an_echo() -> None:
    with serving() as server:
        server.behave = lambda one: one.read_heads(1).send(answer(b"1") * 2).wait_for_end()
        with closing(opened(Wanted("socket", url=f"http://127.0.0.1:{server.port}/"))) as target:
            [(_, found)] = target.check_all([GET])
    assert isinstance(found, Violation)
    assert found.kind == "answer to nothing"


def test_url_that_is_gone_is_told_and_then_an_error() -> None:
    with serving() as server:
        server.behave = lambda one: one.read_heads(1).send(answer(b"1")).wait_for_end()
        target = opened(Wanted("socket", url=f"http://127.0.0.1:{server.port}"))
        assert target.check(GET).accepted
    with closing(target):
        assert [one.kind for one in target.health()] == ["died"]
        with pytest.raises(AdapterError, match="nobody answers"):
            target.check(GET)


@pytest.mark.parametrize("url", ["https://127.0.0.1", "127.0.0.1:80", "http://127.0.0.1:x"])
def test_url_that_is_none(url: str) -> None:
    with pytest.raises(AdapterError, match="expected http://HOST:PORT"):
        opened(Wanted("socket", url=url))


def test_subject_that_is_none() -> None:
    with pytest.raises(AdapterError, match="no subject"):
        opened(Wanted("socket", subject="no-such-subject"))


def test_bounds_of_what_a_server_takes() -> None:
    first = Taken(memory_bytes=50 << 20, descriptors=20, threads=4)
    assert first.excess(first) is None
    assert Taken(50 << 20, 200, 4).excess(first) == "descriptors"
    assert Taken(50 << 20, 20, 200).excess(first) == "threads"
    assert Taken(900 << 20, 20, 4).excess(first) == "memory"


def test_each_input_of_a_batch_is_a_sign_of_life() -> None:
    """A batch may take long on a slow server; that is no hang of whoever plays it."""
    signs: list[None] = []
    with closing(opened(Wanted("socket", "reference"))) as target:
        target.gets_on = lambda: signs.append(None)
        inputs = [b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"] * 50
        assert all(isinstance(seen, Seen) for _, seen in target.check_all(inputs))
    assert len(signs) == 50
