"""Start-up: who starts when, what is made of known times, and the reference started for real."""

import pytest

from benchmarks import startup as startup_module
from benchmarks.command import Refused
from benchmarks.startup import CPU, INCLUDED, WALL, Start, start_once, startup, summarise
from benchmarks.subjects import Subject, subject
from conformance.driver import Command


def labelled(label: str) -> Subject:
    return Subject(label, Command(["none"], label), "adapter", "asyncio")


def starts_of(*wall_ms: float) -> list[Start]:
    """Each of which took half a processor."""
    return [Start(one / 1000, one / 2000) for one in wall_ms]


def test_medians_and_the_ratios_paired_by_restarts() -> None:
    found = summarise({"a": starts_of(100, 200, 400), "b": starts_of(200, 400, 800)})
    assert [(one.subject, one.name, one.value, one.spread) for one in found.rows] == [
        ("a", WALL, 200, (100, 400)),
        ("a", CPU, 100, (50, 200)),
        ("b", WALL, 400, (200, 800)),
        ("b", CPU, 200, (100, 400)),
    ]
    assert [(one.a, one.b, one.name) for one in found.ratios] == [("a", "b", WALL), ("a", "b", CPU)]
    for ratio in found.ratios:
        assert [ratio.ratio, ratio.low, ratio.high] == pytest.approx([0.5, 0.5, 0.5])
    assert found.notes == (INCLUDED,)


async def test_subjects_take_turns_behind_a_start_that_is_not_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[str] = []

    async def note(subject: Subject, cpu: int | None) -> Start:
        started.append(subject.label)
        return Start(len(started), 0.5)

    monkeypatch.setattr(startup_module, "start_once", note)
    lines: list[str] = []
    found = await startup([labelled("a"), labelled("b")], restarts=3, progress=lines.append)
    assert "".join(started) == "ab" + "ab" + "ba" + "ab"
    assert {one.subject: one.samples for one in found.rows if one.name == WALL} == {
        "a": (3000, 6000, 7000),
        "b": (4000, 5000, 8000),
    }
    assert lines[1] == (
        "start-up, restart 2 of 3: a 6000 ms (500 of a processor), b 5000 ms (500 of a processor)"
    )


async def test_the_reference_starts() -> None:
    found = await start_once(await subject("reference"), None)
    assert found.wall_s > 0
    assert found.cpu_s > 0


async def test_one_subject_twice() -> None:
    with pytest.raises(Refused, match="a is given twice"):
        await startup([labelled("a"), labelled("a")], progress=print)
