"""Streams as they are drawn: plain for plain choices, bounded, mostly served, and all there is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz import rules
from fuzz.choices import Chance, Octets
from fuzz.http import HTTP, drawing, large, odd, odd_framing, valid
from reference.errors import ProtocolError
from reference.fields import Fields
from reference.limits import Limits
from reference.parser import RequestParser

PLAIN = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
DRAWS = 40_000


class Plainest:
    def below(self, count: int) -> int:
        return 0


class Sink:
    """Counts the requests that came with the whole of their bodies."""

    def __init__(self) -> None:
        self.served = 0

    def on_request(self, method: str, target: str, minor: int, fields: Fields) -> None:
        self.served += not fields.length

    def on_body(self, data: bytes) -> None:
        pass

    def on_body_end(self) -> None:
        self.served += 1


def read(data: bytes) -> tuple[int, int]:
    """How many requests a strict reader serves, and the status of its refusal, 0 for none."""
    sink = Sink()
    try:
        RequestParser(sink, Limits()).feed(data)
    except ProtocolError as refusal:
        return sink.served, refusal.status
    return sink.served, 0


@cache
def drawn(seed: int, count: int) -> tuple[bytes, ...]:
    choices = Chance(seed)
    return tuple(HTTP.draw(choices) for _ in range(count))


def test_the_plainest_choices_draw_the_plainest_request() -> None:
    assert HTTP.draw(Plainest()) == HTTP.draw(Octets(b"")) == PLAIN


def test_a_seed_draws_the_same_again() -> None:
    assert drawn(1, 500) == drawn.__wrapped__(1, 500)
    assert drawn(1, 500) != drawn(2, 500)


@given(st.binary(max_size=2_000))
def test_any_octets_draw_a_stream_of_bounded_size(octets: bytes) -> None:
    assert 0 <= len(HTTP.draw(Octets(octets))) <= large.MAX_BYTES


def test_a_third_is_valid_and_most_streams_have_a_request_that_is_served() -> None:
    readings = [read(data) for data in drawn(3, 5_000)]
    valid_share = sum(served > 0 and not status for served, status in readings) / len(readings)
    served_share = sum(served > 0 for served, _ in readings) / len(readings)
    refused_share = sum(status > 0 for _, status in readings) / len(readings)
    assert 0.30 < valid_share < 0.45
    assert 0.55 < served_share < 0.75
    assert 0.35 < refused_share < 0.60


def test_streams_are_small_and_seldom_large() -> None:
    sizes = sorted(map(len, drawn(3, 5_000)))
    assert 100 < sizes[len(sizes) // 2] < 250
    assert sizes[len(sizes) * 9 // 10] < 700
    assert sizes[-1] > 30_000


def test_few_streams_are_drawn_twice() -> None:
    assert len(set(drawn(4, 10_000))) > 9_500


def test_without_deviations_every_request_is_served() -> None:
    choices = Chance(5)
    for _ in range(3_000):
        data = b"".join(drawing.request(choices.below))
        assert read(data) == (1, 0), data


def entries() -> Iterator[tuple[str, bytes]]:
    """Each fragment, with what stands beside it where it would be everywhere otherwise."""
    between = {
        "lead": (b"%bGET", odd.LEADS),
        "method": (b"%b /", odd.METHODS),
        "space": (b"GET%b/", odd.SPACES),
        "target": (b" %b HTTP/", odd.TARGETS),
        "version": (b" %b\r\nHost:", odd.VERSIONS),
        "line end": (b" HTTP/1.1%bHost:", odd.LINE_ENDS),
        "host": (b"%b", odd.HOSTS + valid.HOSTS),
        "field": (b"%b", odd.FIELDS + valid.FIELDS),
        "blank": (b"\r\n%b", odd.BLANKS),
        "length": (b"%bhello", tuple(line + b"\r\n" for line in odd_framing.LENGTH_LINES)),
        "coding": (b"%b", tuple(line + b"\r\n" for line in odd_framing.CODING_LINES)),
        "hidden": (b"\r\n\r\n%b", odd_framing.BODIES),
        "chunk": (b"%b", odd_framing.CHUNKS + valid.CHUNKS),
        "end": (b"\r\n%b", odd_framing.ENDS + valid.ENDS),
        "sized": (b"%b", tuple(line + b"\r\n" + body for line, body in valid.SIZED)),
        "get": (b"%b HTTP/", tuple(method + b" " + target for method, target in valid.GETS)),
        "post": (b"%b HTTP/", tuple(method + b" " + target for method, target in valid.POSTS)),
        "form": (b"%b HTTP/", tuple(method + b" " + target for method, target in odd.FORMS)),
        "old": (b" HTTP/1.0\r\n%b\r\n", odd.OLD_FIELDS),
        "junk": (b"\r\n%b", odd.JUNK),
    }
    for kind, (context, table) in between.items():
        for entry in table:
            yield kind, context % entry


def test_every_fragment_is_drawn() -> None:
    everything = b"\0END\0".join(drawn(6, DRAWS))
    assert [entry for entry in entries() if entry[1] not in everything] == []


def test_every_rule_is_broken_by_some_stream() -> None:
    left = set(rules.RULES)
    for data in drawn(6, DRAWS):
        left.difference_update(rule.id for rule in rules.read(data).broken)
        if not left:
            break
    assert left == set()


LIMITED = {
    "long target": 414,
    "long method": 414,
    "large field": 431,
    "many fields": 431,
    "large head": 431,
    "long extension": 400,
    "large trailers": 431,
}
UNLIMITED = ("large sized body", "large chunk", "many chunks", "many trailers")


def enlarged(name: str, near: int) -> bytes:
    request = [
        b"",
        b"GET",
        b" ",
        b"/",
        b" ",
        b"HTTP/1.1",
        b"\r\n",
        b"Host: a\r\n",
        b"",
        b"\r\n",
        b"",
    ]
    large.WAYS[name](request, near)
    return b"".join(request)


def test_all_large_requests_are_tested() -> None:
    assert set(large.WAYS) == {*LIMITED, *UNLIMITED}


@pytest.mark.parametrize("name", sorted(LIMITED.keys() - {"long method"}))
def test_at_a_limit_it_is_served_and_one_octet_further_refused(name: str) -> None:
    assert read(enlarged(name, 0)) == (1, 0)
    assert read(enlarged(name, -100))[0] == 1
    assert read(enlarged(name, 1)) == (0, LIMITED[name])


def test_a_long_method_is_unknown_up_to_the_limit_of_a_line() -> None:
    assert [read(enlarged("long method", near))[1] for near in (-100, 0, 1)] == [501, 501, 414]


@pytest.mark.parametrize("name", UNLIMITED)
def test_large_bodies_are_served(name: str) -> None:
    for near in (-1, 0, 1):
        assert read(enlarged(name, near)) == (1, 0)


def test_large_requests_are_drawn_in_every_way() -> None:
    heads = {data[:40] for data in drawn(6, DRAWS) if len(data) > 1_000}
    assert len(heads) > 2 * len(large.WAYS)


class Recorded:
    """Chance that knows what it has decided."""

    def __init__(self, seed: int) -> None:
        self._chance = Chance(seed)
        self.made: list[int] = []

    def below(self, count: int) -> int:
        self.made.append(self._chance.below(count))
        return self.made[-1]


class Repeated:
    """Decides as was decided; plainly when there is nothing left, as when Hypothesis shrinks."""

    def __init__(self, made: list[int]) -> None:
        self._made = iter(made)

    def below(self, count: int) -> int:
        return min(next(self._made, 0), count - 1)


def test_choices_are_all_that_decides() -> None:
    for seed in range(200):
        recorded = Recorded(seed)
        assert HTTP.draw(recorded) == HTTP.draw(Repeated(recorded.made))


def test_what_has_no_choices_left_ends_plainly() -> None:
    for seed in range(200):
        recorded = Recorded(seed)
        HTTP.draw(recorded)
        data = HTTP.draw(Repeated(recorded.made[: seed % len(recorded.made)]))
        assert len(data) <= large.MAX_BYTES
