"""Small targets that are wrong on purpose, and what opens them. They read words of letters."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import ClassVar

from conformance.check import rfc
from conformance.protocol import AdapterError

from ..choices import Choices
from ..language import Language
from ..target import Seen, Target, Violation, Wanted

LETTERS = b"abcdefgh"


def draw(choices: Choices) -> bytes:
    return bytes(LETTERS[choices.below(8)] for _ in range(choices.below(12)))


def mutate(data: bytes, other: bytes, choices: Choices) -> bytes:
    cut = choices.below(len(data) + 1)
    return data[:cut] + other[choices.below(len(other) + 1) :] + draw(choices)[:2]


def halves(data: bytes) -> list[bytes]:
    return [data[: len(data) // 2], data[len(data) // 2 :]]


WORDS = Language("words", draw, mutate, (b"a", b"h"), (halves,))


class Clean(Target):
    """Takes everything. The signature is the set of letters."""

    name: ClassVar[str] = "clean"
    language: ClassVar[Language] = WORDS
    batch: ClassVar[int] = 8
    accepts = True

    def check(self, data: bytes, *, thorough: bool = False) -> Seen:
        """Invariant: nothing."""
        declared = ("quirk/a",) if data.startswith(b"a") else ()
        return Seen(bytes(sorted(set(data))).decode("latin-1"), self.accepts, declared)


class Picky(Clean):
    """Breaks by an h behind an a, and by two letters d."""

    def check(self, data: bytes, *, thorough: bool = False) -> Seen:
        """Invariant: no h behind an a; no two letters d."""
        if b"a" in data and b"h" in data[data.index(b"a") :]:
            source = rfc(9112, "2.2", 'a "quoted" requirement')
            raise Violation("order", "h last", "h first", text="an h behind an a", source=source)
        if data.count(b"d") > 1:
            raise Violation("count", "two letters d")
        return super().check(data)


class Vacuous(Clean):
    accepts = False


class Hanging(Clean):
    def check(self, data: bytes, *, thorough: bool = False) -> Seen:
        """Invariant: it ends. It does not for ahg."""
        if b"ahg" in data:
            threading.Event().wait()
        return super().check(data)


class Slow(Clean):
    """Takes its time over the tenth input, on the clock that alarms go by."""

    def __init__(self) -> None:
        self.count = 0

    def check(self, data: bytes, *, thorough: bool = False) -> Seen:
        """Invariant: none that could break."""
        self.count += 1
        until = time.monotonic() + (2.5 if self.count == 10 else 0)
        while time.monotonic() < until:
            pass
        return super().check(data)


class Dying(Clean):
    def check(self, data: bytes, *, thorough: bool = False) -> Seen:
        """Invariant: the process lives. It does not for ahg."""
        if b"ahg" in data:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().check(data)


class Raising(Clean):
    def check(self, data: bytes, *, thorough: bool = False) -> Seen:
        """Invariant: no error of the target itself."""
        if b"ahg" in data:
            raise KeyError(data)
        return super().check(data)


class DyingInCompany(Clean):
    """Dies of the hundredth input, whatever that is: none does it alone."""

    def __init__(self) -> None:
        self.count = 0

    def check(self, data: bytes, *, thorough: bool = False) -> Seen:
        """Invariant: the process lives."""
        self.count += 1
        if self.count == 100:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().check(data)


class Unhealthy(Clean):
    def health(self) -> Iterator[Violation]:
        yield Violation("memory", "grows")


def clean(wanted: Wanted) -> Target:
    return Clean()


def picky(wanted: Wanted) -> Target:
    return Picky()


def vacuous(wanted: Wanted) -> Target:
    return Vacuous()


def hanging(wanted: Wanted) -> Target:
    return Hanging()


def dying(wanted: Wanted) -> Target:
    return Dying()


def raising(wanted: Wanted) -> Target:
    return Raising()


def dying_in_company(wanted: Wanted) -> Target:
    return DyingInCompany()


def unhealthy(wanted: Wanted) -> Target:
    return Unhealthy()


def refusing(wanted: Wanted) -> Target:
    raise AdapterError("this subject cannot be started; install it")


def broken(wanted: Wanted) -> Target:
    raise ZeroDivisionError
