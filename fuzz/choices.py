"""Where a grammar takes its decisions from: chance, the octets of another fuzzer, or Hypothesis.

Owns the one way in which inputs are drawn, so that every engine has the same grammars.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol, TypeVar

_T = TypeVar("_T")


class Choices(Protocol):
    """A sequence of decisions."""

    def below(self, count: int) -> int:
        """A number from 0 to `count` - 1; 0 is the plainest choice, as whoever shrinks expects."""


class Chance:
    """Decisions by chance, the same for the same seed."""

    __slots__ = ("_random",)

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed).random  # noqa: S311 - nothing is kept secret by it

    def below(self, count: int) -> int:
        return int(self._random() * count)


class Octets:
    """Decisions that octets make, one octet each, or two for more than 256 possibilities.

    Behind their end every decision is 0, so that a grammar comes to an end as well.
    """

    __slots__ = ("_data", "_position")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def below(self, count: int) -> int:
        size = 1 if count <= 256 else 2
        taken = self._data[self._position : self._position + size]
        self._position += size
        return int.from_bytes(taken, "big") % count


def one_of(choices: Choices, options: Sequence[_T]) -> _T:
    return options[choices.below(len(options))]
