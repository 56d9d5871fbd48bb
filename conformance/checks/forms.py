"""Forms that are urlencoded, and forms of any kind that are none or too large.

Owns the category forms without the checks of multipart bodies.
"""

from __future__ import annotations

from ..check import MAY, Check, Source, practice, rfc
from ..expect import (
    ByDialect,
    by_dialect,
    echoes,
    either,
    interim,
    not_status,
    saw_field,
    status,
    well_framed,
)
from ..spec import ReadBody, Route, app
from ..steps import Ask, Read, Send, get, raw
from .arrivals import parts
from .body_limits import TOO_MUCH
from .request_bodies import URLENCODED

PARSER = Source("WHATWG URL", "5.1", "The application/x-www-form-urlencoded parser")
CLIENTS_FAULT = rfc(
    9110,
    "15.5",
    "The 4xx (Client Error) class of status code indicates that the client seems to have erred.",
)

READER = app(Route("form", "POST", "/", ReadBody("form")), Route("root", "GET", "/"))
LIMITED = app(Route("form", "POST", "/", ReadBody("form")), body_limit=1000)

SERVES = (not_status(500, 501, 502, 503, 504), well_framed())
MANY = tuple((f"field{number}", f"value{number}") for number in range(400))
TYPES = {
    "charset": "application/x-www-form-urlencoded; charset=utf-8",
    "case": "Application/X-WWW-Form-Urlencoded;Charset=UTF-8",
}


def refused_form(of: str = "1") -> ByDialect:
    """What answers a body that is no form."""
    return by_dialect("invalid_form", **{"400": status(400, of=of), "500": status(500, of=of)})


def _form(body: bytes) -> Ask:
    return Ask("POST", "/", (URLENCODED,), body)


