"""What a comparison can see: power, minimum detectable effect, restarts needed. Pure.

A series of n restarts convicts when mean - t * s / sqrt(n) > ln(1 + margin). That is a statement
about a noncentral t variable with noncentrality (effect - margin) * sqrt(n) / sd, whose tail is
integrated over the distribution of s. Looks before the end only add to the power.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

from benchmarks.statistics.intervals import t_quantile
from benchmarks.statistics.rule import Rule

POWER = 0.9
"""Nine times of ten."""
MOST_RESTARTS = 1_000_000
_STRIPS = 400
_MANY_DEGREES = 300
"""From here on a normal approximation is right to four digits."""


def convicts(log_effect: float, sd: float, restarts: int, rule: Rule) -> float:
    """The probability that one series of a figure convicts at its end.

    `log_effect` is the true logarithm of the slowdown, `sd` the deviation of restarts around it.
    """
    _check(sd)
    if restarts < 2:
        return 0.0
    distance = log_effect - rule.log_margin
    if sd == 0:
        return 1.0 if distance > 0 else 0.0
    return _exceeds(
        distance * math.sqrt(restarts) / sd,
        restarts - 1,
        t_quantile((1 + rule.confidence) / 2, restarts - 1),
    )


def series_power(rule: Rule) -> float:
    """How surely each series must convict, so that all of them do nine times of ten.

    The confirmation is as long as the first series and its restarts are fresh, so that the
    probabilities multiply.
    """
    return math.sqrt(POWER) if rule.confirm else POWER


def log_mde(sd: float, restarts: int, rule: Rule) -> float:
    """The minimum detectable effect: the log slowdown that is found with `POWER`.

    Found means: convicted by a series of `restarts` and, if the rule asks for it, by a
    confirmation of as many. Infinite for fewer than two restarts or an infinite `sd`.
    """
    _check(sd)
    if restarts < 2 or sd == math.inf:
        return math.inf
    needed = _noncentrality(restarts - 1, rule.confidence, series_power(rule))
    return rule.log_margin + needed * sd / math.sqrt(restarts)


def restarts_needed(sd: float, effect: float, rule: Rule) -> int | None:
    """The restarts of each series that find a slowdown of `effect` (0.08 for 8 %) with `POWER`.

    None where no number up to a million does: the effect does not lie beyond the margin, or `sd` is
    too large. By symmetry this is also how many restarts let an unchanged B pass, for an effect
    of twice the margin.
    """
    _check(sd)
    if not effect > -1:
        raise ValueError(f"an effect is a share above -1, 0.08 for 8 % slower, not {effect}")
    wanted = math.log1p(effect)
    if wanted <= rule.log_margin:
        return None
    # With a known deviation so many would do: one has to be estimated, and it takes a few more.
    normal = NormalDist()
    sure = normal.inv_cdf((1 + rule.confidence) / 2) + normal.inv_cdf(series_power(rule))
    fewest = (sure * sd / (wanted - rule.log_margin)) ** 2
    if fewest > MOST_RESTARTS:
        return None
    low, step = max(1, math.floor(fewest)), 1
    while log_mde(sd, high := low + step, rule) > wanted:
        low, step = high, 2 * step
    while high - low > 1:
        middle = (low + high) // 2
        if log_mde(sd, middle, rule) > wanted:
            low = middle
        else:
            high = middle
    return high


def _check(sd: float) -> None:
    if not sd >= 0:
        raise ValueError(f"a standard deviation is not negative: {sd}")


@lru_cache(maxsize=4096)
def _noncentrality(degrees: int, confidence: float, power: float) -> float:
    """How many standard errors the effect must lie beyond the margin."""
    threshold = t_quantile((1 + confidence) / 2, degrees)
    if degrees > _MANY_DEGREES:  # Abramowitz & Stegun 26.7.10
        margin = NormalDist().inv_cdf(power) * math.sqrt(1 + threshold**2 / (2 * degrees))
        return threshold * (1 - 1 / (4 * degrees)) + margin
    low, high = 0.0, 4.0
    while _exceeds(high, degrees, threshold) < power:
        low, high = high, 2 * high
    while high - low > 1e-6 * high:
        middle = (low + high) / 2
        if _exceeds(middle, degrees, threshold) < power:
            low = middle
        else:
            high = middle
    return high


def _exceeds(noncentrality: float, degrees: int, threshold: float) -> float:
    """The probability that noncentral t lies above `threshold`.

    (Z + noncentrality) / u > threshold, where u is s / sd: given u, a normal tail.
    """
    return math.fsum(
        weight * 0.5 * math.erfc((threshold * u - noncentrality) / math.sqrt(2))
        for u, weight in _spreads(degrees)
    )


@lru_cache(maxsize=512)
def _spreads(degrees: int) -> tuple[tuple[float, float], ...]:
    """Values of s / sd and their probabilities: a chi distribution in strips of equal width."""
    reach = 8 / math.sqrt(2 * degrees)  # eight deviations; the rest is below 1e-10
    low = max(0.0, 1 - reach)
    width = (1 + reach - low) / _STRIPS
    log_front = math.log(2) + degrees / 2 * math.log(degrees / 2) - math.lgamma(degrees / 2)
    strips = []
    for number in range(_STRIPS):
        u = low + (number + 0.5) * width
        log_density = log_front + (degrees - 1) * math.log(u) - degrees * u * u / 2
        strips.append((u, math.exp(log_density) * width))
    return tuple(strips)
