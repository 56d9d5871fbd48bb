"""The command `trueline`.

Owns the command line: what is asked for, help, exit statuses. 0 conforms, 1 does not, 2 the
harness, the adapter or the command line is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol

from .adapter.template import new_adapter_text
from .catalogue import all_checks
from .generate import commands as generated
from .protocol import AdapterError
from .report import catalogue, document, html, style, terminal
from .results import Run, compare
from .subject import bundled

_RUN_HELP = """\
examples:
  trueline run aiohttp                     a framework that has a bundled adapter
  trueline run mysketch                    a module with the guide's API, or an adapter
  trueline run my_adapter.py --python venv in the environment where the framework is
  trueline run -- node adapter.mjs         an adapter in any language
  trueline run --url http://127.0.0.1:8080 the wire checks of a server that is running
  trueline run aiohttp -k routing -x       any option of pytest: -k -x --lf -n auto --junitxml=FILE

exit status: 0 conforms, 1 does not, 2 the adapter, the harness or the command line is wrong
"""


_MATRIX_HELP = """\
examples:
  trueline matrix reference aiohttp sanic starlette --html comparison.html
  trueline matrix old.json new.json        two runs, of two versions say
"""


class Others(Protocol):
    """A module with commands of another package, found by the entry point group of that name."""

    COMMANDS: Sequence[str]

    def add(self, commands: Any) -> None:
        """Add them to the parser."""

    def run(self, options: argparse.Namespace, command: Sequence[str]) -> int: ...

    def replays(self, words: Sequence[str]) -> bool:
        """Whether `trueline replay` is its business for these files."""

    def replay(self, options: argparse.Namespace, command: Sequence[str]) -> int: ...


@cache
def _others() -> Sequence[Others]:
    """The modules with commands that are installed."""
    return [one.load() for one in entry_points(group="trueline.commands")]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit."""
    sys.exit(_main(sys.argv[1:] if arguments is None else list(arguments)))


