"""How far a measurement is and how long it takes: a bar on a terminal, else a line now and then.

Owns the estimate of the time left. Work is counted in *expected* seconds; how much longer than
expected the finished work took gives the pace of the rest.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self, TextIO

from conformance.report.octets import printable
from conformance.report.style import is_live

BAR = 24
EVERY_S = 30.0
"""How often a line is written where nothing can be written over."""

TRUSTED_S = 5.0
"""The expectation weighs as much as so many seconds of finished work: one slow start of a process
does not double the estimate."""

_ERASE_LINE = "\r\x1b[K"


class Progress:
    """A bar for `expected_s` seconds of work, on `stream`.

        with Progress(120.0, sys.stderr) as progress:
            progress.at("plaintext, restart 1")
            ...
            progress.finished(6.0)

    `clock` and `columns` are there for tests. Leaving the block, by an exception too, clears it.
    """

    def __init__(
        self,
        expected_s: float,
        stream: TextIO,
        *,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.monotonic,
        columns: Callable[[], int] = lambda: shutil.get_terminal_size().columns,
    ) -> None:
        self._stream, self._clock, self._columns = stream, clock, columns
        self._is_live = is_live(stream, environ)
        self._planned_s, self._finished_s, self._took_s = expected_s, 0.0, 0.0
        self._words = ""
        self._mark_s = self._told_s = clock()
        self._has_told = False
        self._shown = ""

    # -- What is done -------------------------------------------------------------------------

    def at(self, words: str) -> None:
        """What is measured now."""
        self._words = " ".join(printable(words).split())
        self._tell()

    def finished(self, expected_s: float) -> None:
        """A piece of work is done that was expected to take so long."""
        now = self._clock()
        self._took_s += now - self._mark_s
        self._mark_s = now
        self._finished_s += expected_s
        self._planned_s = max(self._planned_s, self._finished_s)
        self._tell()

    def plan(self, more_s: float) -> None:
        """There is more to do than was planned; less, if negative."""
        self._planned_s = max(self._finished_s, self._planned_s + more_s)
        self._tell()

    # -- What is left -------------------------------------------------------------------------

    @property
    def share(self) -> float:
        """What is finished, 0 to 1."""
        return self._finished_s / self._planned_s if self._planned_s > 0 else 1.0

    @property
    def left_s(self) -> float:
        """Seconds from now until all is finished; 0 when what runs takes longer than thought."""
        pace = (self._took_s + TRUSTED_S) / (self._finished_s + TRUSTED_S)
        running_s = self._clock() - self._mark_s
        return max(0.0, (self._planned_s - self._finished_s) * pace - running_s)

    # -- What is written ----------------------------------------------------------------------

    def note(self, words: str) -> None:
        """A line that stays."""
        self.clear()
        self._write(printable(words) + "\n")
        if self._is_live:
            self._tell()

    def clear(self) -> None:
        if self._shown:
            self._write(_ERASE_LINE)
            self._shown = ""

    def __enter__(self) -> Self:
        self._mark_s = self._told_s = self._clock()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.clear()

    def _tell(self) -> None:
        if self._is_live:
            # One column is left free: a full line makes some terminals wrap.
            text = line(self.share, self.left_s, self._words, max(1, self._columns() - 1))
            if text != self._shown:
                self._write(_ERASE_LINE + text)
                self._shown = text
            return
        now = self._clock()
        if not self._has_told or now - self._told_s >= EVERY_S:
            self._write(f"{summary(self.share, self.left_s)}  {self._words}".rstrip() + "\n")
            self._has_told, self._told_s = True, now

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def line(share: float, left_s: float, words: str, width: int) -> str:
    """`[######------------------]  25 %  1:30 left  plaintext`, no wider than `width`.

    On a narrow terminal the words are cut first, then the bar goes.
    """
    said = summary(share, left_s)
    filled = int(BAR * share)
    bar = f"[{'#' * filled}{'-' * (BAR - filled)}] "
    if len(bar) + len(said) > width:
        return said.strip()[:width]
    return f"{bar}{said}  {words}"[:width].rstrip()


def summary(share: float, left_s: float) -> str:
    """` 25 %  1:30 left`"""
    return f"{share * 100:3.0f} %  {duration(left_s)} left"


def duration(seconds: float) -> str:
    """`0:09`, `12:30`, `1:02:03`; whole seconds, rounded up."""
    whole = int(-(-seconds // 1))
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
