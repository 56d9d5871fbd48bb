"""A strict reader of what a client sends on one connection, written from RFC 9110 and 9112 alone.

    rule        what a rule is                  table       the rules, each with its words
    targets     request targets and hosts       head        request lines and fields
    framing     where a request ends            chunks      the chunked transfer coding
    connection  `read`: one request after the other
    answers     what follows for a server: what it owes, what it must not serve, how much at most

Imports neither the reference nor a parser of others: it is an opinion of its own.
"""

from .answers import most_answers, owed_answers, refused_at, strictly_valid, verdict
from .connection import RuledReading, read
from .rule import Meaning, Rule, Verdict
from .table import RULES

__all__ = [
    "RULES",
    "Meaning",
    "Rule",
    "RuledReading",
    "Verdict",
    "most_answers",
    "owed_answers",
    "read",
    "refused_at",
    "strictly_valid",
    "verdict",
]