CHECKS: list[Check] = [
    Check(
        id="forms/pairs",
        title="A handler gets the fields of an urlencoded form",
        source=PARSER,
        app=READER,
        steps=[_form(b"name=Ada&born=1815&x=y")],
        expect=[
            echoes(route="form"),
            saw_field("name", "Ada"),
            saw_field("born", "1815"),
            saw_field("x", "y"),
        ],
        faults=("no-forms", "last-field-only"),
    ),
    Check(
        id="forms/repeated-names-in-order",
        title="The values of a repeated field all arrive, in their order",
        source=PARSER,
        app=READER,
        steps=[_form(b"tag=one&x=y&tag=two&tag=three")],
        expect=[saw_field("tag", "one", "two", "three"), saw_field("x", "y")],
        faults=("keeps-last-query-value",),
    ),
    Check(
        id="forms/plus-and-percent",
        title="A plus is a space, %2B a plus, and encoded delimiters are data",
        source=PARSER,
        app=READER,
        steps=[_form(b"a=one+two%2Bthree&b=x%26y%3Dz&c%3Dd+e=f")],
        expect=[
            saw_field("a", "one two+three"),
            saw_field("b", "x&y=z"),
            saw_field("c=d e", "f"),
        ],
        faults=("plus-in-query-stays", "decodes-query-before-splitting"),
    ),
    Check(
        id="forms/decoded-once",
        title="A field is decoded once: %2541 becomes %41",
        source=PARSER,
        app=READER,
        steps=[_form(b"a=%2541&b=%252B")],
        expect=[saw_field("a", "%41"), saw_field("b", "%2B")],
        faults=("decodes-twice",),
    ),
    Check(
        id="forms/utf-8",
        title="Names and values are read as UTF-8",
        source=PARSER,
        app=READER,
        steps=[_form(b"name=J%C3%BCrgen+%E2%82%AC&%C3%BC=%F0%9D%84%9E")],
        expect=[saw_field("name", "Jürgen €"), saw_field("ü", "𝄞")],
        faults=("query-is-raw", "forms-are-latin-1"),
    ),
    Check(
        id="forms/first-equals-sign-separates",
        title="The first = ends the name of a field; further ones belong to its value",
        source=PARSER,
        app=READER,
        steps=[_form(b"a=b=c==&d=/?;x")],
        expect=[saw_field("a", "b=c=="), saw_field("d", "/?;x")],
        faults=("splits-at-every-equals-sign", "semicolon-separates-pairs"),
    ),
    Check(
        id="forms/blank-values",
        title="A field with a blank value is kept or dropped as declared",
        source=practice("most keep it; to others it is as if nothing had been entered"),
        app=READER,
        steps=[_form(b"a=&b=1&c")],
        expect=[
            by_dialect(
                "blank_form_values",
                kept=[saw_field("a", ""), saw_field("b", "1"), saw_field("c", "")],
                dropped=[saw_field("a"), saw_field("b", "1"), saw_field("c")],
            )
        ],
        faults=("drops-blank-values",),
    ),
    Check(
        id="forms/empty",
        title="An empty form has no fields, and neither have ampersands alone",
        source=PARSER,
        app=READER,
        steps=[
            Send(raw("POST /", ": ".join(URLENCODED), "Content-Length: 0"), on="empty"),
            Read(on="empty"),
            Send(raw("POST /", ": ".join(URLENCODED), "Content-Length: 3", body=b"&&&"), on="none"),
            Read(on="none"),
        ],
        expect=[
            echoes(of="empty", route="form", form=[]),
            echoes(of="none", route="form", form=[]),
        ],
        faults=("empty-form-crashes", "empty-pieces-are-fields"),
    ),
    Check(
        id="forms/content-type-with-parameters",
        title="The type of a form is known in any case and with parameters",
        source=rfc(9110, "8.3.1", "The type and subtype tokens are case-insensitive."),
        app=READER,
        steps=[
            Ask("POST", "/", (("Content-Type", kind),), b"a=1", name=name)
            for name, kind in TYPES.items()
        ],
        expect=[saw_field("a", "1", of=name) for name in TYPES],
        faults=("form-type-to-the-letter",),
    ),
    Check(
        id="forms/cut-within-an-escape",
        title="A form that is cut within an escape and within a name is the same form",
        source=practice("TCP carries a stream of octets; where it cuts them means nothing"),
        app=READER,
        steps=[
            *parts(
                raw(
                    "POST /",
                    ": ".join(URLENCODED),
                    "Transfer-Encoding: chunked",
                    body=b"3\r\na=%\r\n",
                ),
                b"4\r\nC3%B\r\n",
                b"4\r\nC&lo\r\n",
                b"5\r\nng=+x\r\n0\r\n\r\n",
            ),
            Read(),
        ],
        expect=[saw_field("a", "ü"), saw_field("long", " x")],
        faults=("last-body-chunk-wins", "body-is-one-segment"),
    ),
    Check(
        id="forms/malformed-escapes",
        title="Malformed escapes, and octets not in UTF-8, are refused or read, and fail nothing",
        source=CLIENTS_FAULT,
        app=READER,
        steps=[_form(b"a=%zz&b=100%&c=%E4%FF&d=\xe4\xff&e=1"), get("/", name="next")],
        expect=[either([*SERVES], refused_form()), echoes(of="next", route="root")],
        faults=("malformed-percent-crashes", "invalid-utf-8-crashes"),
    ),
    Check(
        id="forms/many-fields",
        title="Four hundred fields all arrive",
        source=practice("all common frameworks take a thousand"),
        app=READER,
        steps=[_form(b"&".join(f"{name}={value}".encode() for name, value in MANY))],
        expect=[saw_field(name, value) for name, value in MANY],
        faults=("few-fields",),
    ),
    Check(
        id="forms/beyond-limit",
        title="The limit of a body holds for a form",
        source=rfc(
            9110,
            "15.5.14",
            "the server is refusing to process a request because the request content is larger "
            "than the server is willing or able to process",
        ),
        app=LIMITED,
        steps=[_form(b"a=" + b"x" * 3000)],
        expect=[TOO_MUCH],
        faults=("no-body-limit", "no-limit-of-forms"),
    ),
    *(
        Check(
            id=f"forms/{kind}-limit-before-it-is-sent",
            title=f"A client that asks before it sends {words} that is too large is refused "
            "instead of being told to send it",
            # The other answer that the section allows is a 100.
            level=MAY,
            source=rfc(
                9110,
                "10.1.1",
                "an immediate response with a final status code, if that status can be determined "
                "by examining just the method, target URI, and header fields",
            ),
            app=LIMITED,
            steps=[
                Send(
                    raw(
                        "POST /",
                        f"Content-Type: {content_type}",
                        "Expect: 100-continue",
                        f"Content-Length: {len(form)}",
                    )
                ),
                Read(interim=True),
                Send(form),
                Read(),
            ],
            expect=[TOO_MUCH, interim()],
            faults=("continues-whatever-is-announced",),
        )
        for kind, words, content_type, form in (
            ("urlencoded", "a form", "application/x-www-form-urlencoded", b"a=" + b"x" * 3000),
            (
                "multipart",
                "a multipart form",
                "multipart/form-data; boundary=limit",
                b'--limit\r\nContent-Disposition: form-data; name="a"\r\n\r\n%b\r\n--limit--\r\n'
                % (b"x" * 3000),
            ),
        )
    ),
    Check(
        id="forms/no-form",
        title="A body of another type, read as a form, is refused or empty as declared",
        source=practice(
            "RFC 9110 §15.5.16 has 415 for it; aiohttp, Sanic and Starlette give a form without "
            "fields"
        ),
        app=READER,
        steps=[
            Ask("POST", "/", (("Content-Type", "text/plain"),), b"a=1&b=2", name="text"),
            Ask("POST", "/", (("Content-Type", "application/json"),), b'{"a": 1}', name="json"),
            get("/", name="next"),
        ],
        expect=[
            *(
                by_dialect(
                    "form_of_other_type",
                    refused=status(400, 415, of=name),
                    empty=echoes(of=name, route="form", form=[]),
                )
                for name in ("text", "json")
            ),
            echoes(of="next", route="root"),
        ],
        faults=("no-form-crashes", "any-body-is-a-form"),
    ),
]
