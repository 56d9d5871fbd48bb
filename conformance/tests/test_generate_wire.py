"""Octets from the grammar: each spelling is well-formed, each violation violates, no attack harms
the reference, and miniatures that are harmed are found."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import h11
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from conformance.check import Level
from conformance.driver import Command, Deadlines
from conformance.generate.harm import harm
from conformance.generate.message import (
    EITHER,
    LAST,
    SERVED,
    Change,
    Message,
    Verdict,
    chunked,
    sized,
)  # fmt: skip
from conformance.generate.session import Breach, play_script
from conformance.generate.spellings import SPELLINGS
from conformance.generate.stage import Stage
from conformance.generate.violations import CUTS, VIOLATIONS
from conformance.generate.wire import (
    BEHIND,
    CHANGES,
    HIDDEN,
    Assault,
    Attack,
    Octets,
    attacks,
    malformed,
    octets_from_json,
    well_formed,
)  # fmt: skip

PLAIN = {
    "none": Message(),
    "sized": sized(b"POST", b"/", b"hello"),
    "chunked": chunked(b"PUT", b"/pieces", (b"hello", HIDDEN)),
}
FORMS = 7
QUICK = Deadlines(step_s=1.0)
FEW = settings(max_examples=40, database=None, deadline=None, derandomize=True)
UNTIL_FOUND = settings(
    max_examples=150,
    database=None,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)

H11_TAKES = {
    "length-beyond-64-bits": "it may wait for so many",
    "length-and-coding": "it goes by the coding, as it may, and lets its user close",
    "chunk-size-with-space": "it strips what stands behind a size",
    "chunked-twice": "the list is looked at as a set",
    "folded-line": "it joins the lines, as it may",
    "malformed-host": "the value is for its user to look at",
    "coding-in-http-1.0": "it ignores the coding of HTTP/1.0",
}
"""Violations that h11 leaves to others, by its design."""


def made(change: Change, framing: str, number: int) -> Octets:
    """A request with this change alone."""
    message = PLAIN[framing]
    changed = change.apply(message, number)
    data = changed.octets()
    if change.name == "no-empty-line":
        data += BEHIND.data
    return Octets(data, message.body, (change.name,))


def every(changes: Sequence[Change]) -> Iterator[tuple[Change, Octets]]:
    """Every change with each of its forms, each once."""
    for change in changes:
        forms = {
            octets.data: octets
            for framing in change.framings
            for number in range(FORMS)
            for octets in [made(change, framing, number)]
        }
        yield from ((change, octets) for octets in forms.values())


def h11_body(data: bytes) -> bytes:
    """What h11 reads of a request that is whole; RemoteProtocolError when it refuses it."""
    server = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    server.receive_data(data)
    server.receive_data(b"")
    body = b""
    while True:
        event = server.next_event()
        if isinstance(event, h11.Data):
            body += event.data
        if isinstance(event, h11.EndOfMessage):
            return body
        assert event is not h11.NEED_DATA
        assert not isinstance(event, h11.ConnectionClosed), "nothing but the end came"


def command(name: str, *faults: str) -> Command:
    arguments = [word for fault in faults for word in ("--fault", fault)]
    return Command([sys.executable, "-m", f"conformance.adapters.{name}", *arguments], name)


@pytest.fixture(scope="module")
def reference() -> Iterator[Stage]:
    with Stage([command("reference")]) as stage:
        yield stage


def alone(octets: Octets) -> Attack:
    return Attack((Assault((), octets),))


# -- The grammar ----------------------------------------------------------------------------------


def test_every_spelling_is_read_by_h11() -> None:
    for change, octets in every(SPELLINGS):
        if change.name != "empty-line-in-front":  # which h11 declines to ignore, as it may
            assert h11_body(octets.named("r1")) == octets.body, (change, octets.data)


def test_every_spelling_is_served_by_the_reference(reference: Stage) -> None:
    steps: list[Any] = []
    for number, (_, octets) in enumerate(every(SPELLINGS)):
        name = f"c{number}"
        sent = [[f"r{number}", octets.to_json()]]
        steps += [["open", name], ["send", name, sent, []], ["read", name], ["close", name]]
    assert play_script(reference, steps) is None


def test_every_violation_is_refused_by_h11_or_left_to_others() -> None:
    taken = set()
    for change, octets in every(VIOLATIONS):
        try:
            h11_body(octets.named("r1"))
        except h11.RemoteProtocolError:
            continue
        taken.add(change.name)
    assert taken <= set(H11_TAKES), taken - set(H11_TAKES)


@pytest.mark.parametrize("change", VIOLATIONS, ids=repr)
def test_the_reference_takes_no_violation_as_it_stands(change: Change, reference: Stage) -> None:
    assaults = tuple(
        Assault((), replace(octets, data=octets.data.removesuffix(BEHIND.data)))
        for _, octets in every([change])
    )
    found = harm(reference, Attack(assaults))
    assert found is None, str(found)


def test_every_change_has_a_name_of_its_own_and_cites_its_requirement() -> None:
    assert len(CHANGES) == len(SPELLINGS) + len(VIOLATIONS) + len(CUTS)
    for change in CHANGES.values():
        assert re.fullmatch(r"[a-z0-9.]+(-[a-z0-9.]+)*", change.name)
        assert change.source.section, change
        assert change.source.quote, change
        assert change.verdict.refuses == (change not in SPELLINGS)


def test_what_several_changes_allow_is_what_each_of_them_allows() -> None:
    assert SERVED & EITHER == EITHER
    assert EITHER & LAST == LAST
    assert Verdict(serves=True, refuses=True, goes_on=False) == SERVED & LAST


# -- What is drawn --------------------------------------------------------------------------------


@FEW
@given(well_formed())
def test_well_formed_octets_are_read_by_h11(octets: Octets) -> None:
    assert not octets.violations
    assert h11_body(octets.named("r1")) == octets.body
    assert octets_from_json(octets.to_json()) == octets


@FEW
@given(well_formed(persistent=True))
def test_the_connection_goes_on_behind_persistent_ones(octets: Octets) -> None:
    assert octets.verdict == SERVED
    server = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    server.receive_data(octets.named("r1"))
    while not isinstance(server.next_event(), h11.EndOfMessage):
        pass
    assert server.their_state is h11.DONE


@FEW
@given(malformed(level=Level.SHOULD))
def test_malformed_octets_violate_something_or_end_too_early(octets: Octets) -> None:
    assert octets.violations
    assert octets.data.count(b"@ID@") <= 1
    assert octets_from_json(octets.to_json()) == octets
    if not {one.name for one in octets.violations} & set(H11_TAKES):
        with pytest.raises((h11.RemoteProtocolError, AssertionError)):
            h11_body(octets.named("r1") + (b"" if octets.is_cut else BEHIND.named("r2")))


@FEW
@given(malformed())
def test_what_only_should_be_refused_is_not_drawn_for_must(octets: Octets) -> None:
    assert all(CHANGES[name].level is Level.MUST for name in octets.changes)


@FEW
@given(attacks())
def test_an_attack_is_a_script_in_json(attack: Attack) -> None:
    steps = attack.steps()
    assert [step[0] for step in steps].count("open") == len(attack.assaults)
    sent = [request for step in steps if step[0] == "send" for request in step[2]]
    ids = [id for id, _ in sent]
    assert len(set(ids)) == len(ids)
    assert all(octets_from_json(said) for _, said in sent)


@pytest.mark.parametrize(
    "data", [{}, {"data_base64": "%"}, {"data_base64": "", "changes": ["no-such-change"]}]
)
def test_what_are_no_octets_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError)):
        octets_from_json(data)


# -- Harm -----------------------------------------------------------------------------------------


def test_no_attack_harms_the_reference(reference: Stage) -> None:
    @settings(FEW, max_examples=25, suppress_health_check=list(HealthCheck))
    @given(attacks(level=Level.SHOULD))
    def holds(attack: Attack) -> None:
        found = harm(reference, attack)
        assert found is None, str(found)

    holds()


class Harmed(Exception):
    """Carries the first breach."""


def test_a_miniature_that_is_harmed_is_found_and_can_be_played_again(reference: Stage) -> None:
    with Stage([command("miniature", "accepts-duplicate-length")], QUICK) as stage:

        @UNTIL_FOUND
        @given(attacks(alone=True))
        def holds(attack: Attack) -> None:
            found = harm(stage, attack)
            if found is not None:
                raise Harmed(found)

        with pytest.raises(Harmed) as caught:
            holds()
        breach: Breach = caught.value.args[0]
        again = play_script(stage, breach.steps)
    assert again is not None
    assert again.problem == breach.problem
    assert play_script(reference, breach.steps) is None


@pytest.mark.parametrize(
    ("fault", "change", "framing", "aspect"),
    [
        ("accepts-missing-host", "no-host", "none", "taken as it stands"),
        ("accepts-bare-cr", "cr-in-value", "sized", "injected"),
        ("many-digits-crash", "length-of-many-digits", "sized", "fails at it"),
        ("keeps-open-after-refusal", "signed-length", "sized", "answer behind the end"),
        ("accepts-chunked-in-1.0", "coding-in-http-1.0", "chunked", "answer behind the end"),
    ],
)
def test_each_kind_of_harm_is_seen(fault: str, change: str, framing: str, aspect: str) -> None:
    octets = made(CHANGES[change], framing, 1)
    with Stage([command("miniature", fault)], QUICK) as stage:
        breach = harm(stage, alone(octets))
    assert breach is not None
    assert breach.problem.aspect == aspect, str(breach)


def test_a_breach_cites_what_the_request_violates() -> None:
    two_hosts = CHANGES["two-hosts"]
    with Stage([command("miniature", "accepts-duplicate-host")]) as stage:
        breach = harm(stage, alone(made(two_hosts, "none", 0)))
    assert breach is not None
    assert breach.sources == [two_hosts.source]
    text = str(breach)
    assert "RFC 9112 §3.2" in text
    assert "Host: other.example\\r\\n" in text
    said = breach.to_json()
    assert said["aspect"] == "taken as it stands"
    assert said["violates"][0]["change"] == "two-hosts"
    assert said["steps"][0] == ["open", "c1"]
