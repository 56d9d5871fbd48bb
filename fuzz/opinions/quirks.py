"""The disagreements that are declared: `fuzz/quirks.toml`, which people review.

Owns the form of an entry and how a disagreement finds its entry. An entry names a family of
disagreements by patterns (`*`, `?`) for both outcomes, with the requirement that the family
concerns. What no entry names is a finding.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from conformance.check import Source

from .comparing import ACCEPTED_BY_ONE, ANOTHER_STATUS, KINDS, REJECTS_EARLIER, Disagreement

QUIRKS = Path(__file__).parents[1] / "quirks.toml"
PARTIES = ("rules", "reference", "httptools", "h11")
_KEYS = ("id", "between", "kind", "outcomes", "source", "quote", "why")
_UNHEARD_OF = "\x00"


class QuirkError(ValueError):
    """The file cannot be used: which entry, what is wrong with it, and what to do."""


@dataclass(frozen=True)
class Quirk:
    """A family of disagreements.

    id        unique
    between   two of PARTIES
    kind      of KINDS
    outcomes  a pattern for each party
    source    the requirement it concerns, or the documentation or practice that explains it
    why       what they do and why it may stay so, in a sentence
    """

    id: str
    between: tuple[str, str]
    kind: str
    outcomes: tuple[str, str]
    source: Source
    why: str

    def covers(self, found: Disagreement) -> bool:
        """Whether it names this disagreement, which is in the order of `between`."""
        return (
            found.kind == self.kind
            and _matches(found.left, self.outcomes[0])
            and _matches(found.right, self.outcomes[1])
        )


class Quirks:
    """The declared disagreements of a file."""

    def __init__(self, quirks: Iterable[Quirk]) -> None:
        self.all = tuple(quirks)
        self._found: dict[tuple[str, str, Disagreement], str | None] = {}

    def declared(self, left: str, right: str, found: Disagreement) -> str | None:
        """The id of the entry that names a disagreement between two parties; None when none does.

        The first one in the file, where several do.
        """
        key = (left, right, found)
        if key not in self._found:
            self._found[key] = self._look(left, right, found)
        return self._found[key]

    def _look(self, left: str, right: str, found: Disagreement) -> str | None:
        turned = found.turned()
        for quirk in self.all:
            if quirk.between == (left, right) and quirk.covers(found):
                return quirk.id
            if quirk.between == (right, left) and quirk.covers(turned):
                return quirk.id
        return None

    def between(self, left: str, right: str) -> tuple[Quirk, ...]:
        parties = {left, right}
        return tuple(quirk for quirk in self.all if set(quirk.between) == parties)


@cache
def declared_quirks() -> Quirks:
    """Those of the project's own file. Raises QuirkError."""
    return loaded(QUIRKS)


def loaded(path: Path) -> Quirks:
    """Read a file of declared disagreements. Raises QuirkError, OSError."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise QuirkError(f"{path}: this is no TOML: {error}") from error
    strange = sorted(set(content) - {"quirk"})
    if strange:
        raise QuirkError(f"{path}: there is no table {strange[0]!r}; entries are [[quirk]]")
    entries = content.get("quirk", [])
    if not isinstance(entries, list):
        raise QuirkError(f"{path}: write [[quirk]] with two brackets for every entry")
    quirks: dict[str, Quirk] = {}
    for number, entry in enumerate(entries, 1):
        where = f"{path}: entry {number} ({entry.get('id') or 'without an id'})"
        try:
            quirk = _quirk(entry)
        except QuirkError as error:
            raise QuirkError(f"{where}: {error}") from None
        if quirk.id in quirks:
            raise QuirkError(f"{where}: another entry has this id; give it one of its own")
        quirks[quirk.id] = quirk
    return Quirks(quirks.values())


def _quirk(entry: Mapping[str, Any]) -> Quirk:
    strange = sorted(set(entry) - set(_KEYS))
    if strange:
        raise QuirkError(f"there is no key {strange[0]!r}; the keys are {', '.join(_KEYS)}")
    for key in _KEYS:
        if not entry.get(key):
            raise QuirkError(f"{key} is missing or empty; {_HINTS[key]}")
    between, outcomes = (_pair(entry, key) for key in ("between", "outcomes"))
    for party in between:
        if party not in PARTIES:
            raise QuirkError(f"there is no party {party!r}; the parties are {', '.join(PARTIES)}")
    if between[0] == between[1]:
        raise QuirkError("a party cannot disagree with itself; name two in `between`")
    if entry["kind"] not in KINDS:
        raise QuirkError(f"there is no kind {entry['kind']!r}; the kinds are {', '.join(KINDS)}")
    if entry["kind"] == REJECTS_EARLIER:
        raise QuirkError(f"{REJECTS_EARLIER!r} fails nothing; it need not be declared")
    name, _, section = _text(entry, "source").partition(" §")
    source = Source(name, section, _text(entry, "quote"))
    quirk = Quirk(
        _text(entry, "id"), between, entry["kind"], outcomes, source, _text(entry, "why")
    )  # fmt: skip
    _refuse_wide(quirk)
    return quirk


_HINTS = {
    "id": "name it like party/what-it-does",
    "between": f"two of {', '.join(PARTIES)}",
    "kind": "one of those in fuzz.opinions.comparing",
    "outcomes": "a pattern for what each of the two makes of it",
    "source": 'an RFC with its section, "RFC 9112 §2.2", or the document that explains it',
    "quote": "the words of the source that the disagreement concerns",
    "why": "say in a sentence what they do and why it may stay so",
}


def _pair(entry: Mapping[str, Any], key: str) -> tuple[str, str]:
    value = entry[key]
    if not (
        isinstance(value, list) and len(value) == 2 and all(isinstance(one, str) for one in value)
    ):
        raise QuirkError(f"{key} must be a list of two strings; {_HINTS[key]}")
    return value[0], value[1]


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry[key]
    if not isinstance(value, str) or not value.strip():
        raise QuirkError(f"{key} must be a text; {_HINTS[key]}")
    return value


def _refuse_wide(quirk: Quirk) -> None:
    """Refuse an entry that would hide whatever its parties ever disagree on in this way."""
    if all(not pattern.strip("*? ") for pattern in quirk.outcomes):
        raise QuirkError("it matches everything; say what at least one of the two makes of it")
    if quirk.kind not in (ACCEPTED_BY_ONE, ANOTHER_STATUS):
        return
    probes = [
        f"refused{status}{body}: {_UNHEARD_OF}"
        for status in ("", " 400")
        for body in ("", ", in the body")
    ]
    others = [*probes, f"accepted, {_UNHEARD_OF}"]
    for left, right in zip(quirk.outcomes, reversed(quirk.outcomes), strict=True):
        if any(_matches(probe, left) for probe in probes) and any(
            _matches(probe, right) for probe in others
        ):
            raise QuirkError(
                "it matches every refusal; put the reason of the refusal into its pattern"
            )


def _matches(outcome: str, pattern: str) -> bool:
    # Brackets mean nothing here: reasons may contain them.
    return fnmatchcase(outcome, pattern.replace("[", "[[]"))
