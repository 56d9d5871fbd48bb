"""Invariant tested: a planted fault is in its copy of the reference, and nowhere else."""

from __future__ import annotations

import sys

import pytest

import reference
from fuzz.plants import PLANTED_TARGETS, Plant, PlantError, copied, plant, planted, plants, subject

FAULT = Plant(
    name="parser/says-505",
    target="parser",
    module="parser",
    old="raise ProtocolError(505,",
    new="raise ProtocolError(599,",
    says="A version that is not spoken is refused with another status.",
)


def with_old(old: str) -> Plant:
    return Plant(name="parser/x", target="parser", module="parser", old=old, new="", says="None.")


def refusal(package: object) -> int:
    """The status with which a package's parser refuses HTTP/2.0."""
    modules = vars(package)
    with pytest.raises(modules["errors"].ProtocolError) as caught:
        modules["parser"].parse_request_line(b"GET / HTTP/2.0")
    return int(caught.value.status)


def test_the_fault_is_in_the_copy_and_nowhere_else() -> None:
    copy = copied(FAULT)
    assert refusal(copy) == 599
    assert refusal(reference) == 505


def test_a_copy_shares_nothing_with_the_reference() -> None:
    copy = copied(FAULT)
    assert copy.__name__ not in ("reference", copied(FAULT).__name__)
    assert copy.parser.ProtocolError is copy.errors.ProtocolError
    assert copy.parser.ProtocolError is not reference.parser.ProtocolError  # type: ignore[attr-defined]
    assert copy.parser._KNOWN_LINES is not copied(FAULT).parser._KNOWN_LINES
    assert sys.modules[f"{copy.__name__}.errors"] is copy.errors


def test_a_module_is_read_when_it_is_asked_for() -> None:
    copy = copied(FAULT)
    assert f"{copy.__name__}.application" not in sys.modules
    assert copy.application.Application().router is not None
    assert copy.application.UrlDispatcher is copy.router.UrlDispatcher


def test_a_name_that_is_no_module_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no module 'nothing'"):
        _ = copied(FAULT).nothing


@pytest.mark.parametrize("old", ["parse_request_line", "no such text", "raise "])
def test_a_text_that_does_not_occur_once_is_an_error(old: str) -> None:
    fault = with_old(old)
    count = fault.path.read_text(encoding="utf-8").count(old)
    with pytest.raises(PlantError, match=rf"occurs {count} times in parser\.py"):
        fault.source()


def test_a_module_that_does_not_exist_is_an_error() -> None:
    fault = Plant(name="parser/x", target="parser", module="tokens", old="a", new="b", says="None.")
    with pytest.raises(PlantError, match="no module 'tokens'"):
        fault.source()


def test_a_name_that_nobody_planted_is_an_error() -> None:
    with pytest.raises(PlantError, match="no fault is called 'router/none'"):
        plant("router/none")
    with pytest.raises(PlantError, match="no faults are planted for 'kitchen'"):
        plant("kitchen/none")


def test_a_planted_fault_is_copied_once() -> None:
    name = plants("router")[0].name
    assert planted(name) is planted(name) is subject(name)
    assert subject(None) is reference


@pytest.mark.parametrize("target", PLANTED_TARGETS)
def test_every_fault_can_be_planted(target: str) -> None:
    faults = plants(target)
    assert len({fault.name for fault in faults}) == len(faults)
    for fault in faults:
        assert fault.name.startswith(f"{target}/")
        assert fault.target == target
        assert fault.old != fault.new
        assert fault.says.endswith(".")
        compile(fault.source(), fault.path, "exec")
