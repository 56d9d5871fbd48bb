"""What a rule is, and the rules that one message breaks.

Owns the values. Which rules there are says `table`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from conformance.check import Source


class Verdict(IntEnum):
    """What a server may do with a message that breaks a rule; the strictest of several counts."""

    MAY_TAKE = 0  # it may be lenient
    SHOULD_REFUSE = 1
    MUST_REFUSE = 2  # with 4xx or 5xx, or by closing: it is never served


class Meaning(IntEnum):
    """What is known of a message for a server that takes it; the least of several counts."""

    OPEN = 0  # not even where it ends
    FRAMED = 1  # where it ends
    DEFINED = 2  # all of it


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One requirement that octets can break.

    id       what they do that breaks it
    source   where it stands
    verdict  what a server may do
    meaning  what is known of such a message
    closes   no request behind the message may be served, whether it is taken or refused
    status   what a refusal is best answered with
    """

    id: str
    source: Source
    verdict: Verdict
    meaning: Meaning = Meaning.OPEN
    closes: bool = False
    status: int = 400


@dataclass(slots=True)
class Broken:
    """The rules that one message breaks, in the order in which it does.

    open  besides, a rule is broken where framing hangs on it, so that nothing is known behind it
    """

    rules: list[Rule] = field(default_factory=list)
    open: bool = False

    def add(self, rule: Rule) -> None:
        if rule not in self.rules:
            self.rules.append(rule)

    @property
    def worst(self) -> Rule | None:
        """The first of the rules that bind most."""
        worst: Rule | None = None
        for rule in self.rules:
            if worst is None or rule.verdict > worst.verdict:
                worst = rule
        return worst

    @property
    def meaning(self) -> Meaning:
        if self.open:
            return Meaning.OPEN
        least = Meaning.DEFINED
        for rule in self.rules:
            if rule.meaning < least:
                least = rule.meaning
        return least
