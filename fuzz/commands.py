"""The command `trueline fuzz`: what is asked for, help; and which files `trueline replay` leaves to
it.

Owns its command line. It is found by the entry point `trueline.commands` and loaded for every
command of `trueline`, so it imports what does the work when that is asked for.

exit status: 0 clean, 1 a finding, 2 the target or the command line is wrong, 3 vacuous
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from conformance.arguments import count, positive

from .engines import DEFAULT, ENGINES
from .targets import TARGETS

COMMANDS = ("fuzz",)
"""What `run` is for."""

SECONDS = 60.0

USAGE = """trueline fuzz TARGET [SUBJECT] [options]
       trueline fuzz TARGET [options] -- COMMAND...
       trueline fuzz min FINDING... [TARGET] [SUBJECT]
       trueline fuzz merge TARGET FOLDER...
       trueline fuzz quirks [READER READER]"""

_HELP = f"""\
targets:
{chr(10).join(f"  {name:<13} {says}" for name, says in TARGETS.items())}

engines:
{chr(10).join(f"  {name:<13} {about.says}" for name, about in ENGINES.items())}

examples:
  trueline fuzz parser                            a minute with Hypothesis
  trueline fuzz parser --engine grammar --seconds 600 --jobs 4
  trueline fuzz router --engine grammar --executions 100000 --seed 7
                                                  the same run again, whenever
  trueline fuzz socket aiohttp --engine grammar   a server, by the name of its adapter
  trueline fuzz socket --url http://127.0.0.1:8080
                                                  a server that is running; only one of your own
  trueline fuzz differential my_adapter.py --python venv
  trueline fuzz differential -- node adapter.mjs  a server and the reference, the same to both
  trueline fuzz min .trueline/fuzz/parser         make all findings of a folder smaller
  trueline fuzz merge parser .trueline/fuzz/parser/corpus other/corpus
                                                  one input for each signature, in the first folder
  trueline fuzz quirks httptools h11              what they disagree on and nobody has declared
  trueline replay .trueline/fuzz/parser           does what was found still happen?

What is found is written into the folder of the run as soon as it is found: findings.jsonl, the raw
octets, a regression test for each; Ctrl-C loses nothing. It is tried first by every later run.

exit status: 0 clean, 1 an open finding that --known does not list, 2 the target, the engine or the
command line is wrong, 3 the run was vacuous: next to nothing was tried, or nothing accepted
"""


def add(commands: Any) -> None:
    """Add the command to the parser of `trueline`."""
    parser = commands.add_parser(
        "fuzz",
        help="look for what nobody listed: the parser, the router, any server",
        usage=USAGE,
        epilog=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("words", nargs="*", metavar="TARGET", help=argparse.SUPPRESS)
    _add_how(parser)
    _add_where(parser)
    parser.add_argument("--plant", metavar="NAME", help=argparse.SUPPRESS)
    parser.add_argument("--opener", metavar="MODULE:NAME", help=argparse.SUPPRESS)


def _add_how(parser: argparse.ArgumentParser) -> None:
    """How inputs are drawn, and how many."""
    parser.add_argument(
        "--engine", metavar="NAME", default=DEFAULT, help=f"{', '.join(ENGINES)} (%(default)s)"
    )
    parser.add_argument(
        "--seconds",
        type=positive,
        metavar="N",
        help=f"how long ({SECONDS:g}, unless --executions is given)",
    )
    parser.add_argument("--executions", type=count, metavar="N", help="how many inputs")
    parser.add_argument(
        "--seed", type=int, metavar="S", help="draw the same again; without it one is chosen, shown"
    )
    parser.add_argument(
        "--jobs",
        type=count,
        metavar="N",
        default=min(2, os.cpu_count() or 1),
        help="processes (%(default)s)",
    )


def _add_where(parser: argparse.ArgumentParser) -> None:
    """Where inputs and subjects come from, and where findings go."""
    parser.add_argument(
        "--corpus",
        metavar="DIR",
        help="a folder of inputs to begin with, and to keep new ones in (corpus in --out)",
    )
    parser.add_argument(
        "--out", metavar="DIR", help="the folder of findings (.trueline/fuzz/TARGET[-SUBJECT])"
    )
    parser.add_argument("--known", metavar="FILE", help="buckets that fail no run, one in a line")
    parser.add_argument(
        "--database",
        metavar="NAME",
        help="share findings and corpus: a folder, redis://HOST:PORT/0, github:OWNER/REPO",
    )
    parser.add_argument(
        "--python", metavar="PATH", help="interpreter, or virtual environment, of the subject"
    )
    parser.add_argument("--url", metavar="URL", help="a server that is running already")
    parser.add_argument(
        "--json", metavar="FILE", help="write the results there; - for standard output"
    )


def run(options: argparse.Namespace, command: Sequence[str]) -> int:
    """Do what is asked for; returns the exit status. Raises AdapterError, with what to do."""
    from .campaign.asking import run

    return run(options, command)


def replays(words: Sequence[str]) -> bool:
    """Whether these files, or this folder, are of a fuzzer rather than of `trueline explore`."""
    path = Path(words[0])
    if path.is_dir():
        names = ("findings.jsonl", "*.bin", "*.txt")
        return any(found for name in names for found in path.glob(name))
    return path.suffix in (".bin", ".txt", ".jsonl")


def replay(options: argparse.Namespace, command: Sequence[str]) -> int:
    """`trueline replay` for them; returns the exit status. Raises AdapterError."""
    from .campaign.replaying import run

    return run(options, command)