def _main(arguments: list[str]) -> int:
    command: list[str] = []
    if "--" in arguments:
        position = arguments.index("--")
        arguments, command = arguments[:position], arguments[position + 1 :]
    parser = _parser()
    subject = None
    takes_pytest = arguments[:1] in (["run"], ["explore"])
    if takes_pytest and len(arguments) > 1 and not arguments[1].startswith("-"):
        # The first word, because only pytest knows which of its options take a value.
        subject = arguments.pop(1)
    options, rest = parser.parse_known_args(arguments)
    if options.command is None:
        parser.print_help()
        return 2
    other = next((one for one in _others() if options.command in one.COMMANDS), None)
    takes_command = options.command == "replay" or other is not None
    if not takes_pytest:
        rest = gathered(options, rest)
    if not takes_pytest and (rest or (command and not takes_command)):
        parser.error(f"unknown arguments: {' '.join(rest + command)}")
    try:
        if other is not None:
            return other.run(options, command)
        if takes_pytest:
            return _under_pytest(parser, options, subject, rest, command)
        return _alone(options, command)
    except AdapterError as exc:
        print(f"trueline: {exc}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whoever read has seen enough
        return 0


def gathered(options: argparse.Namespace, rest: Sequence[str]) -> list[str]:
    """Give the words behind options to `options.words`; returns what nobody takes.

    argparse takes them from one place alone: of `bench compare --base main reference` it leaves
    the last word over.
    """
    if not hasattr(options, "words") or any(one.startswith("-") for one in rest):
        return list(rest)
    options.words = [*options.words, *rest]
    return []


def _under_pytest(
    parser: argparse.ArgumentParser,
    options: argparse.Namespace,
    subject: str | None,
    rest: list[str],
    command: list[str],
) -> int:
    """The commands whose checks are pytest items."""
    if options.command == "run":
        return _run(parser, options, subject, rest, command)
    if (subject is None) is (not command):
        parser.error("name one subject: `trueline explore NAME ...`, or a command behind --")
    return generated.explore(options, subject, rest, command)


def _alone(options: argparse.Namespace, command: list[str]) -> int:
    """The other commands of the harness."""
    if options.command == "diff":
        return generated.diff(options)
    if options.command == "replay":
        for one in _others():
            if one.replays(options.words):
                return one.replay(options, command)
        return generated.replay(options, command)
    if options.command == "list":
        return _list(as_json=options.json)
    if options.command == "explain":
        return _explain(options.check)
    if options.command == "new-adapter":
        return _new_adapter(Path(options.file))
    return _matrix(options.subjects, options.html)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="trueline",
        description="Tells whether a web framework runs true.",
        epilog="`trueline COMMAND --help` has examples.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_run(commands)
    generated.add(commands)
    for one in _others():
        one.add(commands)
    listing = commands.add_parser("list", help="all checks")
    listing.add_argument("--json", action="store_true", help="as JSON")
    explain = commands.add_parser("explain", help="everything about one check")
    explain.add_argument("check", metavar="ID", help="as `trueline list` has it")
    new = commands.add_parser("new-adapter", help="write an adapter to start from")
    new.add_argument("file", metavar="FILE.py")
    matrix = commands.add_parser(
        "matrix",
        help="compare frameworks",
        epilog=_MATRIX_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    matrix.add_argument(
        "subjects",
        nargs="+",
        metavar="SUBJECT",
        help="what `trueline run` takes by name, which is run; or the results of a run, FILE.json",
    )
    matrix.add_argument("--html", metavar="FILE", help="write the comparison as a page there")
    return parser


def _add_run(commands: Any) -> None:
    run = commands.add_parser(
        "run",
        help="judge a framework",
        description=f"SUBJECT is one of {', '.join(bundled())}; a module; the file of an adapter.",
        usage="trueline run SUBJECT [options] [pytest options]\n"
        "       trueline run [options] -- COMMAND...",
        epilog=_RUN_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    run.add_argument(
        "--python", metavar="PATH", help="interpreter, or virtual environment, of the subject"
    )
    run.add_argument("--url", metavar="URL", help="a server that is running already")
    run.add_argument("--strict", action="store_true", help="a SHOULD fails the run as a MUST does")
    run.add_argument("--baseline", metavar="FILE", help="checks that are known to fail")
    run.add_argument("--update-baseline", action="store_true", help="write what fails now into it")
    run.add_argument("--deadline", metavar="S", help="seconds that an answer may take (5)")
    run.add_argument("--json", metavar="FILE", help="write the results there")
    run.add_argument("--html", metavar="FILE", help="write one self-contained page there")
    run.add_argument("--summary", metavar="FILE", help="append a summary in Markdown there")


def _run(
    parser: argparse.ArgumentParser,
    options: argparse.Namespace,
    subject: str | None,
    rest: list[str],
    command: list[str],
) -> int:
    named = [subject, options.url, command]
    if sum(1 for one in named if one) != 1:
        parser.error(
            "name one subject: `trueline run NAME ...`, the name first, or --url URL, or a command "
            "behind --"
        )
    import pytest

    suite = Path(__file__).parent / "suite"
    arguments = [
        "-c", str(suite / "trueline.ini"),
        f"--rootdir={Path.cwd()}",
        "-q", "--no-header", "--tb=short", "-rN",
        str(suite / "checks.py"),
    ]  # fmt: skip
    if subject:
        arguments.append(f"--subject={subject}")
    if command:
        arguments.append(f"--trueline-adapter-command={json.dumps(command)}")
    for name in ("python", "url", "baseline", "deadline", "json", "html", "summary"):
        value = getattr(options, name)
        if value is not None:
            arguments.append(f"--trueline-{name}={value}")
    flags = [name for name in ("strict", "update_baseline") if getattr(options, name)]
    arguments += ["--trueline-" + name.replace("_", "-") for name in flags]
    if any(one.startswith(("-n", "--numprocesses")) for one in rest):
        arguments.append("--dist=loadgroup")
    status = int(pytest.main([*arguments, *rest]))
    return status if status in (0, 1) else 2


def _list(*, as_json: bool) -> int:
    colour = style.has_colour(sys.stdout, os.environ)
    checks = all_checks()
    text = catalogue.list_json(checks) if as_json else catalogue.list_text(checks, colour=colour)
    print(text, end="")
    return 0


def _explain(id: str) -> int:
    try:
        check = catalogue.find(all_checks(), id)
    except catalogue.UnknownCheck as exc:
        print(f"trueline: {exc}", file=sys.stderr)
        return 2
    print(catalogue.explain(check, colour=style.has_colour(sys.stdout, os.environ)), end="")
    return 0


def _new_adapter(path: Path) -> int:
    if path.suffix != ".py":
        raise AdapterError(f"{path} would be no Python file; name it with .py")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(new_adapter_text(path.stem))
    except FileExistsError:
        raise AdapterError(f"{path} is there already, and is left as it is") from None
    except OSError as exc:
        raise AdapterError(f"cannot write {path}: {exc.strerror}") from exc
    print(f"{path} is an adapter that runs: trueline run {path}")
    return 0


def _matrix(subjects: Sequence[str], page: str | None) -> int:
    with tempfile.TemporaryDirectory(prefix="trueline-") as folder:
        paths = [
            Path(one) if one.endswith(".json") else _results(one, Path(folder) / f"{number}.json")
            for number, one in enumerate(subjects)
        ]
        runs = [_read(path) for path in paths]
    colour = style.has_colour(sys.stdout, os.environ)
    print(terminal.comparison(compare(runs), colour=colour), end="")
    if page is not None:
        Path(page).parent.mkdir(parents=True, exist_ok=True)
        Path(page).write_text(html.page(runs), encoding="utf-8")
        print(f"\nthe page: {Path(page).resolve()}")
    return 0


def _results(subject: str, path: Path) -> Path:
    """Run a subject; returns `path`, where its results are then. Raises AdapterError."""
    print(f"running {subject}", file=sys.stderr)
    # In a process of its own, as pytest keeps what it has loaded. Its progress is shown.
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-m", "conformance.cli", "run", subject, f"--json={path}"],
        stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if done.returncode not in (0, 1):
        raise AdapterError(f"{subject} could not be run:\n{done.stdout.strip()}")
    return path


def _read(path: Path) -> Run:
    try:
        return document.loads(path.read_bytes())
    except OSError as exc:
        raise AdapterError(f"{path}: {exc.strerror}") from exc
    except document.NotResults as exc:
        raise AdapterError(f"{path}: {exc}") from exc


if __name__ == "__main__":
    main()
