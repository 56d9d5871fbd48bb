"""A report as GitHub's Markdown, for a pull request's comment or $GITHUB_STEP_SUMMARY.

Owns escapes and what is folded away. Small enough for a comment (65,536 characters) at 60 rows.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from conformance.report.octets import printable

from ..model import Comparison, Figure, Restart, Verdict
from . import figures, text
from .result import Report, SubjectInfo, median_of

MOST_CHARACTERS = 60_000
"""GitHub refuses a comment of more than 65,536."""

_MARK = {Verdict.PASS: "✅", Verdict.SLOWER: "❌", Verdict.INCONCLUSIVE: "⚠️"}


def summary(whole: Report) -> str:
    """The verdict, the tables, and folded away the conditions and the raw medians."""
    mark = f"{_MARK[whole.verdict]} " if whole.comparisons else ""
    parts = [f"### {mark}trueline bench: {_text(figures.conclusion(whole))}"]
    parts += [*_comparisons(whole), *_absolutes(whole), *_measurements(whole)]
    parts += [f"> {_text(note)}" for note in whole.notes]
    folded = _folded("Conditions", _conditions(whole))
    medians = _folded("Medians of each restart", _medians(whole.comparisons))
    size = sum(map(len, [*parts, folded]))
    if medians and size + len(medians) > MOST_CHARACTERS:
        medians = "The medians of each restart are in the JSON document: they are too many here."
    return "\n\n".join(filter(None, [*parts, folded, medians])) + "\n"


def _comparisons(whole: Report) -> Iterator[str]:
    for heading, first, named in text.groups(whole):
        yield "  \n".join(f"**{_text(line)}**" for line in heading.split("\n"))
        head = [first, "figure", "B ÷ A", "interval", "A", "B", "finds", "n", "B is", "verdict"]
        yield _table(head, [row for name, one in named for row in _rows(name, one)], "llrrrrrrll")
        yield from (
            f"> **{_text(name)}**: {_text(said)}" for name, one in named for said in _said(one)
        )


def _rows(name: str, one: Comparison) -> Iterator[list[str]]:
    verdict = one.decision.verdict
    first, mark = f"`{_code(name)}`", f"{_MARK[verdict]} {verdict.value}"
    rows = figures.rows(one)
    if not rows:
        yield [first, *[""] * 8, mark]
    for position, row in enumerate(rows):
        if position:
            first = mark = ""
        cells = (row.name, row.ratio, row.interval, row.a, row.b, row.finds, row.restarts, row.says)
        yield [first, *cells, mark]


def _said(one: Comparison) -> list[str]:
    is_pass = one.decision.verdict is Verdict.PASS
    return [*([] if is_pass else [one.decision.reason]), *figures.warnings(one)]


def _absolutes(whole: Report) -> Iterator[str]:
    names = text.percentiles(whole.absolutes)
    if whole.absolutes:
        head = ["scenario", "subject", "rate", "interval", "CPU/request", "resident"]
        head += [f"{name}, ms" if name == "max" else f"{name} %, ms" for name in names]
        rows = [
            [
                _text(one.scenario),
                _text(one.label),
                figures.rate(one.rate_per_s),
                figures.of_interval(one.rate_low, one.rate_high),
                figures.microseconds(one.cpu_us),
                figures.mebibytes(one.rss_bytes),
                *(figures.milliseconds(one.latency_ms.get(name)) for name in names),
            ]
            for one in whole.absolutes
        ]
        yield _table(head, rows, "ll" + "r" * (len(head) - 2))


def _measurements(whole: Report) -> Iterator[str]:
    if whole.measurements:
        head, rows = figures.matrix(whole.measurements)
        marked = [[_text(cell) for cell in row] for row in rows]
        yield _table([_text(cell) for cell in head], marked, "lll" + "r" * (len(head) - 3))


# -- What is folded away --------------------------------------------------------------------------


def _conditions(whole: Report) -> str:
    rows = [["started", _text(whole.started)], ["took", f"{whole.duration_s:.0f} s"]]
    rows += [[_text(name), _text(str(value))] for name, value in _named(whole.settings)]
    rows += [[_text(name), _text(str(value))] for name, value in _named(whole.machine)]
    rows += [
        [f"`{_code(one.label)}`", _text(", ".join(filter(None, _about(one))))]
        for one in whole.subjects
    ]
    return _table(["", ""], rows, "ll") + f"\n\n{text.LEGEND}"


def _about(one: SubjectInfo) -> list[str]:
    return [one.name, one.version, one.runtime, one.loop, one.how]


def _named(values: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    return ((name, value) for name, value in values.items() if value is not None)


def _medians(comparisons: Iterable[Comparison]) -> str:
    rows = [
        [f"`{_code(one.scenario)}`", _text(one.b), series.phase.value, str(number), *_median(each)]
        for one in comparisons
        for series in one.series
        for number, each in enumerate(series.restarts, 1)
    ]
    head = ["scenario", "B", "phase", "restart", "A", "B", "A CPU", "B CPU"]
    head += ["throughput B ÷ A", "CPU B ÷ A"]
    return _table(head, rows, "lll" + "r" * 7) if rows else ""


def _median(one: Restart) -> list[str]:
    rates = [figures.rate(median_of(one.of(side), "rate_per_s")) for side in "AB"]
    costs = [figures.microseconds(median_of(one.of(side), "cpu_us")) for side in "AB"]
    wall = math.exp(-one.log_slowdown(Figure.WALL))
    cpu = math.exp(one.log_slowdown(Figure.CPU))
    return [*rates, *costs, figures.ratio(wall), figures.ratio(cpu)]


def _folded(name: str, body: str) -> str:
    return f"<details><summary>{name}</summary>\n\n{body}\n\n</details>" if body else ""


# -- Markup ---------------------------------------------------------------------------------------


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], aligned: str) -> str:
    """`aligned` has a letter for each column: l or r. Cells are Markdown already."""
    rules = ["--:" if letter == "r" else ":--" for letter in aligned]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rules, *rows))


def _text(text: str) -> str:
    """Text that is only text, on one line."""
    line = " ".join(printable(text).split())
    return re.sub(r"([\\`*_\[\]|~#@])", r"\\\1", escape(line, quote=False))


def _code(text: str) -> str:
    """What may stand between backticks in a table."""
    return " ".join(printable(text).split()).replace("`", "'").replace("|", "\\|")
