"""Drawing in lots: how it ends, and that a seed draws the same again."""

from __future__ import annotations

import pytest
from hypothesis import Verbosity, settings
from hypothesis import strategies as st

from conformance.generate.drawing import LOT, Drawn, draw
from conformance.generate.profiles import settings_of
from conformance.protocol import AdapterError

NUMBERS = st.integers(0, 10**9)
QUIET = settings(settings_of("quick", None), verbosity=Verbosity.quiet)


def drawn(seed: int, examples: int = 40) -> list[int]:
    found: list[int] = []

    def fails(number: int) -> bool:
        found.append(number)
        return False

    assert draw(NUMBERS, settings(QUIET, max_examples=examples), seed, fails) is Drawn.PASSED
    return found


def test_as_many_are_drawn_as_were_asked_for() -> None:
    assert len(drawn(1)) == 40
    assert len(drawn(1, LOT + 1)) == LOT + 1


def test_a_seed_draws_the_same_again() -> None:
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_each_lot_draws_something_else() -> None:
    first, second = drawn(1, 2 * LOT)[:LOT], drawn(1, 2 * LOT)[LOT:]
    assert len(set(second) - set(first)) > LOT // 2


def test_the_last_that_was_asked_about_fails() -> None:
    asked: list[int] = []

    def fails(number: int) -> bool:
        asked.append(number)
        return number > 1000

    assert draw(NUMBERS, QUIET, 1, fails) is Drawn.FAILED
    assert asked[-1] > 1000


def test_it_is_the_smallest_when_hypothesis_may_shrink() -> None:
    asked: list[int] = []

    def fails(number: int) -> bool:
        asked.append(number)
        return number > 1000

    how = settings(settings_of("quick", None, shrinks=True), verbosity=Verbosity.quiet)
    assert draw(NUMBERS, how, 1, fails) is Drawn.FAILED
    assert asked[-1] == 1001


def test_what_fails_once_is_flaky() -> None:
    failed: list[int] = []

    def fails(number: int) -> bool:
        if number > 1000 and not failed:
            failed.append(number)
            return True
        return False

    assert draw(NUMBERS, QUIET, 1, fails) is Drawn.FLAKY


def test_a_fault_of_the_adapter_is_no_failure_of_a_property() -> None:
    asked: list[int] = []

    def fails(number: int) -> bool:
        asked.append(number)
        raise AdapterError("it is gone")

    with pytest.raises(AdapterError, match="it is gone"):
        draw(NUMBERS, QUIET, 1, fails)
    assert len(asked) == 1
