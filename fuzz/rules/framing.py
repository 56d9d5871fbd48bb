"""Where a request ends, and whether another one may follow (RFC 9112 §6.3 and §9.3).

Owns what the fields say of that, and the rules of Host, which every head has to keep.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .head import TOKEN, Head
from .rule import Broken
from .table import (
    CHUNKED_IS_NOT_LAST,
    CHUNKED_REPEATED,
    CHUNKED_WITH_PARAMETER,
    CODING_IN_HTTP10,
    CODING_UNKNOWN,
    EMPTY_CODING,
    HOST_IS_EMPTY,
    LENGTH_AND_CODING,
    LENGTH_REPEATED,
    LENGTHS_THAT_DIFFER,
    MALFORMED_CODING,
    MALFORMED_CONNECTION,
    MALFORMED_HOST,
    MALFORMED_HOST_IGNORED,
    MALFORMED_LENGTH,
    NO_HOST,
    PORT_BEYOND_RANGE,
    POST_WITHOUT_LENGTH,
    TWO_HOSTS,
)
from .targets import host_and_port, is_port

CHUNKED = -1
"""Instead of a length: the chunks tell."""

ENDLESS = 1 << 62
"""Instead of a length that no connection carries."""

QUOTED = rb'"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"'
_MEMBER = re.compile(
    rb"(?P<name>%b)(?P<parameters>(?:[ \t]*+;[ \t]*+%b[ \t]*+=[ \t]*+(?:%b|%b))*)"
    % (TOKEN, TOKEN, TOKEN, QUOTED)
)
_LIST = re.compile(rb'(?:[^",]|%b)*(?:,(?:[^",]|%b)*)*' % (QUOTED, QUOTED))
_MEMBERS = re.compile(rb'(?:[^",]|%b)+' % QUOTED)
_QUOTED = re.compile(QUOTED)
_TOKEN = re.compile(TOKEN)


class Framing(NamedTuple):
    """length     of the body in octets, or CHUNKED
    last       no request follows
    may_close  a server may end the connection behind this request though nothing asks it to
    switches   the client offers to go on in another protocol
    """

    length: int
    last: bool = False
    may_close: bool = False
    switches: bool = False


PLAIN = Framing(0)
_SPECIAL = frozenset({b"host", b"content-length", b"transfer-encoding", b"connection", b"upgrade"})


def framing_of(head: Head, broken: Broken) -> Framing:
    """What the fields of a whole head say, with what is wrong noted."""
    special: dict[bytes, list[bytes]] = {}
    for name, value in head.fields:
        if name in _SPECIAL:
            if name in special:
                special[name].append(value)
            else:
                special[name] = [value]
    minor = head.minor
    hosts = special.pop(b"host", None)
    if hosts is None:
        if minor:
            broken.add(NO_HOST)
    else:
        _judge_hosts(hosts, head.target, broken)
    if not special and minor:
        return PLAIN
    length = _length_of(head, special.get(b"content-length"), special, broken)
    options = _options(special.get(b"connection"), broken)
    last = b"close" in options or not (minor or b"keep-alive" in options)
    return Framing(length, last, not minor, b"upgrade" in special)


def _judge_hosts(hosts: list[bytes], target: bytes, broken: Broken) -> None:
    if len(hosts) > 1:
        broken.add(TWO_HOSTS)
        return
    found = host_and_port(hosts[0])
    if found is None:
        is_origin = target[:1] in (b"/", b"*")
        broken.add(MALFORMED_HOST if is_origin else MALFORMED_HOST_IGNORED)
    elif not found[0]:
        broken.add(HOST_IS_EMPTY)
    elif found[1] and not is_port(found[1]):
        broken.add(PORT_BEYOND_RANGE)


def _options(values: list[bytes] | None, broken: Broken) -> set[bytes]:
    """The connection options, in lower case."""
    if values is None:
        return set()
    options = {one.strip(b" \t").lower() for value in values for one in value.split(b",")}
    options.discard(b"")
    if not all(_TOKEN.fullmatch(option) for option in options):
        broken.add(MALFORMED_CONNECTION)
    return options


def _length_of(
    head: Head, lengths: list[bytes] | None, special: dict[bytes, list[bytes]], broken: Broken
) -> int:
    codings = special.get(b"transfer-encoding")
    if codings is not None:
        if not head.minor:
            # Which codings they are is no matter: what the body is, nobody knows in any case.
            broken.add(CODING_IN_HTTP10)
            return CHUNKED
        if lengths is not None:
            broken.add(LENGTH_AND_CODING)
        _judge_codings(b",".join(codings), broken)
        return CHUNKED
    if lengths is None:
        if not head.minor and head.method == b"POST":
            broken.add(POST_WITHOUT_LENGTH)
        return 0
    value = lengths[0]
    if len(lengths) == 1 and value.isdigit():
        return length_of_digits(value)
    return _length_of_list(lengths, broken)


def length_of_digits(digits: bytes) -> int:
    if len(digits) > 18:
        digits = digits.lstrip(b"0")
        if len(digits) > 18:
            return ENDLESS
    return int(digits or b"0")


def _length_of_list(lengths: list[bytes], broken: Broken) -> int:
    """`5, 5`, or two lines: one length all the same, or two."""
    if b"" in lengths:
        broken.add(MALFORMED_LENGTH)
        return 0
    members = [one.strip(b" \t") for one in b",".join(lengths).split(b",")]
    members = [one for one in members if one]
    if not members or not all(one.isdigit() for one in members):
        broken.add(MALFORMED_LENGTH)
        return 0
    if len({one.lstrip(b"0") for one in members}) > 1:
        broken.add(LENGTHS_THAT_DIFFER)
        return 0
    broken.add(LENGTH_REPEATED)
    return length_of_digits(members[0])


def _judge_codings(value: bytes, broken: Broken) -> None:
    if value.lower() == b"chunked":
        return
    if _LIST.fullmatch(value) is None:
        # Quotes that do not end: whatever is split at commas, chunked is last or it is not.
        last_word = value.rpartition(b",")[2].strip(b" \t").lower()
        broken.add(MALFORMED_CODING if last_word == b"chunked" else CHUNKED_IS_NOT_LAST)
        return
    members = [one.strip(b" \t") for one in _MEMBERS.findall(value)]
    members = [one for one in members if one]
    if not members:
        broken.add(CHUNKED_IS_NOT_LAST)
        return
    if len(members) <= _QUOTED.sub(b"", value).count(b","):
        broken.add(EMPTY_CODING)
    found = [_MEMBER.fullmatch(one) for one in members]
    last = found[-1]
    if last is None or last["name"].lower() != b"chunked":
        broken.add(CHUNKED_IS_NOT_LAST)
        return
    if None in found:
        broken.add(MALFORMED_CODING)
    if last["parameters"]:
        broken.add(CHUNKED_WITH_PARAMETER)
    names = [one["name"].lower() for one in found[:-1] if one is not None]
    if b"chunked" in names:
        broken.add(CHUNKED_REPEATED)
    if any(name != b"chunked" for name in names):
        broken.add(CODING_UNKNOWN)
