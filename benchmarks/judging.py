"""Whether a subject does what a scenario stands on: a figure of something else is none.

Owns the judgement before a measurement. It is made with the checks of the suite, on the adapter
that is measured afterwards; what was judged once is not judged again by this process.
"""

from __future__ import annotations

from collections.abc import Sequence

from conformance.catalogue import all_checks
from conformance.check import Check
from conformance.driver import Deadlines
from conformance.judge import Outcome, Rules, Verdict, not_applicable
from conformance.judge import judge as verdict_on
from conformance.protocol import AdapterError
from conformance.sweep import Outcome as Seen
from conformance.sweep import Sweep

from .command import Refused, progress
from .subjects import Subject

_judged: dict[tuple[str, ...], set[str]] = {}
"""Ids of checks that hold, or do not apply, by the command of the subject."""


async def judge(subject: Subject, checks: Sequence[str], scenario: str = "") -> None:
    """Run checks of the catalogue, by their ids, on the subject.

    A check that is for another dialect than the subject's is left out. Raises Refused when one
    fails, be it only a SHOULD (a server may close every connection, and is then measured at that),
    when one could not be made, and when the subject has no way to serve what it is about. A peer
    has no adapter to judge it with: that is said, once, and nothing is refused.
    """
    key = (subject.label, subject.loop, *subject.command.argv)
    is_new = key not in _judged
    judged = _judged.setdefault(key, set())
    if subject.kind == "peer":
        if is_new:
            progress(f"{subject.label} has no adapter, so the suite does not judge it first; its "
                     "answers are validated like all others")  # fmt: skip
        return
    wanted = [one for one in checks_of(checks) if one.id not in judged]
    if not wanted:
        return
    for check, verdict in await _verdicts(subject, wanted):
        reason = _objection(verdict)
        if reason:
            raise Refused(_refusal(subject, scenario, check, reason))
    judged.update(one.id for one in wanted)


def checks_of(ids: Sequence[str]) -> list[Check]:
    """The checks with these ids. Raises LookupError for one that the catalogue does not have."""
    known = {check.id: check for check in all_checks()}
    missing = [one for one in ids if one not in known]
    if missing:
        raise LookupError(f"the catalogue has no check {', '.join(missing)}")
    return [known[one] for one in dict.fromkeys(ids)]


async def _verdicts(subject: Subject, checks: Sequence[Check]) -> list[tuple[Check, Verdict]]:
    """The verdict on each check that applies to the subject's dialect."""
    sweep = Sweep(subject.command, Deadlines())
    found: dict[str, Verdict] = {}

    def report(check: Check, outcome: Seen) -> None:
        if outcome.error is not None:
            found[check.id] = Verdict(Outcome.ERROR, outcome.error)
        else:
            rules = Rules(strict=True, dialect=sweep.hello.dialect)
            found[check.id] = verdict_on(check, outcome.seen, rules)

    try:
        hello = await sweep.open()
        await sweep.run(
            [one for one in checks if not not_applicable(one, hello.dialect, hello.capabilities)],
            report,
        )
    except AdapterError as exc:
        raise Refused(str(exc)) from exc
    finally:
        await sweep.close()
    return [(check, found[check.id]) for check in checks if check.id in found]


def _objection(verdict: Verdict) -> str:
    """Why a verdict forbids a measurement; "" when it does not."""
    if verdict.outcome is Outcome.FAIL:
        return f"fails: {verdict.reason}"
    if verdict.outcome is Outcome.ERROR:
        return f"could not be made: {verdict.reason}"
    if verdict.outcome is Outcome.NOT_APPLICABLE:
        return f"does not apply, {verdict.reason}"
    return ""


def _refusal(subject: Subject, scenario: str, check: Check, reason: str) -> str:
    about = f"the scenario {scenario}" if scenario else "what is measured"
    return (
        f"{subject.label} is not measured: {about} stands on the check {check.id}, which {reason}\n"
        f"  what it is about: trueline explain {check.id}"
    )
