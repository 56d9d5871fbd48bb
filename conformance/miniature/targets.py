"""What a request target says: its path and its query.

Owns splitting and decoding of both. A target is split first and decoded then, once (RFC 3986
§2.4); what is no escape or no UTF-8 is never an error.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, unquote_to_bytes

from . import wasteful

Pairs = list[tuple[str, str]]

_NO_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_NO_UPPER_ESCAPE = re.compile("%(?![0-9A-F]{2})")


def decode(text: str, faults: frozenset[str]) -> str:
    """Percent-decoded, and read as UTF-8."""
    if "malformed-percent-crashes" in faults and _NO_ESCAPE.search(text):
        raise ValueError(f"no digits behind % in {text!r}")
    if "escapes-in-upper-case-only" in faults:
        text = _NO_UPPER_ESCAPE.sub("%25", text)
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
    if "strips-question-marks" in faults:
        query = query.lstrip("?")
    pieces = query.split("&")
    if "empty-pairs-are-pairs" not in faults:
        pieces = [piece for piece in pieces if piece]
    if "drops-names-alone" in faults:
        pieces = [piece for piece in pieces if "=" in piece]
    if "few-query-pairs" in faults:
        pieces = pieces[:100]
    if "blank-pair-in-the-middle-is-lost" in faults:
        middle = [piece for piece in pieces[1:-1] if not piece.endswith("=")]
        pieces = [*pieces[:1], *middle, *pieces[1:][-1:]]
    pairs = [_pair(piece, faults) for piece in pieces]
    pairs = _worsened_together(pairs, pieces, faults)
    wasteful.on_pairs(pairs, faults)
    if "drops-pairs-without-name" in faults:
        pairs = [(name, value) for name, value in pairs if name]
    if "brackets-and-commas-make-lists" in faults:
        pairs = [(name.split("[")[0], one) for name, value in pairs for one in value.split(",")]
    if "query-names-in-lower-case" in faults:
        pairs = [(name.lower(), value) for name, value in pairs]
    if "keeps-last-query-value" in faults:
        pairs = list(dict(pairs).items())
    if "drops-blank-values" in faults:
        pairs = [(name, value) for name, value in pairs if value]
    return pairs


def _worsened_together(pairs: Pairs, pieces: list[str], faults: frozenset[str]) -> Pairs:
    """The pairs with what is told to go wrong where there are several."""
    if "encoded-names-behind-the-first" in faults:
        raw = [piece.partition("=")[0] for piece in pieces]
        later = [(name, value) for name, (_, value) in zip(raw, pairs, strict=True)]
        return [*pairs[:1], *later[1:]]
    if "middle-of-three-values-is-lost" in faults:
        names = [name for name, _ in pairs]
        return [
            pair
            for place, pair in enumerate(pairs)
            if names.count(pair[0]) != 3 or names[:place].count(pair[0]) != 1
        ]
    if "same-pair-again-is-lost" in faults:
        return list(dict.fromkeys(pairs))
    return pairs


def _pair(piece: str, faults: frozenset[str]) -> tuple[str, str]:
    name, _, value = piece.partition("=")
    if "splits-at-every-equals-sign" in faults:
        value = value.partition("=")[0]
    if "plus-in-names-stays" in faults:
        name = name.replace("+", "%2B")
    return _form_decode(name, faults), _worsened(_form_decode(value, faults), faults)


def _worsened(value: str, faults: frozenset[str]) -> str:
    """The value with what is told to go wrong with it."""
    if "cuts-long-query-values" in faults:
        return value[:1024]
    if "query-value-ends-at-nul" in faults:
        return value.partition("\0")[0]
    if "query-loses-line-ends" in faults:
        return re.sub(r"[\r\n\t]", "", value)
    return value


def _form_decode(text: str, faults: frozenset[str]) -> str:
    if "query-is-raw" in faults:
        return text
    if "plus-in-query-stays" not in faults:
        text = text.replace("+", " ")
    if "decodes-twice" in faults:
        text = decode(text, faults)
    return decode(text, faults)
