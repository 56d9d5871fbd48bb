"""Which handler a request reaches, and what answers those that reach none.

Owns the category routing. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..check import SHOULD, Check, practice, rfc
from ..expect import (
    Expectation,
    body,
    by_dialect,
    echoes,
    happened,
    header,
    never_happened,
    not_2xx,
    not_started,
    status,
)
from ..spec import Route, app
from ..steps import Ask, Read, Send, get, raw

NOT_FOUND = rfc(
    9110,
    "15.5.5",
    "The 404 (Not Found) status code indicates that the origin server did not find a current "
    "representation for the target resource or is not willing to disclose that one exists.",
)
ALLOW = rfc(
    9110,
    "15.5.6",
    "The origin server MUST generate an Allow header field in a 405 response containing a list of "
    "the target resource's currently supported methods.",
)
OPAQUE = rfc(
    3986,
    "3.3",
    "Aside from dot-segments in hierarchical paths, a path segment is considered opaque by the "
    "generic syntax.",
)

ABOUT = app(Route("about", "GET", "/about"))
ITEM = app(Route("item", "GET", "/items/{name}"))


TRAILING_SLASH: dict[str, Sequence[Expectation]] = {
    "404": [status(404)],
    "same": [echoes(route="about")],
    **{
        code: [status(int(code)), header("Location", matches=r"(.+:\d+)?/about")]
        for code in ("307", "308", "301", "302")
    },
}

ROUTING = [
    Check(
        id="routing/every-route-is-considered",
        title="A route is found wherever in the table it stands",
        source=practice("what a route table is for"),
        app=app(
            Route("first", "GET", "/first"),
            Route("second", "POST", "/second"),
            Route("third", "GET", "/third"),
        ),
        steps=[
            get("/first", name="first"),
            Ask("POST", "/second", name="second"),
            get("/third", name="third"),
        ],
        expect=[
            echoes(of="first", route="first"),
            echoes(of="second", route="second"),
            echoes(of="third", route="third"),
        ],
        faults=("first-route-only",),
    ),
    Check(
        id="routing/method-chooses-among-routes",
        title="Routes with one path and several methods are told apart by the method",
        source=practice("a route is a method and a path"),
        app=app(
            Route("reads", "GET", "/thing"),
            Route("makes", "POST", "/thing"),
            Route("removes", "DELETE", "/thing"),
        ),
        steps=[
            Ask("DELETE", "/thing", name="removes"),
            Ask("POST", "/thing", name="makes"),
            Ask("GET", "/thing", name="reads"),
        ],
        expect=[
            echoes(of="removes", route="removes", method="DELETE"),
            echoes(of="makes", route="makes", method="POST"),
            echoes(of="reads", route="reads", method="GET"),
        ],
        faults=("first-route-only",),
    ),
    Check(
        id="routing/unknown-path-is-404",
        title="A path that no route has is answered with 404",
        source=NOT_FOUND,
        app=ABOUT,
        steps=[get("/nowhere"), get("/", name="root"), get("/a/b/c/d", name="deep")],
        expect=[status(404), status(404, of="root"), status(404, of="deep")],
        faults=("unknown-path-is-400", "falls-back-to-first-route"),
    ),
    Check(
        id="routing/whole-path-matches",
        title="A route matches whole paths, not their beginnings or ends",
        source=practice("a route names a path, not a family of them"),
        app=ABOUT,
        steps=[
            get("/about", name="whole"),
            get("/aboutus", name="longer"),
            get("/about/us", name="deeper"),
            get("/all/about", name="end"),
            get("/abou", name="shorter"),
        ],
        expect=[
            echoes(of="whole", route="about"),
            status(404, of="longer"),
            status(404, of="deeper"),
            status(404, of="end"),
            status(404, of="shorter"),
        ],
        faults=("matches-prefix",),
    ),
    Check(
        id="routing/dot-is-a-dot",
        title="A dot in the path of a route stands for a dot, not for any character",
        source=practice("literal text in the path of a route is literal"),
        app=app(Route("version", "GET", "/v1.0/status")),
        steps=[get("/v1.0/status", name="same"), get("/v1x0/status", name="other")],
        expect=[echoes(of="same", route="version"), status(404, of="other")],
        faults=("path-is-regex",),
    ),
    Check(
        id="routing/plus-is-a-plus",
        title="A plus in the path of a route stands for a plus, not for a repetition or a space",
        source=practice("literal text in the path of a route is literal"),
        level=SHOULD,
        app=app(Route("sum", "GET", "/a+b")),
        steps=[get("/a+b", name="same"), get("/aab", name="repeated")],
        expect=[echoes(of="same", route="sum"), status(404, of="repeated")],
        faults=("path-is-regex",),
    ),
    Check(
        id="routing/paths-are-case-sensitive",
        title="Paths that differ in case are different paths",
        source=rfc(
            3986,
            "6.2.2.1",
            "The other generic syntax components are assumed to be case-sensitive unless "
            "specifically defined otherwise by the scheme",
        ),
        level=SHOULD,
        app=ABOUT,
        steps=[get("/About"), get("/about", name="same")],
        expect=[status(404), echoes(of="same", route="about")],
        faults=("ignores-case-of-path",),
    ),
    Check(
        id="routing/query-takes-no-part",
        title="The query takes no part in finding the route",
        source=rfc(
            3986,
            "3.3",
            'The path is terminated by the first question mark ("?") or number sign ("#") '
            "character, or by the end of the URI.",
        ),
        app=app(Route("about", "GET", "/about"), Route("other", "GET", "/other")),
        steps=[
            get("/about?next=/other", name="slash"),
            get("/about?", name="empty"),
            get("/about?a?b", name="two"),
        ],
        expect=[
            echoes(of="slash", route="about", path="/about"),
            echoes(of="empty", route="about", path="/about"),
            echoes(of="two", route="about", path="/about"),
        ],
        faults=("query-is-part-of-path",),
    ),
    Check(
        id="routing/semicolon-is-part-of-the-path",
        title="What follows a semicolon in a path is not cut off",
        source=OPAQUE,
        app=ABOUT,
        steps=[get("/about;v=1")],
        expect=[status(404), never_happened("enter about")],
        faults=("cuts-path-at-semicolon",),
    ),
    Check(
        id="routing/dot-segments-reach-nothing-else",
        title="`..` in a path does not lead to the handler of another path",
        source=practice(
            "all eight frameworks that were measured: dot segments are the client's to remove"
        ),
        app=app(Route("public", "GET", "/public/{name}"), Route("secret", "GET", "/secret")),
        steps=[Send(raw("GET /public/../secret")), Read()],
        expect=[status(404, 400, 301, 302, 307, 308), never_happened("enter secret")],
        faults=("normalises-dot-segments",),
    ),
    Check(
        id="routing/literal-before-param",
        title="A literal route that is registered first wins over a param route",
        source=practice("literals first and registration order agree here"),
        app=app(
            Route("me", "GET", "/users/me"),
            Route("user", "GET", "/users/{name}"),
        ),
        steps=[get("/users/me", name="literal"), get("/users/you", name="param")],
        expect=[
            echoes(of="literal", route="me", params={}),
            echoes(of="param", route="user", params={"name": "you"}),
        ],
        faults=("first-route-only", "last-route-wins"),
    ),
    Check(
        id="routing/precedence",
        title="A param route and a later literal one are tried in the declared order",
        source=practice("literals first, or the order of registration; each framework has one"),
        app=app(
            Route("user", "GET", "/users/{name}"),
            Route("me", "GET", "/users/me"),
        ),
        steps=[get("/users/me", name="literal"), get("/users/you", name="param")],
        expect=[
            by_dialect(
                "precedence",
                literal=echoes(of="literal", route="me", params={}),
                prefix=echoes(of="literal", route="me", params={}),
                registration=echoes(of="literal", route="user", params={"name": "me"}),
            ),
            echoes(of="param", route="user", params={"name": "you"}),
        ],
        faults=("registration-order", "last-route-wins"),
    ),
    Check(
        id="routing/comes-back-from-a-dead-end",
        title="A literal that leads nowhere does not hide the param route beside it",
        source=practice("a path that some route matches is found"),
        app=app(
            Route("new", "GET", "/users/new/form"),
            Route("posts", "GET", "/users/{name}/posts"),
        ),
        steps=[get("/users/new/posts"), get("/users/new/form", name="literal")],
        expect=[
            echoes(route="posts", params={"name": "new"}),
            echoes(of="literal", route="new"),
        ],
        faults=("never-backtracks", "first-route-only"),
    ),
    Check(
        id="routing/duplicate-route",
        title="Of two routes for the same requests, the declared one answers",
        source=practice("refused, the first, or the last; each framework has one"),
        app=app(Route("first", "GET", "/same"), Route("last", "GET", "/same")),
        steps=[get("/same")],
        expect=[
            by_dialect(
                "duplicate_route",
                refused=not_started(),
                first=echoes(route="first"),
                last=echoes(route="last"),
                refused_next_to_it=not_started(),
            )
        ],
        faults=("last-route-wins",),
    ),
    Check(
        id="routing/wrong-method-is-never-2xx",
        title="A method that the path does not have reaches no handler",
        source=practice("all eight frameworks that were measured"),
        app=app(Route("about", "GET", "/about"), Route("other", "POST", "/other")),
        steps=[Ask("DELETE", "/about"), Ask("POST", "/about", name="post")],
        expect=[
            not_2xx(),
            not_2xx(of="post"),
            never_happened("enter about"),
            never_happened("enter other"),
        ],
        faults=("ignores-method",),
    ),
    Check(
        id="routing/wrong-method",
        title="A method that the path does not have is answered with 405, or as declared",
        source=rfc(
            9110,
            "15.5.6",
            "The 405 (Method Not Allowed) status code indicates that the method received in the "
            "request-line is known by the origin server but not supported by the target resource.",
        ),
        app=ABOUT,
        steps=[Ask("DELETE", "/about")],
        expect=[
            by_dialect(
                "wrong_method",
                **{"405": status(405), "404": status(404), "400": status(400)},
            )
        ],
        faults=("wrong-method-is-400", "ignores-method"),
    ),
    Check(
        id="routing/405-has-allow",
        title="A 405 says in Allow what the path supports",
        source=ALLOW,
        app=ABOUT,
        when={"wrong_method": ("405",)},
        steps=[Ask("DELETE", "/about")],
        expect=[
            status(405),
            by_dialect(
                "allow_lists",
                nothing=header("Allow", members=("GET",)),
                head=header("Allow", members=("GET", "HEAD")),
                options=header("Allow", members=("GET", "OPTIONS")),
                **{"head+options": header("Allow", members=("GET", "HEAD", "OPTIONS"))},
            ),
        ],
        faults=("405-without-allow",),
    ),
    Check(
        id="routing/allow-lists-every-method",
        title="Allow lists the methods of all routes that match the path",
        source=ALLOW,
        app=app(
            Route("read", "GET", "/things/{name}"),
            Route("write", "PUT", "/things/{name}"),
            Route("other", "PATCH", "/others/{name}"),
        ),
        when={"wrong_method": ("405",)},
        steps=[Ask("DELETE", "/things/one")],
        expect=[
            status(405),
            by_dialect(
                "allow_lists",
                nothing=header("Allow", members=("GET", "PUT")),
                head=header("Allow", members=("GET", "PUT", "HEAD")),
                options=header("Allow", members=("GET", "PUT", "OPTIONS")),
                **{"head+options": header("Allow", members=("GET", "PUT", "HEAD", "OPTIONS"))},
            ),
        ],
        faults=("405-without-allow", "allow-of-first-route"),
    ),
    Check(
        id="routing/head-of-get",
        title="HEAD reaches a GET route, or does not, as declared; its answer has no content",
        source=rfc(
            9110,
            "9.3.2",
            "The HEAD method is identical to GET except that the server MUST NOT send content in "
            "the response.",
        ),
        app=ABOUT,
        steps=[Ask("HEAD", "/about")],
        expect=[
            body(b""),
            by_dialect(
                "head_of_get",
                yes=[status(200), happened("enter about")],
                no=[status(405, 404, 400, 501), never_happened("enter about")],
            ),
        ],
        faults=("head-is-not-get",),
    ),
    Check(
        id="routing/options-of-get",
        title="OPTIONS of a path that has only GET is answered as declared",
        source=practice("405, 404, or an answer of the framework's own; each framework has one"),
        app=ABOUT,
        steps=[Ask("OPTIONS", "/about")],
        expect=[
            by_dialect(
                "options_of_get",
                **{
                    "405": status(405),
                    "404": status(404),
                    "400": status(400),
                    "200": status(200),
                    "204": status(204),
                },
            ),
            never_happened("enter about"),
        ],
        faults=("ignores-method", "wrong-method-is-400"),
    ),
    Check(
        id="routing/methods-are-case-sensitive",
        title="`get` is not GET",
        source=rfc(
            9110,
            "9.1",
            "The method token is case-sensitive because it might be used as a gateway to "
            "object-based systems with case-sensitive method names.",
        ),
        app=ABOUT,
        steps=[Send(raw("get /about")), Read()],
        expect=[not_2xx(), never_happened("enter about")],
        faults=("ignores-case-of-method", "ignores-method"),
    ),
    Check(
        id="routing/unknown-method",
        title="A method that nobody knows reaches no handler and is no failure of the server's",
        source=practice(
            "RFC 9110 §9.1 would have 501; 405, 404 and 400 as well say that the client is to "
            "blame, and only a route for the method may reach a handler"
        ),
        app=ABOUT,
        steps=[Send(raw("BREW /about")), Read()],
        expect=[status(501, 405, 404, 400), never_happened("enter about")],
        faults=("ignores-method",),
    ),
    Check(
        id="routing/trailing-slash",
        title="A path with a slash too many is treated as declared",
        source=practice("not found, taken for the path, or redirected; each framework has one"),
        app=ABOUT,
        steps=[get("/about/")],
        expect=[
            by_dialect("trailing_slash", **TRAILING_SLASH),
        ],
        faults=("matches-prefix",),
    ),
    Check(
        id="routing/double-slash",
        title="Two slashes where one is registered are treated as declared",
        source=practice("not found, taken for one, or redirected; each framework has one"),
        app=app(Route("inner", "GET", "/outer/inner")),
        steps=[get("/outer//inner")],
        expect=[
            by_dialect(
                "double_slash",
                same=echoes(route="inner"),
                redirect=status(301, 302, 307, 308),
                **{"404": status(404)},
            )
        ],
        faults=("collapses-slashes",),
    ),
    Check(
        id="routing/encoded-literal",
        title="An encoded letter is the letter, where that is declared",
        source=rfc(
            3986,
            "2.3",
            "URIs that differ in the replacement of an unreserved character with its "
            "corresponding percent-encoded US-ASCII octet are equivalent",
        ),
        app=ABOUT,
        steps=[get("/%61bout")],
        expect=[by_dialect("encoded_literal", yes=echoes(route="about"), no=status(404))],
        faults=("matches-raw-path",),
    ),
    Check(
        id="routing/encoded-delimiter",
        title="An encoded delimiter is the delimiter of a literal, or is not, as declared",
        source=rfc(
            3986,
            "2.2",
            "URIs that differ in the replacement of a reserved character with its corresponding "
            "percent-encoded octet are not equivalent.",
        ),
        level=SHOULD,
        app=app(Route("mail", "GET", "/a@b")),
        steps=[get("/a%40b")],
        expect=[by_dialect("encoded_delimiter", yes=echoes(route="mail"), no=status(404))],
        faults=("decodes-before-matching",),
    ),
    Check(
        id="routing/absolute-form",
        title="A target in absolute form reaches the route of its path",
        source=rfc(
            9112,
            "3.2.2",
            "A server MUST accept the absolute-form in requests even though most HTTP/1.1 clients "
            "will only send the absolute-form to a proxy.",
        ),
        app=ITEM,
        steps=[Send(raw("GET http://@HOST@/items/one?a=1")), Read()],
        expect=[echoes(route="item", params={"name": "one"}, query=[["a", "1"]])],
        faults=("refuses-absolute-form",),
    ),
]


CHECKS: list[Check] = ROUTING
