"""The command `trueline replay`: what is asked for, help, exit statuses.

Owns its command line, and which subjects are started for which files. 0 nothing is reproduced,
1 something differs, 2 a file, the subject or the command line is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..driver import Command
from ..report import style
from ..report.octets import printable
from ..spec import JsonValue
from ..subject import bundled, command_for, command_of
from . import present, replay
from .replay import Replay, ReplayError, Verdict, Word
from .stage import Stage


@dataclass(frozen=True)
class Told:
    """A file with its verdict. `label` is how the subject was named, `title` what it is."""

    path: Path
    found: Replay
    verdict: Verdict
    label: str
    title: str


def run(options: argparse.Namespace, command: Sequence[str]) -> int:
    """Replay files; returns the exit status. Raises AdapterError for a subject that is none."""
    try:
        files, subject = _sorted_out(options.words)
        if subject is not None and command:
            raise ReplayError(f"name one subject: {subject}, or a command behind --")
        given = [(path, replay.read(path)) for path in files]
        colour = style.has_colour(sys.stdout, os.environ)
        told = []
        for one in _told(given, subject, options.python, command):
            told.append(one)
            if not options.json:
                _write(text(one, colour=colour))
    except ReplayError as exc:
        sys.stderr.write(f"trueline: {printable(str(exc))}\n")
        return 2
    if options.json:
        _write(json.dumps([to_json(one) for one in told], indent=1) + "\n")
    return _status(told)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _status(told: Sequence[Told]) -> int:
    words = {one.verdict.word for one in told}
    if words & {Word.REPRODUCED, Word.DIFFERENT}:
        return 1
    return 2 if Word.NOT_APPLICABLE in words else 0


def _sorted_out(words: Sequence[str]) -> tuple[list[Path], str | None]:
    """The files that are named, those of folders included, and the subject behind them."""
    subject = None
    names = list(words)
    if len(names) > 1 and not _is_file(names[-1]):
        subject = names.pop()
    files: list[Path] = []
    for path in map(Path, names):
        if path.is_dir():
            found = replay.replays(path)
            if not found:
                raise ReplayError(f"there are no replay files in {path}")
            files += found
        else:
            files.append(path)
    return files, subject


def _is_file(word: str) -> bool:
    """Whether the last of several words is one more file, rather than the subject."""
    return word.endswith(".json") or (Path(word).is_dir() and word not in bundled())


# -- Playing ---------------------------------------------------------------------------------------


def _told(
    given: Sequence[tuple[Path, Replay]],
    subject: str | None,
    python: str | None,
    command: Sequence[str],
) -> Iterator[Told]:
    """The verdicts, of each subject in turn; one is started once for all its files."""
    groups: dict[str, list[tuple[Path, Replay]]] = {}
    for path, found in given:
        groups.setdefault(_label(path, found, subject, command), []).append((path, found))
    for label, files in groups.items():
        with tempfile.TemporaryDirectory(prefix="trueline-") as folder:
            own = (
                command_of(command) if command else command_for(label, python, Path(folder) / "kit")
            )
            yield from _told_of(label, own, files, Path(folder) / "none")


def _label(path: Path, found: Replay, subject: str | None, command: Sequence[str]) -> str:
    """How the subject of a file is named. What a file says is a name of something that is here;
    a command that stands in a file is run by nobody."""
    if command:
        return "-- " + " ".join(command)
    label = subject or found.subject.label
    if subject is None and (not label or label.startswith("-- ")):
        raise ReplayError(
            f"{path} was found on a command: name it again, trueline replay {path} "
            f"{label or '-- COMMAND...'}"
        )
    return label


def _told_of(
    label: str, command: Command, files: Sequence[tuple[Path, Replay]], nowhere: Path
) -> Iterator[Told]:
    commands = [command]
    if any(found.needs_reference for _, found in files):
        commands.append(command_for("reference", None, nowhere))
    with Stage(commands) as stage:
        hello = stage.hellos[0]
        title = f"{hello.name} {hello.version}".rstrip()
        for path, found in files:
            yield Told(path, found, replay.verdict(stage, found), label, title)


# -- Telling ---------------------------------------------------------------------------------------

_STYLES: Mapping[Word, str] = {
    Word.REPRODUCED: f"{style.BOLD};{style.RED}",
    Word.DIFFERENT: f"{style.BOLD};{style.MAGENTA}",
    Word.FIXED: style.GREEN,
    Word.NOT_APPLICABLE: style.YELLOW,
}


def text(told: Told, *, colour: bool) -> str:
    """The verdict in a line; behind it what is seen now, if anything is."""
    then, now = told.found.subject, told.verdict
    said = f"{told.path}: {told.found.property_name}, found on {then.title}, now on {told.title}"
    if now.reason:
        said += f": {now.reason}"
    if now.word is Word.DIFFERENT:
        aspects = dict.fromkeys(one.aspect for one in told.found.differences)
        said += f"; what differed then: {', '.join(aspects)}"
    line = f"{style.paint(now.word, _STYLES[now.word], colour)}  {printable(said)}\n"
    if now.failure is None:
        return line
    return f"{line}\n" + present.text(
        now.failure, told.label, "reference", colour=colour, file=str(told.path)
    )


def to_json(told: Told) -> dict[str, JsonValue]:
    failure = told.verdict.failure
    return {
        "file": str(told.path),
        "property": told.found.property_name,
        "subject": told.title,
        "verdict": told.verdict.word.value,
        "reason": told.verdict.reason,
        "failure": None if failure is None else present.to_json(failure),
    }
