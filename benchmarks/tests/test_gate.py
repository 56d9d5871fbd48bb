"""The rule: each part of it has a test that fails when the part is taken out."""

import math
from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.model import Decision, Figure, Phase, Verdict
from benchmarks.statistics.gate import Request, Trial, most_restarts, planned_within
from benchmarks.statistics.intervals import t_interval
from benchmarks.statistics.rule import Look, Rule

CPU, WALL = Figure.CPU, Figure.WALL
FIRST, CONFIRMATION, ITSELF = Phase.FIRST, Phase.CONFIRMATION, Phase.ITSELF
RULE = Rule(looks=())
"""Without looks before the end, so that a test says how many restarts are judged."""
CPU_ALONE = replace(RULE, figures=(CPU,))


class Around(NamedTuple):
    """Log slowdowns of exactly this mean and deviation."""

    mean: float
    sd: float = 0.005

    def values(self, count: int) -> list[float]:
        step = self.sd * math.sqrt((count - 1) / (count - count % 2))
        signs = [1, -1] * (count // 2) + [0] * (count % 2)
        return [self.mean + sign * step for sign in signs]


def measure(trial: Trial, phase: Phase, cpu: Around, wall: Around | None = None) -> None:
    """Makes the restarts that the trial wants, which are of this phase, around these means."""
    wanted = trial.next()
    assert isinstance(wanted, Request)
    assert wanted.phase is phase
    clock = (wall or cpu).values(wanted.restarts)
    for pair in zip(cpu.values(wanted.restarts), clock, strict=True):
        trial.add(phase, {CPU: pair[0], WALL: pair[1]})


def decided(trial: Trial) -> Decision:
    decision = trial.next()
    assert isinstance(decision, Decision), decision
    return decision


def slower(rule: Rule, mean: float = 0.08, planned: int = 10) -> Trial:
    """A trial whose first series and confirmation said SLOWER."""
    trial = Trial(rule, planned)
    measure(trial, FIRST, Around(mean))
    if rule.confirm:
        measure(trial, CONFIRMATION, Around(mean))
    return trial


# -- The margin -----------------------------------------------------------------------------------


def test_a_slowdown_below_the_margin_passes() -> None:
    trial = Trial(RULE, 10)
    measure(trial, FIRST, Around(0.02))
    assert decided(trial).verdict is Verdict.PASS


def test_the_same_slowdown_beyond_a_smaller_margin_is_slower() -> None:
    trial = Trial(replace(RULE, margin=0.01), 10)
    measure(trial, FIRST, Around(0.02))
    measure(trial, CONFIRMATION, Around(0.02))
    measure(trial, ITSELF, Around(0))
    assert decided(trial).verdict is Verdict.SLOWER


def test_the_margin_is_a_ratio_of_costs() -> None:
    # ln 1.5 is 0.405: a logarithm of 0.45 is beyond 50 %, although it is below 0.5.
    trial = Trial(replace(RULE, margin=0.5), 10)
    measure(trial, FIRST, Around(0.45))
    assert trial.next() == Request(CONFIRMATION, 10)


def test_the_whole_interval_counts_and_not_the_mean() -> None:
    trial = Trial(RULE, 10)
    measure(trial, FIRST, Around(0.04, sd=0.03))  # 2.26 * 0.03 / sqrt(10) reaches back to 0.0186
    assert decided(trial).verdict is Verdict.INCONCLUSIVE


def test_a_mean_below_the_margin_does_not_pass_while_the_interval_reaches_it() -> None:
    trial = Trial(RULE, 10)
    measure(trial, FIRST, Around(0.02, sd=0.03))
    assert decided(trial).verdict is Verdict.INCONCLUSIVE


def test_what_is_much_faster_passes() -> None:
    trial = Trial(RULE, 10)
    measure(trial, FIRST, Around(-0.3, sd=0.1))
    assert decided(trial).verdict is Verdict.PASS


# -- Confirmation ---------------------------------------------------------------------------------


def test_an_alarm_that_fresh_restarts_do_not_confirm_is_inconclusive() -> None:
    trial = Trial(RULE, 10)
    measure(trial, FIRST, Around(0.08))
    measure(trial, CONFIRMATION, Around(0.0))
    decision = decided(trial)
    assert decision.verdict is Verdict.INCONCLUSIVE
    assert "did not confirm" in decision.reason


def test_the_same_alarm_stands_without_confirmation() -> None:
    trial = Trial(replace(RULE, confirm=False), 10)
    measure(trial, FIRST, Around(0.08))
    measure(trial, ITSELF, Around(0.0))
    assert decided(trial).verdict is Verdict.SLOWER


def test_the_confirmation_has_at_least_as_many_restarts() -> None:
    trial = Trial(RULE, 13)
    measure(trial, FIRST, Around(0.08))
    assert trial.next() == Request(CONFIRMATION, 13)


def test_the_confirmation_stands_on_its_own() -> None:
    # Together the two series would be far beyond the margin; the second alone is not.
    trial = Trial(RULE, 10)
    measure(trial, FIRST, Around(0.2))
    measure(trial, CONFIRMATION, Around(0.04, sd=0.03))
    assert decided(trial).verdict is Verdict.INCONCLUSIVE


def test_another_figure_confirms_nothing() -> None:
    trial = Trial(RULE, 10)
    measure(trial, FIRST, Around(0.08), Around(0.0))
    measure(trial, CONFIRMATION, Around(0.0), Around(0.08))
    assert decided(trial).verdict is Verdict.INCONCLUSIVE


def test_a_figure_that_was_not_confirmed_does_not_convict_for_one_that_the_veto_stopped() -> None:
    trial = Trial(RULE, 10)
    measure(trial, FIRST, Around(0.08), Around(0.08))
    measure(trial, CONFIRMATION, Around(0.08), Around(0.02))
    measure(trial, ITSELF, Around(0.06), Around(0.0))
    measure(trial, ITSELF, Around(0.06), Around(0.0))
    assert decided(trial).verdict is Verdict.INCONCLUSIVE


def test_a_confirmation_of_an_early_alarm_may_go_on_to_the_end_of_the_plan() -> None:
    trial = Trial(Rule(), 20)
    measure(trial, FIRST, Around(0.08))
    assert trial.next() == Request(CONFIRMATION, 5)
    measure(trial, CONFIRMATION, Around(0.05, sd=0.03))
    assert trial.next() == Request(CONFIRMATION, 15)
    measure(trial, CONFIRMATION, Around(0.06, sd=0.02))
    measure(trial, ITSELF, Around(0.0))
    assert decided(trial).verdict is Verdict.SLOWER


def test_what_is_reported_is_the_confirmation_which_nothing_selected() -> None:
    trial = Trial(RULE, 10)
    measure(trial, FIRST, Around(0.2))
    measure(trial, CONFIRMATION, Around(0.08))
    measure(trial, ITSELF, Around(0.0))
    assert decided(trial).estimates[CPU].log_mean == pytest.approx(0.08)


# -- The veto -------------------------------------------------------------------------------------


def test_a_machine_that_tells_a_thing_from_itself_convicts_nobody() -> None:
    trial = slower(RULE, mean=0.06)
    measure(trial, ITSELF, Around(0.03))
    measure(trial, ITSELF, Around(0.03))
    decision = decided(trial)
    assert decision.verdict is Verdict.INCONCLUSIVE
    assert "differs from itself" in decision.reason


def test_nor_does_one_that_errs_in_the_other_direction() -> None:
    trial = slower(RULE, mean=0.06)
    measure(trial, ITSELF, Around(-0.03))
    measure(trial, ITSELF, Around(-0.03))
    assert decided(trial).verdict is Verdict.INCONCLUSIVE


def test_a_slowdown_that_the_difference_does_not_explain_stands() -> None:
    trial = slower(RULE, mean=0.08)
    measure(trial, ITSELF, Around(0.03))
    assert decided(trial).verdict is Verdict.SLOWER


def test_what_the_difference_may_be_at_most_is_taken_off() -> None:
    trial = slower(RULE, mean=0.08)
    measure(trial, ITSELF, Around(0.035, sd=0.02))
    measure(trial, ITSELF, Around(0.035, sd=0.02))  # between 0.021 and 0.049
    assert decided(trial).verdict is Verdict.INCONCLUSIVE


def test_the_same_slowdown_stands_without_the_veto() -> None:
    assert decided(slower(replace(RULE, veto=False))).verdict is Verdict.SLOWER
    bare = replace(RULE, veto=False, confirm=False)
    assert decided(slower(bare)).verdict is Verdict.SLOWER


def test_a_difference_of_less_than_half_the_margin_vetoes_nothing() -> None:
    trial = slower(RULE)
    measure(trial, ITSELF, Around(0.012, sd=0.002))
    assert decided(trial).verdict is Verdict.SLOWER


def test_a_difference_that_is_not_separated_from_none_vetoes_nothing() -> None:
    trial = slower(RULE)
    measure(trial, ITSELF, Around(0.02, sd=0.03))
    assert decided(trial).verdict is Verdict.SLOWER


def test_a_machine_that_may_make_such_a_slowdown_convicts_nobody() -> None:
    trial = slower(RULE)
    measure(trial, ITSELF, Around(0.0, sd=0.2))
    measure(trial, ITSELF, Around(0.0, sd=0.2))
    decision = decided(trial)
    assert decision.verdict is Verdict.INCONCLUSIVE
    assert "by as much" in decision.reason


def test_half_a_series_may_clear_the_machine_and_the_whole_may_after_it() -> None:
    trial = slower(RULE, planned=20)
    assert trial.next() == Request(ITSELF, 10)
    measure(trial, ITSELF, Around(0.0, sd=0.2))
    assert trial.next() == Request(ITSELF, 10)
    measure(trial, ITSELF, Around(0.0, sd=0.001))
    # Twenty values with a deviation of 0.14: an interval of 0.065, below the slowdown of 0.08.
    assert decided(trial).verdict is Verdict.SLOWER


def test_the_veto_asks_for_the_convicted_figure_alone() -> None:
    trial = Trial(RULE, 10)
    measure(trial, FIRST, Around(0.08), Around(0.0))
    measure(trial, CONFIRMATION, Around(0.08), Around(0.0))
    measure(trial, ITSELF, Around(0.0), Around(0.05))
    assert decided(trial).verdict is Verdict.SLOWER


def test_a_figure_that_the_veto_cleared_convicts_where_another_is_in_doubt() -> None:
    trial = slower(RULE)
    measure(trial, ITSELF, Around(0.0), Around(0.05))
    decision = decided(trial)
    assert decision.verdict is Verdict.SLOWER
    assert "CPU" in decision.reason
    assert "clock" not in decision.reason


# -- Looks ----------------------------------------------------------------------------------------


def test_the_looks_of_plans() -> None:
    early, final = Rule().early_confidence, Rule().confidence
    assert Rule().course(40) == (*(Look(one, early) for one in (10, 20, 30)), Look(40, final))
    assert Rule().course(8) == (Look(5, early), Look(6, early), Look(8, final))
    assert Rule().course(5) == (Look(5, final),)
    assert Rule().course(1) == (Look(1, final),)


def test_an_early_look_does_not_convict_with_the_final_confidence() -> None:
    samples = Around(0.05, sd=0.02).values(10)
    assert t_interval(samples, 0.95)[1] > RULE.log_margin > t_interval(samples, 0.998)[1]
    at_the_end, early = Trial(RULE, 10), Trial(Rule(), 40)
    for trial in (at_the_end, early):
        measure(trial, FIRST, Around(0.05, sd=0.02))
    assert at_the_end.next() == Request(CONFIRMATION, 10)
    assert early.next() == Request(FIRST, 10)


def test_an_early_look_ends_what_is_beyond_doubt() -> None:
    trial = Trial(Rule(), 40)
    measure(trial, FIRST, Around(0.08))
    assert trial.next() == Request(CONFIRMATION, 10)


def test_an_early_look_passes_with_the_final_confidence() -> None:
    samples = Around(0.015, sd=0.015).values(10)
    assert t_interval(samples, 0.95)[2] < RULE.log_margin < t_interval(samples, 0.998)[2]
    trial = Trial(Rule(), 40)
    measure(trial, FIRST, Around(0.015, sd=0.015))
    assert decided(trial).verdict is Verdict.PASS


def test_nothing_is_judged_between_looks() -> None:
    trial = Trial(Rule(), 40)
    for made in range(9):
        assert trial.next() == Request(FIRST, 10 - made)
        trial.add(FIRST, {CPU: 0.0, WALL: 0.0})
    trial.add(FIRST, {CPU: 0.0, WALL: 0.0})
    assert decided(trial).verdict is Verdict.PASS


# -- Two figures ----------------------------------------------------------------------------------


def test_the_clock_alone_convicts() -> None:
    """A server that sleeps."""
    trial = Trial(RULE, 10)
    measure(trial, FIRST, Around(0.0), Around(0.08))
    measure(trial, CONFIRMATION, Around(0.0), Around(0.08))
    measure(trial, ITSELF, Around(0.0))
    decision = decided(trial)
    assert decision.verdict is Verdict.SLOWER
    assert "clock" in decision.reason


def test_the_processors_time_alone_convicts() -> None:
    trial = Trial(RULE, 10)
    measure(trial, FIRST, Around(0.08), Around(-0.1))
    measure(trial, CONFIRMATION, Around(0.08), Around(-0.1))
    measure(trial, ITSELF, Around(0.0))
    assert decided(trial).verdict is Verdict.SLOWER


def test_a_clock_disturbed_by_a_neighbour_neither_convicts_nor_passes() -> None:
    trial = Trial(RULE, 10)
    measure(trial, FIRST, Around(0.0), Around(0.05, sd=0.1))
    decision = decided(trial)
    assert decision.verdict is Verdict.INCONCLUSIVE
    assert "clock" in decision.reason


def test_a_rule_of_one_figure_leaves_the_other_aside() -> None:
    trial = Trial(CPU_ALONE, 10)
    measure(trial, FIRST, Around(0.0), Around(0.5))
    decision = decided(trial)
    assert decision.verdict is Verdict.PASS
    assert set(decision.estimates) == {CPU}


# -- What is said ---------------------------------------------------------------------------------


def test_an_inconclusive_reason_says_what_is_known_and_what_would_help() -> None:
    trial = Trial(RULE, 10)
    measure(trial, FIRST, Around(0.0), Around(0.0, sd=0.1))
    assert decided(trial).reason == (
        "neither slower by more than 3% nor surely not: time by the clock per request +0.0%, "
        "between -6.9% and +7.4% (95%, 10 restarts); so many restarts that spread by 10% find a "
        "slowdown of 17.1% nine times of ten: allow more time (about 150 restarts tell slower "
        "from unchanged), use a quieter machine or a wider margin"
    )


def test_the_estimates_of_a_decision_are_filled() -> None:
    trial = Trial(RULE, 10)
    measure(trial, FIRST, Around(0.01, sd=0.004))
    found = decided(trial).estimates[WALL]
    assert (found.figure, found.restarts, found.confidence) == (WALL, 10, 0.95)
    assert (found.log_mean, found.log_sd) == pytest.approx((0.01, 0.004))
    assert found.log_low < 0.01 < found.log_high < RULE.log_margin < found.log_mde < 0.04


def test_estimates_of_a_trial_under_way() -> None:
    trial = Trial(RULE, 10)
    assert trial.estimates(FIRST) == {}
    trial.add(FIRST, {CPU: 0.1, WALL: 0.2})
    found = trial.estimates(FIRST)[WALL]
    assert (found.log_mean, found.log_low, found.log_high) == (0.2, -math.inf, math.inf)
    assert found.log_mde == math.inf
    assert trial.estimates(ITSELF) == {}


# -- Edges ----------------------------------------------------------------------------------------


def test_one_restart_decides_nothing() -> None:
    trial = Trial(RULE, 1)
    trial.add(FIRST, {CPU: 5.0, WALL: 5.0})
    decision = decided(trial)
    assert decision.verdict is Verdict.INCONCLUSIVE
    assert "two restarts" in decision.reason


def test_two_restarts_are_judged_by_their_wide_interval() -> None:
    trial = Trial(RULE, 2)
    for value in (0.05, 0.06):  # 12.7 * 0.00707 / sqrt(2): reaches 0.0635 to either side
        trial.add(FIRST, {CPU: value, WALL: value})
    assert decided(trial).verdict is Verdict.INCONCLUSIVE
    close = Trial(RULE, 2)
    for value in (0.05, 0.0501):
        close.add(FIRST, {CPU: value, WALL: value})
    assert close.next() == Request(CONFIRMATION, 2)


def test_without_any_spread_the_mean_decides() -> None:
    for mean, verdict in ((0.0, Verdict.PASS), (RULE.log_margin, Verdict.INCONCLUSIVE)):
        trial = Trial(RULE, 10)
        measure(trial, FIRST, Around(mean, sd=0))
        assert decided(trial).verdict is verdict
    trial = Trial(RULE, 10)
    for phase, mean in ((FIRST, 0.05), (CONFIRMATION, 0.05), (ITSELF, 0)):
        measure(trial, phase, Around(mean, sd=0))
    assert decided(trial).verdict is Verdict.SLOWER


def test_illegal_restarts_are_refused() -> None:
    trial = Trial(RULE, 10)
    with pytest.raises(ValueError, match="without the figure wall"):
        trial.add(FIRST, {CPU: 0.0})
    with pytest.raises(ValueError, match="no log slowdown: cpu is nan"):
        trial.add(FIRST, {CPU: math.nan, WALL: 0.0})
    with pytest.raises(ValueError, match="while first is under way"):
        trial.add(ITSELF, {CPU: 0.0, WALL: 0.0})
    assert trial.next() == Request(FIRST, 10)  # none of them counted
    measure(trial, FIRST, Around(0))
    with pytest.raises(ValueError, match="has ended: pass"):
        trial.add(FIRST, {CPU: 0.0, WALL: 0.0})


@pytest.mark.parametrize("planned", [0, -3])
def test_a_plan_has_restarts(planned: int) -> None:
    with pytest.raises(ValueError, match="at least one restart"):
        Trial(RULE, planned)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"margin": -0.01}, "margin"),
        ({"margin": math.nan}, "margin"),
        ({"confidence": 1.0}, "confidence"),
        ({"confidence": 95}, "confidence"),
        ({"early_confidence": 0.9}, "confidence"),
        ({"figures": ()}, "figure"),
        ({"figures": (CPU, CPU)}, "figure"),
        ({"looks": (0.5, 1.0)}, "looks"),
        ({"fewest": 1}, "two restarts"),
    ],
)
def test_rules_that_make_no_sense(changed: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Rule(**changed)  # type: ignore[arg-type]


def test_how_many_restarts_a_plan_may_take() -> None:
    assert most_restarts(Rule(), 10) == 30
    assert most_restarts(Rule(confirm=False, veto=False), 10) == 10
    assert planned_within(Rule(), 30) == 12
    assert planned_within(Rule(veto=False), 30) == 15
    assert planned_within(Rule(), 0) == 1


rules = st.builds(
    Rule,
    margin=st.sampled_from([0, 0.03, 0.5]),
    figures=st.sampled_from([(CPU,), (WALL,), (CPU, WALL)]),
    looks=st.sampled_from([(), (0.25, 0.5, 0.75), (0.1, 0.11)]),
    fewest=st.integers(2, 6),
    confirm=st.booleans(),
    veto=st.booleans(),
)
logs = st.floats(-700, 700) | st.floats(-0.1, 0.2) | st.just(0.0)


@settings(max_examples=150, deadline=None)
@given(rules, st.integers(1, 30), st.data())
def test_every_trial_ends_and_its_verdict_is_what_its_estimates_say(
    rule: Rule, planned: int, data: st.DataObject
) -> None:
    trial, made = Trial(rule, planned), 0
    drawn = data.draw(st.lists(st.tuples(logs, logs), min_size=1, max_size=20))
    while not isinstance(wanted := trial.next(), Decision):
        assert wanted.restarts >= 1
        cpu, wall = drawn[made % len(drawn)]
        trial.add(wanted.phase, {CPU: cpu, WALL: wall})
        made += 1
        assert made <= most_restarts(rule, planned)
    margin, estimates = rule.log_margin, wanted.estimates.values()
    assert set(wanted.estimates) == set(rule.figures)
    assert wanted.reason
    if wanted.verdict is Verdict.SLOWER:
        assert any(one.log_low > margin for one in estimates)
    if wanted.verdict is Verdict.PASS:
        assert all(one.log_high < margin for one in estimates)
    for one in estimates:
        assert one.throughput[1] <= one.throughput[0] <= one.throughput[2]  # none overflows
