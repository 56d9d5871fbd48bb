"""The discovery curve."""

from __future__ import annotations

from ..campaign.curve import COLUMNS, Curve, Point, chart, unseen


def test_points_are_fewer_the_later() -> None:
    curve = Curve()
    for executions in range(0, 100_001, 10):
        curve.add(executions, executions // 10, 0)
    assert curve.points[0].executions == 10
    assert curve.points[-1] == Point(100_000, 10_000, 0)
    assert 100 < len(curve.points) < 1000
    assert [one.executions for one in curve.points] == sorted(
        {one.executions for one in curve.points}
    )


def test_chart() -> None:
    points = [Point(10, 1, 0), Point(100, 4, 1), Point(1000, 7, 1), Point(10_000, 8, 2)]
    found = chart(points, columns=31, rows=4)
    assert found == [
        "  |                              o",
        "  |                    **********",
        "  |          oooooooooooooooooooo",
        "  |oooooooooo",
        "  +-------------------------------",
        "   10            10,000 executions",
        "   * signatures, up to 8   o buckets, up to 2",
    ]


def test_chart_of_nothing() -> None:
    assert chart([]) == []
    assert chart([Point(5, 1, 0)]) == []
    assert len(chart([Point(5, 0, 0), Point(9, 0, 0)])[0]) <= COLUMNS + 3


def test_unseen() -> None:
    assert unseen(5, 1000) == 0.005
    assert unseen(0, 0) == 1.0
