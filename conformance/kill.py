"""Who checks the checks: every check is run against miniatures that do one thing wrong.

Owns the kill matrix. `python -m conformance.kill FOLDER` (`make kill-matrix`) runs every miniature
against the checks of the categories that its fault belongs to, and writes docs/kill-matrix.md; a
test runs each miniature against the checks that name it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .catalogue import all_checks
from .check import Check
from .driver import Command, Deadlines
from .judge import Outcome as Verdict
from .miniature.faults import FAULTS
from .verdicts import fails, verdicts

AT_ONCE = 3
DEADLINES = Deadlines(step_s=3.0, exit_s=5.0)


def command(*faults: str) -> Command:
    """The miniature with these faults."""
    argv = [sys.executable, "-m", "conformance.adapters.miniature"]
    for fault in faults:
        argv += ["--fault", fault]
    return Command(argv, "miniature")


async def matrix(pairs: Mapping[str, Sequence[Check]]) -> dict[str, dict[str, Verdict]]:
    """The verdicts on the checks of each fault, several miniatures at a time."""
    limit = asyncio.Semaphore(AT_ONCE)
    found: dict[str, dict[str, Verdict]] = {}

    async def one(fault: str, checks: Sequence[Check]) -> None:
        async with limit:
            found[fault] = await verdicts(command(fault), checks, DEADLINES)
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{len(found)}/{len(pairs)} miniatures")

    # Not `gather`: where one fails, the event loop would be ended with processes half started.
    async with asyncio.TaskGroup() as group:
        for fault, checks in pairs.items():
            group.create_task(one(fault, checks))
    return found


def named_checks() -> dict[str, list[Check]]:
    """The checks that say that a fault fails them, by fault."""
    found: dict[str, list[Check]] = {}
    for check in all_checks():
        for fault in check.faults:
            found.setdefault(fault, []).append(check)
    return found


def text(found: Mapping[str, Mapping[str, Verdict]]) -> str:
    """The document: each check with the miniatures that it fails on."""
    killers: dict[str, list[str]] = {check.id: [] for check in all_checks()}
    for fault, outcomes in sorted(found.items()):
        for id, verdict in outcomes.items():
            if fails(verdict):
                killers[id].append(fault)
    lines = [
        "# The kill matrix",
        "",
        f"{len(killers)} checks and {len(found)} miniatures: implementations that do one thing",
        "wrong. Each is run against the checks of every category that has one which names its",
        "fault (of those that start a process of their own, against the ones that name it). A",
        "check that fails on none would not be finished. Bold are the faults that a check says",
        "it is for. Written by `make kill-matrix`.",
        "",
        "| check | fails on |",
        "|---|---|",
    ]
    for check in all_checks():
        shown = [f"**{fault}**" if fault in check.faults else fault for fault in killers[check.id]]
        lines.append(f"| `{check.id}` | {', '.join(shown) or '—'} |")
    lines += [
        "",
        "## The faults",
        "",
        "| fault | what it does wrong | fails checks |",
        "|---|---|---|",
    ]
    for fault in sorted(found):
        count = sum(map(fails, found[fault].values()))
        lines.append(f"| {fault} | {FAULTS[fault]} | {count} |")
    return "\n".join(lines) + "\n"


def related() -> dict[str, list[Check]]:
    """The checks of every category that has one which names the fault; of those with a process of
    their own, which are most of the work, only the ones that name it."""
    return {
        fault: [
            check
            for check in all_checks()
            if fault in check.faults
            or (check.category in {one.category for one in named} and not check.has_process_alone)
        ]
        for fault, named in named_checks().items()
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m conformance.kill",
        description="Run checks on miniatures that do one thing wrong, and write kill-matrix.md.",
    )
    parser.add_argument("folder", type=Path, help="where kill-matrix.md is written")
    parser.add_argument(
        "--all", action="store_true",
        help="every check on every miniature, not only those of the same categories: hours",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    pairs: Mapping[str, Sequence[Check]] = related()
    if options.all:
        pairs = {fault: all_checks() for fault in pairs}
    found = asyncio.run(matrix(pairs))
    (options.folder / "kill-matrix.md").write_text(text(found), encoding="utf-8")


if __name__ == "__main__":
    main()
