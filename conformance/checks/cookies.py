"""The cookies of a request, as the framework parses them for a handler.

Owns the category cookies. Whatever another site on the domain has set comes with every request, so
a pair that is none takes no other with it, and none is a failure of the server's.
"""

from __future__ import annotations

from ..check import SHOULD, Check, practice, rfc
from ..expect import by_dialect, echoes, either, not_status, saw_cookie, well_framed
from ..spec import ReadCookies, Route, app
from ..steps import Read, Send, get, raw

COOKIE_STRING = rfc(6265, "4.2.1", 'cookie-string = cookie-pair *( ";" SP cookie-pair )')
OCTETS = rfc(6265, "4.1.1", "cookie-octet      = %x21 / %x23-2B / %x2D-3A / %x3C-5B / %x5D-7E")
LENIENT = practice("a malformed pair is another site's doing and takes no other with it")

READER = app(Route("cookies", "GET", "/", ReadCookies()))

NAME = "!#$%&'*+-.^_`|~09AZaz"
VALUE = "!#$&'()*+-./09:<=>?@AZ[]^_`az{|}~%"
MANY = tuple((f"cookie{number}", f"value{number}") for number in range(150))
SERVES = (not_status(500, 501, 502, 503, 504), well_framed())


def _of(value: str) -> tuple[Send, Read]:
    """A request with this Cookie field."""
    return Send(raw("GET /", f"Cookie: {value}")), Read()


