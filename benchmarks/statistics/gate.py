"""The course of a comparison, from the first restart to the verdict. Pure: it asks, others measure.

    phase         at a look                                              goes on with
    FIRST         a figure is beyond the margin                          CONFIRMATION
                  every figure is below the margin                       PASS
                  the plan is at its end                                 INCONCLUSIVE
    CONFIRMATION  the same figure is beyond the margin again             ITSELF
                  the plan is at its end                                 INCONCLUSIVE
    ITSELF        what A differs from itself by does not explain it      SLOWER
                  as many restarts as confirmed did not show that        INCONCLUSIVE

**Beyond** the margin is the whole interval, so is **below**; where it lies on both sides, nothing
is known yet. Restarts are judged at the looks of the plan alone, never after each one.

*False alarms.* An early end convicts only with the early confidence (Haybittle and Peto), which
leaves the last look its own. The confirmation is what bounds the rate: two series of fresh
restarts err one-sidedly in 1 of 40 each, together in 1 of 1,600, for two figures in 1 of 800, even
where B costs exactly the margin more or the machine is so noisy that the margin means nothing. The
confirmation may be short where the first series was; it is then judged a second time at the end of
the plan, which matters for the 1 in 300 alone that an early look lets through by chance.

*Passing* early takes the final confidence only. Looking four times makes the error at the margin
itself larger than 1 in 40, but every figure has to err at the same look, and an error there lets
through a slowdown about as large as the one that was allowed; well beyond the margin it vanishes.

*Two figures.* Any figure convicts, all must pass. A server that sleeps or waits is slower by the
clock alone, so the clock must be able to convict without the processor's time. A busy neighbour
widens the clock's interval, and a wide interval convicts nobody: it ends INCONCLUSIVE. No figure
overrules another; who gates on a machine that is never quiet names CPU alone in the rule.

*The veto* asks whether the verdict could be the machine's. It stands against a figure when A
against itself is (1) separated from itself, in either direction, by more than half the margin, and
the slowdown less the most that this may be is not beyond the margin, or (2) so badly known that its
interval holds the very slowdown found. A series of half the length may clear the figure; before the
veto stands, the whole length has to fail to.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.model import Decision, Estimate, Figure, Phase, Verdict
from benchmarks.statistics import reasons
from benchmarks.statistics.intervals import t_interval
from benchmarks.statistics.power import log_mde
from benchmarks.statistics.rule import LARGEST, Look, Rule, estimate

__all__ = ["Look", "Request", "Rule", "Trial", "most_restarts", "planned_within"]


@dataclass(frozen=True)
class Request:
    """Restarts of this phase to make before the samples are judged again."""

    phase: Phase
    restarts: int


class Trial:
    """One comparison under way.

    `planned_restarts` bounds the first series; see `most_restarts` for all of them. Raises
    ValueError for a plan without restarts.
    """

    def __init__(self, rule: Rule, planned_restarts: int) -> None:
        if planned_restarts < 1:
            raise ValueError(f"a plan has at least one restart, not {planned_restarts}")
        self._rule = rule
        self._planned = planned_restarts
        self._suspects: Sequence[Figure] = rule.figures
        self._samples: dict[Phase, dict[Figure, list[float]]] = {}
        self._estimates: Mapping[Figure, Estimate] = {}
        self._decision: Decision | None = None
        self._looks: list[Look] = []
        self._enter(Phase.FIRST, rule.course(planned_restarts))

    def next(self) -> Request | Decision:
        """What to measure next, or how it ended. Asking changes nothing."""
        if self._decision is not None:
            return self._decision
        return Request(self._phase, self._looks[0].restarts - self._made(self._phase))

    def add(self, phase: Phase, log_slowdowns: Mapping[Figure, float]) -> None:
        """Takes the log slowdowns of one restart; other figures than the rule's are left aside.

        Raises ValueError when a figure is missing or not finite, when it is not this phase's turn,
        and when the trial has ended.
        """
        if self._decision is not None:
            raise ValueError(f"the trial has ended: {self._decision.verdict.value}")
        if phase is not self._phase:
            raise ValueError(f"a restart of {phase.value} while {self._phase.value} is under way")
        for figure in self._rule.figures:
            if figure not in log_slowdowns:
                raise ValueError(f"a restart without the figure {figure.value}")
            if not abs(log_slowdowns[figure]) <= LARGEST:
                raise ValueError(f"no log slowdown: {figure.value} is {log_slowdowns[figure]}")
        for figure in self._rule.figures:
            self._samples[phase][figure].append(log_slowdowns[figure])
        if self._made(phase) == self._looks[0].restarts:
            look, *self._looks = self._looks
            _JUDGES[phase](self, look)

    def estimates(self, phase: Phase) -> dict[Figure, Estimate]:
        """What the restarts of this phase show so far; nothing before its first."""
        return {
            figure: estimate(
                figure, values, self._rule.confidence, self._log_mde(values) if values else 0
            )
            for figure, values in self._samples.get(phase, {}).items()
            if values
        }

    def _log_mde(self, values: Sequence[float]) -> float:
        deviation = t_interval(values, self._rule.confidence)[3]
        return log_mde(deviation, len(values), self._rule)

    def _judge_first(self, look: Look) -> None:
        self._estimates = self.estimates(Phase.FIRST)
        beyond = self._beyond(Phase.FIRST, look)
        if beyond:
            self._suspects = beyond
            if self._rule.confirm:
                looks = {look.restarts, self._planned}
                confidence = self._rule.confidence
                self._enter(Phase.CONFIRMATION, [Look(one, confidence) for one in sorted(looks)])
            else:
                self._doubt(look)
        elif all(one.log_high < self._rule.log_margin for one in self._estimates.values()):
            self._end(Verdict.PASS, reasons.passed(self._rule, self._estimates))
        elif not self._looks:
            self._end(Verdict.INCONCLUSIVE, reasons.undecided(self._rule, self._estimates))

    def _judge_confirmation(self, look: Look) -> None:
        # The first series was singled out for being slow and overstates the slowdown by that; the
        # confirmation does not: its estimates are what is reported.
        self._estimates = self.estimates(Phase.CONFIRMATION)
        beyond = [one for one in self._beyond(Phase.CONFIRMATION, look) if one in self._suspects]
        if beyond:
            self._suspects = beyond
            self._doubt(look)
        elif not self._looks:
            suspects = [self._estimates[one] for one in self._suspects]
            self._end(Verdict.INCONCLUSIVE, reasons.unconfirmed(self._rule, suspects))

    def _judge_itself(self, look: Look) -> None:
        itself = self.estimates(Phase.ITSELF)
        objections = {one: self._objection(itself[one]) for one in self._suspects}
        cleared = [one for one, objection in objections.items() if objection is None]
        if cleared:
            self._suspects = cleared
            self._convict()
        elif not self._looks:
            said = [objection for objection in objections.values() if objection is not None]
            self._end(Verdict.INCONCLUSIVE, "; ".join(said))

    def _beyond(self, phase: Phase, look: Look) -> list[Figure]:
        """The figures whose whole interval lies beyond the margin, as surely as the look wants."""
        return [
            figure
            for figure, values in self._samples[phase].items()
            if t_interval(values, look.confidence)[1] > self._rule.log_margin
        ]

    def _objection(self, itself: Estimate) -> str | None:
        """Why the machine alone may have made the slowdown of this figure, or None."""
        found = self._estimates[itself.figure]
        margin = self._rule.log_margin
        most = max(itself.log_high, -itself.log_low)
        is_biased = itself.is_separated and abs(itself.log_mean) > margin / 2
        if is_biased and found.log_low - most <= margin:
            return reasons.biased(self._rule, found, itself)
        if itself.log_high >= found.log_mean:
            return reasons.blurred(self._rule, found, itself)
        return None

    def _doubt(self, look: Look) -> None:
        """Turns to the veto, after the series that ended at this look convicted."""
        if not self._rule.veto:
            self._convict()
            return
        whole = look.restarts
        half = max(math.ceil(whole / 2), min(self._rule.fewest, whole))
        looks = [Look(one, self._rule.confidence) for one in sorted({half, whole})]
        self._enter(Phase.ITSELF, looks)

    def _convict(self) -> None:
        convicted = [self._estimates[one] for one in self._suspects]
        self._end(Verdict.SLOWER, reasons.slower(self._rule, convicted))

    def _enter(self, phase: Phase, looks: Sequence[Look]) -> None:
        self._phase = phase
        self._looks = list(looks)
        self._samples[phase] = {figure: [] for figure in self._rule.figures}

    def _made(self, phase: Phase) -> int:
        return len(self._samples[phase][self._rule.figures[0]])

    def _end(self, verdict: Verdict, reason: str) -> None:
        self._decision = Decision(verdict, reason, self._estimates)


_JUDGES = {
    Phase.FIRST: Trial._judge_first,
    Phase.CONFIRMATION: Trial._judge_confirmation,
    Phase.ITSELF: Trial._judge_itself,
}


def most_restarts(rule: Rule, planned_restarts: int) -> int:
    """The restarts of all phases together that a trial with this plan asks for at most."""
    return planned_restarts * (1 + rule.confirm + rule.veto)


def planned_within(rule: Rule, restarts: int) -> int:
    """The plan whose phases together are likely to fit into so many restarts; at least one.

    The veto is counted with half a series, which is what it takes unless the machine fails it.
    """
    return max(1, int(restarts / (1 + rule.confirm + rule.veto / 2)))
