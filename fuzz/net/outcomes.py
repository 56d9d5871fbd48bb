"""What came back on a connection, normalised: for signatures, and to be held side by side.

Owns what is left out: how often, how much, and in which words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import unquote

from conformance.seen import Answer
from conformance.steps import End

from .client import Heard
from .echoes import METHODS_WITH_CONTENT, echo_of
from .judging import kind_of

_MOST_GROUPS = 3


@dataclass(frozen=True)
class Outcome:
    """What became of one request.

    kind   "served", "redirected", "refused", "not offered" (501 and the like), "failed"
    method, path, body   what its handler saw, None for an answer that does not tell
    """

    status: int
    kind: str
    method: str | None = None
    path: str | None = None
    body: Any = None

    @property
    def is_served(self) -> bool:
        return self.kind == "served"

    def differences(self, other: Outcome, method: bytes) -> Iterator[tuple[str, Any, Any]]:
        """The aspects in which two handlers of a request saw different ones, with what each saw.

        A framework may leave a path encoded, and the content of a GET alone.
        """
        if self.method is None or other.method is None:
            return
        if self.method != other.method:
            yield "method", self.method, other.method
        if unquote(self.path or "") != unquote(other.path or ""):
            yield "path", self.path, other.path
        bodies = [one for one in (self.body, other.body) if one is not None]
        if method not in METHODS_WITH_CONTENT:
            bodies = [one for one in bodies if one["length"]]
        if len(bodies) == 2 and bodies[0] != bodies[1]:
            yield "body", bodies[0], bodies[1]


def outcomes(heard: Heard, nonce: str) -> list[Outcome]:
    """In the order of the answers. `nonce` as for `judging.judge`."""
    return [_outcome(answer, nonce) for answer in heard.answers]


def _outcome(answer: Answer, nonce: str) -> Outcome:
    echo = echo_of(answer, nonce)
    if echo is None:
        return Outcome(answer.status, kind_of(answer.status))
    return Outcome(answer.status, "served", echo["method"], echo["path"], echo["body"])


def statuses(heard: Heard) -> str:
    """The statuses in order; what repeats is said once with a plus, and what is many is cut."""
    return _run_together(str(answer.status) for answer in heard.answers)


def classes(heard: Heard) -> str:
    """The same with the kinds of outcomes."""
    return _run_together(kind_of(answer.status) for answer in heard.answers)


def _run_together(words: Iterable[str]) -> str:
    groups = [f"{word}+" if len(list(same)) > 1 else word for word, same in groupby(words)]
    more = ["…"] if len(groups) > _MOST_GROUPS else []
    return " ".join(groups[:_MOST_GROUPS] + more) or "no answer"


def end_word(heard: Heard) -> str:
    """How the connection ended, and whose side did so first."""
    if heard.end is End.OPEN:
        return "stays open"
    first = "quiet, then " if heard.is_quiet else "" if heard.is_half_closed else "itself "
    return f"{first}{heard.end.value}"
