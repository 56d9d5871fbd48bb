"""Comparisons on an imagined machine of two shared cores: how often the rule errs, what it finds.

The machine is the one that was measured: two processes of identical code differ for as long as
they live; the speed wanders by 13-17 % within minutes; slices are noisy; now and then a neighbour
takes the processor (steal), which lengthens time by the clock a lot and the processor's own time,
through caches, a little. Everything is a logarithm of a cost, so that effects add up.
`python -m benchmarks.statistics.simulation` prints a table. No I/O but that.
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from random import Random

from benchmarks.model import Decision, Figure, Phase, Verdict
from benchmarks.statistics.gate import Rule, Trial
from benchmarks.statistics.intervals import rate_below, t_interval

Draw = Callable[[Phase], dict[Figure, float]]
"""The log slowdowns of one restart."""


@dataclass(frozen=True)
class Noise:
    """A machine. Deviations are of logarithms: 0.025 is 2.5 %.

    `bias` is what the side of B costs by itself, whatever runs there.
    """

    process_sd: float = 0.025  # of the cost of one process, for as long as it lives
    cpu_sd: float = 0.008  # of one slice
    wall_sd: float = 0.02  # of one slice, on top of the processor's time
    drift_sd: float = 0.01  # of the step of the machine's speed from slice to slice
    drift_of_cpu: float = 0.5  # the share of the drift that the processor's time shows
    steals: float = 0.05  # the share of slices that a neighbour disturbs
    steal_mean: float = 0.2  # by how much more time, on average; exponentially distributed
    steal_of_cpu: float = 0.1  # the share of it that the processor's time shows
    order: str = "ABBAABBA"
    bias: float = 0.0


QUIET = Noise(process_sd=0.01, wall_sd=0.01, steals=0.01)
USUAL = Noise()
BUSY = Noise(process_sd=0.03, wall_sd=0.05, drift_sd=0.02, steals=0.2, steal_mean=0.5)


class Machine:
    """Draws slices and restarts. Its speed wanders on from one slice to the next."""

    def __init__(self, noise: Noise, rng: Random) -> None:
        self.noise = noise
        self._rng = rng
        self._speed = 0.0

    def pairs(self, log_effect: float) -> list[dict[Figure, float]]:
        """A restart: the log ratio of the k-th slice of B to the k-th of A, for each k."""
        gauss, noise = self._rng.gauss, self.noise
        costs = {
            "A": gauss(0, noise.process_sd),
            "B": gauss(log_effect + noise.bias, noise.process_sd),
        }
        slices: dict[str, list[tuple[float, float]]] = {"A": [], "B": []}
        for side in noise.order:
            slices[side].append(self._slice(costs[side]))
        return [
            {Figure.CPU: b[0] - a[0], Figure.WALL: b[1] - a[1]}
            for a, b in zip(slices["A"], slices["B"], strict=True)
        ]

    def restart(self, log_effect: float) -> dict[Figure, float]:
        pairs = self.pairs(log_effect)
        return {figure: statistics.median(pair[figure] for pair in pairs) for figure in Figure}

    def _slice(self, cost: float) -> tuple[float, float]:
        """The logarithms of the processor's time and of time by the clock."""
        rng, noise = self._rng, self.noise
        self._speed += rng.gauss(0, noise.drift_sd)
        stolen = rng.expovariate(1) * noise.steal_mean if rng.random() < noise.steals else 0.0
        cpu = cost + noise.drift_of_cpu * self._speed + rng.gauss(0, noise.cpu_sd)
        rest = (1 - noise.drift_of_cpu) * self._speed + rng.gauss(0, noise.wall_sd)
        return cpu + math.log1p(noise.steal_of_cpu * stolen), cpu + rest + math.log1p(stolen)


@dataclass
class Outcomes:
    """What trials ended with, and how many restarts they took, all phases together."""

    verdicts: Counter[Verdict] = field(default_factory=Counter)
    restarts: list[int] = field(default_factory=list)

    def rate(self, verdict: Verdict) -> float:
        return self.verdicts[verdict] / self.verdicts.total()

    def rate_below(self, verdict: Verdict) -> float:
        """What the true rate is below, with 95 % confidence."""
        return rate_below(self.verdicts[verdict], self.verdicts.total())


