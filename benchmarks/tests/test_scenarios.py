"""The requests that are sent and the answers that are accepted."""

import pytest

from benchmarks.scenarios import PLACEHOLDER, SCENARIOS, Scenario


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda scenario: scenario.name)
def test_probe_and_load_are_equally_long_once_numbered(scenario: Scenario) -> None:
    assert PLACEHOLDER not in scenario.probe
    assert len(scenario.probe) == len(scenario.load.replace(PLACEHOLDER, b"1234567"))
    assert scenario.probe.count(b" HTTP/1.1\r\n") == scenario.pipeline
    # The load is handed to wrk as a program argument.
    assert b"\0" not in scenario.load
    assert scenario.load.isascii()


def test_an_echoed_document_may_be_spaced_differently_but_not_changed() -> None:
    accepts = SCENARIOS["json"].accepts
    document = SCENARIOS["json"].probe.split(b"\r\n\r\n", 1)[1]
    assert accepts(document)
    assert accepts(document.replace(b'": ', b'":'))
    assert not accepts(document.replace(b"4711", b"4712"))
    assert not accepts(b"Internal Server Error")


def test_other_bodies_must_be_equal() -> None:
    assert SCENARIOS["plaintext"].accepts(b"Hello, World!")
    assert not SCENARIOS["plaintext"].accepts(b"Hello, World!\n")
