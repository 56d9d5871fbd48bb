"""The verdicts of many checks on one command, for those who compare runs.

Owns that a SHOULD counts as a MUST here, and that a run can end at its first failure.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from .check import Check
from .driver import Command, Deadlines
from .judge import Outcome as Verdict
from .judge import Rules, judge, not_applicable
from .sweep import Outcome, Sweep


def fails(verdict: Verdict) -> bool:
    """The check has noticed something."""
    return verdict in (Verdict.FAIL, Verdict.WARN)


async def verdicts(
    command: Command,
    checks: Iterable[Check],
    deadlines: Deadlines,
    *,
    to_first_failure: bool = False,
) -> dict[str, Verdict]:
    """How each check ends, by its id; those that do not apply are left out.

    A check that the harness could not make is an error. With `to_first_failure` the run ends at
    the first check that fails or is an error, and the dict holds what was seen until then.
    """
    sweep = Sweep(command, deadlines)
    found: dict[str, Verdict] = {}
    has_failed = asyncio.Event()

    def report(check: Check, outcome: Outcome) -> None:
        rules = Rules(strict=True, dialect=sweep.hello.dialect)
        verdict = Verdict.ERROR
        if outcome.error is None:
            verdict = judge(check, outcome.seen, rules).outcome
        found[check.id] = verdict
        if fails(verdict) or verdict is Verdict.ERROR:
            has_failed.set()

    try:
        hello = await sweep.open()
        wanted = [
            check
            for check in checks
            if not not_applicable(check, hello.dialect, hello.capabilities)
        ]
        running = asyncio.create_task(sweep.run(wanted, report))
        failing = asyncio.create_task(has_failed.wait())
        awaited = {running, failing} if to_first_failure else {running}
        await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
        failing.cancel()
        if running.done():
            running.result()
        else:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    finally:
        await sweep.close()
    return found
