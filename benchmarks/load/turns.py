"""Short slices on two servers in turns, without a pause: what disturbs one slice disturbs the next.

Owns the order and the clocks of it. All connections stay open from slice to slice, and a slice
begins and ends with no request under way, so that a server's processor time between the two is
that of its requests alone.

A server that is *restless* uses its processor while nobody asks it for anything (socketify polls
without waiting for some 50 ms behind a request). It would take half of the processor from the one
whose turn it is, so it is stopped meanwhile. Whether one is shows behind a first turn of each,
which does not count.
"""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from benchmarks.command import Refused
from benchmarks.load.closed import Closed
from benchmarks.load.model import Job, Load

_REST_S = 0.03
_RESTLESS_S = 0.006
"""Processor time in so long a rest. A server that waits takes next to none."""


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
    restless: list[str] = []
    try:
        for side in loads:
            loads[side].open_all()
        for side in loads:
            loads[side].turn(turns.slice_s)
            if is_restless(turns.pids[side]):
                restless.append(side)
        for side in turns.order:
            for other in restless:
                _signal(turns.pids[other], signal.SIGCONT if other == side else signal.SIGSTOP)
            before_s = processors_s(turns.pids[side])
            done = loads[side].turn(turns.slice_s)
            taken.append(Turn(side, done, processors_s(turns.pids[side]) - before_s))
    except Refused as refusal:
        raise Refused(f"{side}: answer {loads[side].requests + 1}: {refusal}") from refusal
    except OSError as error:
        said = error.strerror or str(error)
        raise Refused(f"{side}: answer {loads[side].requests + 1}: {said}") from error
    finally:
        for side in restless:
            _signal(turns.pids[side], signal.SIGCONT)
        for one in loads.values():
            one.close_all()
    return taken


def is_restless(pids: tuple[int, ...]) -> bool:
    """Whether processes that nobody asks use much of their processors all the same.

    The sleep awaits nothing: it is the time that is looked at. Processor time counts and not its
    share: a sleep that a busy machine makes longer hides nobody who polled at its beginning.
    """
    before_s = processors_s(pids)
    time.sleep(_REST_S)
    return processors_s(pids) - before_s > _RESTLESS_S


def _signal(pids: tuple[int, ...], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):  # `processors_s` says so, in its next turn
            os.kill(pid, number)


def processors_s(pids: tuple[int, ...]) -> float:
    """Seconds that processes have run so far, all their threads.

    Linux numbers the clock of a process so (clock_getcpuclockid(3)): one system call for each.
    Raises ProcessLookupError when one is gone.
    """
    used_s = 0.0
    for pid in pids:
        try:
            used_s += time.clock_gettime((~pid << 3) | 2)
        except OSError as error:  # that the clock's number is invalid
            raise ProcessLookupError(errno.ESRCH, f"process {pid} has ended") from error
    return used_s
