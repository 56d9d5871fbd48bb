"""One input for a target, for whatever other fuzzer: the octets are the input itself.

    fuzz_one_input = one_input(Wanted("parser"))      in process
    python -m fuzz.engines.one_input parser FILE...   a process, also with one input on its stdin

Owns no loop: that is the other fuzzer's. The grammar as a mutator is there for one that takes it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from ..choices import Chance
from ..language import Language
from ..target import Target, Violation, Wanted
from ..targets import TARGETS, WITH_SUBJECT, opened

FRESH_IN_16 = 2


class Broken(Exception):
    """A violation. What it says opens with its bucket and has nothing of the input in its first
    line, so that a fuzzer that tells crashes apart by what they say has one for each cause."""


def one_input(wanted: Wanted) -> Callable[[bytes], None]:
    """Open a target for as long as the process is there; what is returned checks an input, and
    raises Broken. Raises AdapterError when its subject cannot be started."""
    return raising(opened(wanted))


def raising(target: Target) -> Callable[[bytes], None]:
    """The property of a target as a function that raises Broken."""

    def fuzz_one_input(data: bytes) -> None:
        try:
            target.check(data)
        except Violation as violation:
            sides = " / ".join(filter(None, (violation.left, violation.right)))
            raise Broken(
                f"{violation.bucket} {violation.kind}: {sides}\n{violation.text}"
            ) from violation

    return fuzz_one_input


def mutator(language: Language) -> Callable[[bytes, int, int], bytes]:
    """A mutator as libFuzzer takes it: octets, the most octets there may be, and a seed."""

    def mutate(data: bytes, max_bytes: int, seed: int) -> bytes:
        choices = Chance(seed)
        if choices.below(16) < FRESH_IN_16:
            return language.draw(choices)[:max_bytes]
        return language.mutate(data, data, choices)[:max_bytes]

    return mutate


def main(arguments: list[str]) -> None:
    in_process = sorted(TARGETS.keys() - WITH_SUBJECT)
    if not arguments or arguments[0] not in in_process:
        sys.exit(f"usage: python -m fuzz.engines.one_input {'|'.join(in_process)} [FILE...]")
    check = one_input(Wanted(arguments[0]))
    files = arguments[1:]
    for data in [Path(name).read_bytes() for name in files] or [sys.stdin.buffer.read()]:
        check(data)


if __name__ == "__main__":
    main(sys.argv[1:])
