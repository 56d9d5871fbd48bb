"""Quantiles and intervals against closed forms, printed tables and an integration of our own."""

import math
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.statistics.intervals import incomplete_beta, rate_below, t_interval, t_quantile

# 97.5 % for 1 to 30 degrees of freedom, as printed in every textbook.
T975 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip

probabilities = st.floats(1e-9, 1 - 1e-9)
degrees_of_freedom = st.floats(1, 1e5)


@pytest.mark.parametrize(("degrees", "printed"), list(enumerate(T975, 1)))
def test_the_printed_table(degrees: int, printed: float) -> None:
    assert round(t_quantile(0.975, degrees), 3) == printed


@pytest.mark.parametrize(
    ("p", "degrees", "printed"),
    [
        (0.90, 3, 1.638),
        (0.95, 60, 1.671),
        (0.975, 120, 1.980),
        (0.99, 20, 2.528),
        (0.995, 10, 3.169),
        (0.999, 10, 4.144),
        (0.9995, 5, 6.869),
    ],
)
def test_other_printed_quantiles(p: float, degrees: int, printed: float) -> None:
    assert round(t_quantile(p, degrees), 3) == printed


@settings(deadline=None)
@given(st.floats(1e-6, 0.49))
def test_closed_forms_of_one_two_and_four_degrees(p: float) -> None:
    alpha = 4 * p * (1 - p)
    four = math.cos(math.acos(math.sqrt(alpha)) / 3) / math.sqrt(alpha)
    assert t_quantile(p, 1) == pytest.approx(math.tan(math.pi * (p - 0.5)), rel=1e-6)
    assert t_quantile(p, 2) == pytest.approx((2 * p - 1) / math.sqrt(2 * p * (1 - p)), rel=1e-6)
    assert t_quantile(p, 4) == pytest.approx(-2 * math.sqrt(four - 1), rel=1e-6)


@pytest.mark.parametrize("degrees", [3, 7.5, 30, 400])
@pytest.mark.parametrize("p", [0.5001, 0.6, 0.74, 0.76, 0.975, 0.9999])
def test_the_density_below_a_quantile_integrates_to_the_probability(
    p: float, degrees: float
) -> None:
    front = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)
    front -= math.log(degrees * math.pi) / 2
    width = t_quantile(p, degrees) / 2000
    middles = ((number + 0.5) * width for number in range(2000))
    density = (math.exp(front - (degrees + 1) / 2 * math.log1p(t * t / degrees)) for t in middles)
    assert math.fsum(density) * width == pytest.approx(p - 0.5, rel=1e-5)


@settings(deadline=None)
@given(probabilities, degrees_of_freedom)
def test_it_is_symmetric(p: float, degrees: float) -> None:
    # Of a probability near 1 a float holds fewer digits than of its complement.
    assert t_quantile(p, degrees) == pytest.approx(-t_quantile(1 - p, degrees), rel=1e-6, abs=1e-14)


@settings(deadline=None)
@given(st.floats(0.51, 0.999), st.floats(1, 1e4))
def test_it_rises_with_the_probability_and_falls_with_the_degrees(p: float, degrees: float) -> None:
    here = t_quantile(p, degrees)
    assert t_quantile(p + 0.0005, degrees) > here
    assert t_quantile(p, degrees * 1.1) < here
    assert here > NormalDist().inv_cdf(p)


@pytest.mark.parametrize("p", [0.6, 0.975, 0.999, 1e-9])
def test_it_meets_its_asymptotic_series_where_that_takes_over(p: float) -> None:
    limit = 100 * (1 + NormalDist().inv_cdf(p) ** 2)
    assert t_quantile(p, limit * (1 - 1e-9)) == pytest.approx(
        t_quantile(p, limit * (1 + 1e-9)), rel=1e-8
    )


def test_the_middle_and_the_far_tail() -> None:
    assert t_quantile(0.5, 7) == 0
    assert t_quantile(1e-300, 1) == pytest.approx(-1e300 / math.pi)
    # The density in the middle is that of Cauchy, 1/pi.
    assert t_quantile(0.5 + 1e-9, 1) == pytest.approx(math.pi * 1e-9, rel=1e-6)


