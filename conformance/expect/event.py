"""What is expected of events, of the end of the process, and of a start that is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..seen import Happening, Seen
from .base import Problem


@dataclass(frozen=True)
class EventOrder:
    """The events of `kinds` were these, "kind who" each, in this order and no others."""

    wanted: tuple[str, ...]
    request: str | None = None
    kinds: frozenset[str] = frozenset()

    def problems(self, seen: Seen, declared: Mapping[str, str]) -> Iterator[Problem]:
        kinds = self.kinds or frozenset(one.split(" ")[0] for one in self.wanted)
        found = tuple(
            f"{one.kind} {one.who}"
            for one in seen.events
            if one.kind in kinds and (self.request is None or one.request == self.request)
        )
        if found != self.wanted:
            said, wanted = "; ".join(found) or "none", "; ".join(self.wanted) or "none"
            yield Problem(f"events: {said}, expected: {wanted}")


def events(*wanted: str, request: str | None = None, kinds: Iterable[str] = ()) -> EventOrder:
    """`events("enter m1", "enter r1", "leave r1", "leave m1")`: exactly these, of these kinds.

    `kinds` adds kinds that must not occur.
    """
    all_kinds = frozenset(kinds) | frozenset(one.split(" ")[0] for one in wanted)
    return EventOrder(wanted, request, all_kinds)


@dataclass(frozen=True)
class Happened:
    """Whether an event occurred, and behind which other one."""

    event: str
    request: str | None = None
    after: str | None = None
    times: int | None = None

    def problems(self, seen: Seen, declared: Mapping[str, str]) -> Iterator[Problem]:
        positions = _positions(seen.events, self.event, self.request)
        if self.times is not None and len(positions) != self.times:
            yield Problem(f"event {self.event!r}: {len(positions)} times, expected {self.times}")
        elif self.times is None and not positions:
            yield Problem(f"no event {self.event!r}")
        elif self.after is not None:
            earlier = _positions(seen.events, self.after, None)
            if not earlier or not positions or positions[0] < earlier[-1]:
                yield Problem(f"event {self.event!r} came before {self.after!r}")


def happened(event: str, request: str | None = None, after: str | None = None) -> Happened:
    """`happened("enter d1", after="leave s1")`."""
    return Happened(event, request, after)


def never_happened(event: str, request: str | None = None) -> Happened:
    """`never_happened("enter r2")`: the hidden request reached no handler."""
    return Happened(event, request, times=0)


def _positions(events: Sequence[Happening], event: str, request: str | None) -> list[int]:
    kind, _, who = event.partition(" ")
    return [
        position
        for position, one in enumerate(events)
        if one.kind == kind
        and (not who or one.who == who)
        and (request is None or one.request == request)
    ]


# -- The process ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class ExitStatus:
    wanted: tuple[int, ...]
    negated: bool = False

    def problems(self, seen: Seen, declared: Mapping[str, str]) -> Iterator[Problem]:
        if seen.exit_status is None:
            yield Problem("the process has not ended")
        elif (seen.exit_status in self.wanted) is self.negated:
            wanted = " or ".join(map(str, self.wanted))
            yield Problem(
                f"exit status {seen.exit_status}, expected {'not ' if self.negated else ''}{wanted}"
            )


def exit_status(*wanted: int) -> ExitStatus:
    """The process in the foreground has ended with one of these; negative ones are signals."""
    return ExitStatus(wanted)


def failed_exit() -> ExitStatus:
    return ExitStatus((0,), negated=True)


@dataclass(frozen=True)
class NotStarted:
    """The framework refused the app, or its process ended before anything listened."""

    def problems(self, seen: Seen, declared: Mapping[str, str]) -> Iterator[Problem]:
        if seen.rejection is None:  # a status alone may be that of an app that has served
            yield Problem("the app was started")


def not_started() -> NotStarted:
    return NotStarted()
