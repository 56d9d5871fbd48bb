"""The baseline: checks that are known to fail, why, and where that is followed up.

Owns `known_failing.toml`. A known failure is still run; one that passes is stale and fails the run.

    [[known]]
    check = "framing/obs-fold"     # an id, or a pattern with *
    reason = "upstream parser"
    link = "https://example.org/issues/1"
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path


class BaselineError(Exception):
    """The file is not what it should be: a sentence that says where."""


@dataclass(frozen=True)
class Entry:
    check: str
    reason: str
    link: str = ""

    def matches(self, id: str) -> bool:
        return fnmatchcase(id, self.check)


def read(path: Path) -> list[Entry]:
    """The entries of a file. Raises BaselineError."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise BaselineError(f"{path}: {exc.strerror}; --update-baseline makes one") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise BaselineError(f"{path} is no TOML: {exc}") from exc
    given = data.pop("known", [])
    if data or not isinstance(given, list):
        raise BaselineError(f"{path}: there is nothing but [[known]] entries in a baseline")
    entries = []
    for number, one in enumerate(given, 1):
        if not isinstance(one, dict) or not isinstance(one.get("check"), str):
            raise BaselineError(f'{path}: entry {number} has no `check = "..."`')
        if not one.get("reason"):
            raise BaselineError(f"{path}: entry {number} ({one['check']}) gives no reason")
        entries.append(Entry(one["check"], str(one["reason"]), str(one.get("link", ""))))
    return entries


def known(entries: Iterable[Entry], ids: Iterable[str], path: Path) -> dict[str, str]:
    """Why each check is known to fail, by id.

    Raises BaselineError for an entry that matches no check: it excuses nothing, and would go on
    excusing nothing unnoticed.
    """
    all_ids = list(ids)
    reasons: dict[str, str] = {}
    for entry in entries:
        matched = [id for id in all_ids if entry.matches(id)]
        if not matched:
            raise BaselineError(
                f"{path}: {entry.check!r} matches no check; `trueline list` has the names"
            )
        for id in matched:
            reasons[id] = f"{entry.reason} ({entry.link})" if entry.link else entry.reason
    return reasons


def updated(entries: Iterable[Entry], failed: Mapping[str, str], passed: set[str]) -> list[Entry]:
    """The entries with every failure in them and without those that have become stale.

    `failed` has what was seen, by id; `passed` the ids that pass. Entries with a pattern stay as
    long as one check that they match fails; checks that were not run stay as they are.
    """
    kept = [
        entry
        for entry in entries
        if any(entry.matches(id) for id in failed) or not any(entry.matches(id) for id in passed)
    ]
    new = [
        Entry(id, f"not looked into yet: {reason}")
        for id, reason in sorted(failed.items())
        if not any(entry.matches(id) for entry in kept)
    ]
    return [*kept, *new]


def text(entries: Iterable[Entry]) -> str:
    """The file."""
    parts = [
        "# Checks that are known to fail. trueline runs them still, and says when one passes.\n"
    ]
    for entry in entries:
        lines = [
            "[[known]]",
            f"check = {_quoted(entry.check)}",
            f"reason = {_quoted(entry.reason)}",
        ]
        if entry.link:
            lines.append(f"link = {_quoted(entry.link)}")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _quoted(value: str) -> str:
    # A JSON string is a TOML basic string, except for DEL and halves of surrogate pairs.
    whole = value.encode("utf-8", "backslashreplace").decode()
    return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007f")
