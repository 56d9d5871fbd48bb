"""Bodies that are JSON.

Owns their decoding, and what becomes of those that are none.
"""

from __future__ import annotations

import json
import re
from typing import Any

from .response import HttpError

_CHARSET = re.compile(r'charset="?([^";]+)')


def parse_json(body: bytes, content_type: str, faults: frozenset[str]) -> object:
    """Raises HttpError 400 for what is none."""
    _refuse_more(body, content_type, faults)
    try:
        value = json.loads(body)
    except RecursionError:
        if "deep-json-crashes" in faults:
            raise
        raise HttpError(400, "the JSON is nested too deeply") from None
    except ValueError:
        if "invalid-json-is-null" in faults:
            return None
        if "invalid-json-crashes" in faults:
            raise RuntimeError("the body is no JSON") from None
        raise HttpError(400, "the body is no JSON") from None
    if not value and "falsy-json-is-none" in faults:
        raise HttpError(400, "there is no JSON")
    if not isinstance(value, dict | list) and "json-is-an-object" in faults:
        raise HttpError(400, "the JSON is no object")
    return value


def _refuse_more(body: bytes, content_type: str, faults: frozenset[str]) -> None:
    """What is told not to be taken, or to fail."""
    if "no-json" in faults:
        raise HttpError(415)
    if "json-type-to-the-letter" in faults and content_type != "application/json":
        raise HttpError(415)
    if "json-begins-at-once" in faults and body[:1].isspace():
        raise HttpError(400)
    charset = _CHARSET.search(content_type)
    if charset is not None and "unknown-charset-crashes" in faults:
        body.decode(charset[1])
    if "disputed-json-crashes" in faults:
        _crash_at_what_is_disputed(body)


def _crash_at_what_is_disputed(body: bytes) -> None:
    def crash(*_: Any) -> None:
        raise RuntimeError("decoders disagree about this")

    def object_of(pairs: list[tuple[str, Any]]) -> None:
        if len(dict(pairs)) < len(pairs):
            crash()

    if not body or body.startswith(b"\xef\xbb\xbf") or b"\\ud800" in body or len(body) > 5000:
        crash()
    json.loads(body, parse_constant=crash, object_pairs_hook=object_of)
