"""An adapter with a process for each app, whose framework never gets to serve: `forks.py MODE`.

raises    the entry point raises
exits     it raises SystemExit, as some do for what they do not like
returns   it comes back at once
"""

from __future__ import annotations

import os
import sys
from typing import Any

from conformance.adapter import ForkingAdapter, Running

MODE = sys.argv[1]


class Forks(ForkingAdapter):
    name = "forks"

    def build(self, app: Running) -> None:
        print("what a framework prints is no message", flush=True)  # noqa: T201

    def run(self, application: Any, app: Running, host: str, port: int) -> None:
        if MODE == "raises":
            raise RuntimeError(f"no serving in {os.path.basename(__file__)}")
        if MODE == "exits":
            sys.exit("the configuration is none")


if __name__ == "__main__":
    Forks().main()
