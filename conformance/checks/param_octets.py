"""What octets a param holds: percent-encoded ones, those beyond ASCII, and those that separate.

Owns those checks of the category params. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..check import Check, practice, rfc
from ..expect import (
    ByDialect,
    Expectation,
    by_dialect,
    echoes,
    either,
    never_happened,
    not_status,
    status,
)
from ..spec import Route, app
from ..steps import Read, Send, get, raw
from .routing import ITEM, OPAQUE

NO_CRASH = not_status(500, 501, 502, 503, 504)

SPLIT_FIRST = rfc(
    3986,
    "2.4",
    "When a URI is dereferenced, the components and subcomponents significant to the "
    "scheme-specific dereferencing process (if any) must be parsed and separated before the "
    "percent-encoded octets within those components can be safely decoded, as otherwise the data "
    "may be mistaken for component delimiters.",
)
DECODED_ONCE = rfc(
    3986,
    "2.4",
    "Implementations must not percent-encode or decode the same string more than once",
)

NOT_INNER: Sequence[Expectation] = [status(404), never_happened("enter inner")]


def _param(decoded: str, sent: str, of: str = "1") -> ByDialect:
    """The param `name` holds `decoded`, or what was sent where params are not decoded."""
    return by_dialect(
        "param_decoding",
        yes=echoes(of=of, route="item", params={"name": decoded}),
        raw=echoes(of=of, route="item", params={"name": sent}),
    )


PARAMS = [
    Check(
        id="params/percent-decoded",
        title="A param is percent-decoded and then read as UTF-8, unless declared raw",
        source=rfc(
            3986,
            "2.1",
            "A percent-encoding mechanism is used to represent a data octet in a component when "
            "that octet's corresponding character is outside the allowed set",
        ),
        app=ITEM,
        steps=[get("/items/J%C3%BCrgen%20K.")],
        expect=[_param("Jürgen K.", "J%C3%BCrgen%20K.")],
        faults=("params-are-raw", "params-are-word-characters"),
    ),
    Check(
        id="params/escapes-in-any-case",
        title="An escape in a param is decoded whatever the case of its digits",
        source=rfc(
            3986,
            "2.1",
            "The uppercase hexadecimal digits 'A' through 'F' are equivalent to the lowercase "
            "digits 'a' through 'f', respectively.",
        ),
        app=ITEM,
        steps=[get("/items/J%c3%bCrgen")],
        expect=[_param("Jürgen", "J%c3%bCrgen")],
        faults=("escapes-in-upper-case-only", "params-are-raw"),
    ),
    Check(
        id="params/unicode-as-sent",
        title="A param has the code points that were sent: none is cut off, none composed",
        source=practice("a param is the text that was sent, whether or not another looks like it"),
        app=ITEM,
        steps=[get("/items/%F0%9F%90%8De%CC%81%EF%BB%BF")],
        expect=[_param("\U0001f40de\u0301\ufeff", "%F0%9F%90%8De%CC%81%EF%BB%BF")],
        faults=("composes-unicode", "params-are-raw"),
    ),
    Check(
        id="params/spaces-at-the-ends",
        title="Spaces at the ends of a param belong to it",
        source=practice("a param is one whole segment"),
        app=ITEM,
        steps=[get("/items/%20a%20")],
        expect=[_param(" a ", "%20a%20")],
        faults=("strips-params", "params-are-raw"),
    ),
    Check(
        id="params/delimiters-encoded",
        title="An encoded ? or # belongs to the path and does not end it",
        source=SPLIT_FIRST,
        app=ITEM,
        steps=[get("/items/a%3Fb%23c?d=e")],
        expect=[_param("a?b#c", "a%3Fb%23c"), echoes(query=[["d", "e"]])],
        faults=("params-are-raw", "params-are-word-characters"),
    ),
    Check(
        id="params/decoded-once",
        title="A param is decoded once: %252F becomes %2F and never a slash",
        source=DECODED_ONCE,
        app=ITEM,
        steps=[get("/items/a%252Fb")],
        expect=[_param("a%2Fb", "a%252Fb")],
        faults=("decodes-twice", "params-are-word-characters"),
    ),
    Check(
        id="params/encoded-slash",
        title="%2F in a param is data, is left as it is, separates, or is refused, as declared",
        source=rfc(
            3986,
            "2.2",
            "Percent-encoding a reserved character, or decoding a percent-encoded octet that "
            "corresponds to a reserved character, will change how the URI is interpreted by most "
            "applications.",
        ),
        app=ITEM,
        steps=[get("/items/a%2Fb")],
        expect=[
            by_dialect(
                "encoded_slash",
                decoded=echoes(route="item", params={"name": "a/b"}),
                raw=echoes(route="item", params={"name": "a%2Fb"}),
                separator=status(404),
                **{"404": status(404)},
            )
        ],
        faults=("decodes-before-matching", "params-are-word-characters"),
    ),
    Check(
        id="params/encoded-slash-is-no-separator",
        title="A path with %2F reaches the handler of the path with slashes only where declared",
        source=SPLIT_FIRST,
        app=app(Route("inner", "GET", "/items/{name}/secret")),
        steps=[get("/items/one%2Fsecret")],
        expect=[
            by_dialect(
                "encoded_slash",
                decoded=NOT_INNER,
                raw=NOT_INNER,
                separator=echoes(route="inner", params={"name": "one"}),
                **{"404": NOT_INNER},
            )
        ],
        faults=("decodes-before-matching",),
    ),
    Check(
        id="params/overlong-slash",
        title="A slash in more octets than UTF-8 gives it is no slash",
        source=rfc(
            3629,
            "3",
            "Implementations of the decoding algorithm above MUST protect against decoding invalid "
            "sequences.",
        ),
        app=app(Route("inner", "GET", "/items/{name}/secret"), *ITEM.routes),
        steps=[get("/items/one%C0%AFsecret")],
        expect=[
            by_dialect(
                "invalid_utf8",
                replace=echoes(route="item", params={"name": "one\ufffd\ufffdsecret"}),
                keep=echoes(route="item", params={"name": "one%C0%AFsecret"}),
                surrogate=echoes(route="item", params={"name": "one\udcc0\udcafsecret"}),
                ignore=echoes(route="item", params={"name": "onesecret"}),
                **{"400": status(400), "404": status(404)},
            ),
            never_happened("enter inner"),
        ],
        faults=("overlong-utf-8-is-decoded",),
    ),
    Check(
        id="params/backslash",
        title="A backslash in a param is data, encoded or not, and separates nothing",
        source=OPAQUE,
        app=ITEM,
        steps=[get("/items/a%5Cb")],
        expect=[_param("a\\b", "a%5Cb")],
        faults=("backslash-is-a-slash", "params-are-raw"),
    ),
    Check(
        id="params/nul",
        title="An encoded NUL in a param is data or refused, and does not end it",
        source=practice("a NUL is data, or refused (RFC 3986 §7.3); only strings of C end at it"),
        app=ITEM,
        steps=[get("/items/a%00b")],
        expect=[either(_param("a\0b", "a%00b"), status(400, 404))],
        faults=("path-ends-at-nul",),
    ),
    Check(
        id="params/line-ends",
        title="Encoded line ends in a param are data or refused, and do not end it",
        source=practice("a param is one whole segment; `.` of a regular expression is no line end"),
        app=ITEM,
        steps=[get("/items/a%0Ab", name="lf"), get("/items/a%0D%0A", name="crlf")],
        expect=[
            either(_param("a\nb", "a%0Ab", of="lf"), status(400, 404, of="lf")),
            either(_param("a\r\n", "a%0D%0A", of="crlf"), status(400, 404, of="crlf")),
        ],
        faults=("params-end-at-line-end", "line-end-behind-path-is-dropped"),
    ),
    Check(
        id="params/raw-octets",
        title="Octets of a path beyond ASCII that are not encoded are UTF-8, or refused",
        source=practice("a URI has none of them; to guess another charset makes other text"),
        app=ITEM,
        steps=[Send(raw("GET /items/\xc3\xbc")), Read()],
        expect=[either(status(400, 404), echoes(route="item", params={"name": "ü"}))],
        faults=("raw-octets-are-latin-1",),
    ),
    Check(
        id="params/invalid-utf-8",
        title="Octets that are not UTF-8 are treated as declared",
        source=practice("replaced, kept, or refused; each framework has one"),
        app=ITEM,
        steps=[get("/items/a%FFb")],
        expect=[
            by_dialect(
                "invalid_utf8",
                replace=echoes(route="item", params={"name": "a\ufffdb"}),
                keep=echoes(route="item", params={"name": "a%FFb"}),
                surrogate=echoes(route="item", params={"name": "a\udcffb"}),
                ignore=echoes(route="item", params={"name": "ab"}),
                **{"400": status(400), "404": status(404)},
            )
        ],
        faults=("invalid-utf-8-crashes",),
    ),
    Check(
        id="params/malformed-percent",
        title="A percent sign without two digits behind it is no failure of the server's",
        source=rfc(
            3986,
            "2.1",
            "A percent-encoded octet is encoded as a character triplet, consisting of the percent "
            'character "%" followed by the two hexadecimal digits',
        ),
        app=ITEM,
        steps=[
            Send(raw("GET /items/a%zz"), on="letters"),
            Read(on="letters"),
            Send(raw("GET /items/a%"), on="end"),
            Read(on="end"),
        ],
        expect=[
            not_status(500, 501, 502, 503, 504, of="letters"),
            not_status(500, 501, 502, 503, 504, of="end"),
        ],
        faults=("malformed-percent-crashes",),
    ),
]

CHECKS: list[Check] = PARAMS
