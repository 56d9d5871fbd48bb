"""The catalogue as text: `trueline list` and `trueline explain ID`.

Owns their layout, and the help for an id that there is none of.
"""

from __future__ import annotations

import difflib
import json
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from ..check import Check
from ..results import CheckRecord
from . import detail, words
from .style import BOLD, DIM, paint

_ATTEMPTS = 3


class UnknownCheck(LookupError):
    """There is no check of this id. `close` are those that may be meant."""

    def __init__(self, wanted: str, close: Sequence[str]) -> None:
        self.wanted = wanted
        self.close = tuple(close)
        hint = f"; did you mean {_or(close)}?" if close else "; `trueline list` shows all"
        super().__init__(f"there is no check {wanted!r}{hint}")


def _or(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


# -- trueline list --------------------------------------------------------------------------------


def list_text(checks: Iterable[Check], *, colour: bool) -> str:
    """Ids, levels and titles, by category."""
    by_category: dict[str, list[Check]] = {}
    for check in checks:
        by_category.setdefault(check.category, []).append(check)
    parts = []
    for category, members in by_category.items():
        head = f"{paint(category, BOLD, colour)}  {paint(_counted(len(members)), DIM, colour)}"
        id_width = max(len(check.id) for check in members)
        rows = [
            f"  {check.id.ljust(id_width)}  {paint(check.level.value.ljust(6), DIM, colour)}"
            f"  {check.title}"
            for check in members
        ]
        parts.append("\n".join([head, *rows]))
    total = sum(map(len, by_category.values()))
    categories = "1 category" if len(by_category) == 1 else f"{len(by_category)} categories"
    return "\n\n".join([*parts, f"{_counted(total)} in {categories}"]) + "\n"


def _counted(count: int) -> str:
    return "1 check" if count == 1 else f"{count} checks"


def list_json(checks: Iterable[Check]) -> str:
    """An array of objects, one a check, in the order of the catalogue."""
    return json.dumps([_as_json(check) for check in checks], indent=1) + "\n"


def _as_json(check: Check) -> dict[str, Any]:
    return {
        "id": check.id,
        "category": check.category,
        "title": check.title,
        "level": check.level.value,
        "source": {**asdict(check.source), "url": check.source.url},
        "any_server": check.any_server,
        "alone": check.alone,
        "foreground": check.foreground,
        "when": {option: list(values) for option, values in check.when.items()},
        "needs": list(check.needs),
        "faults": list(check.faults),
    }


# -- trueline explain -----------------------------------------------------------------------------


def find(checks: Iterable[Check], wanted: str) -> Check:
    """The check of that id, or of that name behind its category where only one has it.

    Raises UnknownCheck.
    """
    by_id = {check.id: check for check in checks}
    if wanted in by_id:
        return by_id[wanted]
    named = [check for check in by_id.values() if check.id.partition("/")[2] == wanted]
    if len(named) == 1:
        return named[0]
    raise UnknownCheck(wanted, [check.id for check in named] or _close(list(by_id), wanted))


def _close(ids: Sequence[str], wanted: str) -> list[str]:
    """Ids that look alike whole, or by their name, or that contain what was typed."""
    lowered = wanted.lower()
    by_name = {one.partition("/")[2]: one for one in ids}
    close = difflib.get_close_matches(lowered, ids, _ATTEMPTS)
    close += [by_name[one] for one in difflib.get_close_matches(lowered, by_name, _ATTEMPTS)]
    close += [one for one in ids if lowered and lowered in one]
    return list(dict.fromkeys(close))[:_ATTEMPTS]


def explain(check: Check, *, colour: bool, width: int = 100) -> str:
    """Everything about a check."""
    record = CheckRecord.of(check)
    parts = [
        f"{paint(check.id, BOLD, colour)}  {check.level.value}",
        f"{detail.INDENT}{check.title}",
        *detail.requirement(record, colour=colour, width=width),
        *_section("applies", _applies(check), colour),
        *_section("app", words.app(check.app, width - 4).splitlines(), colour),
        *_section("steps", _numbered(record.does), colour),
        *_section("expected", _bulleted(record.expects, width - 4), colour),
        *_section("by hand", record.by_hand, colour),
        *_section("faults that fail it", record.faults, colour),
    ]
    return "\n".join(parts) + "\n"


def _applies(check: Check) -> list[str]:
    found = [f"where {name} is {' or '.join(values)}" for name, values in check.when.items()]
    found += [f"where the adapter has {capability}" for capability in check.needs]
    if check.any_server:
        found.append("to every server, so with --url as well")
    if check.alone:
        found.append("to a process that no other check uses")
    if check.foreground:
        found.append("to the framework's own blocking entry point, in a process of its own")
    return found


def _numbered(texts: Sequence[str]) -> list[str]:
    """With the lines of a message beneath each other."""
    found = []
    for number, text in enumerate(texts, 1):
        mark = f"{number}. "
        first, *rest = text.replace(r"\r\n", "\\r\\n\n").rstrip("\n").split("\n")
        found += [mark + first, *(" " * len(mark) + line for line in rest)]
    return found


def _bulleted(texts: Sequence[str], width: int) -> list[str]:
    return [
        line
        for text in texts
        for line in textwrap.wrap(
            f"- {text}", width, subsequent_indent="  ", break_on_hyphens=False
        )
    ]


def _section(head: str, texts: Sequence[str], colour: bool) -> list[str]:
    if not texts:
        return []
    return ["", paint(head, BOLD, colour), *(f"{detail.INDENT}{text}" for text in texts)]
