"""The results document: what comes back is what went in."""

from __future__ import annotations

import json

import pytest

from conformance.report import document
from conformance.results import Result

from .report_samples import ERROR, FAILING, PASSING, STALE, UNSUPPORTED, WARNING, run


def test_a_run_comes_back_whole() -> None:
    before = run(FAILING, WARNING, PASSING, STALE, ERROR, UNSUPPORTED, notes=("restarted once",))
    assert document.loads(document.dumps(before)) == before


@pytest.mark.parametrize("result", [FAILING, UNSUPPORTED, ERROR])
def test_a_result_comes_back_whole_through_json(result: Result) -> None:
    data = json.loads(json.dumps(document.result_to_json(result)))
    assert document.result_from_json(data) == result


def test_octets_are_legible() -> None:
    data = json.loads(document.dumps(run(FAILING)))
    [conversation] = data["results"][0]["seen"]["conversations"]
    assert conversation["sent"].startswith("POST /items/x HTTP/1.1\r\n")
    assert conversation["received"].endswith("\u00ff")
    assert data["totals"] == {"fail": 1}
    assert data["results"][0]["check"]["source"]["url"].endswith("rfc9110#section-15.5.6")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a results document"),
        ("[]", "not a results document"),
        ("{}", "not a results document: KeyError('schema')"),
        ('{"schema": 2}', "results of schema version 2, expected 1"),
        ('{"schema": 1, "subject": null}', "not a results document"),
    ],
)
def test_what_is_no_results_document_is_named_so(text: str, said: str) -> None:
    with pytest.raises(document.NotResults) as caught:
        document.loads(text)
    assert str(caught.value).startswith(said)


def test_an_outcome_of_a_later_version_is_refused() -> None:
    text = document.dumps(run(PASSING)).replace('"pass"', '"perhaps"')
    with pytest.raises(document.NotResults, match="perhaps"):
        document.loads(text)
