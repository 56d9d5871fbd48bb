"""How resolving grows with the number of routes: ``python -m benchmarks.routing``.

Owns a comparison within one process: the dispatcher of `reference` with many routes against one
with few, literal and with one parameter. The ratio is the figure; 1 means the size costs nothing.
"""

import argparse
import random
import time
from collections.abc import Callable, Sequence

from benchmarks.command import Refused, machine, progress, run, write_json
from benchmarks.intervals import restart_log_ratio, summarise
from benchmarks.table import render
from reference import Request, Response, UrlDispatcher

# Requests per timed pass. The same number for both sizes, drawn from the whole table: what a large
# table costs in cache misses is part of its price.
SAMPLE = 1000
PASSES = 20  # per timing: about 10 ms, far above the resolution of the clock

# Pattern and matching path of the route with a number; all numbers are equally long.
SHAPES: dict[str, tuple[Callable[[int], str], Callable[[int], str]]] = {
    "literal": (lambda n: f"/resource{n:06d}/items", lambda n: f"/resource{n:06d}/items"),
    "one param": (lambda n: f"/resource{n:06d}/{{name}}", lambda n: f"/resource{n:06d}/n{n:06d}"),
}


async def handler(request: Request) -> Response:
    raise AssertionError("routes are resolved here, never called")


def build(shape: str, routes: int) -> UrlDispatcher:
    pattern, _ = SHAPES[shape]
    dispatcher = UrlDispatcher()
    for number in range(routes):
        dispatcher.add_get(pattern(number), handler)
    return dispatcher


def sample(shape: str, routes: int) -> list[str]:
    """``SAMPLE`` raw paths that match, the same ones in every run."""
    _, path = SHAPES[shape]
    chosen = random.Random(1)
    return [path(chosen.randrange(routes)) for _ in range(SAMPLE)]


def check(dispatcher: UrlDispatcher, paths: Sequence[str]) -> None:
    """Raises Refused unless every path finds a route: a miss is not what is timed."""
    missed = [path for path in paths if dispatcher.resolve("GET", path).route is None]
    if missed:
        raise Refused(f"{len(missed)} paths found no route, {missed[0]} among them")


def resolve_s(dispatcher: UrlDispatcher, paths: Sequence[str]) -> float:
    """Seconds of this thread's CPU per resolution; other work on the machine does not count."""
    resolve = dispatcher.resolve
    started_s = time.thread_time()
    for _ in range(PASSES):
        for path in paths:
            resolve("GET", path)
    return (time.thread_time() - started_s) / (PASSES * len(paths))


def measure(shape: str, small: int, large: int, rounds: int) -> list[tuple[float, float]]:
    """Seconds per resolution with the large and with the small table, in rounds of ABBA."""
    tables = [(build(shape, count), sample(shape, count)) for count in (large, small)]
    for dispatcher, paths in tables:
        check(dispatcher, paths)
        resolve_s(dispatcher, paths)  # lets the interpreter specialise the code
    timings = []
    for number in range(rounds):
        taken = [0.0, 0.0]
        for side in (0, 1, 1, 0) if number % 2 == 0 else (1, 0, 0, 1):
            taken[side] += resolve_s(*tables[side]) / 2
        timings.append((taken[0], taken[1]))
    return timings


def row(shape: str, timings: Sequence[tuple[float, float]]) -> list[str]:
    """One line of the report; nanoseconds are the smallest seen, disturbances only add."""
    ratio = summarise([restart_log_ratio([large], [small]) for large, small in timings])
    return [
        shape,
        f"{min(large for large, _ in timings) * 1e9:.0f}",
        f"{min(small for _, small in timings) * 1e9:.0f}",
        f"{ratio.median:.3f}",
        f"{ratio.low:.3f}–{ratio.high:.3f}",
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.routing")
    parser.add_argument("--small", type=int, default=10)
    parser.add_argument("--large", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--json", metavar="FILE", help="where to write every timing, in seconds")
    options = parser.parse_args(arguments)
    conditions = machine()
    timings = {}
    for shape in SHAPES:
        progress(f"{shape}, {options.large} routes and {options.small}")
        timings[shape] = measure(shape, options.small, options.large, options.rounds)
    write_json(
        options.json,
        {
            "machine": conditions,
            "routes": {"large": options.large, "small": options.small},
            "resolve_s": timings,
        },
    )
    header = ["shape", f"{options.large} routes ns", f"{options.small} routes ns"]
    rows = [row(shape, taken) for shape, taken in timings.items()]
    print(render([*header, "ratio", "min–max"], rows))


if __name__ == "__main__":
    run(main)
