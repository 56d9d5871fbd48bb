"""Inputs on servers: many at once, each again by itself before it is said to be a violation.

Owns what `socket` and `differential` have in common: who is played on, with which cuts, what is
confirmed, and what is done about a server that ended or hangs. What came is judged by them.
"""

from __future__ import annotations

import asyncio
import tempfile
from abc import abstractmethod
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from pathlib import Path

from conformance.crowd import allow_many_files
from conformance.driver import Command
from conformance.generate.stage import Stage
from conformance.protocol import AdapterError
from conformance.steps import End
from conformance.subject import command_for, command_of

from ..http import HTTP
from ..target import Seen, Target, Violation, Wanted
from .client import ALONE, HASTY, Client, Heard, Octets, Patience
from .cuts import all_cuts, cuts
from .expected import Expected, expected
from .health import Health
from .outcomes import statuses
from .server import AdapterServer, Server, UrlServer

_PROBE = Octets([b"GET / HTTP/1.1\r\nHost: trueline.test\r\n\r\n"], ["GET"], 1, 1)
_SLOW_KINDS = frozenset({"hang", "no answer", "stays open by one", "no answer by one"})
"""To see these alone takes seconds each time."""
_STAYS_OPEN = frozenset({"hang", "stays open by one"})
_KNOWN_TO_STAY_S = 0.6
"""For a server that is known to stay long behind the end of our side: else each takes seconds."""
_MUCH_SMALLER = 0.75
"""What takes seconds to confirm is confirmed again for an input of this part of the known size."""
_MOST_SLOW = 3
_MOST_STARTS = 3
_LOST = Seen("lost: the server went down meanwhile", accepted=False)


