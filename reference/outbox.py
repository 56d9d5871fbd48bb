"""Answers that are ready, sent together once a turn of the event loop.

Owns when answers leave, not what they are. Handlers that end in the same turn have their answers
sent back to back: a client on the same machine is woken once for several of them rather than once
for each, which costs more than making a small answer does. And answers to pipelined requests that
follow one another without waiting share one write.
"""

from __future__ import annotations

import asyncio
from typing import Protocol


class Sender(Protocol):
    """A connection with answers to send."""

    def send_ready(self, now_s: float) -> bool:
        """Send what is ready; False to be asked again in the next turn, when there may be more.

        `now_s` is the time of the event loop's clock."""


class Outbox:
    """The senders with something to send; one for all connections of a server."""

    __slots__ = ("_loop", "_senders")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._senders: list[Sender] = []

    def add(self, sender: Sender) -> None:
        """Have `sender` asked in the next turn; it must not be in here."""
        if not self._senders:
            self._loop.call_soon(self._send_all)
        self._senders.append(sender)

    def _send_all(self) -> None:
        senders, self._senders = self._senders, []
        now_s = self._loop.time()
        for sender in senders:
            if not sender.send_ready(now_s):
                self.add(sender)
