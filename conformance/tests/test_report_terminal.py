"""The report for a terminal: what is in it, what is marked; no escape of a subject's gets out."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest

from conformance.expect import Problem
from conformance.judge import Outcome, Verdict
from conformance.report import style
from conformance.report.detail import detail, rerun
from conformance.report.progress import Progress, line
from conformance.report.table import table
from conformance.report.terminal import comparison, conclusion, report, totals
from conformance.results import SubjectInfo, compare
from conformance.seen import Conversation, Happening, Seen

from .report_samples import (
    ERROR,
    FAILING,
    OTHER,
    PASSING,
    SENT,
    STALE,
    SUBJECT,
    UNSUPPORTED,
    WARNING,
    run,
)

SEQUENCE = re.compile(r"\x1b\[[0-9;]*m")


def test_a_failure_has_all_that_a_maintainer_needs() -> None:
    shown = detail(FAILING, SUBJECT, colour=False)
    for part in (
        "FAIL  routing/wrong-method  MUST\n",
        "    A method that the path does not have is answered with 405\n",
        "RFC 9110 §15.5.6  https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6\n",
        "    | The 405 (Method Not Allowed) status code indicates\n",
        "  * status 200, expected 405\n",
        "    sent: 56 bytes, put together from what the client says of it\n",
        "    > 50% off\\n\n",
        "then the connection is closed\n",
        "    events  enter m1; wait r1\n",
        "    process exit status -9\n",
        "    stderr  Traceback\n",
        "    app     app(Route('item', 'GET', '/items/{name}'), ",
        "    by hand printf '50%% off\\n' | curl ",
        "    again   trueline run aiohttp -k 'routing/wrong-method'",
    ):
        assert part in shown


def test_a_part_of_a_line_is_underlined_without_colour() -> None:
    shown = detail(FAILING, SUBJECT, colour=False).splitlines()
    position = shown.index(r"    < HTTP/1.1 200 OK\r\n")
    assert shown[position + 1] == "               ^^^"


def test_a_whole_answer_is_marked_in_front_without_colour() -> None:
    problem = Problem("wrong", "1", (0, 64))
    shown = detail(
        replace(FAILING, verdict=Verdict(Outcome.FAIL, "wrong", (problem,))), SUBJECT, colour=False
    )
    assert r"    ! HTTP/1.1 200 OK\r\n" in shown.splitlines()
    assert "^" not in shown


def test_with_colour_the_mark_is_painted_and_the_words_are_the_same() -> None:
    shown = detail(FAILING, SUBJECT, colour=True)
    assert f"HTTP/1.1 \x1b[{style.MARK}m200\x1b[0m OK" in shown
    plain = detail(FAILING, SUBJECT, colour=False)
    assert SEQUENCE.sub("", shown) == re.sub(r"\n +\^+$", "", plain, flags=re.MULTILINE)


def test_a_mark_in_what_was_sent() -> None:
    start = SENT.index(b"Host")
    problem = Problem("two hosts", "1", (start, start + 4), in_sent=True)
    result = replace(FAILING, verdict=Verdict(Outcome.FAIL, "two hosts", (problem,)))
    shown = detail(result, SUBJECT, colour=False).splitlines()
    position = shown.index(r"    > Host: 127.0.0.1:4711\r\n")
    assert shown[position + 1] == "      ^^^^"
    assert sum("^" in one for one in shown) == 1


def test_only_the_conversations_of_the_problems_are_shown() -> None:
    seen = Seen({name: Conversation(name, b"asked " + name.encode()) for name in ("a", "b")})
    about_b = Verdict(Outcome.FAIL, "no answer", (Problem("no answer", "b"),))
    shown = detail(replace(FAILING, seen=seen, verdict=about_b), SUBJECT, colour=False)
    assert "asked b" in shown
    assert "asked a" not in shown
    about_none = Verdict(Outcome.FAIL, "no event", (Problem("no event"),))
    shown = detail(replace(FAILING, seen=seen, verdict=about_none), SUBJECT, colour=False)
    assert "asked b" in shown
    assert "asked a" in shown


def test_a_warning_is_shorter_and_what_is_stale_a_few_lines() -> None:
    warning = detail(WARNING, SUBJECT, colour=False)
    assert "  * no answer" in warning
    assert "practice: all eight refuse it" in warning
    assert "    app " not in warning
    assert detail(STALE, SUBJECT, colour=False).splitlines() == [
        "STALE  routing/literal-first  MUST",
        "    A literal wins",
        "    passes, but the baseline says: slow",
        "    again   trueline run aiohttp -k 'routing/literal-first'",
    ]


def test_an_error_says_what_went_wrong_and_how_the_process_ended() -> None:
    shown = detail(ERROR, SUBJECT, colour=False)
    assert "  * the adapter sent garbage" in shown
    assert "process ended while the check ran: signal 9" in shown


def test_of_floods_a_part_is_shown() -> None:
    events = tuple(Happening("enter", f"r{number}") for number in range(10_000))
    seen = Seen(events=events, stderr="".join(f"line {number}\n" for number in range(100_000)))
    shown = detail(replace(FAILING, seen=seen), SUBJECT, colour=False)
    assert "... and 9940 more" in shown
    assert "line 99999" in shown
    assert len(shown) < 5000


@pytest.mark.parametrize("colour", [False, True])
def test_nothing_that_a_subject_says_reaches_the_terminal_as_it_is(colour: bool) -> None:
    shown = SEQUENCE.sub("", report(run(FAILING, ERROR, notes=("\x1b[2J",)), colour=colour))
    assert "\x1b" not in shown
    assert r"\x1b[2J" in shown
    shown.encode()


@pytest.mark.parametrize(
    ("label", "command"),
    [
        ("aiohttp", "trueline run aiohttp -k 'a/b'"),
        ("--url http://h:1", "trueline run --url http://h:1 -k 'a/b'"),
        ("-- node adapter.mjs", "trueline run -k 'a/b' -- node adapter.mjs"),
    ],
)
def test_the_command_that_runs_a_check_again(label: str, command: str) -> None:
    assert rerun(SubjectInfo(label, "x"), "a/b") == command


def test_the_report_tells_the_worst_last_and_passes_not_at_all() -> None:
    shown = report(run(ERROR, PASSING, FAILING, UNSUPPORTED, WARNING), colour=False)
    heads = re.findall(r"^(\w+)  \w+/", shown, re.MULTILINE)
    assert heads == ["WARN", "FAIL", "ERROR"]
    assert shown.endswith(
        "aiohttp 3.13.2 could not be judged whole: of 5 checks 1 fails, 1 ended in an error, "
        "1 warns, 1 does not apply (4.2 s)\n"
    )


def test_totals_have_a_column_for_each_outcome_that_occurs() -> None:
    assert totals(run(FAILING, WARNING, PASSING), colour=False).splitlines() == [
        "category  checks  pass  fail  warn",
        "routing        2     1     1     .",
        "framing        1     .     .     1",
        "all            3     1     1     1",
    ]


def test_colour_does_not_move_columns() -> None:
    results = run(FAILING, WARNING, PASSING)
    assert SEQUENCE.sub("", totals(results, colour=True)) == totals(results, colour=False)


def test_conclusions() -> None:
    assert conclusion(run(PASSING), colour=False) == (
        "aiohttp 3.13.2 conforms: of 1 checks all pass (4.2 s)"
    )
    assert "does not conform: of 1 checks 1 is stale in the baseline" in conclusion(
        run(STALE), colour=False
    )


def test_a_comparison_shows_where_they_differ() -> None:
    shown = comparison(
        compare([run(FAILING, PASSING), run(WARNING, PASSING, subject=OTHER)]), colour=False
    )
    first, second = shown.split("\n\n")
    assert first.splitlines()[1].split() == [
        "aiohttp", "3.13.2", "1", "1", ".", ".", ".", ".", ".", "does", "not",
    ]  # fmt: skip
    assert second.splitlines() == [
        "where they differ     aiohttp  express",
        "routing/wrong-method  FAIL     -",
        "framing/bare-lf       -        warn",
    ]


def test_a_comparison_of_equals_says_so() -> None:
    matrix = compare([run(PASSING), run(PASSING, subject=OTHER)])
    assert "They differ on no check." in comparison(matrix, colour=False)


def test_a_table_without_rows() -> None:
    assert table(["a", "b"], [], colour=False) == "a  b"


# -- The progress line and colour -----------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_progress_line() -> None:
    assert line(26, 104, 2, "routing", colour=False) == (
        "[######------------------] 26/104  2 failing  routing"
    )
    assert line(0, 0, 0, "", colour=False).startswith("[########################] 0/0")


@pytest.mark.parametrize("width", [5, 30, 40, 200])
def test_the_progress_line_is_never_wider_than_asked(width: int) -> None:
    shown = line(3, 4, 1, "middleware", colour=True, width=width)
    assert len(SEQUENCE.sub("", shown)) <= width


def test_progress_writes_over_its_line_and_clears_it() -> None:
    terminal = Terminal()
    progress = Progress(terminal, {"NO_COLOR": "1"}, columns=60)
    progress.update(1, 2, 0, "routing")
    progress.update(1, 2, 0, "routing")
    progress.update(2, 2, 1, "framing")
    progress.clear()
    progress.clear()
    bar = "#" * 12 + "-" * 12
    assert terminal.getvalue().split("\r\x1b[K") == [
        "",
        f"[{bar}] 1/2  0 failing  routing",
        f"[{'#' * 24}] 2/2  1 failing  framing",
        "",
    ]


@pytest.mark.parametrize(
    ("stream", "environ"), [(io.StringIO(), {}), (Terminal(), {"TERM": "dumb"})]
)
def test_progress_writes_nothing_where_no_line_can_live(
    stream: io.StringIO, environ: dict[str, str]
) -> None:
    progress = Progress(stream, environ)
    progress.update(1, 2, 0, "routing")
    progress.clear()
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("stream", "environ", "colour"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True),
        (io.StringIO(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour(stream: io.StringIO, environ: dict[str, str], colour: bool) -> None:
    assert style.has_colour(stream, environ) is colour
