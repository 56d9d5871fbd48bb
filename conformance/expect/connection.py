"""What is expected of a connection: how many answers, what else was sent, how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..seen import Conversation, Seen
from ..steps import End
from .base import Problem, no_answer, short


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
                f"{short(conversation.rest)} follows the last answer",
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
            yield Problem(no_answer(conversation, 0) + f", expected {wanted}", self.of)
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


def _from_answer(conversation: Conversation, index: int) -> tuple[int, int] | None:
    if index < len(conversation.answers):
        return conversation.answers[index].start, conversation.answers[-1].end
    return None
