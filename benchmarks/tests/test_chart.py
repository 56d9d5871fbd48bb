"""Charts: files that repeat, texts that do not overlap, and errors that say what to do."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure as Page
from matplotlib.text import Text

from benchmarks.command import Refused
from benchmarks.model import Figure
from benchmarks.report import canvas, chart, curve, forest
from benchmarks.report.result import Measurement, Report

from .report_samples import CUT_SHORT, INSTRUCTIONS, ONCE, RUN, SLOWER, UNCLEAR, comparison, report

LONG = "blacksheep==2.6.4 on uvicorn with httptools, $HOME/environments/blacksheep"


def several(scenarios: int, subjects: int) -> Report:
    return report(
        *(
            comparison(f"scenario-{n}", "aiohttp", f"{k} {LONG}", slowdown=0.2 + 0.25 * k)
            for n in range(scenarios)
            for k in range(subjects)
        )
    )


def a_run(*labels: str) -> Report:
    return report(kind="run", absolutes=tuple(replace(RUN, label=label) for label in labels))


REPORTS = {
    "one row": report(comparison()),
    "no interval": report(ONCE),
    "six rows": report(comparison(), SLOWER, UNCLEAR, ONCE, comparison(LONG), comparison("x")),
    "sixty rows": several(10, 6),
    "far apart": report(comparison(slowdown=0.003), comparison("slow", slowdown=300.0)),
    "latencies": a_run("reference", "aiohttp", LONG),
}


@pytest.mark.parametrize("name", ["six rows", "latencies"])
def test_the_same_figures_give_the_same_octets(name: str, tmp_path: Path) -> None:
    whole = REPORTS[name]
    first = chart.write(whole, tmp_path / "first.svg").read_bytes()
    assert chart.write(whole, tmp_path / "second.svg").read_bytes() == first
    assert b"<dc:date>" not in first
    assert ElementTree.fromstring(first).tag == "{http://www.w3.org/2000/svg}svg"


def test_a_png_is_one(tmp_path: Path) -> None:
    path = chart.write(report(comparison()), tmp_path / "chart.png")
    assert path.read_bytes().startswith(b"\x89PNG\r\n")


def drawn(whole: Report, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Page:
    """The page that would be saved."""
    pages: list[Page] = []
    monkeypatch.setattr(canvas, "save", lambda page, path: pages.append(page))
    chart.write(whole, tmp_path / "chart.svg")
    [page] = pages
    page.draw_without_rendering()
    return page


@pytest.mark.parametrize("whole", REPORTS.values(), ids=REPORTS.keys())
def test_texts_are_on_the_page_and_do_not_overlap(
    whole: Report, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = drawn(whole, monkeypatch, tmp_path)
    seen = [one for one in page.findobj(Text) if one.get_text() and one.get_visible()]
    boxes = {one: one.get_window_extent() for one in seen}
    assert len(boxes) > 4
    width, height = page.bbox.width, page.bbox.height
    for one, box in boxes.items():
        assert box.x0 >= 0, one
        assert box.y0 >= 0, one
        assert box.x1 <= width, one
        assert box.y1 <= height, one
    for one, other in combinations(boxes, 2):
        assert not boxes[one].overlaps(boxes[other]), (one, other)


def test_hollow_is_what_is_not_separated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = drawn(report(comparison(), SLOWER), monkeypatch, tmp_path)
    dots = [line for line in page.axes[0].lines if line.get_marker() == "o"]
    assert [dot.get_markerfacecolor() for dot in dots] == [canvas.PAPER, forest.SLOWER]


def test_values_stand_beside_the_rows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = drawn(report(SLOWER, ONCE), monkeypatch, tmp_path)
    said = [one.get_text() for one in page.axes[0].texts]
    assert said == ["json", "0.917  (0.899–0.936)", "not-found", "1.000  (no interval)"]


def test_the_paper_is_opaque_and_white(tmp_path: Path) -> None:
    """GitHub shows a transparent one on its dark page, where dark ink is not seen."""
    text = chart.write(report(comparison()), tmp_path / "chart.svg").read_text()
    assert "fill: #ffffff" in text[: text.index('id="axes_1"')]


def test_processor_time_has_a_chart_of_its_own(tmp_path: Path) -> None:
    wall = forest.write(report(SLOWER), tmp_path / "wall.svg").read_bytes()
    assert forest.write(report(SLOWER), tmp_path / "cpu.svg", Figure.CPU).read_bytes() != wall


def test_latencies_come_from_measurements_too() -> None:
    rows = tuple(
        Measurement(label, "plaintext at 2,000/s", f"p{percentile}", value, "ms")
        for label in ("reference", "aiohttp")
        for percentile, value in (("50", 0.5), ("99", 2.0), ("99.9", 4.0))
    )
    found = curve.lines(report(kind="latency", measurements=(*rows, INSTRUCTIONS)))
    assert [(one.scenario, one.label) for one in found] == [
        ("plaintext at 2,000/s", "reference"),
        ("plaintext at 2,000/s", "aiohttp"),
    ]
    assert [x for x, _ in found[0].points] == pytest.approx([2, 100, 1000])


def test_the_maximum_is_no_percentile() -> None:
    [one] = curve.lines(a_run("reference"))
    assert max(y for _, y in one.points) == RUN.latency_ms["99.9"] < RUN.latency_ms["max"]


# -- What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["chart.pdf", "chart", "svg"])
def test_another_kind_of_file_is_refused(name: str) -> None:
    with pytest.raises(Refused, match=r"a \.svg or \.png file"):
        chart.checked(name, "compare")


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [one for one in sys.modules if one.split(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(Refused, match=r"pip install 'trueline\[charts\]'"):
        chart.checked("chart.svg", "compare")


def test_there_is_no_chart_of_instructions() -> None:
    with pytest.raises(Refused, match="no chart of `bench instr`, only of compare"):
        chart.checked("chart.svg", "instr")


def test_nothing_to_draw_is_said(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="nothing to draw"):
        chart.write(report(kind="run"), tmp_path / "chart.svg")
    with pytest.raises(Refused, match="nothing to draw"):
        forest.write(report(CUT_SHORT), tmp_path / "chart.svg")


def test_a_long_label_keeps_its_ends() -> None:
    assert canvas.shortened("abcdefghij", 7) == "abc…hij"
    assert canvas.shortened("abcdefg", 7) == "abcdefg"
