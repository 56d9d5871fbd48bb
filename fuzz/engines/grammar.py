"""The engine `grammar`: draws inputs by chance, and changes those that showed something new.

Owns how often which; the grammar is the target's. Nothing here may cost more than a few
microseconds for each input: the parser takes not much more.
"""

from __future__ import annotations

import random
from contextlib import AbstractContextManager, nullcontext

from ..choices import Chance
from . import Trials

FRESH_IN_16 = 4
"""Of sixteen inputs, how many are drawn; the others are changes of what is in the pool."""
RECENT = 64
"""Half of the changes are made to the inputs that were new last: there is more where they came
from."""
MOST_IN_POOL = 20_000
MOST_BYTES = 512
"""Larger inputs are not changed further: changes make them larger still, and each takes the time of
many small ones. Large inputs are drawn as such."""


def opening() -> AbstractContextManager[None]:
    return nullcontext()


def run(trials: Trials) -> None:
    """Draw until it is over. The pool is the corpus and the first input of each signature."""
    chance = random.Random(trials.seed).random  # noqa: S311 - nothing is kept secret by it
    choices = Chance(f"{trials.seed}/inputs")
    draw, mutate = trials.language.draw, trials.language.mutate
    pool = list(trials.corpus)
    fresh = FRESH_IN_16 / 16
    while not trials.over:
        inputs = []
        size = len(pool)
        recent = max(0, size - RECENT)
        for _ in range(trials.batch):
            if not size or chance() < fresh:
                inputs.append(draw(choices))
                continue
            if chance() < 0.5:
                one, two = pool[int(chance() * size)], pool[int(chance() * size)]
            else:
                one = pool[recent + int(chance() * (size - recent))]
                two = pool[recent + int(chance() * (size - recent))]
            if len(two) < len(one):  # the smaller one of two: it is tried sooner
                one = two
            inputs.append(mutate(one, pool[int(chance() * size)], choices))
        pool += [data for data in trials.run(inputs) if len(data) <= MOST_BYTES]
        if len(pool) > MOST_IN_POOL:
            del pool[: len(pool) - MOST_IN_POOL]
