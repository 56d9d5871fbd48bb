"""Requests per second of pairs of servers: ``python -m benchmarks.throughput``.

Owns the order of a comparison: restart both, check their answers, alternate slices, check again.
It refuses (exit 2) rather than report a figure in which a single answer was wrong.
"""

import argparse
import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass

from benchmarks import load, procfs, wire
from benchmarks.command import Refused, machine, progress, run, write_json
from benchmarks.comparison import Comparison, Pair, Restart, Slice, document, report, restart_line
from benchmarks.load import Load
from benchmarks.scenarios import SCENARIOS, Scenario
from benchmarks.servers import Launch, Server, interpreters, known_peer, serving, versions

SERVER_CPU, LOAD_CPU = 0, 1
WARM_UP_S = 1  # the smallest wrk takes; specialised bytecode and caches settle well within it


@dataclass(frozen=True)
class Settings:
    """How much is measured. ``rounds`` is the number of ABBA rounds within a restart."""

    connections: int
    seconds: int
    restarts: int
    rounds: int


def order(number: int, rounds: int) -> str:
    """The sides in the order they are measured; odd restarts begin with B."""
    return ("ABBA", "BAAB")[number % 2] * rounds


def validated_bytes(server: Server, scenario: Scenario) -> float:
    """Wire bytes per answer; raises Refused unless every answer is exactly the expected one."""
    try:
        with wire.Connection(server.port) as connection:
            connection.send(scenario.probe)
            answers = [connection.read_answer() for _ in range(scenario.pipeline)]
    except OSError as failure:
        raise Refused(f"{server.peer}, {scenario.name}: {failure}") from failure
    for answer in answers:
        if answer.status != 200 or not scenario.accepts(answer.body):
            raise Refused(
                f"{server.peer}, {scenario.name}: answered {answer.status} {answer.body[:80]!r}"
            )
    return statistics.fmean(answer.wire_bytes for answer in answers)


def drive(server: Server, scenario: Scenario, connections: int, seconds: int) -> Load:
    """Loads one server; raises Refused, naming it, when wrk could not."""
    try:
        return load.drive(server.port, scenario, connections, seconds, LOAD_CPU)
    except Refused as refusal:
        status = server.process.poll()
        state = "still runs" if status is None else f"ended with status {status}"
        raise Refused(f"{server.peer}, {scenario.name}: {state}; {refusal}") from refusal


def measure_slice(
    side: str, server: Server, scenario: Scenario, settings: Settings, answer_bytes: float
) -> Slice:
    """One validated slice; raises Refused when wrk saw an error or unexpected lengths."""
    before_s = procfs.cpu_s(server.pid)
    driven = drive(server, scenario, settings.connections, settings.seconds)
    found = load.objections(driven, answer_bytes)
    if found:
        raise Refused(f"{server.peer}, {scenario.name}: {'; '.join(found)}")
    return Slice(side, driven, procfs.cpu_s(server.pid) - before_s)


def measure_restart(
    pair: Pair, loop: str, scenario: Scenario, settings: Settings, launch: Launch, number: int
) -> Restart:
    """Starts both sides afresh and measures them in turns."""
    with ExitStack() as stack:
        servers = {
            side: stack.enter_context(serving(peer, loop, launch))
            for side, peer in zip("AB", pair, strict=True)
        }
        answer_bytes = {side: validated_bytes(server, scenario) for side, server in servers.items()}
        for server in servers.values():
            drive(server, scenario, settings.connections, WARM_UP_S)
        slices = tuple(
            measure_slice(side, servers[side], scenario, settings, answer_bytes[side])
            for side in order(number, settings.rounds)
        )
        for server in servers.values():
            validated_bytes(server, scenario)
    return Restart(slices, answer_bytes)


def compare(
    pair: Pair, loop: str, scenario: Scenario, settings: Settings, launch: Launch
) -> Comparison:
    """All restarts of one comparison, with a line of progress for each."""
    restarts = []
    for number in range(settings.restarts):
        restart = measure_restart(pair, loop, scenario, settings, launch, number)
        restarts.append(restart)
        progress(
            f"{loop} {scenario.name} {':'.join(pair)} restart {number + 1}/{settings.restarts}: "
            + restart_line(restart)
        )
    return Comparison(pair, loop, scenario.name, tuple(restarts))


def parse_pairs(text: str) -> list[Pair]:
    """Reads ``A:B,C:D``; raises Refused for anything else and for unknown peers."""
    pairs = []
    for item in text.split(","):
        a, colon, b = item.partition(":")
        if not colon:
            raise Refused(f"a pair is written A:B, not {item!r}")
        pairs.append((known_peer(a), known_peer(b)))
    return pairs


def parse_scenarios(text: str) -> list[Scenario]:
    """Reads a comma-separated list of names; raises Refused for unknown ones."""
    unknown = [name for name in text.split(",") if name not in SCENARIOS]
    if unknown:
        raise Refused(f"unknown scenarios {unknown}; there are {', '.join(SCENARIOS)}")
    return [SCENARIOS[name] for name in text.split(",")]


def parse_loops(text: str) -> list[str]:
    loops = text.split(",")
    if not set(loops) <= {"asyncio", "uvloop"}:
        raise Refused(f"event loops are asyncio and uvloop, not {text!r}")
    return loops


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput")
    parser.add_argument("--pairs", default="reference:aiohttp", metavar="A:B,…")
    parser.add_argument("--scenario", default="plaintext", metavar="NAME,…")
    parser.add_argument("--loop", default="asyncio", metavar="asyncio,uvloop")
    parser.add_argument("--connections", type=positive, default=64)
    parser.add_argument("--seconds", type=positive, default=2, help="length of one slice")
    parser.add_argument("--restarts", type=positive, default=5)
    parser.add_argument("--rounds", type=positive, default=1, help="ABBA rounds per restart")
    parser.add_argument("--python", action="append", default=[], metavar="PEER=INTERPRETER")
    parser.add_argument("--json", metavar="FILE", help="where to write every raw slice")
    return parser.parse_args(arguments)


def peer_versions(pairs: str, launch: Launch) -> dict[str, dict[str, str | None]]:
    """What each peer of the command line runs on, by name."""
    peers = {peer for pair in parse_pairs(pairs) for peer in pair}
    return {peer: versions(peer, launch.pythons) for peer in sorted(peers)}


def comparisons_of(
    options: argparse.Namespace, settings: Settings, launch: Launch
) -> Iterator[Comparison]:
    """Every loop, scenario and pair of the command line, in that nesting."""
    pairs, scenarios = parse_pairs(options.pairs), parse_scenarios(options.scenario)
    for loop in parse_loops(options.loop):
        for scenario in scenarios:
            for pair in pairs:
                yield compare(pair, loop, scenario, settings, launch)


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse_arguments(arguments)
    settings = Settings(options.connections, options.seconds, options.restarts, options.rounds)
    launch = Launch(cpu=SERVER_CPU, pythons=interpreters(options.python))
    # Taken before the load, so that the load average is that of the other work going on.
    conditions = {"machine": machine(), "versions": peer_versions(options.pairs, launch)}
    comparisons = list(comparisons_of(options, settings, launch))
    measured = {"settings": asdict(settings), "comparisons": document(comparisons)}
    write_json(options.json, {**conditions, **measured})
    print(report(comparisons))


if __name__ == "__main__":
    run(main)
