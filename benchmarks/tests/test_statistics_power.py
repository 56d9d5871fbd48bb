"""Power and the minimum detectable effect, against published figures and against trials."""

import math
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.model import Figure, Verdict
from benchmarks.statistics.power import (
    POWER,
    convicts,
    log_mde,
    restarts_needed,
    series_power,
)
from benchmarks.statistics.rule import Rule
from benchmarks.statistics.simulation import Draw, outcomes

RULE = Rule()
NO_MARGIN = Rule(margin=0)


@pytest.mark.parametrize(
    ("restarts", "noncentrality", "published"),
    [
        (39, math.sqrt(10), 0.8689528),  # R: power.t.test(n = 20, delta = 1), 38 degrees
        (10, math.sqrt(10), 0.8030),  # one sample of 10 with a difference of one deviation
    ],
)
def test_published_powers(restarts: int, noncentrality: float, published: float) -> None:
    effect = noncentrality / math.sqrt(restarts)
    assert convicts(effect, 1, restarts, NO_MARGIN) == pytest.approx(published, abs=1e-4)


@pytest.mark.parametrize("restarts", [2, 3, 5, 12, 100, 5000])
def test_without_an_effect_power_is_the_error_of_one_side(restarts: int) -> None:
    assert convicts(0, 0.03, restarts, NO_MARGIN) == pytest.approx(0.025, abs=1e-4)
    assert convicts(RULE.log_margin, 0.03, restarts, RULE) == pytest.approx(0.025, abs=1e-4)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 200), st.floats(0.001, 0.2))
def test_the_minimum_detectable_effect_has_the_power_it_promises(restarts: int, sd: float) -> None:
    smallest = log_mde(sd, restarts, RULE)
    assert smallest > RULE.log_margin
    assert convicts(smallest, sd, restarts, RULE) == pytest.approx(series_power(RULE), abs=1e-4)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 200), st.floats(0.001, 0.2))
def test_more_restarts_and_less_spread_find_more(restarts: int, sd: float) -> None:
    here = log_mde(sd, restarts, RULE)
    assert log_mde(sd, restarts + 1, RULE) < here
    assert log_mde(sd * 0.9, restarts, RULE) < here
    assert log_mde(sd, restarts, replace(RULE, margin=0.05)) > here
    assert log_mde(sd, restarts, replace(RULE, confirm=False)) < here


def test_what_cannot_be_estimated_finds_nothing_and_what_never_varies_finds_everything() -> None:
    assert log_mde(0.01, 1, RULE) == math.inf
    assert log_mde(math.inf, 5, RULE) == math.inf
    assert log_mde(0, 5, RULE) == RULE.log_margin
    assert convicts(0.5, 0.01, 1, RULE) == 0
    assert convicts(0.5, 0, 2, RULE) == 1
    assert convicts(0.0, 0, 2, RULE) == 0


@pytest.mark.parametrize(("sd", "effect"), [(0.02, 0.08), (0.035, 0.08), (0.02, 0.05), (0.1, 0.5)])
def test_restarts_needed_are_the_fewest(sd: float, effect: float) -> None:
    needed = restarts_needed(sd, effect, RULE)
    assert needed is not None
    assert log_mde(sd, needed, RULE) <= math.log1p(effect) < log_mde(sd, needed - 1, RULE)


def test_what_no_number_of_restarts_finds() -> None:
    assert restarts_needed(0.02, 0.03, RULE) is None
    assert restarts_needed(0.02, -0.5, RULE) is None
    assert restarts_needed(50.0, 0.031, RULE) is None


@pytest.mark.parametrize("sd", [-0.1, math.nan])
def test_a_deviation_is_not_negative(sd: float) -> None:
    with pytest.raises(ValueError, match="deviation"):
        log_mde(sd, 5, RULE)


@pytest.mark.parametrize("effect", [-1, math.nan])
def test_an_effect_is_a_share(effect: float) -> None:
    with pytest.raises(ValueError, match="effect"):
        restarts_needed(0.02, effect, RULE)


@pytest.mark.parametrize("restarts", [5, 20])
def test_trials_find_the_minimum_detectable_effect_nine_times_of_ten(restarts: int) -> None:
    rule = Rule(figures=(Figure.CPU,), looks=(), veto=False)
    rng, sd = Random(restarts), 0.03
    effect = log_mde(sd, restarts, rule)
    draw: Draw = lambda phase: {Figure.CPU: rng.gauss(effect, sd)}  # noqa: E731
    found = outcomes(rule, restarts, iter([draw] * 2000)).rate(Verdict.SLOWER)
    assert found == pytest.approx(POWER, abs=0.02)  # three standard errors
