"""A report as text: a table for each pair, or for each scenario where there are several pairs.

Owns its layout, a hundred columns wide where labels allow. Pure: `colour` is an argument.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

from conformance.report.octets import printable
from conformance.report.style import BOLD, DIM, GREEN, RED, YELLOW, paint

from ..model import Comparison, Verdict
from . import figures
from .figures import NOT_SEPARATED, SHORT, Row
from .result import Absolute, Measurement, Report

_STYLE = {Verdict.PASS: GREEN, Verdict.SLOWER: f"{BOLD};{RED}", Verdict.INCONCLUSIVE: YELLOW}
_SAID = {"faster": GREEN, "cheaper": GREEN, "slower": RED, "dearer": RED, NOT_SEPARATED: DIM}

_SEQUENCES = re.compile(r"\x1b\[[0-9;]*m")
_NUMERIC = re.compile(r"[-+]?[\d.]|-$|none$")

LEGEND = (
    "B ÷ A with its interval over restarts (n of them). finds: the slowdown beyond the margin that "
    "so many restarts find nine times of ten."
)


def report(whole: Report, *, colour: bool, width: int = 100) -> str:
    """Everything that was measured, the sentence that says how it went last."""
    parts = [
        *_comparisons(whole, colour, width),
        *_absolutes(whole, colour),
        *_measurements(whole.measurements, colour),
        *(textwrap.fill(f"note: {printable(note)}", width) for note in whole.notes),
    ]
    style = f"{BOLD};{_STYLE[whole.verdict]}" if whole.comparisons else BOLD
    return "\n\n".join([*parts, paint(figures.conclusion(whole), style, colour)]) + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, colour: bool) -> str:
    """Columns as wide as their widest cell; numbers, with or without a unit, to the right."""
    bare = [[_SEQUENCES.sub("", cell) for cell in row] for row in (head, *rows)]
    columns = list(zip(*bare, strict=True))
    widths = [max(map(len, column)) for column in columns]
    right = [
        position > 0 and any(column[1:]) and all(map(_is_number_or_empty, column[1:]))
        for position, column in enumerate(columns)
    ]
    lines = []
    for row, plain in zip((head, *rows), bare, strict=True):
        cells = []
        for cell, text, cell_width, to_right in zip(row, plain, widths, right, strict=True):
            gap = " " * (cell_width - len(text))
            cells.append(gap + cell if to_right else cell + gap)
        lines.append("  ".join(cells).rstrip())
    lines[0] = paint(lines[0], BOLD, colour)
    return "\n".join(lines)


def _is_number_or_empty(text: str) -> bool:
    return not text or bool(_NUMERIC.match(text))


# -- Comparisons ----------------------------------------------------------------------------------


def groups(whole: Report) -> list[tuple[str, str, list[tuple[str, Comparison]]]]:
    """Heading, head of the first column, and rows with what their first cell says.

    One pair: its scenarios. Several pairs: for each scenario and A, every B.
    """
    pairs = whole.pairs()
    if len(pairs) <= 1:
        return [
            (f"B  {whole.title(b)}\nA  {whole.title(a)}", "scenario", _by_scenario(found))
            for (a, b), found in pairs.items()
        ]
    grouped: dict[tuple[str, str], list[tuple[str, Comparison]]] = {}
    for one in whole.comparisons:
        grouped.setdefault((one.scenario, one.a), []).append((one.b, one))
    return [
        (f"{scenario}, against A: {whole.title(a)}", "B", rows)
        for (scenario, a), rows in grouped.items()
    ]


def _by_scenario(found: Iterable[Comparison]) -> list[tuple[str, Comparison]]:
    return [(one.scenario, one) for one in found]


def _comparisons(whole: Report, colour: bool, width: int) -> list[str]:
    shown = [
        "\n".join([paint(printable(heading), BOLD, colour), _group(first, rows, colour, width)])
        for heading, first, rows in groups(whole)
    ]
    return [*shown, paint(textwrap.fill(LEGEND, width), DIM, colour)] if shown else []


def _group(first: str, named: Sequence[tuple[str, Comparison]], colour: bool, width: int) -> str:
    """A table whose comparisons are followed by their reasons and warnings."""
    head = [first, "", "B ÷ A", "interval", "A", "B", "finds", "n", "B is"]
    rows, notes = [], []
    for name, one in named:
        cells = _cells(printable(name), one, colour)
        rows += cells
        notes += [""] * (len(cells) - 1) + [_notes(one, width)]
    top, *lines = table(head, rows, colour=colour).split("\n")
    told = (f"{line}\n{note}" if note else line for line, note in zip(lines, notes, strict=True))
    return "\n".join([top, *told])


def _cells(name: str, one: Comparison, colour: bool) -> list[list[str]]:
    """The rows of a comparison; its verdict stands beneath its name."""
    verdict = one.decision.verdict
    firsts = [name, paint(f"  {SHORT[verdict]}", _STYLE[verdict], colour)]
    rows = [_line(row, colour) for row in figures.rows(one)]
    rows += [[""] * 8] * (2 - len(rows))
    return [[first, *row] for first, row in zip(firsts, rows, strict=True)]


def _line(row: Row, colour: bool) -> list[str]:
    said = paint(row.says, _SAID[row.says], colour)
    return [row.name, row.ratio, row.interval, row.a, row.b, row.finds, row.restarts, said]


def _notes(one: Comparison, width: int) -> str:
    is_pass = one.decision.verdict is Verdict.PASS
    said = [] if is_pass else [one.decision.reason]
    return "\n".join(
        textwrap.fill(printable(text), width, initial_indent="    > ", subsequent_indent="      ")
        for text in [*said, *figures.warnings(one)]
    )


# -- What is compared with nothing ----------------------------------------------------------------


def _absolutes(whole: Report, colour: bool) -> list[str]:
    tables = []
    rated = [one for one in whole.absolutes if one.rate_per_s is not None]
    if rated:
        head = ["scenario", "subject", "rate", "interval", "n", "CPU/request", "resident"]
        tables.append(table(head, [_rated(one) for one in rated], colour=colour))
    timed = [one for one in whole.absolutes if one.latency_ms]
    if timed:
        names = percentiles(timed)
        heads = [name if name == "max" else f"{name} %" for name in names]
        head = ["scenario", "latency, ms", "at", *heads]
        rows = [
            [
                printable(one.scenario),
                printable(one.label),
                figures.rate(one.latency_rate_per_s),
                *(figures.milliseconds(one.latency_ms.get(name)) for name in names),
            ]
            for one in timed
        ]
        tables.append(table(head, rows, colour=colour))
    return tables


SHOWN = ("50", "90", "99", "99.9", "max")


def percentiles(absolutes: Iterable[Absolute]) -> list[str]:
    """Those of the usual ones that anybody has."""
    have = {name for one in absolutes for name in one.latency_ms}
    return [name for name in SHOWN if name in have]


def _rated(one: Absolute) -> list[str]:
    return [
        printable(one.scenario),
        printable(one.label),
        figures.rate(one.rate_per_s),
        figures.of_interval(one.rate_low, one.rate_high),
        str(len(one.restarts)) if one.restarts else "-",
        figures.microseconds(one.cpu_us),
        figures.mebibytes(one.rss_bytes),
    ]


def _measurements(measurements: Sequence[Measurement], colour: bool) -> list[str]:
    return [table(*figures.matrix(measurements), colour=colour)] if measurements else []
