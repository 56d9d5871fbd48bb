"""Segments of an input, by the input alone, so that it is all that is needed to see it again.

Owns where it is cut. Each segment is sent by itself.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ..target import derived_seed

_THOROUGH_CUTS = 16


def cuts(data: bytes) -> list[bytes]:
    """Segments, by the input alone: half of the inputs whole, the others cut up to four times."""
    chance = random.Random(derived_seed(data))  # noqa: S311 - nothing is kept secret by it
    count = chance.choice((0, 0, 0, 1, 1, 4))
    if count == 0 or len(data) < 2:
        return [data]
    places = sorted({chance.randrange(1, len(data)) for _ in range(count)})
    return _segments(data, places)


def all_cuts(data: bytes) -> Iterator[list[bytes]]:
    """Whole, by its own cuts, a few single ones, and octet by octet."""
    yield [data]
    if len(data) < 2:
        return
    own = cuts(data)
    if len(own) > 1:
        yield own
    chance = random.Random(derived_seed(data) + 1)  # noqa: S311 - as above
    single = range(1, len(data))
    for place in sorted(chance.sample(single, min(len(single), _THOROUGH_CUTS))):
        yield _segments(data, [place])
    yield [data[place : place + 1] for place in range(len(data))]


def _segments(data: bytes, places: Sequence[int]) -> list[bytes]:
    bounds = [0, *places, len(data)]
    return [data[start:end] for start, end in pairwise(bounds)]
