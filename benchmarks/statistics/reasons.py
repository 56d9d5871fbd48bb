"""The sentences that give the reason of a verdict. Pure text.

Each names the figure, its interval and the restarts it stands on; one that says INCONCLUSIVE says
what would help, too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from benchmarks.model import Estimate, Figure
from benchmarks.statistics.power import restarts_needed
from benchmarks.statistics.rule import LARGEST, Rule

NAMES = {Figure.CPU: "server CPU per request", Figure.WALL: "time by the clock per request"}


def passed(rule: Rule, estimates: Mapping[Figure, Estimate]) -> str:
    intervals = "; ".join(_interval(one) for one in estimates.values())
    return f"not slower by {_share(rule.margin)} or more: {intervals}"


def slower(rule: Rule, convicted: Sequence[Estimate]) -> str:
    intervals = "; ".join(_interval(one) for one in convicted)
    steps = ["fresh restarts confirmed it"] * rule.confirm
    steps += ["A against itself does not explain it"] * rule.veto
    return "; ".join([f"slower by more than {_share(rule.margin)}: {intervals}", *steps])


def undecided(rule: Rule, estimates: Mapping[Figure, Estimate]) -> str:
    """At the end of the plan, of the figure that the margin divides the widest."""
    open_ones = [one for one in estimates.values() if one.log_high >= rule.log_margin]
    worst = max(open_ones, key=lambda one: one.log_high - one.log_low)
    return (
        f"neither slower by more than {_share(rule.margin)} nor surely not: {_interval(worst)}; "
        f"{_help(rule, worst)}"
    )


def unconfirmed(rule: Rule, suspects: Sequence[Estimate]) -> str:
    worst = max(suspects, key=lambda one: one.log_mean)
    return (
        f"the first series was slower by more than {_share(rule.margin)}, fresh restarts did not "
        f"confirm it: {_interval(worst)}; {_help(rule, worst)}"
    )


def biased(rule: Rule, found: Estimate, itself: Estimate) -> str:
    return (
        f"slower ({_interval(found)}), but A differs from itself, and what that leaves is not "
        f"beyond the margin of {_share(rule.margin)}: {_interval(itself)}: repeat it on a quieter "
        f"machine, and see that nothing but the side differs between the two"
    )


def blurred(rule: Rule, found: Estimate, itself: Estimate) -> str:
    return (
        f"slower ({_interval(found)}), but A may differ from itself by as much: "
        f"{_interval(itself)}; {_help(rule, itself)}"
    )


def _help(rule: Rule, estimate: Estimate) -> str:
    """The minimum detectable effect, and what would make it smaller."""
    if estimate.restarts < 2:
        return "an interval takes two restarts or more: allow more time"
    smallest = _change(estimate.log_mde).removeprefix("+")
    # What lets an unchanged B pass is what finds one that is twice the margin slower.
    wanted = restarts_needed(estimate.log_sd, math.expm1(2 * rule.log_margin), rule)
    more = f"allow more time (about {wanted} restarts tell slower from unchanged), "
    if wanted is None or wanted <= estimate.restarts:
        more = "allow more time, "
    return (
        f"so many restarts that spread by {_share(estimate.log_sd)} find a slowdown of "
        f"{smallest} nine times of ten: {more}use a quieter machine or a wider margin"
    )


def _interval(estimate: Estimate) -> str:
    restarts = "1 restart" if estimate.restarts == 1 else f"{estimate.restarts} restarts"
    return (
        f"{NAMES[estimate.figure]} {_change(estimate.log_mean)}, between "
        f"{_change(estimate.log_low)} and {_change(estimate.log_high)} "
        f"({_share(estimate.confidence)}, {restarts})"
    )


def _share(value: float) -> str:
    return f"{100 * value:.3g}%"


def _change(log_slowdown: float) -> str:
    """A logarithm as the change that it is: +8.0%."""
    if log_slowdown > LARGEST:
        return "any slowdown"
    return f"{100 * math.expm1(log_slowdown):+.1f}%"
