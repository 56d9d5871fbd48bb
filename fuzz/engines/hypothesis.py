"""The engine `hypothesis`: Hypothesis draws by the grammar, in lots with seeds of their own.

Owns how it is asked. A lot is drawn first and tried then: nothing that an input shows ends a lot,
and servers are asked many things at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from hypothesis import HealthCheck, Phase, given, seed, settings

from ..language import Language
from . import Trials
from .drawn import quick_inputs

LOT = 100
"""Behind its first ten or so Hypothesis varies what it has drawn."""

_HOW = settings(
    max_examples=LOT,
    database=None,  # what is found is kept by the run
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


def opening() -> AbstractContextManager[None]:
    return nullcontext()


def run(trials: Trials) -> None:
    """Draw lot by lot until it is over. What showed something new is changed in later lots."""
    corpus = list(trials.corpus)
    number = 0
    while not trials.over:
        lot = drawn(trials.language, corpus, f"{trials.seed} {number}")
        number += 1
        for at in range(0, len(lot), trials.batch):
            corpus += trials.run(lot[at : at + trials.batch])


def drawn(language: Language, corpus: Sequence[bytes], seeded: str) -> list[bytes]:
    """A lot of inputs, the same for the same seed and corpus."""
    lot: list[bytes] = []

    @_HOW
    @seed(seeded)
    @given(quick_inputs(language, tuple(corpus)))
    def one(data: bytes) -> None:
        lot.append(data)

    one()
    return lot
