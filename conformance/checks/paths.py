"""The text of paths: what of it is literal, what is equivalent, and how much of it there may be.

Owns the category paths. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

from ..check import SHOULD, Check, Level, practice, rfc
from ..expect import by_dialect, echoes, header, never_happened, not_status, status
from ..spec import Route, app
from ..steps import Read, Send, get, raw
from .routing import ABOUT, ITEM, OPAQUE

LITERAL = practice("literal text in the path of a route is literal")
UTF_8 = rfc(
    3986,
    "2.5",
    "the data should first be encoded as octets according to the UTF-8 character encoding [STD63]",
)
DOTS = practice("all eight frameworks that were measured: dot segments are the client's to remove")
SECRET = app(Route("public", "GET", "/public/{name}"), Route("secret", "GET", "/secret"))

LINE = 8000
"""Octets of a request line that everybody is to take (RFC 9112 §3)."""
LONG = "a" * (LINE - len("GET /items/ HTTP/1.1\r\n"))

LITERALS, PARAMS = 230, 20
MANY = app(
    *(Route(f"l{number}", "GET", f"/things/{number}") for number in range(LITERALS)),
    *(Route(f"p{number}", "GET", f"/things{number}/{{name}}") for number in range(PARAMS)),
)

DEPTH = 12
DEAD_ENDS = app(
    *(
        Route(
            f"r{place}",
            "GET",
            "/" + "/".join(["a"] * place + ["{name}"] + ["a"] * (DEPTH - place)) + f"/end{place}",
        )
        for place in range(DEPTH)
    )
)
"""Each route has its param one segment further than the one before, and an end of its own."""

# A literal, as it is sent, and a path that it would match as a regular expression; None where it
# would match nothing.
SPECIALS: list[tuple[str, str, str, str | None, Level]] = [
    ("star", "/a*b", "/a*b", "/aab", SHOULD),
    ("parentheses", "/a(b)c", "/a(b)c", "/abc", SHOULD),
    ("dollar", "/price$", "/price$", "/price", SHOULD),
    ("question-mark", "/ab?c", "/ab%3Fc", "/ac", SHOULD),
    ("bar", "/ab|c", "/ab%7Cc", "/ab", SHOULD),
    ("brackets", "/a[bc]d", "/a%5Bbc%5Dd", "/abd", SHOULD),
    ("caret", "/^a", "/%5Ea", None, SHOULD),
    ("backslash", r"/a\d", "/a%5Cd", "/a1", SHOULD),
]

PATHS = [
    *(
        Check(
            id=f"paths/literal-{name}",
            title=f"`{literal[1:]}` in the path of a route is that text and no regular expression",
            source=LITERAL,
            level=level,
            app=app(Route("literal", "GET", literal)),
            steps=[get(sent), *([get(other, name="other")] if other else [])],
            expect=[
                echoes(route="literal"),
                *([status(404, of="other")] if other else []),
            ],
            faults=("path-is-regex",),
        )
        for name, literal, sent, other, level in SPECIALS
    ),
    Check(
        id="paths/literal-delimiters",
        title="The other delimiters that a segment may have are literal in the path of a route",
        source=OPAQUE,
        level=SHOULD,
        app=app(Route("literal", "GET", "/a!b&c'd,e;f=g:h@i")),
        steps=[get("/a!b&c'd,e;f=g:h@i")],
        expect=[echoes(route="literal")],
        faults=("cuts-path-at-semicolon", "literal-delimiters-are-encoded"),
    ),
    Check(
        id="paths/literal-beyond-ascii",
        title="A literal beyond ASCII matches its octets in UTF-8, percent-encoded",
        level=SHOULD,
        source=UTF_8,
        app=app(Route("world", "GET", "/grüße/世界")),
        steps=[get("/gr%C3%BC%C3%9Fe/%E4%B8%96%E7%95%8C"), get("/gr%FC%DFe/x", name="latin-1")],
        expect=[echoes(route="world"), status(404, 400, of="latin-1")],
        faults=("literals-stay-unencoded",),
    ),
    Check(
        id="paths/literal-space",
        title="A space in a literal matches %20, and no plus",
        source=practice("only forms and queries have + for a space"),
        app=app(Route("words", "GET", "/two words")),
        steps=[get("/two%20words"), get("/two+words", name="plus")],
        expect=[echoes(route="words"), status(404, of="plus")],
        faults=("literals-stay-unencoded", "plus-in-path-is-space"),
    ),
    Check(
        id="paths/escapes-in-any-case",
        title="A literal matches escapes with digits in lower case, where it matches encoded ones",
        source=rfc(
            3986,
            "2.1",
            "If two URIs differ only in the case of hexadecimal digits used in percent-encoded "
            "octets, they are equivalent.",
        ),
        level=SHOULD,
        app=app(Route("world", "GET", "/grüße/世界")),
        steps=[get("/gr%c3%bc%c3%9fe/%e4%b8%96%e7%95%8c")],
        expect=[echoes(route="world")],
        faults=("matches-raw-path",),
    ),
    Check(
        id="paths/literal-decoded-once",
        title="A path that has to be decoded twice to be that of a route is another",
        source=rfc(
            3986,
            "2.4",
            "Implementations must not percent-encode or decode the same string more than once",
        ),
        app=ABOUT,
        steps=[get("/%2561bout")],
        expect=[status(404), never_happened("enter about")],
        faults=("decodes-twice",),
    ),
    Check(
        id="paths/newline-at-the-end",
        title="An encoded line end behind a path makes another path of it",
        source=practice("`$` of a regular expression matches in front of a line end, too"),
        app=app(Route("about", "GET", "/about"), Route("inner", "GET", "/items/{name}/inner")),
        steps=[
            get("/about%0A"),
            get("/about%0D%0A", name="crlf"),
            get("/items/one/inner%0A", name="param"),
        ],
        expect=[
            status(404, 400),
            status(404, 400, of="crlf"),
            status(404, 400, of="param"),
            never_happened("enter"),
        ],
        faults=("line-end-behind-path-is-dropped",),
    ),
    Check(
        id="paths/nul-ends-nothing",
        title="An encoded NUL does not end a path",
        source=practice("a NUL is data, or refused (RFC 3986 §7.3); only strings of C end at it"),
        app=ABOUT,
        steps=[get("/about%00"), get("/about%00.html", name="more")],
        expect=[status(404, 400), status(404, 400, of="more"), never_happened("enter about")],
        faults=("path-ends-at-nul",),
    ),
    Check(
        id="paths/backslash-is-no-slash",
        title="A backslash separates no segments",
        source=practice("a backslash is data; only file names on one system have it for a slash"),
        app=app(Route("inner", "GET", "/outer/inner"), *ITEM.routes),
        steps=[get("/outer%5Cinner"), get("/items%5Cone", name="param")],
        expect=[
            status(404, 400),
            status(404, 400, of="param"),
            never_happened("enter"),
        ],
        faults=("backslash-is-a-slash",),
    ),
    *(
        Check(
            id=f"paths/dot-segments-{name}",
            title=f"`{path}` does not lead to the handler of /secret",
            source=DOTS,
            app=SECRET,
            steps=[Send(raw(f"GET {path}")), Read()],
            expect=[status(404, 400, 301, 302, 307, 308), never_happened("enter secret")],
            faults=(fault,),
        )
        for name, path, fault in (
            ("single", "/./secret", "normalises-dot-segments"),
            ("encoded", "/public/%2e%2E/secret", "normalises-dots-behind-decoding"),
            ("half-encoded", "/public/.%2e/secret", "normalises-dots-behind-decoding"),
            ("with-parameters", "/public/..;/secret", "normalises-dots-before-parameters"),
        )
    ),
    Check(
        id="paths/dots-with-slash-encoded",
        title="Dot segments whose slashes are encoded do not lead to the handler of another path",
        source=DOTS,
        app=SECRET,
        steps=[
            Send(raw("GET /public/..%2Fsecret"), on="slash"),
            Read(on="slash"),
            Send(raw("GET /public%2F..%2Fsecret"), on="slashes"),
            Read(on="slashes"),
            Send(raw("GET /public/%252e%252e/secret"), on="twice"),
            Read(on="twice"),
        ],
        expect=[
            not_status(500, of="slash"),
            status(404, 400, 301, 302, 307, 308, of="slashes"),
            status(404, 400, 301, 302, 307, 308, of="twice"),
            never_happened("enter secret"),
        ],
        faults=("normalises-dots-behind-decoding",),
    ),
    Check(
        id="paths/dots-in-names",
        title="Dots within a segment are no dot segments",
        source=practice("a segment is a dot segment when it is . or .. and nothing else"),
        app=app(Route("known", "GET", "/.well-known/{name}"), *ITEM.routes),
        steps=[
            get("/.well-known/acme", name="hidden"),
            get("/items/...", name="three"),
            get("/items/a..b", name="inside"),
            get("/items/..a", name="before"),
        ],
        expect=[
            echoes(of="hidden", route="known", params={"name": "acme"}),
            echoes(of="three", route="item", params={"name": "..."}),
            echoes(of="inside", route="item", params={"name": "a..b"}),
            echoes(of="before", route="item", params={"name": "..a"}),
        ],
        faults=("refuses-two-dots", "params-are-word-characters"),
    ),
    Check(
        id="paths/root-is-one-path",
        title="The route of / has that path, and no other",
        source=practice("a route names a path, not a family of them"),
        app=app(Route("root", "GET", "/")),
        steps=[get("/", name="root"), get("/index.html", name="file"), get("/%2F", name="encoded")],
        expect=[
            echoes(of="root", route="root"),
            status(404, of="file"),
            not_status(500, 501, 502, 503, 504, of="encoded"),
        ],
        faults=("falls-back-to-first-route", "matches-prefix"),
    ),
    Check(
        id="paths/slash-at-the-end",
        title="A route whose path ends in a slash has that path; one without is as declared",
        source=practice("not found, taken for the path, or redirected; each framework has one"),
        app=app(Route("folder", "GET", "/folder/")),
        steps=[get("/folder/", name="whole"), get("/folder")],
        expect=[
            echoes(of="whole", route="folder"),
            by_dialect(
                "missing_slash",
                same=echoes(route="folder"),
                **{"404": status(404)},
                **{
                    code: [status(int(code)), header("Location", matches=r"(.+:\d+)?/folder/")]
                    for code in ("307", "308", "301", "302")
                },
            ),
        ],
        faults=("adds-slash-at-the-end",),
    ),
    Check(
        id="paths/slash-redirect-keeps-query",
        title="A redirect to the path without the slash keeps the query",
        source=practice("a redirect leads to the same request, spelled otherwise"),
        app=ABOUT,
        when={"trailing_slash": ("307", "308", "301", "302")},
        steps=[get("/about/?a=1&b=%2F")],
        expect=[header("Location", matches=r"(.+:\d+)?/about\?a=1&b=%2F")],
        faults=("slash-redirect-drops-query",),
    ),
    Check(
        id="paths/invalid-octets-nowhere",
        title="A path that no route has, and that cannot be read, is no failure of the server's",
        source=practice("what a client sends never is the server's failure"),
        app=ABOUT,
        steps=[
            get("/%FF", name="octet"),
            get("/%zz", name="letters"),
            get("/%", name="end"),
            get("/%ED%A0%80", name="surrogate"),
        ],
        expect=[
            status(404, 400, of="octet"),
            status(404, 400, of="letters"),
            status(404, 400, of="end"),
            status(404, 400, of="surrogate"),
        ],
        faults=("invalid-utf-8-crashes", "malformed-percent-crashes"),
    ),
    Check(
        id="paths/long",
        title="A path is found in a request line of 8000 octets",
        source=rfc(
            9112,
            "3",
            "It is RECOMMENDED that all HTTP senders and recipients support, at a minimum, "
            "request-line lengths of 8000 octets.",
        ),
        level=SHOULD,
        app=ITEM,
        steps=[Send(raw(f"GET /items/{LONG}")), Read()],
        expect=[echoes(route="item", params={"name": LONG})],
        faults=("short-request-lines",),
    ),
    Check(
        id="paths/many-segments",
        title="A path of 3000 segments is a path that no route has",
        source=practice("how deep a path is says the client, so nothing may go as deep for it"),
        app=ITEM,
        steps=[get("/items" + "/a" * 3000)],
        expect=[status(404, 400, 414)],
        faults=("segments-recurse",),
    ),
    Check(
        id="paths/many-slashes",
        title="A path of 1200 slashes is no failure of the server's",
        source=practice("how deep a path is says the client, so nothing may go as deep for it"),
        app=ITEM,
        steps=[get("/" * 1200)],
        expect=[not_status(500, 501, 502, 503, 504)],
        faults=("segments-recurse",),
    ),
    Check(
        id="paths/hundreds-of-routes",
        title="Of 250 routes the first, one in the middle and the last are found",
        source=practice("what a route table is for"),
        app=MANY,
        steps=[
            get("/things/0", name="first"),
            get(f"/things/{LITERALS // 2}", name="middle"),
            get(f"/things{PARAMS - 1}/one", name="last"),
            get(f"/things/{LITERALS}", name="none"),
        ],
        expect=[
            echoes(of="first", route="l0"),
            echoes(of="middle", route=f"l{LITERALS // 2}"),
            echoes(of="last", route=f"p{PARAMS - 1}", params={"name": "one"}),
            status(404, of="none"),
        ],
        faults=("forgets-routes-beyond-a-hundred", "first-route-only"),
    ),
    Check(
        id="paths/no-endless-match",
        title="A path that almost matches is given up at once, not after all ways to divide it",
        source=practice("a regular expression that tries them all takes longer than anybody waits"),
        app=ITEM,
        steps=[get("/items/" + "a" * 64 + "/b", name="almost"), get("/items/one", name="next")],
        expect=[
            status(404, of="almost"),
            echoes(of="next", route="item", params={"name": "one"}),
        ],
        faults=("params-match-without-end",),
    ),
    Check(
        id="paths/deep-dead-ends",
        title="A search that follows literals to the end comes back for a param at the beginning",
        source=practice("a path that some route matches is found"),
        app=DEAD_ENDS,
        steps=[
            get("/a" * (DEPTH + 1) + "/end0", name="first"),
            get("/a" * (DEPTH + 1) + f"/end{DEPTH - 1}", name="last"),
            get("/a" * (DEPTH + 1) + "/end", name="none"),
        ],
        expect=[
            echoes(of="first", route="r0", params={"name": "a"}),
            echoes(of="last", route=f"r{DEPTH - 1}", params={"name": "a"}),
            status(404, of="none"),
        ],
        faults=("never-backtracks", "first-route-only"),
    ),
]

CHECKS: list[Check] = PATHS
