"""Start-up time of servers: from spawning the process to the end of its first right answer.

For an adapter that is the interpreter, the imports of framework and adapter, the adapter protocol
(hello, start, and its reply behind the first answer to the adapter itself), the framework's own
entry point, and one request over HTTP. What each adapter does beside its framework is the same
code, so a difference is the framework's; a ratio is nearer to 1 than without it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .measurement import Ratio, against_first, expect_labels, measured
from .plain import PLAIN, Progress, expect_hello, serving_app
from .report.result import Measurement
from .subjects import Subject

SCENARIO = "start-up"
WALL, CPU = "time to first answer", "processor time to first answer"
INCLUDED = (
    "start-up is from spawning the process to the end of its first answer over HTTP; for an "
    "adapter that includes the adapter protocol, which looks for the first answer every 10 ms"
)


@dataclass(frozen=True)
class Start:
    """One start, up to the first answer."""

    wall_s: float
    cpu_s: float
    """Of all processes that its session has then: steadier on a machine that does other things."""


@dataclass(frozen=True)
class Startups:
    """What came of it; `ratios` are of the first subject over each other one."""

    rows: tuple[Measurement, ...]
    ratios: tuple[Ratio, ...]
    notes: tuple[str, ...]


async def startup(
    subjects: Sequence[Subject],
    *,
    restarts: int = 10,
    cpu: int | None = 0,
    progress: Progress,
) -> Startups:
    """Milliseconds to the first answer, subjects in turns: A B, then B A, and so on.

    Each is started once before, so that bytecode is compiled and files are in memory. Raises
    Refused for a wrong answer.
    """
    expect_labels([one.label for one in subjects])
    for subject in subjects:
        await start_once(subject, cpu)
    starts: dict[str, list[Start]] = {one.label: [] for one in subjects}
    for number in range(restarts):
        for subject in subjects if number % 2 == 0 else reversed(subjects):
            starts[subject.label].append(await start_once(subject, cpu))
        shown = ", ".join(
            f"{label} {own[-1].wall_s * 1000:.0f} ms ({own[-1].cpu_s * 1000:.0f} of a processor)"
            for label, own in starts.items()
        )
        progress(f"{SCENARIO}, restart {number + 1} of {restarts}: {shown}")
    return summarise(starts)


async def start_once(subject: Subject, cpu: int | None) -> Start:
    """From spawning it to the end of its first answer."""
    begin_s = time.perf_counter()
    async with serving_app(subject, PLAIN, cpu) as server:
        await expect_hello(server)
        return Start(time.perf_counter() - begin_s, server.cpu_s())


def summarise(starts: Mapping[str, Sequence[Start]]) -> Startups:
    """Medians and paired ratios, by label, in the order of the restarts."""
    rows = []
    for label, own in starts.items():
        rows.append(measured(label, SCENARIO, WALL, "ms", [one.wall_s * 1000 for one in own]))
        rows.append(measured(label, SCENARIO, CPU, "ms", [one.cpu_s * 1000 for one in own]))
    return Startups(tuple(rows), tuple(against_first(rows)), (INCLUDED,))
