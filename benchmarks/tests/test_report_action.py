"""What github-action-benchmark reads: its members, one direction in a list, names that stay."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.report import action

from .report_samples import BYTES, INSTRUCTIONS, ONCE, RUN, SLOWER, comparison, report

EVERYTHING = report(
    comparison(), SLOWER, ONCE, absolutes=(RUN,), measurements=(INSTRUCTIONS, BYTES)
)


def test_entries_have_the_members_that_the_action_knows() -> None:
    entries = [one for found in action.lists(EVERYTHING).values() for one in found]
    assert entries
    for one in entries:
        assert {"name", "unit", "value"} <= one.keys()
        assert one.keys() <= {"name", "unit", "value", "range", "extra"}
        assert isinstance(one["value"], int | float)
        assert all(isinstance(one.get(name, ""), str) for name in ("range", "extra"))
    names = [one["name"] for one in entries]
    assert len(set(names)) == len(names), "the action tells entries by their names"


def test_throughput_is_bigger_is_better_and_everything_else_smaller() -> None:
    found = action.lists(EVERYTHING)
    assert set(found) == {"customBiggerIsBetter", "customSmallerIsBetter"}
    assert all("throughput" in one["name"] for one in found[action.BIGGER])
    smaller = [one["name"] for one in found[action.SMALLER]]
    assert not [name for name in smaller if "throughput" in name]
    assert "plaintext: aiohttp, CPU per request" in smaller
    assert "plaintext: aiohttp, resident memory" in smaller
    assert "plaintext: aiohttp, latency 99 %" in smaller
    assert "plaintext: reference, instructions" in smaller


def test_a_comparison_is_a_ratio_with_half_its_interval() -> None:
    [wall] = action.lists(report(SLOWER))[action.BIGGER]
    assert wall == {
        "name": "json: head ÷ main, throughput",
        "unit": "ratio",
        "value": 0.9174,
        "range": "± 0.0185",
        "extra": "slower; 12 restarts; verdict: slower",
    }


def test_one_restart_has_no_range() -> None:
    [wall] = action.lists(report(ONCE))[action.BIGGER]
    assert "range" not in wall


def test_a_run_has_its_rate() -> None:
    [rate] = action.lists(report(kind="run", absolutes=(RUN,)))[action.BIGGER]
    assert rate == {
        "name": "plaintext: aiohttp, throughput",
        "unit": "requests/s",
        "value": 13120.4,
        "range": "12800–13450",
        "extra": "2 restarts",
    }


def test_lists_go_to_files_beside_each_other(tmp_path: Path) -> None:
    written = action.write(EVERYTHING, tmp_path / "bench.json")
    assert [path.name for path in written] == ["bench-bigger.json", "bench-smaller.json"]
    assert json.loads(written[0].read_text()) == action.lists(EVERYTHING)[action.BIGGER]


def test_an_empty_list_is_not_written(tmp_path: Path) -> None:
    whole = report(kind="instr", measurements=(INSTRUCTIONS,))
    assert [path.name for path in action.write(whole, tmp_path / "i")] == ["i-smaller.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["i-smaller.json"]
