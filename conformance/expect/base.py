"""What every expectation is: a value with one pure method, and the words it speaks in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from ..seen import Conversation, Seen


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


def octets(text: bytes | str | None) -> bytes | None:
    return text.encode() if isinstance(text, str) else text


def short(data: bytes, limit: int = 120) -> str:
    return repr(data) if len(data) <= limit else f"{data[:limit]!r}… ({len(data)} bytes)"


def no_answer(conversation: Conversation, index: int) -> str:
    which = "no answer" if index == 0 else f"no answer number {index + 1}"
    if conversation.problem is not None:
        return f"{which} that a client could read: {conversation.problem}"
    return f"{which}; the connection is {conversation.end.value}"
