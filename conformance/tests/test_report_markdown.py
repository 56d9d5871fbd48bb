"""The summary for a CI job."""

from __future__ import annotations

import re
from dataclasses import replace

from conformance.judge import Outcome, Verdict
from conformance.report import markdown

from .report_samples import FAILING, PASSING, STALE, WARNING, run


def test_totals_are_a_table() -> None:
    lines = markdown.summary(run(FAILING, WARNING, PASSING)).splitlines()
    start = lines.index("| category | checks | pass | fail | warn |")
    assert lines[start + 1 : start + 5] == [
        "|:--|--:|--:|--:|--:|",
        "| routing | 2 | 1 | 1 |  |",
        "| framing | 1 |  |  | 1 |",
        "| **all** | 3 | 1 | 1 | 1 |",
    ]


def test_what_did_not_pass_is_folded_away_and_what_passed_is_not_told() -> None:
    text = markdown.summary(run(PASSING, WARNING, FAILING))
    found = re.findall(r"<details><summary>(\w+): <code>(.*?)</code> \((\w+)\)", text)
    assert found == [
        ("fail", "routing/wrong-method", "MUST"),
        ("warn", "framing/bare-lf", "SHOULD"),
    ]
    assert text.count("</details>") == 2
    assert "([RFC 9110 §15.5.6](https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6))" in text


def test_what_a_subject_says_ends_no_fence_and_is_no_markup() -> None:
    said = "````\n\n</details><b>*x* @someone"
    result = replace(
        FAILING,
        seen=replace(FAILING.seen, stderr=said),
        verdict=Verdict(Outcome.FAIL, said),
    )
    text = markdown.summary(run(result, notes=(said,)))
    outside = re.sub(r"^(`{5,})text\n.*?\n\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert outside.count("</details>") == 1
    assert "<b>" not in outside
    assert "````" in outside.partition("</summary>")[0].splitlines()[-1]
    assert r"> \`\`\`\` &lt;/details&gt;&lt;b&gt;\*x\* \@someone" in outside


def test_a_summary_that_grows_too_large_says_what_is_missing() -> None:
    big = replace(FAILING, verdict=Verdict(Outcome.FAIL, "x" * (markdown.MOST_BYTES // 4)))
    text = markdown.summary(run(*[big] * 5, STALE))
    assert len(text.encode()) <= markdown.MOST_BYTES + 100
    assert re.search(r"\n\.\.\. and \d more, in the other reports\.\n$", text)
