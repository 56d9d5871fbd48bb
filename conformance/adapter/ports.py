"""A port for a server that can only be told a number."""

from __future__ import annotations

import errno
import random
import socket

# Below those that systems give to whoever asks for any: until the server listens, the port is free
# to all, and any connection that is opened meanwhile could get it.
_PORTS = range(20_000, 32_768)
_choices = random.SystemRandom()  # an application that seeds `random` chooses no ports by that


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has. Raises OSError where none can be had at all."""
    while True:
        port = _choices.choice(_PORTS)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as exc:
                if exc.errno != errno.EADDRINUSE:
                    raise
            else:
                return port
