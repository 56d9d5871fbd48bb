"""The page about the gate: what it says of runs that are known, and what it refuses."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from benchmarks import believing
from benchmarks.believing import Injected, name_of, page
from benchmarks.command import Refused
from benchmarks.model import Comparison, Decision, Phase, Restart, Series, Slice, Verdict
from benchmarks.report import document
from benchmarks.report.result import Report


def run_of(verdict: Verdict, slowdown: float, itself: float | None = None) -> Comparison:
    """Six restarts of a B that costs so much more, and one of A against itself."""
    series = [Series(Phase.FIRST, (restart_of(slowdown),) * 6)]
    if itself is not None:
        series.append(Series(Phase.ITSELF, (restart_of(itself),)))
    return Comparison("plaintext", "a", "b", tuple(series), Decision(verdict, "", {}))


def restart_of(slowdown: float) -> Restart:
    a = Slice("A", 1_000, 1.0, 0.5, 0.1, 1)
    b = Slice("B", 1_000, 1.0 + slowdown, 0.5 * math.exp(slowdown), 0.1, 1)
    return Restart((a, b))


def write(path: Path, *runs: Comparison, **settings: object) -> None:
    report = Report(kind="aa", machine={}, settings=settings, subjects=(), comparisons=runs)
    path.write_text(document.dumps(report))


def test_the_page_tells_what_was_measured(tmp_path: Path) -> None:
    same = run_of(Verdict.PASS, 0.0)
    write(tmp_path / "aa.json", same, same, run_of(Verdict.INCONCLUSIVE, 0.001))
    write(
        tmp_path / name_of(0.08),
        run_of(Verdict.SLOWER, 0.08, itself=0.5),
        run_of(Verdict.PASS, 0.08),
        share=0.08,
        seconds=60.0,
        took_s=[40.0, 50.0],
    )
    text = page(tmp_path)
    assert "3 runs: 2 pass,\n1 inconclusive, **0 false alarms**." in text
    assert "0 false alarms from 18 restarts, so fewer than 0.06%" in text
    assert "| 8% | 60 s | 2 | **1** | 45, 50 | 8.0% |" in text
    assert "| 5% |" not in text, "it was not measured"


def test_what_is_called_slower_than_itself_is_a_false_alarm(tmp_path: Path) -> None:
    write(tmp_path / "aa.json", run_of(Verdict.SLOWER, 0.0))
    assert "1 runs: 0 pass,\n0 inconclusive, **1 false alarms**." in page(tmp_path)
    assert "6 restarts are too few to draw from" in page(tmp_path)


def test_a_against_itself_is_no_part_of_what_was_injected(tmp_path: Path) -> None:
    file = tmp_path / name_of(0.05)
    write(file, run_of(Verdict.SLOWER, 0.05, itself=0.9), share=0.05, seconds=180.0, took_s=[99.0])
    found = Injected.read(file)
    assert (found.share, found.budget_s, found.found, found.took_s) == (0.05, 180.0, 1, (99.0,))
    assert found.measured == pytest.approx(0.05)


def test_without_the_first_part_there_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"there is no .*aa\.json; leave --parts out"):
        page(tmp_path)


def test_the_command_writes_the_page_of_what_is_there(tmp_path: Path) -> None:
    folder, where = tmp_path / "results", tmp_path / "page.md"
    arguments = [str(folder), "--page", str(where), "--parts", ""]
    with pytest.raises(Refused, match="leave --parts out"):
        believing.main(arguments)
    write(folder / "aa.json", run_of(Verdict.PASS, 0.0))
    believing.main(arguments)
    assert where.read_text() == page(folder)


def test_parts_that_there_are_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exited:
        believing.main([str(tmp_path), "--parts", "aa,9"])
    assert exited.value.code == 2
    assert "parts are aa, 8, 5" in capsys.readouterr().err
