"""Redirects that are raised: their statuses, and what becomes of odd locations.

Owns the category redirect, and of exceptions the redirects. Literals only; nothing here opens a
socket.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..check import MUST, SHOULD, Check, Level, Source, practice, rfc
from ..expect import Expectation, either, header, no_markup, status, well_framed
from ..spec import App, RaiseHttp, Route, app
from ..steps import get, raw
from ._behind import INTACT, serving, then_next

LOCATION = rfc(
    9110,
    "10.2.2",
    "For 3xx (Redirection) responses, the Location value refers to the preferred target resource "
    "for automatically redirecting the request.",
)
REFERENCE = rfc(9110, "10.2.2", "Location = URI-reference")
RELATIVE = rfc(
    9110,
    "10.2.2",
    "When it has the form of a relative reference ([URI], Section 4.2), the final value is "
    "computed by resolving it against the target URI ([URI], Section 5).",
)
GRAMMAR = rfc(
    9110,
    "2.2",
    "A sender MUST NOT generate protocol elements that do not match the grammar defined by the "
    "corresponding ABNF rules.",
)
AS_GIVEN = practice("a redirect leads where its handler says; what no URI holds may be encoded")
HERE = r"(http://[^/]+)?"
LONG = "/" + "0123456789" * 600


def _redirect(code: int) -> Check:
    return Check(
        id=f"exceptions/redirect-{code}",
        title=f"A raised redirect with {code} carries its Location",
        source=LOCATION,
        app=serving(RaiseHttp(code, location="/there?a=1")),
        steps=then_next(raw("GET /")),
        expect=[
            status(code),
            header("Location", matches=r"(https?://[^/]+)?/there\?a=1"),
            well_framed(),
            INTACT,
        ],
        faults=["no-location", "raised-errors-are-500"],
    )


def _from_deep(location: str) -> App:
    """It redirects where a relative reference is not one from the root."""
    return app(
        Route("r1", "GET", "/deep/down", RaiseHttp(302, location=location)),
        Route("next", "GET", "/next"),
    )


def _location(
    name: str,
    title: str,
    given: str,
    matches: str,
    fault: str,
    *,
    source: Source = AS_GIVEN,
    level: Level = MUST,
) -> Check:
    """The Location that is sent for `given`; one field line, whatever is in it."""
    return Check(
        id=f"redirect/{name}",
        title=title,
        level=level,
        source=source,
        app=_from_deep(given),
        steps=then_next(raw("GET /deep/down")),
        expect=[status(302), header("Location", matches=matches), well_framed(), INTACT],
        faults=[fault],
    )


def _or_refused(*sent: Expectation) -> Sequence[Expectation]:
    """This is sent, or the framework refuses the location and answers 500."""
    return [either([status(302), *sent], status(500)), well_framed(), INTACT]


CHECKS: list[Check] = [
    *(_redirect(code) for code in (300, 301, 302, 303, 305, 307, 308)),
    # -- Locations that are URIs -----------------------------------------------------------------
    _location(
        "relative-path",
        "A relative location is sent as it is, or resolved against the target of its request",
        "there",
        rf"there|{HERE}/deep/there",
        "location-from-root",
        source=RELATIVE,
    ),
    _location(
        "query-only",
        "A location that is a query alone is one of the same path",
        "?page=2",
        rf"({HERE}/deep/down)?\?page=2",
        "location-from-root",
        source=RELATIVE,
    ),
    _location(
        "fragment",
        "The fragment of a location is kept",
        "/there?a=1#part",
        rf"{HERE}/there\?a=1#part",
        "location-without-fragment",
    ),
    _location(
        "other-host",
        "A location on another host keeps its scheme, host and port",
        "https://other.example:8443/there?a=1",
        r"https://other\.example:8443/there\?a=1",
        "location-without-host",
        source=LOCATION,
    ),
    _location(
        "network-path",
        "A location that begins with two slashes keeps both: what follows is a host",
        "//other.example/there",
        r"(http:)?//other\.example/there",
        "location-collapses-slashes",
        source=RELATIVE,
    ),
    _location(
        "reserved-characters",
        "The delimiters in a location stay what they are",
        "/there;v=1,2/@me?next=/a?b:c&d=e!f$g*h",
        rf"{HERE}/there;v=1,2/@me\?next=/a\?b:c&d=e!f\$g\*h",
        "location-encoded-whole",
        source=REFERENCE,
    ),
    _location(
        "encoded-stays-encoded",
        "What is percent-encoded in a location is neither decoded nor encoded again",
        "/a%2Fb%3Fc%25d?e=%26f",
        rf"{HERE}/a%2[Ff]b%3[Ff]c%25d\?e=%26f",
        "location-encoded-twice",
        source=rfc(
            3986,
            "2.4",
            "Implementations must not percent-encode or decode the same string more than once",
        ),
    ),
    _location(
        "encoded-line-end-stays-encoded",
        "An encoded line end in a location is not decoded: it would end the field",
        "/a%0D%0AX-Injected:%20yes",
        rf"{HERE}/a%0[Dd]%0[Aa]X-Injected:%20yes",
        "location-decoded",
        source=rfc(
            9112,
            "11.1",
            "Response splitting (a.k.a. CRLF injection) is a common technique, used in various "
            "attacks on Web usage",
        ),
    ),
    _location(
        "very-long",
        "A location of 6000 octets is sent whole",
        LONG,
        HERE + LONG,
        "location-is-cut",
    ),
    # -- Locations that are none -----------------------------------------------------------------
    _location(
        "with-spaces",
        "A space in a location does not end it",
        "/a b?c=d e",
        rf"{HERE}/a( |%20)b\?c=d( |%20|\+)e",
        "location-ends-at-space",
    ),
    Check(
        id="redirect/beyond-ascii",
        title="Letters beyond ASCII in a location are sent in some form, or refused",
        source=AS_GIVEN,
        app=_from_deep("/café"),
        steps=then_next(raw("GET /deep/down")),
        # As one octet, as the two of UTF-8, or percent-encoded.
        expect=_or_refused(header("Location", matches=rf"{HERE}/caf(\xe9|\xc3\xa9|%[Cc]3%[Aa]9)")),
        faults=["location-drops-other-than-ascii"],
    ),
    Check(
        id="redirect/beyond-latin-1",
        title="Letters beyond latin-1 in a location are sent in some form, or refused",
        source=AS_GIVEN,
        app=_from_deep("/你"),
        steps=then_next(raw("GET /deep/down")),
        expect=_or_refused(
            header("Location", matches=rf"{HERE}/(\xe4\xbd\xa0|%[Ee]4%[Bb][Dd]%[Aa]0)")
        ),
        faults=["location-drops-other-than-ascii"],
    ),
    Check(
        id="redirect/is-a-uri",
        title="What a location holds that no URI does is percent-encoded",
        # The words are MUST NOT; who breaks them is the handler first.
        level=SHOULD,
        source=GRAMMAR,
        app=_from_deep('/a b/café/<c>"'),
        steps=[get("/deep/down")],
        expect=[
            status(302),
            header("Location", matches=rf"{HERE}/a%20b/caf%[Cc]3%[Aa]9/%3[Cc]c%3[Ee]%22"),
        ],
        when={"raised_location": ["encoded"]},
        faults=["location-as-given"],
    ),
    Check(
        id="redirect/empty",
        title="A redirect to an empty location is answered",
        source=practice("an empty reference is the target itself, or a mistake of the handler"),
        app=_from_deep(""),
        steps=then_next(raw("GET /deep/down")),
        expect=_or_refused(),
        faults=["empty-location-closes"],
    ),
    Check(
        id="redirect/location-is-no-markup",
        title="A location is no markup in the page of its redirect",
        source=practice("a page that links to a location of a client's choice runs no scripts"),
        app=_from_deep('/"><i5b1c>?" i5b1c="'),
        steps=[get("/deep/down", ("Accept", "text/html"))],
        expect=[status(302, 500), no_markup("i5b1c")],
        faults=["unescaped-location-in-page"],
    ),
]
