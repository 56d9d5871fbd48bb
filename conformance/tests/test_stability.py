"""What is said of verdicts that change, and of those that do not."""

from __future__ import annotations

from pathlib import Path

from conformance.guard import session_members
from conformance.judge import Outcome
from conformance.stability import Series, changed, load, save, saved, text

SAME = Series("alone", ({"a": Outcome.PASS}, {"a": Outcome.PASS}), (1.0, 3.0))
OTHER = Series("beside a load", ({"a": Outcome.PASS}, {"a": Outcome.FAIL}), (2.0, 2.0))


def test_a_verdict_that_changes_is_told_with_how_often() -> None:
    assert changed([SAME, OTHER]) == {"a": ["alone: 2 pass", "beside a load: 1 pass, 1 fail"]}
    document = text([SAME, OTHER])
    assert "| alone | 2 | 1 | 0 | 2.0 s | 3.0 s |" in document
    assert "| beside a load | 2 | 1 | 1 | 2.0 s | 2.0 s |" in document
    assert "Verdicts that changed: 1." in document
    assert "- `a`: alone: 2 pass; beside a load: 1 pass, 1 fail" in document


def test_verdicts_that_stay_are_no_problem() -> None:
    assert changed([SAME, SAME]) == {}
    assert "Verdicts that changed: none." in text([SAME, SAME])


def test_a_check_that_was_not_run_once_is_a_change() -> None:
    assert "a" in changed([SAME, Series("b", ({}, {"a": Outcome.PASS}), (1.0, 1.0))])


def test_series_are_kept_until_both_are_there(tmp_path: Path) -> None:
    record = tmp_path / "build" / "stability.json"
    save(record, OTHER)
    assert saved(record) == [OTHER]
    save(record, SAME)
    assert saved(record) == [SAME, OTHER]


def test_the_load_ends() -> None:
    with load(2) as pids:
        assert all(session_members(pid) for pid in pids)
    assert not any(session_members(pid) for pid in pids)
