"""Which of its documented limits the reference has met, where its own words do not tell.

Owns the labels that are added to its outcome. Without them, an entry that declares the limit would
declare every other refusal in the same words as well.
"""

from __future__ import annotations

import re

from ..reading import End, Reading
from .comparing import ACCEPTED_BY_ONE, Disagreement

_SIZE_OF_17_DIGITS = re.compile(rb"\n[0-9A-Fa-f]{17}")
_HOST_OF_TARGET = re.compile(rb"(?i:https?)://([^/?#]*)")
_PORT_OF_SIX_DIGITS = re.compile(rb":[0-9]{6,}\Z")
MOST_HOST_OCTETS = 255


def with_limit(found: Disagreement, data: bytes, reading: Reading, valid: Reading) -> Disagreement:
    """A disagreement with the limit that explains it, where the reference has met one that whoever
    takes the request does not have.

    reading   the reference's, the left one
    valid     the other one
    """
    if found.kind != ACCEPTED_BY_ONE or reading.end is not End.REFUSED:
        return found
    label = ""
    if reading.reason == "malformed chunk-size line":
        label = "more than 16 digits" if _SIZE_OF_17_DIGITS.search(data) else ""
    elif len(valid.requests) > len(reading.requests):
        request = valid.requests[len(reading.requests)]
        if reading.reason == "invalid Host field":
            label = _of_host(dict(request.fields).get(b"host", b""))
        elif reading.reason == "CONNECT takes host:port":
            label = _of_host(request.target)
        elif reading.reason == "malformed request target":
            match = _HOST_OF_TARGET.match(request.target)
            label = _of_host(match[1]) if match else ""
    return found._replace(left=f"{found.left}, {label}") if label else found


def _of_host(host: bytes) -> str:
    if b"," in host:
        return "a comma in it"
    if host[:2].lower() == b"[v":
        return "an address of the future"
    if _PORT_OF_SIX_DIGITS.search(host):
        return "a port of more than 5 digits"
    return "more than 255 octets" if len(host) > MOST_HOST_OCTETS else ""
