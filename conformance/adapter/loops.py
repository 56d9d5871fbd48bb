"""The event loop that an adapter's servers run on: asyncio's own, or uvloop.

Owns the argument `--loop` of every adapter that is made with the kit.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import warnings
from typing import Any

LOOPS = ("asyncio", "uvloop")


def parser(name: str | None = None, **more: Any) -> argparse.ArgumentParser:
    """A parser of command lines that knows `--loop`. An adapter adds arguments of its own."""
    made = argparse.ArgumentParser(prog=name, **more)
    made.add_argument(
        "--loop", choices=LOOPS, default="asyncio", help="the event loop to serve on (%(default)s)"
    )
    return made


def loop_of_command_line() -> str:
    """What stands behind `--loop`. All else on the command line is the adapter's own."""
    given, _ = parser(add_help=False, allow_abbrev=False).parse_known_args()
    loop: str = given.loop
    return loop


def use_loop(loop: str) -> None:
    """Have every new event loop of this process be such a one.

    Ends the process with a sentence and status 2 where uvloop is not installed. Raises ValueError
    for the name of no loop.
    """
    if loop not in LOOPS:
        raise ValueError("the loop %r is none of: %s" % (loop, ", ".join(LOOPS)))
    if loop == "uvloop":
        uvloop = _uvloop()
        with warnings.catch_warnings():
            # What else reaches a framework that makes its own loop? Policies go with Python 3.16.
            warnings.simplefilter("ignore", DeprecationWarning)
            asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


def described(loop: str) -> str:
    """What a runtime's name has behind it: nothing for asyncio, which is a part of it."""
    return "" if loop == "asyncio" else ", uvloop %s" % _uvloop().__version__


def _uvloop() -> Any:
    try:
        import uvloop
    except ImportError as exc:
        sys.stderr.write(
            "there is no uvloop in this environment (%s): install it with `%s -m pip install "
            "uvloop`, or say --loop asyncio\n" % (exc, sys.executable)
        )
        sys.exit(2)
    return uvloop
