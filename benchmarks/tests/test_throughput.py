"""The comparison: its pure parts, and one short run of `bare` against itself."""

import json
import shutil
from pathlib import Path

import pytest

from benchmarks import throughput
from benchmarks.command import Refused


def test_each_side_comes_first_equally_often() -> None:
    assert [throughput.order(number, 1) for number in range(3)] == ["ABBA", "BAAB", "ABBA"]
    assert throughput.order(0, 2) == "ABBAABBA"


@pytest.mark.parametrize("text", ["reference", "reference:nothing", ""])
def test_pairs_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(Refused):
        throughput.parse_pairs(text)


def test_scenarios_and_loops_are_named_in_full() -> None:
    with pytest.raises(Refused, match="plaintext-browser"):
        throughput.parse_scenarios("plain")
    with pytest.raises(Refused):
        throughput.parse_loops("asyncio,trio")


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_bare_against_bare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.json"
    throughput.main(
        ["--pairs", "bare:bare", "--seconds", "1", "--restarts", "1", "--json", str(report)]
    )
    assert "bare" in capsys.readouterr().out
    (measured,) = json.loads(report.read_text())["comparisons"]
    (restart,) = measured["restarts"]
    assert [part["side"] for part in restart["slices"]] == list("ABBA")
    # One process against another of the same code: far off means the pairing is wrong.
    assert 0.5 < measured["rate_ratio"]["median"] < 2
