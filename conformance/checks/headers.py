"""What of the header fields of a request its handler sees.

Owns the header checks of the category request. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

from ..check import SHOULD, Check, practice, rfc
from ..expect import (
    by_dialect,
    echoes,
    either,
    not_status,
    saw_header,
    status,
    well_framed,
)
from ..steps import Ask, Read, Send, get, raw
from .request_bodies import READER, reads

CASE_OF_NAMES = rfc(9110, "5.1", "Field names are case-insensitive")
NO_OWS = rfc(
    9112,
    "5.1",
    "The field line value does not include that leading or trailing whitespace",
)
OPAQUE = rfc(
    9110,
    "5.5",
    "A recipient SHOULD treat other allowed octets in field content (i.e., obs-text) as opaque "
    "data.",
)
NAMES_APART = rfc(9110, "5.1", "A field name labels the corresponding field value")

FIELDS = tuple((f"X-Field-{number}", f"value {number}") for number in range(60))
EVERY_CHARACTER = "!#$%&'*+-.^_`|~0189AZaz"
NEXT = "GET / HTTP/1.1\r\nHost: @HOST@\r\nX-Request-Id: @ID@.b\r\nConnection: close\r\n\r\n"


def _opaque(octets: bytes) -> tuple[str, str]:
    """What octets may look like to a handler that is told all of them: decoded as latin-1, or as
    UTF-8 with a place for octets that are none."""
    return octets.decode("latin-1"), octets.decode("utf-8", "surrogateescape")


CHECKS: list[Check] = [
    Check(
        id="request/header-values",
        title="A header value reaches the handler as it was sent",
        source=practice("what a header is for"),
        steps=[get("/", ("X-Probe", 'Text; With="some, CASE"; and=a:b: c'))],
        expect=[saw_header("X-Probe", 'Text; With="some, CASE"; and=a:b: c')],
        faults=("splits-header-at-last-colon", "lowers-header-values"),
    ),
    Check(
        id="request/header-whitespace-around",
        title="Whitespace around a header value is no part of it",
        source=NO_OWS,
        steps=[
            Send(raw("GET /", "X-None:value", "X-Spaces:    value   ", "X-Tabs:\t\tvalue\t \t")),
            Read(),
        ],
        expect=[
            saw_header("X-None", "value"),
            saw_header("X-Spaces", "value"),
            saw_header("X-Tabs", "value"),
        ],
        faults=("keeps-header-whitespace",),
    ),
    Check(
        id="request/header-whitespace-inside",
        title="Whitespace inside a header value is kept",
        source=rfc(
            9112,
            "5.1",
            "OWS occurring before the first non-whitespace octet of the field line value, or after "
            "the last non-whitespace octet of the field line value, is excluded by parsers",
        ),
        steps=[Send(raw("GET /", "X-Probe: a  b \tc")), Read()],
        expect=[saw_header("X-Probe", "a  b \tc")],
        faults=("collapses-header-whitespace",),
    ),
    Check(
        id="request/header-empty-value",
        title="A header with an empty value is a header",
        source=rfc(9110, "5.5", "field-value    = *field-content"),
        steps=[Send(raw("GET /", "X-Empty:", "X-Blank:  ", "X-Next: value")), Read()],
        expect=[
            saw_header("X-Empty", ""),
            saw_header("X-Blank", ""),
            saw_header("X-Next", "value"),
        ],
        faults=("drops-empty-headers",),
    ),
    Check(
        id="request/header-repeated",
        title="Of a repeated header the handler sees what is declared, in the order of its lines",
        source=rfc(
            9110,
            "5.3",
            "The order in which field lines with the same name are received is therefore "
            "significant to the interpretation of the field value",
        ),
        steps=[Send(raw("GET /", "X-Probe: one", "X-Other: x", "x-probe: two")), Read()],
        expect=[
            by_dialect(
                "repeated_header",
                all=saw_header("X-Probe", "one", "two"),
                first=saw_header("X-Probe", "one"),
                last=saw_header("X-Probe", "two"),
                joined=saw_header("X-Probe", "one", "two", joined=True),
            ),
            saw_header("X-Other", "x"),
        ],
        faults=("keeps-last-header", "reverses-repeated-headers"),
    ),
    Check(
        id="request/header-names-in-any-case",
        title="What frames a body is found in whatever case its name is written",
        source=CASE_OF_NAMES,
        app=READER,
        steps=[
            Send(raw("POST /", "cOnTeNt-LENGTH: 5", body=b"hello"), on="length"),
            Read(on="length"),
            Send(
                raw("POST /", "TRANSFER-encoding: chunked", body=b"5\r\nhello\r\n0\r\n\r\n"),
                on="chunked",
            ),
            Read(on="chunked"),
        ],
        expect=[reads(b"hello", of="length"), reads(b"hello", of="chunked")],
        faults=("header-names-have-case",),
    ),
    Check(
        id="request/header-many",
        title="Sixty headers all reach the handler",
        source=practice("all common servers take a hundred"),
        steps=[Ask(headers=FIELDS)],
        expect=[saw_header(name, value) for name, value in FIELDS],
        faults=("few-headers",),
    ),
    Check(
        id="request/header-long",
        title="A header value of 4000 octets reaches the handler",
        source=practice("all common servers take 8000 octets"),
        steps=[get("/", ("X-Long", "0123456789" * 400))],
        expect=[saw_header("X-Long", "0123456789" * 400)],
        faults=("cuts-long-headers",),
    ),
    Check(
        id="request/header-beyond-ascii",
        title="A header value with octets beyond ASCII is no failure of the server's",
        source=practice(
            "octets that RFC 9110 §5.5 allows: served or refused, but nothing that fails"
        ),
        steps=[
            Send(raw("GET /", "X-Probe: caf\xe9 \xc3\xbc \xff")),
            Read(),
        ],
        expect=[not_status(500, 501, 502, 503, 504), well_framed()],
        faults=("header-beyond-ascii-crashes",),
    ),
    Check(
        id="request/cookie-header",
        title="The Cookie header reaches the handler with all its pairs, untouched",
        source=rfc(6265, "4.2.1", 'cookie-string = cookie-pair *( ";" SP cookie-pair )'),
        steps=[get("/", ("Cookie", 'a=1; b="two"; c=%3B; d=x=y; a=2'))],
        expect=[saw_header("Cookie", 'a=1; b="two"; c=%3B; d=x=y; a=2')],
        faults=("decodes-header-values", "splits-cookies"),
    ),
    Check(
        id="request/header-octets-are-kept",
        title="The octets of a header value beyond ASCII reach the handler, decoded one way or "
        "the other",
        level=SHOULD,
        source=OPAQUE,
        steps=[
            Send(raw("GET /", "X-Latin: caf\xe9!", "X-Utf: Gr\xc3\xbc\xc3\x9fe!")),
            Read(),
        ],
        expect=[
            either(
                *(
                    [saw_header("X-Latin", latin), saw_header("X-Utf", utf)]
                    for latin in _opaque(b"caf\xe9!")
                    for utf in _opaque("Grüße!".encode())
                )
            )
        ],
        faults=("drops-octets-beyond-ascii", "header-beyond-ascii-crashes"),
    ),
    Check(
        id="request/header-octets-as-declared",
        title="A header value in UTF-8 is decoded as declared",
        level=SHOULD,  # as above: a server may refuse it
        source=practice(
            "RFC 9110 §5.5 names no charset beyond ASCII: aiohttp and Sanic decode as UTF-8, "
            "ASGI frameworks as latin-1"
        ),
        steps=[Send(raw("GET /", "X-Probe: Gr\xc3\xbc\xc3\x9fe!")), Read()],
        expect=[
            by_dialect(
                "header_octets",
                **{
                    "latin-1": saw_header("X-Probe", "Gr\xc3\xbc\xc3\x9fe!"),
                    "utf-8": saw_header("X-Probe", "Grüße!"),
                },
            )
        ],
        faults=("header-values-are-utf-8", "drops-octets-beyond-ascii"),
    ),
    Check(
        id="request/header-whitespace-is-ascii",
        title="What Unicode calls whitespace is part of a header value: only SP and HTAB are not",
        source=rfc(9110, "5.6.3", "OWS            = *( SP / HTAB )"),
        steps=[Send(raw("GET /", "X-Probe: \x85\xa0value\xa0\x85")), Read()],
        expect=[
            either(
                *(saw_header("X-Probe", text) for text in _opaque(b"\x85\xa0value\xa0\x85")),
                status(400),
            )
        ],
        faults=("strips-whitespace-of-unicode",),
    ),
    Check(
        id="request/header-names-of-every-character",
        title="A field name may have every character of a token",
        source=rfc(9110, "5.1", "field-name     = token"),
        steps=[Send(raw("GET /", f"{EVERY_CHARACTER}: value", "X-Probe: beside")), Read()],
        expect=[saw_header(EVERY_CHARACTER, "value"), saw_header("X-Probe", "beside")],
        faults=("header-names-are-words",),
    ),
    Check(
        id="request/header-of-one-character",
        title="A name of one character and a value of one are a header",
        source=rfc(9110, "5.6.2", "token          = 1*tchar"),
        steps=[Send(raw("GET /", "x:y", "X-Comma: ,", "X-Colon: :")), Read()],
        expect=[
            saw_header("x", "y"),
            saw_header("X-Comma", ","),
            saw_header("X-Colon", ":"),
        ],
        faults=("splits-header-at-last-colon", "splits-headers-at-commas"),
    ),
    Check(
        id="request/header-underscore-is-no-hyphen",
        title="A header with an underscore in its name is not taken for the one with a hyphen",
        source=NAMES_APART,
        steps=[Send(raw("GET /", "X_Probe: forged", "X-Probe: own")), Read()],
        expect=[
            saw_header("X-Probe", "own"),
            either(saw_header("X_Probe", "forged"), saw_header("X_Probe")),
        ],
        faults=("underscore-is-hyphen",),
    ),
    Check(
        id="request/header-names-are-whole",
        title="A header is not found by a part of its name",
        source=NAMES_APART,
        steps=[
            Send(raw("GET /", "X-Prob: 1", "X-Probe: 2", "X-Probe-: 3", "Y-X-Probe: 4")),
            Read(),
        ],
        expect=[
            saw_header("X-Prob", "1"),
            saw_header("X-Probe", "2"),
            saw_header("X-Probe-", "3"),
            saw_header("Y-X-Probe", "4"),
        ],
        faults=("header-names-end-at-hyphen",),
    ),
    Check(
        id="request/header-like-content-length",
        title="What is named nearly as Content-Length does not say where a body ends",
        source=NAMES_APART,
        app=READER,
        steps=[
            Send(
                raw(
                    "POST /",
                    "Content_Length: 3",
                    "Content-Lengths: 2",
                    "X-Content-Length: 1",
                    "Content-Length: 5",
                    "Content-Length-: 4",
                    body=b"hello" + NEXT.encode(),
                )
            ),
            Read(2),
        ],
        expect=[reads(b"hello"), echoes(index=1, route="root")],
        faults=("underscore-is-hyphen", "framing-by-end-of-name"),
    ),
    Check(
        id="request/header-like-transfer-encoding",
        title="What is named nearly as Transfer-Encoding does not make a body chunked",
        source=NAMES_APART,
        app=READER,
        steps=[
            Send(
                raw(
                    "POST /",
                    "Transfer_Encoding: chunked",
                    "X-Transfer-Encoding: chunked",
                    "Content-Length: 5",
                    body=b"0\r\n\r\n" + NEXT.encode(),
                )
            ),
            Read(2),
        ],
        expect=[reads(b"0\r\n\r\n"), echoes(index=1, route="root")],
        faults=("underscore-is-hyphen", "framing-by-end-of-name"),
    ),
    Check(
        id="request/header-with-commas",
        title="A header value with commas is one value",
        source=practice("which headers are lists, only their own definitions say"),
        steps=[Send(raw("GET /", 'X-Probe: Mon, 1 Jan, "a,b",,')), Read()],
        expect=[saw_header("X-Probe", 'Mon, 1 Jan, "a,b",,')],
        faults=("splits-headers-at-commas",),
    ),
    Check(
        id="request/header-of-its-request",
        title="A request has none of the headers of the one before it on its connection",
        source=rfc(9110, "3.3", "HTTP is defined as a stateless protocol"),
        steps=[
            Send(raw("GET /", "X-Probe: one", "X-Only-First: yes")),
            Read(),
            Send(NEXT.replace("Connection: close", "X-Probe: two").encode()),
            Read(),
        ],
        expect=[
            saw_header("X-Only-First", "yes"),
            saw_header("X-Probe", "two", index=1),
            saw_header("X-Only-First", index=1),
        ],
        faults=("headers-are-kept",),
    ),
    Check(
        id="request/header-lines-of-one-name",
        title="Thirty lines of one header all count, in their order, or as declared",
        source=rfc(
            9110,
            "5.3",
            "The order in which field lines with the same name are received is therefore "
            "significant to the interpretation of the field value",
        ),
        steps=[Send(raw("GET /", *(f"X-Probe: {number}" for number in range(30)))), Read()],
        expect=[
            by_dialect(
                "repeated_header",
                all=saw_header("X-Probe", *map(str, range(30))),
                first=saw_header("X-Probe", "0"),
                last=saw_header("X-Probe", "29"),
                joined=saw_header("X-Probe", *map(str, range(30)), joined=True),
            )
        ],
        faults=("keeps-last-header", "reverses-repeated-headers", "few-headers-of-a-name"),
    ),
]
