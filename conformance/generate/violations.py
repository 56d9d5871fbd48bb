"""Changes that make of a well-formed request one that no server may take as it stands, as literals.

Owns that table, of which `violations_of_framing` has a part. Where only a SHOULD has a server
refuse it, that is the level. Draws nothing and sends nothing.

A request whose end is in doubt is the last one of its connection; behind one that is wrong in
another way the next may be served. What is allowed beside a refusal says the verdict.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..check import MUST, SHOULD, Level, Source, rfc
from ..checks.aborts import WHOLE_HEAD
from ..checks.desync import FOLD, SPACE_BEFORE_COLON
from ..checks.desync_heads import BARE_CR, CR_OR_LF_IN_VALUE
from ..checks.framing import CUT_SHORT, GRAMMAR
from ..checks.heads import HOST as HOST_RULE
from ..checks.start_lines import INVALID_LINE
from .message import (
    DECLINED,
    EITHER,
    HOST,
    ONE_KIND,
    REFUSED,
    Change,
    Message,
    Verdict,
)
from .violations_of_framing import CHUNKS, CODINGS, LENGTHS

INJECTED = b"X-Injected"
"""The name of a field that no handler may see: it stands only where no field begins."""

SPACE_IN_FRONT = rfc(
    9112,
    "2.2",
    "A recipient that receives whitespace between the start-line and the first header field MUST "
    "either reject the message as invalid or consume each whitespace-preceded line without further "
    "processing of it",
)
NO_LAST_CHUNK = rfc(
    9112,
    "8",
    "A message body that uses the chunked transfer coding is incomplete if the zero-sized chunk "
    "that terminates the encoding has not been received.",
)
CASE_OF_VERSION = rfc(9112, "2.3", "HTTP-version is case-sensitive.")

_Apply = Callable[[Message, int], Message]


def _choose(forms: tuple[bytes, ...], number: int) -> bytes:
    return forms[number % len(forms)]


# -- Fields ---------------------------------------------------------------------------------------


def _field(
    name: str,
    title: str,
    source: Source,
    *forms: tuple[bytes, ...],
    level: Level = MUST,
    verdict: Verdict = DECLINED,
    first: bool = False,
) -> Change:
    """More lines, each form some, behind the other fields or in front of them."""

    def apply(message: Message, number: int) -> Message:
        lines = forms[number % len(forms)]
        fields = (*lines, *message.fields) if first else (*message.fields, *lines)
        return replace(message, fields=fields)

    touches = frozenset({"names", "spaces", "field in front" if first else "field"})
    return Change(name, title, source, apply, verdict, ONE_KIND, touches, level)


FIELDS = (
    _field(
        "space-before-colon",
        "with white space before a colon",
        SPACE_BEFORE_COLON,
        (b"X-Probe : value",),
        (b"X-Probe\t: value",),
        (b"X-Probe :",),
    ),
    _field(
        "nul-in-value",
        "with NUL in a value",
        CR_OR_LF_IN_VALUE,
        (b"X-Probe: a\0b",),
        (b"X-Probe: \0",),
        (b"X-Probe: a\0",),
        verdict=EITHER,
    ),
    _field(
        "cr-in-value",
        "with a bare CR in a value",
        BARE_CR,
        (b"X-Probe: a\r" + INJECTED + b": b",),
        (b"X-Probe: a\rb",),
        verdict=EITHER,
    ),
    _field(
        "folded-line",
        "with a folded line",
        FOLD,
        (b"X-Probe: a", b" " + INJECTED + b": b"),
        (b"X-Probe: a", b"\t" + INJECTED + b": b"),
        (b"X-Probe:", b" " + INJECTED + b": b"),
        verdict=EITHER,
    ),
    _field(
        "space-in-front-of-first-field",
        "whose first field line begins with white space",
        SPACE_IN_FRONT,
        (b" " + INJECTED + b": b",),
        (b"\t" + INJECTED + b": b",),
        verdict=EITHER,
        first=True,
    ),
    _field(
        "line-without-colon",
        "with a field line without a colon",
        GRAMMAR,
        (b"nonsense",),
        (b"X Y",),
        level=SHOULD,
    ),
    _field(
        "name-that-is-no-token",
        "with a field name that is no token",
        GRAMMAR,
        (b": value",),
        (b"X(Probe): value",),
        (b"X Probe: value",),
        (b"X\x01Probe: value",),
        (b"X-Prob\xe9: value",),
        level=SHOULD,
    ),
)


def _host(
    name: str, title: str, *forms: tuple[bytes, ...], touches: tuple[str, ...] = ()
) -> Change:
    def apply(message: Message, number: int) -> Message:
        return message.saying("host", *forms[number % len(forms)])

    touched = frozenset({"host", "names", "spaces", *touches})
    return Change(name, title, HOST_RULE, apply, DECLINED, ONE_KIND, touched)


HOSTS = (
    # A request of HTTP/1.0 needs none.
    _host("no-host", "without Host", (), touches=("line", "persistence")),
    _host(
        "two-hosts",
        "with two Hosts",
        (b"Host: " + HOST, b"Host: other.example"),
        (b"Host: " + HOST, b"Host: " + HOST),
    ),
    _host(
        "malformed-host",
        "with a Host that is none",
        (b"Host: one two/three",),
        (b"Host: me@trueline.test",),
        (b"Host: trueline.test:8o",),
        (b"Host: [::1",),
    ),
)


# -- Request lines, and where a head ends ---------------------------------------------------------


def _line(
    name: str,
    title: str,
    source: Source,
    *forms: bytes,
    level: Level = SHOULD,
    verdict: Verdict = DECLINED,
) -> Change:
    """Another request line; `@` stands for the target."""

    def apply(message: Message, number: int) -> Message:
        return replace(message, line=_choose(forms, number).replace(b"@", message.target))

    touches = frozenset({"line", "target", "persistence"})
    return Change(name, title, source, apply, verdict, ONE_KIND, touches, level)


LINES = (
    _line("no-version", "without a version", INVALID_LINE, b"GET @", b"POST @", verdict=REFUSED),
    _line(
        "bad-version",
        "of a version that is none",
        GRAMMAR,
        b"GET @ HTTP/1.10",
        b"GET @ HTTP/01.1",
        b"GET @ HTTP/1",
        b"GET @ HTTP/x.y",
    ),
    _line(
        "version-in-lower-case",
        "of http/1.1",
        CASE_OF_VERSION,
        b"GET @ http/1.1",
        b"GET @ Http/1.1",
    ),
    _line(
        "space-in-target",
        "with a space in its target",
        INVALID_LINE,
        b"GET @?a b HTTP/1.1",
        b"GET @ / HTTP/1.1",
    ),
    _line(
        "control-character-in-target",
        "with a control character in its target",
        GRAMMAR,
        b"GET @?\x01 HTTP/1.1",
        b"POST @?\x7f HTTP/1.1",
        b"GET @?\0 HTTP/1.1",
    ),
    _line(
        "method-that-is-no-token",
        "with a method that is no token",
        GRAMMAR,
        b"G\0ET @ HTTP/1.1",
        b"GET, @ HTTP/1.1",
        b"G(T @ HTTP/1.1",
        b"\xe9 @ HTTP/1.1",
    ),
    _line(
        "cr-in-line",
        "with a bare CR in its line",
        BARE_CR,
        b"GET @ HTTP/1.1\r" + INJECTED + b": b",
        b"GET @\rHTTP/1.1 HTTP/1.1",
        level=MUST,
        verdict=REFUSED,
    ),
    Change(
        "no-empty-line",
        "whose head does not end, so that the next request is part of it",
        HOST_RULE,
        lambda message, number: replace(message, head_end=b""),
        REFUSED,
        ("none",),
        frozenset({"host", "persistence", "line", "names", "spaces"}),
    ),
)

CUT_IN_HEAD = Change(
    "cut-in-head",
    "that ends within its head",
    WHOLE_HEAD,
    lambda message, number: message,
    REFUSED,
    is_cut=True,
)
CUT_IN_SIZED = Change(
    "cut-in-body",
    "whose body is shorter than its length",
    CUT_SHORT,
    lambda message, number: message,
    REFUSED,
    is_cut=True,
)
CUT_IN_CHUNKS = Change(
    "cut-in-chunks",
    "whose last chunk never comes",
    NO_LAST_CHUNK,
    lambda message, number: message,
    REFUSED,
    is_cut=True,
)
CUTS = (CUT_IN_HEAD, CUT_IN_SIZED, CUT_IN_CHUNKS)
"""What is cut is cut in the octets, not in the parts."""

VIOLATIONS: tuple[Change, ...] = (*LENGTHS, *CODINGS, *CHUNKS, *FIELDS, *HOSTS, *LINES)
