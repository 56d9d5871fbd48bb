"""What a worker tries, in account: what is new, what is told, when it is over."""

from __future__ import annotations

import pytest

from ..campaign.board import SIZE_BYTES, Board
from ..campaign.trials import HEALTH_EVERY, Account, News
from ..engines import grammar
from ..target import Seen, Target, Violation
from .fake_targets import Clean, Picky, Unhealthy


class Told:
    """An account with all that it told, summed up by nobody."""

    def __init__(self, target: Target, **more: object) -> None:
        self.news: list[News] = []
        self.board = Board()
        self.account = Account(target, self.board, self.news.append, **more)  # type: ignore[arg-type]

    def finish(self) -> None:
        self.account.finish()
        self.board.close()


def test_new_and_again() -> None:
    told = Told(Picky())
    assert told.account.run([b"ab", b"c", b"ba", b"dd"]) == [b"ab", b"c", b"dd"]
    assert told.account.run([b"abb", b"dcd", b"c"]) == []
    told.finish()
    assert sum(one.executions for one in told.news) == 7
    assert [name for one in told.news for name in one.again] == ["ab", "c"]
    assert [one.data for news in told.news for one in news.broken.values()] == [b"dd"]
    assert sum(news.hits.total() for news in told.news) == 2
    assert sum(news.accepted for news in told.news) == 5


def test_smaller_inputs_are_told() -> None:
    told = Told(Picky())
    for data in (b"aab", b"ddd"), (b"ab", b"dd"), (b"ba", b"ddc"):
        told.account.run(data)
    told.finish()
    met: dict[str, bytes] = {}
    broken: dict[str, tuple[bytes, int]] = {}
    for news in told.news:
        met |= {name: data for name, (data, _) in news.met.items()}
        broken |= {name: (one.data, one.at) for name, one in news.broken.items()}
    assert met == {"ab": b"ab"}
    assert list(broken.values()) == [(b"dd", 1)]


def test_one_by_one() -> None:
    told = Told(Picky(), executions=2)
    assert told.account.check(b"ab") == Seen("ab", accepted=True, declared=("quirk/a",))
    assert isinstance(told.account.check(b"dd"), Violation)
    assert told.account.over
    assert told.account.check(b"ab") is None
    told.finish()


def test_what_is_replayed_is_no_execution_and_nothing_new() -> None:
    told = Told(Picky())
    told.account.replay([b"ab", b"dd"])
    assert told.account.run([b"ab", b"dd", b"b"]) == [b"b"]
    told.finish()
    assert [
        sum(getattr(one, name) for one in told.news) for name in ("executions", "replayed")
    ] == [
        3,
        2,
    ]
    assert [name for one in told.news for name in one.again] == []


def test_executions_are_kept_to() -> None:
    told = Told(Clean(), executions=3)
    told.account.run([b"a", b"b"])
    told.account.run([b"c", b"d"])
    assert told.account.executions == told.board.executions == 3
    assert told.account.run([b"e"]) == []
    told.finish()


def test_stopping() -> None:
    told = Told(Clean())
    assert not told.account.over
    told.board.stop()
    assert told.account.over
    told.finish()


def test_health_is_asked_for_now_and_then() -> None:
    told = Told(Unhealthy())
    told.account.run([b"a"] * (HEALTH_EVERY - 1))
    assert not told.news
    told.account.run([b"b"])
    assert [one.kind for one in told.news[0].broken.values()] == ["memory"]
    told.finish()


def test_an_input_is_noted_while_it_is_tried() -> None:
    seen: list[list[bytes]] = []

    class Looking(Clean):
        def check(self, data: bytes, *, thorough: bool = False) -> Seen:
            seen.append(told.board.noted)
            return super().check(data)

    told = Told(Looking())
    told.account.run([b"a", b""])
    told.account.check(b"c")
    assert seen == [[b"a", b""], [b"a", b""], [b"c"]]
    assert told.board.noted == []
    told.finish()


def test_of_very_many_octets_some_inputs_are_noted() -> None:
    board = Board()
    board.note([b"x" * (SIZE_BYTES // 3)] * 4)
    assert len(board.noted) == 2
    board.close()


def drawn(seed: str) -> list[bytes]:
    inputs: list[bytes] = []

    class Listening(Clean):
        def check(self, data: bytes, *, thorough: bool = False) -> Seen:
            inputs.append(data)
            return super().check(data)

    told = Told(Listening(), executions=300, seed=seed, corpus=[b"hhhhhhhhhhhhhhhhhhh"])
    grammar.run(told.account)
    told.finish()
    return inputs


def test_the_grammar_engine_repeats_itself() -> None:
    assert len(drawn("1")) == 300
    assert drawn("1") == drawn("1")
    assert drawn("1") != drawn("2")


def test_the_grammar_engine_begins_with_the_corpus() -> None:
    assert any(data.count(b"h") > 12 for data in drawn("1"))


@pytest.mark.parametrize("which", [0, 1])
def test_executions_are_counted_over_all_workers(which: int) -> None:
    told = Told(Picky(), strides=(which, 2))
    told.account.run([b"a"])
    told.account.run([b"dd"])
    [broken] = [one for news in told.news for one in news.broken.values()]
    assert broken.at == 3 + which
    told.finish()
