"""When a difference may be believed. Pure: no socket, no process, no clock.

intervals    Student's t, intervals of means and of rates
rule         what counts as slower, and how sure one must be
power        what so many restarts can see
gate         the course of a comparison: what to measure next, and the verdict
reasons      the sentence beside the verdict
simulation   noisy two-core machines, to see how often the rule errs
resampling   the same from restarts that were recorded
"""

from benchmarks.statistics.gate import Request, Trial, most_restarts, planned_within
from benchmarks.statistics.intervals import t_interval, t_quantile
from benchmarks.statistics.power import log_mde, restarts_needed
from benchmarks.statistics.rule import Look, Rule

__all__ = [
    "Look",
    "Request",
    "Rule",
    "Trial",
    "log_mde",
    "most_restarts",
    "planned_within",
    "restarts_needed",
    "t_interval",
    "t_quantile",
]
