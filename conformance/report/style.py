"""Colour: whether there is any, decided in one place, and which outcome has which.

Owns the escape sequences; nothing else writes one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

from ..judge import Outcome

BOLD, DIM, RED, GREEN, YELLOW, MAGENTA, CYAN = "1", "2", "31", "32", "33", "35", "36"
MARK = "1;97;41"
"""White on red: seen on a light and on a dark background."""

OF_OUTCOME = {
    Outcome.PASS: GREEN,
    Outcome.FAIL: f"{BOLD};{RED}",
    Outcome.WARN: YELLOW,
    Outcome.NOT_APPLICABLE: DIM,
    Outcome.KNOWN: CYAN,
    Outcome.STALE: MAGENTA,
    Outcome.ERROR: f"{BOLD};{MAGENTA}",
}

SHORT = {
    Outcome.PASS: "pass",
    Outcome.FAIL: "FAIL",
    Outcome.WARN: "warn",
    Outcome.NOT_APPLICABLE: "n/a",
    Outcome.KNOWN: "known",
    Outcome.STALE: "STALE",
    Outcome.ERROR: "ERROR",
}
"""An outcome where there is little room; in capitals when it fails the run."""


def is_live(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """A line may be written over again: the stream is a terminal that can do that."""
    return stream.isatty() and environ.get("TERM") != "dumb"


def has_colour(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """NO_COLOR forbids it (https://no-color.org), FORCE_COLOR asks for it in a pipe as well."""
    if environ.get("NO_COLOR"):
        return False
    return bool(environ.get("FORCE_COLOR")) or is_live(stream, environ)


def paint(text: str, style: str, colour: bool) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if colour and text else text
