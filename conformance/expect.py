"""What a check expects of what was seen.

Owns the expectations: immutable values with one pure method, `problems(seen)`, that says in words
what does not hold and where in the bytes. Reads records, touches nothing.

    expect=[status(404), header("Content-Type", contains="text/"), connection_open()]
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from . import dialect as dialects
from .seen import Answer, Conversation, Happening, Seen
from .steps import End


@dataclass(frozen=True)
class Problem:
    """One thing that does not hold. `mark` is the part of what was received on `conversation`
    that shows it, as offsets; `in_sent` when it is a part of what was sent instead."""

    text: str
    conversation: str | None = None
    mark: tuple[int, int] | None = None
    in_sent: bool = False


class Expectation(Protocol):
    """What must hold. `declared` is the dialect of the subject."""

    def problems(self, seen: Seen, declared: Mapping[str, str]) -> Iterator[Problem]: ...


# -- One answer ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _OfAnswer:
    """The base of what is expected of one answer: the `index`-th of conversation `of`."""

    of: str = "1"
    index: int = 0

    def problems(self, seen: Seen, declared: Mapping[str, str]) -> Iterator[Problem]:
        conversation = seen.conversation(self.of)
        if self.index >= len(conversation.answers):
            yield Problem(_no_answer(conversation, self.index), self.of)
            return
        answer = conversation.answers[self.index]
        for text in self.of_answer(answer, seen):
            yield Problem(text, self.of, (answer.start, answer.end))

    def of_answer(self, answer: Answer, seen: Seen) -> Iterator[str]:
        raise NotImplementedError


def _no_answer(conversation: Conversation, index: int) -> str:
    which = "no answer" if index == 0 else f"no answer number {index + 1}"
    if conversation.problem is not None:
        return f"{which} that a client could read: {conversation.problem}"
    return f"{which}; the connection is {conversation.end.value}"


@dataclass(frozen=True)
class Status(_OfAnswer):
    codes: tuple[int, ...] = (200,)
    negated: bool = False

    def of_answer(self, answer: Answer, seen: Seen) -> Iterator[str]:
        if (answer.status in self.codes) is self.negated:
            wanted = " or ".join(map(str, self.codes))
            yield f"status {answer.status}, expected {'none of ' if self.negated else ''}{wanted}"


def status(*codes: int, of: str = "1", index: int = 0) -> Status:
    """The final status is one of these."""
    return Status(of, index, codes)


def not_status(*codes: int, of: str = "1", index: int = 0) -> Status:
    return Status(of, index, codes, negated=True)


def not_2xx(of: str = "1", index: int = 0) -> Status:
    return Status(of, index, tuple(range(200, 300)), negated=True)


@dataclass(frozen=True)
class Header(_OfAnswer):
    name: str = ""
    values: tuple[str, ...] | None = None
    contains: str | None = None
    matches: str | None = None
    members: frozenset[str] | None = None
    is_absent: bool = False

    def of_answer(self, answer: Answer, seen: Seen) -> Iterator[str]:
        found = answer.values(self.name)
        shown = ", ".join(map(repr, found)) or "absent"
        if self.is_absent:
            if found:
                yield f"header {self.name} is {shown}, expected none"
        elif not found:
            yield f"no {self.name} header"
        elif self.values is not None and tuple(found) != self.values:
            yield f"header {self.name} is {shown}, expected {', '.join(map(repr, self.values))}"
        elif self.contains is not None and not any(self.contains in one for one in found):
            yield f"header {self.name} is {shown}, expected it to contain {self.contains!r}"
        elif self.matches is not None and not all(re.fullmatch(self.matches, one) for one in found):
            yield f"header {self.name} is {shown}, expected it to match {self.matches}"
        elif self.members is not None and list_members(found) != self.members:
            yield f"header {self.name} lists {shown}, expected {', '.join(sorted(self.members))}"


def header(
    name: str,
    *values: str,
    contains: str | None = None,
    matches: str | None = None,
    members: Iterable[str] | None = None,
    of: str = "1",
    index: int = 0,
) -> Header:
    """The header is there; with `values` it has exactly these, one a field line."""
    return Header(
        of, index, name, values or None, contains, matches,
        None if members is None else frozenset(members),
    )  # fmt: skip


def no_header(name: str, of: str = "1", index: int = 0) -> Header:
    return Header(of, index, name, is_absent=True)


def list_members(values: Sequence[str]) -> frozenset[str]:
    """The members of a comma-separated list field (RFC 9110 §5.6.1), over all its lines."""
    return frozenset(one.strip(" \t") for one in ",".join(values).split(",") if one.strip(" \t"))


@dataclass(frozen=True)
class Reason(_OfAnswer):
    wanted: str = ""

    def of_answer(self, answer: Answer, seen: Seen) -> Iterator[str]:
        if answer.reason != self.wanted:
            yield f"reason phrase {answer.reason!r}, expected {self.wanted!r}"


def reason(wanted: str, of: str = "1", index: int = 0) -> Reason:
    return Reason(of, index, wanted)


@dataclass(frozen=True)
class Body(_OfAnswer):
    equals: bytes | None = None
    contains: bytes | None = None
    lacks: bytes | None = None

    def of_answer(self, answer: Answer, seen: Seen) -> Iterator[str]:
        if self.equals is not None and answer.body != self.equals:
            yield f"body {_short(answer.body)}, expected {_short(self.equals)}"
        if self.contains is not None and self.contains not in answer.body:
            yield f"body {_short(answer.body)} does not contain {self.contains!r}"
        if self.lacks is not None and self.lacks in answer.body:
            yield f"the body contains {self.lacks!r}"


def body(
    equals: bytes | str | None = None,
    *,
    contains: bytes | str | None = None,
    lacks: bytes | str | None = None,
    of: str = "1",
    index: int = 0,
) -> Body:
    return Body(of, index, _octets(equals), _octets(contains), _octets(lacks))


@dataclass(frozen=True)
class Echoes(_OfAnswer):
    """The answer is the echo of our own process, and its members are these."""

    members: tuple[tuple[str, Any], ...] = ()

    def of_answer(self, answer: Answer, seen: Seen) -> Iterator[str]:
        if answer.status != 200:
            yield f"status {answer.status}, expected 200 with an echo"
            return
        try:
            said = json.loads(answer.body)
        except ValueError:
            yield f"body {_short(answer.body)} is not the JSON of an echo"
            return
        if not isinstance(said, dict) or said.get("nonce") != seen.nonce:
            yield "this is not an echo of the process that was started: its nonce is another"
            return
        for name, wanted in self.members:
            if name not in said:
                yield f"the echo has no member {name!r}"
            elif said[name] != json.loads(json.dumps(wanted)):
                yield f"the handler saw {name} {said[name]!r}, expected {wanted!r}"


def echoes(of: str = "1", index: int = 0, **members: Any) -> Echoes:
    """200 with the echo of the handler; `members` are compared with it as JSON.

    `echoes(route="r1", params={"name": "x"}, query=[["a", "1"]])`
    """
    return Echoes(of, index, tuple(sorted(members.items())))


@dataclass(frozen=True)
class SawHeader(_OfAnswer):
    """The handler saw these values of a request header."""

    name: str = ""
    values: tuple[str, ...] = ()
    joined: bool = False

    def of_answer(self, answer: Answer, seen: Seen) -> Iterator[str]:
        try:
            said = json.loads(answer.body)
            pairs = [(str(name), str(value)) for name, value in said["headers"]]
        except (ValueError, TypeError, KeyError):
            yield f"body {_short(answer.body)} is not the JSON of an echo"
            return
        found = [value for name, value in pairs if name.lower() == self.name.lower()]
        wanted = [", ".join(self.values)] if self.joined else list(self.values)
        if found != wanted:
            yield f"the handler saw {self.name} {found!r}, expected {wanted!r}"


def saw_header(
    name: str, *values: str, joined: bool = False, of: str = "1", index: int = 0
) -> SawHeader:
    return SawHeader(of, index, name, values, joined)


@dataclass(frozen=True)
class WellFramed(_OfAnswer):
    """The answer is complete and nothing is wrong with its form; what a client counts on."""

    def of_answer(self, answer: Answer, seen: Seen) -> Iterator[str]:
        if answer.problem is not None:
            yield answer.problem
        elif not answer.is_complete:
            yield "the answer is cut off"


def well_framed(of: str = "1", index: int = 0) -> WellFramed:
    return WellFramed(of, index)


@dataclass(frozen=True)
class CutOff(_OfAnswer):
    """The client can tell that the answer is incomplete (RFC 9112 §8)."""

    def of_answer(self, answer: Answer, seen: Seen) -> Iterator[str]:
        if answer.is_complete:
            yield "the client cannot tell that this answer is incomplete"


def cut_off(of: str = "1", index: int = 0) -> CutOff:
    return CutOff(of, index)


# -- A connection --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answers:
    """How many final answers came, and that nothing else did."""

    count: int
    of: str = "1"

    def problems(self, seen: Seen, declared: Mapping[str, str]) -> Iterator[Problem]:
        conversation = seen.conversation(self.of)
        if len(conversation.answers) != self.count:
            text = f"{len(conversation.answers)} answers, expected {self.count}"
            yield Problem(text, self.of, _from_answer(conversation, self.count))
        elif conversation.rest:
            size = len(conversation.received)
            yield Problem(
                f"{_short(conversation.rest)} follows the last answer",
                self.of,
                (size - len(conversation.rest), size),
            )


def answers(count: int, of: str = "1") -> Answers:
    return Answers(count, of)


@dataclass(frozen=True)
class Interim:
    """The 1xx answers that came, by their statuses."""

    statuses: tuple[int, ...]
    of: str = "1"

    def problems(self, seen: Seen, declared: Mapping[str, str]) -> Iterator[Problem]:
        found = tuple(one.status for one in seen.conversation(self.of).interim)
        if found != self.statuses:
            said = ", ".join(map(str, found)) or "none"
            wanted = ", ".join(map(str, self.statuses)) or "none"
            yield Problem(f"interim answers: {said}, expected: {wanted}", self.of)


def interim(*statuses: int, of: str = "1") -> Interim:
    return Interim(statuses, of)


@dataclass(frozen=True)
class Ended:
    """How the connection ended, as its client saw it."""

    ends: frozenset[End]
    of: str = "1"

    def problems(self, seen: Seen, declared: Mapping[str, str]) -> Iterator[Problem]:
        conversation = seen.conversation(self.of)
        if conversation.end not in self.ends:
            wanted = " or ".join(sorted(end.value for end in self.ends))
            yield Problem(f"the connection is {conversation.end.value}, expected {wanted}", self.of)


def connection_closed(of: str = "1") -> Ended:
    """Closed; a reset will do only where the check says so."""
    return Ended(frozenset({End.CLOSED}), of)


def connection_ended(of: str = "1") -> Ended:
    """Closed or reset."""
    return Ended(frozenset({End.CLOSED, End.RESET}), of)


def connection_open(of: str = "1") -> Ended:
    return Ended(frozenset({End.OPEN}), of)


def connection_refused(of: str = "1") -> Ended:
    return Ended(frozenset({End.REFUSED}), of)


@dataclass(frozen=True)
class Refused:
    """The request was refused: one answer with such a status or, `silently`, none, and then the
    end of the connection. No other answer, so nothing hidden behind it was taken for a request."""

    codes: tuple[int, ...]
    of: str = "1"
    silently: bool = True

    def problems(self, seen: Seen, declared: Mapping[str, str]) -> Iterator[Problem]:
        conversation = seen.conversation(self.of)
        wanted = " or ".join(map(str, self.codes))
        for number, answer in enumerate(conversation.answers):
            mark = (answer.start, answer.end)
            if number:
                text = "an answer behind the first, where the connection had to end"
                yield Problem(text, self.of, mark)
            elif answer.status not in self.codes:
                yield Problem(f"status {answer.status}, expected {wanted}", self.of, mark)
        if not conversation.answers and not self.silently:
            yield Problem(_no_answer(conversation, 0) + f", expected {wanted}", self.of)
        if conversation.end not in (End.CLOSED, End.RESET):
            yield Problem("the connection stays open behind what cannot be framed", self.of)


def refused(*codes: int, of: str = "1", silently: bool = True) -> Refused:
    return Refused(codes or (400,), of, silently)


@dataclass(frozen=True)
class Received:
    """What is in all that was received on a connection, whatever it is."""

    lacks: bytes
    of: str = "1"

    def problems(self, seen: Seen, declared: Mapping[str, str]) -> Iterator[Problem]:
        received = seen.conversation(self.of).received
        position = received.find(self.lacks)
        if position >= 0:
            mark = (position, position + len(self.lacks))
            yield Problem(f"{self.lacks!r} was sent", self.of, mark)


def never_sent(what: bytes, of: str = "1") -> Received:
    """These bytes came nowhere: in no header, reason or body."""
    return Received(what, of)


# -- Events --------------------------------------------------------------------------------------


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


# -- Combinations --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Either:
    """One of several lists of expectations holds whole."""

    choices: tuple[tuple[Expectation, ...], ...]

    def problems(self, seen: Seen, declared: Mapping[str, str]) -> Iterator[Problem]:
        found = [
            [one for expectation in choice for one in expectation.problems(seen, declared)]
            for choice in self.choices
        ]
        if all(found):
            first = found[0][0]
            text = ", and also not: ".join(problems[0].text for problems in found)
            yield Problem(text, first.conversation, first.mark, first.in_sent)


def either(*choices: Expectation | Sequence[Expectation]) -> Either:
    """`either(status(400), [status(200), connection_closed()])`."""
    return Either(
        tuple(tuple(choice) if isinstance(choice, Sequence) else (choice,) for choice in choices)
    )


@dataclass(frozen=True)
class ByDialect:
    """What is expected depends on what the subject declared for an option."""

    option: str
    choices: tuple[tuple[str, tuple[Expectation, ...]], ...]

    def problems(self, seen: Seen, declared: Mapping[str, str]) -> Iterator[Problem]:
        value = dialects.value(declared, self.option)
        for expectation in dict(self.choices).get(value, ()):
            for problem in expectation.problems(seen, declared):
                text = f"{problem.text} (as {self.option} is declared {value!r})"
                yield Problem(text, problem.conversation, problem.mark, problem.in_sent)


def by_dialect(option: str, **choices: Expectation | Sequence[Expectation]) -> ByDialect:
    """`by_dialect("wrong_method", **{"405": status(405), "404": status(404)})`.

    Raises ValueError for an option that there is none of, and for values that it has not.
    """
    values = dialects.OPTIONS[option].values
    if set(choices) != set(values):
        raise ValueError(f"{option} has the values {values}, not {tuple(choices)}")
    return ByDialect(
        option,
        tuple(
            (value, tuple(choice) if isinstance(choice, Sequence) else (choice,))
            for value, choice in choices.items()
        ),
    )


# -- Words ---------------------------------------------------------------------------------------


def _octets(text: bytes | str | None) -> bytes | None:
    return text.encode() if isinstance(text, str) else text


def _short(data: bytes, limit: int = 120) -> str:
    return repr(data) if len(data) <= limit else f"{data[:limit]!r}… ({len(data)} bytes)"


def _from_answer(conversation: Conversation, index: int) -> tuple[int, int] | None:
    if index < len(conversation.answers):
        return conversation.answers[index].start, conversation.answers[-1].end
    return None
