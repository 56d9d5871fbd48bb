"""Whether a connection has paid what it owes for its octets.

Owns the comparison of answers, handler calls and log lines with the requests that there are. Sends
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from conformance.check import rfc
from reference.fields import CHUNKED
from reference.limits import Limits

from ..target import Violation
from .answers import Answer, Written, read_written
from .app import LARGE_PARTS, READ_BYTES, READS, SMALL_PARTS, Call, echoed, expected_kind
from .bench import Served, where
from .client import ORDERLY, Ending
from .owed import Asked, Owed

_CLOSES = rfc(
    9112,
    "9.6",
    'A server that receives a "close" connection option MUST initiate closure of the connection '
    "(see below) after it sends the final response to the request that contained the "
    '"close" connection option.',
)
_NOTHING_BEHIND = rfc(
    9112, "9.6", "The server MUST NOT process any further requests received on that connection."
)


class Paid:
    """What was answered, in `written`, and whether it is what is owed: `judge`."""

    def __init__(self, owed: Owed, served: Served, limits: Limits) -> None:
        self._owed = owed
        self.served = served
        self._limits = limits
        self._count = len(owed.requests)
        ending = served.visit.ending
        self._is_orderly = ending in ORDERLY and not (
            served.visit.tls and ending is not Ending.SILENCE and self._is_lost_with_tls()
        )
        self._broken = self._broken_status()
        methods = owed.methods
        self._methods = methods
        self.written: Written = read_written(
            served.written, methods, ended=True, cut=served.is_reset
        )

    def _is_lost_with_tls(self) -> bool:
        """asyncio's TLS has no half-closed state: what is not answered by then is lost."""
        return self._owed.is_broken or self.served.visit.ending is Ending.EOF_AT_ONCE

    def _broken_status(self) -> int:
        """The status of an answer that says that a body did not come to its end."""
        if self._owed.refused:
            return self._owed.refused
        return 408 if self.served.visit.ending in (Ending.SILENCE, Ending.STUCK) else 400

    def judge(self) -> None:
        """Raises Violation."""
        self._judge_calls()
        for number, answer in enumerate(self.written.answers):
            self._judge_answer(number, answer)
        self._judge_interim()
        self._judge_count()
        self._judge_log()

    # -- Handlers --------------------------------------------------------------------------------

    def _judge_calls(self) -> None:
        calls, requests = self.served.calls, self._owed.requests
        if len(calls) > self._count:
            raise Violation("calls", "a handler is called for what is no request")
        for call, asked in zip(calls, requests, strict=False):
            if call.method != asked.method or call.target != asked.target:
                raise Violation("calls", "a handler gets another method or target")
            if call.minor != asked.minor:
                raise Violation("calls", "a handler gets another version")
            if asked.target[0] == "/" and call.host.encode() != (asked.fields.host or b""):
                raise Violation("calls", "a handler gets another host")
            if expected_kind(asked.method, asked.target) not in (None, call.kind):
                raise Violation("calls", "another handler is called", call.kind)
            if call.body is not None and not (asked.whole and call.body == asked.body):
                raise Violation("body", "a handler reads another body", call.kind)

    # -- Answers ---------------------------------------------------------------------------------

    def _judge_answer(self, number: int, answer: Answer) -> None:
        head = answer.head
        is_final = number == len(self.written.answers) - 1
        if head.fault:
            raise Violation("malformed", head.fault)
        if answer.framing == "cut":
            self._judge_cut(number)
        elif head.close and not (is_final and not self.written.rest):
            raise Violation("close", "octets behind Connection: close", source=_NOTHING_BEHIND)
        if head.close and len(self.served.calls) > number + 1:
            raise Violation(
                "calls", "a handler is called behind Connection: close", source=_NOTHING_BEHIND
            )
        if number < self._count:
            self._judge_answer_to(number, answer)
        else:
            self._judge_refusal(number, head.status, head.close)

    def _judge_refusal(self, number: int, status: int, close: bool) -> None:
        """An answer to no request."""
        owed, ending = self._owed, self.served.visit.ending
        if number > self._count:
            raise Violation("answers", "more than requests")
        if owed.refused_alone:
            expected = owed.refused
        elif owed.in_head and ending in (Ending.SILENCE, Ending.STUCK):
            expected = 408
        else:
            raise Violation("answers", "more than requests")
        if status != expected:
            raise Violation("status", f"{status} to what is refused with {expected}")
        if not close:
            raise Violation("close", "a refusal without Connection: close")

    def _judge_cut(self, number: int) -> None:
        if not self._is_orderly:
            return
        call = self._call(number)
        if (
            self._owed.is_broken
            and number == self._count - 1
            and call is not None
            and call.kind == "stream"
            and self.served.is_reset
        ):
            if self._owed.requests[number].minor or self.served.marked:
                return
            raise Violation("cut", "an answer until the end of the connection looks complete")
        raise Violation("cut", "an answer is incomplete", call.kind if call else "no handler")

    def _judge_answer_to(self, number: int, answer: Answer) -> None:
        asked, call, head = self._owed.requests[number], self._call(number), answer.head
        kind = call.kind if call is not None else "no handler"
        allowed = self._statuses(asked, call)
        if head.status not in allowed:
            raise Violation("status", f"{head.status} from {kind}", f"not in {sorted(allowed)}")
        if call is not None and head.status < 400 and call.status != head.status:
            raise Violation("status", f"{head.status} from {kind}", "which said another")
        if answer.framing != "cut" and head.status == 200:
            self._judge_body(number, asked, kind, answer)
        must, may = self._closes(number, asked, call, answer)
        if head.close and not may:
            raise Violation("close", f"{kind} {head.status} closes without a reason")
        if must and not head.close:
            raise Violation("close", f"{kind} {head.status} does not close", source=_CLOSES)
        if asked.minor == 0:
            if not head.close and not head.keep_alive:
                raise Violation("close", "HTTP/1.0 is kept alive in silence")
            if answer.framing == "chunked":
                raise Violation("framing", "chunked to HTTP/1.0")

    def _call(self, number: int) -> Call | None:
        calls = self.served.calls
        return calls[number] if number < len(calls) else None

    def _statuses(self, asked: Asked, call: Call | None) -> set[int]:
        if call is None:
            return set() if asked.whole else {self._broken}
        kind = call.kind
        if kind == "none":
            return {204} if asked.method == "OPTIONS" and asked.target == "*" else {404, 405}
        if kind == "crash":
            return {500}
        if kind not in READS:
            return {200}
        if kind != "items":
            if asked.fields.length > READ_BYTES:
                return {413}
            if len(asked.body) > READ_BYTES:
                return {413} if asked.whole else {413, self._broken}
        return {200} if asked.whole else {self._broken}

    def _judge_body(self, number: int, asked: Asked, kind: str, answer: Answer) -> None:
        if kind in READS:
            expected = echoed(number, asked.method, asked.target, asked.body)
        elif kind == "unread":
            expected = b"unread"
        elif asked.method == "POST":
            expected = asked.body
            if not asked.whole:
                raise Violation("body", "a broken body is streamed back as a whole one")
        else:
            expected = b"".join(LARGE_PARTS if self.served.visit.is_slow else SMALL_PARTS)
        if asked.method == "HEAD":
            if answer.head.size not in (len(expected), -1):
                raise Violation("framing", f"HEAD says another length, {kind}")
        elif answer.body != expected:
            raise Violation("body", f"another one is answered, {kind}")

    def _closes(
        self, number: int, asked: Asked, call: Call | None, answer: Answer
    ) -> tuple[bool, bool]:
        """Whether the answer has to say that the connection ends, and whether it may."""
        is_final = number == self._count - 1
        status = answer.head.status
        answers_broken = (
            not asked.whole and status == self._broken and (call is None or call.kind in READS)
        )
        must = asked.last or answers_broken or answer.framing == "close"
        if must or answer.framing == "cut":
            return must, True
        if is_final and (not asked.whole or self.served.visit.ending is Ending.EOF_AT_ONCE):
            return False, True
        if call is not None and (call.kind not in READS or status == 413):
            # RFC 9112 §9.3: "a server MUST read the entire request message body or close the
            # connection after sending its response". A small one that is not awaited is read.
            length = asked.fields.length
            unread = length == CHUNKED or length > self._limits.unread_body_bytes
            return False, unread or asked.waits_for_100
        return False, False

    # -- All together ----------------------------------------------------------------------------

    def _judge_interim(self) -> None:
        counts = [one.interim for one in self.written.answers] + [self.written.interim]
        requests = self._owed.requests
        for number, count in enumerate(counts):
            if count and (number >= self._count or not requests[number].waits_for_100):
                raise Violation("100", "to a request that does not wait for it")
            if count > 1:
                raise Violation("100", "more than one")
        if not self._owed.is_broken or self._owed.refused:
            return
        asked, call = requests[-1], self._call(self._count - 1)
        if (
            asked.waits_for_100
            and not asked.body
            and self.served.visit.ending in (Ending.EOF, Ending.SILENCE, Ending.SLOW)
            and call is not None
            and call.kind in READS
            and (call.kind == "items" or asked.fields.length <= READ_BYTES)
            and sum(counts[self._count - 1 :]) != 1
        ):
            raise Violation("100", "to a client that waits for it, none")

    def _judge_count(self) -> None:
        owed, ending = self._owed, self.served.visit.ending
        if self.written.rest:
            raise Violation("malformed", "octets behind the last answer")
        silent = ending in (Ending.SILENCE, Ending.STUCK)
        if self._is_orderly:
            total = self._count + (owed.refused_alone or (owed.in_head and silent))
            self._judge_paid(self.written.answers, total, "at the end")
        if ending in (Ending.EOF, Ending.SILENCE, Ending.RESET):
            answers = self.written.answers
            if self.served.first != self.served.written:
                first = self.served.first
                answers = read_written(first, self._methods, ended=False, cut=False).answers
            waiting = owed.is_broken and not owed.refused
            self._judge_paid(answers, self._count - waiting + owed.refused_alone, "at rest")

    def _judge_paid(self, answers: Sequence[Answer], total: int, when: str) -> None:
        if len(answers) >= total:
            return
        if answers and (answers[-1].head.close or answers[-1].framing == "cut"):
            return  # each with a reason: see _judge_answer
        call = self._call(len(answers))
        raise Violation("unanswered", call.kind if call else "no handler", when)

    def _judge_log(self) -> None:
        served = self.served
        crashes = sum(call.kind == "crash" for call in served.calls)
        for record in served.errors:
            info = record.exc_info
            if not isinstance(info, tuple) or type(info[1]).__name__ != "Crash":
                exc = info[1] if isinstance(info, tuple) else None
                raise Violation("log", where(exc) or str(record.msg))
        if len(served.errors) != crashes:
            raise Violation("log", "not one error for each crash of a handler")
        if served.visit.small and not len(served.calls) <= len(served.lines) <= self._count:
            raise Violation("log", "not one line for each request")
        if any(not line.isprintable() for line in served.lines):
            raise Violation("log", "a line with what a client could forge another with")
