"""Runs of the fuzzer on small targets that are wrong on purpose, in processes of their own."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.protocol import AdapterError

from ..campaign import summary
from ..campaign.corpus import Corpus
from ..campaign.findings import FIXED, OPEN, Findings
from ..campaign.live import Live
from ..campaign.plan import Outcome, Plan
from ..campaign.running import Campaign
from ..campaign.tally import Tally
from ..campaign.trials import Broken, News
from ..target import Wanted

OPENERS = "fuzz.tests.fake_targets"


def plan(opener: str, **more: Any) -> Plan:
    settings: dict[str, Any] = {"executions": 400, "seconds": None, "shrink_s": 0.0} | more
    return Plan(Wanted("parser"), engine="grammar", opener=f"{OPENERS}:{opener}", **settings)


def ran(folder: Path, plan: Plan, inputs: list[bytes] | None = None) -> Outcome:
    (folder / "corpus").mkdir(exist_ok=True)
    corpus = Corpus(folder / "corpus", "parser")
    return Campaign(plan, Findings(folder), corpus, inputs or [], Live(io.StringIO(), {})).run()


def test_clean(tmp_path: Path) -> None:
    outcome = ran(tmp_path, plan("clean", jobs=2))
    assert (outcome.exit_status, outcome.met, outcome.vacuous) == (0, (), "")
    assert outcome.tally.executions == outcome.tally.accepted == outcome.tally.units == 400
    assert outcome.tally.declared["quirk/a"] > 0
    kept = {path.read_bytes() for path in (tmp_path / "corpus").iterdir()}
    assert kept == set(outcome.tally.inputs.values())
    assert not (tmp_path / "findings.jsonl").exists()
    too_few = replace(outcome, tally=Tally(executions=99, accepted=99))
    assert too_few.exit_status == 3


def test_findings_are_written_and_made_smaller(tmp_path: Path) -> None:
    outcome = ran(tmp_path, replace(plan("picky", shrink_s=10.0), label="someone"))
    assert outcome.exit_status == 1
    by_kind = {one.broken.kind: one for one in outcome.met}
    assert {kind: one.broken.data for kind, one in by_kind.items()} == {
        "order": b"ah",
        "count": b"dd",
    }
    assert all(one.whole and one.hits > 0 and one.status == OPEN for one in outcome.met)
    assert (tmp_path / by_kind["order"].file).read_bytes() == b"ah"
    assert b"ah" in (tmp_path / by_kind["order"].test_file).read_bytes()
    lines = (tmp_path / "findings.jsonl").read_text().splitlines()
    assert {json.loads(line)["kind"] for line in lines} == {"order", "count"}

    text = summary.text(outcome, "out", "out/corpus", colour=False)
    for words in (
        "400 executions",
        "NEW",
        "h last | h first",
        "RFC 9112 §2.2",
        "trueline replay out/",
        "trueline fuzz merge parser out/corpus",
        "* signatures",
        "of the next inputs",
        "2 open findings",
    ):
        assert words in text
    said = json.loads(json.dumps(summary.to_json(outcome)))
    assert (said["executions"], said["exit_status"]) == (400, 1)
    assert [one["state"] for one in said["findings"]] == ["new", "new"]
    assert said["curve"][-1][0] == 400


def test_open_fixed_and_known(tmp_path: Path) -> None:
    first = ran(tmp_path, plan("picky"))
    found = {one.bucket for one in first.met}

    fixed = ran(tmp_path, plan("clean"))
    assert fixed.exit_status == 0
    assert {one.bucket for one in fixed.fixed} == found
    assert {one.status for one in Findings(tmp_path).by_bucket.values()} == {FIXED}
    assert "fixed since" in summary.text(fixed, "out", "corpus", colour=False)

    again = ran(tmp_path, plan("picky", executions=1))
    assert (again.exit_status, again.new) == (1, frozenset())
    assert {one.bucket for one in again.met} == found
    kept = Findings(tmp_path).by_bucket
    assert {one.status for one in kept.values()} == {OPEN}
    assert all(one.hits > 1 for one in kept.values())
    known = replace(again, plan=replace(again.plan, known=frozenset(found)))
    assert (known.exit_status, known.counted) == (3, [])


def test_the_corpus_is_replayed_first(tmp_path: Path) -> None:
    outcome = ran(tmp_path, plan("picky", executions=1), [b"ccahcc", b"bbb"])
    assert outcome.tally.replayed == 2
    assert [one.broken.data for one in outcome.met] == [b"ccahcc"]


def test_vacuous(tmp_path: Path) -> None:
    outcome = ran(tmp_path, plan("vacuous"))
    assert outcome.exit_status == 3
    assert "nothing was accepted" in summary.text(outcome, "out", "corpus", colour=False)


def test_a_worker_that_dies(tmp_path: Path) -> None:
    outcome = ran(tmp_path, plan("raising", executions=200))
    [finding] = outcome.met
    assert (finding.broken.kind, finding.broken.left) == ("died", "exit status 1, KeyError")
    assert b"ahg" in finding.broken.data
    assert "tried alone" not in finding.broken.text
    assert outcome.tally.executions >= 200


def test_a_worker_that_is_killed_by_several_inputs(tmp_path: Path) -> None:
    outcome = ran(tmp_path, plan("dying_in_company", executions=120))
    [finding] = outcome.met
    assert (finding.broken.kind, finding.broken.left) == ("died", "SIGKILL")
    assert "not again when each of the 8 inputs was tried alone" in finding.broken.text
    fixed = ran(tmp_path, plan("clean", executions=1))
    assert [one.broken.kind for one in fixed.fixed] == ["died"]


def test_a_worker_that_hangs(tmp_path: Path) -> None:
    outcome = ran(tmp_path, plan("hanging", executions=10, hang_s=1.0), [b"b", b"ahg", b"c"])
    [finding] = outcome.met
    assert (finding.broken.kind, finding.broken.data) == ("hang", b"ahg")


def test_a_target_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match="cannot be started; install it"):
        ran(tmp_path, plan("refusing"))


def test_our_own_fault_is_no_finding(tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match=r"(?s)between inputs.*ZeroDivisionError"):
        ran(tmp_path, plan("broken"))
    assert not (tmp_path / "findings.jsonl").exists()


def test_the_order_of_news_is_no_matter() -> None:
    def news(data: bytes, at: int) -> News:
        broken = Broken("b", "kind", "left", "", "", None, data, at)
        return News(executions=5, met={"s": (data, at)}, broken={"b": broken})

    tallies = [Tally(), Tally()]
    parts = [news(b"bb", 3), news(b"ab", 7), news(b"aaa", 2)]
    for tally, order in zip(tallies, (parts, parts[::-1]), strict=True):
        for one in order:
            tally.add(one)
    for tally in tallies:
        assert tally.inputs == {"s": b"ab"}
        assert (tally.broken["b"].data, tally.broken["b"].at) == (b"ab", 2)
        assert tally.once == set()
