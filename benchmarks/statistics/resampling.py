"""How often the rule errs on restarts that were recorded, not imagined.

`trueline bench aa` records restarts of A against A. Under the null hypothesis A and B are
interchangeable, so that any sign of a log slowdown is as likely as the other: restarts drawn with
replacement, each with a random sign, are a comparison of identical code on that machine. The
figures of one restart stay together, since what disturbs one disturbs the other. An effect is
found when it is added to what was drawn.

`python -m benchmarks.statistics.resampling FILE.json... --trials 5000` prints a table.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random

from benchmarks.model import Figure, Phase, Restart, Verdict
from benchmarks.report.document import loads
from benchmarks.report.result import Report
from benchmarks.statistics.gate import Rule
from benchmarks.statistics.simulation import Draw, Outcomes, outcomes

FEWEST_RECORDED = 10
"""With fewer, the same few values come again and again and say little about the tails."""

Recorded = Sequence[Mapping[Figure, float]]
"""The log slowdowns of each recorded restart."""


class Unreadable(Exception):
    """A file that holds no recorded restarts; says which and why."""


def false_alarms(
    recorded: Recorded, rule: Rule, trials: int, rng: Random, plan: int = 12
) -> Outcomes:
    """Trials of identical code, drawn from recorded restarts of A against A: SLOWER is false.

    Raises ValueError for fewer than `FEWEST_RECORDED` restarts.
    """
    return detections(recorded, 0.0, rule, trials, rng, plan)


def detections(
    recorded: Recorded, effect: float, rule: Rule, trials: int, rng: Random, plan: int = 12
) -> Outcomes:
    """The same with a B that is slower by `effect`, 0.08 for 8 %."""
    if len(recorded) < FEWEST_RECORDED:
        raise ValueError(f"{len(recorded)} restarts; it takes {FEWEST_RECORDED} to draw from")
    log_effect = math.log1p(effect)

    def draw(phase: Phase) -> dict[Figure, float]:
        sign = rng.choice((-1, 1))
        added = 0.0 if phase is Phase.ITSELF else log_effect
        return {figure: sign * value + added for figure, value in rng.choice(recorded).items()}

    def draws() -> Iterator[Draw]:
        for _ in range(trials):
            yield draw

    return outcomes(rule, plan, draws())


def recorded_in(report: Report) -> dict[str, list[dict[Figure, float]]]:
    """The log slowdowns of all restarts of A against A, by scenario.

    All series of `bench aa`, and of other comparisons those that compare A with itself. Raises
    ValueError, naming the place, for a restart that has no log slowdown.
    """
    found: dict[str, list[dict[Figure, float]]] = {}
    for comparison in report.comparisons:
        for series in comparison.series:
            if report.kind == "aa" or series.phase is Phase.ITSELF:
                restarts = found.setdefault(comparison.scenario, [])
                for number, restart in enumerate(series.restarts, 1):
                    place = f"{comparison.scenario}, {series.phase.value}, restart {number}"
                    restarts.append(_log_slowdowns(restart, place))
    return found


def _log_slowdowns(restart: Restart, place: str) -> dict[Figure, float]:
    a, b = len(restart.of("A")), len(restart.of("B"))
    if a != b or a == 0:
        raise ValueError(f"{place}: {a} slices of A and {b} of B do not pair")
    if not all(min(one.requests, one.duration_s, one.server_cpu_s) > 0 for one in restart.slices):
        raise ValueError(f"{place}: a slice without requests, duration or server CPU time")
    return {figure: restart.log_slowdown(figure) for figure in Figure}


def read_files(paths: Sequence[str]) -> dict[str, list[dict[Figure, float]]]:
    """The restarts of all files together, by scenario. Raises Unreadable, naming the file."""
    together: dict[str, list[dict[Figure, float]]] = {}
    for path in paths:
        try:
            found = recorded_in(loads(Path(path).read_bytes()))
        except (OSError, ValueError) as failure:
            raise Unreadable(f"{path}: {failure}") from failure
        if not found:
            raise Unreadable(f"{path}: no restarts of A against A; take the JSON of `bench aa`")
        for scenario, restarts in found.items():
            together.setdefault(scenario, []).extend(restarts)
    return together


def table(
    recorded: Mapping[str, Recorded], rule: Rule, trials: int, plan: int, rng: Random
) -> Iterator[str]:
    """The lines that the command prints: one for each scenario, and one for all together."""
    yield f"plan of {plan}, margin {rule.margin:.1%}, {trials} trials for each figure"
    head = "restarts  wall sd   cpu sd | false alarms (below)    pass | 5% found  8% found"
    yield f"{head} | scenario"
    groups = dict(recorded)
    if len(groups) > 1:
        groups["(all)"] = [one for restarts in recorded.values() for one in restarts]
    for scenario, restarts in groups.items():
        if len(restarts) < FEWEST_RECORDED:
            yield f"{len(restarts):8}  too few to draw from (under {FEWEST_RECORDED}) | {scenario}"
            continue
        null = false_alarms(restarts, rule, trials, rng, plan)
        found = [
            detections(restarts, effect, rule, trials, rng, plan).rate(Verdict.SLOWER)
            for effect in (0.05, 0.08)
        ]
        # Around zero: under random signs the mean is known to be zero.
        wall, cpu = (
            math.sqrt(statistics.fmean(one[figure] ** 2 for one in restarts))
            for figure in (Figure.WALL, Figure.CPU)
        )
        yield (
            f"{len(restarts):8} {wall:8.2%} {cpu:8.2%} | {null.verdicts[Verdict.SLOWER]:12} "
            f"({null.rate_below(Verdict.SLOWER):6.3%}) {null.rate(Verdict.PASS):7.1%} | "
            f"{found[0]:8.1%}  {found[1]:8.1%} | {scenario}"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.statistics.resampling",
        description="How often the rule of a comparison errs on recorded restarts of A against A.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE.json", help="of `trueline bench aa`")
    parser.add_argument("--trials", type=int, default=5000)
    parser.add_argument("--plan", type=int, default=12, help="restarts of the first series")
    parser.add_argument("--margin", type=float, default=Rule().margin, help="0.03 for 3 %%")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    if options.trials < 1 or options.plan < 1:
        parser.error("--trials and --plan are at least 1")
    try:
        rule = Rule(margin=options.margin)
    except ValueError as failure:
        parser.error(f"--margin: {failure}")
    try:
        recorded = read_files(options.files)
    except Unreadable as failure:
        print(f"refused: {failure}", file=sys.stderr)
        return 2
    for line in table(recorded, rule, options.trials, options.plan, Random(options.seed)):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