def play(trial: Trial, draw: Draw) -> tuple[Decision, int]:
    """Takes a trial to its end; returns how it ended and the restarts that were drawn."""
    made = 0
    while not isinstance(wanted := trial.next(), Decision):
        for _ in range(wanted.restarts):
            trial.add(wanted.phase, draw(wanted.phase))
        made += wanted.restarts
    return wanted, made


def outcomes(rule: Rule, plan: int, draws: Iterator[Draw]) -> Outcomes:
    """Plays one trial with each source of restarts."""
    result = Outcomes()
    for draw in draws:
        decision, made = play(Trial(rule, plan), draw)
        result.verdicts[decision.verdict] += 1
        result.restarts.append(made)
    return result


def simulate(
    trials: int, effect: float, noise: Noise, plan: int, rng: Random, rule: Rule | None = None
) -> Outcomes:
    """Trials of a B that is slower by `effect` (0.08 for 8 %), each on a machine of its own."""
    log_effect = math.log1p(effect)

    def draws() -> Iterator[Draw]:
        for _ in range(trials):
            machine = Machine(noise, rng)
            yield lambda phase, machine=machine: machine.restart(  # type: ignore[misc]
                0.0 if phase is Phase.ITSELF else log_effect
            )

    return outcomes(rule or Rule(), plan, draws())


def spread(noise: Noise, rng: Random, restarts: int = 2000) -> dict[Figure, float]:
    """The standard deviation of the log slowdown of restarts."""
    machine = Machine(noise, rng)
    drawn = [machine.restart(0.0) for _ in range(restarts)]
    return {figure: statistics.stdev(one[figure] for one in drawn) for figure in Figure}


def slices_as_samples(trials: int, noise: Noise, slices: int, rng: Random) -> float:
    """How often the naive test errs: the share of trials of identical code whose interval of 95 %
    excludes equality, when the slices of one pair of processes are taken for samples."""
    long = replace(noise, order=noise.order * math.ceil(2 * slices / len(noise.order)))
    wrong = 0
    for _ in range(trials):
        pairs = [one[Figure.CPU] for one in Machine(long, rng).pairs(0.0)[:slices]]
        _, low, high, _ = t_interval(pairs, 0.95)
        wrong += not low <= 0 <= high
    return wrong / trials


def table(trials: int, seed: int) -> Iterator[str]:
    """The lines that the command prints."""
    rng = Random(seed)
    yield "machine plan effect |  slower (below)  pass  inconclusive | restarts: mean, 9 of 10"
    for name, noise in (("quiet", QUIET), ("usual", USUAL), ("busy", BUSY)):
        spreads = spread(noise, rng)
        yield f"{name}: restarts spread by " + ", ".join(
            f"{figure.value} {value:.1%}" for figure, value in spreads.items()
        )
        for plan in (8, 12, 18, 30, 50):
            for effect in (0.0, 0.03, 0.05, 0.08):
                found = simulate(trials, effect, noise, plan, rng)
                rates = [found.rate(one) for one in Verdict]
                yield (
                    f"{name:7} {plan:4} {effect:6.0%} | {rates[1]:7.2%} "
                    f"({found.rate_below(Verdict.SLOWER):6.2%}) {rates[0]:6.1%} {rates[2]:8.1%}"
                    f"      | {statistics.fmean(found.restarts):6.1f}"
                    f" {sorted(found.restarts)[int(0.9 * trials)]:6}"
                )
        naive = slices_as_samples(trials, noise, 20, rng)
        yield f"{name}: 20 slices of one pair of processes as samples err in {naive:.0%}"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.statistics.simulation",
        description="How often the rule of a comparison errs on an imagined machine.",
    )
    parser.add_argument("--trials", type=int, default=2000, help="for each line")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.trials < 1:
        parser.error(f"--trials is at least 1, not {options.trials}")
    for line in table(options.trials, options.seed):
        print(line, flush=True)


if __name__ == "__main__":
    main()
