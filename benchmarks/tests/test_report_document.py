"""The document of a report: what comes back is what went in, and it is as its schema says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from benchmarks.model import Phase, Series
from benchmarks.report import document, schema
from benchmarks.report.result import KINDS, Report

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
    restart,
)

DOCS = Path(__file__).parents[2] / "docs"

ITSELF = replace(SLOWER, series=(*SLOWER.series, Series(Phase.ITSELF, (restart(50_000, 50_100),))))
REPORTS = [
    report(),
    report(comparison(), ITSELF, UNCLEAR, notes=("a note",)),
    report(ONCE, CUT_SHORT),
    report(kind="run", absolutes=(RUN, replace(RUN, rate_low=None, latency_ms={}, restarts=()))),
    report(kind="instr", measurements=(INSTRUCTIONS, BYTES)),
]


@pytest.mark.parametrize("before", REPORTS)
def test_a_report_comes_back_whole(before: Report) -> None:
    assert document.loads(document.dumps(before)) == before


@pytest.mark.parametrize("one", REPORTS)
def test_a_report_is_as_its_schema_says(one: Report) -> None:
    validator = jsonschema.Draft202012Validator(schema.document())
    assert list(validator.iter_errors(json.loads(document.dumps(one)))) == []


@pytest.mark.parametrize(
    "change",
    [
        {"trueline-bench": 2},
        {"kind": "guess"},
        {"verdict": "fast"},
        {"extra": 1},
        {"comparisons": [{}]},
        {"absolutes": [{}]},
        {"measurements": [{"value": 1}]},
    ],
)
def test_the_schema_refuses_what_is_no_report(change: dict[str, object]) -> None:
    data = {**document.to_json(report(comparison())), **change}
    assert list(jsonschema.Draft202012Validator(schema.document()).iter_errors(data))


def test_every_raw_slice_is_in_the_document() -> None:
    data = json.loads(document.dumps(report(SLOWER)))
    [restarts] = [series["restarts"] for series in data["comparisons"][0]["series"]]
    assert [[slice["side"] for slice in one] for one in restarts] == [list("ABBA")] * 3
    assert restarts[0][0] == {
        "side": "A",
        "requests": 50000,
        "duration_s": 1.0,
        "server_cpu_s": 0.98,
        "client_cpu_s": 0.3,
        "read_bytes": 6500000,
    }


def test_an_interval_without_bounds_is_null() -> None:
    data = json.loads(document.dumps(report(ONCE)))
    [wall, _] = data["comparisons"][0]["decision"]["estimates"]
    assert (wall["log_low"], wall["log_high"], wall["log_mde"]) == (None, None, None)


def test_the_verdict_is_the_worst_one() -> None:
    assert document.to_json(report(comparison(), UNCLEAR, SLOWER))["verdict"] == "slower"
    assert document.to_json(report(comparison(), UNCLEAR))["verdict"] == "inconclusive"
    assert document.to_json(report(comparison()))["verdict"] == "pass"
    assert document.to_json(report(kind="run"))["verdict"] is None
    assert [report(one).exit_status for one in (comparison(), SLOWER, UNCLEAR)] == [0, 1, 3]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no report of trueline bench"),
        ("[]", "no report of trueline bench"),
        ("{}", "no report of trueline bench: KeyError('trueline-bench')"),
        ('{"trueline-bench": 2}', "a report of version 2, expected 1"),
        ('{"trueline-bench": 1, "kind": "run"}', "KeyError"),
    ],
)
def test_what_is_no_report_is_named_so(text: str, said: str) -> None:
    with pytest.raises(document.NotAReport) as caught:
        document.loads(text)
    assert said in str(caught.value)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match=", ".join(KINDS)):
        report(kind="guess")


@pytest.mark.parametrize("name", sorted(schema.documents()))
def test_the_schema_in_the_documents_is_current(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == schema.documents()[name], "run `make docs`"
