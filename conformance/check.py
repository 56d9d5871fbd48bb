"""A check: one requirement, what is done to see whether it holds, and what is expected.

Owns the literal that the catalogue is written in. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from .expect import Expectation
from .spec import App, Route, app
from .steps import Event, Exit, Open, Signal, Step, Stop


class Level(Enum):
    """How much a requirement binds (RFC 2119): only MUST fails a run, unless it is strict."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


MUST, SHOULD, MAY = Level


@dataclass(frozen=True)
class Source:
    """Where a requirement stands: a document with its section, or practice, and its words."""

    name: str
    section: str = ""
    quote: str = ""

    def __str__(self) -> str:
        return f"{self.name} §{self.section}" if self.section else self.name

    @property
    def url(self) -> str | None:
        if self.name.startswith("RFC ") and self.section:
            return f"https://www.rfc-editor.org/rfc/rfc{self.name[4:]}#section-{self.section}"
        return None


def rfc(number: int, section: str, quote: str) -> Source:
    """`rfc(9110, "15.5.5", "The 404 (Not Found) status code indicates...")`, quoted to the word."""
    return Source(f"RFC {number}", section, quote)


def practice(words: str) -> Source:
    """What frameworks agree on where no standard speaks: `practice("all eight of ...")`."""
    return Source("practice", "", words)


DEFAULT_APP = app(
    Route("root", "GET", "/"),
    Route("item", "GET", "/items/{name}"),
    Route("post", "POST", "/"),
)
"""What checks of the wire run against. Those with `any_server` need only that something answers."""


@dataclass(frozen=True)
class Check:
    """One requirement.

    id           category/name; the name says what must hold
    title        a sentence: what must hold
    source       where that is required
    steps        what is done; see `steps`
    expect       what is expected of what was seen; all of it
    app          what it is done to
    any_server   holds for every HTTP server whatever it serves at `/`, so it is run for `--url`
                 as well
    alone        runs in a process that no other check uses, as measuring it asks for
    foreground   runs the framework's own blocking entry point, in a process for this check alone
    starting     what is done while an app in the foreground starts: events, gates, signals
    when         options of the dialect with the values for which the check applies
    needs        capabilities of the adapter, beside what the app's actions ask for
    faults       the miniatures that fail it, by the name of their fault (`miniature/faults.py`)
    """

    id: str
    title: str
    source: Source
    steps: Sequence[Step]
    expect: Sequence[Expectation]
    app: App = DEFAULT_APP
    level: Level = Level.MUST
    any_server: bool = False
    alone: bool = False
    foreground: bool = False
    starting: Sequence[Step] = ()
    when: Mapping[str, Sequence[str]] = field(default_factory=dict)
    needs: Sequence[str] = ()
    faults: Sequence[str] = ()

    @property
    def category(self) -> str:
        return self.id.partition("/")[0]

    @property
    def has_process_alone(self) -> bool:
        return self.alone or self.foreground

    @cached_property
    def has_app_alone(self) -> bool:
        """It changes the state of its app (gates, hooks, stopping), so it shares it with none."""
        return (
            self.has_process_alone
            or self.app.has_gates
            or bool(self.app.startup or self.app.shutdown or self.app.cleanup)
            or any(isinstance(step, Stop | Signal | Exit | Open) for step in self.steps)
            or any(isinstance(step, Event) and step.request is None for step in self.steps)
        )
