"""Probing: what two readers disagree on and no entry declares.

Owns how inputs are drawn for it, and the proposals that a reviewer makes entries of. A proposal
that cites nothing has an empty source, which `quirks` refuses until it is filled in.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from conformance.check import Source

from .. import rules
from ..choices import Choices
from ..http import HTTP
from ..reading import Reading
from . import of_h11, of_httptools, of_reference
from .against_rules import against_rules
from .comparing import REJECTS_EARLIER, Disagreement, disagreement
from .quirks import Quirks

READERS: dict[str, Callable[[bytes], Reading]] = {
    "reference": of_reference.read,
    "httptools": of_httptools.read,
    "h11": of_h11.read,
    "rules": lambda data: rules.read(data).reading,
}
_POOL = 4096


@dataclass
class Bucket:
    """A disagreement, how often it was met, and the smallest input of those."""

    found: Disagreement
    smallest: bytes
    count: int = 1

    def meet(self, data: bytes) -> None:
        self.count += 1
        if len(data) < len(self.smallest):
            self.smallest = data


@dataclass
class Probed:
    """What two parties were probed for.

    inputs      how many were drawn
    buckets     every disagreement that was met, declared ones as well, the frequent ones first
    declared    the ids of the entries that declare one of them
    undeclared  those that no entry declares
    """

    parties: tuple[str, str]
    inputs: int
    buckets: list[Bucket]
    declared: set[str]
    undeclared: list[Bucket]


@dataclass(frozen=True)
class Proposal:
    """An entry that a reviewer may make of a bucket; `source` is that of the rule which its input
    breaks, or None."""

    id: str
    parties: tuple[str, str]
    bucket: Bucket
    source: Source | None


def inputs(choices: Choices) -> Iterator[bytes]:
    """Inputs without an end: half are drawn, half are made of earlier ones."""
    pool: list[bytes] = []
    while True:
        data = HTTP.draw(choices)
        yield data
        if len(pool) < _POOL:
            pool.append(data)
        else:
            pool[choices.below(_POOL)] = data
        size = len(pool)
        yield HTTP.mutate(pool[choices.below(size)], pool[choices.below(size)], choices)


def probe(parties: tuple[str, str], drawn: Iterable[bytes], quirks: Quirks) -> Probed:
    """Hold the readings of two parties against each other, for every input."""
    buckets: dict[Disagreement, Bucket] = {}
    count = 0
    for data in drawn:
        count += 1
        for found in _disagreements(parties, data):
            if found.kind == REJECTS_EARLIER:
                continue
            if found in buckets:
                buckets[found].meet(data)
            else:
                buckets[found] = Bucket(found, data)
    ordered = sorted(buckets.values(), key=lambda bucket: (-bucket.count, bucket.found))
    ids = [(bucket, quirks.declared(*parties, bucket.found)) for bucket in ordered]
    return Probed(
        parties,
        count,
        ordered,
        {found_id for _, found_id in ids if found_id is not None},
        [bucket for bucket, found_id in ids if found_id is None],
    )


def propose(
    seconds: float, parties: tuple[str, str], choices: Choices, quirks: Quirks
) -> list[Proposal]:
    """Probe two parties for so many seconds; an entry for every bucket that is not declared."""
    probed = probe(parties, _until(time.monotonic() + seconds, inputs(choices)), quirks)
    taken = {quirk.id for quirk in quirks.all}
    proposals = []
    for bucket in probed.undeclared:
        source = _source_of(bucket.smallest)
        proposals.append(Proposal(_free_id(parties, bucket.found, taken), parties, bucket, source))
    return proposals


def as_toml(proposal: Proposal) -> str:
    """A proposal as an entry of quirks.toml, with its smallest input in a comment."""
    bucket, source = proposal.bucket, proposal.source
    return "\n".join(
        (
            f"# {bucket.count} times, for one: {bucket.smallest[:400]!r}",
            entry_as_toml(
                proposal.id,
                proposal.parties,
                bucket.found.kind,
                (bucket.found.left, bucket.found.right),
                source or Source(""),
                "",
            ),
        )
    )


def entry_as_toml(
    name: str,
    between: tuple[str, str],
    kind: str,
    outcomes: tuple[str, str],
    source: Source,
    why: str,
) -> str:
    """An entry of quirks.toml."""
    return "\n".join(
        (
            "[[quirk]]",
            f"id = {_quoted(name)}",
            f"between = [{', '.join(map(_quoted, between))}]",
            f"kind = {_quoted(kind)}",
            f"outcomes = [{', '.join(map(_quoted, outcomes))}]",
            f"source = {_quoted(str(source) if source.name else '')}",
            f"quote = {_wrapped(source.quote)}",
            f"why = {_wrapped(why)}",
            "",
        )
    )


def _disagreements(parties: tuple[str, str], data: bytes) -> list[Disagreement]:
    if set(parties) == {"reference", "rules"}:
        found = [one for one, _ in against_rules(data, of_reference.read(data), rules.read(data))]
        return found if parties[0] == "reference" else [one.turned() for one in found]
    left, right = (READERS[party] for party in parties)
    one = disagreement(left(data), right(data))
    return [] if one is None else [one]


def _until(deadline: float, drawn: Iterator[bytes]) -> Iterator[bytes]:
    for data in drawn:
        yield data
        if time.monotonic() >= deadline:
            return


def _source_of(data: bytes) -> Source | None:
    broken = rules.read(data).broken
    return max(broken, key=lambda rule: rule.verdict).source if broken else None


def _free_id(parties: tuple[str, str], found: Disagreement, taken: set[str]) -> str:
    words = re.findall(r"[a-z0-9]+", f"{found.kind} {found.left} {found.right}".lower())
    base = f"{parties[0]}-{parties[1]}/{'-'.join(words)[:60].strip('-')}"
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}-{number}"
    taken.add(name)
    return name


def _quoted(text: str) -> str:
    """A basic string of TOML."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _wrapped(text: str) -> str:
    """A text over as many lines as it needs; behind a backslash TOML skips the line end."""
    if len(text) <= 88:
        return _quoted(text)
    lines, line = [], ""
    for word in text.split(" "):
        if len(line) + len(word) > 94:
            lines.append(line)
            line = ""
        line += f"{word} "
    lines.append(line.rstrip())
    escaped = [one.replace("\\", "\\\\").replace('"', '\\"') for one in lines]
    return '"""\\\n  ' + "\\\n  ".join(escaped) + '"""'
