"""The chunked transfer coding (RFC 9112 §7.1).

Owns the decoding of one body, and what is wrong in it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .framing import QUOTED
from .head import TOKEN, judge_fields
from .rule import Broken, Rule
from .table import (
    CR_IN_CHUNK_LINE,
    DATA_WITHOUT_CRLF,
    MALFORMED_EXTENSION,
    SIZE_ENDS_IN_LF,
    SIZE_NOT_HEXADECIMAL,
    SPACE_AROUND_SIZE,
)

# Groups are not possessive: before 3.11.5 Python's `re` gets those wrong that could backtrack.
_EXTENSIONS = rb"(?:[ \t]*+;[ \t]*+%b(?:[ \t]*+=[ \t]*+(?:%b|%b))?)*" % (TOKEN, TOKEN, QUOTED)
_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]++)%b\r\n" % _EXTENSIONS)
_SIZE_AND_EXTENSIONS = re.compile(rb"[0-9A-Fa-f]++" + _EXTENSIONS)
_BEGINS = re.compile(
    rb"[0-9A-Fa-f]++%b(?:\r|[ \t]*+(?:;[ \t]*+)?|[ \t]*+=[ \t]*+"
    rb'(?:"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*\\?)?)' % _EXTENSIONS
)
_SIZE = re.compile(rb"[0-9A-Fa-f]++")
_CR_BEFORE_MORE = re.compile(rb"\r(?!\Z)")


class Decoded(NamedTuple):
    """body    as far as it came
    end     where the next request begins, or where what is wrong stands
    whole   the body came to its end
    """

    body: bytes
    end: int
    whole: bool


def decode(data: bytes, start: int, broken: Broken) -> Decoded:
    """Decode the body that begins at `start`, with what is wrong noted."""
    parts: list[bytes] = []
    size_line = _SIZE_LINE.match
    while True:
        match = size_line(data, start)
        if match is None:
            _judge_size_line(data, start, broken)
            return Decoded(b"".join(parts), start, False)
        size = int(match[1], 16)
        begin = match.end()
        if not size:
            return _trailers(data, begin, b"".join(parts), broken)
        end = begin + size
        parts.append(data[begin:end])
        if data[end : end + 2] != b"\r\n":
            if not b"\r\n".startswith(data[end : end + 2]):
                broken.add(DATA_WITHOUT_CRLF)
            return Decoded(b"".join(parts), min(end, len(data)), False)
        start = end + 2


def _trailers(data: bytes, start: int, body: bytes, broken: Broken) -> Decoded:
    if data.startswith(b"\r\n", start):
        return Decoded(body, start + 2, True)
    section = judge_fields(data, start, broken, trailers=True)
    if section is None or broken.rules:
        return Decoded(body, start, False)
    return Decoded(body, section[1], True)


def _judge_size_line(data: bytes, start: int, broken: Broken) -> None:
    end = data.find(b"\n", start)
    if end < 0:
        text = data[start:]
        if text and _BEGINS.fullmatch(text) is None:
            broken.add(_wrong_line(text, text))
        return
    text = data[start:end]
    line = text[:-1] if text[-1:] == b"\r" else text
    broken.add(_wrong_line(line, text))


def _wrong_line(line: bytes, text: bytes) -> Rule:
    """What is wrong with a size line, without its end and up to its LF."""
    if _CR_BEFORE_MORE.search(text):
        return CR_IN_CHUNK_LINE
    if _SIZE_AND_EXTENSIONS.fullmatch(line):
        return SIZE_ENDS_IN_LF
    match = _SIZE.match(line)
    if match is None:
        has_size = line[:1] in (b" ", b"\t") and _SIZE.match(line.lstrip(b" \t"))
        return SPACE_AROUND_SIZE if has_size else SIZE_NOT_HEXADECIMAL
    rest = line[match.end() :]
    if rest.strip(b" \t\r") == b"":
        return SPACE_AROUND_SIZE
    return MALFORMED_EXTENSION if rest.lstrip(b" \t")[:1] == b";" else SIZE_NOT_HEXADECIMAL
