"""The reference against itself, on each event loop: the oracle must agree with itself.

Owns docs/oracle.md.

    python -m conformance.generate.itself docs --apps 2000
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..driver import Command
from ..subject import command_for
from .explore import Explorer, Plan, Tally
from .properties import Failure
from .stage import Stage

LOOPS = ("asyncio", "uvloop")
_NO_KIT = Path("none")  # the reference runs where the harness does


def explore_itself(loop: str, apps: int, seed: int) -> Tally:
    """So many applications, played by the reference on that loop and by the reference."""
    oracle = command_for("reference", None, _NO_KIT)
    subject = Command([*oracle.argv, "--loop", loop], f"reference on {loop}", oracle.env)
    with Stage([subject, oracle]) as stage:
        explorer = Explorer(stage, Plan(seed=seed, examples=apps), _show)
        return replace(explorer.explore("differential"), name=loop)


def document(tallies: Sequence[Tally], apps: int, seed: int) -> str:
    lines = [
        "# The oracle against itself",
        "",
        "Generated applications, each served by the reference on one event loop and by another",
        "process of the reference on asyncio, and compared as a subject is.",
        "",
        f"    python -m conformance.generate.itself docs --apps {apps} --seed {seed}",
        "",
        "| loop | apps | requests | differences | seconds |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.name} | {one.apps} | {one.requests} | {_found(one)} | {one.duration_s:.0f} |"
        for one in tallies
    ]
    return "\n".join(lines) + "\n"


def _found(tally: Tally) -> str:
    if tally.failure is None:
        return "none"
    assert isinstance(tally.failure, Failure)
    return "; ".join(str(one) for one in tally.failure.differences)


def _show(tally: Tally) -> None:
    if tally.trials % 100 == 0 or tally.is_over:
        sys.stderr.write(f"\r{tally.trials} apps, {tally.requests} requests ")
        sys.stderr.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when the reference agrees with itself."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--apps", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    tallies = []
    for loop in LOOPS:
        tallies.append(explore_itself(loop, options.apps, options.seed))
        sys.stderr.write(f"on {loop}: {_found(tallies[-1])}\n")
    text = document(tallies, options.apps, options.seed)
    (options.folder / "oracle.md").write_text(text, encoding="utf-8")
    return 1 if any(one.failure is not None for one in tallies) else 0


if __name__ == "__main__":
    sys.exit(main())
