"""Start-up time of servers: ``python -m benchmarks.startup [A B]``.

Measures from spawning the process to the end of its first answer (interpreter, imports,
application, listening), with the two sides in turns.
"""

import argparse
import statistics
from collections.abc import Sequence

from benchmarks.command import Refused, machine, progress, run, write_json
from benchmarks.intervals import restart_log_ratio, summarise
from benchmarks.servers import Launch, interpreters, known_peer, serving, versions
from benchmarks.table import render

POLL_S = 0.001  # the resolution of the figures: how often the port is tried


def startup_s(peer: str, loop: str, launch: Launch) -> float:
    """Seconds from spawning ``peer`` to its first 200."""
    with serving(peer, loop, launch) as server:
        return server.startup_s


def measure(
    peers: Sequence[str], loop: str, launch: Launch, restarts: int
) -> dict[str, list[float]]:
    """Start-up times by peer, the k-th of each taken next to each other, the first turn swapped."""
    times: dict[str, list[float]] = {peer: [] for peer in peers}
    for peer in peers:
        startup_s(peer, loop, launch)  # compiles bytecode and fills the page cache
    for number in range(restarts):
        for peer in peers if number % 2 == 0 else reversed(peers):
            times[peer].append(startup_s(peer, loop, launch))
        progress(", ".join(f"{peer} {times[peer][-1] * 1000:.0f} ms" for peer in peers))
    return times


def report(times: dict[str, list[float]]) -> str:
    """Medians in milliseconds, and the ratio of the first peer to the second."""
    rows = [
        [
            peer,
            f"{statistics.median(taken) * 1000:.1f}",
            f"{min(taken) * 1000:.1f}–{max(taken) * 1000:.1f}",
        ]
        for peer, taken in times.items()
    ]
    a, b = times.values()
    ratio = summarise([restart_log_ratio([x], [y]) for x, y in zip(a, b, strict=True)])
    line = f"ratio {':'.join(times)} {ratio.median:.3f} ({ratio.low:.3f}–{ratio.high:.3f})"
    return render(["peer", "median ms", "min–max"], rows) + "\n" + line


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup")
    parser.add_argument("peers", nargs="*", default=["reference", "aiohttp"], metavar="PEER")
    parser.add_argument("--loop", choices=("asyncio", "uvloop"), default="asyncio")
    parser.add_argument("--restarts", type=int, default=10)
    parser.add_argument("--python", action="append", default=[], metavar="PEER=INTERPRETER")
    parser.add_argument("--json", metavar="FILE", help="where to write every time, in seconds")
    options = parser.parse_args(arguments)
    if len(set(options.peers)) != 2:
        raise Refused("start-up compares two different peers")
    peers = [known_peer(peer) for peer in options.peers]
    launch = Launch(pythons=interpreters(options.python), poll_s=POLL_S)
    times = measure(peers, options.loop, launch, options.restarts)
    document: dict[str, object] = {
        "machine": machine(),
        "loop": options.loop,
        "versions": {peer: versions(peer, launch.pythons) for peer in peers},
        "startup_s": times,
    }
    write_json(options.json, document)
    print(report(times))


if __name__ == "__main__":
    run(main)