@pytest.mark.parametrize(
    ("p", "degrees"), [(0, 5), (1, 5), (-0.1, 5), (math.nan, 5), (0.9, 0), (0.9, math.inf)]
)
def test_what_has_no_quantile_is_refused(p: float, degrees: float) -> None:
    with pytest.raises(ValueError, match=r"probability|degrees"):
        t_quantile(p, degrees)


def test_the_incomplete_beta_function_at_its_ends_and_in_closed_form() -> None:
    assert incomplete_beta(0, 2, 3) == 0
    assert incomplete_beta(1, 2, 3) == 1
    assert incomplete_beta(0.3, 1, 3) == pytest.approx(1 - 0.7**3)
    assert incomplete_beta(0.9, 4, 1) == pytest.approx(0.9**4)


def test_an_interval_worked_out_by_hand() -> None:
    # Mean 0, deviation 0.1, t(4) = 2.776445: half a width of 2.776445 * 0.1 / sqrt(5).
    step = math.sqrt(0.01 * 4 / 10)
    mean, low, high, deviation = t_interval([-2 * step, -step, 0, step, 2 * step], 0.95)
    half = 2.776445105 * 0.1 / math.sqrt(5)
    assert (mean, deviation) == pytest.approx((0, 0.1))
    assert (low, high) == pytest.approx((-half, half))


def test_one_sample_bounds_nothing() -> None:
    assert t_interval([0.3], 0.95) == (0.3, -math.inf, math.inf, math.inf)


@settings(deadline=None)
@given(st.floats(-100, 100), st.integers(2, 40))
def test_equal_samples_have_an_interval_without_width(value: float, count: int) -> None:
    assert t_interval([value] * count, 0.95) == (value, value, value, 0)


@settings(deadline=None)
@given(
    st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30),
    st.floats(-1e3, 1e3),
    st.floats(0.01, 100),
)
def test_an_interval_moves_and_grows_with_its_samples(
    samples: list[float], shift: float, scale: float
) -> None:
    before = t_interval(samples, 0.95)
    mean, low, high, deviation = t_interval([scale * one + shift for one in samples], 0.95)
    assert low <= mean <= high
    wanted = (*(scale * one + shift for one in before[:3]), scale * before[3])
    assert (mean, low, high, deviation) == pytest.approx(wanted, rel=1e-6, abs=1e-6)


@settings(deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30))
def test_more_confidence_is_never_narrower(samples: list[float]) -> None:
    _, low, high, _ = t_interval(samples, 0.95)
    _, lower, higher, _ = t_interval(samples, 0.998)
    assert lower <= low <= high <= higher


@pytest.mark.parametrize("samples", [[], [math.nan, 1], [math.inf, 1], [0.0, -math.inf]])
def test_samples_that_are_none_are_refused(samples: list[float]) -> None:
    with pytest.raises(ValueError, match="samples"):
        t_interval(samples, 0.95)


@pytest.mark.parametrize("confidence", [0, 1, 95, math.nan])
def test_confidences_are_shares(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        t_interval([1, 2], confidence)


def test_rates_seen_never_rarely_and_always() -> None:
    # None in n: (1 - rate)^n = 5 %.
    assert rate_below(0, 20) == pytest.approx(1 - 0.05 ** (1 / 20))
    assert rate_below(20, 20) == 1
    rate = rate_below(1, 500)
    # At that rate, one hit or none comes in 5 % of such runs.
    assert (1 - rate) ** 500 + 500 * rate * (1 - rate) ** 499 == pytest.approx(0.05, rel=1e-5)


@pytest.mark.parametrize(("hits", "trials"), [(0, 0), (3, 2), (-1, 2)])
def test_impossible_rates_are_refused(hits: int, trials: int) -> None:
    with pytest.raises(ValueError, match="no rate"):
        rate_below(hits, trials)
