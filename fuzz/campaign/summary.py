"""What is told of a run when it is over, as text and as JSON.

Owns its words. Runs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.report import style
from conformance.report.octets import printable

from ..targets import TARGETS
from . import curve
from .findings import Finding
from .plan import Outcome

MOST_ROWS = 40
_WORDS = 46


def text(outcome: Outcome, folder: str, corpus: str, *, colour: bool) -> str:
    """The whole of it; `folder` and `corpus` are where things were written."""
    parts = [_figures(outcome), _table(outcome, colour), _curve(outcome)]
    parts += [_fixed(outcome), _next(outcome, folder, corpus), [_verdict(outcome, colour)]]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


# -- Figures ---------------------------------------------------------------------------------------


def _figures(outcome: Outcome) -> list[str]:
    tally, plan = outcome.tally, outcome.plan
    said = f"{plan.wanted.target}{' ' + plan.label if plan.label else ''}"
    lines = [
        f"{said}: {TARGETS.get(plan.wanted.target, '')}",
        f"  engine {plan.engine}, seed {plan.seed}, {plan.jobs} worker"
        + ("" if plan.jobs == 1 else "s")
        + (", stopped early" if outcome.stopped else ""),
        f"  {tally.executions:,} executions in {outcome.elapsed_s:.1f} s: {_rate(outcome):,.0f}/s; "
        f"{tally.units:,} units; {_accepted(outcome):.1%} accepted",
        f"  {len(tally.inputs):,} signatures, {tally.replayed:,} inputs of the corpus replayed"
        + ("" if tally.coverage is None else f", {tally.coverage:,} edges reached"),
    ]
    if tally.declared:
        lines.append(f"  declared disagreements met: {len(tally.declared)}")
        most = tally.declared.most_common(8)
        lines += [f"    {count:>9,}  {name}" for name, count in most]
        if len(tally.declared) > len(most):
            lines.append(f"    and {len(tally.declared) - len(most)} more (--json has them all)")
    return lines


def _rate(outcome: Outcome) -> float:
    return outcome.tally.executions / outcome.elapsed_s if outcome.elapsed_s else 0.0


def _accepted(outcome: Outcome) -> float:
    tally = outcome.tally
    return tally.accepted / tally.executions if tally.executions else 0.0


# -- Findings --------------------------------------------------------------------------------------


def _table(outcome: Outcome, colour: bool) -> list[str]:
    if not outcome.met:
        return []
    rows = sorted(outcome.met, key=lambda one: (_state(outcome, one), one.broken.kind, one.bucket))
    lines = [f"{len(rows)} bucket{'' if len(rows) == 1 else 's'}:"]
    for one in rows[:MOST_ROWS]:
        state = _state(outcome, one)
        painted = style.paint(f"{state:<5}", style.RED if state != "known" else style.CYAN, colour)
        lines.append(
            f"  {painted} {one.bucket}  {len(one.broken.data):>5} bytes  {one.hits:>7,} hits  "
            + _short(one.broken.kind)
        )
        sides = " | ".join(filter(None, (one.broken.left, one.broken.right)))
        if sides:
            lines.append(f"        {_short(sides, 2 * _WORDS)}")
        if one.broken.source is not None:
            lines.append(f"        {one.broken.source}: {_short(one.broken.source.quote, 90)}")
    if len(rows) > MOST_ROWS:
        lines.append(f"  and {len(rows) - MOST_ROWS} more, in findings.jsonl")
    return lines


def _state(outcome: Outcome, one: Finding) -> str:
    if one.bucket in outcome.plan.known:
        return "known"
    return "NEW" if one.bucket in outcome.new else "OPEN"


def _short(words: str, most: int = _WORDS) -> str:
    words = printable(" ".join(words.split()))
    return words if len(words) <= most else words[: most - 3] + "..."


def _fixed(outcome: Outcome) -> list[str]:
    return [f"fixed since: {one.bucket} {one.broken.kind} ({one.file})" for one in outcome.fixed]


# -- The curve -------------------------------------------------------------------------------------


def _curve(outcome: Outcome) -> list[str]:
    tally = outcome.tally
    if not tally.executions:
        return []
    lines = ["what was new, over executions:", *curve.chart(tally.curve.points)]
    return [
        *lines,
        "   " + _expected("something new", len(tally.once), tally.executions),
        "   " + _expected("a new bucket", _once(tally.hits.values()), tally.executions),
    ]


def _once(hits: Iterable[int]) -> int:
    return sum(1 for count in hits if count == 1)


def _expected(what: str, once: int, executions: int) -> str:
    if not once:
        return f"expected to show {what}: fewer than 1 in {executions:,} of the next inputs"
    return f"expected to show {what}: about 1 in {round(executions / once):,} of the next inputs"


# -- What to do next -------------------------------------------------------------------------------


def _next(outcome: Outcome, folder: str, corpus: str) -> list[str]:
    plan = outcome.plan
    again = f"trueline fuzz {plan.wanted.target}"
    if plan.label and not plan.label.startswith("-- "):
        again += f" {plan.label}"
    behind = f" {plan.label}" if plan.label.startswith("-- ") else ""
    lines = ["what to do next:"]
    counted = outcome.counted
    if counted:
        one = min(counted, key=lambda finding: len(finding.broken.data))
        path = f"{folder}/{one.file}"
        named = f" {plan.label}" if plan.label.startswith("-") else ""
        lines.append(f"  see it again           trueline replay {path}{named}")
        if any(not finding.whole for finding in counted):
            lines.append(f"  make them smaller      trueline fuzz min {folder}{named}")
        lines.append(f"  keep it mended         {folder}/{one.test_file} is a regression test")
        lines.append("  accept what is known   list its bucket in a file, --known FILE")
    longer = 600 if plan.seconds is None else max(600, int(plan.seconds * 10))
    lines.append(
        f"  look further           {again} --engine {plan.engine} --seconds {longer} "
        f"--seed {_another(plan.seed)}{behind}"
    )
    lines.append(f"  prune the corpus       trueline fuzz merge {plan.wanted.target} {corpus}")
    return lines


def _another(seed: str) -> str:
    return str(int(seed) + 1) if seed.isdecimal() else f"{seed}-2"


def _verdict(outcome: Outcome, colour: bool) -> str:
    counted = outcome.counted
    if counted:
        many = f"{len(counted)} open finding{'' if len(counted) == 1 else 's'}"
        return style.paint(many, f"{style.BOLD};{style.RED}", colour)
    if outcome.vacuous:
        return style.paint(f"vacuous: {outcome.vacuous}", style.YELLOW, colour)
    return style.paint("clean", style.GREEN, colour)


# -- JSON ------------------------------------------------------------------------------------------


def to_json(outcome: Outcome) -> dict[str, Any]:
    """Everything that the text tells, and all that it leaves out."""
    tally, plan = outcome.tally, outcome.plan
    return {
        "target": plan.wanted.target,
        "subject": plan.label,
        "engine": plan.engine,
        "seed": plan.seed,
        "jobs": plan.jobs,
        "stopped": outcome.stopped,
        "executions": tally.executions,
        "elapsed_s": round(outcome.elapsed_s, 3),
        "rate": round(_rate(outcome), 1),
        "units": tally.units,
        "accepted": tally.accepted,
        "replayed": tally.replayed,
        "signatures": len(tally.inputs),
        "coverage": tally.coverage,
        "declared": dict(tally.declared.most_common()),
        "findings": [
            {**one.to_json(), "state": _state(outcome, one).lower()} for one in outcome.met
        ],
        "fixed": [one.bucket for one in outcome.fixed],
        "curve": [[one.executions, one.signatures, one.buckets] for one in tally.curve.points],
        "expected_new": curve.unseen(len(tally.once), tally.executions),
        "expected_new_bucket": curve.unseen(_once(tally.hits.values()), tally.executions),
        "vacuous": outcome.vacuous,
        "exit_status": outcome.exit_status,
    }
