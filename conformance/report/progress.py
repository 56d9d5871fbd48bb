"""The line that lives while a run goes on. The one part of the reports that writes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TextIO

from ..judge import Outcome
from . import style

BAR = 24
_ERASE_LINE = "\r\x1b[K"


def line(
    done: int, total: int, failing: int, category: str, *, colour: bool, width: int = 80
) -> str:
    """`[########----------------] 34/104  2 failing  routing`, no wider than `width`."""
    filled = BAR * done // total if total else BAR
    parts = [f"[{'#' * filled}{'-' * (BAR - filled)}]", f" {done}/{total}", f"  {failing} failing"]
    parts.append(f"  {category}" if category else "")
    room = width
    for position, part in enumerate(parts):
        parts[position] = part[: max(0, room)]
        room -= len(part)
    if failing:
        parts[2] = style.paint(parts[2], style.OF_OUTCOME[Outcome.FAIL], colour)
    return "".join(parts)


class Progress:
    """Shows how far a run is, on a terminal; elsewhere it writes nothing.

    `update` after each check, `clear` before anything else is written there and at the end.
    """

    def __init__(
        self, stream: TextIO, environ: Mapping[str, str] = os.environ, columns: int = 80
    ) -> None:
        self._stream = stream
        self._is_live = style.is_live(stream, environ)
        self._colour = style.has_colour(stream, environ)
        self._columns = columns
        self._shown = ""

    def update(self, done: int, total: int, failing: int, category: str = "") -> None:
        # One column is left free: a full line makes some terminals wrap.
        width = self._columns - 1
        self._put(line(done, total, failing, category, colour=self._colour, width=width))

    def show(self, text: str) -> None:
        """Any other words on how far something is."""
        self._put(text[: self._columns - 1])

    def _put(self, text: str) -> None:
        if self._is_live and text != self._shown:
            self._write(_ERASE_LINE + text)
            self._shown = text

    def clear(self) -> None:
        if self._shown:
            self._write(_ERASE_LINE)
            self._shown = ""

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
