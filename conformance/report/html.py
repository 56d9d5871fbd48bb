"""One HTML page of one run or several: the matrix, and each check with all that is known of it.

Owns its markup. The page is whole in itself: it loads nothing, and its policy forbids it to. What
comes from a subject is escaped, and the policy lets no script run but the page's own.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import quote

from ..judge import Outcome
from ..results import CheckRecord, Matrix, Result, Row, Run, SubjectInfo, compare
from ..seen import Conversation
from . import detail, words
from .octets import Line, Span, lines, printable
from .page import SCRIPT, STYLE

OUTCOMES = {
    Outcome.PASS: ("pass", "✓ pass"),
    Outcome.FAIL: ("fail", "✗ fail"),
    Outcome.WARN: ("warn", "! warn"),
    Outcome.NOT_APPLICABLE: ("na", "– n/a"),
    Outcome.KNOWN: ("known", "~ known"),
    Outcome.STALE: ("stale", "✗ stale"),
    Outcome.ERROR: ("error", "✗ error"),
}
"""The class of an outcome, and what stands in a cell: a sign as well as a colour."""

STDERR_LINES = 200

_VERDICTS = ("conforms", "does not conform", "could not be judged whole")
_VERDICT_CLASSES = ("pass", "fail", "error")


def page(runs: Sequence[Run]) -> str:
    """The page, a whole document. Raises ValueError without a run."""
    if not runs:
        raise ValueError("a page needs a run")
    matrix = compare(runs)
    title = " · ".join(run.subject.title for run in runs)
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>trueline: {_text(title)}</title>",
            f"<style>{STYLE}</style>\n</head>\n<body>",
            "<h1>Does it run true?</h1>",
            f'<p class="quiet">{len(matrix.rows)} checks, each a requirement with its source.</p>',
            '<div class="subjects">',
            *(_subject(title, run) for title, run in zip(matrix.titles, runs, strict=True)),
            "</div>",
            _filter(matrix),
            *_matrix(matrix),
            "<h2>Each check</h2>",
            *(_check(row, matrix) for row in matrix.rows),
            f"<script>{SCRIPT}</script>\n</body>\n</html>\n",
        ]
    )


# -- On top ---------------------------------------------------------------------------------------


def _subject(title: str, run: Run) -> str:
    subject, status = run.subject, run.exit_status
    about = ", ".join(filter(None, (subject.language, subject.runtime)))
    counts = "".join(
        f"<li>{_badge(outcome, f'{count} {outcome.value}')}</li>"
        for outcome, count in ((outcome, run.totals()[outcome]) for outcome in Outcome)
        if count
    )
    declared = "".join(
        f"<li><code>{_text(name)} = {_text(value)}</code></li>"
        for name, value in sorted(subject.dialect.items())
    )
    notes = "".join(f"<p>{_text(note)}</p>" for note in run.notes)
    dialect = f"<details><summary>Its dialect</summary><ul>{declared}</ul></details>"
    return (
        f'<section class="subject"><h2>{_text(_full_title(title, subject))}</h2>'
        f'<p><span class="o o-{_VERDICT_CLASSES[status]}">{_VERDICTS[status]}</span></p>'
        f'<ul class="counts">{counts}</ul>'
        f'<p class="quiet">{_text(about)}{_homepage(subject)}</p>'
        f'<p class="quiet">{_text(run.started)}, {run.duration_s:.1f} s</p>'
        f"{notes}{dialect if declared else ''}</section>"
    )


def _full_title(title: str, subject: SubjectInfo) -> str:
    return title if subject.version in title else subject.title


def _homepage(subject: SubjectInfo) -> str:
    """A link only where it is one: the adapter wrote it."""
    if not subject.homepage.startswith(("https://", "http://")):
        return ""
    return f' <a href="{_text(subject.homepage)}">{_text(subject.homepage)}</a>'


def _filter(matrix: Matrix) -> str:
    present = {result.outcome for row in matrix.rows for result in row.results if result}
    outcomes = [(OUTCOMES[one][0], one.value) for one in Outcome if one in present]
    differing = '<label><input type="checkbox" name="differing"> only where they differ</label>'
    return (
        "<form hidden>"
        f"{_select('category', [(one, one) for one in matrix.categories])}"
        f"{_select('outcome', outcomes)}"
        '<label>words <input type="search" name="words" autocomplete="off"></label>'
        f"{differing if len(matrix.runs) > 1 else ''}"
        '<span id="count" class="quiet" role="status"></span></form>'
    )


def _select(name: str, values: Iterable[tuple[str, str]]) -> str:
    options = "".join(
        f'<option value="{_text(value)}">{_text(shown)}</option>' for value, shown in values
    )
    first = '<option value="">all</option>'
    return f'<label>{name} <select name="{name}">{first}{options}</select></label>'


# -- The matrix -----------------------------------------------------------------------------------


def _matrix(matrix: Matrix) -> Iterable[str]:
    heads = "".join(f'<th scope="col">{_text(title)}</th>' for title in matrix.titles)
    yield '<div class="wide"><table><thead><tr><th scope="col">check</th>'
    yield f'<th scope="col">level</th>{heads}</tr></thead>'
    for category in matrix.categories:
        rows = [row for row in matrix.rows if row.check.category == category]
        yield f'<tbody><tr class="category"><th scope="rowgroup" colspan="2">{_text(category)}</th>'
        yield f"{''.join(_passed(rows, number) for number in range(len(matrix.runs)))}</tr>"
        yield from map(_row, rows)
        yield "</tbody>"
    yield "</table></div>"


def _passed(rows: Sequence[Row], number: int) -> str:
    """How many passed of those that apply."""
    found = [row.results[number] for row in rows]
    applying = [one for one in found if one and one.outcome is not Outcome.NOT_APPLICABLE]
    passed = sum(one.outcome is Outcome.PASS for one in applying)
    return f'<td class="quiet">{passed}/{len(applying)}</td>'


def _row(row: Row) -> str:
    cells = []
    for number, result in enumerate(row.results):
        if result is None:
            cells.append('<td class="quiet">not run</td>')
        else:
            name, shown = OUTCOMES[result.outcome]
            link = _link(f"{row.check.id}~{number}")
            cells.append(f'<td><a class="o o-{name}" href="{link}">{shown}</a></td>')
    return (
        f'<tr {_data(row)}><td class="check"><a class="id" href="{_link(row.check.id)}">'
        f'{_text(row.check.id)}</a> <span class="quiet">{_text(row.check.title)}</span></td>'
        f'<td><span class="level">{row.check.level.value}</span></td>{"".join(cells)}</tr>'
    )


def _data(row: Row) -> str:
    """What the filter goes by."""
    outcomes = sorted({OUTCOMES[result.outcome][0] for result in row.results if result})
    searched = f"{row.check.id} {row.check.title} {row.check.source}".lower()
    return (
        f'data-check="{_text(searched)}" data-category="{_text(row.check.category)}" '
        f'data-outcomes="{" ".join(outcomes)}" data-differs="{"yes" if row.differs else "no"}"'
    )


# -- One check ------------------------------------------------------------------------------------


def _check(row: Row, matrix: Matrix) -> str:
    check = row.check
    results = [
        (number, title, run, result)
        for number, (title, run, result) in enumerate(
            zip(matrix.titles, matrix.runs, row.results, strict=True)
        )
        if result is not None
    ]
    is_open = len(matrix.runs) == 1 and results[0][3].outcome.fails_the_run
    badges = " ".join(_badge(result.outcome) for *_, result in results)
    panels = "".join(
        _result(result, f"{check.id}~{number}", title, run.subject)
        for number, title, run, result in results
    )
    return (
        f'<details class="check" id="{_text(check.id)}" {_data(row)}{" open" if is_open else ""}>'
        f'<summary><span class="id">{_text(check.id)}</span> '
        f'<span class="level">{check.level.value}</span> {badges}</summary>'
        f"<div><p><strong>{_text(check.title)}</strong></p>{_source(check)}{panels}"
        f"{_how(check)}</div></details>"
    )


def _source(check: CheckRecord) -> str:
    source = check.source
    if source.url is None:
        return f"<p>{_text(f'{source}: {source.quote}' if source.quote else str(source))}</p>"
    quoted = f"<blockquote>{_text(source.quote)}</blockquote>" if source.quote else ""
    return f'<p><a href="{_text(source.url)}">{_text(str(source))}</a></p>{quoted}'


def _how(check: CheckRecord) -> str:
    """What is done and expected, for a reader who wants to see for himself."""
    parts = [
        _list("ol", "What is done", check.does),
        _list("ul", "What is expected", check.expects),
    ]
    if check.app is not None:
        parts.append(f"<h3>The app</h3><pre>{_text(words.app(check.app))}</pre>")
    if check.by_hand:
        commands = "\n".join(check.by_hand)
        parts.append(f"<h3>By hand</h3><pre>{_text(commands)}</pre>")
    if check.faults:
        parts.append(_list("ul", "Faults that fail it", check.faults))
    return "".join(parts)


def _list(kind: str, head: str, items: Sequence[str]) -> str:
    if not items:
        return ""
    shown = "".join(f"<li><code>{_text(item)}</code></li>" for item in items)
    return f"<h3>{head}</h3><{kind}>{shown}</{kind}>"


def _result(result: Result, name: str, title: str, subject: SubjectInfo) -> str:
    problems = "".join(f"<li>{_text(one.text)}</li>" for one in result.verdict.problems)
    parts = [f'<ul class="problems">{problems}</ul>' if problems else ""]
    parts += [_conversation(one, result) for one in result.seen.conversations.values()]
    events = "; ".join(detail.event_words(result.seen))
    parts.append(_preformatted("Events", events))
    parts.append(_preformatted("Process", detail.process_words(result.seen)))
    stderr = detail.stderr_lines(result.seen, STDERR_LINES)
    parts.append(_preformatted("Standard error", "\n".join(stderr)))
    parts.append(_preformatted("Again", detail.rerun(subject, result.check.id)))
    reason = f" {_text(result.verdict.reason)}" if result.verdict.reason else ""
    is_open = " open" if result.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE) else ""
    return (
        f'<details class="result" id="{_text(name)}"{is_open}><summary>{_badge(result.outcome)} '
        f"<strong>{_text(title)}</strong>{reason}</summary>{''.join(parts)}</details>"
    )


def _conversation(conversation: Conversation, result: Result) -> str:
    name = "" if conversation.name == "1" else f" ({conversation.name})"
    parts = []
    for label, data, is_sent in (
        ("Sent", conversation.sent, True),
        ("Received", conversation.received, False),
    ):
        said = detail.conversation_words(conversation, is_sent)
        marks = detail.marks_of(conversation, result.verdict.problems, is_sent)
        parts.append(f"<h3>{label}{_text(name)}: {_text(said)}</h3>")
        parts.append(f"<pre>{_octets(data, marks)}</pre>" if data else "")
    return "".join(parts)


def _octets(data: bytes, marks: Sequence[Span]) -> str:
    return "\n".join(map(_line, lines(data, marks, width=110)))


def _line(line: Line) -> str:
    if line.is_elision:
        return f'<span class="elided">{_text(line.text)}</span>'
    shown, position = "", 0
    for start, end in line.marked:
        shown += f"{_text(line.text[position:start])}<mark>{_text(line.text[start:end])}</mark>"
        position = end
    return shown + _text(line.text[position:])


def _preformatted(head: str, text: str) -> str:
    return f"<h3>{head}</h3><pre>{_text(text)}</pre>" if text else ""


def _badge(outcome: Outcome, text: str | None = None) -> str:
    name, shown = OUTCOMES[outcome]
    return f'<span class="o o-{name}">{shown if text is None else _text(text)}</span>'


def _link(name: str) -> str:
    return _text(f"#{quote(name, safe='/~')}")


def _text(text: str) -> str:
    """Escaped for markup and for the attributes in double quotes."""
    return escape(printable(text))
