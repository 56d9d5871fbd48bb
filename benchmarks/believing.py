"""`make bench-aa`: whether the gate can be believed, on this machine, now.

Owns the experiment: the reference against itself again and again, which must never be called
slower; then against itself with a known number of idle turns in front of each response, which must
be found. Writes every raw slice into a folder, and a page about what is in it; each part can be
made again by itself.

    python -m benchmarks.believing FOLDER --page docs/bench-believing.md
    python -m benchmarks.believing FOLDER --parts 5      # the slowdown of 5 % alone
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .asking import subject_info
from .command import Refused, machine, progress, run
from .judging import judge
from .measuring import Measuring, Settings
from .model import Comparison, Figure, Phase, Verdict
from .report import document
from .report.result import Report
from .scenarios import SCENARIOS, Scenario
from .statistics.gate import Rule
from .statistics.resampling import FEWEST_RECORDED, false_alarms, recorded_in
from .subjects import Subject, subject

SCENARIO = "plaintext"
TRIALS = 5_000
BUDGETS_S = {0.08: 60.0, 0.05: 180.0}
"""By the share that is injected: the seconds that finding it may take."""

ITSELF = "aa.json"
PARTS = ("aa", "8", "5")
CALIBRATION_TURNS = 100
CALIBRATION_RESTARTS = 20

_SLOWER = """
from conformance.adapters.reference import ReferenceAdapter  # its kit is conformance.adapter

class Slower(ReferenceAdapter):
    def responder(self, status, content_type):
        respond = super().responder(status, content_type)

        def slowly(request, body):
            for _ in range({turns}):
                pass
            return respond(request, body)

        return slowly

