"""Long runs: which there are, and the documents they leave."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzz import longrun
from fuzz.engines import ENGINES
from fuzz.longrun import Leg, Ran
from fuzz.targets import TARGETS

RESULTS = {
    "elapsed_s": 4.2, "executions": 12345, "rate": 2939.3, "units": 20000, "accepted": 6173,
    "signatures": 321, "findings": [],
}  # fmt: skip
FOUND = {"bucket": "0123456789ab", "kind": "hang", "left": "a", "right": "b", "hits": 3, "text": ""}


def test_the_reference_meets_every_target_with_every_engine() -> None:
    legs = longrun.legs_on_reference()
    assert {(leg.target, leg.engine) for leg in legs} == {
        (target, engine) for target in TARGETS for engine in ENGINES
    }
    assert len({leg.folder for leg in legs}) == len(legs)


def test_each_server_meets_both_targets_that_have_a_subject() -> None:
    legs = longrun.legs_on_frameworks()
    assert {leg.target for leg in legs} == {"socket", "differential"}
    assert len(legs) == 2 * len(longrun.SERVERS) == len({leg.folder for leg in legs})


def test_a_document_has_a_row_for_each_run_and_for_each_bucket() -> None:
    leg = Leg("aiohttp", "socket", "aiohttp", "grammar")
    clean = longrun.document("T", "command", ["said"], [Ran(leg, RESULTS)])
    assert "| aiohttp | socket | grammar | 4 | 12,345 | 2,939 | 20,000 | 50% | 321 | 0 |" in clean
    assert "No open finding." in clean
    found = longrun.document("T", "command", [], [Ran(leg, {**RESULTS, "findings": [FOUND]})])
    assert "| aiohttp | socket | `0123456789ab` | 3 | hang: a / b |" in found
    assert "No open finding." not in found


def test_what_cannot_be_run_is_said_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    legs = [Leg("parser", "parser", "", "grammar"), Leg("?", "socket", "no_such_server", "grammar")]
    plan = longrun.Plan(legs, "it.md", "It", ())
    monkeypatch.setitem(longrun.PLANS, "reference", plan)
    out = tmp_path / "out"
    given = ["reference", str(tmp_path), "--minutes", "0", "--out", str(out)]
    assert longrun.main(given) == 2
    text = (tmp_path / "it.md").read_text()
    assert "no subject 'no_such_server'" in text
    assert "| parser | parser | grammar | " in text
    assert (out / "parser-grammar").is_dir()
