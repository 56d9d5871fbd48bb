"""The line protocol with the harness, seen from the adapter.

Owns the two pipes. What the framework prints must not get among the messages, so the pipes are
moved away from the standard streams: output goes to stderr, and nothing comes from stdin.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any, Dict

Message = Dict[str, Any]


class Channel:
    """Messages from the harness and to it, one JSON object a line."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._lock = threading.Lock()
        self._buffer = b""

    @classmethod
    def from_standard_streams(cls) -> Channel:
        channel = cls(os.dup(0), os.dup(1))
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        # By lines, so that what is printed stands in its place among what stderr has.
        sys.stdout = os.fdopen(os.dup(2), "w", buffering=1)
        return channel

    def with_input(self, read_fd: int) -> Channel:
        """A channel with the same output; for a child that gets its messages from its parent."""
        return Channel(read_fd, self._write_fd)

    @property
    def read_fd(self) -> int:
        return self._read_fd

    def send(self, message: Message) -> None:
        data = (json.dumps(message) + "\n").encode("ascii")
        with self._lock:
            while data:
                try:
                    data = data[os.write(self._write_fd, data) :]
                except BrokenPipeError:
                    os._exit(1)  # the harness is gone, and nobody is left to serve

    def receive(self) -> list[Message] | None:
        """The messages that the next read completes, perhaps none; None at the end."""
        data = os.read(self._read_fd, 65536)
        if not data:
            return None
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        return [json.loads(line) for line in lines if line.strip()]

    def messages(self) -> Iterator[Message]:
        """Every message until the end."""
        while True:
            received = self.receive()
            if received is None:
                return
            yield from received
