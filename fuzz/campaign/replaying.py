"""`trueline replay` for what a fuzzer found, and the files that are named there.

Owns which file is an input of which target, and the verdict on each: reproduced, fixed, different.
Every input is tried in a process of its own kind, so one that ends the process is told of as well.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from conformance.protocol import AdapterError
from conformance.report import octets, style

from ..target import Wanted
from ..targets import TARGETS, WITH_SUBJECT
from .corpus import files
from .crew import Lost, heard
from .findings import LINES, Finding
from .findings import read as findings_of
from .trials import Broken
from .worker import Answer, Job

_STYLES = {
    "reproduced": f"{style.BOLD};{style.RED}",
    "different": f"{style.BOLD};{style.MAGENTA}",
    "fixed": style.GREEN,
    "clean": style.GREEN,
}


@dataclass(frozen=True)
class Chosen:
    """An input to try again. `finding` is what it was found as; None for a mere input."""

    path: Path
    data: bytes
    wanted: Wanted
    finding: Finding | None = None


@dataclass(frozen=True)
class Told:
    chosen: Chosen
    broken: Sequence[Broken]

    @property
    def word(self) -> str:
        found = self.chosen.finding
        if found is None:
            return "different" if self.broken else "clean"
        if any(one.bucket == found.bucket for one in self.broken):
            return "reproduced"
        return "different" if self.broken else "fixed"


def run(options: argparse.Namespace, command: Sequence[str]) -> int:
    """Replay; returns the exit status: 0 all are fixed, 1 one is not. Raises AdapterError."""
    given = chosen(options.words, options.python, command)
    colour = style.has_colour(sys.stdout, os.environ)
    told = []
    for one in _told(given, getattr(options, "opener", "")):
        told.append(one)
        if not options.json:
            sys.stdout.write(_text(one, colour=colour))
            sys.stdout.flush()
    if options.json:
        sys.stdout.write(json.dumps([_to_json(one) for one in told], indent=1) + "\n")
    return int(any(one.broken for one in told))


# -- Which files -----------------------------------------------------------------------------------


def chosen(
    words: Sequence[str], python: str | None, command: Sequence[str], url: str | None = None
) -> list[Chosen]:
    """The inputs that the words `FILE... [TARGET] [SUBJECT]` name. Raises AdapterError."""
    paths, target, subject = _sorted_out(words)
    if sum(map(bool, (subject, command, url))) > 1:
        raise AdapterError("name one subject: a name, --url URL, or a command behind --")
    found: list[Chosen] = []
    for path in paths:
        for file, data, finding in _inputs(path):
            wanted = _wanted(file, finding, target, subject, command, url)
            found.append(Chosen(file, data, replace(wanted, python=python), finding))
    return found


def _sorted_out(words: Sequence[str]) -> tuple[list[Path], str | None, str | None]:
    names = list(words)
    behind: list[str] = []
    while len(names) > 1 and not _is_ours(names[-1]):
        behind.insert(0, names.pop())
    target = behind.pop(0) if behind and behind[0] in TARGETS else None
    if len(behind) > 1:
        raise AdapterError(
            f"expected files, a target ({', '.join(TARGETS)}) and a subject; {behind[0]!r} is "
            "neither a file nor a target"
        )
    return [Path(name) for name in names], target, behind[0] if behind else None


def _is_ours(word: str) -> bool:
    return word.endswith((".bin", ".txt", ".jsonl")) or (Path(word).is_dir() and os.sep in word)


def _inputs(path: Path) -> Iterator[tuple[Path, bytes, Finding | None]]:
    """The inputs in a folder or a file, each with its finding, where there is one."""
    folder = path if path.is_dir() else path.parent
    by_file = {one.file: one for one in findings_of(folder)}
    if path.is_dir() or path.name == LINES:
        if by_file:
            yield from ((folder / name, one.broken.data, one) for name, one in by_file.items())
            return
        found = files(path) if path.is_dir() else []
        if not found:
            raise AdapterError(f"there are no findings in {path}, and no inputs")
        yield from ((file, _octets(file), None) for file in found)
        return
    data = _octets(path)
    finding = by_file.get(path.name)
    # Whoever has changed the file asks what it does now; it is no longer what was found.
    yield path, data, finding if finding and finding.broken.data == data else None


def _octets(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise AdapterError(f"{path}: {exc.strerror}") from exc


def _wanted(
    path: Path,
    finding: Finding | None,
    target: str | None,
    subject: str | None,
    command: Sequence[str],
    url: str | None,
) -> Wanted:
    if finding is None and target is None:
        raise AdapterError(
            f"{path} has no line in the {LINES} beside it: name the target behind it, "
            f"{' or '.join(TARGETS)}"
        )
    named = target or (finding.target if finding else "")
    if subject or command or url:
        if named not in WITH_SUBJECT:
            raise AdapterError(f"{named} is a target without a subject: leave the subject out")
        plant = finding.plant or None if finding else None
        return Wanted(named, subject, tuple(command), url=url, plant=plant)
    if finding is not None and named == finding.target:
        return finding.wanted()
    if named in WITH_SUBJECT:
        raise AdapterError(f"{named} has a subject: name it behind the target")
    return Wanted(named)


# -- Trying ----------------------------------------------------------------------------------------


def _told(given: Sequence[Chosen], opener: str) -> Iterator[Told]:
    groups: dict[Wanted, list[Chosen]] = {}
    for one in given:
        groups.setdefault(one.wanted, []).append(one)
    for wanted, group in groups.items():
        answers = tried(Job(wanted, opener or ""), [one.data for one in group])
        for one in group:
            yield Told(one, answers[one.data])


def tried(job: Job, inputs: Sequence[bytes]) -> Mapping[bytes, tuple[Broken, ...]]:
    """What each input breaks, thoroughly, one by one; what ends the process is an answer, too.
    Raises AdapterError."""
    answers: dict[bytes, tuple[Broken, ...]] = {}
    while rest := [data for data in dict.fromkeys(inputs) if data not in answers]:
        for told in heard(replace(job, alone=tuple(rest))):
            if isinstance(told, Answer):
                answers[told.data] = told.broken
            elif isinstance(told, Lost):
                if not told.noted:
                    raise AdapterError(str(told))
                answers[told.noted[0]] = (told.broken(told.noted[0]),)
    return answers


# -- Telling ---------------------------------------------------------------------------------------


def _text(told: Told, *, colour: bool) -> str:
    one = told.chosen
    found = one.finding
    said = f"{one.path}: {label_of(one.wanted)}, {len(one.data)} bytes"
    if found is not None:
        said += f", found as {found.bucket} {found.broken.kind}"
    lines = [f"{style.paint(told.word, _STYLES[told.word], colour)}  {octets.printable(said)}"]
    for broken in told.broken:
        lines.append(octets.printable(f"  {broken.bucket}  {broken.kind}: {broken.text}"))
        sides = [side for side in (broken.left, broken.right) if side]
        lines += [octets.printable(f"    {side}") for side in sides]
        if broken.source is not None:
            lines.append(f"    {broken.source}: {broken.source.quote}")
    if told.broken:
        lines += [f"    > {line.text}" for line in octets.lines(one.data)]
    return "\n".join(lines) + "\n"


def label_of(wanted: Wanted) -> str:
    """How target and subject are named: `socket --url http://127.0.0.1:8080`."""
    return " ".join(filter(None, (wanted.target, subject_of(wanted))))


def subject_of(wanted: Wanted) -> str:
    if wanted.url:
        return f"--url {wanted.url}"
    if wanted.command:
        return f"-- {shlex.join(wanted.command)}"
    return wanted.subject or ""


def _to_json(told: Told) -> dict[str, Any]:
    found = told.chosen.finding
    return {
        "file": str(told.chosen.path),
        "target": told.chosen.wanted.target,
        "subject": subject_of(told.chosen.wanted),
        "bucket": found.bucket if found else None,
        "verdict": told.word,
        "broken": [
            {
                "bucket": one.bucket,
                "kind": one.kind,
                "left": one.left,
                "right": one.right,
                "text": one.text,
            }
            for one in told.broken
        ],
    }
