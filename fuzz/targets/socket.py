"""The socket target: any server, by its adapter or its URL, held against the rules.

Owns the property. What it asks of a connection stands in `net.judging`.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..net.client import Heard
from ..net.expected import Expected
from ..net.judging import judge
from ..net.outcomes import end_word, statuses
from ..net.playing import PlayingTarget
from ..target import Seen, Wanted


class SocketTarget(PlayingTarget):
    """Octets on a new connection to a server."""

    name = "socket"

    def judge(self, data: bytes, may: Expected, heard: Sequence[Heard]) -> Seen:
        """Invariant: what comes back is a sequence of well-formed answers, in the order of the
        requests, never more than there are requests, and then the end of the connection. A valid
        request is answered, and its handler sees what was sent; what must be refused is not
        served, nor anything behind it when nobody can tell where it ends. The server never fails.
        """
        [one] = heard
        judge(may, one, self.servers[0].nonce)
        return Seen(
            f"{may.words}: {statuses(one)} {end_word(one)}",
            accepted=any(200 <= answer.status < 300 for answer in one.answers),
            units=max(1, len(one.answers)),
        )


def open_target(wanted: Wanted) -> SocketTarget:
    """Raises AdapterError when the subject cannot be started."""
    return SocketTarget(wanted)
