"""What a handler sees of the path of its request: the params, each a whole segment.

Owns the category params, with `param_octets`. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

from ..check import SHOULD, Check, practice, rfc
from ..expect import (
    by_dialect,
    echoes,
    header,
    never_happened,
    not_2xx,
    status,
)
from ..spec import Route, app
from ..steps import Ask, Read, Send, get, raw
from .routing import ITEM, OPAQUE

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
        id="params/own-names",
        title="Routes of one shape and different methods each have the names of their own params",
        source=practice("the names of a route are its own"),
        app=app(
            Route("read", "GET", "/things/{name}"),
            Route("write", "PUT", "/things/{key}"),
            Route("part", "GET", "/things/{owner}/parts"),
        ),
        steps=[
            get("/things/one", name="read"),
            Ask("PUT", "/things/two", name="write"),
            get("/things/three/parts", name="part"),
        ],
        expect=[
            echoes(of="read", route="read", params={"name": "one"}),
            echoes(of="write", route="write", params={"key": "two"}),
            echoes(of="part", route="part", params={"owner": "three"}),
        ],
        faults=("param-names-of-first-route", "first-route-only"),
    ),
    Check(
        id="params/overlapping-routes",
        title="Of routes that overlap each gets the paths that it alone matches",
        source=practice("a path that some route matches is found"),
        app=app(
            Route("list", "GET", "/{kind}/list"),
            Route("user", "GET", "/users/{name}"),
            Route("other", "GET", "/{kind}/{name}/{part}"),
            Route("deep", "GET", "/users/{name}/all"),
        ),
        steps=[
            get("/posts/list", name="list"),
            get("/users/ann", name="user"),
            get("/users/ann/some", name="other"),
            get("/posts/all/all", name="back"),
            get("/posts/ann", name="none"),
        ],
        expect=[
            echoes(of="list", route="list", params={"kind": "posts"}),
            echoes(of="user", route="user", params={"name": "ann"}),
            echoes(
                of="other", route="other", params={"kind": "users", "name": "ann", "part": "some"}
            ),
            echoes(
                of="back", route="other", params={"kind": "posts", "name": "all", "part": "all"}
            ),
            status(404, of="none"),
        ],
        faults=("never-backtracks", "first-route-only"),
    ),
    Check(
        id="params/twenty",
        title="Twenty params of a path each get their own segment",
        source=practice("a param has the value of its own place"),
        app=app(Route("many", "GET", "".join(f"/{{p{place}}}" for place in range(20)))),
        steps=[
            get("".join(f"/v{place}" for place in range(20))),
            get("".join(f"/v{place}" for place in range(19)), name="fewer"),
        ],
        expect=[
            echoes(route="many", params={f"p{place}": f"v{place}" for place in range(20)}),
            status(404, of="fewer"),
        ],
        faults=("params-in-reverse", "nine-params"),
    ),
    Check(
        id="params/names-of-the-language",
        title="A param may be called as things of the language or the framework are",
        source=practice("what a param may be called is no matter of how a handler is called"),
        level=SHOULD,
        app=app(Route("odd", "GET", "/{self}/{class}/{path}/{args}")),
        steps=[get("/a/b/c/d")],
        expect=[
            echoes(route="odd", params={"self": "a", "class": "b", "path": "c", "args": "d"}),
        ],
        faults=("params-are-arguments",),
    ),
    Check(
        id="params/trailing-slash",
        title="A slash behind a param is no part of it",
        source=practice("a param is one whole segment, and never takes in a slash"),
        app=ITEM,
        steps=[get("/items/one/")],
        expect=[
            by_dialect(
                "trailing_slash",
                same=echoes(route="item", params={"name": "one"}),
                **{"404": status(404)},
                **{
                    code: [status(int(code)), header("Location", matches=r"(.+:\d+)?/items/one")]
                    for code in ("307", "308", "301", "302")
                },
            )
        ],
        faults=("params-span-segments", "matches-prefix"),
    ),
]

CHECKS: list[Check] = PARAMS
