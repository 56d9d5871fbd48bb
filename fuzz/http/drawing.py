"""The octets of one connection, drawn: a valid stream, or one with one or two deviations.

Owns how often what is drawn. Deep code is reached by what is nearly right, so about a third of the
streams are valid, and most of the others deviate once, more often behind a request that is served.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, product

from ..choices import Choices
from . import large, odd, odd_framing, valid
from .mutating import cut, mutated_once
from .parts import (
    BLANK,
    BODY,
    FIELDS,
    FIRST_SPACE,
    FRAMING,
    LEAD,
    LINE_END,
    METHOD,
    SECOND_SPACE,
    TARGET,
    VERSION,
    Below,
    Parts,
)

# How many requests, and how many deviations: one decision, the plainest first.
_PLANS = tuple(sorted(product((1,) * 9 + (2,) * 5 + (3, 4), (0,) * 5 + (1,) * 9 + (2,) * 2)))
_LARGE = _PLANS.index((2, 0))
"""The plan of which the first request is large; what follows shows whether its end is found."""

# Bound once: before 3.12 each look-up of an enumeration's member runs Python code.
_NOT, _SIZED, _ = valid.Framed

_NOWHERE = -1
_CHUNKS = (1, 1, 2, 0, 2, 3)


def draw(choices: Choices) -> bytes:
    """The octets of one connection: one to four requests, MAX_BYTES at most."""
    below = choices.below
    plan = below(len(_PLANS))
    count, deviations = _PLANS[plan]
    requests = [request(below) for _ in range(count)]
    if plan == _LARGE:
        large.enlarge(requests[0], below)
    changes = []
    for _ in range(deviations):
        deviate = _WAYS[below(len(_WAYS))]
        if deviate is None:
            changes.append(_STREAM_CHANGES[below(len(_STREAM_CHANGES))])
        else:
            # The last one more often, so that what is in front of it is served.
            place = below(count + 2)
            deviate(requests[place if place < count else -1], below)
    data = b"".join(chain.from_iterable(requests))
    for change in changes:
        data = change(data, choices)
    return data[: large.MAX_BYTES]


# ------------------------------------------------------------------------------- a valid request


def request(below: Below) -> Parts:
    """A valid one."""
    method, target, framed = valid.STARTS[below(len(valid.STARTS))]
    fields = valid.HOSTS[below(len(valid.HOSTS))]
    more = below(8)
    for _ in range(more & 3):
        line = valid.FIELDS[below(len(valid.FIELDS))]
        fields = line + fields if more & 4 else fields + line
    lead, version = valid.LEADS_AND_VERSIONS[below(len(valid.LEADS_AND_VERSIONS))]
    if framed is _NOT:
        framing = body = b""
    elif framed is _SIZED or version == b"HTTP/1.0":
        framing, body = valid.SIZED[below(len(valid.SIZED))]
    else:
        framing = valid.CODINGS[below(len(valid.CODINGS))]
        body = _chunked_body(below, _NOWHERE)
    return [lead, method, b" ", target, b" ", version, b"\r\n", fields, framing, b"\r\n", body]


def _chunked_body(below: Below, odd_place: int) -> bytes:
    """Some chunks and their end; that at `odd_place` is odd, behind all chunks it is the end."""
    count = _CHUNKS[below(6)]
    body = b""
    for place in range(count):
        chunks = odd_framing.CHUNKS if place == odd_place else valid.CHUNKS
        body += chunks[below(len(chunks))]
    ends = odd_framing.ENDS if odd_place >= count else valid.ENDS
    return body + ends[below(len(ends))]


# ------------------------------------------------------------------------------------- deviations


def _replace(place: int, table: tuple[bytes, ...]) -> Callable[[Parts, Below], None]:
    def replace(parts: Parts, below: Below) -> None:
        parts[place] = table[below(len(table))]

    return replace


def _odd_space(parts: Parts, below: Below) -> None:
    place = SECOND_SPACE if below(2) else FIRST_SPACE
    parts[place] = odd.SPACES[below(len(odd.SPACES))]


def _odd_form(parts: Parts, below: Below) -> None:
    parts[METHOD], parts[TARGET] = odd.FORMS[below(len(odd.FORMS))]


def _odd_host(parts: Parts, below: Below) -> None:
    parts[FIELDS] = odd.HOSTS[below(len(odd.HOSTS))]


def _odd_field(parts: Parts, below: Below) -> None:
    line = odd.FIELDS[below(len(odd.FIELDS))]
    parts[FIELDS] = parts[FIELDS] + line if below(4) else line + parts[FIELDS]


def _odd_length(parts: Parts, below: Below) -> None:
    parts[METHOD] = b"POST"
    parts[FRAMING] = odd_framing.LENGTH_LINES[below(len(odd_framing.LENGTH_LINES))]
    parts[BODY] = b"hello" if below(4) else odd_framing.BODIES[below(len(odd_framing.BODIES))]


def _odd_coding(parts: Parts, below: Below) -> None:
    parts[METHOD] = b"POST"
    parts[FRAMING] = odd_framing.CODING_LINES[below(len(odd_framing.CODING_LINES))]
    parts[BODY] = odd_framing.BODIES[below(len(odd_framing.BODIES))]


def _odd_chunks(parts: Parts, below: Below) -> None:
    parts[METHOD] = b"POST"
    parts[FRAMING] = b"Transfer-Encoding: chunked\r\n"
    parts[BODY] = _chunked_body(below, below(4))


def _old(parts: Parts, below: Below) -> None:
    """HTTP/1.0 with what may be missing there, or is not there (RFC 9112 §6.1, appendix C.2)."""
    parts[VERSION] = b"HTTP/1.0"
    parts[FIELDS] = odd.OLD_FIELDS[below(len(odd.OLD_FIELDS))]


def _junk(data: bytes, choices: Choices) -> bytes:
    return data + odd.JUNK[choices.below(len(odd.JUNK))]


# Each as often as it is listed. None changes the stream as a whole, once it is put together.
_WAYS: tuple[Callable[[Parts, Below], None] | None, ...] = (
    _replace(LEAD, odd.LEADS),
    _replace(METHOD, odd.METHODS),
    _replace(TARGET, odd.TARGETS),
    _replace(VERSION, odd.VERSIONS),
    _replace(LINE_END, odd.LINE_ENDS),
    _replace(BLANK, odd.BLANKS),
    _odd_space,
    _odd_form,
    _old,
    _odd_host,
    _odd_host,
    _odd_field,
    _odd_field,
    _odd_field,
    _odd_length,
    _odd_length,
    _odd_coding,
    _odd_coding,
    _odd_chunks,
    _odd_chunks,
    _odd_chunks,
    None,
    None,
    None,
)
_STREAM_CHANGES: tuple[Callable[[bytes, Choices], bytes], ...] = (cut, _junk, mutated_once)
