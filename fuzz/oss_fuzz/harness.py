"""A target as a program that libFuzzer drives: its grammar as mutator, and a violation ends it.

Owns what the programs have in common. What is instrumented is the engine's business.
"""

from __future__ import annotations

import sys

import atheris

from ..engines.atheris import opening
from ..engines.one_input import mutator, raising
from ..target import Wanted
from ..targets import opened


def fuzz(name: str) -> None:
    """Fuzz the target of that name as the arguments of the process say. Does not return."""
    with opening():
        target = opened(Wanted(name))
    atheris.Setup(
        sys.argv,
        atheris.instrument_func(raising(target)),
        custom_mutator=mutator(target.language),
    )
    atheris.Fuzz()
