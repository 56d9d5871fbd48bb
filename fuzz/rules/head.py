"""Heads: the request line and the fields behind it, with what is wrong in them.

Owns what each line is. `match_head` takes a whole head that is in order at once; `judge_head` goes
through any other line by line.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .rule import Broken, Rule
from .table import (
    CONTROL_IN_VALUE,
    CR_IN_VALUE,
    EMPTY_LINE_IN_FRONT,
    FOLDED_LINE,
    FRAMING_FIELDS,
    LINE_ENDS_IN_LF,
    LINE_WITHOUT_COLON,
    MALFORMED_VERSION,
    METHOD_NO_TOKEN,
    NAME_NO_TOKEN,
    NO_VERSION,
    NUL_IN_VALUE,
    OTHER_MAJOR_VERSION,
    SPACE_BEFORE_COLON_OF_TRAILER,
    SPACE_BEFORE_THE_COLON,
    SPACE_IN_FRONT_OF_FIELDS,
    SPACE_IN_TARGET,
    TWO_HOSTS,
    VERSION_IN_LOWER_CASE,
    WHITE_SPACE_IN_LINE,
)
from .targets import PATH_AND_QUERY, judge_beginning, judge_target

Fields = tuple[tuple[bytes, bytes], ...]

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
_TOKEN = re.compile(TOKEN)
_HEAD = re.compile(
    rb"(%b) (?:(/%b)|([\x21-\x7e]++)) HTTP/1\.([0-9])\r\n((?:%b:[\t -~\x80-\xff]*+\r\n)*)\r\n"
    % (TOKEN, PATH_AND_QUERY, TOKEN)
)
_LINE = re.compile(rb"(%b) (/%b) HTTP/1\.([0-9])" % (TOKEN, PATH_AND_QUERY))
_VERSION = re.compile(rb"HTTP/([0-9])\.([0-9])")
_FIELD = re.compile(rb"%b:[\t -~\x80-\xff]*+" % TOKEN)
_VERSION_BEGINS = re.compile(
    rb"(?:H(?:T(?:T(?:P(?:/(?:[0-9](?:\.(?:[0-9]\r?)?)?)?)?)?)?)?)?",
)
_ANY_WHITE = re.compile(rb"[ \t\x0b\x0c\r]+")
_CONTROL = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_DEFECT = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_ENDS_IN_SPACE = re.compile(rb"(%b)[ \t]+" % TOKEN)
_NO_TCHAR = re.compile(rb"[^!#$%&'*+\-.^_`|~0-9A-Za-z]")
_CR_OR_NUL = bytes.maketrans(b"\r\0", b"  ")


class Head(NamedTuple):
    """A head. Without a method there is none: it has not ended, or cannot be made out.

    fields  names in lower case; what stands here for octets that break a rule is what a server
            that takes them has to make of them
    end     where the body begins
    """

    method: bytes
    target: bytes
    minor: int
    fields: Fields
    end: int


_KNOWN_LINES: dict[bytes, tuple[bytes, bytes]] = {}
"""Field lines that were in order: most inputs have the same ones."""

match_head = _HEAD.match
"""The head that begins at a position, if its lines are in order but maybe for the target: groups of
the method, the target in origin form or else anything in its place, the minor version, and the
lines of the fields."""


def split_block(block: bytes) -> Fields:
    """The fields of a block of field lines that are in order, each with its CRLF."""
    return tuple([_KNOWN_LINES.get(line) or _split(line) for line in block.split(b"\r\n")[:-1]])


def _split(line: bytes) -> tuple[bytes, bytes]:
    """The name and the value of a field line that is in order."""
    name, _, value = line.partition(b":")
    field = name.lower(), value.strip(b" \t")
    if len(_KNOWN_LINES) >= 4096:
        _KNOWN_LINES.clear()
    if len(line) <= 256:
        _KNOWN_LINES[line] = field
    return field


def judge_head(data: bytes, start: int, broken: Broken) -> Head | None:
    """The head that begins at `start`, with what is wrong noted in `broken`; None when it has not
    ended, or when nobody knows where it does."""
    while data.startswith(b"\r\n", start):
        broken.add(EMPTY_LINE_IN_FRONT)
        start += 2
    end = data.find(b"\n", start)
    if end < 0:
        _judge_beginning_of_line(data[start:], broken)
        return None
    line = data[start:end]
    if line[-1:] != b"\r":
        _judge_request_line(line, broken)
        broken.add(LINE_ENDS_IN_LF)
        return None
    parts = _judge_request_line(line[:-1], broken)
    if parts is None:  # as HTTP/0.9 has it, nothing else belongs to the request
        return None
    section = judge_fields(data, end + 1, broken)
    if section is None:
        return None
    return Head(*parts, *section)


def _judge_request_line(line: bytes, broken: Broken) -> tuple[bytes, bytes, int] | None:
    known = _LINE.fullmatch(line)
    if known is not None and known[1] != b"CONNECT":
        return known[1], known[2], int(known[3] != b"0")
    words = line.split(b" ")
    if len(words) != 3 or len(_ANY_WHITE.split(line)) != 3 or b"" in words:
        words = [word for word in _ANY_WHITE.split(line) if word]
        if len(words) < 3:
            broken.add(NO_VERSION)
            return None
        broken.add(WHITE_SPACE_IN_LINE if len(words) == 3 else SPACE_IN_TARGET)
        if len(words) > 3:
            return None
    method, target, version = words
    if _TOKEN.fullmatch(method) is None:
        broken.add(METHOD_NO_TOKEN)
    judge_target(method, target, broken)
    match = _VERSION.fullmatch(version)
    if match is None:
        is_lower = _VERSION.fullmatch(version.upper()) is not None
        broken.add(VERSION_IN_LOWER_CASE if is_lower else MALFORMED_VERSION)
        return None
    if match[1] != b"1":
        broken.add(OTHER_MAJOR_VERSION)
        return None
    return method, target, 1 if match[2] != b"0" else 0


def _judge_beginning_of_line(text: bytes, broken: Broken) -> None:
    """Note what is wrong with a request line of which more may come."""
    method, _, rest = text.partition(b" ")
    if text in (b"", b"\r"):
        return
    if _TOKEN.fullmatch(method) is None:
        broken.add(WHITE_SPACE_IN_LINE if _ANY_WHITE.search(method or b" ") else METHOD_NO_TOKEN)
        return
    target, space, version = rest.partition(b" ")
    if not space:
        judge_beginning(target, broken)
        return
    if not target:
        broken.add(WHITE_SPACE_IN_LINE)
        return
    judge_target(method, target, broken)
    if _VERSION_BEGINS.fullmatch(version) is None:
        if _VERSION_BEGINS.fullmatch(version.upper()) is not None:
            broken.add(VERSION_IN_LOWER_CASE)
        elif _ANY_WHITE.search(version):
            broken.add(WHITE_SPACE_IN_LINE)
        else:
            broken.add(MALFORMED_VERSION)


# -- Fields ---------------------------------------------------------------------------------------


def judge_fields(
    data: bytes, start: int, broken: Broken, *, trailers: bool = False
) -> tuple[Fields, int] | None:
    """The fields from `start` to the empty line, and where that ends; None as of `judge_head`."""
    lines: list[tuple[bytes, bytes]] = []
    end = _judge_lines(data, start, lines, broken, trailers)
    fields = tuple([_judged_value(name, value, broken) for name, value in lines])
    if not trailers and [name for name, _ in fields].count(b"host") > 1:
        broken.add(TWO_HOSTS)  # no line that follows can mend that
    return None if end is None else (fields, end)


def _judge_lines(
    data: bytes,
    start: int,
    fields: list[tuple[bytes, bytes]],
    broken: Broken,
    trailers: bool,
) -> int | None:
    dropped = False  # the line before was consumed without further processing
    while True:
        end = data.find(b"\n", start)
        if end < 0:
            _judge_beginning_of_field(data[start:], broken, bool(fields) and not dropped, trailers)
            return None
        line = data[start:end]
        if line[-1:] != b"\r":
            if line:
                _judge_line(line, fields, dropped, broken, trailers)
            broken.add(LINE_ENDS_IN_LF)
            return None
        start = end + 1
        if line == b"\r":
            return start
        line = line[:-1]
        field = _KNOWN_LINES.get(line)
        if field is not None:
            fields.append(field)
            dropped = False
        else:
            dropped = _judge_line(line, fields, dropped, broken, trailers)


def _judge_line(
    line: bytes, fields: list[tuple[bytes, bytes]], dropped: bool, broken: Broken, trailers: bool
) -> bool:
    """Add what the line is to the fields; returns whether it was dropped."""
    if line[0] in b" \t":
        if not fields or dropped:
            broken.add(SPACE_IN_FRONT_OF_FIELDS)
            return True
        broken.add(FOLDED_LINE)
        name, value = fields[-1]
        fields[-1] = name, (value + b" " + line.strip(b" \t")).strip(b" \t")
        return False
    if _FIELD.fullmatch(line):
        fields.append(_split(line))
        return False
    name, colon, value = line.partition(b":")
    rule = _wrong_name(name, bool(colon), trailers)
    if rule is None:
        fields.append((name.lower(), value.strip(b" \t")))
    else:
        broken.add(rule)
        if _NO_TCHAR.sub(b"", name).lower() in FRAMING_FIELDS:
            broken.open = True
        fields.append((b"", line))
    return False


def _wrong_name(name: bytes, has_colon: bool, trailers: bool) -> Rule | None:
    if not has_colon:
        return LINE_WITHOUT_COLON
    if _TOKEN.fullmatch(name):
        return None
    if _ENDS_IN_SPACE.fullmatch(name):
        return SPACE_BEFORE_COLON_OF_TRAILER if trailers else SPACE_BEFORE_THE_COLON
    return NAME_NO_TOKEN


def _judged_value(name: bytes, value: bytes, broken: Broken) -> tuple[bytes, bytes]:
    if _DEFECT.search(value) is None:
        return name, value
    if b"\0" in value:
        broken.add(NUL_IN_VALUE)
    if b"\r" in value:
        broken.add(CR_IN_VALUE)
    if _CONTROL.search(value):
        broken.add(CONTROL_IN_VALUE)
    if name in FRAMING_FIELDS:
        broken.open = True
    return name, value.translate(_CR_OR_NUL).strip(b" \t")


def _judge_beginning_of_field(
    text: bytes, broken: Broken, behind_field: bool, trailers: bool
) -> None:
    """Note what is wrong with a field line of which more may come."""
    if text in (b"", b"\r"):
        return
    if text[0] in b" \t":
        broken.add(FOLDED_LINE if behind_field else SPACE_IN_FRONT_OF_FIELDS)
        return
    name, colon, value = text.partition(b":")
    if colon:
        rule = _wrong_name(name, True, trailers)
        if rule is not None:
            broken.add(rule)
        _judged_value(name.lower(), value[:-1] if value[-1:] == b"\r" else value, broken)
    elif name[-1:] == b"\r":
        broken.add(LINE_WITHOUT_COLON)
    elif _TOKEN.fullmatch(name) is None:
        broken.add(NAME_NO_TOKEN)
