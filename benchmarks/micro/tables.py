"""The routes that are resolved: which, with what paths, and what they must lead to."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

BATCH = 20
"""Calls in one measured round: many enough that the clock costs nothing beside them."""

_FIVE = ("a", "b", "c", "d", "e")


@dataclass(frozen=True)
class Call:
    method: str
    path: str


@dataclass(frozen=True)
class Outcome:
    """200 with the number of the route and its params; 404 or 405 without."""

    status: int
    number: int | None = None
    params: Mapping[str, str] = field(default_factory=dict)


def names(number: int) -> tuple[str, ...]:
    """The params of route `number`: of ten, seven have none, two have one and one has five."""
    return {7: ("name",), 8: _FIVE, 9: ("name",)}.get(number % 10, ())


def pattern(number: int, brackets: str = "{}") -> str:
    """The pattern of route `number`, with a prefix that no other one has."""
    return _path(number, [f"{brackets[0]}{name}{brackets[1]}" for name in names(number)])


def cases(count: int) -> Iterator[tuple[str, list[tuple[Call, Outcome]]]]:
    """What a table of `count` routes (a multiple of ten) is asked, by the name of the case.

    The calls of a batch go to routes from all over the table, for what a large one costs in cache
    misses is part of its price.
    """
    chosen = random.Random(1)

    def some(kind: int) -> list[tuple[Call, Outcome]]:
        return [_hit(chosen.randrange(count // 10) * 10 + kind) for _ in range(BATCH)]

    yield "literal", some(3)
    yield "one param", some(7)
    yield "five params", some(8)
    yield "last route", [_hit(count - 1)] * BATCH
    yield (
        "not found",
        [
            (Call("GET", f"{_path(chosen.randrange(count), ())}/more"), Outcome(404))
            for _ in range(BATCH)
        ],
    )
    yield (
        "wrong method",
        [(Call("DELETE", call.path), Outcome(405)) for call, _ in some(3)],
    )


CASES = ("literal", "one param", "five params", "last route", "not found", "wrong method")


def _hit(number: int) -> tuple[Call, Outcome]:
    params = {name: f"{name}{number}" for name in names(number)}
    return Call("GET", _path(number, list(params.values()))), Outcome(200, number, params)


def _path(number: int, segments: Sequence[str]) -> str:
    return "/".join([f"/section{number:05d}", *(segments or ["list"])])
