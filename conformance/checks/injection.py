"""Whatever a handler puts into a head, it stays in its place: no field, no body of its own.

Owns a part of the category response: what is set may hold any character, as it may come from a
client. To send it harmless, to refuse it and to close the connection are all right. Literals only.
"""

from __future__ import annotations

from ..check import MUST, SHOULD, Check, Level, Source, practice, rfc
from ..expect import (
    Expectation,
    answers,
    by_dialect,
    echoes,
    either,
    header,
    never_sent,
    status,
    well_framed,
)
from ..spec import Action, Middleware, RaiseHttp, Respond, Route, SetHeader, app
from ..steps import ReadToEnd, Send, get, raw
from ._behind import serving

DANGEROUS = rfc(
    9110, "5.5", "Field values containing CR, LF, or NUL characters are invalid and dangerous"
)
SPLITTING = rfc(
    9112,
    "11.1",
    "Response splitting (a.k.a. CRLF injection) is a common technique, used in various attacks on "
    "Web usage",
)

GRAMMAR = rfc(
    9110,
    "2.2",
    "A sender MUST NOT generate protocol elements that do not match the grammar defined by the "
    "corresponding ABNF rules.",
)
COOKIE = rfc(
    6265,
    "4.1.1",
    "Servers SHOULD NOT send Set-Cookie headers that fail to conform to the following grammar",
)

CONTROLS = (
    ("nul", "\0", "NUL", DANGEROUS),
    ("vertical-tab", "\x0b", "a vertical tab", GRAMMAR),
    ("form-feed", "\x0c", "a form feed", GRAMMAR),
    ("escape", "\x1b", "an escape", GRAMMAR),
    ("delete", "\x7f", "DEL", GRAMMAR),
)
IN_MIDDLEWARE = app(
    Route("r1", "GET", "/"),
    Route("next", "GET", "/next"),
    middlewares=[
        Middleware("m1", after=(SetHeader("X-Given", "fine\r\nX-Injected: yes"),)),
    ],
)


def _injection(
    name: str,
    title: str,
    do: Action,
    *more: Expectation,
    source: Source = SPLITTING,
    level: Level = MUST,
    fault: str = "sends-any-header",
) -> Check:
    """`do` tries to add the field X-Injected or a body to the response."""
    return Check(
        id=f"response/no-injection-by-{name}",
        title=title,
        level=level,
        source=source,
        app=serving(do),
        steps=[Send(raw("GET /", "Connection: close")), ReadToEnd(), get("/next", name="next")],
        expect=[
            never_sent(b"\nX-Injected"),
            never_sent(b"\rX-Injected"),
            never_sent(b"\nx-injected"),  # as servers write it that turn names to lower case
            never_sent(b"\rx-injected"),
            *more,
            echoes(of="next", route="next"),
        ],
        faults=[fault],
    )


def _name(what: str, title: str, name: str) -> Check:
    """A handler sets a header with this name, which is none."""
    return _injection(
        f"name-{what}",
        title,
        Respond(200, "x", "text/plain", ((name, "yes"),)),
        either(well_framed(), answers(0)),
        never_sent(f"\n{name}: yes".encode()),
        never_sent(f"\n{name.lower()}: yes".encode()),
        source=GRAMMAR,
    )