class PlayingTarget(Target):
    """Plays inputs on servers. With a reference the subject is the first, the reference the second.

    unrepeatable   violations that an input showed among others and not alone, by bucket: load, or
                   something that depends on what went before
    notes          what the servers do not serve of the application
    """

    language = HTTP
    batch = 1024

    def __init__(self, wanted: Wanted, *, reference: bool = False) -> None:
        self.unrepeatable: Counter[str] = Counter()
        self.notes: list[str] = []
        self._hasty, self._patient = HASTY, ALONE
        self._late = 0  # so many stayed open among others, and ended when they were waited for
        self._gone: AdapterError | None = None  # why nothing can be played any more
        self._smallest: dict[str, int] = {}  # of the inputs of each bucket that were confirmed
        self._clients: list[Client] = []
        with ExitStack() as started:
            kit = started.enter_context(tempfile.TemporaryDirectory(prefix="trueline-kit-"))
            commands = _commands(wanted, Path(kit))
            if reference:
                commands.append(command_for("reference", None, Path(kit)))
            allow_many_files()
            self._stage = started.enter_context(Stage(commands))
            self.servers: list[Server] = [AdapterServer(one) for one in self._stage.players]
            if wanted.url is not None:
                self.servers.insert(0, UrlServer(wanted.url))
            self._start()
            self._started = started.pop_all()
        self.notes += [note for server in self.servers for note in server.notes]
        self._health = Health(self.servers[0])

    @abstractmethod
    def judge(self, data: bytes, may: Expected, heard: Sequence[Heard]) -> Seen:
        """What the servers made of an input. Raises Violation."""

    def check(self, data: bytes, *, thorough: bool = False) -> Seen:
        for segments in all_cuts(data) if thorough else [cuts(data)]:
            found = self._alone(data, segments)
            if isinstance(found, Violation):
                raise found
            seen = found
        return seen

    def check_all(self, inputs: Iterable[bytes]) -> Iterator[tuple[bytes, Seen | Violation]]:
        rest = iter(inputs)
        while batch := list(islice(rest, self.batch)):
            yield from self._check_batch(batch)

    def health(self) -> Iterator[Violation]:
        """A probe is answered; what the subject takes, and logs, is bounded."""
        down = self._down()
        if down is not None:
            yield down
            self._start_again()
            return
        yield from self._stage.run(self._health.look())

    def close(self) -> None:
        self._started.close()

    # -- Playing ---------------------------------------------------------------------------------

    def _check_batch(self, batch: Sequence[bytes]) -> Iterator[tuple[bytes, Seen | Violation]]:
        """Those behind an input that ends the server are played on the next one."""
        if self._gone is not None:
            raise self._gone
        rest = batch
        for _ in range(_MOST_STARTS):
            rest = yield from self._round(rest)
            if not rest or self._gone is not None:
                break
        yield from ((data, _LOST) for data in rest)

    def _round(
        self, batch: Sequence[bytes]
    ) -> Generator[tuple[bytes, Seen | Violation], None, Sequence[bytes]]:
        """Returns those that were not reached."""
        may = [expected(data) for data in batch]
        octets = [_octets(cuts(data), one) for data, one in zip(batch, may, strict=True)]
        heard = self._play(octets, self._hasty)
        suspects = {number for number, each in enumerate(heard) if _is_suspect(may[number], each)}
        down = self._down() if suspects else None
        if down is None:
            suspects.clear()
        left = {number for number in suspects if any(_is_refused(one) for one in heard[number])}
        seen: Mapping[int, Seen | Violation] = {}
        if down is not None:
            reached = {number: batch[number] for number in range(len(batch)) if number not in left}
            seen = {
                **dict.fromkeys(suspects - left, _LOST),
                **self._search(reached, suspects, down),
            }
        for number, data in enumerate(batch):
            if number in seen:
                yield data, seen[number]
            elif number not in left:
                yield data, self._judged(data, may[number], heard[number])
        return [batch[number] for number in sorted(left)]

    def _judged(self, data: bytes, may: Expected, heard: Sequence[Heard]) -> Seen | Violation:
        try:
            return self.judge(data, may, heard)
        except Violation as violation:
            return self._again(data, violation, heard[0])

    def _play(self, octets: Sequence[Octets], patience: Patience) -> list[list[Heard]]:
        """What came back for each of the inputs, from each of the servers."""
        by_server = self._stage.run(self._on_all(octets, patience))
        for server in self.servers:
            server.forget()
        self._health.played(len(octets))
        return [list(one) for one in zip(*by_server, strict=True)]

    async def _on_all(self, octets: Sequence[Octets], patience: Patience) -> list[list[Heard]]:
        return await asyncio.gather(*(client.play(octets, patience) for client in self._clients))

    def _alone(
        self, data: bytes, segments: Sequence[bytes], *, is_suspect: bool = False
    ) -> Seen | Violation:
        """What an input shows by itself, when it shows it again. A suspect may leave the server
        down though its own answer is there."""
        if self._gone is not None:
            raise self._gone
        first = self._once(data, segments, is_suspect=is_suspect)
        if isinstance(first, Seen) or self._gone is not None:
            return first
        second = self._once(data, segments, is_suspect=is_suspect)
        if isinstance(second, Violation) and second.bucket == first.bucket:
            known = self._smallest.get(second.bucket, len(data))
            self._smallest[second.bucket] = min(known, len(data))
            return second
        self.unrepeatable[first.bucket] += 1
        return second if isinstance(second, Seen) else _unrepeatable(first)

    def _once(
        self, data: bytes, segments: Sequence[bytes], *, is_suspect: bool
    ) -> Seen | Violation:
        may = expected(data)
        [heard] = self._play([_octets(segments, may)], self._patient)
        if is_suspect or _is_suspect(may, heard):
            down = self._down()
            if down is not None:
                self._start_again()
                return down
        try:
            return self.judge(data, may, heard)
        except Violation as violation:
            return self._ends_late(heard[0]) if self._is_late(violation) else violation

    def _again(self, data: bytes, violation: Violation, heard: Heard) -> Seen | Violation:
        """A violation that an input showed among others: what it shows alone."""
        if self._gone is not None:
            return _unrepeatable(violation)
        bucket, stays_open = violation.bucket, violation.kind in _STAYS_OPEN
        smallest = self._smallest.get(bucket)
        if smallest is not None and len(data) >= smallest:
            return violation  # it is known well enough
        is_slow = violation.kind in _SLOW_KINDS
        if smallest is not None and is_slow and len(data) > _MUCH_SMALLER * smallest:
            return Seen(f"unconfirmed: {violation.kind}", accepted=False)
        if self._is_late(violation):
            return self._ends_late(heard)
        found = self._alone(data, cuts(data))
        if not isinstance(found, Violation) or found.bucket != bucket:
            self.unrepeatable[bucket] += 1
            self._late += stays_open
        if stays_open:
            self._hasty = replace(HASTY, end_s=_KNOWN_TO_STAY_S)
        if self._late >= _MOST_SLOW:
            self._patient = replace(ALONE, end_s=_KNOWN_TO_STAY_S)
        return found

    def _is_late(self, violation: Violation) -> bool:
        """It stays open, and others like it are known to end when they are waited for."""
        return violation.kind in _STAYS_OPEN and self._late >= _MOST_SLOW

    @staticmethod
    def _ends_late(heard: Heard) -> Seen:
        accepted = any(200 <= answer.status < 300 for answer in heard.answers)
        return Seen(f"ends late: {statuses(heard)}", accepted)

    # -- Servers that ended or hang --------------------------------------------------------------

    def _search(
        self, reached: Mapping[int, bytes], suspects: Set[int], down: Violation
    ) -> Mapping[int, Seen | Violation]:
        """A server went down: what is said of which input? One that does it alone is enough; where
        one is known already, it has to be smaller."""
        known = self._smallest.get(down.bucket)
        numbers = sorted(reached, key=lambda one: (one not in suspects, len(reached[one])))
        if known is not None:
            numbers = [number for number in numbers if len(reached[number]) < known]
        number = self._culprit(numbers, reached, in_order=known is None)
        if number is not None and self._start_again():
            seen = self._alone(reached[number], cuts(reached[number]), is_suspect=True)
            if isinstance(seen, Violation):
                return {number: seen}
        if known is not None:
            return {}
        if not reached:  # it went down behind the last of other inputs, which had their answers
            self.unrepeatable[down.bucket] += 1
            return {}
        down.text += f", under {len(reached)} inputs at once, none of which does it alone"
        return {min(reached): down}

    def _culprit(
        self, numbers: Sequence[int], reached: Mapping[int, bytes], *, in_order: bool
    ) -> int | None:
        """The one that a server goes down under, each looked at by itself; all at once before,
        where likely none does."""
        if not self._start_again():
            return None
        if not in_order and (
            not self._goes_down([reached[number] for number in numbers]) or not self._start_again()
        ):
            return None
        for number in numbers:
            if self._goes_down([reached[number]]):
                return number
        return None

    def _goes_down(self, batch: Sequence[bytes]) -> bool:
        self._play([_octets(cuts(data), expected(data)) for data in batch], self._hasty)
        return self._down() is not None

    def _down(self) -> Violation | None:
        """What is wrong with a server that does not answer a plain request; None when all do."""
        [heard] = self._play([_PROBE], ALONE)
        for server, one in zip(self.servers, heard, strict=True):
            if one.answers and one.answers[0].status < 500:
                continue
            return self._stage.run(_fate(server))
        return None

    def _start_again(self) -> bool:
        """Whether they serve again; when not, what comes next raises AdapterError, so that what has
        been found is told before."""
        try:
            self._start()
        except AdapterError as exc:
            self._gone = exc
        return self._gone is None

    def _start(self) -> None:
        """Serve, from the beginning. Raises AdapterError."""
        if self._gone is not None:
            raise self._gone
        self._stage.run(_start_all(self.servers))
        self._clients = [
            Client(server.host, server.port, lambda: self.gets_on()) for server in self.servers
        ]


