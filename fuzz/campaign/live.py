"""The line that lives while a run goes on; without a terminal, a line now and then.

Owns what it says. Writes to one stream, and nothing else does meanwhile.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from typing import TextIO

from conformance.report import progress, style

from .tally import Tally

EVERY_S = 10.0
"""Seconds between two lines where none can be written over again."""


def line(tally: Tally, elapsed_s: float, seconds: float | None, open_buckets: int) -> str:
    """`12s of 60s  31,204/s  41% accepted  3 buckets  812 corpus`."""
    rate = tally.executions / elapsed_s if elapsed_s > 0 else 0.0
    accepted = 100 * tally.accepted / tally.executions if tally.executions else 0.0
    parts = [
        f"{elapsed_s:.0f}s" + ("" if seconds is None else f" of {seconds:g}s"),
        f"{tally.executions:,} tried",
        f"{rate:,.0f}/s",
        f"{accepted:.0f}% accepted",
        f"{open_buckets} bucket{'' if open_buckets == 1 else 's'}",
        f"{len(tally.inputs):,} corpus",
    ]
    if tally.coverage is not None:
        parts.append(f"{tally.coverage:,} edges")
    return "  ".join(parts)


class Live:
    """`show` as often as there is news; `say` for a line that stays; `clear` at the end."""

    def __init__(self, stream: TextIO, environ: Mapping[str, str] = os.environ) -> None:
        self._stream = stream
        self._is_live = style.is_live(stream, environ)
        columns = shutil.get_terminal_size().columns
        self._progress = progress.Progress(stream, environ, columns)
        self._next_s = EVERY_S

    def show(self, text: str, elapsed_s: float) -> None:
        if self._is_live:
            self._progress.show(text)
        elif elapsed_s >= self._next_s:
            self._next_s = elapsed_s - elapsed_s % EVERY_S + EVERY_S
            self._stream.write(text + "\n")
            self._stream.flush()

    def say(self, text: str) -> None:
        self._progress.clear()
        self._stream.write(text + "\n")
        self._stream.flush()

    def clear(self) -> None:
        self._progress.clear()