Slower().main()
"""


@dataclass(frozen=True)
class Injected:
    """Runs of the reference against a slower one; `share` is what was injected, 0.08 for 8 %."""

    share: float
    budget_s: float
    runs: tuple[Comparison, ...]
    took_s: tuple[float, ...]

    @classmethod
    def read(cls, path: Path) -> Injected:
        report = document.loads(path.read_bytes())
        share, budget_s, took_s = (report.settings[one] for one in ("share", "seconds", "took_s"))
        return cls(share, budget_s, report.comparisons, tuple(took_s))  # type: ignore[arg-type]

    @property
    def found(self) -> int:
        return sum(one.decision.verdict is Verdict.SLOWER for one in self.runs)

    @property
    def measured(self) -> float:
        """The median over all restarts of all runs, by processor time."""
        return statistics.median(
            slowdown
            for one in self.runs
            for series in one.series
            if series.phase is not Phase.ITSELF
            for slowdown in series.log_slowdowns(Figure.CPU)
        )


class Experiment:
    """The reference against itself and against slower ones."""

    def __init__(self, one: Subject, folder: Path, settings: Settings) -> None:
        self._one = one
        self._folder = folder
        self._settings = settings
        self._scenario: Scenario = SCENARIOS[SCENARIO]

    async def against_itself(self, runs: int) -> list[Comparison]:
        found = []
        for number in range(runs):
            comparison, _ = await self._compare(self._one, self._settings, Rule())
            found.append(comparison)
            progress(f"against itself, run {number + 1}: {comparison.decision.verdict.value}")
        return found

    async def injected(self, share: float, budget_s: float, runs: int, turns: int) -> Injected:
        slower = await self._slower(turns)
        settings = replace(self._settings, budget_s=budget_s)
        done, took = [], []
        for number in range(runs):
            comparison, took_s = await self._compare(slower, settings, Rule())
            done.append(comparison)
            took.append(took_s)
            verdict = comparison.decision.verdict.value
            progress(f"{share:.0%} slower, run {number + 1}: {verdict} after {took_s:.0f} s")
        return Injected(share, budget_s, tuple(done), tuple(took))

    async def turns_for(self, shares: Sequence[float]) -> list[int]:
        """How many idle turns make the reference so much slower, by processor time."""
        if not shares:
            return []
        costs = [await self._cost_of(turns) for turns in (0, CALIBRATION_TURNS)]
        each = (costs[1] - costs[0]) / CALIBRATION_TURNS
        turns = [round((share - costs[0]) / each) for share in shares]
        progress(f"{costs[0]:+.2%} without turns, {each:.4%} for each: {turns} turns")
        if min(turns) < 0:
            raise Refused("no turns at all cost more than what is to be injected; run it again")
        return turns

    async def _cost_of(self, turns: int) -> float:
        """The share of its time by which the slower one is slower."""
        settings = replace(self._settings, restarts=CALIBRATION_RESTARTS)
        rule = Rule(looks=(), confirm=False, veto=False)
        comparison, _ = await self._compare(await self._slower(turns), settings, rule)
        return comparison.decision.estimates[Figure.CPU].slowdown - 1

    async def _slower(self, turns: int) -> Subject:
        path = self._folder / f"slower_{turns}.py"
        path.write_text(_SLOWER.format(turns=turns))
        return await subject(str(path))

    async def _compare(
        self, other: Subject, settings: Settings, rule: Rule
    ) -> tuple[Comparison, float]:
        for one in (self._one, other):
            await judge(one, self._scenario.stands_on, self._scenario.name)
        begin_s = time.monotonic()
        measuring = Measuring(self._one, other, self._scenario, settings, rule)
        return await measuring.run(lambda line, took_s: None), time.monotonic() - begin_s


def page(folder: Path) -> str:
    """What came of the parts that are there, as Markdown. Raises Refused without the first."""
    try:
        report = document.loads((folder / ITSELF).read_bytes())
    except FileNotFoundError as exc:
        raise Refused(f"there is no {exc.filename}; leave --parts out") from exc
    injected = [
        Injected.read(path)
        for path in (folder / name_of(share) for share in BUDGETS_S)
        if path.exists()
    ]
    verdicts = [one.decision.verdict for one in report.comparisons]
    lines = [
        "# Whether the gate can be believed",
        "",
        "Written by `make bench-aa`; raw slices are in `benchmarks/results/aa.json` and",
        "`benchmarks/results/injected-*.json`. The reference, plain text, on two processors.",
        "",
        "## Against itself",
        "",
        f"{len(verdicts)} runs: {verdicts.count(Verdict.PASS)} pass,",
        f"{verdicts.count(Verdict.INCONCLUSIVE)} inconclusive, "
        f"**{verdicts.count(Verdict.SLOWER)} false alarms**.",
        "",
        f"Drawn anew from their restarts, {TRIALS:,} times (`benchmarks.statistics.resampling`):",
        f"{_drawn(report)}.",
        "",
        "## With a slowdown that is known",
        "",
        "Idle turns in front of each response. The first column is what their number was chosen",
        "for, from a calibration just before; the last is what all restarts together show.",
        "",
        "| injected | budget | runs | found | seconds, median and longest | measured by CPU |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.share:.0%} | {one.budget_s:.0f} s | {len(one.runs)} | **{one.found}** | "
        f"{statistics.median(one.took_s):.0f}, {max(one.took_s):.0f} | "
        f"{one.measured:.1%} |"
        for one in injected
    ]
    return "\n".join(lines) + "\n"


def _drawn(itself: Report) -> str:
    recorded = recorded_in(itself).get(SCENARIO, [])
    if len(recorded) < FEWEST_RECORDED:
        return f"{len(recorded)} restarts are too few to draw from"
    found = false_alarms(recorded, Rule(), TRIALS, random.Random(1))
    alarms, below = found.verdicts[Verdict.SLOWER], found.rate_below(Verdict.SLOWER)
    return (
        f"{alarms} false alarms from {len(recorded)} restarts, so fewer than {below:.2%} "
        "(95 % sure; 0.20 % is 1 in 500)"
    )


def _write(
    path: Path, kind: str, one: Subject, comparisons: Sequence[Comparison], **said: object
) -> None:
    report = Report(
        kind=kind,
        machine=machine(),
        settings={"load": "builtin", "margin": Rule().margin, **said},
        subjects=(subject_info(one),),
        comparisons=tuple(comparisons),
    )
    path.write_text(document.dumps(report), encoding="utf-8")


def name_of(share: float) -> str:
    return f"injected-{share * 100:.0f}.json"


async def experiment(options: argparse.Namespace, folder: Path, parts: Sequence[str]) -> None:
    """Measure the parts: "aa", and slowdowns in percent."""
    one = await subject("reference")
    settings = Settings(engine="builtin", slice_s=0.03, budget_s=options.seconds)
    with tempfile.TemporaryDirectory() as temporary:
        made = Experiment(one, Path(temporary), settings)
        if "aa" in parts:
            _write(folder / ITSELF, "aa", one, await made.against_itself(options.runs))
        shares = [share for share in BUDGETS_S if f"{share * 100:.0f}" in parts]
        for share, turns in zip(shares, await made.turns_for(shares), strict=True):
            found = await made.injected(share, BUDGETS_S[share], options.injected, turns)
            _write(
                folder / name_of(share), "compare", one, found.runs,
                share=share, seconds=found.budget_s, took_s=list(found.took_s), turns=turns,
            )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.believing", description=__doc__)
    parser.add_argument("folder", help="where raw slices go")
    parser.add_argument("--page", default="docs/bench-believing.md", help="(%(default)s)")
    parser.add_argument("--runs", type=int, default=20, help="against itself (%(default)s)")
    parser.add_argument("--injected", type=int, default=10, help="for each slowdown (%(default)s)")
    parser.add_argument("--seconds", type=float, default=60.0, help="budget of one (%(default)g)")
    parser.add_argument(
        "--parts", default=",".join(PARTS), metavar="PART,...", help="what to measure (%(default)s)"
    )
    options = parser.parse_args(arguments)
    folder = Path(options.folder)
    parts = [one for one in options.parts.split(",") if one]
    if set(parts) - set(PARTS):
        parser.error(f"parts are {', '.join(PARTS)}, not {options.parts}")
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(experiment(options, folder, parts))
    Path(options.page).write_text(page(folder), encoding="utf-8")


if __name__ == "__main__":
    run(main)
