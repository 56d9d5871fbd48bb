"""What is expected of a subject under load: answers to a crowd, memory, time on the processor.

Nothing here is a matter of seconds on a clock: memory is compared with memory, and the cost of a
large input with that of a small one on the same process.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..seen import Gauged, Seen
from .base import Problem

_MIB = 1024 * 1024
_LINE_END = re.compile(r"[\r\n]")  # to readers of logs; `splitlines` knows of more
_LEAST_CPU_S = 0.004  # under this the cost of an input drowns in that of being woken up


@dataclass(frozen=True)
class CrowdServed:
    """Every request of a crowd got an answer with such a status, and its own."""

    name: str
    codes: tuple[int, ...] = (200,)

    def problems(self, seen: Seen, declared: Mapping[str, str]) -> Iterator[Problem]:
        crowd = seen.crowds.get(self.name)
        if crowd is None:
            return  # the step was not reached, and what was missed says so
        wanted = " or ".join(map(str, self.codes))
        for status, count in sorted(crowd.statuses.items()):
            if status not in self.codes:
                text = f"{count} of {crowd.asked} requests got status {status}, expected {wanted}"
                yield Problem(text, self.name)
        if crowd.foreign:
            text = f"{crowd.foreign} of {crowd.asked} requests got an answer that is not their own"
            yield Problem(text, self.name)
        if crowd.unanswered:
            text = f"{crowd.unanswered} of {crowd.asked} requests got no whole answer"
            yield Problem(text, self.name)


def crowd_served(name: str = "crowd", *codes: int) -> CrowdServed:
    """Every request was answered, with one of these statuses (200), and with its own answer."""
    return CrowdServed(name, codes or (200,))


@dataclass(frozen=True)
class Grew:
    """How much memory the subject took between two gauges, at most."""

    before: str
    after: str
    at_most_bytes: int

    def problems(self, seen: Seen, declared: Mapping[str, str]) -> Iterator[Problem]:
        before, after = seen.gauges.get(self.before), seen.gauges.get(self.after)
        if before is None or after is None:
            return
        grown = after.memory_bytes - before.memory_bytes
        if grown > self.at_most_bytes:
            yield Problem(
                f"the subject's memory grew by {grown / _MIB:.1f} MiB, from "
                f"{before.memory_bytes / _MIB:.1f} MiB; expected at most "
                f"{self.at_most_bytes / _MIB:g} MiB"
            )


def grew_at_most(mebibytes: float, before: str = "before", after: str = "after") -> Grew:
    """The resident memory of the subject's processes grew no more than this."""
    return Grew(before, after, int(mebibytes * _MIB))


@dataclass(frozen=True)
class CostRatio:
    """How much more processor time the large input took than the small one, at most.

    Each was measured in several turns, between two gauges each time. The least of them counts:
    what else happens on a machine only adds to a cost, so one turn that was left alone is enough.
    """

    small: tuple[tuple[str, str], ...]
    large: tuple[tuple[str, str], ...]
    at_most: float
    what: str

    def problems(self, seen: Seen, declared: Mapping[str, str]) -> Iterator[Problem]:
        names = (name for pair in (*self.small, *self.large) for name in pair)
        if any(name not in seen.gauges for name in names):
            return
        small_s, large_s = (
            min(_cost_s(seen.gauges, *pair) for pair in turns) for turns in (self.small, self.large)
        )
        ratio = large_s / max(small_s, _LEAST_CPU_S)
        if ratio > self.at_most:
            yield Problem(
                f"{self.what} cost {ratio:.0f} times the processor time of the small one "
                f"({large_s * 1000:.0f} ms and {small_s * 1000:.1f} ms), expected at most "
                f"{self.at_most:g} times"
            )


def cost_ratio(
    small: Sequence[tuple[str, str]],
    large: Sequence[tuple[str, str]],
    at_most: float,
    what: str = "the large input",
) -> CostRatio:
    """The processor time of the subject between the gauges `large`, over that between `small`: of
    each the least of its turns.

    `at_most` lies well above the ratio of the sizes and well below its square.
    """
    return CostRatio(tuple(small), tuple(large), at_most, what)


def _cost_s(gauges: Mapping[str, Gauged], start: str, end: str) -> float:
    return gauges[end].cpu_s - gauges[start].cpu_s


@dataclass(frozen=True)
class DescriptorsBack:
    """The subject holds no more descriptors open than before."""

    before: str
    after: str
    slack: int

    def problems(self, seen: Seen, declared: Mapping[str, str]) -> Iterator[Problem]:
        before, after = seen.gauges.get(self.before), seen.gauges.get(self.after)
        if before is not None and after is not None:
            more = after.descriptors - before.descriptors
            if more > self.slack:
                text = f"{more} more descriptors are open than before, expected at most"
                yield Problem(f"{text} {self.slack}")


def descriptors_back(
    before: str = "before", after: str = "after", slack: int = 2
) -> DescriptorsBack:
    return DescriptorsBack(before, after, slack)


@dataclass(frozen=True)
class LogLacks:
    """No line of what the subject wrote to stderr begins with this."""

    text: str

    def problems(self, seen: Seen, declared: Mapping[str, str]) -> Iterator[Problem]:
        for line in _LINE_END.split(seen.stderr):
            if line.lstrip().startswith(self.text):
                yield Problem(f"the log has a line {line.strip()[:100]!r}, which a client wrote")
                return


def log_lacks_line(text: str) -> LogLacks:
    """No line of the log begins with `text`, which a client sent as if it began one."""
    return LogLacks(text)
