"""What may come back on a connection: a model of it, told what was sent, that judges what came.

Owns the requirements of a connection: whose answers come, in which order, how many, and when it
ends. Opens no socket and waits for nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..seen import Answer, Conversation
from ..steps import End
from .case import ID_FIELD
from .observed import Outcome, Reply
from .violations import INJECTED
from .wire import Octets

REFUSALS = frozenset({301, *range(400, 500), 501, 505})
"""What a request may be refused with. Any other 5xx says that the server failed at it."""

_ENDED = (End.CLOSED, End.RESET)


@dataclass(frozen=True)
class Problem:
    """What is wrong. `aspect` is its kind in a word or two, `id` that of the request concerned."""

    aspect: str
    text: str
    id: str | None = None


@dataclass
class Dialogue:
    """One connection, as its client knows it.

    asked        the requests that were sent, in order, with their ids
    begun        the id and octets of one of which only a part was sent, behind them
    sent_octets  how much of that one was sent
    half_closed  the client has ended its sending side
    left         the client has closed or reset the connection: nothing more is expected
    """

    asked: list[tuple[str, Octets]] = field(default_factory=list)
    begun: tuple[str, Octets] | None = None
    sent_octets: int = 0
    half_closed: bool = False
    left: bool = False

    def is_settled(self, seen: Conversation) -> bool:
        """Whether all has come that has to come, be it the end of the connection."""
        if seen.end is not End.OPEN or _is_lost(seen):
            return True
        return not self._has_to_end(seen) and len(seen.answers) >= len(self.asked)

    def problems(self, seen: Conversation, *, waited: bool) -> Iterator[Problem]:
        """What is wrong with what came; `waited` when there was time for all that has to come."""
        yield from self._of_answers(seen)
        if self.left:
            return
        if seen.end is End.OPEN:
            if waited and not self.is_settled(seen):
                yield self._missing(seen)
            return
        if seen.end is End.REFUSED:
            yield Problem("refused", "the connection was refused")
            return
        yield from self._of_end(seen)

    # -- Answers ---------------------------------------------------------------------------------

    def _of_answers(self, seen: Conversation) -> Iterator[Problem]:
        ending, last = None, None
        for place, answer in enumerate(seen.answers):
            if ending is not None:
                text = f"{_line(answer)} comes behind {ending}"
                yield Problem("answer behind the end", text, last)
                return
            if not answer.is_complete and (self.half_closed or self.left):
                return  # the end may come at any time, and the client can tell
            yield from self._of_answer(place, answer)
            ending = self._ending(place, answer)
            last = self.asked[place][0] if place < len(self.asked) else None
        if seen.rest and _is_lost(seen):
            yield Problem("stray octets", f"{seen.rest[:60]!r} belongs to no answer")

    def _of_answer(self, place: int, answer: Answer) -> Iterator[Problem]:
        if place >= len(self.asked):
            yield from self._of_unasked(answer)
            return
        id, octets = self.asked[place]
        if answer.problem is not None or not answer.is_complete:
            said = answer.problem or "it is cut short"
            yield Problem("malformed answer", f"the answer to {id}: {said}", id)
        elif octets.verdict.refuses and answer.status in REFUSALS:
            pass
        elif octets.verdict.serves:
            yield from _of_own(id, octets, answer)
        elif 200 <= answer.status < 300:
            yield Problem("taken as it stands", f"{id} is answered with {_line(answer)}", id)
        else:
            yield Problem("fails at it", f"{id} is answered with {_line(answer)}", id)

    def _of_unasked(self, answer: Answer) -> Iterator[Problem]:
        if self.begun is not None and answer.status in REFUSALS:
            return  # it has seen enough of that one
        if self.begun is not None:
            id = self.begun[0]
            yield Problem(
                "incomplete", f"{id} is incomplete and has the answer {_line(answer)}", id
            )
        elif answer.status != 408:  # as servers close an idle connection
            yield Problem("answer to nothing", f"{_line(answer)} answers no request")

    def _ending(self, place: int, answer: Answer) -> str | None:
        """Why nothing more may come behind this answer."""
        if any("close" in value.lower() for value in answer.values("Connection")):
            return "an answer that says close"
        if place >= len(self.asked):
            return "the answer to an incomplete request"
        id, octets = self.asked[place]
        return None if octets.verdict.goes_on else f"the answer to {id}, the last one"

    # -- The end ---------------------------------------------------------------------------------

    def _has_to_end(self, seen: Conversation) -> bool:
        if self.begun is not None and self.half_closed:
            return True
        if not all(octets.verdict.goes_on for _, octets in self.asked):
            return True
        return any(
            self._ending(place, answer) is not None for place, answer in enumerate(seen.answers)
        )

    def _missing(self, seen: Conversation) -> Problem:
        count = len(seen.answers)
        last = self._last()
        if count < len(self.asked) and count <= last:
            id = self.asked[count][0]
            return Problem("no answer", f"{id} has no answer in time, nor the end", id)
        return Problem("stays open", "the connection stays open where it has to end")

    def _last(self) -> int:
        """The place of the request behind which nothing is answered."""
        for place, (_, octets) in enumerate(self.asked):
            if not octets.verdict.goes_on:
                return place
        return len(self.asked)

    def _of_end(self, seen: Conversation) -> Iterator[Problem]:
        """A server may end a connection behind any answer (RFC 9112 §9.3), so the first request at
        least has one, unless it may be refused or its client ended its side."""
        if self.asked and not seen.answers and not self.half_closed:
            id, octets = self.asked[0]
            if not octets.verdict.refuses:
                text = f"the connection is {seen.end.value} without an answer to {id}"
                yield Problem("closed without an answer", text, id)

    # -- Events ----------------------------------------------------------------------------------

    def event_problems(self, events: Sequence[tuple[str, str]]) -> Iterator[Problem]:
        """What is wrong with the events of handlers, pairs of kind and id of the request."""
        last = self._last()
        for place, (id, _) in enumerate(self.asked):
            times = events.count(("enter", id))
            if times > 1:
                yield Problem("ran twice", f"{id} was given to a handler {times} times", id)
            if times and place > last:
                text = f"{id} was given to a handler, behind the last request"
                yield Problem("ran behind the end", text, id)
        for id, octets in self._incomplete():
            is_head_whole = octets.is_head_whole
            if ("leave", id) in events:
                yield Problem("incomplete", f"a handler has read {id}, which is incomplete", id)
            elif ("enter", id) in events and not is_head_whole:
                text = f"{id} was given to a handler before its head was whole"
                yield Problem("incomplete", text, id)

    def _incomplete(self) -> Iterator[tuple[str, Octets]]:
        if self.begun is not None:
            id, octets = self.begun
            size = self.sent_octets - (len(octets.named(id)) - len(octets.data))
            yield id, Octets(octets.data[: max(size, 0)])
        yield from ((id, octets) for id, octets in self.asked if octets.is_cut)


def _is_lost(seen: Conversation) -> bool:
    """What came cannot be cut into answers any further."""
    is_last_cut = bool(seen.answers) and not seen.answers[-1].is_complete
    return is_last_cut or not b"HTTP/".startswith(seen.rest[:5])


def _of_own(id: str, octets: Octets, answer: Answer) -> Iterator[Problem]:
    """Whether an answer is that of this request, and shows that its handler saw what was sent."""
    echo = Reply(Outcome.ANSWERED, answer).echo
    if not 200 <= answer.status < 300 or echo is None:
        yield Problem("not served", f"{id} is answered with {_line(answer)}", id)
        return
    headers = [(name.lower(), value) for name, value in echo["headers"]]
    ids = [value for name, value in headers if name == ID_FIELD.lower()]
    if ids != [id]:
        text = f"{id} has the answer to {', '.join(ids) or 'a request without an id'}"
        yield Problem("another's answer", text, id)
    elif echo["body"] != _digest(octets.body):
        text = f"the handler of {id} read {echo['body']}, sent was {_digest(octets.body)}"
        yield Problem("another body", text, id)
    for name, value in headers:
        if name == INJECTED.decode().lower() or any(one in value for one in "\r\n\0"):
            yield Problem("injected", f"the handler of {id} saw the field {name!r}: {value!r}", id)


def _digest(body: bytes) -> dict[str, Any]:
    return {"length": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def _line(answer: Answer) -> str:
    return f"{answer.status} {answer.reason}".rstrip()
