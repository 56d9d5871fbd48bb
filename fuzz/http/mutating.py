"""Octets made of octets: tokens, separators, lengths, chunk framing, targets, Host, splices, cuts.

Owns the ways to change a stream, which need not be one of HTTP. Each looks for its place from a
random octet on; where there is none, it inserts what it would have put there.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ..choices import Choices
from . import odd, odd_framing, tokens, valid
from .large import MAX_BYTES

_ROUNDS = (1, 1, 1, 1, 1, 2, 2, 3)

_TOKEN = re.compile(rb"[!#-'*+.^_`|~0-9A-Za-z/%-]+")
_SEPARATOR = re.compile(rb"\r\n|[\r\n \t:;,=\"\x00]")
_DIGITS = re.compile(rb"[0-9]+")
_SIZE_LINE = re.compile(rb"\r\n[0-9A-Fa-f]+([^\r\n]*\r\n)")
_TARGET = re.compile(rb" [^ \r\n]* ")
_HOST = re.compile(rb"[Hh][Oo][Ss][Tt]:[^\n]*\n")
_HEAD_END = b"\r\n\r\n"

_SPLICED = 300
"""Octets of another stream that are added at most: what grows at every step is soon slow."""


def mutate(data: bytes, other: bytes, choices: Choices) -> bytes:
    """One to three changes of `data`, or splices with `other`; MAX_BYTES at most."""
    below = choices.below
    data = data[:MAX_BYTES]
    for _ in range(_ROUNDS[below(8)]):
        change = below(len(_CHANGES) + len(_SPLICES))
        if change < len(_CHANGES):
            data = _CHANGES[change](data, choices)
        else:
            data = _SPLICES[change - len(_CHANGES)](data, other, choices)
    return data[:MAX_BYTES]


def mutated_once(data: bytes, choices: Choices) -> bytes:
    return _CHANGES[choices.below(len(_CHANGES))](data, choices)


# ------------------------------------------------------------------------------------ places


def _found(pattern: re.Pattern[bytes], data: bytes, choices: Choices) -> tuple[int, int]:
    """Where a match is, from a random octet on, else from the start on; an empty span for none."""
    start = choices.below(len(data) + 1)
    match = pattern.search(data, start) or pattern.search(data)
    return match.span() if match is not None else (start, start)


def _line(data: bytes, choices: Choices) -> tuple[int, int]:
    """Where a line is, its LF included."""
    place = choices.below(len(data) + 1)
    end = data.find(b"\n", place) + 1
    return data.rfind(b"\n", 0, place) + 1, end or len(data)


def _one_of(table: tuple[bytes, ...], choices: Choices) -> bytes:
    return table[choices.below(len(table))]


# ----------------------------------------------------------------------- tokens and separators


def _replace_token(data: bytes, choices: Choices) -> bytes:
    start, end = _found(_TOKEN, data, choices)
    return data[:start] + _one_of(tokens.DICTIONARY, choices) + data[end:]


def _insert_token(data: bytes, choices: Choices) -> bytes:
    place = choices.below(len(data) + 1)
    return data[:place] + _one_of(tokens.DICTIONARY, choices) + data[place:]


def _delete_token(data: bytes, choices: Choices) -> bytes:
    start, end = _found(_TOKEN, data, choices)
    return data[:start] + data[end:]


def _duplicate_token(data: bytes, choices: Choices) -> bytes:
    start, end = _found(_TOKEN, data, choices)
    return data[:end] + _one_of(tokens.SEPARATORS, choices) + data[start:]


def _change_separator(data: bytes, choices: Choices) -> bytes:
    start, end = _found(_SEPARATOR, data, choices)
    return data[:start] + _one_of(tokens.SEPARATORS, choices) + data[end:]


def _change_line_end(data: bytes, choices: Choices) -> bytes:
    place = data.find(b"\r\n", choices.below(len(data) + 1))
    end = place + 2 if place >= 0 else len(data)
    return data[: end - 2] + _one_of(odd.LINE_ENDS, choices) + data[end:]


def _insert_separator(data: bytes, choices: Choices) -> bytes:
    start, _ = _found(_SEPARATOR, data, choices)
    return data[:start] + _one_of(tokens.SEPARATORS, choices) + data[start:]


# ------------------------------------------------------------------- lengths, chunks, target, Host


def _change_number(data: bytes, choices: Choices) -> bytes:
    start, end = _found(_DIGITS, data, choices)
    form = _one_of(tokens.NUMBER_FORMS, choices)
    return data[:start] + form.replace(b"#", data[start : min(end, start + 30)]) + data[end:]


def _change_digit(data: bytes, choices: Choices) -> bytes:
    start, end = _found(_DIGITS, data, choices)
    if start == end:
        return data
    place = start + choices.below(end - start)
    return data[:place] + b"%d" % choices.below(10) + data[place + 1 :]


def _change_chunk_size(data: bytes, choices: Choices) -> bytes:
    start, end = _found(_SIZE_LINE, data, choices)
    return data[:start] + b"\r\n" + _one_of(odd_framing.CHUNK_SIZES, choices) + b"\r\n" + data[end:]


def _extend_chunk(data: bytes, choices: Choices) -> bytes:
    _, end = _found(_SIZE_LINE, data, choices)
    place = max(end - 2, 0)
    return data[:place] + _one_of(odd_framing.EXTENSIONS, choices) + data[place:]


def _insert_chunk(data: bytes, choices: Choices) -> bytes:
    start, end = _found(_SIZE_LINE, data, choices)
    place = min(start + 2, end)
    table = tokens.CHUNKS_AND_ENDS
    return data[:place] + _one_of(table, choices) + data[place:]


def _change_target(data: bytes, choices: Choices) -> bytes:
    start, end = _found(_TARGET, data, choices)
    return data[:start] + b" " + _one_of(tokens.TARGETS, choices) + b" " + data[end:]


def _change_host(data: bytes, choices: Choices) -> bytes:
    start, end = _found(_HOST, data, choices)
    return data[:start] + _one_of(tokens.HOSTS, choices) + data[end:]


def _insert_field(data: bytes, choices: Choices) -> bytes:
    _, place = _line(data, choices)
    return data[:place] + _one_of(tokens.LINES, choices) + data[place:]


# ------------------------------------------------------------------------ lines and octets


def _replace_line(data: bytes, choices: Choices) -> bytes:
    start, end = _line(data, choices)
    return data[:start] + _one_of(tokens.LINES, choices) + data[end:]


def _duplicate_line(data: bytes, choices: Choices) -> bytes:
    start, end = _line(data, choices)
    return data[:end] + data[start:]


def _drop_line(data: bytes, choices: Choices) -> bytes:
    start, end = _line(data, choices)
    return data[:start] + data[end:]


def _move_line(data: bytes, choices: Choices) -> bytes:
    start, end = _line(data, choices)
    line, rest = data[start:end], data[:start] + data[end:]
    place = rest.find(b"\n", choices.below(len(rest) + 1)) + 1
    return rest[:place] + line + rest[place:]


def _change_octet(data: bytes, choices: Choices) -> bytes:
    place = choices.below(len(data) + 1)
    return data[:place] + tokens.OCTETS[choices.below(256)] + data[place + 1 :]


def _flip_bit(data: bytes, choices: Choices) -> bytes:
    if not data:
        return data
    place = choices.below(len(data))
    octet = data[place] ^ (1 << choices.below(8))
    return data[:place] + tokens.OCTETS[octet] + data[place + 1 :]


def _insert_octet(data: bytes, choices: Choices) -> bytes:
    place = choices.below(len(data) + 1)
    return data[:place] + tokens.OCTETS[choices.below(256)] + data[place:]


def _delete_octets(data: bytes, choices: Choices) -> bytes:
    place = choices.below(len(data) + 1)
    return data[:place] + data[place + 1 + choices.below(4) :]


def _delete_span(data: bytes, choices: Choices) -> bytes:
    """From one place to another one: what was put together gets small again."""
    start = choices.below(len(data) + 1)
    return data[:start] + data[start + choices.below(len(data) - start + 1) :]


def _delete_block(data: bytes, choices: Choices) -> bytes:
    """From behind one empty line to behind the next: a head, a body, or a whole request."""
    start = data.rfind(_HEAD_END, 0, choices.below(len(data) + 1)) + 4
    end = data.find(_HEAD_END, start) + 4
    return data[: start if start > 3 else 0] + data[end if end > 3 else len(data) :]


def cut(data: bytes, choices: Choices) -> bytes:
    """Only a beginning; nothing is cut for the plainest choice."""
    return data[: len(data) - choices.below(len(data) + 1)]


# ------------------------------------------------------------------------------------ splices


def _put_behind(data: bytes, other: bytes, choices: Choices) -> bytes:
    return data + other[:_SPLICED]


def _put_in_front(data: bytes, other: bytes, choices: Choices) -> bytes:
    return _one_of(tokens.SERVED, choices) + data


def _head_and_rest(data: bytes, other: bytes, choices: Choices) -> bytes:
    """The head of one, and what is behind the head of the other."""
    start = choices.below(len(data) + 1)
    head_end = data.find(_HEAD_END, start)
    rest = other.find(_HEAD_END) + 4
    return data[: head_end + 4 if head_end >= 0 else start] + other[rest if rest > 3 else 0 :]


def _as_body(data: bytes, other: bytes, choices: Choices) -> bytes:
    """The other as what stands behind a head of this one, before what stands there now."""
    other = other[:_SPLICED]
    head_end = data.find(_HEAD_END, choices.below(len(data) + 1))
    place = head_end + 4 if head_end >= 0 else len(data)
    return data[:place] + other + data[place:]


def _in_a_body(data: bytes, other: bytes, choices: Choices) -> bytes:
    """The other as the body of a request in front of this one, well framed."""
    other = other[:_SPLICED]
    if choices.below(2):
        request = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b%b"
        return request % (len(other), other, data)
    request = (
        b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n%b%b"
    )
    return request % (len(other), other, _one_of(valid.ENDS, choices), data)


def _cross(data: bytes, other: bytes, choices: Choices) -> bytes:
    """A beginning of one and an end of the other."""
    return data[: choices.below(len(data) + 1)] + other[choices.below(len(other) + 1) :]


def _cross_lines(data: bytes, other: bytes, choices: Choices) -> bytes:
    _, end = _line(data, choices)
    start, _ = _line(other, choices)
    return data[:end] + other[start:]


_CHANGES: tuple[Callable[[bytes, Choices], bytes], ...] = (
    cut,
    _replace_token,
    _insert_token,
    _delete_token,
    _duplicate_token,
    _change_separator,
    _change_line_end,
    _insert_separator,
    _change_number,
    _change_digit,
    _change_chunk_size,
    _extend_chunk,
    _insert_chunk,
    _change_target,
    _change_host,
    _insert_field,
    _replace_line,
    _duplicate_line,
    _drop_line,
    _move_line,
    _change_octet,
    _flip_bit,
    _insert_octet,
    _delete_octets,
    _delete_span,
    _delete_block,
)
_SPLICES: tuple[Callable[[bytes, bytes, Choices], bytes], ...] = (
    _put_behind,
    _put_in_front,
    _head_and_rest,
    _as_body,
    _in_a_body,
    _cross,
    _cross_lines,
)
