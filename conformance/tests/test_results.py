"""Totals, the exit status, runs beside each other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.judge import Outcome
from conformance.results import CheckRecord, Result, compare

from .report_samples import (
    BARE_LF,
    ERROR,
    FAILING,
    OTHER,
    PASSING,
    SLOW,
    STALE,
    SUBJECT,
    UNSUPPORTED,
    WARNING,
    run,
)


@pytest.mark.parametrize(
    ("results", "status"),
    [
        ([], 0),
        ([PASSING], 0),
        ([PASSING, WARNING, UNSUPPORTED], 0),
        ([PASSING, FAILING], 1),
        ([STALE], 1),
        ([FAILING, ERROR], 2),
        ([ERROR, PASSING], 2),
    ],
)
def test_exit_status(results: list[Result], status: int) -> None:
    assert run(*results).exit_status == status


def test_totals_by_category_keep_the_order_of_the_run() -> None:
    totals = run(FAILING, WARNING, PASSING).totals_by_category()
    assert list(totals) == ["routing", "framing"]
    assert totals["routing"] == {Outcome.FAIL: 1, Outcome.PASS: 1}
    assert totals["framing"] == {Outcome.WARN: 1}
    assert run(FAILING, WARNING, PASSING).totals().total() == 3


def test_a_record_of_a_server_that_ran_already_has_no_app_and_names_the_server() -> None:
    record = CheckRecord.of(BARE_LF, authority="example.test:81")
    assert record.app is None
    assert record.by_hand[0].endswith("| nc example.test 81")
    assert CheckRecord.of(BARE_LF).app == BARE_LF.app


def test_rows_are_grouped_by_category_and_gaps_are_none() -> None:
    matrix = compare([run(FAILING, WARNING), run(WARNING, PASSING, subject=OTHER)])
    assert [row.check.id for row in matrix.rows] == [
        "routing/wrong-method",
        "routing/literal-first",
        "framing/bare-lf",
    ]
    assert matrix.categories == ["routing", "framing"]
    assert matrix.rows[0].results == (FAILING, None)
    assert matrix.rows[1].results == (None, PASSING)
    assert [row.differs for row in matrix.rows] == [True, True, False]


def test_a_matrix_of_one_run_differs_nowhere() -> None:
    assert not any(row.differs for row in compare([run(FAILING, PASSING)]).rows)


def test_titles_are_as_short_as_they_can_be() -> None:
    older = replace(SUBJECT, version="3.9.0")
    matrix = compare([run(PASSING, subject=one) for one in (SUBJECT, OTHER, older)])
    assert matrix.titles == ("aiohttp 3.13.2", "express", "aiohttp 3.9.0")
    same = compare([run(PASSING), run(PASSING)])
    assert same.titles == ("aiohttp 3.13.2 (1)", "aiohttp 3.13.2 (2)")


def test_a_record_has_the_words_of_its_check() -> None:
    record = CheckRecord.of(SLOW)
    assert record.does == ("ask GET /a",)
    assert record.expects == ("status 200",)
    assert record.category == "routing"
