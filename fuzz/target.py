"""A target: a property of a subject that is checked on one input after the other.

Owns the interface between engines and targets: what an input showed, and what broke the property.
Imports no target and no engine.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar, NamedTuple

from conformance.check import Source

from .language import Language


class Seen(NamedTuple):
    """What an input showed that broke nothing.

    signature  what happened, normalised: inputs with one signature exercised the same. The first
               input of each is kept in the corpus
    accepted   at least one request was served, or one path resolved: a run in which nothing is
               accepted has tried nothing
    declared   the ids of the declared disagreements that it met
    units      how much was tried: requests, or resolutions; the figure of merit of the router
    """

    signature: str
    accepted: bool
    declared: tuple[str, ...] = ()
    units: int = 1


class Violation(Exception):
    """An input breaks the property.

    kind         what is wrong, in a few words that never depend on the input: "hang", "accepted by
                 one", "segmentation"
    left, right  what each side made of it, normalised so that inputs with one cause have one
                 bucket: no numbers, names or octets of the input. One-sided kinds have no right
    text         one sentence that says what happened with this input
    source       the requirement, where there is one
    """

    def __init__(
        self, kind: str, left: str, right: str = "", *, text: str = "", source: Source | None = None
    ) -> None:
        super().__init__(text or f"{kind}: {left} / {right}")
        self.kind = kind
        self.left = left
        self.right = right
        self.text = text
        self.source = source

    @property
    def bucket(self) -> str:
        """The name of what it has in common with others: twelve hexadecimal digits."""
        said = "\0".join((self.kind, self.left, self.right))
        return sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:12]


class Target(ABC):
    """A property of one subject. `check` is the property; its docstring opens with the invariant.

    Where a check depends on more than the input, on cuts into segments say, it derives that from
    the input alone (`derived_seed`), so that an input is all that is needed to see it again.
    """

    name: ClassVar[str]
    language: ClassVar[Language]
    batch: ClassVar[int] = 64
    """How many inputs `check_all` is best given at once."""
    gets_on: Callable[[], None] = staticmethod(lambda: None)
    """Is called while a batch is tried, so that nobody takes many slow inputs for a hang."""

    @abstractmethod
    def check(self, data: bytes, *, thorough: bool = False) -> Seen:
        """Check one input. Raises Violation.

        thorough   try what depends on cuts in every way there is, as for a corpus, a replay, or
                   for making an input smaller
        """

    def check_all(self, inputs: Iterable[bytes]) -> Iterator[tuple[bytes, Seen | Violation]]:
        """Check many inputs, in any order, maybe several at once."""
        for data in inputs:
            try:
                yield data, self.check(data)
            except Violation as violation:
                yield data, violation

    def health(self) -> Iterator[Violation]:
        """What is wrong with the subject by itself, seen now; called every now and then."""
        return iter(())

    def close(self) -> None:  # noqa: B027 - most have started nothing
        """End what the target has started."""


@dataclass(frozen=True)
class Wanted:
    """Which target is wanted, of which subject. Can be pickled: each worker opens its own.

    target   its name
    subject  a name as `trueline run` takes it, for the targets that have a subject
    command  an adapter's command line instead of a name
    python   interpreter, or virtual environment, of the subject
    url      a server that is running already, instead of a subject
    plant    the name of a planted fault, for tests of the fuzzer itself
    """

    target: str
    subject: str | None = None
    command: tuple[str, ...] = ()
    python: str | None = None
    url: str | None = None
    plant: str | None = None


def derived_seed(data: bytes) -> int:
    """A number that depends on the input alone, the same in every process."""
    return int.from_bytes(sha256(data).digest()[:8], "big")
