"""Verdicts: from a check and what was seen of it, and from nothing else.

Owns the rules of judgement, the baseline's part in them included. No sockets, no processes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from . import dialect as dialects
from .check import Check, Level
from .expect import Problem
from .seen import Seen


class Outcome(Enum):
    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    WARN = "warn"  # a SHOULD or MAY that does not hold
    NOT_APPLICABLE = "not applicable"
    KNOWN = "known failing"  # in the baseline
    STALE = "stale"  # in the baseline, and it passes
    ERROR = "error"  # the adapter or the harness is at fault

    @property
    def fails_the_run(self) -> bool:
        return self in (Outcome.FAIL, Outcome.STALE, Outcome.ERROR)


@dataclass(frozen=True)
class Verdict:
    """What is to be said of one check. `reason` is one line; `problems` are what does not hold."""

    outcome: Outcome
    reason: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Rules:
    """What a run is judged by, beside the checks.

    strict    a SHOULD fails the run as a MUST does
    known     the baseline: why each of these checks is known to fail, by id
    dialect   what the subject declared
    """

    strict: bool = False
    known: Mapping[str, str] = field(default_factory=dict)
    dialect: Mapping[str, str] = field(default_factory=dict)


def not_applicable(check: Check, declared: Mapping[str, str], capabilities: frozenset[str]) -> str:
    """Why a check need not be run for a subject; "" when it is to be run."""
    for option, values in check.when.items():
        value = dialects.value(declared, option)
        if value not in values:
            return f"{option} is declared {value!r}"
    for capability in check.needs:
        if capability not in capabilities:
            return f"the adapter has no {capability}"
    return ""


def judge(check: Check, seen: Seen, rules: Rules) -> Verdict:
    """The verdict on a check that was run."""
    if seen.rejection is not None and seen.rejection.kind == "unsupported":
        return Verdict(Outcome.NOT_APPLICABLE, f"unsupported: {seen.rejection.message}")
    problems = tuple(_problems(check, seen, rules.dialect))
    if not problems:
        if check.id in rules.known:
            return Verdict(Outcome.STALE, f"passes, but the baseline says: {rules.known[check.id]}")
        return Verdict(Outcome.PASS)
    reason = problems[0].text
    if check.id in rules.known:
        return Verdict(Outcome.KNOWN, rules.known[check.id], problems)
    if check.level is Level.MUST or (check.level is Level.SHOULD and rules.strict):
        return Verdict(Outcome.FAIL, reason, problems)
    return Verdict(Outcome.WARN, reason, problems)


def _problems(check: Check, seen: Seen, declared: Mapping[str, str]) -> list[Problem]:
    if seen.died is not None:
        return [Problem(f"the subject's process ended: {seen.died}")]
    found = [
        problem for expectation in check.expect for problem in expectation.problems(seen, declared)
    ]
    if seen.rejection is not None and not _is_refusal_expected(check, seen, declared):
        return [Problem(f"the framework refused the application: {seen.rejection.message}")]
    if seen.missed is not None:
        return [Problem(seen.missed), *found]
    return found


def _is_refusal_expected(check: Check, seen: Seen, declared: Mapping[str, str]) -> bool:
    """Whether it is the refusal that an expectation holds by. Of an app that was not started, what
    must never happen did not happen either, and that proves nothing."""
    started = replace(seen, rejection=None)
    return any(
        any(expectation.problems(started, declared))
        and not any(expectation.problems(seen, declared))
        for expectation in check.expect
    )