CHECKS: list[Check] = [
    Check(
        id="cookies/pairs",
        title="A handler gets the cookies of a request by their names",
        source=COOKIE_STRING,
        app=READER,
        steps=[get("/", ("Cookie", "session=abc123; theme=dark; x=1"))],
        expect=[
            echoes(route="cookies"),
            saw_cookie("session", "abc123"),
            saw_cookie("theme", "dark"),
            saw_cookie("x", "1"),
        ],
        faults=("first-cookie-only",),
    ),
    Check(
        id="cookies/none",
        title="A request without Cookie, and one whose Cookie is empty, have no cookies",
        source=practice("most requests have none"),
        app=READER,
        steps=[
            Send(raw("GET /"), on="none"),
            Read(on="none"),
            Send(raw("GET /", "Cookie:"), on="empty"),
            Read(on="empty"),
        ],
        expect=[echoes(of="none", cookies=[]), echoes(of="empty", cookies=[])],
        faults=("no-cookies-crashes", "empty-cookie-is-one"),
    ),
    Check(
        id="cookies/first-equals-sign-separates",
        title="The first = ends the name of a cookie; further ones belong to its value",
        source=OCTETS,
        app=READER,
        steps=[get("/", ("Cookie", "a=b=c==; d==; e=f"))],
        expect=[saw_cookie("a", "b=c=="), saw_cookie("d", "="), saw_cookie("e", "f")],
        faults=("splits-cookies-at-every-equals-sign",),
    ),
    Check(
        id="cookies/every-octet",
        title="Names of every character of a token and values of every cookie-octet arrive as sent",
        source=OCTETS,
        app=READER,
        steps=[Send(raw("GET /", f"Cookie: {NAME}={VALUE}; b=2")), Read()],
        expect=[saw_cookie(NAME, VALUE), saw_cookie("b", "2")],
        faults=("cookies-are-words",),
    ),
    Check(
        id="cookies/percent-separates-nothing",
        title="An encoded semicolon is decoded or left as it is, and ends no cookie",
        source=practice("what is encoded is data"),
        app=READER,
        steps=[get("/", ("Cookie", "a=1%3B%20b=2; c=3"))],
        expect=[
            either(saw_cookie("a", "1%3B%20b=2"), saw_cookie("a", "1; b=2")),
            saw_cookie("b"),
            saw_cookie("c", "3"),
        ],
        faults=("decodes-cookies-before-splitting",),
    ),
    Check(
        id="cookies/quoted",
        title="A value in quotes comes with or without them, and takes no other cookie with it",
        source=rfc(
            6265,
            "4.1.1",
            "cookie-value      = *cookie-octet / ( DQUOTE *cookie-octet DQUOTE )",
        ),
        app=READER,
        steps=[get("/", ("Cookie", 'a="one"; b=two; c=""; d=three'))],
        expect=[
            either(saw_cookie("a", "one"), saw_cookie("a", '"one"')),
            saw_cookie("b", "two"),
            either(saw_cookie("c", ""), saw_cookie("c", '""')),
            saw_cookie("d", "three"),
        ],
        faults=("quotes-end-cookies",),
    ),
    Check(
        id="cookies/unbalanced-quote",
        title="A quote that nothing closes does not hide the cookies behind it",
        source=LENIENT,
        app=READER,
        steps=[*_of('a="one; b=two; c=th"ree; d=4')],
        expect=[*SERVES, saw_cookie("b", "two"), saw_cookie("d", "4")],
        faults=("quotes-end-cookies", "quotes-span-cookies"),
    ),
    Check(
        id="cookies/semicolon-within-quotes",
        title="A semicolon separates cookies within quotes, too",
        level=SHOULD,
        source=OCTETS,
        app=READER,
        steps=[*_of('a="one; b=two; c=three"; d=4')],
        expect=[*SERVES, saw_cookie("b", "two"), saw_cookie("d", "4")],
        faults=("quotes-end-cookies", "quotes-span-cookies"),
    ),
    Check(
        id="cookies/empty-value",
        title="A cookie with an empty value is a cookie",
        source=rfc(
            6265,
            "4.1.1",
            "cookie-value      = *cookie-octet / ( DQUOTE *cookie-octet DQUOTE )",
        ),
        app=READER,
        steps=[*_of("a=; b=2; c=")],
        expect=[saw_cookie("a", ""), saw_cookie("b", "2"), saw_cookie("c", "")],
        faults=("drops-empty-cookies",),
    ),
    Check(
        id="cookies/bad-pairs",
        title="Cookies beside malformed pairs arrive",
        source=LENIENT,
        app=READER,
        steps=[*_of("a=1; nonsense; b=2; =nameless; c=3; ; ;; d=4;")],
        expect=[*SERVES, *(saw_cookie(name, str(at)) for at, name in enumerate("abcd", 1))],
        faults=("bad-pair-ends-cookies", "bad-pair-crashes"),
    ),
    Check(
        id="cookies/bad-names",
        title="Cookies beside those whose names are no tokens arrive",
        source=LENIENT,
        app=READER,
        steps=[*_of("a=1; list[]=x; b=2; with space=x; c=3; at@home:8=x; {}=x; d=4")],
        expect=[*SERVES, *(saw_cookie(name, str(at)) for at, name in enumerate("abcd", 1))],
        faults=("bad-pair-ends-cookies", "bad-pair-crashes"),
    ),
    Check(
        id="cookies/named-like-attributes",
        title="Cookies with the names of attributes are cookies",
        source=COOKIE_STRING,
        app=READER,
        steps=[*_of("a=1; path=/x; expires=2; domain=3; secure=4; max-age=5; b=6")],
        expect=[
            saw_cookie("a", "1"),
            saw_cookie("path", "/x"),
            saw_cookie("expires", "2"),
            saw_cookie("domain", "3"),
            saw_cookie("secure", "4"),
            saw_cookie("max-age", "5"),
            saw_cookie("b", "6"),
        ],
        faults=("cookies-have-attributes",),
    ),
    Check(
        id="cookies/whitespace-around",
        title="Cookies are separated by a semicolon, whatever whitespace is around it",
        source=practice("clients and proxies write it with one space, with none and with several"),
        app=READER,
        steps=[*_of("a=1;b=2;  c=3 ;\td=4  ;e = 5")],
        expect=[
            saw_cookie("a", "1"),
            saw_cookie("b", "2"),
            saw_cookie("c", "3"),
            saw_cookie("d", "4"),
            saw_cookie("e", "5"),
        ],
        faults=("splits-cookies-at-semicolon-and-space",),
    ),
    Check(
        id="cookies/comma-separates-nothing",
        title="A comma does not begin another cookie",
        level=SHOULD,
        source=COOKIE_STRING,
        app=READER,
        steps=[*_of("a=1,b=2; c=3, d=4; e=5")],
        expect=[
            *SERVES,
            saw_cookie("b"),
            saw_cookie("d"),
            saw_cookie("e", "5"),
        ],
        faults=("commas-separate-cookies",),
    ),
    Check(
        id="cookies/names-have-case",
        title="Names of cookies that differ in case are different names",
        source=practice("names of cookies are compared octet by octet"),
        app=READER,
        steps=[*_of("Name=1; name=2; NAME=3")],
        expect=[saw_cookie("Name", "1"), saw_cookie("name", "2"), saw_cookie("NAME", "3")],
        faults=("cookie-names-without-case",),
    ),
    Check(
        id="cookies/repeated-name",
        title="Of cookies of one name a handler sees what is declared",
        source=practice("the first, the last, or all; each framework has one"),
        app=READER,
        steps=[*_of("a=1; b=x; a=2; a=3")],
        expect=[
            by_dialect(
                "repeated_cookie",
                first=saw_cookie("a", "1"),
                last=saw_cookie("a", "3"),
                all=saw_cookie("a", "1", "2", "3"),
            ),
            saw_cookie("b", "x"),
        ],
        faults=("last-cookie-wins",),
    ),
    Check(
        id="cookies/several-fields",
        title="Of several Cookie fields a handler sees all, or as declared",
        source=practice(
            "RFC 6265 §5.4 has clients send one; HTTP/2 splits it, and some proxies pass that on"
        ),
        app=READER,
        steps=[Send(raw("GET /", "Cookie: a=1; b=2", "X-Between: x", "cookie: c=3")), Read()],
        expect=[
            echoes(route="cookies"),
            by_dialect(
                "several_cookie_fields",
                all=[saw_cookie("a", "1"), saw_cookie("b", "2"), saw_cookie("c", "3")],
                first=[saw_cookie("a", "1"), saw_cookie("b", "2"), saw_cookie("c")],
                last=[saw_cookie("a"), saw_cookie("b"), saw_cookie("c", "3")],
            ),
        ],
        faults=("cookies-of-last-field",),
    ),
    Check(
        id="cookies/beyond-ascii",
        title="Cookies beside those with octets beyond ASCII arrive",
        source=LENIENT,
        app=READER,
        steps=[*_of("a=1; latin=caf\xe9; b=2; utf=\xc3\xbc; c=3; n\xf6=x; d=4")],
        expect=[*SERVES, *(saw_cookie(name, str(at)) for at, name in enumerate("abcd", 1))],
        faults=("header-beyond-ascii-crashes", "bad-pair-ends-cookies"),
    ),
    Check(
        id="cookies/many",
        title="A hundred and fifty cookies all arrive",
        source=practice(
            "RFC 6265 §6.1 has clients keep at least 50 of a domain, and its parents add theirs"
        ),
        app=READER,
        steps=[*_of("; ".join(f"{name}={value}" for name, value in MANY))],
        expect=[saw_cookie(name, value) for name, value in MANY],
        faults=("few-cookies",),
    ),
    Check(
        id="cookies/long-value",
        title="A cookie of 4000 octets arrives whole",
        source=practice("RFC 6265 §6.1 has clients keep cookies of at least 4096 octets"),
        app=READER,
        steps=[*_of(f"a=1; long={'0123456789' * 400}; b=2")],
        expect=[saw_cookie("long", "0123456789" * 400), saw_cookie("b", "2")],
        faults=("cuts-long-headers",),
    ),
]
