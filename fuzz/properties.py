"""The properties of the targets as tests: for pytest, HypoFuzz, and `fuzz_one_input`.

    pytest fuzz/properties.py
    hypothesis fuzz -- fuzz/properties.py
    test_parser.hypothesis.fuzz_one_input(octets)    the octets decide what Hypothesis draws

`test_socket` and `test_differential` need a subject: its name, as `trueline run` takes it, in
FUZZ_SUBJECT (with FUZZ_PYTHON for its interpreter or virtual environment), or a URL in FUZZ_URL.

Owns no property and no run: `trueline fuzz` tells more, and does not stop at the first finding.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings

from .campaign.corpus import committed
from .engines.drawn import inputs, quick_inputs
from .http import HTTP
from .table import TABLE
from .target import Target, Wanted
from .targets import opened

SUBJECT = os.environ.get("FUZZ_SUBJECT")
URL = os.environ.get("FUZZ_URL")

of_http = given(inputs(HTTP, committed("parser")))
of_tables = given(quick_inputs(TABLE, committed("router")))
any_time = settings(
    deadline=None,
    # Not all there are: HypoFuzz leaves out a test that says it might be nested in another one.
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)
with_subject = pytest.mark.skipif(
    not (SUBJECT or URL), reason="no subject is named: FUZZ_SUBJECT or FUZZ_URL"
)

_targets: dict[str, Target] = {}


@any_time
@of_http
def test_parser(data: bytes) -> None:
    # Otherwise it does more for the first input of a kind, which Hypothesis would call flaky.
    _target("parser").check(data, thorough=True)


@any_time
@of_http
def test_server(data: bytes) -> None:
    _target("server").check(data)


@any_time
@of_tables
def test_router(data: bytes) -> None:
    _target("router").check(data)


@with_subject
@any_time
@of_http
def test_socket(data: bytes) -> None:
    _target("socket").check(data)


@with_subject
@any_time
@of_http
def test_differential(data: bytes) -> None:
    _target("differential").check(data)


def _target(name: str) -> Target:
    """The target, opened once: a subject takes a second to start."""
    if name not in _targets:
        python = os.environ.get("FUZZ_PYTHON")
        _targets[name] = opened(Wanted(name, subject=SUBJECT, url=URL, python=python))
    return _targets[name]


def teardown_module() -> None:
    while _targets:
        _targets.popitem()[1].close()
