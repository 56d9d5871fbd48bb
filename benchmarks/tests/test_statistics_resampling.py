"""Comparisons drawn from recorded restarts, and the reading of what was recorded."""

import math
from pathlib import Path
from random import Random

import pytest

from benchmarks.model import (
    Comparison,
    Decision,
    Figure,
    Phase,
    Restart,
    Series,
    Slice,
    Verdict,
)
from benchmarks.report.document import dumps
from benchmarks.report.result import Report
from benchmarks.statistics.resampling import (
    Unreadable,
    detections,
    false_alarms,
    main,
    read_files,
    recorded_in,
)
from benchmarks.statistics.rule import Rule
from benchmarks.statistics.simulation import USUAL, Machine

RULE = Rule()


def recorded(count: int = 60) -> list[dict[Figure, float]]:
    machine = Machine(USUAL, Random(3))
    return [machine.restart(0.0) for _ in range(count)]


def restart(log_wall: float, log_cpu: float) -> Restart:
    """A restart of two slices with these log slowdowns."""
    return Restart(
        (
            Slice("A", 1000, 0.5, 0.4, 0.1, 10_000),
            Slice("B", 1000, 0.5 * math.exp(log_wall), 0.4 * math.exp(log_cpu), 0.1, 10_000),
        )
    )


def report(
    restarts: list[Restart], kind: str = "aa", phase: Phase = Phase.FIRST, scenario: str = "json"
) -> Report:
    decision = Decision(Verdict.PASS, "", {})
    one = Comparison(scenario, "a", "a", (Series(phase, tuple(restarts)),), decision)
    return Report(kind=kind, machine={}, settings={}, subjects=(), comparisons=(one,))


# -- Drawing --------------------------------------------------------------------------------------


def test_recorded_restarts_of_identical_code_raise_no_alarm() -> None:
    found = false_alarms(recorded(), RULE, 1500, Random(1))
    assert found.verdicts.total() == 1500
    assert found.rate(Verdict.SLOWER) <= 1 / 500


def test_signs_are_drawn_so_that_what_was_recorded_on_one_side_is_no_alarm() -> None:
    # Without signs every comparison would be SLOWER: that of A against itself, too, whose veto is
    # left out here.
    lopsided = [{Figure.CPU: 0.05 + 0.001 * one, Figure.WALL: 0.05} for one in range(10)]
    assert false_alarms(lopsided, Rule(veto=False), 300, Random(1)).rate(Verdict.SLOWER) <= 0.01


def test_an_effect_that_is_added_is_found() -> None:
    found = [
        detections(recorded(), effect, RULE, 150, Random(1), plan=16).rate(Verdict.SLOWER)
        for effect in (0.0, 0.04, 0.08)
    ]
    assert found[0] < found[1] < found[2]
    assert found[2] >= 0.9


def test_an_effect_is_not_added_to_a_against_itself() -> None:
    # Otherwise the veto would find it there and clear nobody.
    still = [dict.fromkeys(Figure, 0.0)] * 10
    assert detections(still, 0.08, RULE, 5, Random(1)).rate(Verdict.SLOWER) == 1


def test_the_figures_of_a_restart_stay_together() -> None:
    # They cancel in each restart: drawn one by one, a clock alone could pass with its own signs.
    seen: list[tuple[float, float]] = []

    class Spy(dict[Figure, float]):
        def items(self):  # type: ignore[no-untyped-def]
            seen.append((self[Figure.CPU], self[Figure.WALL]))
            return super().items()

    pairs = [Spy({Figure.CPU: one / 1000, Figure.WALL: one / 1000}) for one in range(10)]
    found = false_alarms(pairs, RULE, 20, Random(1))
    assert len(seen) == sum(found.restarts)  # one draw for both figures


def test_too_few_restarts_are_refused() -> None:
    with pytest.raises(ValueError, match="9 restarts; it takes 10"):
        false_alarms(recorded(9), RULE, 10, Random(1))


# -- Reading --------------------------------------------------------------------------------------


def test_all_series_of_a_against_a_are_read() -> None:
    found = recorded_in(report([restart(0.1, 0.2), restart(-0.1, 0.0)]))
    assert list(found) == ["json"]
    assert found["json"][0] == pytest.approx({Figure.WALL: 0.1, Figure.CPU: 0.2})
    assert found["json"][1] == pytest.approx({Figure.WALL: -0.1, Figure.CPU: 0.0})


def test_of_other_comparisons_only_what_compares_a_with_itself_is_read() -> None:
    assert recorded_in(report([restart(0.1, 0.2)], kind="compare")) == {}
    itself = report([restart(0.1, 0.2)], kind="compare", phase=Phase.ITSELF)
    assert len(recorded_in(itself)["json"]) == 1


def test_files_come_together_by_scenario(tmp_path: Path) -> None:
    for number, scenario in enumerate(("json", "plaintext", "json")):
        text = dumps(report([restart(0.1, 0.2)], scenario=scenario))
        (tmp_path / f"{number}.json").write_text(text, encoding="utf-8")
    found = read_files([str(path) for path in sorted(tmp_path.iterdir())])
    assert {name: len(one) for name, one in found.items()} == {"json": 2, "plaintext": 1}


@pytest.mark.parametrize(
    ("slices", "said"),
    [
        ((Slice("A", 10, 1, 1, 0, 0),), "1 slices of A and 0 of B do not pair"),
        ((), "0 slices of A"),
        ((Slice("A", 10, 1, 1, 0, 0), Slice("B", 10, 1, 0.0, 0, 0)), "without requests"),
        ((Slice("A", 0, 1, 1, 0, 0), Slice("B", 10, 1, 1.0, 0, 0)), "without requests"),
    ],
)
def test_restarts_without_a_log_slowdown_are_named(slices: tuple[Slice, ...], said: str) -> None:
    with pytest.raises(ValueError, match="json, first, restart 2: ") as caught:
        recorded_in(report([restart(0, 0), Restart(slices)]))
    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"comparisons": 3}', "\x00"])
def test_a_file_that_is_no_report_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "aa.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Unreadable, match=r"aa\.json: "):
        read_files([str(file)])


def test_a_file_without_a_against_a_is_named(tmp_path: Path) -> None:
    file = tmp_path / "compare.json"
    file.write_text(dumps(report([restart(0, 0)], kind="compare")), encoding="utf-8")
    with pytest.raises(Unreadable, match=r"compare\.json: no restarts of A against A"):
        read_files([str(file)])


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    restarts = [restart(one[Figure.WALL], one[Figure.CPU]) for one in recorded(30)]
    file, small = tmp_path / "aa.json", tmp_path / "small.json"
    file.write_text(dumps(report(restarts)), encoding="utf-8")
    small.write_text(dumps(report(restarts[:3], scenario="echo")), encoding="utf-8")
    assert main([str(file), str(small), "--trials", "20"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.rsplit("| ")[-1] for line in lines[2:]] == ["json", "echo", "(all)"]
    assert "too few" in lines[3]


def test_the_command_refuses_what_it_cannot_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "missing.json")]) == 2
    assert "refused: " in capsys.readouterr().err
    for wrong in (["--trials", "0"], ["--plan", "0"], ["--margin", "-1"]):
        with pytest.raises(SystemExit) as caught:
            main(["any.json", *wrong])
        assert caught.value.code == 2
        assert wrong[0] in capsys.readouterr().err