CHECKS: list[Check] = [
    _injection(
        "header-value",
        "CRLF in a header value adds no field",
        Respond(200, "x", "text/plain", (("X-Given", "fine\r\nX-Injected: yes"),)),
        by_dialect(
            "bad_header_value",
            closed=answers(0),
            stripped=status(200),
            **{"500": status(500)},
        ),
        source=DANGEROUS,
    ),
    _injection(
        "lone-lf",
        "A bare LF in a header value adds no field",
        Respond(200, "x", "text/plain", (("X-Given", "fine\nX-Injected: yes"),)),
        source=DANGEROUS,
        fault="refuses-crlf-only",
    ),
    _injection(
        "lone-cr",
        "A bare CR in a header value is not sent",
        Respond(200, "x", "text/plain", (("X-Given", "fine\rX-Injected: yes"),)),
        source=DANGEROUS,
        fault="refuses-crlf-only",
    ),
    _injection(
        "body-in-header",
        "CRLF CRLF in a header value begins no body",
        Respond(200, "x", "text/plain", (("X-Given", "fine\r\n\r\n<p>injected</p>"),)),
        never_sent(b"\r\n\r\n<p>injected"),
    ),
    _injection(
        "header-name",
        "CRLF in a header name adds no field",
        Respond(200, "x", "text/plain", (("X-Given: fine\r\nX-Injected", "yes"),)),
    ),
    _injection(
        "content-type",
        "CRLF in a content type adds no field",
        Respond(200, "x", "text/plain\r\nX-Injected: yes"),
        fault="sends-any-content-type",
    ),
    _injection(
        "reason",
        "CRLF in a reason phrase adds no field",
        Respond(200, "x", "text/plain", reason="Fine\r\nX-Injected: yes"),
        fault="sends-any-reason",
    ),
    _injection(
        "cookie",
        "CRLF in the value of a cookie adds no field",
        Respond(200, "x", "text/plain", cookies=(("a", "1\r\nX-Injected: yes"),)),
        fault="sends-any-cookie",
    ),
    _injection(
        "location",
        "CRLF in the target of a redirect adds no field",
        RaiseHttp(302, location="/there\r\nX-Injected: yes"),
    ),
    _injection(
        "lone-lf-in-content-type",
        "A bare LF in a content type adds no field",
        Respond(200, "x", "text/plain\nX-Injected: yes"),
        source=DANGEROUS,
        fault="sends-any-content-type",
    ),
    _injection(
        "lone-lf-in-reason",
        "A bare LF in a reason phrase adds no field",
        Respond(200, "x", "text/plain", reason="Fine\nX-Injected: yes"),
        fault="sends-any-reason",
    ),
    _injection(
        "lone-lf-in-cookie",
        "A bare LF in the value of a cookie adds no field",
        Respond(200, "x", "text/plain", cookies=(("a", "1\nX-Injected: yes"),)),
        fault="sends-any-cookie",
    ),
    _injection(
        "lone-lf-in-location",
        "A bare LF in the target of a redirect adds no field",
        RaiseHttp(302, location="/there\nX-Injected: yes"),
        fault="refuses-crlf-only",
    ),
    _injection(
        "cookie-name",
        "CRLF in the name of a cookie adds no field",
        Respond(200, "x", "text/plain", cookies=(("a=1\r\nX-Injected: yes\r\nb", "2"),)),
        fault="sends-any-cookie",
    ),
    _injection(
        "cookie-attribute",
        "A semicolon in the value of a cookie adds no attribute",
        Respond(200, "x", "text/plain", cookies=(("a", "1; Domain=other.example"),)),
        never_sent(b"; Domain=other"),
        source=COOKIE,
        level=SHOULD,
        fault="sends-any-cookie",
    ),
    _injection(
        "header-of-an-error",
        "CRLF in a header of a raised error adds no field",
        RaiseHttp(401, headers=(("WWW-Authenticate", "Basic\r\nX-Injected: yes"),)),
    ),
    Check(
        id="response/no-injection-by-middleware",
        title="CRLF in a header that a middleware sets adds no field",
        source=SPLITTING,
        app=IN_MIDDLEWARE,
        steps=[Send(raw("GET /", "Connection: close")), ReadToEnd(), get("/next", name="next")],
        expect=[
            never_sent(b"\nX-Injected"),
            never_sent(b"\rX-Injected"),
            either(answers(1), answers(0)),
            either(status(200, 500, of="next"), answers(0, of="next")),
        ],
        faults=["sends-any-header"],
    ),
    _injection(
        "characters-cut-to-octets",
        "Characters whose last octet is CR or LF do not become a line end",
        # U+4E0D and U+4E0A: an encoder that keeps the low octet of each makes 0D 0A of them.
        Respond(200, "x", "text/plain", (("X-Given", "fine\u4e0d\u4e0aX-Injected: yes"),)),
        fault="cuts-characters-to-octets",
    ),
    *(
        _injection(
            f"{name}-in-value",
            f"A header value with {words} is not sent",
            Respond(200, "x", "text/plain", (("X-Given", f"a{character}b"),)),
            never_sent(f"a{character}b".encode()),
            source=source,
            fault="refuses-line-ends-only",
        )
        for name, character, words, source in CONTROLS
    ),
    _injection(
        "control-characters-in-reason",
        "A reason phrase with control characters is not sent",
        Respond(200, "x", "text/plain", reason="a\0b\x0bc\x7fd"),
        *(never_sent(part) for part in (b"a\0b", b"b\x0bc", b"c\x7fd")),
        source=GRAMMAR,
        fault="sends-any-reason",
    ),
    _name("empty", "A header without a name is not sent", ""),
    _name("with-space", "A header with a space in its name is not sent", "X Given"),
    _name("with-colon", "A header with a colon in its name is not sent", "X:Given"),
    _injection(
        "value-beyond-ascii",
        "A header value beyond ASCII is sent in octets that mean it, or refused",
        Respond(200, "x", "text/plain", (("X-Given", "na\xefve"),)),
        either(
            [status(200), well_framed(), header("X-Given", matches="na(\xef|\xc3\xaf|%C3%AF)ve")],
            status(500),
            answers(0),
        ),
        source=practice("a value is sent, or its handler told that it cannot be; never another"),
        fault="question-marks-beyond-ascii",
    ),
]
