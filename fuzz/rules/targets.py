"""Request targets and hosts (RFC 9112 §3.2, RFC 3986 appendix A).

Owns their grammar. What they are used for is no concern of it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address

from .rule import Broken
from .table import (
    ASTERISK_WITHOUT_OPTIONS,
    CHARACTER_IN_TARGET,
    CONNECT_TO_NO_PORT,
    CONNECT_WITHOUT_AUTHORITY,
    CONTROL_IN_TARGET,
    FRAGMENT_IN_TARGET,
    OCTET_IN_TARGET,
    OTHER_SCHEME,
    PERCENT_IN_TARGET,
    PORT_BEYOND_RANGE,
    TARGET_IN_NO_FORM,
    TARGET_WITHOUT_HOST,
    USERINFO_IN_TARGET,
)

_UNRESERVED = rb"A-Za-z0-9\-._~"
_SUB_DELIMS = rb"!$&'()*+,;="
_PCHAR = rb"%b%b:@" % (_UNRESERVED, _SUB_DELIMS)
PATH_AND_QUERY = rb"(?:[%b/?]++|%%[0-9A-Fa-f]{2})*" % _PCHAR
"""What follows the first slash of an origin form; a question mark begins the query, and is data
within it."""

_REG_NAME = rb"(?:[%b%b]++|%%[0-9A-Fa-f]{2})*" % (_UNRESERVED, _SUB_DELIMS)
_V_FUTURE = rb"[vV][0-9A-Fa-f]+\.[%b%b:]+" % (_UNRESERVED, _SUB_DELIMS)
_HOST_AND_PORT = re.compile(
    rb"(?P<host>\[(?:(?P<ipv6>[0-9A-Fa-f:.]+)|%b)\]|%b)(?::(?P<port>[0-9]*))?"
    % (_V_FUTURE, _REG_NAME)
)
_ORIGIN = re.compile(rb"/" + PATH_AND_QUERY)
_ABSOLUTE = re.compile(
    rb"(?P<scheme>[A-Za-z][A-Za-z0-9+\-.]*):(?:(?P<slashes>//)(?P<authority>[^/?]*))?"
    rb"(?P<rest>(?:[%b/?\[\]]++|%%[0-9A-Fa-f]{2})*)" % _PCHAR
)
_USERINFO = re.compile(rb"(?:[%b%b:]|%%[0-9A-Fa-f]{2})*" % (_UNRESERVED, _SUB_DELIMS))
_OF_URI = re.compile(rb"(?:[%b/?\[\]]++|%%[0-9A-Fa-f]{2})*" % _PCHAR)
_CONTROL = re.compile(rb"[\x00-\x20\x7f]")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_PERCENT_BEFORE_MORE = re.compile(rb"%(?!\Z|[0-9A-Fa-f]\Z|[0-9A-Fa-f]{2})")
_NOT_IN_URI = re.compile(rb'["<>\\^`{|}]')
_HTTP = (b"http", b"https")


@lru_cache(maxsize=4096)
def host_and_port(text: bytes) -> tuple[bytes, bytes | None] | None:
    """The parts of `uri-host [ ":" port ]`; None when it is none."""
    match = _HOST_AND_PORT.fullmatch(text)
    if match is None:
        return None
    if match["ipv6"] is not None:
        try:
            IPv6Address(match["ipv6"].decode())
        except AddressValueError:
            return None
    return match["host"], match["port"]


def is_port(digits: bytes) -> bool:
    """Whether a port, which the grammar has as any number of digits, is one of TCP."""
    digits = digits.lstrip(b"0")
    return len(digits) < 6 and int(digits or b"0") < 65536


def judge_target(method: bytes, target: bytes, broken: Broken) -> None:
    """Note what is wrong with a whole target."""
    if _judge_octets(target, broken, _PERCENT):
        return
    if method == b"CONNECT":
        _judge_authority_form(target, broken)
    elif target == b"*":
        if method != b"OPTIONS":
            broken.add(ASTERISK_WITHOUT_OPTIONS)
    elif target[:1] == b"/":
        if _ORIGIN.fullmatch(target) is None:  # for a bracket, which only a host may have
            broken.add(CHARACTER_IN_TARGET)
    else:
        _judge_absolute_form(target, broken)


def judge_beginning(target: bytes, broken: Broken) -> None:
    """Note what is wrong with a target that may go on."""
    _judge_octets(target, broken, _PERCENT_BEFORE_MORE)


def _judge_octets(target: bytes, broken: Broken, percent: re.Pattern[bytes]) -> bool:
    if _OF_URI.fullmatch(target):
        return False
    before = len(broken.rules)
    if _CONTROL.search(target):
        broken.add(CONTROL_IN_TARGET)
    if _BEYOND_ASCII.search(target):
        broken.add(OCTET_IN_TARGET)
    if _NOT_IN_URI.search(target):
        broken.add(CHARACTER_IN_TARGET)
    if percent.search(target):
        broken.add(PERCENT_IN_TARGET)
    if b"#" in target:
        broken.add(FRAGMENT_IN_TARGET)
    return len(broken.rules) > before


def _judge_authority_form(target: bytes, broken: Broken) -> None:
    found = host_and_port(target)
    if found is None or found[1] is None:
        broken.add(CONNECT_WITHOUT_AUTHORITY)
    elif not found[1] or not is_port(found[1]):
        broken.add(CONNECT_TO_NO_PORT)
    elif not found[0]:
        broken.add(CONNECT_WITHOUT_AUTHORITY)


def _judge_absolute_form(target: bytes, broken: Broken) -> None:
    match = _ABSOLUTE.fullmatch(target)
    if match is None:
        broken.add(TARGET_IN_NO_FORM)
        return
    if match["scheme"].lower() not in _HTTP:
        broken.add(OTHER_SCHEME)
        return
    if match["slashes"] is None:
        broken.add(TARGET_WITHOUT_HOST)
        return
    if b"[" in match["rest"] or b"]" in match["rest"]:
        broken.add(CHARACTER_IN_TARGET)
    userinfo, at, authority = match["authority"].rpartition(b"@")
    found = host_and_port(authority)
    if found is None or _USERINFO.fullmatch(userinfo) is None:
        broken.add(TARGET_IN_NO_FORM)
    elif not found[0]:
        broken.add(TARGET_WITHOUT_HOST)
    elif found[1] and not is_port(found[1]):
        broken.add(PORT_BEYOND_RANGE)
    elif at:
        broken.add(USERINFO_IN_TARGET)
