"""Short slices on two servers in turns, without a pause: what disturbs one slice disturbs the next.

Owns the order and the clocks of it. All connections stay open from slice to slice, and a slice
begins and ends with no request under way, so that a server's processor time between the two is
that of its requests alone.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.command import Refused
from benchmarks.load.closed import Closed
from benchmarks.load.model import Job, Load


@dataclass(frozen=True)
class Turns:
    """What is done: `order` names a side for each slice, for example "ABBA"; `jobs` and `pids` are
    by side, the latter of all processes that serve. The jobs' own durations do not matter."""

    jobs: Mapping[str, Job]
    pids: Mapping[str, tuple[int, ...]]
    order: str
    slice_s: float

    def to_json(self) -> dict[str, Any]:
        return {
            "order": self.order,
            "slice_s": self.slice_s,
            "jobs": {side: job.to_json() for side, job in self.jobs.items()},
            "pids": {side: list(pids) for side, pids in self.pids.items()},
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Turns:
        return cls(
            {side: Job.from_json(job) for side, job in document["jobs"].items()},
            {side: tuple(pids) for side, pids in document["pids"].items()},
            document["order"],
            document["slice_s"],
        )


@dataclass(frozen=True)
class Turn:
    """One slice: its load, and what the server used of its processors."""

    side: str
    load: Load
    server_cpu_s: float

    def to_json(self) -> dict[str, Any]:
        load = self.load.to_json()
        return {"side": self.side, "load": load, "server_cpu_s": self.server_cpu_s}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Turn:
        load = Load.from_json(document["load"])
        return cls(document["side"], load, document["server_cpu_s"])


def take(turns: Turns) -> list[Turn]:
    """Run all slices. Raises Refused for the first answer that is wrong, naming its side, and when
    a server's process has ended."""
    loads = {side: Closed(job) for side, job in turns.jobs.items()}
    taken = []
    side = ""
    try:
        for side in loads:
            loads[side].open_all()
        for side in turns.order:
            before_s = processors_s(turns.pids[side])
            done = loads[side].turn(turns.slice_s)
            taken.append(Turn(side, done, processors_s(turns.pids[side]) - before_s))
    except Refused as refusal:
        raise Refused(f"{side}: answer {loads[side].requests + 1}: {refusal}") from refusal
    except OSError as error:
        said = error.strerror or str(error)
        raise Refused(f"{side}: answer {loads[side].requests + 1}: {said}") from error
    finally:
        for one in loads.values():
            one.close_all()
    return taken


def processors_s(pids: tuple[int, ...]) -> float:
    """Seconds that processes have run so far, all their threads. Raises OSError when one is gone.

    Linux numbers the clock of a process so (clock_getcpuclockid(3)): one system call for each.
    """
    return sum(time.clock_gettime((~pid << 3) | 2) for pid in pids)
