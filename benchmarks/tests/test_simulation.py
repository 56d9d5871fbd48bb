"""How often the rule errs and what it finds on imagined machines, with seeds.

The bounds are those of the rule; the number of trials is what keeps the error of the seen rate
well away from them. `python -m benchmarks.statistics.simulation` makes a longer run.
"""

import math
import statistics
from dataclasses import replace
from random import Random

import pytest

from benchmarks.model import Figure, Phase, Verdict
from benchmarks.statistics.gate import Trial
from benchmarks.statistics.rule import Rule
from benchmarks.statistics.simulation import (
    BUSY,
    QUIET,
    USUAL,
    Draw,
    Machine,
    Noise,
    Outcomes,
    outcomes,
    play,
    simulate,
    slices_as_samples,
    spread,
)

FALSE_ALARMS = 1 / 500
HOPELESS = replace(BUSY, process_sd=0.2)
"""So noisy a machine that a margin of 3 % means nothing: the rule's worst case."""


def rate(found: Outcomes) -> float:
    return found.rate(Verdict.SLOWER)


# -- False alarms ---------------------------------------------------------------------------------


@pytest.mark.parametrize("noise", [USUAL, BUSY, HOPELESS], ids=["usual", "busy", "hopeless"])
def test_identical_code_is_called_slower_in_less_than_one_of_500(noise: Noise) -> None:
    found = simulate(1000, 0.0, noise, 10, Random(1))
    assert rate(found) <= FALSE_ALARMS


def test_even_without_a_margin() -> None:
    found = simulate(1000, 0.0, USUAL, 10, Random(1), Rule(margin=0))
    assert rate(found) <= FALSE_ALARMS


def test_a_slowdown_of_just_the_margin_is_hardly_ever_called_slower() -> None:
    found = simulate(600, 0.03, USUAL, 10, Random(1))
    assert rate(found) <= 1 / 100


def test_it_is_the_confirmation_that_bounds_the_rate() -> None:
    once = Rule(margin=0, confirm=False, veto=False)
    assert rate(simulate(500, 0.0, USUAL, 10, Random(1), once)) > 10 * FALSE_ALARMS
    twice = replace(once, confirm=True)
    assert rate(simulate(1000, 0.0, USUAL, 10, Random(1), twice)) <= FALSE_ALARMS


def test_it_is_the_early_confidence_that_leaves_the_last_look_its_own() -> None:
    once = Rule(margin=0, confirm=False, veto=False, figures=(Figure.CPU,))
    rng = Random(1)
    draw: Draw = lambda phase: {Figure.CPU: rng.gauss(0, 0.03)}  # noqa: E731
    strict = outcomes(once, 20, iter([draw] * 2000))
    lax = outcomes(replace(once, early_confidence=once.confidence), 20, iter([draw] * 2000))
    # One look errs in 1 of 40, four at the same confidence in twice that.
    assert rate(strict) == pytest.approx(0.026, abs=0.006)
    assert rate(lax) > 0.04


def test_a_machine_that_favours_one_side_is_found_out_by_the_veto() -> None:
    biased = replace(QUIET, bias=0.06)
    assert rate(simulate(200, 0.0, biased, 10, Random(1))) <= 0.02
    assert rate(simulate(200, 0.0, biased, 10, Random(1), Rule(veto=False))) > 0.9


def test_the_error_of_passing_early_stays_small_at_the_margin_itself() -> None:
    found = simulate(400, 0.03, USUAL, 20, Random(1))
    assert found.rate(Verdict.PASS) <= 0.07
    beyond = simulate(200, 0.05, USUAL, 20, Random(1))
    assert beyond.rate(Verdict.PASS) <= 0.005


