"""Where the report of a command goes: looked at before anything is measured, written at the end.

Owns the files that the options name.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from conformance.report.style import has_colour

from .command import Refused
from .report import action, chart, document, markdown, text
from .report.result import Report


def check(options: argparse.Namespace) -> None:
    """Before minutes are spent: whether all of it could be written. Raises Refused."""
    for name in options.chart:
        chart.checked(name, options.action)
    for option in ("json", "markdown", "action_json"):
        name = getattr(options, option)
        if name is not None and not Path(name).name:
            raise Refused(f"--{option.replace('_', '-')} {name!r} names no file")
    for name in filter(None, (options.json, options.markdown, *options.chart)):
        if name != "-":
            _check_file(name, Path(name))
    if options.action_json is not None:
        for tool in (action.BIGGER, action.SMALLER):
            _check_file(options.action_json, action.path_of(options.action_json, tool))


def _check_file(name: str, path: Path) -> None:
    folder = path.absolute().parent
    if not os.path.isdir(folder):
        raise Refused(f"cannot write {name}: there is no folder {folder}")
    if os.path.isdir(path):
        raise Refused(f"cannot write {name}: it is a folder")
    if not os.access(path if os.path.exists(path) else folder, os.W_OK):
        raise Refused(f"cannot write {name}: permission denied")


def write(report: Report, options: argparse.Namespace) -> None:
    """The table to standard output, the files to where they were asked for.

    All files are tried: the figures of a long run are not lost with one of them. Raises Refused
    with what could not be written.
    """
    wanted: list[tuple[str | None, Callable[[str], object]]] = [
        (options.json, lambda name: _write_text(name, document.dumps(report))),
        (options.markdown, lambda name: _append(name, markdown.summary(report))),
        (options.action_json, lambda name: action.write(report, name)),
        *((name, lambda name: chart.write(report, name)) for name in options.chart),
    ]
    if options.json != "-":
        colour = has_colour(sys.stdout, os.environ)
        print(text.report(report, colour=colour), end="")
    failed = []
    for name, write_to in wanted:
        if name is not None:
            try:
                write_to(name)
            except OSError as exc:
                failed.append(f"cannot write {name}: {exc.strerror}")
            except Refused as exc:
                failed.append(str(exc))
    if failed:
        raise Refused("; ".join(failed))


def _write_text(name: str, text: str) -> None:
    if name == "-":
        print(text, end="")
    else:
        Path(name).write_text(text, encoding="utf-8")


def _append(name: str, text: str) -> None:
    with Path(name).open("a", encoding="utf-8") as file:
        file.write(text)
