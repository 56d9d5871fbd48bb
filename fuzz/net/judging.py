"""What one server's answers say against what may come: the requirements of a connection.

Owns them, with their sources. Pure: plays nothing and waits for nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from conformance.check import Source, practice, rfc
from conformance.seen import Answer
from conformance.steps import End

from ..reading import Request
from ..target import Violation
from .client import Heard, says_close
from .expected import NO_FURTHER, Expected, Kind, Place

IN_ORDER = rfc(
    9112,
    "9.3.2",
    "it MUST send the corresponding responses in the same order that the requests were received",
)
ANSWERS = rfc(
    9112,
    "9.2",
    "A client that has more than one outstanding request on a connection MUST maintain a list of "
    "outstanding requests in the order sent and MUST correctly associate each received response "
    "message on that connection to the first outstanding request that has not yet received a final "
    "(non-1xx) response.",
)
WHOLE_HEAD = rfc(
    9110,
    "5.3",
    "A server MUST NOT apply a request to the target resource until it receives the entire request "
    "header section",
)
CUT_SHORT = rfc(
    9112,
    "6.3",
    "If the sender closes the connection or the recipient times out before the indicated number of "
    "octets are received, the recipient MUST consider the message to be incomplete and close the "
    "connection.",
)
MESSAGE = rfc(
    9112,
    "2.1",
    "An HTTP/1.1 message consists of a start-line followed by a CRLF and a sequence of octets in a "
    "format similar to the Internet Message Format",
)
BODY = rfc(
    9112,
    "6.3",
    "If a valid Content-Length header field is present without Transfer-Encoding, its decimal "
    "value defines the expected message body length in octets.",
)
SERVER_ERROR = rfc(
    9110,
    "15.6.1",
    "The 500 (Internal Server Error) status code indicates that the server encountered an "
    "unexpected condition that prevented it from fulfilling the request.",
)
NO_CONTENT = rfc(9110, "9.3.2", "the server MUST NOT send content in the response")
MONITOR = rfc(
    9112,
    "9.5",
    "Implementations SHOULD constantly monitor open connections for a received closure signal and "
    "respond to it as appropriate",
)
FIELDS = practice("a handler sees no header field that was not sent in the header section")
SERVING = practice("a server answers a valid request before it closes its connection")

FINE_SERVER_ERRORS = frozenset({501, 503, 505})
"""What says that the server does not do this, rather than that it failed at it."""

NO_REQUEST = {Kind.NOTHING: (408,), Kind.BEHIND_THE_LAST: (400, 408)}
"""What may be answered all the same: 408 ends an idle connection, and 400 serves nothing."""
METHODS_WITH_CONTENT = frozenset({b"POST", b"PUT", b"PATCH"})
_PLAIN_PATH = re.compile(rb"(/[A-Za-z0-9_-]+)+|/")


def judge(may: Expected, heard: Heard, nonce: str) -> None:
    """Raises Violation. `nonce` is in the echoes of the server's handlers, "" when it has none."""
    if any(one.status == 101 for one in heard.interim):
        return  # what follows is no HTTP/1.1
    for number, answer in enumerate(heard.answers):
        if number and says_close(heard.answers[number - 1]):
            raise Violation(
                "answer behind the end", "an answer that says close", kind_of(answer.status),
                source=NO_FURTHER, text=f"{_line(answer)} comes behind an answer that says close",
            )  # fmt: skip
        place = may.place(number)
        if place.kind is Kind.VALID:
            _form(answer, heard)
        elif not answer.status:
            return  # the reader knows too little of what was asked to make it out
        _of_place(may, place, answer, nonce)
        if place.method == b"CONNECT" and 200 <= answer.status < 300:
            return  # a tunnel
    _count(may, heard)
    _missing(may, heard)
    _stray(may, heard)
    if heard.end is End.OPEN:
        raise Violation(
            "hang", "the connection stays open", may.place(len(heard.answers)).kind.value,
            source=MONITOR, text="the connection stays open behind the end of our side",
        )  # fmt: skip


# -- One answer -----------------------------------------------------------------------------------


def _form(answer: Answer, heard: Heard) -> None:
    if answer.problem is not None:
        raise Violation(
            "malformed answer", _kind_of_problem(answer.problem), source=MESSAGE,
            text=f"the answer {_line(answer)}: {answer.problem}",
        )  # fmt: skip
    if not answer.is_complete and not _is_cut_off(heard):
        raise Violation(
            "malformed answer", "cut short", source=MESSAGE,
            text=f"the answer {_line(answer)} is cut short",
        )  # fmt: skip


def _of_place(may: Expected, place: Place, answer: Answer, nonce: str) -> None:
    """Whether an answer may come in its place."""
    if kind_of(answer.status) == "failed" and not (answer.status == 500 and may.crashes):
        raise Violation(
            "server error", str(answer.status), place.words, source=SERVER_ERROR,
            text=f"{place.words} is answered with {_line(answer)}",
        )  # fmt: skip
    if place.kind in NO_REQUEST and answer.status not in NO_REQUEST[place.kind]:
        raise Violation(
            "answer to nothing",
            kind_of(answer.status),
            place.words,
            source=place.source or ANSWERS,
            text=f"{_line(answer)} answers {place.words}",
        )
    if not 200 <= answer.status < 300:
        return
    if place.kind is Kind.REFUSED:
        raise Violation(
            "served what must be refused", str(answer.status), place.words, source=place.source,
            text=f"{place.words} is answered with {_line(answer)}",
        )  # fmt: skip
    echo = echo_of(answer, nonce)
    if place.kind is Kind.INCOMPLETE or (place.request is not None and not place.request.whole):
        _of_incomplete(place.request, answer, echo)
    elif place.request is not None and echo is not None:
        _echoed(place.request, echo, place.words, place.source)


