"""The pieces of a stream that minimisation may leave out, coarse to fine."""

from __future__ import annotations

import re
from collections.abc import Sequence

_BLOCK = re.compile(rb"(?s).*?\r?\n\r?\n|.+")
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_TOKEN = re.compile(rb"\r\n|[!#-'*+.^_`|~0-9A-Za-z-]+|[\x80-\xff]+|(?s:.)")


def blocks(data: bytes) -> Sequence[bytes]:
    """Heads, bodies and trailer sections: up to an empty line each, which belongs to it."""
    return _BLOCK.findall(data)


def lines(data: bytes) -> Sequence[bytes]:
    """Lines with their LF."""
    return _LINE.findall(data)


def tokens(data: bytes) -> Sequence[bytes]:
    """Tokens, CRLF, runs of obs-text, and every other octet by itself."""
    return _TOKEN.findall(data)


def octets(data: bytes) -> Sequence[bytes]:
    return [data[place : place + 1] for place in range(len(data))]


PIECES = (blocks, lines, tokens, octets)
