"""Driving load with wrk, and reading what it says.

Owns the wrk command line and its output. Parsing is pure.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.command import Refused
from benchmarks.scenarios import Scenario

SCRIPT = Path(__file__).resolve().parent / "wrk" / "replay.lua"

_EXACT = re.compile(r"^exact: requests=(\d+) bytes=(\d+) duration_us=(\d+)$", re.MULTILINE)
_FAULTS = re.compile(r"^\s*((?:Non-2xx or 3xx responses|Socket errors):.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Load:
    """What one run of wrk did; ``faults`` are its lines about errors, word for word."""

    requests: int
    read_bytes: int
    duration_s: float
    faults: tuple[str, ...] = ()

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.requests / self.duration_s


def parse_output(output: str) -> Load:
    """Reads the exact counts that replay.lua prints and the faults that wrk itself reports.

    Raises Refused when there are no counts: wrk failed before it began.
    """
    exact = _EXACT.search(output)
    if exact is None:
        raise Refused(f"wrk printed no counts:\n{output}")
    requests, read_bytes, duration_us = (int(number) for number in exact.groups())
    return Load(requests, read_bytes, duration_us / 1e6, tuple(_FAULTS.findall(output)))


def objections(load: Load, answer_bytes: float) -> list[str]:
    """Why this load is no measurement; empty when it is one.

    ``answer_bytes`` is the length of a validated answer. Reading every body in Lua would make wrk
    the bottleneck; an error page of another length shows in the bytes per request instead.
    """
    found = list(load.faults)
    if load.requests == 0 or load.duration_s == 0:
        return [*found, "not one request was answered"]
    mean_bytes = load.read_bytes / load.requests
    if abs(mean_bytes - answer_bytes) > 0.01 * answer_bytes:
        found.append(f"{mean_bytes:.1f} bytes per answer, validated were {answer_bytes:.1f}")
    return found


def drive(port: int, scenario: Scenario, connections: int, seconds: int, cpu: int) -> Load:
    """Runs wrk with one thread on ``cpu`` for ``seconds`` seconds."""
    command = ["taskset", "-c", str(cpu), wrk_program(), "--threads", "1"]
    command += ["--connections", str(connections), "--duration", f"{seconds}s"]
    command += ["--script", str(SCRIPT), f"http://127.0.0.1:{port}/", "--"]
    command.append(scenario.load.decode("ascii"))
    finished = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds + 30,
        check=False,
    )
    return parse_output(finished.stdout)


def wrk_program() -> str:
    """The path of wrk; raises Refused where it is not installed."""
    program = shutil.which("wrk")
    if program is None:
        raise Refused("wrk is not installed")
    return program
