"""Markdown for a pull request: a table that is one, and text that cannot break out of it."""

from __future__ import annotations

import re

from benchmarks.report import markdown

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
)


def tables(text: str) -> list[list[str]]:
    found = re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE)
    return [one.strip().splitlines() for one in found]


def test_the_verdict_comes_first() -> None:
    first = markdown.summary(report(comparison(), SLOWER)).splitlines()[0]
    assert first == (
        "### ❌ trueline bench: slower beyond the margin of 5 %: 1 of 2 comparisons (json)"
    )
    assert markdown.summary(report(comparison())).startswith("### ✅ trueline bench: pass")
    assert markdown.summary(report(UNCLEAR)).startswith("### ⚠️ trueline bench: inconclusive")
    assert markdown.summary(report(kind="run")).startswith("### trueline bench: run")


def test_every_row_of_a_table_has_the_columns_of_its_head() -> None:
    whole = report(
        comparison("a|b", b="x|y`z"),
        SLOWER,
        UNCLEAR,
        ONCE,
        CUT_SHORT,
        absolutes=(RUN,),
        measurements=(INSTRUCTIONS, BYTES),
    )
    found = tables(markdown.summary(whole))
    assert len(found) >= 5
    for rows in found:
        counts = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
        assert len(counts) == 1, rows


def test_nothing_measured_still_has_its_verdict() -> None:
    text = markdown.summary(report(CUT_SHORT))
    assert re.search(r"^\| `echo` \|[ |]+\| ⚠️ inconclusive \|$", text, re.MULTILINE)
    assert "> **echo**: interrupted" in text


def test_reasons_and_warnings_stand_below_the_table() -> None:
    text = markdown.summary(report(comparison(busy=0.7), SLOWER))
    assert "> **json**: B is 6.9 % to 11.2 % slower" in text
    assert "> **plaintext**: server was not the limit: A (main) 70 % busy" in text


def test_conditions_and_medians_are_folded_away() -> None:
    text = markdown.summary(report(SLOWER))
    shown, folded = text.split("<details>", 1)
    assert "x86\\_64" in folded
    assert "x86" not in shown
    assert folded.count("<details>") == 1
    assert text.count("</details>") == 2
    assert "| `json` | head | first | 3 | 50,000/s | 45,872/s |" in folded
    assert "| 0.917 | 1.090 |" in folded


def test_what_a_subject_is_called_is_only_text() -> None:
    name = "<img src=x>\n# @everyone **b**"
    text = markdown.summary(report(comparison(b=name), comparison(b="two"), notes=(name,)))
    outside = re.sub(r"`[^`\n]*`", "", text)
    assert "&lt;img" in outside
    assert "<img" not in outside
    assert "\n# " not in outside
    assert "@everyone" not in outside.replace("\\@", "")


def test_it_fits_a_comment() -> None:
    many = [comparison(f"scenario-{number}", restarts=20) for number in range(60)]
    text = markdown.summary(report(*many))
    assert len(text) <= markdown.MOST_CHARACTERS
    assert text.count("throughput") >= 60
    assert "too many here" in text
