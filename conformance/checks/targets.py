"""The forms of a target, and those that are none: what of them is the path.

Owns the category targets. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

from ..check import SHOULD, Check, practice, rfc
from ..expect import (
    answers,
    connection_ended,
    echoes,
    either,
    header,
    never_happened,
    no_header,
    not_2xx,
    status,
)
from ..spec import Route, app
from ..steps import Read, Send, get, raw
from .routing import ITEM

ABSOLUTE = rfc(
    9112,
    "3.2.2",
    "A server MUST accept the absolute-form in requests even though most HTTP/1.1 clients will "
    "only send the absolute-form to a proxy.",
)
INVALID_LINE = rfc(
    9112,
    "3.2",
    "Recipients of an invalid request-line SHOULD respond with either a 400 (Bad Request) error "
    "or a 301 (Moved Permanently) redirect with the request-target properly encoded.",
)

ABOUT_AND_ROOT = app(Route("root", "GET", "/"), Route("about", "GET", "/about"))

TARGETS = [
    Check(
        id="targets/absolute-form-without-path",
        title="A target in absolute form without a path is that of the root, or refused",
        source=rfc(
            9110,
            "4.2.3",
            "When not being used as the target of an OPTIONS request, an empty path component is "
            'equivalent to an absolute path of "/"',
        ),
        app=ABOUT_AND_ROOT,
        steps=[
            Send(raw("GET http://@HOST@"), on="bare"),
            Read(on="bare"),
            Send(raw("GET http://@HOST@?a=1"), on="query"),
            Read(on="query"),
        ],
        expect=[
            # Clients send the slash; who insists on it has the client to blame.
            either(echoes(of="bare", route="root", query=[]), status(400, 404, of="bare")),
            either(
                echoes(of="query", route="root", query=[["a", "1"]]), status(400, 404, of="query")
            ),
        ],
        faults=("absolute-form-without-path-crashes",),
    ),
    Check(
        id="targets/absolute-form-of-another-host",
        title="Of a target in absolute form the authority is no part of the path",
        source=ABSOLUTE,
        app=ITEM,
        steps=[Send(raw("GET http://other.example:8080/items/one?a=1")), Read()],
        expect=[
            # Who looks at the authority may say that it is not theirs (RFC 9110 §7.4).
            either(
                echoes(route="item", params={"name": "one"}, query=[["a", "1"]]),
                status(421, 400),
            )
        ],
        faults=("absolute-form-is-a-path",),
    ),
    Check(
        id="targets/scheme-in-any-case",
        title="The scheme of a target in absolute form is known in any case",
        source=rfc(9110, "4.2.3", "The scheme and host are case-insensitive"),
        app=ITEM,
        steps=[Send(raw("GET HTTP://@HOST@/items/one")), Read()],
        expect=[echoes(route="item", params={"name": "one"})],
        faults=("schemes-have-case", "refuses-absolute-form"),
    ),
    Check(
        id="targets/url-inside",
        title="A URL in the query, or behind the first slash, does not make a target absolute",
        source=practice("a target that begins with a slash is in origin-form"),
        app=app(Route("root", "GET", "/"), Route("secret", "GET", "/secret"), *ITEM.routes),
        steps=[
            get("/?next=http://other.example/secret", name="query"),
            get("/http://other.example/secret", name="path"),
        ],
        expect=[
            echoes(of="query", route="root", query=[["next", "http://other.example/secret"]]),
            status(404, of="path"),
            never_happened("enter secret"),
        ],
        faults=("finds-urls-in-targets",),
    ),
    Check(
        id="targets/two-slashes-name-no-host",
        title="What follows two slashes at the beginning of a path is no host, and stays in it",
        source=rfc(
            9112,
            "3.3",
            "Otherwise, the target URI's combined path and query component is the request-target.",
        ),
        app=ABOUT_AND_ROOT,
        steps=[Send(raw("GET //other.example/about")), Read()],
        expect=[
            either(
                status(404, 400),
                # A redirect that begins with two slashes would lead to that host.
                [status(301, 302, 307, 308), header("Location", matches=r"(?!//other).*")],
            ),
            never_happened("enter about"),
        ],
        faults=("two-slashes-name-a-host",),
    ),
    Check(
        id="targets/asterisk-is-for-options",
        title="An asterisk is a target of OPTIONS only, and no path",
        source=rfc(
            9112,
            "3.2.4",
            'The "asterisk-form" of request-target is only used for a server-wide OPTIONS request',
        ),
        level=SHOULD,
        app=app(Route("root", "GET", "/"), Route("any", "GET", "/{name}")),
        steps=[Send(raw("GET *")), Read()],
        expect=[either(not_2xx(), [answers(0), connection_ended()]), never_happened("enter")],
        faults=("asterisk-is-root",),
    ),
    Check(
        id="targets/options-of-the-server-allow-something",
        title="An answer to OPTIONS * does not say that there are no methods",
        level=SHOULD,
        source=rfc(
            9110,
            "10.2.1",
            "An empty Allow field value indicates that the resource allows no methods",
        ),
        steps=[Send(raw("OPTIONS *")), Read(to="OPTIONS")],
        expect=[either(not_2xx(), no_header("Allow"), header("Allow", matches=r".*\w.*"))],
        any_server=True,
        faults=("asterisk-allows-nothing",),
    ),
    Check(
        id="targets/path-without-slash",
        title="A target that does not begin with a slash, and is no URL, is refused",
        source=INVALID_LINE,
        level=SHOULD,
        app=ABOUT_AND_ROOT,
        steps=[Send(raw("GET about")), Read()],
        expect=[
            either(status(400, 301, 404), [answers(0), connection_ended()]),
            never_happened("enter"),
        ],
        faults=("adds-leading-slash",),
    ),
    Check(
        id="targets/fragment-is-no-part",
        title="A fragment, which no client may send, is refused or dropped, never taken for data",
        source=INVALID_LINE,
        level=SHOULD,
        app=ITEM,
        steps=[
            Send(raw("GET /items/one#two?a=b"), on="path"),
            Read(on="path"),
            Send(raw("GET /items/one?a=b#c=d&e=f"), on="query"),
            Read(on="query"),
        ],
        expect=[
            either(
                status(400, 301, 404, of="path"),
                [answers(0, of="path"), connection_ended(of="path")],
                echoes(of="path", route="item", params={"name": "one"}, query=[]),
            ),
            either(
                status(400, 301, 404, of="query"),
                [answers(0, of="query"), connection_ended(of="query")],
                echoes(of="query", route="item", params={"name": "one"}, query=[["a", "b"]]),
            ),
        ],
        faults=("fragment-is-data",),
    ),
]

CHECKS: list[Check] = TARGETS
