"""Mutants: drawn fairly, run for what they are, and told apart from what only looks changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.catalogue import all_checks
from conformance.mutants import ROOT, SUBJECT, reach, report, run, sample
from conformance.mutants.reach import Reach
from conformance.mutants.report import Explanation, open_ones, text
from conformance.mutants.run import Fate
from conformance.mutants.sample import Mutant, changed_lines, is_no_change

ADD_NOT = "core/AddNot"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "one.py").write_text(
        "from __future__ import annotations\n\n\n"
        "def larger(a: int | None, b: int) -> bool:\n"
        "    return a is not None and a > b\n"
    )
    (tmp_path / "workers.py").write_text("ANSWER = 6 * 7\n")
    return tmp_path


def test_a_site_is_one_place_and_one_kind_of_change(package: Path) -> None:
    places = sample.sites(package)
    kinds = sorted(ways[0][1].split("/")[1].split("_")[0] for ways in places)
    assert kinds.count("ReplaceComparisonOperator") == 2
    assert kinds.count("ReplaceAndWithOr") == 1
    assert {module for ways in places for module, _, _ in ways} == {"one.py"}


def test_a_sample_is_repeated_by_its_seed_and_leaves_annotations_out(package: Path) -> None:
    found = sample.sample(package, 100, 1)
    assert found == sample.sample(package, 100, 1)
    assert found != sample.sample(package, 100, 2)
    assert {one.before for one in found} == {"return a is not None and a > b"}
    assert all(one.after != one.before and one.line == 5 for one in found)
    assert len(sample.sample(package, 2, 1)) == 2


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a: int | None = 1", "a: int + None = 1", True),
        ("def f(a: int | str) -> x | y: ...", "def f(a: int * str) -> x * y: ...", True),
        ("if TYPE_CHECKING:\n  a = 1 + 2", "if TYPE_CHECKING:\n  a = 1 - 2", True),
        ("a = 1  # one", "a = 1  # two", True),
        ("a = 1", "a = = 1", True),
        ("a = 1 | 2", "a = 1 + 2", False),
        ("if DEBUG:\n  a = 1 + 2", "if DEBUG:\n  a = 1 - 2", False),
    ],
)
def test_what_is_never_run_is_no_change(before: str, after: str, expected: bool) -> None:
    assert is_no_change(before, after) is expected


def test_changed_lines_are_told_with_their_number() -> None:
    assert changed_lines("a\n  b\nc\n", "a\n  d\nc\n") == (2, "b", "d")
    assert changed_lines("a\n  @b\nc\n", "a\nc\n") == (2, "@b", "")


async def test_a_mutant_is_run_and_dies_by_a_check() -> None:
    """One of the negated conditions of sending.py takes the chunks of a stream away."""
    checks = [check for check in all_checks() if check.id == "response/stream-whole"]
    package = ROOT / SUBJECT
    [number] = [
        number
        for number in range(20)
        if "not framing.chunked else" in sample.mutated(package, "sending.py", ADD_NOT, number)[1]
    ]
    found = await run.fate(Mutant("sending.py", ADD_NOT, number, 0, "", ""), checks)
    assert found.killed_by == "response/stream-whole"


async def test_what_changes_nothing_survives() -> None:
    checks = [check for check in all_checks() if check.id == "routing/unknown-path-is-404"]
    beyond = Mutant("sending.py", ADD_NOT, 10**6, 0, "", "")  # there is no such occurrence
    assert await run.fate(beyond, checks) == Fate(beyond, None)


FATES = [
    Fate(Mutant("a.py", "op", 0, 3, "x = 1", "x = 2"), "routing/one"),
    Fate(Mutant("a.py", "op", 1, 4, "y | 1", "y | 2"), None),
    Fate(Mutant("b.py", "op", 2, 5, "z", "not z"), None),
    Fate(Mutant("b.py", "op", 3, 6, "w", "not w"), None),
]


def test_the_document_counts_and_explains() -> None:
    explained = {
        ("a.py", "y | 1", "y | 2"): Explanation("equivalent", "y is 3"),
        ("b.py", "z", "not z"): Explanation("unseen", "only logged"),
    }
    document = text(FATES, explained, 7)
    assert "| killed | 1 |" in document
    assert "| equivalent to the original | 1 |" in document
    assert "Of the 2 that change what the wire shows, 50.0% are killed." in document
    assert "| a.py:4 | `y \\| 1` → `y \\| 2` | equivalent | y is 3 |" in document
    assert "| b.py:6 | `w` → `not w` | unexplained |  |" in document
    assert "| routing | 1 |" in document
    assert open_ones(FATES, explained) == [FATES[3].mutant]


async def test_a_run_that_was_broken_off_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "mutants.jsonl"
    made = []

    async def fate(mutant: Mutant, checks: object) -> Fate:
        made.append(mutant)
        return next(one for one in FATES if one.mutant == mutant)

    async def reached(checks: object) -> Reach:
        return Reach({})

    monkeypatch.setattr(run, "fate", fate)
    monkeypatch.setattr(run, "reach", reached)
    monkeypatch.setattr(Reach, "has", lambda self, module, line: module != "c.py")
    assert await run.run([FATES[0].mutant], 1, record) == FATES[:1]
    assert await run.run([one.mutant for one in FATES], 2, record) == FATES
    assert made == [one.mutant for one in FATES]
    assert list(run.read(record)) == FATES
    beyond = Mutant("c.py", "op", 0, 1, "v", "not v")
    assert await run.run([beyond], 1, record) == [Fate(beyond, None, is_reached=False)]
    assert beyond not in made


def test_explanations_are_of_a_known_kind(tmp_path: Path) -> None:
    path = tmp_path / "mutants.toml"
    entry = '[[mutant]]\nmodule = "a"\nbefore = "b"\nafter = "c"\nkind = "{}"\nwhy = "d"\n'
    path.write_text(entry.format("unseen"))
    assert report.explanations(path) == {("a", "b", "c"): Explanation("unseen", "d")}
    path.write_text(entry.format("boring"))
    with pytest.raises(ValueError, match="equivalent, unseen, unused, missing"):
        report.explanations(path)


def test_the_committed_explanations_can_be_read() -> None:
    report.explanations()


async def test_what_the_checks_reach_is_seen() -> None:
    checks = [check for check in all_checks() if check.id == "routing/unknown-path-is-404"]
    reached = await reach.reach(checks)
    text = (ROOT / SUBJECT / "application.py").read_text().splitlines()
    raises_404 = text.index("async def _not_found(request: Request) -> NoReturn:") + 2
    options = text.index("async def _server_options(request: Request) -> Response:") + 2
    assert reached.has("application.py", raises_404)
    assert not reached.has("application.py", options)
