"""What was observed of a case: the answer to each request and the events of each.

Owns the record that comparisons read. All immutable, and free of what differs from run to run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any

from ..seen import Answer


class Outcome(Enum):
    """What became of a request."""

    ANSWERED = "answered"
    CLOSED = "connection closed without an answer"
    RESET = "connection reset without an answer"
    REFUSED = "connection refused"
    SILENT = "no answer in time"
    CUT = "incomplete or malformed answer"


@dataclass(frozen=True)
class Reply:
    """What one request brought.

    events     of this request, "enter m1", "leave r1", in their order
    repeated   it was sent once more, on a connection of its own, since the first one was closed
               behind an earlier answer, as a server may (RFC 9112 §9.3)
    """

    outcome: Outcome
    answer: Answer | None = None
    events: tuple[str, ...] = ()
    repeated: bool = False

    @property
    def status(self) -> int:
        return 0 if self.answer is None else self.answer.status

    @cached_property
    def echo(self) -> Mapping[str, Any] | None:
        """What the handler saw, if the answer is an echo."""
        if self.answer is None or not self.answer.body.startswith(b'{"nonce"'):
            return None
        try:
            said = json.loads(self.answer.body)
        except ValueError:
            return None
        return said if isinstance(said, dict) else None


@dataclass(frozen=True)
class Observed:
    """What a subject did with a case.

    refusal     why the application was not served; "unsupported" or "rejected" in front
    replies     by the id of the request
    hooks       events that belong to no request, in their order
    answers     how many came in all, also such that nobody asked for
    died        how the subject's process ended meanwhile
    stderr      what it wrote there
    """

    refusal: str | None = None
    replies: Mapping[str, Reply] = field(default_factory=dict)
    hooks: tuple[str, ...] = ()
    unasked: tuple[bytes, ...] = ()
    died: str | None = None
    stderr: str = ""

    @property
    def is_unsupported(self) -> bool:
        return self.refusal is not None and self.refusal.startswith("unsupported")
