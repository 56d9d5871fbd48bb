"""The target `server`: the whole reference on a transport and a clock of its own.

Owns the property, its probes, and what counts as the same behaviour.
"""

from __future__ import annotations

import asyncio
import gc
import resource
from collections.abc import Iterator
from typing import Any

from ..http import HTTP
from ..inprocess.answers import Answer
from ..inprocess.bench import DEFAULT_LIMITS, SMALL_LIMITS, Bench, Served
from ..inprocess.client import Visit, all_visits, visit_of
from ..inprocess.judge import Paid
from ..inprocess.owed import Owed
from ..plants import subject
from ..rules import most_answers, read, refused_at
from ..target import Seen, Target, Violation, Wanted

_PROBE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
_MEMORY_KIB = 262_144


class ServerTarget(Target):
    """Each input is one connection to `package`: the reference, or a copy of it with a fault."""

    name = "server"
    language = HTTP

    def __init__(self, package: Any) -> None:
        self._bench = Bench(package)
        self._memory_kib = 0

    def check(self, data: bytes, *, thorough: bool = False) -> Seen:
        """Invariant: whatever the octets, their cuts and the end that the client makes, a
        connection answers the requests that the parser reads in them, each once, in order and
        well-formed, and ends; no exception escapes, nothing is logged that no handler raised, and
        nothing is left behind.

        In particular: handlers are called for these requests and see their bodies; what is held
        is bounded; no answer follows `Connection: close`; 100 (Continue) goes to those that wait
        for it; the server comes to rest in a bounded number of turns; and after the client's end,
        or all timeouts, the connection is closed.
        """
        try:
            if thorough:
                for visit in all_visits(data):
                    self._check(data, visit, by_rules=False)
            visit = visit_of(data)
            return self._check(data, visit, by_rules=thorough or not len(data) & 7)
        except Violation:
            self._bench.reopen()
            raise

    def _check(self, data: bytes, visit: Visit, *, by_rules: bool) -> Seen:
        if visit.stop is not None:
            data = data[: visit.stop]
        limits = SMALL_LIMITS if visit.small else DEFAULT_LIMITS
        owed = Owed(data, limits)
        try:
            served = self._bench.serve(data, visit)
            paid = Paid(owed, served, limits)
            paid.judge()
            if by_rules and served.calls:
                _judge_by_rules(data, paid)
        except Violation as violation:
            violation.text = f"{violation}; {visit.told}"
            raise
        answers = paid.written.answers
        accepted = any(answer.head.status == 200 for answer in answers)
        return Seen(_signature(served, answers), accepted, units=len(owed.requests))

    def health(self) -> Iterator[Violation]:
        """A probe on a new connection of each server, and what the process holds."""
        bench = self._bench
        for small in (False, True):
            try:
                served = bench.serve(_PROBE, Visit(small=small))
                limits = SMALL_LIMITS if small else DEFAULT_LIMITS
                Paid(Owed(_PROBE, limits), served, limits).judge()
            except Violation as violation:
                yield Violation("health", violation.kind, violation.left)
                bench.reopen()
        if asyncio.all_tasks(bench.loop.as_loop):
            yield Violation("health", "a task is left")
            bench.reopen()
        gc.collect()
        for left in bench.late:
            yield Violation("health", "escaped", left)
        bench.late.clear()
        kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self._memory_kib = self._memory_kib or kib
        if kib - self._memory_kib > _MEMORY_KIB:
            self._memory_kib = kib
            yield Violation("health", "memory grows")

    def close(self) -> None:
        self._bench.close()


def open_target(wanted: Wanted) -> ServerTarget:
    """Raises PlantError for a fault that nobody planted."""
    return ServerTarget(subject(wanted.plant))


def _judge_by_rules(data: bytes, paid: Paid) -> None:
    """The same calls and answers, held against the rules of RFC 9112 rather than the parser."""
    ruled = read(data)
    calls = len(paid.served.calls)
    refused = refused_at(ruled)
    if refused is not None and calls > refused[0]:
        raise Violation("accepted", refused[1].id, source=refused[1].source)
    if calls > most_answers(ruled):
        raise Violation("calls", "more than there can be requests")


def _signature(served: Served, answers: list[Answer]) -> str:
    """The first answer and the last; more would be other combinations of them."""
    if not answers:
        return f"no answer, {len(served.calls[:1])} calls"
    first, last = _shape(served, 0, answers[0]), _shape(served, len(answers) - 1, answers[-1])
    slow = " slow" if served.visit.is_slow else ""
    return f"{first}{slow}" if len(answers) == 1 else f"{first} / {last}{slow}"


def _shape(served: Served, number: int, answer: Answer) -> str:
    calls = served.calls
    kind = calls[number].kind if number < len(calls) else "refused"
    head = answer.head
    return f"{kind} {head.status}{' close' * head.close}{' 100' * answer.interim}"
