"""Load on a server, every answer validated: a `Job` is driven by an engine, which yields a `Load`.

Two engines: wrk, where it is installed, and a client in pure Python, which needs nothing and alone
keeps a fixed rate. Of a server it knows the address, and for slices in turns the processes.
"""

from typing import TYPE_CHECKING

from benchmarks.load.histogram import Histogram
from benchmarks.load.model import Job, Load

if TYPE_CHECKING:
    from benchmarks.load.engines import Engine, available, drive

__all__ = ["Engine", "Histogram", "Job", "Load", "available", "drive"]


def __getattr__(name: str) -> object:
    """What runs engines needs asyncio, which the client does without: it is four fifths of what it
    would import."""
    if name not in ("Engine", "available", "drive"):
        raise AttributeError(name)
    from benchmarks.load import engines

    return getattr(engines, name)
