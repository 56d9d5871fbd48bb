"""What a client does with the octets of an input: how it cuts them, and how it ends.

Owns the visits and their choice. Everything is derived from the input.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from itertools import pairwise
from typing import NamedTuple
from zlib import crc32

_SPREAD = 0x9E3779B97F4A7C15  # 2 ** 64 divided by the golden ratio
_MOST = (1 << 64) - 1


class Ending(Enum):
    """What the client does when it has sent everything."""

    EOF = "closes its side when it has the answers"
    EOF_AT_ONCE = "closes its side behind the last octet"
    SILENCE = "does nothing for good"
    RESET = "resets the connection when it has the answers"
    RESET_AT_ONCE = "resets the connection behind the last octet"
    SLOW = "takes nothing for a while, then all, then closes its side"
    STUCK = "takes nothing, ever"


ORDERLY = frozenset({Ending.EOF, Ending.EOF_AT_ONCE, Ending.SILENCE, Ending.SLOW})
"""The endings with which every answer reaches the client."""

_ENDINGS = (
    Ending.EOF, Ending.EOF, Ending.EOF, Ending.EOF, Ending.EOF, Ending.EOF, Ending.EOF, Ending.EOF,
    Ending.SILENCE, Ending.SILENCE, Ending.SILENCE, Ending.EOF_AT_ONCE, Ending.EOF_AT_ONCE,
    Ending.RESET, Ending.RESET_AT_ONCE, Ending.SLOW,
)  # fmt: skip


class Visit(NamedTuple):
    """One connection of a client.

    cuts    where a new segment begins, in order
    rests   the server comes to rest between segments; else they come all at once
    small   to the server with small limits, else to the one with the default ones
    stop    the client sends so many octets, and ends; None for all
    """

    cuts: tuple[int, ...] = ()
    rests: bool = True
    ending: Ending = Ending.EOF
    tls: bool = False
    small: bool = False
    stop: int | None = None

    @property
    def is_slow(self) -> bool:
        """The client takes nothing at first."""
        return self.ending is Ending.SLOW or self.ending is Ending.STUCK

    @property
    def told(self) -> str:
        """The visit in words."""
        size = "all" if self.stop is None else f"{self.stop} octets"
        cuts = ", ".join(map(str, self.cuts[:8])) + ", ..." * (len(self.cuts) > 8)
        return (
            f"the client sends {size}, {f'cut at {cuts}' if cuts else 'whole'}"
            f"{'' if self.rests else ', at once'}, and {self.ending.value}"
            f"{' (TLS)' if self.tls else ''}{' (small limits)' if self.small else ''}"
        )


def visit_of(data: bytes) -> Visit:
    """The visit of an input."""
    # Nobody chooses the octets for it, so that a check sum is enough, spread over 64 bits.
    seed = (crc32(data) + 1) * _SPREAD & _MOST
    ending = _ENDINGS[seed & 15]
    if ending is Ending.SLOW and seed & 16:
        ending = Ending.STUCK
    tls = not seed >> 5 & 7
    small = not seed >> 8 & 3
    rests = bool(seed >> 10 & 3)
    seed >>= 12
    way, seed = seed & 7, seed >> 3
    if way == 7 or (way & 1 and b"100-" in data):
        return _in_doubt(data, seed)._replace(ending=ending, tls=tls, small=small)
    return Visit(_cuts(len(data), way, seed), rests, ending, tls, small)


def _cuts(size: int, way: int, seed: int) -> tuple[int, ...]:
    if way < 3 or size < 2:
        return ()
    first, second = 1 + seed % (size - 1), 1 + (seed >> 16) % (size - 1)
    if way < 5:
        return (first,)
    if way < 6 or seed & 1:
        return (first, second) if first < second else (second, first)
    return tuple(range(1, size)) if size <= 32 else (size // 3, size - 1)


def _in_doubt(data: bytes, seed: int) -> Visit:
    """A client that waits behind each head, as one does that asks for 100 (Continue); and maybe
    goes away there."""
    cuts = heads_apart(data)
    if not cuts or seed & 1:
        return Visit(cuts)
    last = (seed >> 1) % len(cuts)
    return Visit(cuts[:last], stop=cuts[last])


def heads_apart(data: bytes) -> tuple[int, ...]:
    """The cuts of a client that waits behind each head."""
    cuts = []
    at = data.find(b"\r\n\r\n")
    while 0 <= at < len(data) - 4:
        cuts.append(at + 4)
        at = data.find(b"\r\n\r\n", at + 4)
    return tuple(cuts)


_EVERY_CUT_BYTES = 1024


def all_visits(data: bytes) -> Iterator[Visit]:
    """All that depends on more than the octets: every ending, whole and with the heads apart; a
    client that goes away behind a head; byte by byte; and every single cut, of large inputs those
    at line ends."""
    own = visit_of(data)
    apart = heads_apart(data)
    for tls, small in ((False, False), (False, True), (True, False)):
        for ending in Ending:
            yield Visit((), True, ending, tls, small)
            yield Visit(apart, True, ending, tls, small)
        yield Visit(apart, False, Ending.EOF, tls, small)
    for stop in apart:
        yield Visit((), True, Ending.EOF, False, own.small, stop)
        yield Visit((), True, Ending.SILENCE, False, own.small, stop)
    size = len(data)
    for small in (False, True):
        yield Visit(tuple(range(1, size)), True, Ending.EOF, False, small)
    yield Visit(tuple(range(1, size)), False, Ending.SILENCE, False, own.small)
    for cut in range(1, size):
        if size <= _EVERY_CUT_BYTES or b"\n" in data[cut - 2 : cut + 2]:
            yield Visit((cut,), True, Ending.EOF, own.tls, own.small)


def segments(data: bytes, cuts: tuple[int, ...]) -> list[bytes]:
    if not cuts:
        return [data] if data else []
    bounds = (0, *cuts, len(data))
    return [data[start:end] for start, end in pairwise(bounds)]
