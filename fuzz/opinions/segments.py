"""Ways to cut octets into the segments in which a network may bring them.

Owns where the cuts are. They depend on the octets and a number that is derived from them, so that
an input by itself is enough to see again what it showed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

MOST_SINGLE_CUTS = 600
"""More would take seconds for one long input; they are near line ends first, then evenly spread."""


def byte_by_byte(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def cut_in_two(data: bytes, at: int) -> tuple[bytes, bytes]:
    return data[:at], data[at:]


def few_segments(data: bytes, seed: int) -> list[bytes]:
    """Two to four segments. Every other cut is at a line end: before it, within or behind."""
    size = len(data)
    cuts = set()
    for _ in range(1 + seed % 3):
        seed = (seed * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        at = (seed >> 33) % (size + 1)
        if seed >> 32 & 1:
            line_end = data.find(b"\n", at)
            if line_end >= 0:
                at = line_end + (seed >> 30 & 3) - 1
        cuts.add(at)
    edges = [0, *sorted(cuts), size]
    return [data[start:end] for start, end in pairwise(edges)]


def head_by_head(data: bytes) -> list[bytes]:
    """Cut behind every empty line, which is where a client waits."""
    segments = data.split(b"\r\n\r\n")
    return [one + b"\r\n\r\n" for one in segments[:-1]] + segments[-1:]


def behind_its_like(data: bytes, version: int) -> list[bytes]:
    """The same octets behind a request that has the same lines of fields, head by head, as on a
    connection that is kept alive. The request before is itself (0), or a GET of HTTP/1.0 (1) or
    HTTP/1.1 (2)."""
    before = data
    if version:
        before = b"GET / HTTP/1.%d\r\n" % (version - 1) + data.partition(b"\r\n")[2]
    return head_by_head(before) + head_by_head(data)


def single_cuts(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """In two at every position there is, or, of many octets, at those that are worth most."""
    size = len(data)
    if size <= MOST_SINGLE_CUTS:
        places: list[int] = list(range(1, size))
    else:
        chosen: dict[int, None] = {}
        at = data.find(b"\n")
        while at >= 0 and len(chosen) < MOST_SINGLE_CUTS // 2:
            chosen.update(dict.fromkeys((at, at + 1, at + 2)))
            at = data.find(b"\n", at + 1)
        step = 2 * size // MOST_SINGLE_CUTS + 1
        chosen.update(dict.fromkeys(range(1, size, step)))
        places = sorted(place for place in chosen if 0 < place < size)
    for place in places:
        yield cut_in_two(data, place)
