"""Inputs as Hypothesis draws them, by the grammar of a target.

Owns the strategies. In `inputs` each decision of the grammar is one of Hypothesis's own, so that it
shrinks by the structure of the grammar: for properties, whose failures Hypothesis makes smaller. In
`quick_inputs` all decisions come out of one draw of octets: for the engine, whose findings are made
smaller by leaving out pieces, and which meets twice as many signatures in the same time that way;
and for tables, which take a thousand decisions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st

from ..choices import Chance, Choices, Octets
from ..language import Language


class Drawn:
    """Decisions that Hypothesis takes."""

    __slots__ = ("_draw",)

    def __init__(self, draw: Callable[[st.SearchStrategy[int]], int]) -> None:
        self._draw = draw

    def below(self, count: int) -> int:
        return self._draw(_below(count)) if count > 1 else 0


@lru_cache(maxsize=4096)
def _below(count: int) -> st.SearchStrategy[int]:
    return st.integers(0, count - 1)


def made(language: Language, choices: Choices, corpus: Sequence[bytes]) -> bytes:
    """An input of the grammar, or one of the corpus changed; 0 for the former, which is plainer."""
    if not corpus or choices.below(2) == 0:
        return language.draw(choices)
    one, other = (corpus[choices.below(len(corpus))] for _ in range(2))
    return language.mutate(one, other, choices)


def inputs(language: Language, corpus: Sequence[bytes] = ()) -> st.SearchStrategy[bytes]:
    """Inputs that Hypothesis makes smaller decision by decision."""

    @st.composite
    def strategy(draw: Callable[[st.SearchStrategy[Any]], Any]) -> bytes:
        return made(language, Drawn(draw), corpus)

    return strategy()


def quick_inputs(language: Language, corpus: Sequence[bytes] = ()) -> st.SearchStrategy[bytes]:
    """Inputs that are drawn fast, and do not shrink by the structure of the grammar."""
    count = decisions(language)
    octets = st.binary(min_size=count, max_size=count)
    return octets.map(lambda taken: made(language, Octets(taken), corpus))


class _Counted(Chance):
    __slots__ = ("count",)

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.count = 0

    def below(self, count: int) -> int:
        self.count += 1
        return super().below(count)


def decisions(language: Language) -> int:
    """How many an input takes, but for a rare one; behind those, `Octets` has it end plainly. What
    is drawn costs by its size, so it is measured: 40 for HTTP, more than 1,000 for a table."""
    most = 0
    for seed in range(64):
        counted = _Counted(seed)
        language.draw(counted)
        most = max(most, counted.count)
    return most
