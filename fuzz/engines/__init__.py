"""The engines, by name: where inputs come from, one after the other.

Owns the interface between an engine and the run that it is part of, and how an engine is found.
Imports the one that is asked for, no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

from conformance.protocol import AdapterError

from ..language import Language
from ..target import Seen, Violation


class Trials(Protocol):
    """What an engine gives its inputs to. Keeps account: the engine need not count, look for
    findings, call `Target.health` or tell anybody.

    language   that of the target
    batch      how many inputs `run` is best given at once
    corpus     what there is to begin with, tried already; may be empty
    seed       the same one for the same inputs; another one in each worker
    coverage   the engine sets it when it knows one: how much of the code was reached, in edges
    """

    language: Language
    batch: int
    corpus: Sequence[bytes]
    seed: str
    coverage: int | None

    @property
    def over(self) -> bool:
        """Time or executions are used up, or the run was stopped: the engine is to return. Cheap;
        inputs that are given nevertheless are not tried."""

    def run(self, inputs: Sequence[bytes]) -> Sequence[bytes]:
        """Try them, in any order; returns those that showed something no other one had shown."""

    def check(self, data: bytes) -> Seen | Violation | None:
        """Try one, and tell what it showed; None when the run is over. A violation is returned
        and never raised: it is written down already, and the run goes on."""

    def finish(self) -> None:
        """Send off everything, for an engine that ends the process by itself. `run` and `check`
        do nothing from then on."""


class Engine(Protocol):
    """Each module here has these two as functions."""

    def opening(self) -> AbstractContextManager[None]:
        """Is entered while the modules of the target are imported and the target is opened."""

    def run(self, trials: Trials) -> None:
        """Draw inputs and give them to `trials` until it is over."""


@dataclass(frozen=True)
class About:
    """What is told of an engine. `needs` is a module that must be there, `advice` how to get it."""

    says: str
    needs: str = ""
    advice: str = ""


ENGINES = {
    "hypothesis": About("Hypothesis draws by the grammar, and needs nothing more"),
    "grammar": About("draws by the grammar and by chance, changes what showed something new: fast"),
    "atheris": About(
        "libFuzzer with the grammar as its mutator, led by coverage",
        "atheris",
        "`pip install trueline[fuzz]`; it is made for Linux and CPython up to 3.13",
    ),
}
DEFAULT = "hypothesis"


def found(name: str) -> Engine:
    """The engine of that name. Raises AdapterError, with what to do, when it is not installed."""
    about = ENGINES[name]
    if about.needs and find_spec(about.needs) is None:
        raise AdapterError(f"--engine {name}: {about.needs} is not installed here; {about.advice}")
    engine: Engine = import_module(f".{name}", __package__)
    return engine
