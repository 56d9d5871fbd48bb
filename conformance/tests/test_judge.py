"""Every verdict, from every rule that gives it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.check import MAY, MUST, SHOULD, Check, Level, practice
from conformance.expect import (
    Expectation,
    Problem,
    by_dialect,
    exit_status,
    failed_exit,
    never_happened,
    never_sent,
    not_started,
    status,
)
from conformance.judge import Outcome, Rules, Verdict, judge, not_applicable
from conformance.seen import Answer, Conversation, Rejection, Seen
from conformance.steps import Ask

REFUSED = Rejection("rejected", "two routes are equal")
UNSUPPORTED = Rejection("unsupported", "stream")
KNOWN = Rules(known={"some/check": "upstream parser (link)"})
STRICT = Rules(strict=True)


def check(*expect: Expectation, level: Level = MUST) -> Check:
    return Check(
        "some/check", "It holds", practice("all"), [Ask()], expect or (status(200),), level=level
    )


def answered(code: int) -> Seen:
    answer = Answer(code, "OK", "HTTP/1.1", (), b"", start=3, end=9)
    return Seen({"1": Conversation("1", answers=(answer,))})


GOOD, BAD = answered(200), answered(500)
PROBLEM = Problem("status 500, expected 200", "1", (3, 9))


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("rules", [Rules(), STRICT])
def test_what_holds_passes_whatever_its_level(level: Level, rules: Rules) -> None:
    assert judge(check(level=level), GOOD, rules) == Verdict(Outcome.PASS)


@pytest.mark.parametrize(
    ("level", "rules", "outcome"),
    [
        (MUST, Rules(), Outcome.FAIL),
        (MUST, STRICT, Outcome.FAIL),
        (SHOULD, Rules(), Outcome.WARN),
        (SHOULD, STRICT, Outcome.FAIL),
        (MAY, Rules(), Outcome.WARN),
        (MAY, STRICT, Outcome.WARN),
    ],
)
def test_what_does_not_hold(level: Level, rules: Rules, outcome: Outcome) -> None:
    verdict = judge(check(level=level), BAD, rules)
    assert verdict == Verdict(outcome, "status 500, expected 200", (PROBLEM,))


def test_the_first_problem_is_the_reason_and_all_are_kept() -> None:
    verdict = judge(check(status(200), status(404), status(500)), BAD, Rules())
    assert verdict.reason == "status 500, expected 200"
    assert [one.text for one in verdict.problems] == [
        "status 500, expected 200",
        "status 500, expected 404",
    ]


# -- The baseline --------------------------------------------------------------------------------


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("strict", [False, True])
def test_a_known_failure_is_known_at_every_level(level: Level, strict: bool) -> None:
    verdict = judge(check(level=level), BAD, replace(KNOWN, strict=strict))
    assert verdict == Verdict(Outcome.KNOWN, "upstream parser (link)", (PROBLEM,))


def test_a_known_failure_that_passes_is_stale() -> None:
    verdict = judge(check(), GOOD, KNOWN)
    assert verdict.outcome is Outcome.STALE
    assert verdict.reason == "passes, but the baseline says: upstream parser (link)"
    assert verdict.problems == ()


def test_the_baseline_excuses_only_its_own_checks() -> None:
    other = Rules(known={"some/other": "reason"})
    assert judge(check(), BAD, other).outcome is Outcome.FAIL
    assert judge(check(), GOOD, other).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "seen", [Seen(died="killed by SIGKILL"), replace(GOOD, missed="no answer within 5 seconds")]
)
def test_a_known_failure_may_be_a_crash_or_a_hang(seen: Seen) -> None:
    assert judge(check(), seen, KNOWN).outcome is Outcome.KNOWN


# -- What was never judged by its answers --------------------------------------------------------


@pytest.mark.parametrize("rules", [Rules(), STRICT, KNOWN])
def test_what_the_adapter_cannot_express_is_not_applicable(rules: Rules) -> None:
    verdict = judge(check(), Seen(rejection=UNSUPPORTED), rules)
    assert verdict == Verdict(Outcome.NOT_APPLICABLE, "unsupported: stream")


def test_an_app_that_the_framework_refused() -> None:
    verdict = judge(check(status(200), status(404)), Seen(rejection=REFUSED), Rules())
    assert verdict.outcome is Outcome.FAIL
    assert [one.text for one in verdict.problems] == [
        "the framework refused the application: two routes are equal"
    ]


def test_an_app_that_should_be_refused() -> None:
    refused = check(not_started(), never_happened("enter r1"))
    assert judge(refused, Seen(rejection=REFUSED), Rules()).outcome is Outcome.PASS
    verdict = judge(refused, GOOD, Rules())
    assert (verdict.outcome, verdict.reason) == (Outcome.FAIL, "the app was started")


@pytest.mark.parametrize("expectation", [never_happened("enter r1"), never_sent(b"secret")])
def test_what_never_happened_in_an_app_that_was_refused_proves_nothing(
    expectation: Expectation,
) -> None:
    verdict = judge(check(expectation), Seen(rejection=REFUSED), Rules())
    assert verdict.outcome is Outcome.FAIL
    assert verdict.reason == "the framework refused the application: two routes are equal"


def test_a_refusal_that_is_expected_excuses_nothing_else() -> None:
    seen = Seen(rejection=REFUSED, exit_status=0)
    verdict = judge(check(not_started(), failed_exit()), seen, Rules())
    assert (verdict.outcome, verdict.reason) == (Outcome.FAIL, "exit status 0, expected not 0")
    assert judge(check(exit_status(0)), seen, Rules()).outcome is Outcome.FAIL


def test_an_app_whose_refusal_is_a_matter_of_dialect() -> None:
    duplicate = check(
        by_dialect(
            "duplicate_route",
            refused=not_started(),
            first=status(200),
            last=status(201),
            refused_next_to_it=not_started(),
        )
    )
    for declared, outcome in (({}, Outcome.PASS), ({"duplicate_route": "first"}, Outcome.FAIL)):
        rules = Rules(dialect=declared)
        assert judge(duplicate, Seen(rejection=REFUSED), rules).outcome is outcome


def test_a_subject_that_died_fails_though_all_else_holds() -> None:
    verdict = judge(check(), replace(GOOD, died="killed by SIGKILL"), Rules())
    assert verdict.outcome is Outcome.FAIL
    assert verdict.reason == "the subject's process ended: killed by SIGKILL"
    assert len(verdict.problems) == 1


def test_a_process_that_is_expected_to_end_has_not_died() -> None:
    assert judge(check(failed_exit()), Seen(exit_status=1), Rules()).outcome is Outcome.PASS


def test_a_deadline_that_passed_fails_though_all_else_holds() -> None:
    missed = "no answer within 5 seconds"
    held = judge(check(), replace(GOOD, missed=missed), Rules())
    assert (held.outcome, held.reason, len(held.problems)) == (Outcome.FAIL, missed, 1)
    both = judge(check(), replace(BAD, missed=missed), Rules())
    assert both.problems == (Problem(missed), PROBLEM)


def test_a_deadline_of_a_should_warns() -> None:
    seen = replace(GOOD, missed="no answer within 5 seconds")
    assert judge(check(level=SHOULD), seen, Rules()).outcome is Outcome.WARN
    assert judge(check(level=SHOULD), seen, STRICT).outcome is Outcome.FAIL


# -- Dialects and capabilities -------------------------------------------------------------------

WRONG_METHOD = check(
    by_dialect("wrong_method", **{"405": status(405), "404": status(404), "400": status(400)})
)


@pytest.mark.parametrize(
    ("declared", "code", "outcome"),
    [
        ({}, 405, Outcome.PASS),
        ({}, 404, Outcome.FAIL),
        ({"wrong_method": "404"}, 404, Outcome.PASS),
        ({"wrong_method": "404"}, 405, Outcome.FAIL),
        ({"wrong_method": "400", "head_of_get": "no"}, 400, Outcome.PASS),
    ],
)
def test_a_subject_is_held_to_what_it_declared(
    declared: dict[str, str], code: int, outcome: Outcome
) -> None:
    assert judge(WRONG_METHOD, answered(code), Rules(dialect=declared)).outcome is outcome


ONLY_WITH_HEAD = replace(check(), when={"head_of_get": ["yes"], "wrong_method": ["405", "404"]})


@pytest.mark.parametrize(
    ("declared", "why"),
    [
        ({}, ""),
        ({"head_of_get": "yes", "wrong_method": "404"}, ""),
        ({"encoded_slash": "raw"}, ""),
        ({"head_of_get": "no"}, "head_of_get is declared 'no'"),
        ({"wrong_method": "400"}, "wrong_method is declared '400'"),
    ],
)
def test_when_a_check_applies(declared: dict[str, str], why: str) -> None:
    assert not_applicable(ONLY_WITH_HEAD, declared, frozenset()) == why


@pytest.mark.parametrize(
    ("capabilities", "why"),
    [
        ({"stream", "foreground"}, ""),
        ({"stream"}, "the adapter has no foreground"),
        (set(), "the adapter has no stream"),
    ],
)
def test_what_a_check_needs(capabilities: set[str], why: str) -> None:
    needing = replace(check(), needs=["stream", "foreground"])
    assert not_applicable(needing, {}, frozenset(capabilities)) == why


def test_a_check_that_asks_for_nothing_applies() -> None:
    assert not_applicable(check(), {"wrong_method": "404"}, frozenset()) == ""


# -- Outcomes ------------------------------------------------------------------------------------


def test_which_outcomes_fail_a_run() -> None:
    failing = {one for one in Outcome if one.fails_the_run}
    assert failing == {Outcome.FAIL, Outcome.STALE, Outcome.ERROR}
