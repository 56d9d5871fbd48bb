"""Draws from a strategy, under Hypothesis, until something fails or enough was drawn.

Owns how Hypothesis is asked: in lots, each with a seed of its own. Behind its first ten or so it
varies what it has drawn, and two hundred drawn in lots are twice as many different ones.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from hypothesis import given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky

from ..protocol import AdapterError
from .profiles import unsaid

LOT = 10


class Drawn(Enum):
    """How it ended."""

    PASSED = "nothing failed"
    FAILED = "something failed, and again when it was repeated"
    FLAKY = "something failed, and did not when it was repeated"


class _Fails(Exception):
    """What Hypothesis looks for."""


class _Aborted(BaseException):
    """The adapter is at fault: no failure, and nothing for Hypothesis to catch."""

    def __init__(self, error: AdapterError) -> None:
        super().__init__(str(error))
        self.error = error


def draw(
    strategy: st.SearchStrategy[Any], how: settings, seeded: int, fails: Callable[[Any], bool]
) -> Drawn:
    """Up to `max_examples` of the settings; the last that `fails` was asked about is the one that
    does, the smallest when the settings let Hypothesis shrink. Raises AdapterError when `fails`
    does, and KeyboardInterrupt."""
    for drawn in range(0, how.max_examples, LOT):
        lot = settings(how, max_examples=min(LOT, how.max_examples - drawn))
        ended = _draw_lot(strategy, lot, f"{seeded} {drawn}", fails)
        if ended is not Drawn.PASSED:
            return ended
    return Drawn.PASSED


def _draw_lot(
    strategy: st.SearchStrategy[Any], how: settings, seeded: str, fails: Callable[[Any], bool]
) -> Drawn:
    @how  # outside of the seed, which forgets the database
    @seed(seeded)
    @given(strategy)
    def lot(drawn: Any) -> None:
        try:
            failed = fails(drawn)
        except AdapterError as exc:
            raise _Aborted(exc) from exc
        if failed:
            raise _Fails

    try:
        with unsaid():
            lot()
    except _Fails:
        return Drawn.FAILED
    except Flaky:
        return Drawn.FLAKY
    except _Aborted as exc:
        raise exc.error from None
    return Drawn.PASSED