def _of_incomplete(request: Request | None, answer: Answer, echo: Mapping[str, Any] | None) -> None:
    """`request` is None where not even the head is whole."""
    if request is None:
        raise Violation(
            "served incomplete", "its head is incomplete", source=WHOLE_HEAD,
            text=f"a request whose head is incomplete is answered with {_line(answer)}",
        )  # fmt: skip
    if echo is None or echo["body"] is None:
        return  # it needs none of the body
    if echo["body"]["length"] or request.method in METHODS_WITH_CONTENT:
        raise Violation(
            "served incomplete", "its body is incomplete", source=CUT_SHORT,
            text=f"the handler read {echo['body']} of a body that is incomplete, to its end",
        )  # fmt: skip


def echo_of(answer: Answer, nonce: str) -> Mapping[str, Any] | None:
    """What the handler says it saw; None when no handler of ours has answered."""
    if not nonce or answer.status != 200 or nonce.encode() not in answer.body:
        return None
    try:
        said = json.loads(answer.body)
    except ValueError:
        return None
    return said if isinstance(said, dict) and said.get("nonce") == nonce else None


def _echoed(request: Request, echo: Mapping[str, Any], of: str, source: Source | None) -> None:
    """The handler saw this request and no other."""
    method = request.method.decode("latin-1")
    if echo["method"] != method:
        raise Violation(
            "another method", "seen by the handler", of, source=source or IN_ORDER,
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
    sent = {name.decode("latin-1") for name, _ in request.fields}
    for name, _ in echo["headers"]:
        if name.lower() not in sent:
            raise Violation(
                "another field", "seen by the handler", of, source=source or FIELDS,
                text=f"the handler saw a field {name!r}, which was not sent",
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


# -- How many -------------------------------------------------------------------------------------


def _count(may: Expected, heard: Heard) -> None:
    served = sum(200 <= answer.status < 400 for answer in heard.answers)
    if served > may.served:
        raise Violation(
            "more served than asked for", may.words, source=ANSWERS,
            text=f"{served} requests are served, at most {may.served} are there",
        )  # fmt: skip
    if len(heard.answers) > may.answers:
        raise Violation(
            "more answers than requests", may.words, source=ANSWERS,
            text=f"{len(heard.answers)} answers to at most {may.answers} requests",
        )  # fmt: skip


def _missing(may: Expected, heard: Heard) -> None:
    """A server may close a connection at any time (RFC 9112 §9.5), but it neither waits for more
    behind a request that is whole, nor leaves a client without any answer."""
    count = len(heard.answers)
    if count >= may.owed:
        return
    if count and (says_close(heard.answers[-1]) or heard.answers[-1].status >= 400):
        return  # it has said that there will be no more, or refused that one
    before = "none before" if count == 0 else "some before"
    if heard.is_quiet:
        raise Violation(
            "no answer", before, heard.end.value, source=IN_ORDER,
            text=f"{count} of {may.owed} valid requests are answered, and then nothing comes",
        )  # fmt: skip
    if count == 0 and heard.end is not End.OPEN:
        raise Violation(
            "no answer", before, heard.end.value, source=SERVING,
            text=f"the connection is {heard.end.value} without an answer to a valid request",
        )  # fmt: skip


def _stray(may: Expected, heard: Heard) -> None:
    """Behind an answer whose end is certain there is another one, or nothing."""
    count = len(heard.answers)
    last = may.place(count - 1) if count else None
    if not heard.rest or b"HTTP/".startswith(heard.rest[:5]) or _is_cut_off(heard):
        return
    if last is None or last.kind is not Kind.VALID:
        return
    is_head = last.method == b"HEAD"
    raise Violation(
        "stray octets", "behind the answer to HEAD" if is_head else "behind an answer",
        source=NO_CONTENT if is_head else MESSAGE,
        text=f"{heard.rest[:60]!r} belongs to no answer",
    )  # fmt: skip


def _is_cut_off(heard: Heard) -> bool:
    """We may have cut it off ourselves, or the network has thrown away its end."""
    return heard.is_quiet or heard.end in (End.RESET, End.OPEN)


# -- Words ----------------------------------------------------------------------------------------


def kind_of(status: int) -> str:
    """What a status says of a request, in a word or two."""
    if status < 300:
        return "served"
    if status < 400:
        return "redirected"
    if status < 500:
        return "refused"
    return "not offered" if status in FINE_SERVER_ERRORS else "failed"


def _line(answer: Answer) -> str:
    return f"{answer.status} {answer.reason}".rstrip()


def _kind_of_problem(problem: str) -> str:
    """The words of a problem of form without what was in the answer."""
    return " ".join(problem.split()[:3])
