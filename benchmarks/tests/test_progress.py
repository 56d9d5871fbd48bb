"""The bar: what it estimates, and what it writes where."""

from __future__ import annotations

import io

import pytest

from benchmarks import progress
from benchmarks.progress import Progress


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Shown:
    """A progress of so many seconds, its clock and what it wrote."""

    def __init__(self, expected_s: float, stream: io.StringIO, width: int = 80) -> None:
        self.clock, self.stream = Clock(), stream
        self.progress = Progress(
            expected_s, stream, environ={}, clock=self.clock, columns=lambda: width
        )

    def work(self, expected_s: float, took_s: float) -> None:
        self.clock.now_s += took_s
        self.progress.finished(expected_s)

    @property
    def line(self) -> str:
        return self.stream.getvalue().rpartition("\r\x1b[K")[2]


def test_at_first_the_expectation_is_the_estimate() -> None:
    shown = Shown(120.0, Terminal())
    assert shown.progress.left_s == 120.0
    assert shown.progress.share == 0.0


def test_work_that_takes_twice_as_long_doubles_what_is_left() -> None:
    shown = Shown(1200.0, io.StringIO())
    for _ in range(60):
        shown.work(10.0, 20.0)
    assert shown.progress.share == 0.5
    assert shown.progress.left_s == pytest.approx(1200.0, rel=0.01)


def test_one_slow_piece_does_not_decide() -> None:
    shown = Shown(100.0, io.StringIO())
    shown.work(1.0, 4.0)
    assert 99.0 < shown.progress.left_s < 2 * 99.0


def test_time_runs_down_while_a_piece_is_worked_on() -> None:
    shown = Shown(100.0, io.StringIO())
    shown.clock.now_s += 30.0
    assert shown.progress.left_s == 70.0
    shown.clock.now_s += 300.0
    assert shown.progress.left_s == 0.0


def test_more_work_and_less_of_it() -> None:
    shown = Shown(100.0, io.StringIO())
    shown.work(50.0, 50.0)
    shown.progress.plan(50.0)
    assert shown.progress.share == pytest.approx(1 / 3)
    shown.progress.plan(-500.0)
    assert (shown.progress.share, shown.progress.left_s) == (1.0, 0.0)


def test_more_done_than_planned_is_all() -> None:
    shown = Shown(10.0, io.StringIO())
    shown.work(30.0, 30.0)
    assert shown.progress.share == 1.0


def test_nothing_to_do_is_done() -> None:
    assert Shown(0.0, io.StringIO()).progress.share == 1.0


# -- On a terminal --------------------------------------------------------------------------------


def test_a_terminal_has_one_line_that_is_written_over() -> None:
    shown = Shown(120.0, Terminal())
    shown.progress.at("plaintext, restart 1")
    assert shown.line == "[------------------------]   0 %  2:00 left  plaintext, restart 1"
    shown.work(30.0, 30.0)
    assert shown.line == "[######------------------]  25 %  1:30 left  plaintext, restart 1"
    assert "\n" not in shown.stream.getvalue()


def test_it_stays_within_the_width_whatever_that_is() -> None:
    for width in range(1, 90):
        shown = Shown(120.0, Terminal(), width)
        shown.progress.at("a scenario with a name that is long, restart 3 of 12")
        assert len(shown.line) <= max(1, width - 1)
    narrow = Shown(120.0, Terminal(), 20)
    narrow.progress.at("words")
    assert narrow.line == "0 %  2:00 left"


def test_the_same_line_is_not_written_twice() -> None:
    shown = Shown(120.0, Terminal())
    shown.progress.at("words")
    before = shown.stream.getvalue()
    shown.progress.at("words")
    assert shown.stream.getvalue() == before
    shown.clock.now_s += 1.0
    shown.progress.at("words")
    assert "1:59" in shown.line


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_it_goes_away_at_the_end_and_at_ctrl_c(error: type[BaseException]) -> None:
    shown = Shown(120.0, Terminal())

    def interrupted() -> None:
        with shown.progress as running:
            running.at("words")
            raise error

    with pytest.raises(error):
        interrupted()
    assert shown.stream.getvalue().endswith("words\r\x1b[K")


def test_a_note_stays_above_the_bar() -> None:
    shown = Shown(120.0, Terminal())
    shown.progress.at("words")
    shown.progress.note("restart 1: 0.98")
    assert "\r\x1b[Krestart 1: 0.98\n\r\x1b[K[-" in shown.stream.getvalue()


def test_a_subject_writes_nothing_to_the_terminal() -> None:
    shown = Shown(120.0, Terminal())
    shown.progress.at("\x1b[2J\nname")
    assert shown.line.endswith("left  \\x1b[2J name")


# -- Elsewhere ------------------------------------------------------------------------------------


def test_without_a_terminal_there_is_a_plain_line_now_and_then() -> None:
    shown = Shown(120.0, io.StringIO())
    with shown.progress:
        shown.progress.at("plaintext")
        for _ in range(12):
            shown.work(10.0, 10.0)
    assert shown.stream.getvalue().splitlines() == [
        "  0 %  2:00 left  plaintext",
        " 25 %  1:30 left  plaintext",
        " 50 %  1:00 left  plaintext",
        " 75 %  0:30 left  plaintext",
        "100 %  0:00 left  plaintext",
    ]


def test_a_dumb_terminal_is_none() -> None:
    stream = Terminal()
    shown = Progress(10.0, stream, environ={"TERM": "dumb"}, clock=Clock(), columns=lambda: 80)
    shown.at("words")
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0, "0:00"), (0.2, "0:01"), (59.5, "1:00"), (754.0, "12:34"), (3723.0, "1:02:03")],
)
def test_durations(seconds: float, said: str) -> None:
    assert progress.duration(seconds) == said
