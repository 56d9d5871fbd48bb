"""Adapters that are wrong, or whose subject is: `python wrong.py MODE`.

The first group never gets as far as a check; the second is the miniature with a subject that fails
on one request.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from typing import Any

from conformance.adapters.miniature import MiniatureAdapter

SUBJECTS = {
    "dies", "exits-on-request", "floods", "hangs", "leaves-a-child", "port-in-use", "prints",
    "right",
}  # fmt: skip
HELLO = {"re": "hello", "protocol": 1, "name": "wrong"}


def say(line: str) -> None:
    os.write(1, line.encode() + b"\n")


def told(mode: str) -> None:
    """What an adapter says that speaks no protocol 1."""
    if mode == "garbage":
        say("Listening on http://localhost:8000")
    elif mode == "other-json":
        say("[1, 2]")
    elif mode == "exits":
        sys.stderr.write("Traceback: ...\nModuleNotFoundError: No module named 'nosuch'\n")
        sys.exit(1)
    elif mode == "malformed":
        say(json.dumps({**HELLO, "dialect": ["405"]}))
    elif mode == "unknown-dialect":
        say(json.dumps({**HELLO, "dialect": {"wrong_method": "418"}}))
    elif mode == "long-line":
        say("x" * 2_000_000)
    elif mode == "unasked":
        say(json.dumps({"re": "stop", "id": "a9"}))
    elif mode == "reads-no-more":
        say(json.dumps(HELLO))
        os.close(0)
    elif mode == "unknown-app":
        say(json.dumps({"event": "enter", "app": "a9", "who": "r1", "request": None}))
    signal.pause()  # also what `silent` does


class Wrong(MiniatureAdapter):
    """The miniature, until the path has the word `trigger`."""

    name = "wrong"
    mode = ""

    def saw(self, request: Any) -> Any:
        saw = super().saw(request)
        if self.mode == "floods":
            sys.stderr.write("x" * 65536 + "\n")
        if "trigger" in saw.path:
            self.fail()
        return saw

    async def serve(self, application: Any, app: Any, sock: Any) -> Any:
        if self.mode == "port-in-use":
            sock.listen()
            with socket.socket() as second:
                second.bind(sock.getsockname())
        return await super().serve(application, app, sock)

    def fail(self) -> None:
        if self.mode == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.mode == "exits-on-request":
            os._exit(3)
        elif self.mode == "hangs":
            while True:
                time.sleep(60)  # the event loop with it
        elif self.mode == "prints":
            print("a framework that prints to stdout")  # noqa: T201
        elif self.mode == "leaves-a-child":
            subprocess.Popen(["sleep", "600"])


def main() -> None:
    mode = sys.argv[1]
    if mode in SUBJECTS:
        Wrong.mode = mode
        Wrong(frozenset()).main()
    else:
        told(mode)


if __name__ == "__main__":
    main()
