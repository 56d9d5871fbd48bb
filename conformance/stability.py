"""Whether verdicts are those of the subject, or of the weather: the catalogue many times over.

Owns docs/stability.md. All checks run on the reference, alone and beside another load, and no
verdict may change.

    python -m conformance.stability docs --runs 20
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .catalogue import all_checks
from .driver import Command, Deadlines
from .judge import Outcome as Verdict
from .verdicts import verdicts

ALONE = "alone"
_BUSY = "while True: pass"


@dataclass(frozen=True)
class Series:
    """Several runs under the same conditions."""

    name: str
    verdicts: tuple[dict[str, Verdict], ...]
    durations_s: tuple[float, ...]


@contextmanager
def load(processes: int) -> Iterator[list[int]]:
    """So many processes that do nothing but compute; their ids."""
    busy = [
        subprocess.Popen([sys.executable, "-S", "-c", _BUSY], start_new_session=True)  # noqa: S603
        for _ in range(processes)
    ]
    try:
        yield [process.pid for process in busy]
    finally:
        for process in busy:
            process.kill()
            process.wait()


async def series(name: str, command: Command, runs: int) -> Series:
    """The verdicts of so many runs, one behind the other."""
    found, durations_s = [], []
    for number in range(runs):
        started_s = time.monotonic()
        found.append(await verdicts(command, all_checks(), Deadlines()))
        durations_s.append(time.monotonic() - started_s)
        sys.stderr.write(f"\r{name}: {number + 1} of {runs} runs, {durations_s[-1]:.1f} s ")
    sys.stderr.write("\n")
    return Series(name, tuple(found), tuple(durations_s))


def changed(all_series: Sequence[Series]) -> dict[str, list[str]]:
    """The checks whose verdict was not the same in every run, with how it ended in each series."""
    ids = {id for one in all_series for found in one.verdicts for id in found}
    problems = {}
    for id in sorted(ids):
        seen = [found.get(id) for one in all_series for found in one.verdicts]
        if len(set(seen)) > 1:
            problems[id] = [f"{one.name}: {', '.join(_count(one, id))}" for one in all_series]
    return problems


def _count(one: Series, id: str) -> Iterator[str]:
    seen = [found.get(id) for found in one.verdicts]
    for verdict in dict.fromkeys(seen):
        name = "not run" if verdict is None else verdict.value
        yield f"{seen.count(verdict)} {name}"


def text(all_series: Sequence[Series]) -> str:
    """docs/stability.md."""
    runs = len(all_series[0].verdicts)
    lines = [
        "# The same verdicts every time",
        "",
        f"The whole catalogue on the reference, {runs} times alone and {runs} times beside another",
        "load on the same processors.",
        "",
        f"    python -m conformance.stability docs --runs {runs}",
        "",
        "| | runs | verdicts each | not passed | median | slowest |",
        "|---|---|---|---|---|---|",
    ]
    for one in all_series:
        others = sum(
            verdict is not Verdict.PASS and verdict is not Verdict.NOT_APPLICABLE
            for found in one.verdicts
            for verdict in found.values()
        )
        median_s, slowest_s = statistics.median(one.durations_s), max(one.durations_s)
        lines.append(
            f"| {one.name} | {len(one.verdicts)} | {len(one.verdicts[0])} | {others} | "
            f"{median_s:.1f} s | {slowest_s:.1f} s |"
        )
    problems = changed(all_series)
    lines += ["", f"Verdicts that changed: {len(problems) or 'none'}."]
    lines += [f"- `{id}`: {'; '.join(seen)}" for id, seen in problems.items()]
    return "\n".join(lines) + "\n"


def save(record: Path, one: Series) -> None:
    """Keep a series, for a document that is written when both are there."""
    known = {} if not record.exists() else json.loads(record.read_text(encoding="utf-8"))
    found = [{id: verdict.value for id, verdict in run.items()} for run in one.verdicts]
    known[one.name] = {"verdicts": found, "durations_s": one.durations_s}
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(known), encoding="utf-8")


def saved(record: Path) -> list[Series]:
    """The series that were kept, the one alone first."""
    known = json.loads(record.read_text(encoding="utf-8"))
    return [
        Series(
            name,
            tuple({id: Verdict(value) for id, value in run.items()} for run in one["verdicts"]),
            tuple(one["durations_s"]),
        )
        for name, one in sorted(known.items(), key=lambda item: item[0] != ALONE)
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when no verdict changed, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m conformance.stability",
        description="Run the catalogue on the reference many times, alone and beside a load.",
    )
    parser.add_argument("folder", type=Path, help="where stability.md is written")
    parser.add_argument("--runs", type=int, default=20, metavar="N", help="how often, each way")
    parser.add_argument(
        "--only", choices=("alone", "beside"), help="one of the two; the other one is kept"
    )
    parser.add_argument(
        "--load", metavar="WORDS", help="start none: there is one already, and this is what it is"
    )
    parser.add_argument(
        "--record", type=Path, default=Path("build/stability.json"), metavar="FILE",
        help="where the series are kept",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    command = Command([sys.executable, "-m", "conformance.adapters.reference"], "reference")
    if options.only is None and options.record.exists():
        options.record.unlink()
    if options.only != "beside":
        save(options.record, asyncio.run(series(ALONE, command, options.runs)))
    if options.only != "alone":
        busy = 0 if options.load else os.cpu_count() or 1
        name = f"beside {options.load or f'{busy} processes that compute without end'}"
        with load(busy):
            save(options.record, asyncio.run(series(name, command, options.runs)))
    both = saved(options.record)
    (options.folder / "stability.md").write_text(text(both), encoding="utf-8")
    problems = changed(both)
    for id, seen in problems.items():
        sys.stderr.write(f"{id}: {'; '.join(seen)}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
