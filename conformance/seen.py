"""What was seen while a check ran: the only thing that is judged.

Owns the record; `sweep` writes it, `expect` and `judge` read it, reports show it. All immutable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .steps import End


@dataclass(frozen=True)
class Answer:
    """One response. Header names and values are decoded as latin-1, in order, duplicates kept.

    `start` and `end` are its offsets in what was received. `framing` is "length", "chunked",
    "close", "none" (no body can follow), or "cut" when it is incomplete or nobody can tell where it
    ends; `problem` says what is wrong with its form (RFC 9112), in words, None when nothing is.
    """

    status: int
    reason: str
    version: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    framing: str = "length"
    start: int = 0
    end: int = 0
    problem: str | None = None

    def values(self, name: str) -> list[str]:
        """The values of a header, in order; its name in any case."""
        lower = name.lower()
        return [value for key, value in self.headers if key.lower() == lower]

    @property
    def is_complete(self) -> bool:
        return self.framing != "cut"


@dataclass(frozen=True)
class Conversation:
    """What went over one connection, or for an Ask, of one request on it.

    `is_raw` tells whether `sent` and `received` are the very bytes; of the client's requests they
    are put together again from what it says of them. 1xx answers are in `interim`. `rest` is what
    followed the last whole answer and is none itself.
    """

    name: str
    sent: bytes = b""
    received: bytes = b""
    answers: tuple[Answer, ...] = ()
    interim: tuple[Answer, ...] = ()
    rest: bytes = b""
    end: End = End.OPEN
    is_raw: bool = True
    problem: str | None = None
    """Why the client could make nothing of the answer."""


@dataclass(frozen=True)
class Happening:
    """An event as the adapter told it. `request` is the name of a request of the check; None for
    events that belong to none, as those of hooks."""

    kind: str
    who: str
    request: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Rejection:
    """Why an app was not started. `kind` is "unsupported" (the adapter cannot express it) or
    "rejected" (the framework refuses it)."""

    kind: str
    message: str


@dataclass(frozen=True)
class Gauged:
    """What the subject's processes had taken at a time, over its whole session."""

    memory_bytes: int
    cpu_s: float
    descriptors: int


@dataclass(frozen=True)
class CrowdSeen:
    """What became of the requests of a crowd.

    foreign      got an answer that did not hold what only their own would
    unanswered   got no whole answer
    """

    asked: int
    statuses: Mapping[int, int] = field(default_factory=dict)
    foreign: int = 0
    unanswered: int = 0


@dataclass(frozen=True)
class Seen:
    """All that was seen of one run of a check.

    conversations  by name; of a crowd the first one that went wrong
    crowds, gauges by the names of their steps
    events         in the order in which the adapter wrote them
    nonce          what echo responses of the started process hold
    rejection      the app was not started, so there is nothing else
    missed         the step whose deadline passed, in words; the steps behind it were not made
    died           how the subject's process ended while the check ran and had not asked for it
    exit_status    of a process in the foreground that has ended; negative for a signal
    stderr         what the adapter wrote there meanwhile
    """

    conversations: Mapping[str, Conversation] = field(default_factory=dict)
    crowds: Mapping[str, CrowdSeen] = field(default_factory=dict)
    gauges: Mapping[str, Gauged] = field(default_factory=dict)
    events: tuple[Happening, ...] = ()
    nonce: str = ""
    rejection: Rejection | None = None
    missed: str | None = None
    died: str | None = None
    exit_status: int | None = None
    stderr: str = ""

    def conversation(self, name: str) -> Conversation:
        """The conversation of that name; an empty one when it never began."""
        return self.conversations.get(name) or Conversation(name)
