"""Making inputs smaller."""

from __future__ import annotations

from itertools import count

import pytest

from ..campaign.minimise import smaller


def lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True)


@pytest.mark.parametrize(
    ("data", "needed"),
    [(b"a\nb\nc\nd\n", b"c"), (b"xxxyxxx", b"y"), (b"", b""), (b"a\nb\n" * 40 + b"z", b"z")],
)
def test_what_is_needed_is_left(data: bytes, needed: bytes) -> None:
    assert smaller(data, lambda one: needed in one, [lines]) == needed


def test_parts_that_need_each_other() -> None:
    def holds(data: bytes) -> bool:
        return b"head\n" in data and data.endswith(b"!") and data.count(b"(") == data.count(b")")

    assert smaller(b"x\n(head\n)(a)((b))\ny!", holds, [lines]) == b"head\n!"


def test_coarse_pieces_take_few_attempts() -> None:
    attempts = count()

    def holds(data: bytes) -> bool:
        next(attempts)
        return b"needed" in data

    assert smaller(b"line\n" * 1000 + b"needed", holds, [lines]) == b"needed"
    assert next(attempts) < 60


def test_pieces_that_are_none_are_left_alone() -> None:
    assert smaller(b"abc", lambda one: b"b" in one, [lambda data: [b"other"]]) == b"b"


def test_nothing_is_tried_twice_nor_when_time_is_up() -> None:
    tried: list[bytes] = []

    def holds(data: bytes) -> bool:
        tried.append(data)
        return len(data) > 3

    smaller(b"aabbcc", holds, [lines])
    assert len(tried) == len(set(tried))
    assert smaller(b"aabbcc", holds, [lines], over=lambda: True) == b"aabbcc"
