"""The target `parser`: the reference's parser, beside the rules of RFC 9112 and h11.

Owns what is asked of the parser for one input, and in which words what it breaks is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import NamedTuple, TypeAlias
from zlib import crc32

from conformance.check import Source
from reference.limits import Limits

from .. import rules
from ..http import HTTP
from ..opinions import of_h11
from ..opinions.against_rules import against_rules, agree_at_sight
from ..opinions.comparing import (
    REJECTS_EARLIER,
    Disagreement,
    disagreement,
    outcome,
    shape,
)
from ..opinions.of_reference import DEFAULTS, Fed, feed, held_limit
from ..opinions.quirks import Quirks, declared_quirks
from ..opinions.segments import behind_its_like, byte_by_byte, few_segments, single_cuts
from ..plants import subject
from ..reading import Reading
from ..rules import RuledReading
from ..target import Seen, Target, Violation, Wanted

STATUSES = frozenset({400, 405, 411, 414, 417, 431, 501, 505})
"""Those of ProtocolError, less 408 and 503, which are the connection's to give."""

SMALL = Limits(
    request_line_bytes=48,
    field_bytes=40,
    field_count=5,
    fields_bytes=120,
    chunk_extension_bytes=12,
    trailer_bytes=40,
)
"""Limits that ordinary inputs reach, so that what happens at a limit is seen in all segments."""

SHARE_IN_SEGMENTS = 16
SHARE_FOR_H11 = 25
"""Of inputs that showed nothing new, one in so many is fed in segments, or shown to h11, which
takes longer than all else together."""
MOST_BYTE_BY_BYTE = 160


_Key: TypeAlias = tuple[int, int, bool, bool, tuple[bool, ...], str]


class ParserTarget(Target):
    """The reference's parser, or that of a copy with a planted fault."""

    name = "parser"
    language = HTTP
    batch = 128

    def __init__(self, module: ModuleType, quirks: Quirks) -> None:
        self._module = module
        self._quirks = quirks
        self._signatures: dict[_Key, str] = {}

    def check(self, data: bytes, *, thorough: bool = False) -> Seen:
        """Invariant: only ProtocolError comes out of the parser, with a documented status, and
        nothing behind it. The requests, the refusal and what it waits for depend on the octets
        alone, not on segments or pauses. Nothing that it holds or takes is larger than its limits.
        It refuses what RFC 9112 wants refused, takes what is valid and within its limits, and reads
        it as the rules do. Where it may choose, or h11 disagrees, that is declared.
        """
        whole = self._fed((data,))
        reading = whole.reading()
        ruled = rules.read(data)
        declared: list[str] = []
        if not agree_at_sight(reading, ruled):
            for found, source in against_rules(data, reading, ruled):
                self._settle("rules", found, source, declared)
        key = _key(whole, ruled)
        signature = self._signatures.get(key)
        seed = crc32(data)
        new = signature is None
        if new or thorough or seed % SHARE_IN_SEGMENTS == 0:
            for way in _ways(data, seed, new=new, thorough=thorough):
                self._check_feeding(whole if way.same_octets else None, way)
        if new or thorough or seed // SHARE_IN_SEGMENTS % SHARE_FOR_H11 == 0:
            self._compare_with_h11(data, reading, declared)
        if signature is None:
            signature = self._signatures[key] = _signature(reading, ruled)
        count = len(reading.requests)
        return Seen(signature, count > 0, tuple(declared), count)

    def _fed(
        self,
        segments: Sequence[bytes],
        limits: Limits = DEFAULTS,
        *,
        pausing: bool = False,
        measured: bool = False,
    ) -> Fed:
        """What comes out of a new parser. Raises Violation for what no octets may bring about."""
        try:
            fed = feed(
                segments, module=self._module, limits=limits, pausing=pausing, measured=measured
            )
        except Exception as error:
            kind = type(error).__name__
            raise Violation(
                "escaped", kind, text=f"{kind} comes out of the parser: {error}"
            ) from error
        if fed.status and fed.status not in STATUSES:
            raise Violation("undocumented status", str(fed.status), text=fed.reason)
        if fed.faults:
            raise Violation("broken contract", fed.faults[0])
        over = _over_limits(fed, limits, sum(map(len, segments)))
        if over:
            raise Violation("over the limit", over, text=f"{over}: {limits}")
        return fed

    def _check_feeding(self, whole: Fed | None, way: _Way) -> None:
        """Whether other segments, or pauses, give the same, and whether what is held is bounded.

        whole   what came of the same octets in one segment, when that is known
        """
        segments, limits, pausing = way.segments, way.limits, way.pausing
        if whole is None:
            whole = self._fed((b"".join(segments),), limits)
        fed = self._fed(segments, limits, pausing=pausing, measured=True)
        if not whole.same_as(fed):
            left, right = whole.reading(), fed.reading()
            raise Violation(
                "segmentation",
                _came_to(left),
                _came_to(right),
                text=f"whole: {_shown(left)}; in {len(segments)} segments"
                f"{' and paused behind each request' if pausing else ''}: {_shown(right)}",
            )
        bound = held_limit(limits) + max(map(len, segments), default=0)
        if fed.held > bound and not pausing:
            raise Violation(
                "held without a bound",
                outcome(whole.reading()),
                text=f"{fed.held} octets are held, where limits and segments allow {bound}",
            )

    def _compare_with_h11(self, data: bytes, reading: Reading, declared: list[str]) -> None:
        self._settle("h11", disagreement(reading, of_h11.read(data)), None, declared)

    def _settle(
        self, party: str, found: Disagreement | None, source: Source | None, declared: list[str]
    ) -> None:
        """Note the entry that declares a disagreement. Raises Violation when none does."""
        if found is None or found.kind == REJECTS_EARLIER:
            return
        entry = self._quirks.declared("reference", party, found)
        if entry is None:
            raise Violation(
                found.kind,
                f"reference: {found.left}",
                f"{party}: {found.right}",
                text=f"{found.kind}: the reference {found.left}; {party} {found.right}",
                source=source,
            )
        declared.append(entry)


