"""The built-in client against wrk: `python -m benchmarks.load.validate --port N [--pid PID]`.

Both drive one server that runs already, in turns (A B B A): what differs between them is the
client. Says both rates, their ratio with its interval, how busy both clients were, and, with the
pid of the server, what the server itself used for a request under either. Exit status 1 when the
interval excludes an agreement within the margin.
"""

import argparse
import asyncio
import math
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.command import Refused, progress, run
from benchmarks.load import wrk
from benchmarks.load.engines import ENGINES, drive
from benchmarks.load.model import Job, Load
from benchmarks.load.turns import processors_s
from benchmarks.statistics.intervals import t_interval

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Turn:
    """One load by one engine; `server_cpu_s` is None where nobody said which process serves."""

    engine: str
    load: Load
    server_cpu_s: float | None


def log_ratios(turns: Sequence[Turn]) -> list[float]:
    """ln(rate of the built-in client / rate of wrk) for each pair, in the order of the turns."""
    return _pairs([(turn.engine, turn.load.rate_per_s) for turn in turns])


def log_cpu_ratios(turns: Sequence[Turn]) -> list[float]:
    """The same of the server's processor time for a request; empty where it is not known."""
    known = [
        (turn.engine, turn.server_cpu_s / turn.load.requests)
        for turn in turns
        if turn.server_cpu_s is not None
    ]
    return _pairs(known)


def _pairs(figures: Sequence[tuple[str, float]]) -> list[float]:
    of = {engine: [figure for name, figure in figures if name == engine] for engine in ENGINES}
    return [math.log(b / a) for a, b in zip(of["wrk"], of["builtin"], strict=True)]


def excludes(bounds: tuple[float, float], margin: float) -> bool:
    """Whether no ratio between these logarithms is within the margin of 1."""
    low, high = math.log(1 - margin), math.log(1 + margin)
    return bounds[1] < low or bounds[0] > high


def report(turns: Sequence[Turn]) -> str:
    """The lines of figures: medians of each engine, then built-in over wrk."""
    lines = [_engine_line(engine, [t for t in turns if t.engine == engine]) for engine in ENGINES]
    lines.append(_ratio_line("rate", log_ratios(turns)))
    cpu = log_cpu_ratios(turns)
    if cpu:
        lines.append(_ratio_line("server CPU for a request", cpu))
    return "\n".join(lines)


def _engine_line(engine: str, turns: Sequence[Turn]) -> str:
    rate = statistics.median(turn.load.rate_per_s for turn in turns)
    busy = statistics.median(turn.load.client_busy for turn in turns)
    client_us = statistics.median(t.load.client_cpu_s / t.load.requests for t in turns) * 1e6
    line = f"{engine:8} {rate:8.0f} requests/s, client {busy:.0%} busy, {client_us:.1f} µs each"
    known = [turn for turn in turns if turn.server_cpu_s is not None]
    if not known:
        return line
    server_us = statistics.median((t.server_cpu_s or 0) / t.load.requests for t in known) * 1e6
    return f"{line}; server {server_us:.1f} µs each, client/server {client_us / server_us:.2f}"


def _ratio_line(name: str, logs: Sequence[float]) -> str:
    mean, low, high, _ = t_interval(logs, CONFIDENCE)
    interval = f"{math.exp(low):.3f}–{math.exp(high):.3f}" if math.isfinite(low) else "none"
    return (
        f"{name}, built-in over wrk: {math.exp(mean):.3f} ({CONFIDENCE:.0%} interval {interval},"
        f" pairs {math.exp(min(logs)):.3f}–{math.exp(max(logs)):.3f})"
    )


async def take_turns(job: Job, rounds: int, cpu: int | None, pid: int | None) -> list[Turn]:
    """`rounds` times wrk, built-in, built-in, wrk. Raises Refused for a wrong answer."""
    turns = []
    for number in range(4 * rounds):
        engine = ENGINES[number % 4 in (1, 2)]
        before_s = 0.0 if pid is None else processors_s((pid,))
        load = await drive(job, engine, cpu)
        used_s = None if pid is None else processors_s((pid,)) - before_s
        turns.append(Turn(engine, load, used_s))
        progress(f"{number + 1}/{4 * rounds} {engine}: {load.rate_per_s:.0f} requests/s")
    return turns


async def validation_costs(job: Job, cpu: int | None) -> str:
    """What validating every answer costs wrk: its processor time with and without it."""
    load = {}
    for validate in (True, False, True, False):
        load[validate] = await wrk.drive(job, cpu, validate=validate)
    with_us, without_us = (
        load[key].client_cpu_s / load[key].requests * 1e6 for key in (True, False)
    )
    return f"wrk uses {with_us:.1f} µs for a request, {without_us:.1f} when it does not validate"


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load.validate")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pid", type=int, help="of the server, for its processor time")
    parser.add_argument("--target", default="/")
    parser.add_argument("--body", default="Hello, World!", help="that every answer must have")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3, help="each of four turns")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a turn")
    parser.add_argument("--cpu", type=int, default=1, help="the processor of the clients")
    parser.add_argument("--margin", type=float, default=0.05)
    return parser.parse_args(arguments)


async def validate(options: argparse.Namespace) -> bool:
    """Prints the figures; whether both agree."""
    request = f"GET {options.target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    job = Job(
        "127.0.0.1",
        options.port,
        request,
        200,
        options.body.encode(),
        connections=options.connections,
        duration_s=options.seconds,
    )
    await drive(job, "builtin", options.cpu)  # warms the server up
    turns = await take_turns(job, options.rounds, options.cpu, options.pid)
    print(report(turns))
    print(await validation_costs(job, options.cpu))
    _, low, high, _ = t_interval(log_ratios(turns), CONFIDENCE)
    return not excludes((low, high), options.margin)


def main() -> None:
    options = parse_arguments(None)
    if options.rounds < 1:
        raise Refused("at least one round of turns")
    if not 0 <= options.margin < 1:
        raise Refused(f"a margin is a share, 0.05 for 5 %, not {options.margin:g}")
    try:
        agree = asyncio.run(validate(options))
    except ProcessLookupError as error:
        raise Refused(str(error.strerror)) from error
    if not agree:
        sys.exit(1)


if __name__ == "__main__":
    run(main)
