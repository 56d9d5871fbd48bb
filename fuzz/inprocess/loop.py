"""An event loop of callbacks and timers, and nothing else: no sockets, no threads, no waiting.

Owns the order of callbacks, which is asyncio's, and a clock that moves only when it is told to. It
is for whoever needs many short runs; one turn costs a tenth of what asyncio's loops need.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Any, cast


class Timer:
    """What `call_at` gives; as `asyncio.TimerHandle`."""

    __slots__ = ("_when_s", "args", "callback", "context", "is_cancelled")

    def __init__(
        self,
        when_s: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: contextvars.Context | None,
    ) -> None:
        self._when_s = when_s
        self.callback = callback
        self.args = args
        self.context = context
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True

    def cancelled(self) -> bool:
        return self.is_cancelled

    def when(self) -> float:
        return self._when_s


class CallbackLoop:
    """Runs when `run_until_idle` or `run_for` is called.

    `on_exception` gets what asyncio's exception handlers get. It has what asyncio's tasks and
    futures ask of a loop, and no more; `as_loop` is itself, for signatures that ask for all.
    """

    def __init__(self, on_exception: Callable[[dict[str, Any]], None]) -> None:
        self._on_exception = on_exception
        self._now_s = 1000.0
        self._ready: list[
            tuple[contextvars.Context | None, Callable[..., object], tuple[Any, ...]]
        ] = []
        self._timers: list[tuple[float, int, Timer]] = []
        self._numbers = count()  # timers of one time fire in the order in which they were set
        self._is_running = False
        self.as_loop = cast("asyncio.AbstractEventLoop", self)

    # -- For whoever runs it ---------------------------------------------------------------------

    def run_until_idle(self, max_turns: int) -> bool:
        """Run until nothing is left to do before the clock moves; False when that did not come in
        `max_turns` turns: what is left then stays."""
        asyncio._set_running_loop(self.as_loop)
        self._is_running = True
        try:
            for _ in range(max_turns):
                ready = self._ready
                if not ready:
                    return True
                self._ready = []
                for context, callback, args in ready:
                    try:
                        if context is None:
                            callback(*args)
                        else:
                            context.run(callback, *args)
                    except (SystemExit, KeyboardInterrupt):
                        raise
                    except BaseException as exc:  # noqa: BLE001 - as asyncio's loops do
                        said = f"Exception in callback {callback!r}"
                        self._on_exception({"message": said, "exception": exc})
        finally:
            self._is_running = False
            asyncio._set_running_loop(None)
        return not self._ready

    def run_for(self, seconds: float, max_turns: int) -> bool:
        """Move the clock; every timer on the way fires at its own time, earliest first. False as
        for `run_until_idle`, at any one time."""
        end_s = self._now_s + seconds
        while self.run_until_idle(max_turns):
            if not self.timer_count or self._timers[0][0] > end_s:
                self._now_s = end_s
                return True
            self._now_s, _, timer = heappop(self._timers)
            self._ready.append((timer.context, timer.callback, timer.args))
        return False

    @property
    def timer_count(self) -> int:
        """How many timers are set."""
        timers = self._timers
        while timers and timers[0][2].is_cancelled:
            heappop(timers)
        return sum(not timer.is_cancelled for _, _, timer in timers)

    # -- For asyncio and what runs in it ---------------------------------------------------------

    def call_soon(
        self,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> None:
        """Gives no handle: nobody takes a callback back. Without a context, it is called in that
        of whoever runs the loop, and not in a copy of the present one, which takes its time."""
        self._ready.append((context, callback, args))

    def call_at(
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> Timer:
        timer = Timer(when, callback, args, context)
        heappush(self._timers, (when, next(self._numbers), timer))
        return timer

    def call_later(
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> Timer:
        return self.call_at(self._now_s + delay, callback, *args, context=context)

    def time(self) -> float:
        return self._now_s

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self.as_loop)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self._on_exception(context)

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return self._is_running

    def is_closed(self) -> bool:
        return False
