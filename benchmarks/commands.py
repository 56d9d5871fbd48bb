"""The command `trueline bench`: what is asked for, and help.

Owns its command line. It is found by the entry point `trueline.commands` and loaded for every
command of `trueline`, so it imports what does the work when that is asked for.

exit status: 0 pass, 1 slower beyond the margin, 2 wrong use or wrong responses, 3 inconclusive
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from conformance.arguments import count, number_of, positive

from .names import ACTIONS, LOOPS, MEANT_FOR, SCENARIO_NAMES

COMMANDS = ("bench",)
"""What `run` is for."""

USAGE = """trueline bench run SUBJECT... [options]
       trueline bench compare A B... [options]
       trueline bench compare --base REV --head REV SUBJECT [options]
       trueline bench aa SUBJECT [options]
       trueline bench latency | memory | startup | instr SUBJECT... [options]"""

_HELP = """\
what is measured:
  run       requests per second with an interval, processor time, latency at a fixed rate
  compare   B and each other one against A: restarts in pairs, an interval, a verdict
  aa        a subject against itself: what this machine can tell apart
  latency   percentiles at one rate for all, from the moment a request was due
  memory    at rest, for each idle connection, while 1 GiB goes up and down
  startup   from starting the process to its first answer
  instr     instructions for a request, under callgrind

subjects:
  aiohttp                 a bundled adapter, in this environment
  aiohttp==3.13.2         that release, in an environment made for it
  aiohttp@venv            in a virtual environment, or with an interpreter
  my_adapter.py           an adapter, or a module with the guide's API
  cmd:"node adapter.mjs"  an adapter in any language
  peer:socketify          a small server of benchmarks/peers
  --base main --head .    a project's revisions, each installed; `.` is the folder as it is

examples:
  trueline bench compare aiohttp reference --scenario plaintext,param,json
  trueline bench compare aiohttp==3.11.18 aiohttp==3.13.2 --seconds 180
  trueline bench compare --base main --head . reference --markdown "$GITHUB_STEP_SUMMARY"
  trueline bench compare reference aiohttp sanic --chart ratios.svg --json ratios.json
  trueline bench run reference --loop uvloop --scenario plaintext+new
  trueline bench aa reference --seconds 120
  trueline bench latency aiohttp reference --rate 2000
  trueline bench instr reference --scenario plaintext,json

scenarios: %(scenarios)s;
`+new` behind one opens a connection for each request; `all` is all of them.

exit status: 0 pass, 1 slower beyond the margin, 2 wrong use or wrong responses, 3 inconclusive
"""

LOADS = ("auto", "wrk", "builtin")


def add(commands: Any) -> None:
    """Add the command to the parser of `trueline`."""
    parser = commands.add_parser(
        "bench",
        help="how fast, against another one or the last commit, with an interval",
        usage=USAGE,
        epilog=_HELP % {"scenarios": ", ".join(SCENARIO_NAMES)},
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("action", choices=ACTIONS, metavar="ACTION", help=argparse.SUPPRESS)
    parser.add_argument("words", nargs="*", metavar="SUBJECT", help=argparse.SUPPRESS)
    _add_what(parser)
    _add_how(parser)
    _add_where(parser)
    parser.set_defaults(defaults={name: parser.get_default(name) for name in MEANT_FOR})


def _add_what(parser: argparse.ArgumentParser) -> None:
    """What is measured."""
    parser.add_argument(
        "--scenario",
        metavar="NAME,...",
        default="plaintext,param,json",
        help="loads, or `all` (%(default)s)",
    )
    parser.add_argument("--loop", choices=LOOPS, default=LOOPS[0], help="event loop (%(default)s)")
    parser.add_argument("--base", metavar="REV", help="A is this revision of the project here")
    parser.add_argument("--head", metavar="REV", help="B is that one (`.`, the folder as it is)")
    parser.add_argument(
        "--repository", metavar="DIR", default=".", help="where the revisions are (%(default)s)"
    )
    parser.add_argument(
        "--python", metavar="PATH", help="interpreter that environments are made with"
    )


def _add_how(parser: argparse.ArgumentParser) -> None:
    """How it is measured."""
    parser.add_argument(
        "--seconds",
        type=positive,
        metavar="N",
        default=60.0,
        help="about how long one comparison may take (%(default)g)",
    )
    parser.add_argument("--restarts", type=count, metavar="N", help="instead of --seconds")
    parser.add_argument(
        "--margin",
        type=_percent,
        metavar="P",
        default=0.03,
        help="percent that B may be slower (3)",
    )
    parser.add_argument(
        "--load",
        choices=LOADS,
        default=LOADS[0],
        help="what asks: auto is wrk for `run` where it is installed, else the built-in client",
    )
    parser.add_argument(
        "--slice",
        type=positive,
        metavar="S",
        help="seconds of one slice (0.03; with wrk, and for run, 1)",
    )
    parser.add_argument("--connections", type=count, metavar="N", help="at a time (64)")
    parser.add_argument(
        "--rate", type=positive, metavar="R", help="requests a second, for latency (half of what)"
    )


def _add_where(parser: argparse.ArgumentParser) -> None:
    """Where results go."""
    parser.add_argument("--json", metavar="FILE", help="every raw slice; - for standard output")
    parser.add_argument("--markdown", metavar="FILE", help="append a summary for a pull request")
    parser.add_argument(
        "--chart", metavar="FILE", action="append", default=[], help="a chart, .svg or .png"
    )
    parser.add_argument(
        "--action-json", metavar="FILE", help="as benchmark-tracking actions read it"
    )


def run(options: argparse.Namespace, command: Sequence[str]) -> int:
    """Do what is asked for; returns the exit status."""
    from .asking import run

    return run(options, command)


def replays(words: Sequence[str]) -> bool:
    """Nothing here is replayed."""
    return False


def replay(options: argparse.Namespace, command: Sequence[str]) -> int:
    raise NotImplementedError("`replays` takes no file")


def _percent(word: str) -> float:
    number = number_of(word.removesuffix("%"))
    if not 0 <= number < 100:
        raise argparse.ArgumentTypeError(f"{word} is no percentage from 0 to below 100")
    return number / 100
