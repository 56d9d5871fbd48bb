"""What is said of the built-in client beside wrk, from known turns."""

import math
import sys

import pytest

from benchmarks.command import Refused
from benchmarks.load import Load
from benchmarks.load.validate import Turn, excludes, log_cpu_ratios, log_ratios, main, report

# wrk 1000 and 1100 a second, the client 1050 and 1045: 5 % more, then 5 % less.
TURNS = [
    Turn("wrk", Load(1000, 0, 1.0, 0.1), 0.5),
    Turn("builtin", Load(1050, 0, 1.0, 0.1), 0.525),
    Turn("builtin", Load(1045, 0, 1.0, 0.1), 0.5225),
    Turn("wrk", Load(1100, 0, 1.0, 0.1), 0.5),
]


def test_pairs_are_taken_in_their_order() -> None:
    assert [math.exp(one) for one in log_ratios(TURNS)] == pytest.approx([1.05, 0.95])
    assert [math.exp(one) for one in log_cpu_ratios(TURNS)] == pytest.approx([1.0, 1.1])


def test_the_report_has_the_figures() -> None:
    said = report(TURNS)
    assert "wrk          1050 requests/s, client 10% busy" in said
    assert "server 500.0 µs each, client/server 0.19" in said
    assert "rate, built-in over wrk: 0.999 (95% interval" in said
    assert "server CPU for a request, built-in over wrk: 1.049" in said


def test_without_the_servers_time_there_is_none_in_the_report() -> None:
    said = report([Turn(one.engine, one.load, None) for one in TURNS])
    assert "server" not in said


@pytest.mark.parametrize(("option", "said"), [("--rounds", "one round"), ("--margin", "a share")])
def test_what_makes_no_sense_is_refused(
    option: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["validate", "--port", "1", option, "-1"])
    with pytest.raises(Refused, match=said):
        main()


@pytest.mark.parametrize(
    ("low", "high", "out"),
    [(0.9, 1.1, False), (0.96, 1.2, False), (0.8, 0.94, True), (1.06, 1.2, True)],
)
def test_an_interval_disagrees_when_it_has_nothing_within_the_margin(
    low: float, high: float, out: bool
) -> None:
    assert excludes((math.log(low), math.log(high)), 0.05) is out