# -- Power ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("effect", "plan", "noise"),
    [
        (0.08, 8, QUIET),
        (0.08, 12, USUAL),
        (0.08, 18, BUSY),
        (0.05, 18, QUIET),
        (0.05, 25, replace(USUAL, process_sd=0.017)),
        (0.05, 50, USUAL),
    ],
)
def test_what_is_slower_is_found_nine_times_of_ten(effect: float, plan: int, noise: Noise) -> None:
    assert rate(simulate(150, effect, noise, plan, Random(1))) >= 0.9


def test_a_server_that_sleeps_is_found_by_the_clock() -> None:
    def draws(seed: int) -> Draw:
        machine = Machine(QUIET, Random(seed))

        def draw(phase: Phase) -> dict[Figure, float]:
            found = machine.restart(0.0)
            slept = 0.0 if phase is Phase.ITSELF else math.log(1.08)
            return {**found, Figure.WALL: found[Figure.WALL] + slept}

        return draw

    found = outcomes(Rule(), 12, map(draws, range(150)))
    assert rate(found) >= 0.9


def test_unchanged_code_passes_on_a_quiet_machine_in_a_few_restarts() -> None:
    found = simulate(200, 0.0, QUIET, 12, Random(1))
    assert found.rate(Verdict.PASS) >= 0.95
    assert statistics.median(found.restarts) == 5


# -- The machine ----------------------------------------------------------------------------------


def test_slices_of_one_pair_of_processes_are_no_samples() -> None:
    """Why the restart is the sampling unit: the interval of 95 % errs most of the time."""
    assert slices_as_samples(300, USUAL, 20, Random(1)) > 0.5


def test_restarts_are_samples() -> None:
    # The interval of 95 % over restarts of identical code excludes equality in 1 of 20.
    rule = Rule(figures=(Figure.CPU,), looks=())
    rng = Random(1)
    separated = 0
    for _ in range(1000):
        machine, trial = Machine(USUAL, rng), Trial(rule, 8)
        for _ in range(7):
            trial.add(Phase.FIRST, machine.restart(0.0))
        separated += trial.estimates(Phase.FIRST)[Figure.CPU].is_separated
    assert separated / 1000 == pytest.approx(0.05, abs=0.02)


def test_abba_cancels_the_drift() -> None:
    drifting = Noise(process_sd=0, cpu_sd=0, wall_sd=0, steals=0, drift_sd=0.02)
    in_turns = spread(replace(drifting, order="ABBAABBA"), Random(1))[Figure.WALL]
    one_by_one = spread(replace(drifting, order="AAAABBBB"), Random(1))[Figure.WALL]
    assert one_by_one > 2 * in_turns


def test_the_machine_wanders_as_far_as_was_measured() -> None:
    """13-17 % within minutes: some hundred slices."""
    rng, ends = Random(1), []
    for _ in range(300):
        machine = Machine(replace(USUAL, order="ABBA" * 50), rng)
        machine.pairs(0.0)
        ends.append(machine._speed)
    assert 0.1 < statistics.stdev(ends) < 0.2


def test_time_by_the_clock_is_noisier_than_the_processors_and_goes_with_it() -> None:
    machine = Machine(USUAL, Random(1))
    drawn = [machine.restart(0.0) for _ in range(1000)]
    cpu, wall = ([one[figure] for one in drawn] for figure in (Figure.CPU, Figure.WALL))
    assert statistics.stdev(wall) > statistics.stdev(cpu)
    assert statistics.correlation(cpu, wall) > 0.5


def test_the_same_seed_makes_the_same_trials() -> None:
    first, again = (simulate(20, 0.05, BUSY, 10, Random(7)) for _ in range(2))
    assert first == again


def test_playing_counts_the_restarts_of_all_phases() -> None:
    means = {Phase.FIRST: 0.1, Phase.CONFIRMATION: 0.1, Phase.ITSELF: 0.0}
    decision, made = play(Trial(Rule(), 5), lambda phase: dict.fromkeys(Figure, means[phase]))
    assert (decision.verdict, made) == (Verdict.SLOWER, 15)
