"""A run as Markdown, for the summary of a CI job ($GITHUB_STEP_SUMMARY).

Owns what GitHub's flavour of it needs: escapes, fences, and a size that a summary may have.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from html import escape

from ..judge import Outcome
from ..results import Result, Run, SubjectInfo
from . import detail, terminal
from .octets import printable
from .style import SHORT

MOST_BYTES = 900_000
"""GitHub drops a summary of more than 1 MiB whole."""

_TOLD = (Outcome.ERROR, Outcome.FAIL, Outcome.STALE, Outcome.WARN, Outcome.KNOWN)


def summary(run: Run) -> str:
    """Totals, then what did not pass, each check folded away."""
    parts = [
        f"## trueline: {_text(terminal.conclusion(run, colour=False))}",
        _totals(run),
        *(f"> {_text(note)}" for note in run.notes),
    ]
    told = [one for outcome in _TOLD for one in run.results if one.outcome is outcome]
    size = sum(len(part.encode()) for part in parts)
    for position, result in enumerate(told):
        part = _result(result, run.subject)
        size += len(part.encode())
        if size > MOST_BYTES:
            parts.append(f"... and {len(told) - position} more, in the other reports.")
            break
        parts.append(part)
    return "\n\n".join(parts) + "\n"


def _totals(run: Run) -> str:
    overall = run.totals()
    columns = [one for one in Outcome if overall[one] or one in (Outcome.PASS, Outcome.FAIL)]
    heads = " | ".join(SHORT[one].lower() for one in columns)
    by_category = run.totals_by_category()
    return "\n".join(
        [
            f"| category | checks | {heads} |",
            f"|:--|--:|{'--:|' * len(columns)}",
            *(_row(name, counts, columns) for name, counts in by_category.items()),
            _row("**all**", overall, columns),
        ]
    )


def _row(name: str, counts: Counter[Outcome], columns: Sequence[Outcome]) -> str:
    cells = " | ".join(str(counts[one] or "") for one in columns)
    return f"| {name} | {counts.total()} | {cells} |"


def _result(result: Result, subject: SubjectInfo) -> str:
    check = result.check
    where = _text(str(check.source))
    link = f" ([{where}]({check.source.url}))" if check.source.url else ""
    head = f"{result.outcome.value}: <code>{escape(check.id)}</code> ({check.level.value})"
    # On one line: an empty one would end the block of markup.
    reason = escape(_line(result.verdict.reason))
    shown = printable(detail.detail(result, subject, colour=False))
    fence = _fence(shown)
    return (
        f"<details><summary>{head} {reason}</summary>\n\n"
        f"{_text(check.title)}{link}\n\n{fence}text\n{shown}\n{fence}\n\n</details>"
    )


def _fence(text: str) -> str:
    """Longer than any row of backticks in the text, so nothing in it ends the block."""
    longest = max((len(row) for row in re.findall(r"`+", text)), default=0)
    return "`" * max(3, longest + 1)


def _text(text: str) -> str:
    """Text that is only text, on one line."""
    return re.sub(r"([\\`*_\[\]|~#@])", r"\\\1", escape(_line(text), quote=False))


def _line(text: str) -> str:
    return " ".join(printable(text).split())
