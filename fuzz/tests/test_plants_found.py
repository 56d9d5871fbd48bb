"""Invariant tested: the fuzzer finds every planted fault, and takes none for granted.

Each hunt has a seed of its own and an end in executions, so it goes the same way every time.
"""

from __future__ import annotations

import json

import pytest

from fuzz.choices import Choices
from fuzz.language import Language
from fuzz.plants import PLANTED_TARGETS, Plant, PlantError, plants
from fuzz.plants.hunt import Hunt, hunt
from fuzz.plants.smoke import SEED, Row, as_json, as_text, document, main, row_of
from fuzz.target import Seen, Target, Violation, Wanted

PLANTS = {plant.name: plant for target in PLANTED_TARGETS for plant in plants(target)}


def draw(choices: Choices) -> bytes:
    return b"x" * choices.below(10) + b"y"


MISSED = Row("server/timer-left", 8000, 1.0, "", "", "", b"")

NUMBERS = Language(
    name="numbers",
    draw=draw,
    mutate=lambda data, other, choices: data[:-1] + other,
    dictionary=(),
    pieces=(),
)


class Picky(Target):
    """Breaks on what begins with `bad`."""

    name = "picky"
    language = NUMBERS

    def __init__(self, bad: bytes) -> None:
        self.bad = bad

    def check(self, data: bytes, *, thorough: bool = False) -> Seen:
        if self.bad and data.startswith(self.bad):
            raise Violation("bad", "x")
        return Seen(str(len(data)), True)


def hunted(faulty: Target, sound: Target, *inputs: bytes, executions: int = 100) -> Hunt:
    trials = Hunt(faulty, sound, seed="1", executions=executions)
    trials.run(inputs)
    return trials


def test_there_are_as_many_as_were_promised() -> None:
    assert len(plants("parser")) >= 20
    assert len(plants("router")) >= 10


@pytest.mark.parametrize("name", PLANTS)
def test_it_is_found(name: str) -> None:
    found = hunt(PLANTS[name], seed=SEED)
    assert found.violation is not None, f"not found in {found.executions} executions"
    assert found.data


# --- when a fault counts as found -----------------------------------------------------------------


def test_what_breaks_the_faulty_copy_alone_is_found() -> None:
    trials = hunted(Picky(b"xx"), Picky(b""), b"y", b"xxx", b"never tried")
    assert (trials.data, trials.executions, trials.over) == (b"xxx", 2, True)
    trials.make_smaller()
    assert trials.data == b"xx"


def test_what_breaks_the_reference_as_well_is_not_found() -> None:
    trials = hunted(Picky(b"x"), Picky(b"x"), b"y", b"xxx", b"x")
    assert (trials.violation, trials.executions, trials.over) == (None, 3, False)


def test_a_hunt_ends_when_its_executions_are_used_up() -> None:
    trials = hunted(Picky(b""), Picky(b""), b"a", b"b", b"c", executions=2)
    assert (trials.violation, trials.executions, trials.over) == (None, 2, True)
    assert trials.check(b"d") is None


def test_inputs_that_show_something_new_are_given_back() -> None:
    trials = Hunt(Picky(b""), Picky(b""), seed="1", executions=9)
    assert trials.run([b"a", b"b", b"cc"]) == [b"a", b"cc"]


def test_targets_are_opened_with_and_without_the_fault() -> None:
    opened: list[Wanted] = []

    def open_target(wanted: Wanted) -> Target:
        opened.append(wanted)
        return Picky(b"x" if wanted.plant else b"")

    plant = PLANTS["router/empty-parameter"]
    found = hunt(plant, seed="1", small=True, open_target=open_target)
    assert [one.plant for one in opened] == [plant.name, None]
    assert found.violation is not None
    assert found.data == b"x"


# --- the smoke run --------------------------------------------------------------------------------


def test_a_row_tells_what_was_found() -> None:
    row = row_of(PLANTS["router/empty-parameter"], seed=SEED, small=False)
    assert row.is_found
    assert row == row_of(PLANTS["router/empty-parameter"], seed=SEED, small=False)._replace(
        seconds=row.seconds
    )
    assert json.loads(as_json(row))["plant"] == "router/empty-parameter"
    assert row.bucket in as_text(row)


def test_a_fault_that_is_not_found_is_shown_as_such() -> None:
    assert as_text(MISSED).endswith("NOT FOUND")


def test_the_document_tells_what_was_found_and_what_was_not() -> None:
    row = row_of(PLANTS["router/empty-parameter"], seed=SEED, small=False)
    told = document([row, MISSED], SEED)
    assert f"| {row.executions:,} | {row.kind}: {row.seen} | `{row.bucket}` |" in told
    assert "| 8,000 | not found |  |" in told
    assert PLANTS[MISSED.plant].says in told
    assert told.endswith(f"Found 1 of 2, in {row.executions + 8000:,} executions.\n")


def test_a_document_of_some_targets_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["router", "--write", "docs"])
    assert caught.value.code == 2
    assert "the document is of all targets" in capsys.readouterr().err


def test_wrong_use_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["kitchen"])
    assert caught.value.code == 2
    assert "no faults are planted for kitchen" in capsys.readouterr().err


def test_a_plant_that_no_longer_fits_is_an_error_and_no_miss() -> None:
    plant = Plant(name="router/x", target="router", module="router", old="%", new="", says="None.")
    with pytest.raises(PlantError):
        plant.source()
