"""What of a request's target its handler sees: the params of its path, and its query.

Owns the categories params and query. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

from ..check import Check, Source, practice, rfc
from ..expect import (
    ByDialect,
    by_dialect,
    echoes,
    either,
    never_happened,
    not_2xx,
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
FORM_PLUS = Source("WHATWG URL", "5.1", "Replace any 0x2B (+) in name and value with 0x20 (SP).")
FORM_SPLIT = Source(
    "WHATWG URL",
    "5.1",
    "Let sequences be the result of splitting input on 0x26 (&).",
)


def _param(decoded: str, sent: str) -> ByDialect:
    """The param `name` holds `decoded`, or what was sent where params are not decoded."""
    return by_dialect(
        "param_decoding",
        yes=echoes(route="item", params={"name": decoded}),
        raw=echoes(route="item", params={"name": sent}),
    )


PARAMS = [
    Check(
        id="params/whole-segment",
        title="A param is a whole segment with all the unreserved characters",
        source=rfc(
            3986,
            "2.3",
            "Characters that are allowed in a URI but do not have a reserved purpose are called "
            "unreserved.",
        ),
        app=ITEM,
        steps=[get("/items/a.b-c~d_0")],
        expect=[echoes(route="item", params={"name": "a.b-c~d_0"})],
        faults=("params-are-word-characters",),
    ),
    Check(
        id="params/delimiters-inside",
        title="A param holds the delimiters that a segment may have",
        source=OPAQUE,
        app=ITEM,
        steps=[
            get("/items/a;b=c", name="semicolon"),
            get("/items/a:b@c", name="colon"),
            get("/items/a!$&'()*,b", name="others"),
        ],
        expect=[
            echoes(of="semicolon", route="item", params={"name": "a;b=c"}),
            echoes(of="colon", route="item", params={"name": "a:b@c"}),
            echoes(of="others", route="item", params={"name": "a!$&'()*,b"}),
        ],
        faults=("params-are-word-characters", "cuts-path-at-semicolon"),
    ),
    Check(
        id="params/plus-stays-plus",
        title="A plus in a path is a plus",
        source=practice("all eight frameworks that were measured; only forms have + for a space"),
        app=ITEM,
        steps=[get("/items/a+b")],
        expect=[echoes(route="item", params={"name": "a+b"})],
        faults=("plus-in-path-is-space", "params-are-word-characters"),
    ),
    Check(
        id="params/never-two-segments",
        title="A param never takes in a slash",
        source=practice("all eight frameworks that were measured"),
        app=ITEM,
        steps=[get("/items/a/b"), get("/items/a/b/c", name="three")],
        expect=[status(404), status(404, of="three"), never_happened("enter item")],
        faults=("params-span-segments", "matches-prefix"),
    ),
    Check(
        id="params/never-empty",
        title="A param is never empty",
        source=practice("a param is one whole segment, and between two slashes there is none"),
        app=ITEM,
        steps=[get("/items/"), get("/items", name="without")],
        expect=[not_2xx(), not_2xx(of="without"), never_happened("enter item")],
        faults=("params-may-be-empty",),
    ),
    Check(
        id="params/several",
        title="Each param gets the segment at its place",
        source=practice("a param has the value of its own place"),
        app=app(
            Route("post", "GET", "/users/{user}/posts/{post}"),
            Route("user", "GET", "/users/{user}"),
        ),
        steps=[get("/users/ann/posts/7", name="two"), get("/users/bob", name="one")],
        expect=[
            echoes(of="two", route="post", params={"user": "ann", "post": "7"}),
            echoes(of="one", route="user", params={"user": "bob"}),
        ],
        faults=("params-in-reverse", "first-route-only"),
    ),
    Check(
        id="params/none-without-params",
        title="The handler of a route without params gets none, and none of an earlier request",
        source=practice("requests have nothing in common but the application"),
        app=app(Route("item", "GET", "/items/{name}"), Route("about", "GET", "/about")),
        steps=[get("/items/one", name="before"), get("/about")],
        expect=[
            echoes(of="before", route="item", params={"name": "one"}),
            echoes(route="about", params={}),
        ],
        faults=("params-are-kept", "first-route-only"),
    ),
    Check(
        id="params/dots",
        title="A segment of two dots is a value like another",
        source=practice(
            "all eight frameworks that were measured: dot segments are the client's to remove"
        ),
        app=ITEM,
        steps=[Send(raw("GET /items/..")), Read()],
        expect=[echoes(route="item", params={"name": ".."})],
        faults=("normalises-dot-segments", "params-are-word-characters"),
    ),
    Check(
        id="params/percent-decoded",
        title="A param is percent-decoded and then read as UTF-8, unless declared raw",
        source=rfc(
            3986,
            "2.5",
            "the data should first be encoded as octets according to the UTF-8 character encoding "
            "[STD63]; then only those octets that do not correspond to characters in the "
            "unreserved set should be percent-encoded",
        ),
        app=ITEM,
        steps=[get("/items/J%C3%BCrgen%20K.")],
        expect=[_param("Jürgen K.", "J%C3%BCrgen%20K.")],
        faults=("params-are-raw", "params-are-word-characters"),
    ),
    Check(
        id="params/delimiters-encoded",
        title="An encoded ? or # belongs to the path and ends it not",
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
        title="%2F in a param is data, is left as it is, or is refused, as declared",
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
                **{"404": status(404)},
            )
        ],
        faults=("decodes-before-matching", "params-are-word-characters"),
    ),
    Check(
        id="params/encoded-slash-is-no-separator",
        title="A path with %2F does not reach the handler of the path with slashes",
        source=SPLIT_FIRST,
        app=app(Route("inner", "GET", "/items/{name}/secret")),
        steps=[get("/items/one%2Fsecret")],
        expect=[status(404), never_happened("enter inner")],
        when={"encoded_slash": ("decoded", "raw")},
        faults=("decodes-before-matching",),
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

QUERY = [
    Check(
        id="query/pairs",
        title="The handler sees the names and values of the query, and none where there are none",
        source=FORM_SPLIT,
        steps=[get("/?a=1&b=2&c=three"), get("/?", name="empty"), get("/", name="none")],
        expect=[
            echoes(query=[["a", "1"], ["b", "2"], ["c", "three"]]),
            echoes(of="empty", query=[]),
            echoes(of="none", query=[]),
        ],
        faults=("query-is-part-of-path",),
    ),
    Check(
        id="query/repeated-names-in-order",
        title="The values of a repeated name all arrive, in their order",
        source=practice("all eight frameworks that were measured"),
        steps=[get("/?b=1&a=2&b=3&b=1")],
        expect=[
            # Some group the values of a name; the order within a name is what matters.
            either(
                echoes(query=[["b", "1"], ["a", "2"], ["b", "3"], ["b", "1"]]),
                echoes(query=[["b", "1"], ["b", "3"], ["b", "1"], ["a", "2"]]),
            )
        ],
        faults=("keeps-last-query-value",),
    ),
    Check(
        id="query/plus-is-a-space",
        title="A plus in a query is a space, and %2B a plus",
        source=FORM_PLUS,
        steps=[get("/?q=a+b%2Bc")],
        expect=[echoes(query=[["q", "a b+c"]])],
        faults=("plus-in-query-stays", "decodes-query-before-splitting"),
    ),
    Check(
        id="query/percent-decoded",
        title="Names and values are percent-decoded and then read as UTF-8",
        source=Source(
            "WHATWG URL",
            "5.1",
            "Let nameString and valueString be the result of running UTF-8 decode without BOM on "
            "the percent-decoding of name and value, respectively.",
        ),
        steps=[get("/?%C3%BC=%E2%82%AC%20%31")],
        expect=[echoes(query=[["ü", "€ 1"]])],
        faults=("query-is-raw",),
    ),
    Check(
        id="query/decoded-once",
        title="A value is decoded once: %2526 becomes %26",
        source=DECODED_ONCE,
        steps=[get("/?q=%2526")],
        expect=[echoes(query=[["q", "%26"]])],
        faults=("decodes-twice",),
    ),
    Check(
        id="query/delimiters-encoded",
        title="An encoded & or = is data, and separates nothing",
        source=SPLIT_FIRST,
        steps=[get("/?q=a%26b%3Dc&r=d")],
        expect=[echoes(query=[["q", "a&b=c"], ["r", "d"]])],
        faults=("decodes-query-before-splitting", "query-is-raw"),
    ),
    Check(
        id="query/first-equals-sign-separates",
        title="The first = ends the name; further ones belong to the value",
        source=Source(
            "WHATWG URL",
            "5.1",
            "If bytes contains a 0x3D (=), then let name be the bytes from the start of bytes up "
            "to but excluding its first 0x3D (=)",
        ),
        steps=[get("/?q=a=b==")],
        expect=[echoes(query=[["q", "a=b=="]])],
        faults=("splits-at-every-equals-sign",),
    ),
    Check(
        id="query/semicolon-separates-nothing",
        title="A semicolon is part of a value",
        source=FORM_SPLIT,
        steps=[get("/?a=1;b=2")],
        expect=[echoes(query=[["a", "1;b=2"]])],
        faults=("semicolon-separates-pairs", "cuts-path-at-semicolon"),
    ),
    Check(
        id="query/slash-and-question-mark",
        title="A slash and a further question mark in a query are data",
        source=rfc(
            3986,
            "3.4",
            'The characters slash ("/") and question mark ("?") may represent data within the '
            "query component.",
        ),
        steps=[get("/?q=a/b?c=d")],
        expect=[echoes(query=[["q", "a/b?c=d"]])],
        faults=("splits-at-every-equals-sign",),
    ),
    Check(
        id="query/blank-values",
        title="A name with a blank value is kept or dropped as declared",
        source=practice("most keep it; what parse_qs does by default has spread too"),
        steps=[get("/?a=&b=1")],
        expect=[
            by_dialect(
                "blank_query_values",
                kept=echoes(query=[["a", ""], ["b", "1"]]),
                dropped=echoes(query=[["b", "1"]]),
            )
        ],
        faults=("drops-blank-values",),
    ),
    Check(
        id="query/invalid-utf-8",
        title="Octets in a query that are not UTF-8 are no failure of the server's",
        source=practice("what a client sends never is the server's failure"),
        steps=[get("/?q=%FF&%=%zz")],
        expect=[NO_CRASH],
        faults=("invalid-utf-8-crashes", "malformed-percent-crashes"),
    ),
]

CHECKS: list[Check] = [*PARAMS, *QUERY]
