"""From octets to requests: the first of a connection, the same again, and one unlike the last."""

import asyncio
import itertools

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.micro.octets import VECTORS, varied
from benchmarks.micro.parsers import PARSERS

DIFFERENT = 4096
"""So many requests before one comes again; more than the reference keeps request lines of."""

parser = pytest.mark.parametrize("parser", PARSERS)
vector = pytest.mark.parametrize("vector", VECTORS)


@vector
@parser
def test_first(
    parser: str, vector: str, benchmark: BenchmarkFixture, loop: asyncio.AbstractEventLoop
) -> None:
    """A new parser, as each connection has one, and its first octets."""
    benchmark.group = f"parser, first: {vector}"
    octets, expected = VECTORS[vector]
    make = PARSERS[parser]
    one = make(loop)
    one.feed(octets)
    assert one.messages() == expected

    def first() -> None:
        make(loop).feed(octets)

    benchmark(first)


@vector
@parser
def test_again(
    parser: str, vector: str, benchmark: BenchmarkFixture, loop: asyncio.AbstractEventLoop
) -> None:
    """The same octets on a connection that is kept alive, as load generators send them."""
    benchmark.group = f"parser, again: {vector}"
    octets, expected = VECTORS[vector]
    one = PARSERS[parser](loop)
    for _ in range(3):
        one.feed(octets)
        assert one.messages() == expected
    benchmark(one.feed, octets)
    one.feed(octets)
    assert one.messages() == expected


@parser
def test_varied(parser: str, benchmark: BenchmarkFixture, loop: asyncio.AbstractEventLoop) -> None:
    """A kept-alive connection on which no request has the target or the fields of the last."""
    benchmark.group = "parser, varied: browser GET"
    requests = [varied(number) for number in range(DIFFERENT)]
    one = PARSERS[parser](loop)
    for octets, expected in requests[:: DIFFERENT // 8]:
        one.feed(octets)
        assert one.messages() == [expected]
    following = itertools.cycle([octets for octets, _ in requests]).__next__

    def another() -> None:
        one.feed(following())

    benchmark(another)
    one.feed(requests[7][0])
    assert one.messages() == [requests[7][1]]
