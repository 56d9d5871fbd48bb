"""What becomes of mutants: each is served and judged, up to the first check that fails.

Owns the copies of the reference, and the record that a run which was broken off goes on from.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ..catalogue import all_checks
from ..check import Check
from ..driver import Command, Deadlines
from ..judge import Outcome as Verdict
from ..protocol import AdapterError
from ..verdicts import fails, verdicts
from . import ROOT, SUBJECT
from .reach import reach
from .sample import Mutant, mutated

_DEADLINES = Deadlines(hello_s=15.0, start_s=5.0, step_s=4.0, exit_s=6.0)
_LEFT_OUT = ("load", "cost")  # they measure, and want the machine for themselves
_MEMORY_BYTES = 4 << 30  # a mutant may ask for all there is
_RUN = (
    "import resource, runpy; "
    f"resource.setrlimit(resource.RLIMIT_AS, ({_MEMORY_BYTES}, {_MEMORY_BYTES})); "
    "runpy.run_module('conformance.adapters.reference', run_name='__main__')"
)


@dataclass(frozen=True)
class Fate:
    """What became of a mutant: the check that failed, or None when none did. `is_reached` tells
    whether a check runs the changed lines at all."""

    mutant: Mutant
    killed_by: str | None
    is_reached: bool = True


def _command(folder: Path) -> Command:
    """The reference's adapter, with the `reference` of that folder."""
    path = os.pathsep.join([str(folder), str(ROOT)])
    env = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    return Command([sys.executable, "-P", "-c", _RUN], "mutant", env)


async def fate(mutant: Mutant, checks: Sequence[Check]) -> Fate:
    """Run the checks on a mutant until one fails. A failure counts when it comes again on a
    process of its own: noise kills nothing."""
    with tempfile.TemporaryDirectory(prefix="trueline-mutant-") as name:
        folder = Path(name)
        ignored = shutil.ignore_patterns("tests", "examples", "__pycache__")
        shutil.copytree(ROOT / SUBJECT, folder / SUBJECT, ignore=ignored)
        _, after = mutated(ROOT / SUBJECT, mutant.module, mutant.operator, mutant.occurrence)
        (folder / SUBJECT / mutant.module).write_text(after, encoding="utf-8")
        command = _command(folder)
        # The quick ones first: most mutants do not live to see those that start a process.
        for part in (
            [check for check in checks if not check.has_process_alone],
            [check for check in checks if check.has_process_alone],
        ):
            killer = await _killer(command, part)
            if killer is not None:
                return Fate(mutant, killer)
    return Fate(mutant, None)


async def _killer(command: Command, checks: Sequence[Check]) -> str | None:
    by_id = {check.id: check for check in checks}
    left = list(checks)
    while left:
        found = await _verdicts(command, left)
        failed = [id for id, verdict in found.items() if _kills(verdict)]
        for id in failed:
            again = await _verdicts(command, [by_id[id]])
            if any(map(_kills, again.values())):
                return id
        if not failed:
            return None
        left = [check for check in left if check.id not in found]
    return None


async def _verdicts(command: Command, checks: Sequence[Check]) -> dict[str, Verdict]:
    try:
        return await verdicts(command, checks, _DEADLINES, to_first_failure=True)
    except AdapterError:  # it does not even say hello
        return {checks[0].id: Verdict.ERROR}


def _kills(verdict: Verdict) -> bool:
    return fails(verdict) or verdict is Verdict.ERROR


async def run(mutants: Sequence[Mutant], jobs: int, record: Path) -> list[Fate]:
    """The fate of each, `jobs` at a time. What is in `record` is not run again, and every fate is
    added to it at once: a run that is broken off goes on where it was."""
    known = {one.mutant: one for one in read(record)}
    checks = [check for check in all_checks() if check.category not in _LEFT_OUT]
    reached = await reach(checks) if set(mutants) - known.keys() else None
    limit = asyncio.Semaphore(jobs)
    done = 0

    async def one(mutant: Mutant) -> Fate:
        nonlocal done
        if mutant not in known:
            if reached is not None and not reached.has(mutant.module, mutant.line):
                known[mutant] = Fate(mutant, None, is_reached=False)
            else:
                async with limit:
                    known[mutant] = await fate(mutant, checks)
            with record.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(known[mutant])) + "\n")
        done += 1
        survivors = sum(each.killed_by is None for each in known.values())
        sys.stderr.write(f"\r{done}/{len(mutants)} mutants, {survivors} survive ")
        return known[mutant]

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(mutant)) for mutant in mutants]
    fates = [task.result() for task in tasks]
    sys.stderr.write("\n")
    return fates


def read(record: Path) -> Iterator[Fate]:
    """The fates of an earlier run."""
    if record.exists():
        for line in record.read_text(encoding="utf-8").splitlines():
            data = json.loads(line)
            yield Fate(Mutant(**data["mutant"]), data["killed_by"], data["is_reached"])
