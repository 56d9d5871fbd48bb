"""The differential target: any server and the reference, the same octets to both.

Owns the property. What the rules leave to a server is told apart, and breaks nothing: who refuses
what may be refused, or closes where that is allowed, only differs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from conformance.check import Source
from conformance.checks.targets import ABSOLUTE
from conformance.steps import End

from ..net.client import Heard, says_close
from ..net.echoes import BODY, IN_ORDER
from ..net.expected import Expected, Kind, Place
from ..net.judging import ANSWERS, MONITOR, NO_REQUEST, SERVER_ERROR
from ..net.outcomes import Outcome, classes, end_word, outcomes
from ..net.playing import PlayingTarget
from ..target import Seen, Violation, Wanted

_ABSOLUTE_FORM = re.compile(rb"[Hh][Tt][Tt][Pp]://[^/?#]+(?:/[A-Za-z0-9_-]+)+")
_WHO = ("the subject", "the reference")


class DifferentialTarget(PlayingTarget):
    """Octets on a new connection to the subject, and on one to the reference."""

    name = "differential"

    def __init__(self, wanted: Wanted) -> None:
        super().__init__(wanted, reference=True)

    def judge(self, data: bytes, may: Expected, heard: Sequence[Heard]) -> Seen:
        """Invariant: where the rules decide, both do what they say; and where they leave a request
        to the server but not its meaning, two servers that take it see the same request, and the
        same number of them.
        """
        both = [
            outcomes(one, server.nonce) for one, server in zip(heard, self.servers, strict=True)
        ]
        if not any(one.status == 101 for each in heard for one in each.interim):
            nonces = [server.nonce for server in self.servers]
            _compare(may, heard, both, nonces)
        shown = " / ".join(f"{classes(one)} {end_word(one)}" for one in heard)
        return Seen(
            f"{may.words}: {shown}",
            accepted=any(one.is_served for one in both[0]),
            units=max(1, len(both[0])),
        )


def _compare(
    may: Expected,
    heard: Sequence[Heard],
    both: Sequence[Sequence[Outcome]],
    nonces: Sequence[str],
) -> None:
    for number, answers in enumerate(zip(*both, strict=False)):
        place = may.place(number)
        if place.kind is Kind.UNKNOWN:
            break
        kinds = [answer.kind for answer in answers]
        if not (may.crashes and 500 in [answer.status for answer in answers]):
            _only_one(
                "server error", [kind == "failed" for kind in kinds], place.validity, SERVER_ERROR
            )
        if place.kind is Kind.REFUSED:
            served = [answer.is_served for answer in answers]
            _only_one("served what must be refused", served, place.words, place.source)
        absolute_form(place, answers, nonces)
        if place.request is not None:
            _same(place, number, *answers)
        if place.method == b"CONNECT":
            return
    _answered(may, heard, both)
    _counted(may, heard, both)
    _only_one("stays open", [one.end is End.OPEN for one in heard], "a connection", MONITOR)


def _only_one(kind: str, holds: Sequence[bool], of: str, source: Source | None) -> None:
    """Raises Violation when something is said of one of the two and not of the other."""
    if holds[0] is not holds[1]:
        who = _WHO[holds.index(True)]
        raise Violation(f"{kind} by one", who, of, source=source, text=f"{kind}, by {who}: {of}")


def absolute_form(place: Place, answers: Sequence[Outcome], nonces: Sequence[str]) -> None:
    """Raises Violation when one of two servers with the same routes does not know the absolute
    form. `nonces` as for `judging.judge`: one without any has routes of its own."""
    request = place.request
    if place.kind is not Kind.VALID or request is None or not all(nonces):
        return
    if _ABSOLUTE_FORM.fullmatch(request.target) is None:
        return
    kinds = {answer.kind for answer in answers}
    missing = [answer.status == 404 for answer in answers]
    if "served" in kinds:
        _only_one("no route", missing, "a target in absolute form", ABSOLUTE)


def _same(place: Place, number: int, left: Outcome, right: Outcome) -> None:
    """The handlers of both saw the same."""
    for aspect, mine, theirs in left.differences(right, place.method):
        raise Violation(
            f"another {aspect}",
            "the subject and the reference",
            place.words,
            source=place.source or (BODY if aspect == "body" else IN_ORDER),
            text=f"request {number + 1}: the handler of the subject saw {mine}, "
            f"that of the reference {theirs}",
        )


def _answered(may: Expected, heard: Sequence[Heard], both: Sequence[Sequence[Outcome]]) -> None:
    """Neither leaves a client without any answer to a valid request, nor waits for more behind
    it."""
    missing = [
        len(answers) < may.owed and not _has_said_why(one) and (one.is_quiet or not answers)
        for one, answers in zip(heard, both, strict=True)
    ]
    _only_one("no answer", missing, Kind.VALID.value, ANSWERS)


def _counted(may: Expected, heard: Sequence[Heard], both: Sequence[Sequence[Outcome]]) -> None:
    """Neither answers more requests than there are."""
    if may.behind.kind is Kind.UNKNOWN:
        return
    fine = NO_REQUEST.get(may.behind.kind, ())
    more = [any(one.status not in fine for one in answers[len(may.places) :]) for answers in both]
    _only_one("more answers than requests", more, may.behind.words, may.behind.source or ANSWERS)


def _has_said_why(heard: Heard) -> bool:
    """It has refused what was in front, or said that it closes."""
    return any(answer.status >= 400 or says_close(answer) for answer in heard.answers)


def open_target(wanted: Wanted) -> DifferentialTarget:
    """Raises AdapterError when the subject or the reference cannot be started."""
    return DifferentialTarget(wanted)
