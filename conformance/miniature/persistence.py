"""What a request says of its connection.

Owns the reading of Connection and of what stands beside it; what becomes of the connection is the
connection's to say.
"""

from __future__ import annotations

import re
from dataclasses import replace

from .wire import Head, Refusal


def options(head: Head, faults: frozenset[str]) -> list[str]:
    """The options of Connection, in lower case (RFC 9110 §7.6.1)."""
    found = head.members("Connection")
    lines = head.values("Connection")
    if "connection-options-have-case" in faults:
        return ["close"] if "close" in lines else []
    if "first-connection-line-only" in faults and lines:
        found = [part.strip().lower() for part in lines[0].split(",")]
    if "options-end-at-empty-element" in faults and lines:
        first = re.match(r"(?:[^ ,]+, *)*[^ ,]*", lines[0])
        found = first[0].replace(" ", "").split(",") if first else []
    if "heeds-proxy-connection" in faults:
        found = found + head.members("Proxy-Connection")
    if "keep-alive-beats-close" in faults and "keep-alive" in found:
        found = ["keep-alive"]
    if "finds-close-in-other-options" in faults and any("close" in one for one in found):
        found = ["close"]
    return found


def read(head: Head, faults: frozenset[str]) -> Head:
    """The head with what is told to go wrong when its Connection is read."""
    if "parses-keep-alive" in faults:
        timeouts = re.findall("timeout=([^;,]*)", ",".join(head.values("Keep-Alive")))
        if not all(timeout.isdigit() for timeout in timeouts):
            raise Refusal(500, "a timeout that is no number")
    if "drops-fields-named-in-connection" in faults:
        named = set(head.members("Connection")) - {"host"}
        kept = tuple(pair for pair in head.fields if pair[0].lower() not in named)
        return replace(head, fields=kept)
    return head