class _Way(NamedTuple):
    """A way to feed a parser. `same_octets` when it is given the input, all of it and no more,
    under the default limits."""

    segments: Sequence[bytes]
    limits: Limits = DEFAULTS
    pausing: bool = False
    same_octets: bool = True


def _ways(data: bytes, seed: int, *, new: bool, thorough: bool) -> Iterator[_Way]:
    """A way or two, or all there are."""
    seed >>= 8
    small = _Way(few_segments(data, seed), SMALL, same_octets=False)
    if thorough:
        yield small
        yield _Way(byte_by_byte(data))
        yield _Way(byte_by_byte(data), SMALL, same_octets=False)
        yield _Way([data], pausing=True)
        for version in range(3):
            yield _Way(behind_its_like(data, version), same_octets=False)
        for two in single_cuts(data):
            yield _Way(two)
            yield _Way(two, SMALL, same_octets=False)
    choice = seed & 15
    if new or choice == 0:
        yield _Way(few_segments(data, seed), pausing=True)
        if len(data) <= MOST_BYTE_BY_BYTE:
            yield _Way(byte_by_byte(data))
    if new or choice == 1:
        yield small
    for version in range(3) if new else [seed % 3] if choice < 6 else []:
        yield _Way(behind_its_like(data, version), same_octets=False)
    if new or choice >= 6:
        yield _Way(few_segments(data, seed))


def _over_limits(fed: Fed, limits: Limits, size: int) -> str:
    """What of the requests is larger than a limit though it was taken; "" for nothing.

    size   octets that were fed, for nothing small can be over the larger limits
    """
    if size <= limits.field_bytes and size <= limits.field_count * len("a:\r\n"):
        return ""
    for method, target, _, pairs, _ in fed.heads:
        if len(pairs) > limits.field_count:
            return "the number of fields"
        if size <= limits.field_bytes:
            continue
        if len(method) + len(target) + len("  HTTP/1.1") > limits.request_line_bytes:
            return "the request line"
        sizes = [len(name) + len(value) for name, value in pairs]
        if max(sizes, default=0) > limits.field_bytes:
            return "a field"
        if sum(sizes) + len(pairs) * len(":\r\n") > limits.fields_bytes:
            return "all fields together"
    return ""


def _came_to(reading: Reading) -> str:
    """How a reading ends, without its words: what differs with the cuts is one fault mostly."""
    body = ", within a body" if reading.requests and not reading.requests[-1].whole else ""
    return f"{reading.end.value} {reading.status or ''}".rstrip() + body


def _shown(reading: Reading) -> str:
    return f"{len(reading.requests)} requests, {outcome(reading)}"


def _key(whole: Fed, ruled: RuledReading) -> _Key:
    """What inputs of one signature have in common."""
    heads = whole.heads
    length = heads[-1][4] if heads else 0
    return (
        len(heads) if len(heads) < 2 else 2,
        length if length < 1 else 1,
        whole.ended > 0,
        whole.last,
        whole.waiting[:2],
        whole.reason or ruled.reading.reason,
    )


def _signature(reading: Reading, ruled: RuledReading) -> str:
    """What the parser did, for people: how many requests it took, how the last one is framed, how
    it ended, and, where it refuses nothing, which rule stops a strict reader. What both make of
    what is refused is told apart no further: there would be as many signatures as pairs."""
    requests = reading.requests
    last = shape(requests[-1]) if requests else ""
    rule = "" if reading.reason else ruled.reading.reason
    return f"{min(len(requests), 2)} {last} | {outcome(reading)} | {rule}"


def open_target(wanted: Wanted) -> ParserTarget:
    module: ModuleType = subject(wanted.plant).parser
    return ParserTarget(module, declared_quirks())
