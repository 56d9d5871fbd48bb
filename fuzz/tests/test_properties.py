"""The properties as tests: pytest runs them, HypoFuzz takes them, octets decide an input."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from .. import properties
from ..http import HTTP
from ..target import Seen, Target, Violation
from ..targets import TARGETS, WITH_SUBJECT

PATH = Path(properties.__file__)
IN_PROCESS = sorted(TARGETS.keys() - WITH_SUBJECT)


def property_of(target: str) -> Any:
    return getattr(properties, f"test_{target}")


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    properties.teardown_module()


def with_examples(target: str, count: int) -> Any:
    """The property with so many examples, which are kept nowhere."""
    strategy = properties.of_tables if target == "router" else properties.of_http
    inner = strategy(property_of(target).hypothesis.inner_test)
    return settings(properties.any_time, max_examples=count, database=None)(inner)


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_has_its_property(target: str) -> None:
    assert callable(property_of(target).hypothesis.inner_test)


@pytest.mark.parametrize("target", IN_PROCESS)
def test_the_reference_has_it(target: str) -> None:
    with_examples(target, 10)()


@pytest.mark.parametrize("target", IN_PROCESS)
def test_octets_decide_an_input(target: str) -> None:
    fuzz_one_input = property_of(target).hypothesis.fuzz_one_input
    assert fuzz_one_input(bytes(4096)) is not None


def test_what_breaks_a_property_shrinks_by_the_grammar(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoChunks(Target):
        name = "parser"
        language = HTTP
        seen = b""

        def check(self, data: bytes, *, thorough: bool = False) -> Seen:
            """Invariant: no last chunk."""
            if b"\r\n0\r\n\r\n" in data:
                self.seen = data
                raise Violation("a last chunk", "")
            return Seen("", True)

    target = NoChunks()
    monkeypatch.setattr(properties, "_targets", {"parser": target})
    with pytest.raises(Violation):
        with_examples("parser", 200)()
    assert target.seen.startswith(b"POST ")
    assert len(target.seen) < 80  # a request line, Host, Transfer-Encoding, a chunk, the last one


def test_pytest_skips_by_name_what_has_no_subject() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", str(PATH), "-k", "socket or differential", "-rs", "-q"],
        cwd=PATH.parents[1], capture_output=True, text=True, check=False,
        env={key: value for key, value in os.environ.items() if not key.startswith("FUZZ_")},
    )  # fmt: skip
    assert "2 skipped" in done.stdout, done.stdout
    assert "FUZZ_SUBJECT or FUZZ_URL" in done.stdout


def test_hypofuzz_would_not_leave_a_property_out() -> None:
    """It does for tests that suppress the check for nested ones."""
    assert HealthCheck.nested_given not in properties.any_time.suppress_health_check
