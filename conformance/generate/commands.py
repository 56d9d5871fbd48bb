"""The commands `trueline explore`, `diff` and `replay`: what is asked for, help, exit statuses.

Owns their command lines. 0 nothing found, 1 something found, 2 the harness, the adapter or the
command line is wrong. Imports what does the work when it is asked for: Hypothesis takes its time.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..protocol import AdapterError
from ..subject import bundled
from .effort import DEFAULT_PROFILE, EXAMPLES

_EXPLORE_HELP = """\
examples:
  trueline explore aiohttp                        what a bundled adapter drives
  trueline explore my_adapter.py --python venv    in the environment where the framework is
  trueline explore -- node adapter.mjs            an adapter in any language
  trueline explore aiohttp --hypothesis-profile thorough -n 2
  trueline explore aiohttp -k "differential or lifecycle" -x
  trueline explore aiohttp --hypothesis-seed 7    the same run again
  trueline explore aiohttp --database redis://127.0.0.1:6379/0
                                                  share what is found with other machines

What fails is written into the folder of replay files, and is tried first by every later run;
`trueline replay FILE` tries one alone. Other options are pytest's: -k -x -n --junitxml.

exit status: 0 every property holds, 1 one fails, 2 the adapter, the harness or the command line
is wrong
"""

_DIFF_HELP = """\
examples:
  trueline diff reference aiohttp
  trueline diff aiohttp sanic --json differences.json
  trueline diff reference my_adapter.py --hypothesis-profile thorough

exit status: 0 no difference, 1 differences, 2 an adapter, the harness or the command line is wrong
"""

REPLAY_USAGE = (
    "trueline replay FILE... [SUBJECT] [--python PATH] [--json]\n"
    "       trueline replay FILE... [--json] -- COMMAND..."
)
_REPLAY_HELP = """\
examples:
  trueline replay .trueline/replays/differential-0123456789ab.json
                                           on the subject that the file names
  trueline replay found.json my_adapter.py --python venv
  trueline replay .trueline/replays aiohttp
                                           all files of a folder
  trueline replay found.json -- node adapter.mjs
  trueline replay .trueline/fuzz/parser    what `trueline fuzz` found; its FILE.bin, too

Each file is said to be reproduced (the same differs for the same requests), fixed (nothing does),
different (something else does), or not applicable (the subject cannot express the application, or
declares to read it otherwise).

exit status: 0 all are fixed, 1 one is reproduced or different, 2 a file or the subject is wrong,
or one is not applicable
"""

EXPLORE_USAGE = (
    "trueline explore SUBJECT [options] [pytest options]\n"
    "       trueline explore [options] -- COMMAND..."
)


def add(commands: Any) -> None:
    """Add the commands to the parser of `trueline`."""
    _add_replay(commands)
    explore = commands.add_parser(
        "explore",
        help="generate applications and requests, and hold a framework against the reference",
        description=f"SUBJECT is one of {', '.join(bundled())}; a module; the file of an adapter.",
        usage=EXPLORE_USAGE,
        epilog=_EXPLORE_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    explore.add_argument(
        "--python", metavar="PATH", help="interpreter, or virtual environment, of the subject"
    )
    _add_common(explore)
    explore.add_argument(
        "--database",
        metavar="NAME",
        default=str(Path(".trueline") / "examples"),
        help="where examples are kept: a folder, redis://HOST:PORT/0, github:OWNER/REPO, none "
        "(%(default)s)",
    )
    explore.add_argument(
        "--replays",
        metavar="FOLDER",
        default=str(Path(".trueline") / "replays"),
        help="the folder of replay files (%(default)s)",
    )
    diff = commands.add_parser(
        "diff",
        help="the distinct ways in which two frameworks differ",
        epilog=_DIFF_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name in ("left", "right"):
        diff.add_argument(name, metavar="SUBJECT", help="what `trueline run` takes by name")
        diff.add_argument(
            f"--{name}-python",
            metavar="PATH",
            help=f"interpreter, or virtual environment, of the {name} one",
        )
    _add_common(diff)
    diff.add_argument(
        "--replays",
        metavar="FOLDER",
        help="write a replay file for each difference from the reference there",
    )


def _add_replay(commands: Any) -> None:
    parser = commands.add_parser(
        "replay",
        help="see whether what was found once still happens",
        description="FILE is a replay file of `trueline explore`, a finding of `trueline fuzz`, "
        "or a folder of such; SUBJECT one "
        f"of {', '.join(bundled())}; a module; the file of an adapter.",
        usage=REPLAY_USAGE,
        epilog=_REPLAY_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("words", nargs="+", metavar="FILE", help=argparse.SUPPRESS)
    parser.add_argument(
        "--python", metavar="PATH", help="interpreter, or virtual environment, of the subject"
    )
    parser.add_argument("--json", action="store_true", help="tell it as JSON")


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--hypothesis-profile",
        choices=EXAMPLES,
        default=DEFAULT_PROFILE,
        dest="profile",
        help="how much is drawn: "
        + ", ".join(f"{name} {count}" for name, count in EXAMPLES.items())
        + " trials (%(default)s)",
    )
    parser.add_argument(
        "--hypothesis-seed",
        type=int,
        metavar="N",
        dest="seed",
        help="draw what a run with this seed drew; without it, one is chosen and shown",
    )
    parser.add_argument(
        "--deadline",
        type=float,
        default=3.0,
        metavar="S",
        help="seconds that an answer may take (%(default)s)",
    )
    parser.add_argument("--json", metavar="FILE", help="write the results there")


def explore(
    options: argparse.Namespace, subject: str | None, rest: Sequence[str], command: list[str]
) -> int:
    """Run the properties under pytest; returns the exit status."""
    import pytest

    _can_write(options.json)
    asked = {
        "subject": subject,
        "command": command,
        "python": options.python,
        "profile": options.profile,
        "seed": _seed(options),
        "repeats": options.seed is not None,
        "database": options.database,
        "replays": options.replays,
        "deadline_s": options.deadline,
        "json": options.json,
    }
    suite = Path(__file__).parents[1] / "suite"
    status = pytest.main(
        [
            "-c", str(suite / "exploring.ini"),
            f"--rootdir={Path.cwd()}",
            "-q", "--no-header", "--tb=short", "-rN",
            "--capture=no",  # or nobody would see how far it is
            "-p", "conformance.suite.exploring",
            f"--trueline-explore={json.dumps(asked)}",
            str(suite / "properties.py"),
            *rest,
        ]
    )  # fmt: skip
    return int(status) if int(status) in (0, 1) else 2


def diff(options: argparse.Namespace) -> int:
    """Look for differences between two subjects; returns the exit status."""
    from .differing import run

    _can_write(options.json)
    return run(options, _seed(options))


def replay(options: argparse.Namespace, command: list[str]) -> int:
    """Replay files; returns the exit status."""
    from .replaying import run

    return run(options, command)


def _seed(options: argparse.Namespace) -> int:
    """A seed of few digits when none is given: people write it down."""
    return random.randrange(1_000_000) if options.seed is None else int(options.seed)  # noqa: S311


def _can_write(name: str | None) -> None:
    """Now, and not when the run is over and its results are lost."""
    if name is not None and not Path(name).parent.is_dir():
        raise AdapterError(f"--json {name}: there is no folder {Path(name).parent}")
