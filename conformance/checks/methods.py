"""Which route a method reaches, and what answers methods that a path, or nobody, has.

Owns the category methods. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

from ..check import MAY, SHOULD, Check, practice, rfc
from ..expect import (
    ByDialect,
    answers,
    body,
    by_dialect,
    connection_ended,
    echoes,
    either,
    happened,
    header,
    never_happened,
    never_sent,
    not_2xx,
    not_started,
    status,
)
from ..spec import Route, app
from ..steps import Ask, Read, Send, get, raw
from .routing import ABOUT, ALLOW, NOT_FOUND

NOT_IMPLEMENTED = rfc(
    9110,
    "9.1",
    "An origin server that receives a request method that is unrecognized or not implemented "
    "SHOULD respond with the 501 (Not Implemented) status code.",
)
HEAD_BESIDE_GET = app(Route("head", "HEAD", "/about"), Route("about", "GET", "/about"))
ME = app(Route("me", "GET", "/users/me"), Route("remove", "DELETE", "/users/{name}"))
FIVE = ("GET", "POST", "PUT", "PATCH", "DELETE")
THING = app(*(Route(method.lower(), method, "/thing") for method in FIVE))


def _allow(*methods: str) -> ByDialect:
    """Allow lists these, which have GET among them, and what the dialect adds."""
    return by_dialect(
        "allow_lists",
        nothing=header("Allow", members=methods),
        head=header("Allow", members=(*methods, "HEAD")),
        options=header("Allow", members=(*methods, "OPTIONS")),
        **{"head+options": header("Allow", members=(*methods, "HEAD", "OPTIONS"))},
    )


METHODS = [
    Check(
        id="methods/five-on-a-path",
        title="Each of five methods of a path reaches its own route, and Allow lists them all",
        source=ALLOW,
        app=THING,
        when={"wrong_method": ("405",)},
        steps=[
            *(Ask(method, "/thing", name=method.lower()) for method in FIVE),
            Ask("PROPFIND", "/thing", name="wrong"),
        ],
        expect=[
            *(echoes(of=one.lower(), route=one.lower(), method=one) for one in FIVE),
            status(405, of="wrong"),
            by_dialect(
                "allow_lists",
                nothing=header("Allow", members=FIVE, of="wrong"),
                head=header("Allow", members=(*FIVE, "HEAD"), of="wrong"),
                options=header("Allow", members=(*FIVE, "OPTIONS"), of="wrong"),
                **{"head+options": header("Allow", members=(*FIVE, "HEAD", "OPTIONS"), of="wrong")},
            ),
        ],
        faults=("allow-of-first-route", "405-without-allow", "first-route-only"),
    ),
    Check(
        id="methods/literal-without-the-method",
        title="A literal path without the method does not hide the param route that has it",
        source=practice("a request that some route has the path and the method of is answered"),
        level=SHOULD,
        app=ME,
        steps=[Ask("DELETE", "/users/me"), get("/users/me", name="literal")],
        expect=[
            echoes(route="remove", params={"name": "me"}),
            echoes(of="literal", route="me", params={}),
        ],
        faults=("literal-hides-methods", "first-route-only"),
    ),
    Check(
        id="methods/allow-of-literal-and-param",
        title="Allow lists a method of a param route for a literal path when it is answered there",
        source=ALLOW,
        app=ME,
        when={"wrong_method": ("405",)},
        steps=[Ask("PUT", "/users/me"), Ask("DELETE", "/users/me", name="delete")],
        expect=[
            status(405),
            either(
                [echoes(of="delete", route="remove"), _allow("GET", "DELETE")],
                [status(405, of="delete"), _allow("GET")],
            ),
        ],
        faults=("allow-of-first-route",),
    ),
    Check(
        id="methods/unknown-path-is-404",
        title="A path that no route has is answered with 404 whatever the method",
        source=NOT_FOUND,
        app=app(Route("about", "GET", "/about"), Route("makes", "POST", "/things")),
        steps=[
            Ask("POST", "/nowhere", name="post"),
            Ask("DELETE", "/nowhere", name="delete"),
            Ask("HEAD", "/nowhere", name="head"),
        ],
        expect=[status(404, of="post"), status(404, of="delete"), status(404, of="head")],
        faults=("unknown-path-is-405", "unknown-path-is-400"),
    ),
    Check(
        id="methods/head-of-its-own",
        title="A HEAD route is preferred to the GET route of its path",
        source=practice("GET stands in for HEAD only where there is no HEAD route"),
        app=HEAD_BESIDE_GET,
        steps=[Ask("HEAD", "/about", name="head"), get("/about", name="get")],
        expect=[
            status(200, of="head"),
            body(b"", of="head"),
            echoes(of="get", route="about", method="GET"),
            never_happened("enter about", request="head"),
        ],
        faults=("head-prefers-get", "first-route-only"),
    ),
    Check(
        id="methods/head-route-behind-get",
        title="A HEAD route behind a GET route of its path has HEAD, or not, as declared",
        source=practice(
            "the more special one, or the order of registration; each framework has one"
        ),
        app=app(Route("about", "GET", "/about"), Route("head", "HEAD", "/about")),
        when={"head_of_get": ("yes",)},
        steps=[Ask("HEAD", "/about")],
        expect=[
            status(200),
            by_dialect(
                "head_route",
                same_path=[happened("enter head"), never_happened("enter about")],
                all=[happened("enter head"), never_happened("enter about")],
                later=[happened("enter about"), never_happened("enter head")],
            ),
        ],
        faults=("head-prefers-get",),
    ),
    Check(
        id="methods/head-brings-no-get",
        title="A HEAD route does not answer GET",
        source=ALLOW,
        app=app(Route("head", "HEAD", "/about")),
        when={"wrong_method": ("405",)},
        steps=[Ask("HEAD", "/about", name="head"), get("/about")],
        expect=[
            status(200, of="head"),
            status(405),
            by_dialect(
                "allow_lists",
                nothing=header("Allow", members=("HEAD",)),
                head=header("Allow", members=("HEAD",)),
                options=header("Allow", members=("HEAD", "OPTIONS")),
                **{"head+options": header("Allow", members=("HEAD", "OPTIONS"))},
            ),
        ],
        faults=("head-brings-get", "405-without-allow"),
    ),
    Check(
        id="methods/head-of-post",
        title="HEAD of a path that has no GET route is a wrong method, and its answer is empty",
        source=practice("HEAD goes where GET goes, and nowhere else"),
        app=app(Route("makes", "POST", "/things")),
        steps=[Ask("HEAD", "/things")],
        expect=[not_2xx(), body(b""), never_happened("enter makes")],
        faults=("ignores-method",),
    ),
    Check(
        id="methods/options-of-its-own",
        title="An OPTIONS route answers OPTIONS, not the framework",
        source=practice("what is registered goes before what is generated"),
        app=app(Route("about", "GET", "/about"), Route("options", "OPTIONS", "/about")),
        steps=[Ask("OPTIONS", "/about"), get("/about", name="get")],
        expect=[echoes(route="options", method="OPTIONS"), echoes(of="get", route="about")],
        faults=("answers-options-itself", "first-route-only"),
    ),
    Check(
        id="methods/beyond-the-usual",
        title="A registered method of a later standard reaches its route",
        source=rfc(
            9110,
            "9.1",
            "Additional methods, outside the scope of this specification, have been specified for "
            "use in HTTP.",
        ),
        level=MAY,
        app=app(Route("properties", "PROPFIND", "/about"), Route("about", "GET", "/about")),
        steps=[Ask("PROPFIND", "/about"), get("/about", name="get")],
        expect=[echoes(route="properties", method="PROPFIND"), echoes(of="get", route="about")],
        faults=("usual-methods-only",),
    ),
    Check(
        id="methods/unregistered",
        title="A method that no standard knows reaches its route, or is refused, as declared",
        source=practice("any token, those of a list, or a few; each framework has one"),
        app=app(Route("brew", "BREW", "/about"), Route("about", "GET", "/about")),
        steps=[Send(raw("BREW /about")), Read()],
        expect=[
            by_dialect(
                "known_methods",
                any=echoes(route="brew", method="BREW"),
                registered=[status(400, 405, 501), never_happened("enter brew")],
                usual=not_started(),
            )
        ],
        faults=("usual-methods-only",),
    ),
    Check(
        id="methods/whole-name",
        title="A method that begins or ends as a known one is another",
        source=practice("a method is a token, and two tokens are the same or not"),
        app=ABOUT,
        steps=[
            Send(raw("GETS /about"), on="longer"),
            Read(on="longer"),
            Send(raw("GE /about"), on="shorter"),
            Read(on="shorter"),
        ],
        expect=[
            status(501, 405, 404, 400, of="longer"),
            status(501, 405, 404, 400, of="shorter"),
            never_happened("enter about"),
        ],
        faults=("methods-by-prefix", "ignores-method"),
    ),
    Check(
        id="methods/name-of-an-attribute",
        title="A method with the name of something inside the server is an unknown one",
        source=NOT_IMPLEMENTED,
        level=SHOULD,
        app=ABOUT,
        steps=[
            Send(raw("FIND /about"), on="attribute"),
            Read(on="attribute"),
            Send(raw("__INIT__ /about"), on="python"),
            Read(on="python"),
            Send(raw("CONSTRUCTOR /about"), on="javascript"),
            Read(on="javascript"),
        ],
        expect=[
            status(501, 405, 404, 400, of="attribute"),
            status(501, 405, 404, 400, of="python"),
            status(501, 405, 404, 400, of="javascript"),
            never_happened("enter about"),
        ],
        faults=("methods-are-attributes", "ignores-method"),
    ),
    Check(
        id="methods/very-long",
        title="A method of 4000 letters is refused, and is no failure of the server's",
        source=rfc(
            9112,
            "3",
            "A server that receives a method longer than any that it implements SHOULD respond "
            "with a 501 (Not Implemented) status code.",
        ),
        level=SHOULD,
        app=ABOUT,
        steps=[
            Send(raw("A" * 4000 + " /about"), on="long"),
            Read(on="long"),
            get("/about", name="next"),
        ],
        expect=[
            # Those who limit a line or a head have statuses for that, or may close.
            either(
                status(501, 405, 404, 400, 414, 431, of="long"),
                [answers(0, of="long"), connection_ended(of="long")],
            ),
            never_happened("enter about", request=""),
            echoes(of="next", route="about"),
        ],
        faults=("long-methods-crash", "ignores-method"),
    ),
    Check(
        id="methods/override-header",
        title="A header does not change the method, unless the application has it so",
        source=practice(
            "who lets clients override the method goes round what proxies allow by method"
        ),
        app=app(Route("makes", "POST", "/things"), Route("removes", "DELETE", "/things")),
        steps=[
            Ask("POST", "/things", (("X-HTTP-Method-Override", "DELETE"),)),
            Ask("POST", "/things?_method=DELETE", name="query"),
        ],
        expect=[
            echoes(route="makes", method="POST"),
            echoes(of="query", route="makes", method="POST"),
            never_happened("enter removes"),
        ],
        faults=("method-override",),
    ),
    Check(
        id="methods/trace-keeps-secrets",
        title="TRACE does not send back the credentials of a request",
        source=rfc(
            9110,
            "9.3.8",
            "The final recipient of the request SHOULD exclude any request fields that are likely "
            "to contain sensitive data",
        ),
        level=SHOULD,
        any_server=True,
        steps=[
            Send(raw("TRACE /", "Authorization: Basic b3Blbg==", "Cookie: session=s3same")),
            Read(to="TRACE"),
        ],
        expect=[never_sent(b"b3Blbg=="), never_sent(b"s3same")],
        faults=("answers-trace",),
    ),
    Check(
        id="methods/connect",
        title="CONNECT opens no tunnel and reaches no handler",
        source=practice(
            "RFC 9110 §9.3.6 lets an origin server accept CONNECT; a framework that nobody told "
            "to be a proxy is none, and says that the request is bad, its target or method not "
            "there, or that it does not do that"
        ),
        level=SHOULD,
        steps=[Send(raw("CONNECT other.example:443")), Read(to="CONNECT")],
        expect=[
            either(status(400, 403, 404, 405, 421, 501), [answers(0), connection_ended()]),
            never_happened("enter"),
        ],
        faults=("accepts-connect",),
    ),
]

CHECKS: list[Check] = METHODS
