"""The report of a run as text, for a terminal or a pipe, and of several runs compared.

Owns its order and its totals. Pure: everything comes from results, `colour` is an argument.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ..judge import Outcome
from ..results import Matrix, Result, Run
from .detail import detail
from .octets import printable
from .style import BOLD, OF_OUTCOME, SHORT, YELLOW, paint
from .table import table

_ORDER = (Outcome.WARN, Outcome.KNOWN, Outcome.STALE, Outcome.FAIL, Outcome.ERROR)
"""What is told of each, the worst last: that is where a reader of a terminal is."""


def report(run: Run, *, colour: bool, width: int = 100) -> str:
    """The whole report: what does not hold, totals, the sentence that says how it went."""
    parts = [
        *(detail(one, run.subject, colour=colour, width=width) for one in _told(run)),
        totals(run, colour=colour),
        *(f"note: {printable(note)}" for note in run.notes),
        conclusion(run, colour=colour),
    ]
    return "\n\n".join(parts) + "\n"


def _told(run: Run) -> Iterable[Result]:
    for outcome in _ORDER:
        yield from (result for result in run.results if result.outcome is outcome)


# -- Totals ---------------------------------------------------------------------------------------


def totals(run: Run, *, colour: bool) -> str:
    """A line for each category, a column for each outcome that occurs."""
    overall = run.totals()
    columns = [
        outcome
        for outcome in Outcome
        if overall[outcome] or outcome in (Outcome.PASS, Outcome.FAIL)
    ]
    rows = [
        _totals_row(category, counts, columns, colour)
        for category, counts in run.totals_by_category().items()
    ]
    head = ["category", "checks", *(SHORT[outcome].lower() for outcome in columns)]
    return table(head, [*rows, _totals_row("all", overall, columns, colour)], colour=colour)


def _totals_row(
    name: str, counts: Counter[Outcome], columns: Sequence[Outcome], colour: bool
) -> list[str]:
    cells = [
        paint(str(counts[outcome]), OF_OUTCOME[outcome], colour) if counts[outcome] else "."
        for outcome in columns
    ]
    return [name, str(counts.total()), *cells]


def conclusion(run: Run, *, colour: bool) -> str:
    """`aiohttp 3.13.2 does not conform: 2 of 104 checks fail, 1 warning (4.2 s)`"""
    counts = run.totals()
    said = {0: "conforms", 1: "does not conform", 2: "could not be judged whole"}[run.exit_status]
    parts = [
        _some(counts[Outcome.FAIL], "fails", "fail"),
        _some(counts[Outcome.STALE], "is stale in the baseline", "are stale in the baseline"),
        _some(counts[Outcome.ERROR], "ended in an error", "ended in errors"),
        _some(counts[Outcome.KNOWN], "is known to fail", "are known to fail"),
        _some(counts[Outcome.WARN], "warns", "warn"),
        _some(counts[Outcome.NOT_APPLICABLE], "does not apply", "do not apply"),
    ]
    found = ", ".join(filter(None, parts)) or "all pass"
    outcome = (Outcome.PASS, Outcome.FAIL, Outcome.ERROR)[run.exit_status]
    name = printable(run.subject.title)
    verdict = paint(f"{name} {said}", f"{BOLD};{OF_OUTCOME[outcome]}", colour)
    return f"{verdict}: of {counts.total()} checks {found} ({run.duration_s:.1f} s)"


def _some(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}" if count else ""


# -- Several runs ---------------------------------------------------------------------------------


def comparison(matrix: Matrix, *, colour: bool) -> str:
    """How each subject did, and the checks on which they differ."""
    head = ["subject", "version", *(SHORT[outcome].lower() for outcome in Outcome), "verdict"]
    rows = []
    for title, run in zip(matrix.titles, matrix.runs, strict=True):
        cells = _totals_row(printable(title), run.totals(), list(Outcome), colour)
        verdict = (Outcome.PASS, Outcome.FAIL, Outcome.ERROR)[run.exit_status]
        said = paint(
            ("conforms", "does not", "error")[run.exit_status], OF_OUTCOME[verdict], colour
        )
        rows.append([cells[0], printable(run.subject.version), *cells[2:], said])
    parts = [table(head, rows, colour=colour)]
    differing = [row for row in matrix.rows if row.differs]
    if differing:
        body = [
            [row.check.id, *(_cell(result, colour) for result in row.results)] for row in differing
        ]
        parts.append(
            table(["where they differ", *map(printable, matrix.titles)], body, colour=colour)
        )
    elif len(matrix.runs) > 1:
        parts.append(paint("They differ on no check.", YELLOW, colour))
    return "\n\n".join(parts) + "\n"


def _cell(result: Result | None, colour: bool) -> str:
    if result is None:
        return "-"
    return paint(SHORT[result.outcome], OF_OUTCOME[result.outcome], colour)
