"""Engine `hypothesis`: decisions that Hypothesis takes, lots, and a run that no finding ends."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, Phase, find, settings

from ..campaign.board import Board
from ..campaign.trials import Account, News
from ..choices import Choices, Octets
from ..engines import found, hypothesis
from ..engines.drawn import decisions, inputs, made, quick_inputs
from ..http import HTTP
from ..language import Language
from ..table import TABLE
from ..target import Target
from .fake_targets import WORDS, Clean, Picky

QUIET = settings(
    max_examples=300,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


def trials(target: Target, executions: int, **more: object) -> tuple[Account, list[News]]:
    told: list[News] = []
    deadline = time.monotonic() + 60  # for a bug of ours; what ends it are the executions
    account = Account(
        target,
        Board(),
        told.append,
        executions=executions,
        deadline=deadline,
        **more,  # type: ignore[arg-type]
    )
    return account, told


def test_what_hypothesis_decides_shrinks_to_the_plainest_input() -> None:
    smallest = find(inputs(HTTP), lambda data: True, settings=QUIET)
    assert smallest == HTTP.draw(Octets(b""))


def test_a_corpus_is_changed_by_decisions_too() -> None:
    strategy = inputs(WORDS, [b"aaaa", b"hhhh"])
    smallest = find(strategy, lambda data: b"ahhhh" in data, settings=QUIET)
    assert smallest == b"ahhhh"


def test_an_index_into_a_corpus_is_never_beyond_its_end() -> None:
    corpus = [b"a", b"b", b"c"]
    lots = {
        made(WORDS, Octets(bytes([1, one, two])), corpus) for one in range(9) for two in range(9)
    }
    assert lots == set(corpus)


def test_a_lot_is_the_same_for_the_same_seed_and_another_for_another_one() -> None:
    lot = hypothesis.drawn(HTTP, [], "1 0")
    assert lot == hypothesis.drawn(HTTP, [], "1 0")
    assert lot != hypothesis.drawn(HTTP, [], "1 1")
    assert len(lot) == hypothesis.LOT
    assert len(set(lot)) > hypothesis.LOT / 3


def test_a_run_ends_when_it_is_over_and_finds_more_than_the_first() -> None:
    account, told = trials(Picky(), 700, seed="1")
    found("hypothesis").run(account)
    account.finish()
    assert account.executions == 700
    kinds = {one.kind for news in told for one in news.broken.values()}
    assert kinds == {"order", "count"}


def test_what_showed_something_new_is_changed_later(monkeypatch: pytest.MonkeyPatch) -> None:
    changed: list[bytes] = []

    def mutate(data: bytes, other: bytes, choices: Choices) -> bytes:
        changed.append(data)
        return WORDS.mutate(data, other, choices)

    class Watched(Clean):
        language = Language("words", WORDS.draw, mutate, (), ())

    account, told = trials(Watched(), 300, seed="1", corpus=[b"of the corpus"])
    found("hypothesis").run(account)
    account.finish()
    new = {data for news in told for data, _ in news.met.values()}
    assert b"of the corpus" in changed
    assert new & set(changed)


def test_so_many_octets_are_drawn_as_an_input_takes_decisions() -> None:
    assert decisions(WORDS) == 12
    assert 20 < decisions(HTTP) < 100 < decisions(TABLE)


def test_octets_that_run_out_give_the_plain_end_of_an_input() -> None:
    assert find(quick_inputs(WORDS), lambda data: True, settings=QUIET) == b""