async def _start_all(servers: Sequence[Server]) -> None:
    await asyncio.gather(*(server.start() for server in servers))


async def _fate(server: Server) -> Violation:
    how = await server.how_it_ended()
    if how is None:
        text = f"{server.label} does not answer a plain request any more"
        return Violation("died", "no longer answers", text=text)
    return Violation("died", "its process ended", text=f"{server.label} ended: {how}")


def _commands(wanted: Wanted, kit: Path) -> list[Command]:
    """How the subject is run; none for a URL. Raises AdapterError."""
    if wanted.url is not None:
        return []
    if wanted.command:
        return [command_of(wanted.command)]
    return [command_for(wanted.subject or "reference", wanted.python, kit)]


def _octets(segments: Sequence[bytes], may: Expected) -> Octets:
    return Octets(segments, may.methods, may.waited, may.owed)


def _is_refused(heard: Heard) -> bool:
    """It was not even sent."""
    return heard.end is End.REFUSED


def _is_suspect(may: Expected, heard: Sequence[Heard]) -> bool:
    """Some server may not be there any more, or hang."""
    return any(
        one.end in (End.REFUSED, End.OPEN)
        or (not one.answers and (may.owed > 0 or one.end is End.RESET))
        for one in heard
    )


def _unrepeatable(violation: Violation) -> Seen:
    return Seen(f"unrepeatable: {violation.kind}", accepted=False)
