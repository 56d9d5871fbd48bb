"""What handlers of ours tell of the requests that they saw.

Owns how it is held against what was sent.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Set
from typing import Any

from conformance.check import practice, rfc
from conformance.checks.start_lines import NOT_MERGED
from conformance.seen import Answer

from ..reading import Request
from ..target import Violation
from .expected import Place

IN_ORDER = rfc(
    9112,
    "9.3.2",
    "it MUST send the corresponding responses in the same order that the requests were received",
)
BODY = rfc(
    9112,
    "6.3",
    "If a valid Content-Length header field is present without Transfer-Encoding, its decimal "
    "value defines the expected message body length in octets.",
)
CASE_OF_METHOD = rfc(
    9110,
    "9.1",
    "The method token is case-sensitive because it might be used as a gateway to object-based "
    "systems with case-sensitive method names.",
)
FIELDS = practice("a handler sees no header field that was not sent in the header section")

METHODS_WITH_CONTENT = frozenset({b"POST", b"PUT", b"PATCH"})
_PLAIN_PATH = re.compile(rb"(/[A-Za-z0-9_-]+)+|/")


def echo_of(answer: Answer, nonce: str) -> Mapping[str, Any] | None:
    """What the handler says it saw; None when no handler of ours has answered."""
    if not nonce or answer.status != 200 or nonce.encode() not in answer.body:
        return None
    try:
        said = json.loads(answer.body)
    except ValueError:
        return None
    return said if isinstance(said, dict) and said.get("nonce") == nonce else None


def judge_echo(request: Request, echo: Mapping[str, Any], place: Place, trailers: Set[str]) -> None:
    """The handler saw this request, which was sent for this place, and no other. `trailers` are the
    names of all that may be trailer fields, in lower case. Raises Violation."""
    of, source = place.words, place.source
    method = request.method.decode("latin-1")
    if echo["method"] != method:
        is_case = echo["method"].lower() == method.lower()
        raise Violation(
            "another method", "seen by the handler", of,
            source=CASE_OF_METHOD if is_case else source or IN_ORDER,
            text=f"the handler of {method} saw {echo['method']!r}",
        )  # fmt: skip
    path = request.target.partition(b"?")[0]
    if _PLAIN_PATH.fullmatch(path) and echo["path"] != path.decode():
        raise Violation(
            "another path", "seen by the handler", of, source=source or IN_ORDER,
            text=f"the handler of {path.decode()} saw {echo['path']!r}",
        )  # fmt: skip
    if not is_body_of(request, echo):
        raise Violation(
            "another body", "read by the handler", of, source=source or BODY,
            text=f"the handler read {echo['body']}, sent were {len(request.body)} octets",
        )  # fmt: skip
    _fields(request, echo, place, trailers)


def _fields(request: Request, echo: Mapping[str, Any], place: Place, trailers: Set[str]) -> None:
    """The handler saw no field but those of the header section."""
    sent = {name.decode("latin-1") for name, _ in request.fields}
    more = [name.lower() for name, _ in echo["headers"] if name.lower() not in sent]
    if not more:
        return
    text = f"the handler saw a field {more[0]!r}, which was not sent"
    if not set(more) <= trailers:
        raise Violation(
            "another field", "seen by the handler", place.words,
            source=place.source or FIELDS, text=text,
        )  # fmt: skip
    raise Violation(
        "another field", "a trailer field", source=NOT_MERGED,
        text=f"{text} in the header section, but in the trailer section of this request, or of "
        "one before",
    )  # fmt: skip


def is_body_of(request: Request, echo: Mapping[str, Any]) -> bool:
    """Whether an echo tells of the body of this request, or of none.

    Some frameworks leave that of a GET alone, to which nothing gives a meaning (RFC 9110 §9.3.1).
    """
    body = echo["body"]
    if body is None or (body["length"] == 0 and request.method not in METHODS_WITH_CONTENT):
        return True
    digest = hashlib.sha256(request.body).hexdigest()
    return bool(body["length"] == len(request.body) and body["sha256"] == digest)
