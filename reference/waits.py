"""The moments in which a connection waits for its client, and how long each may take.

Owns one timer a connection. A request moves its deadline by storing a number; the timer finds out
when it fires, so that keeping a connection alive costs no timer of the event loop per request.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from enum import Enum

from .limits import Limits


class Wait(Enum):
    """What a connection waits for; the value is the field of `Limits` that bounds it."""

    NEXT_REQUEST = "keepalive_timeout_s"
    HEAD = "header_timeout_s"
    BODY = "body_timeout_s"
    WRITE = "write_timeout_s"
    HALF_CLOSED = "half_closed_timeout_s"
    LINGER = "linger_timeout_s"


# Bound once: before 3.12 each look-up of an enumeration's member runs Python code.
_NEXT_REQUEST = Wait.NEXT_REQUEST


class Waiting:
    """At most one wait at a time; `expired(wait)` is called when it lasted too long."""

    __slots__ = (
        "_armed_s", "_deadline_s", "_expired", "_idle_timeout_s", "_limits", "_loop", "_timer",
        "wait",
    )  # fmt: skip

    def __init__(
        self, loop: asyncio.AbstractEventLoop, limits: Limits, expired: Callable[[Wait], None]
    ) -> None:
        self._loop = loop
        self._limits = limits
        self._idle_timeout_s = limits.keepalive_timeout_s
        self._expired = expired
        self._timer: asyncio.TimerHandle | None = None
        self._armed_s = math.inf  # when the timer fires
        self._deadline_s = 0.0
        self.wait: Wait | None = None  # None while the server is at work

    def begin(self, wait: Wait) -> None:
        """Wait for `wait` from now on, and for nothing else."""
        seconds: float = getattr(self._limits, wait.value)
        self.wait = wait
        self._deadline_s = self._loop.time() + seconds
        if self._deadline_s < self._armed_s:
            self._arm()

    def begin_idle(self, now_s: float) -> None:
        """`begin(Wait.NEXT_REQUEST)` at `now_s`: once per request, so without any look-up."""
        self.wait = _NEXT_REQUEST
        self._deadline_s = deadline_s = now_s + self._idle_timeout_s
        if deadline_s < self._armed_s:
            self._arm()

    def close(self) -> None:
        """Give the timer back, and never take one again."""
        self.wait = None
        self._armed_s = -math.inf
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._armed_s = self._deadline_s
        self._timer = self._loop.call_at(self._deadline_s, self._fire)

    def _fire(self) -> None:
        self._timer = None
        self._armed_s = math.inf
        wait = self.wait
        if wait is None:
            return
        if self._loop.time() < self._deadline_s:
            self._arm()
            return
        self.wait = None
        self._expired(wait)
