"""What a request target says: its path and its query.

Owns splitting and decoding of both. A target is split first and decoded then, once (RFC 3986
§2.4); what is no escape or no UTF-8 is never an error.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, unquote_to_bytes

Pairs = list[tuple[str, str]]

_NO_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


def decode(text: str, faults: frozenset[str]) -> str:
    """Percent-decoded, and read as UTF-8."""
    if "malformed-percent-crashes" in faults and _NO_ESCAPE.search(text):
        raise ValueError(f"no digits behind % in {text!r}")
    if "invalid-utf-8-crashes" in faults:
        return unquote_to_bytes(text).decode("utf-8", "strict")
    return unquote(text, "utf-8", "replace")


def split_target(target: str, faults: frozenset[str]) -> tuple[str, str]:
    """The path and the query, still encoded."""
    if "cuts-path-at-semicolon" in faults:
        target = target.partition(";")[0]
    if "query-is-part-of-path" in faults:
        return target, ""
    path, _, query = target.partition("?")
    return path, query


def split_query(query: str, faults: frozenset[str]) -> Pairs:
    """The pairs of a query or a form, decoded, in order, blank values too (WHATWG URL §5.1)."""
    if "decodes-query-before-splitting" in faults:
        query = decode(query, faults)
    if "semicolon-separates-pairs" in faults:
        query = query.replace(";", "&")
    pairs = [_pair(piece, faults) for piece in query.split("&") if piece]
    if "keeps-last-query-value" in faults:
        pairs = list(dict(pairs).items())
    if "drops-blank-values" in faults:
        pairs = [(name, value) for name, value in pairs if value]
    return pairs


def _pair(piece: str, faults: frozenset[str]) -> tuple[str, str]:
    name, _, value = piece.partition("=")
    if "splits-at-every-equals-sign" in faults:
        value = value.partition("=")[0]
    return _form_decode(name, faults), _form_decode(value, faults)


def _form_decode(text: str, faults: frozenset[str]) -> str:
    if "query-is-raw" in faults:
        return text
    if "plus-in-query-stays" not in faults:
        text = text.replace("+", " ")
    if "decodes-twice" in faults:
        text = decode(text, faults)
    return decode(text, faults)
