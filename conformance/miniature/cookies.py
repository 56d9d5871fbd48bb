"""The cookies of a request.

Owns the splitting of Cookie fields. A pair that is none is passed over: other sites on the domain
may have set it.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from .targets import Pairs

_SPANNED = re.compile(r'(?:"[^"]*"?|[^;"])+')
_WORDS = re.compile(r"\w+=\w*")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+=")
_ATTRIBUTES = {"path", "expires", "domain", "secure", "max-age"}


def parse_cookies(fields: list[str], faults: frozenset[str]) -> Pairs:
    """The pairs of all Cookie fields; of a name the first counts, as clients send the most
    specific path first (RFC 6265 §5.4)."""
    if "cookies-of-last-field" in faults:
        fields = fields[-1:]
    if not fields and "no-cookies-crashes" in faults:
        raise LookupError("no Cookie")
    if "second-cookie-field-comes-first" in faults:
        fields = fields[::-1]
    found: dict[str, str] = {}
    for pair in (pair for value in fields for pair in _split(value, faults)):
        if not _TOKEN.match(pair) or not pair.isascii():
            if pair and "bad-pair-ends-cookies" in faults:
                break
            if pair and "bad-pair-crashes" in faults:
                raise ValueError(f"no cookie: {pair}")
        name, equals, value = pair.partition("=")
        name, value = name.strip(), value.strip()
        if "cookie-names-without-case" in faults:
            name = name.lower()
        if not equals or not name or _is_lost(name, value, faults):
            continue
        if "splits-cookies-at-every-equals-sign" in faults:
            value = value.partition("=")[0]
        if "last-cookie-wins" in faults or name not in found:
            found[name] = _unquoted(value)
    pairs = list(found.items())
    if "empty-cookie-is-one" in faults and fields and not pairs:
        return [("", "")]
    if "first-cookie-only" in faults:
        return pairs[:1]
    return pairs[:50] if "few-cookies" in faults else pairs


def _split(value: str, faults: frozenset[str]) -> list[str]:
    if "decodes-cookies-before-splitting" in faults:
        value = unquote(value)
    if "quotes-end-cookies" in faults:
        value = value.partition('"')[0]
    if "quotes-span-cookies" in faults:
        return [one.strip() for one in _SPANNED.findall(value)]
    if "commas-separate-cookies" in faults:
        value = value.replace(",", ";")
    if "splits-cookies-at-semicolon-and-space" in faults:
        return value.split("; ")
    return [one.strip() for one in value.split(";")]


def _is_lost(name: str, value: str, faults: frozenset[str]) -> bool:
    """It is told to be passed over."""
    return (
        (not value and "drops-empty-cookies" in faults)
        or (not _WORDS.fullmatch(f"{name}={value}") and "cookies-are-words" in faults)
        or (name in _ATTRIBUTES and "cookies-have-attributes" in faults)
    )


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
