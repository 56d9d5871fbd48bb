"""Quantiles of Student's t, and intervals of means and rates. Pure; the standard library only.

The distribution functions rest on the regularised incomplete beta function (DLMF 8.17.22, a
continued fraction); what must be inverted is inverted by bisection, which cannot diverge.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from statistics import NormalDist, fmean

MOST_TERMS = 20_000
SMALLEST = 1e-300


@lru_cache(maxsize=4096)
def t_quantile(p: float, degrees: float) -> float:
    """The value that Student's t stays below with probability `p`; right to 1e-6 of itself.

    Raises ValueError unless 1e-300 <= p < 1 and degrees >= 1.
    """
    if not SMALLEST <= p < 1:
        raise ValueError(f"a probability is between {SMALLEST} and 1, not {p}")
    if not 1 <= degrees < math.inf:
        raise ValueError(f"degrees of freedom are at least 1 and finite, not {degrees}")
    if p == 0.5:
        return 0.0
    normal = NormalDist().inv_cdf(p)
    if degrees > 100 * (1 + normal * normal):
        return _near_normal(normal, degrees)
    # Near the middle the tail is almost a half and holds few digits of t: the mass between 0 and
    # t is taken instead. The tails of t are heavier than those of the normal distribution.
    tail = min(p, 1 - p)
    if tail > 0.25:
        middle = abs(p - 0.5)
        found = _crossing(lambda t: _middle(t, degrees) - middle, abs(normal))
    else:
        found = _crossing(lambda t: tail - _tail(t, degrees), abs(normal))
    return math.copysign(found, p - 0.5)


def t_interval(samples: Sequence[float], confidence: float) -> tuple[float, float, float, float]:
    """Mean, lower and upper bound of the two-sided t-interval, and standard deviation.

    One sample has a mean alone: its bounds and its deviation are infinite. Raises ValueError for
    no samples, for one that is not finite, and for a confidence that is not between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence is between 0 and 1, not {confidence}")
    count = len(samples)
    if count == 0:
        raise ValueError("there is no interval of no samples")
    for one in samples:
        if not abs(one) < 1e150:
            raise ValueError(f"samples are finite numbers, not {one}")
    mean = fmean(samples)
    if count == 1:
        return mean, -math.inf, math.inf, math.inf
    # min and max: equal samples have a mean that differs from them by a rounding.
    mean = min(max(mean, min(samples)), max(samples))
    deviation = math.hypot(*(one - mean for one in samples)) / math.sqrt(count - 1)
    half = t_quantile((1 + confidence) / 2, count - 1) * deviation / math.sqrt(count)
    return mean, mean - half, mean + half, deviation


def rate_below(hits: int, trials: int, confidence: float = 0.95) -> float:
    """The rate that is above the true one with this confidence, seen `hits` times in `trials`.

    One-sided, exact (Clopper and Pearson 1934). Raises ValueError unless 0 <= hits <= trials and
    there is a trial.
    """
    if not 0 <= hits <= trials or trials < 1:
        raise ValueError(f"{hits} of {trials} trials is no rate")
    if hits == trials:
        return 1.0
    low, high = 0.0, 1.0
    while high - low > 1e-9:
        rate = (low + high) / 2
        if incomplete_beta(rate, hits + 1, trials - hits) < confidence:
            low = rate
        else:
            high = rate
    return high


def incomplete_beta(x: float, a: float, b: float) -> float:
    """I_x(a, b), for 0 <= x <= 1 and positive a and b."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    return _incomplete_beta(math.log(x), math.log1p(-x), a, b)


def _tail(t: float, degrees: float) -> float:
    """The probability that Student's t is above `t` >= 0."""
    return 0.5 * _incomplete_beta(*_log_shares(t, degrees), degrees / 2, 0.5)


def _middle(t: float, degrees: float) -> float:
    """The probability that Student's t is between 0 and `t` >= 0."""
    log_x, log_rest = _log_shares(t, degrees)
    return 0.5 * _incomplete_beta(log_rest, log_x, 0.5, degrees / 2)


def _log_shares(t: float, degrees: float) -> tuple[float, float]:
    """ln x and ln (1 - x) for x = degrees / (degrees + t²), without overflow, for t > 0."""
    scaled = t / math.sqrt(degrees)
    log_square = 2 * math.log(math.hypot(1, scaled))
    return -log_square, 2 * math.log(scaled) - log_square


def _incomplete_beta(log_x: float, log_rest: float, a: float, b: float) -> float:
    """I_x(a, b) of ln x and ln (1 - x): either may be too small for x to be told from 0 or 1."""
    front = math.exp(
        a * log_x + b * log_rest + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    )
    x = math.exp(log_x)
    # The fraction converges quickly on this side of the mean; I_x(a, b) = 1 - I_{1-x}(b, a) gives
    # the other.
    if x < (a + 1) / (a + b + 2):
        return front / (a * _fraction(x, a, b))
    return 1 - front / (b * _fraction(math.exp(log_rest), b, a))


def _fraction(x: float, a: float, b: float) -> float:
    """1 + d1/(1 + d2/(1 + ...)) of DLMF 8.17.22, by the modified method of Lentz."""
    value, numerator, denominator = 1.0, 1.0, 0.0
    for term in range(1, MOST_TERMS):
        m = term // 2
        if term % 2:
            d = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            d = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        denominator = 1 / _nonzero(1 + d * denominator)
        numerator = _nonzero(1 + d / numerator)
        change = numerator * denominator
        value *= change
        if abs(change - 1) < 1e-15:
            return value
    raise AssertionError(f"the fraction of I_{x}({a}, {b}) did not converge")


def _nonzero(value: float) -> float:
    return value if abs(value) > SMALLEST else SMALLEST


def _crossing(rising: Callable[[float], float], below: float) -> float:
    """Where a rising function crosses zero, at `below` or above."""
    low = math.log(below) - 1e-3  # logarithms: what is sought spans all that a float holds
    high, step = low + 0.1, 0.1
    while rising(math.exp(high)) < 0:
        low, step = high, 2 * step
        high = min(low + step, 709.0)
    while high - low > 1e-10:
        guess = (low + high) / 2
        if guess in (low, high):
            break
        if rising(math.exp(guess)) < 0:
            low = guess
        else:
            high = guess
    return math.exp((low + high) / 2)


def _near_normal(x: float, degrees: float) -> float:
    """The quantile of t from that of the normal distribution: Abramowitz & Stegun 26.7.5."""
    square = x * x
    series = (
        (square + 1) / 4,
        ((5 * square + 16) * square + 3) / 96,
        (((3 * square + 19) * square + 17) * square - 15) / 384,
        ((((79 * square + 776) * square + 1482) * square - 1920) * square - 945) / 92160,
    )
    return x * (1 + sum(term / degrees**power for power, term in enumerate(series, 1)))
