"""The scenarios: that their names, checks and answers are there, and that they can be served."""

from __future__ import annotations

import json

import pytest

from benchmarks.command import Refused
from benchmarks.judging import checks_of
from benchmarks.measuring import job_for, probe
from benchmarks.names import SCENARIO_NAMES
from benchmarks.scenarios import DOCUMENT, SCENARIOS, Scenario, scenarios_of
from benchmarks.serving import serving
from benchmarks.subjects import subject


def test_help_names_them_all() -> None:
    assert set(SCENARIO_NAMES) == set(SCENARIOS)


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_what_it_stands_on_is_in_the_catalogue(scenario: Scenario) -> None:
    assert len(checks_of(scenario.stands_on)) == len(scenario.stands_on) > 0


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
async def test_reference_answers_it(scenario: Scenario) -> None:
    async with serving(await subject("reference"), scenario) as server:
        body = await probe(server, scenario)
        job = job_for(server, scenario, body, None)
        assert server.events_seen == 0
    assert (b"{count}" in job.request) == (b"{count}" in (job.body or b""))
    assert job.connections == scenario.connections


async def test_a_wrong_answer_is_refused() -> None:
    """A server of plain text, asked for what it does not have."""
    hello, other = SCENARIOS["plaintext"], SCENARIOS["param"]
    async with serving(await subject("reference"), hello) as server:
        with pytest.raises(Refused, match=r"(?s)reference .*param: answered 404 .*/users/u0000000"):
            await probe(server, other)


def test_names_with_and_without_new_connections() -> None:
    plain, new = scenarios_of("plaintext,json+new")
    assert (plain.name, new.name) == ("plaintext", "json+new")
    assert new.new_connection
    assert not plain.new_connection
    head, _, body = new.request.partition(b"\r\n\r\n")
    assert head.endswith(b"\r\nConnection: close")
    assert json.loads(body) == DOCUMENT
    assert "connection/close-ends-it" in new.stands_on
    assert len(list(scenarios_of("all"))) == len(SCENARIOS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plain", "there is no scenario 'plain'"),
        ("plaintext,", "there is no scenario ''"),
        ("plaintext+old", "there is no scenario"),
        ("+new", "there is no scenario ''"),
        ("json, plaintext,json", "named twice"),
        ("pipelined+new", "a connection that stays open"),
    ],
)
def test_names_that_mean_nothing(text: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        list(scenarios_of(text))


@pytest.mark.parametrize(
    ("body", "is_right"),
    [
        (json.dumps(DOCUMENT).encode(), True),
        (json.dumps(DOCUMENT, indent=2).encode(), True),
        (json.dumps({**DOCUMENT, "id": 4712}).encode(), False),
        (b"{", False),
        (b"\xff", False),
    ],
)
def test_json_is_compared_as_documents(body: bytes, is_right: bool) -> None:
    assert SCENARIOS["json"].accepts(body) is is_right
