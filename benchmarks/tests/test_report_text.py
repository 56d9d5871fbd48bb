"""The table: what it says of a comparison, what it does not claim, how wide it is."""

from __future__ import annotations

import re
from dataclasses import replace

from benchmarks.model import Decision, Figure, Verdict
from benchmarks.report import text

from .report_samples import (
    BYTES,
    CUT_SHORT,
    INSTRUCTIONS,
    ONCE,
    RUN,
    SLOWER,
    UNCLEAR,
    comparison,
    report,
)


def shown(*comparisons: object, **more: object) -> str:
    return text.report(report(*comparisons, **more), colour=False)  # type: ignore[arg-type]


def row(whole: str, name: str) -> str:
    [found] = [line for line in whole.splitlines() if line.startswith(f"{name} ")]
    return " ".join(found.split())


def test_a_comparison_has_its_ratio_interval_rates_and_verdict() -> None:
    whole = shown(SLOWER)
    assert row(whole, "json") == (
        "json throughput 0.917 0.899–0.936 50,000/s 45,872/s 7.9 % 12 slower"
    )
    assert row(whole, "  SLOWER") == (
        "SLOWER CPU/request 1.089 1.083–1.094 19.6 µs 21.4 µs 5.8 % 12 dearer"
    )
    assert "    > B is 6.9 % to 11.2 % slower: the whole interval" in whole
    assert whole.startswith("B  head (0.2.0, asyncio, Python 3.12.7)\nA  main (0.1.0, asyncio")


def test_a_pass_needs_no_reason() -> None:
    assert ">" not in shown(comparison())


def test_what_is_not_separated_is_not_ranked() -> None:
    assert row(shown(comparison(slowdown=1.01)), "plaintext").endswith("not separated")
    assert row(shown(comparison(slowdown=1.03)), "plaintext").endswith("slower")
    assert row(shown(comparison(slowdown=0.97)), "plaintext").endswith("faster")


def test_one_restart_has_no_interval_and_finds_nothing() -> None:
    assert row(shown(ONCE), "not-found").endswith("1.000 none 50,000/s 50,000/s - 12 not separated")


def test_a_server_that_was_not_the_limit_is_named() -> None:
    whole = shown(comparison(busy=0.71))
    assert "server was not the limit: A (main) 71 % busy" in whole
    assert "server was not the limit: B (head) 71 % busy" in whole
    assert "not the limit" not in shown(comparison(busy=0.91))


def test_a_client_that_may_be_the_limit_is_named() -> None:
    assert "client may be the limit: 60 % busy against A (main)" in shown(comparison(client=0.6))
    assert "client" not in shown(comparison(client=0.5))


def test_several_subjects_stand_below_each_other_in_each_scenario() -> None:
    several = [
        comparison(scenario, "aiohttp", b)
        for scenario in ("plaintext", "json")
        for b in ("reference", "sanic", "granian")
    ]
    whole = shown(*several)
    heads = [line for line in whole.splitlines() if "against A" in line]
    assert heads == ["plaintext, against A: aiohttp", "json, against A: aiohttp"]
    firsts = re.findall(r"^(\w+) +throughput", whole, re.MULTILINE)
    assert firsts == ["reference", "sanic", "granian"] * 2


def test_it_fits_a_hundred_columns() -> None:
    long_reason = replace(UNCLEAR, scenario="plaintext-idle+new")
    whole = shown(comparison(), SLOWER, long_reason, ONCE, comparison(busy=0.5, client=0.9))
    assert max(map(len, whole.splitlines())) <= 100


def test_colour_only_where_asked_for() -> None:
    whole = report(comparison(), SLOWER, kind="compare")
    coloured = text.report(whole, colour=True)
    assert "\x1b" not in text.report(whole, colour=False)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == text.report(whole, colour=False)
    assert "\x1b[1;31m  SLOWER\x1b[0m" in coloured


def test_the_conclusion_says_how_many_and_where() -> None:
    assert shown(comparison(), SLOWER, UNCLEAR).splitlines()[-1] == (
        "slower beyond the margin of 5 %: 1 of 3 comparisons (json)"
    )
    assert shown(comparison()).splitlines()[-1] == (
        "pass: not slower beyond the margin of 5 %: 1 of 1 comparison"
    )
    assert "false alarm" in shown(SLOWER, kind="aa").splitlines()[-1]
    assert shown(kind="run", absolutes=(RUN,)).splitlines()[-1] == "run: 1 figure"
    assert shown(kind="run", absolutes=(RUN, RUN)).splitlines()[-1] == "run: 2 figures"


def test_one_figure_alone_still_has_its_verdict() -> None:
    one = comparison()
    wall = {Figure.WALL: one.decision.estimates[Figure.WALL]}
    only = replace(one, decision=Decision(Verdict.INCONCLUSIVE, "because", wall))
    whole = shown(only)
    assert "  inconclusive\n    > because" in whole
    assert "CPU" not in whole


def test_nothing_measured_is_inconclusive_and_has_no_figures() -> None:
    assert shown(CUT_SHORT).splitlines()[3:6] == ["echo", "  inconclusive", "    > interrupted"]


def test_a_label_writes_nothing_to_the_terminal() -> None:
    assert "\x1b" not in shown(comparison(b="\x1b[2Jhead"), comparison("\x07", b="other"))


def test_absolute_figures_have_intervals_and_percentiles() -> None:
    whole = shown(kind="run", absolutes=(RUN,))
    lines = [" ".join(line.split()) for line in whole.splitlines()]
    assert "plaintext aiohttp 13,120/s 12,800–13,450 2 74.3 µs 40.0 MiB" in lines
    assert "scenario latency, ms at 50 % 90 % 99 % 99.9 % max" in lines
    assert "plaintext aiohttp 6,500/s 0.91 1.42 3.07 9.50 21.2" in lines


def test_what_was_not_measured_is_a_dash() -> None:
    bare = replace(RUN, rate_low=None, cpu_us=None, rss_bytes=None, latency_ms={}, restarts=())
    whole = shown(kind="run", absolutes=(bare,))
    assert "plaintext aiohttp 13,120/s - - - -" in " ".join(whole.split())
    assert "latency" not in whole


def test_measurements_have_a_column_for_each_subject() -> None:
    other = replace(INSTRUCTIONS, subject="aiohttp", value=401_000.0, spread=None)
    whole = shown(kind="instr", measurements=(INSTRUCTIONS, BYTES, other))
    lines = [" ".join(line.split()) for line in whole.splitlines()]
    assert "scenario what unit reference aiohttp" in lines
    assert "plaintext instructions per request 101,234 (101,200–101,301) 401,000" in lines
    assert "idle memory bytes per connection 3802 -" in lines


def test_numbers_align_right_and_words_left() -> None:
    assert text.table(
        ["peer", "req/s"], [["bare", "50000"], ["reference", "900"]], colour=False
    ) == ("peer       req/s\nbare       50000\nreference    900")


def test_a_table_without_rows_is_its_header() -> None:
    assert text.table(["a", "bc"], [], colour=False) == "a  bc"
