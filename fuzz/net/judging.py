"""What one server's answers say against what may come: the requirements of a connection.

Owns them, with their sources. Pure: plays nothing and waits for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.check import practice, rfc
from conformance.seen import Answer
from conformance.steps import End

from ..reading import Request
from ..target import Violation
from .client import Heard, says_close
from .echoes import IN_ORDER, METHODS_WITH_CONTENT, echo_of, judge_echo
from .expected import NO_FURTHER, Expected, Kind, Place

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
SERVER_ERROR = rfc(
    9110,
    "15.6.1",
    "The 500 (Internal Server Error) status code indicates that the server encountered an "
    "unexpected condition that prevented it from fulfilling the request.",
)
OWN_LENGTH = rfc(
    9112,
    "9.3",
    "all messages on a connection need to have a self-defined message length (i.e., one not "
    "defined by closure of the connection)",
)
CODING_IN_ANSWER = rfc(
    9112,
    "6.1",
    "A server MUST NOT send a response containing Transfer-Encoding unless the corresponding "
    "request indicates HTTP/1.1 (or later minor revisions).",
)
NO_SWITCH = rfc(
    9110,
    "7.8",
    "A server that receives an Upgrade header field in an HTTP/1.0 request MUST ignore that "
    "Upgrade field.",
)
NO_CONTENT = rfc(9110, "9.3.2", "the server MUST NOT send content in the response")
MONITOR = rfc(
    9112,
    "9.5",
    "Implementations SHOULD constantly monitor open connections for a received closure signal and "
    "respond to it as appropriate",
)
SERVING = practice("a server answers a valid request before it closes its connection")

FINE_SERVER_ERRORS = frozenset({501, 503, 505})
"""What says that the server does not do this, rather than that it failed at it."""

NO_REQUEST = {Kind.NOTHING: (408,), Kind.BEHIND_THE_LAST: (400, 408)}
"""What may be answered all the same: 408 ends an idle connection, and 400 serves nothing."""
_PREFACE = b"PRI * HTTP/2.0"


def judge(may: Expected, heard: Heard, nonce: str) -> None:
    """Raises Violation. `nonce` is in the echoes of the server's handlers, "" when it has none."""
    if any(one.status == 101 for one in heard.interim):
        _switched(may)
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


def _switched(may: Expected) -> None:
    if may.places and all(_is_old(place) for place in may.places):
        raise Violation(
            "switch of protocols", "for HTTP/1.0", source=NO_SWITCH,
            text="the answer to a request of HTTP/1.0 is 101",
        )  # fmt: skip


def _is_old(place: Place) -> bool:
    """It is known to be a request of HTTP/1.0."""
    return place.kind is Kind.VALID and place.request is not None and place.request.minor == 0


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
    names = {name.lower() for name, _ in answer.headers}
    has_length = not names.isdisjoint({"content-length", "transfer-encoding"})
    if heard.is_quiet and answer is heard.answers[-1] and answer.body and not has_length:
        raise Violation(
            "answer without an end", kind_of(answer.status), source=OWN_LENGTH,
            text=f"the answer {_line(answer)} has no length, and the connection stays open",
        )  # fmt: skip


def _of_place(may: Expected, place: Place, answer: Answer, nonce: str) -> None:
    """Whether an answer may come in its place."""
    if kind_of(answer.status) == "failed" and not (answer.status == 500 and may.crashes):
        raise Violation(
            "server error", str(answer.status), place.validity, source=SERVER_ERROR,
            text=f"{place.words} is answered with {_line(answer)}",
        )  # fmt: skip
    if place.kind in NO_REQUEST and answer.status not in NO_REQUEST[place.kind]:
        raise Violation(
            "answer to nothing", place.words, source=place.source or ANSWERS,
            text=f"{_line(answer)} answers {place.words}",
        )  # fmt: skip
    if _is_old(place) and any(name.lower() == "transfer-encoding" for name, _ in answer.headers):
        raise Violation(
            "chunks for HTTP/1.0", kind_of(answer.status), source=CODING_IN_ANSWER,
            text=f"{_line(answer)} to a request of HTTP/1.0 has Transfer-Encoding",
        )  # fmt: skip
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
        judge_echo(place.request, echo, place, may.trailers)


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
            "no answer", before, "waits for more", source=IN_ORDER,
            text=f"{count} of {may.owed} valid requests are answered, and then nothing comes",
        )  # fmt: skip
    if count == 0 and heard.end is not End.OPEN:
        raise Violation(
            "no answer", before, "closes", source=SERVING,
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
    if _PREFACE in may.data:
        return  # whoever speaks HTTP/2 answers it with frames
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
