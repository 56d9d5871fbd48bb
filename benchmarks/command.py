"""What the benchmarks share at their edge: refusing, saying how far it is, ending a process."""

import os
import platform
import signal
import sys
from collections.abc import Callable
from types import FrameType


class Refused(Exception):
    """A measurement that must not be reported: something answered wrongly, or not at all."""


def progress(line: str) -> None:
    """One line to the person who waits; results alone go to stdout."""
    print(line, file=sys.stderr, flush=True)


def run(main: Callable[[], None]) -> None:
    """Ends the process with 0 when ``main`` measured, with 2 when it refused to."""
    # Servers live in sessions of their own and would survive us: turning SIGTERM into an
    # exception lets the context managers that started them end them.
    signal.signal(signal.SIGTERM, _exit_on_signal)
    try:
        main()
    except Refused as refusal:
        progress(f"refused: {refusal}")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


def machine() -> dict[str, object]:
    """The conditions of a measurement, without anything that names the machine."""
    return {
        "python": platform.python_version(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "cpus": os.cpu_count(),
        "load_average_1min": os.getloadavg()[0],
    }


def _exit_on_signal(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)
