"""Every check fails on each miniature that it names, and on the whole miniature none does."""

from __future__ import annotations

import asyncio

import pytest

from conformance.catalogue import all_checks
from conformance.driver import Deadlines
from conformance.judge import Outcome
from conformance.kill import command, matrix, named_checks, text
from conformance.verdicts import fails, verdicts

NAMED = named_checks()
PATIENT = Deadlines(step_s=20.0, exit_s=20.0)
"""What is to pass may take its time on a machine that is busy."""


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, Outcome]]:
    """The verdicts on all miniatures, made together: most of the time is starting them."""
    return asyncio.run(matrix(NAMED))


@pytest.mark.parametrize("fault", sorted(NAMED))
def test_the_fault_is_noticed(fault: str, found: dict[str, dict[str, Outcome]]) -> None:
    missed = [id for id, verdict in found[fault].items() if not fails(verdict)]
    assert missed == [], f"these checks say that {fault} fails them, and it does not"
    assert found[fault].keys() == {check.id for check in NAMED[fault]}


def test_the_whole_miniature_conforms() -> None:
    outcomes = asyncio.run(verdicts(command(), all_checks(), PATIENT))
    assert {id for id, one in outcomes.items() if one is not Outcome.PASS} == set()


def test_the_document_names_every_check_and_fault(found: dict[str, dict[str, Outcome]]) -> None:
    document = text(found)
    assert all(f"`{check.id}`" in document for check in all_checks())
    assert all(f"| {fault} |" in document for fault in NAMED)
    assert "| — |" not in document
