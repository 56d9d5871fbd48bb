"""What every check of the catalogue owes its reader, and that none passes when nothing was seen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance import catalogue, checks, dialect
from conformance.catalogue import all_checks
from conformance.check import Check
from conformance.expect import ByDialect, Either, Expectation, NotStarted
from conformance.judge import Rules, judge
from conformance.miniature.faults import FAULTS
from conformance.protocol import encode
from conformance.seen import Rejection, Seen
from conformance.steps import Answered, Ask, Event, Send, Stop, Stopped

ID = re.compile(r"[a-z]+(-[a-z]+)*/[a-z0-9]+([-.][a-z0-9]+)*")
"""A dot stands only in a version: `http-1.0`."""


def within(expectations: tuple[Expectation, ...]) -> Iterator[Expectation]:
    for one in expectations:
        yield one
        if isinstance(one, Either):
            for choice in one.choices:
                yield from within(choice)
        elif isinstance(one, ByDialect):
            for _, choice in one.choices:
                yield from within(choice)


def declarations(check: Check) -> Iterator[dict[str, str]]:
    """The default, and each other value of each option that makes a difference to the check."""
    applies = {name: values[0] for name, values in check.when.items()}
    yield applies
    for one in within(tuple(check.expect)):
        if isinstance(one, ByDialect):
            for value in dialect.OPTIONS[one.option].values:
                if value in check.when.get(one.option, [value]):
                    yield {**applies, one.option: value}


# -- Each ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("category", dict.fromkeys(check.category for check in all_checks()))
def test_a_check_is_whole(category: str) -> None:
    for check in all_checks():
        if check.category == category:
            assert ID.fullmatch(check.id), check.id
            assert check.title == check.title.strip(" .") != "", check.id
            assert check.source.quote, check.id
            assert check.source.name == "practice" or check.source.section, check.id
            assert check.steps or check.app.startup, f"{check.id} does nothing"
            assert check.expect, check.id


def test_a_check_names_a_miniature_that_fails_it() -> None:
    for check in all_checks():
        assert check.faults, check.id
        assert set(check.faults) <= FAULTS.keys(), check.id
        assert len(set(check.faults)) == len(check.faults), check.id


def test_the_dialect_that_a_check_speaks_of_exists() -> None:
    for check in all_checks():
        assert check.when.keys() <= dialect.OPTIONS.keys(), check.id
        for name, values in check.when.items():
            assert values, check.id
            assert set(values) < set(dialect.OPTIONS[name].values), check.id
        for declared in declarations(check):
            assert dialect.unknown(declared) == [], check.id


def test_every_dialect_option_is_one_that_subjects_are_held_to() -> None:
    used = {name for check in all_checks() for name in check.when}
    for check in all_checks():
        used |= {one.option for one in within(tuple(check.expect)) if isinstance(one, ByDialect)}
    assert used == dialect.OPTIONS.keys()


def test_an_app_of_a_check_can_be_sent() -> None:
    for app in {check.app for check in all_checks()}:
        encode({"op": "start", "id": "a1", "app": app.to_json()})
        ids = [route.id for route in app.routes]
        ids += [middleware.id for middleware in app.middlewares]
        ids += [hook.id for hook in (*app.startup, *app.shutdown, *app.cleanup)]
        assert max(Counter(ids).values(), default=1) == 1, app


def test_a_check_passes_by_a_refusal_only_where_it_asks_for_one() -> None:
    refused = Seen(rejection=Rejection("rejected", "no"))
    for check in all_checks():
        asks_for_one = any(isinstance(one, NotStarted) for one in within(tuple(check.expect)))
        for declared in declarations(check):
            verdict = judge(check, refused, Rules(dialect=declared))
            assert verdict.problems or asks_for_one, check.id


def test_names_in_a_script_are_those_of_the_script() -> None:
    for check in all_checks():
        talks = {step.name for step in check.steps if isinstance(step, Ask)}
        talks |= {on for step in check.steps if (on := getattr(step, "on", None)) is not None}
        spoken_of = {
            of
            for one in within(tuple(check.expect))
            if (of := getattr(one, "of", None)) is not None
        }
        assert spoken_of <= talks, check.id
        begun = {step.name for step in check.steps if isinstance(step, Ask) and step.begin_only}
        waited = {step.name for step in check.steps if isinstance(step, Answered)}
        assert waited <= begun, check.id


def test_events_are_told_apart_by_requests_that_are_made() -> None:
    for check in all_checks():
        made = {step.name for step in check.steps if isinstance(step, Ask)} | {""}
        for step in check.steps:
            if isinstance(step, Send):
                made |= {one.decode() for one in re.findall(rb"@ID@\.([\w-]+)", step.data)}
        told = {step.request for step in check.steps if isinstance(step, Event)}
        told |= {getattr(one, "request", None) for one in within(tuple(check.expect))}
        assert told - {None} <= made, check.id


def test_a_stop_that_is_waited_for_was_begun() -> None:
    for check in all_checks():
        kinds = [type(step) for step in check.steps]
        if Stopped in kinds:
            assert Stop in kinds[: kinds.index(Stopped)], check.id


def test_a_check_for_any_server_asks_nothing_of_an_adapter() -> None:
    for check in all_checks():
        if check.any_server:
            assert not check.has_process_alone, check.id
            assert not check.needs, check.id
            assert not check.has_app_alone, check.id
            assert not any(isinstance(step, Event) for step in check.steps), check.id


# -- All of them ---------------------------------------------------------------------------------


def test_every_module_of_checks_is_in_the_catalogue() -> None:
    [folder] = checks.__path__
    listed = {module.__name__.rpartition(".")[2] for module in checks.MODULES}
    assert listed == {path.stem for path in Path(folder).glob("[a-z]*.py")}


def test_an_id_is_used_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = all_checks()
    assert len({one.id for one in found}) == len(found)
    monkeypatch.setattr(catalogue, "MODULES", (checks.MODULES[0], checks.MODULES[0]))
    first = checks.MODULES[0].CHECKS[0].id
    with pytest.raises(ValueError, match=f"two checks are called {first}"):
        all_checks.__wrapped__()
