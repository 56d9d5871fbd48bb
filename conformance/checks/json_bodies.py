"""Bodies that a handler reads as JSON: what is JSON, and what becomes of what is none.

Owns the category json, and the two checks of JSON in the category request. What decoders disagree
about may be taken or refused; that it fails a request in any other way is a failure.
"""

from __future__ import annotations

from ..check import MUST, SHOULD, Check, Source, practice, rfc
from ..expect import ByDialect, by_dialect, echoes, either, not_2xx, status, well_framed
from ..steps import Ask, get
from .request_bodies import JSON, READER

ANY_JSON = rfc(8259, "9", "A JSON parser MUST accept all texts that conform to the JSON grammar.")


def _left_open(section: str) -> Source:
    """For what the standard leaves to decoders; that it is one of the two is ours to ask."""
    return practice(f"RFC 8259 §{section} leaves it open: taken, or refused like what is no JSON")


def _refused(of: str = "1") -> ByDialect:
    return by_dialect("invalid_json", **{"400": status(400, of=of), "500": status(500, of=of)})


REFUSED = _refused()
TAKEN = echoes(route="json")
DEEP = b"[" * 100_000 + b"]" * 100_000

CHARSETS = ("no-such", "utf-16", "idna", "%00")
TYPES = {
    "lower": "application/json; charset=utf-8",
    "quoted": 'Application/JSON;Charset="UTF-8"',
    "other": "application/json ; other=x",
}
VALUES = {
    "null": b"null",
    "false": b"false",
    "zero": b"0",
    "number": b"-1.5e+3",
    "empty": b'""',
    "string": b'"text"',
}

DISPUTED = {
    "nan": ("NaN and Infinity", b"[NaN, Infinity, -Infinity]", _left_open("9")),
    "repeated-name": (
        "A name that an object has twice",
        b'{"a": 1, "a": 2}',
        _left_open("4"),
    ),
    "huge-number": (
        "A number of 5000 digits",
        b"[%b, 1e999999]" % (b"9" * 5000),
        _left_open("9"),
    ),
    "byte-order-mark": (
        "A byte order mark",
        b'\xef\xbb\xbf{"a": 1}',
        _left_open("8.1"),
    ),
    "lone-surrogate": (
        "An escaped surrogate without its other half",
        b'["\\ud800", "\\udc00\\ud800"]',
        rfc(8259, "8.2", "the ABNF in this specification allows member names and string values"),
    ),
}
"""What a decoder may take or refuse."""

NO_JSON = {
    "octets-behind": (
        "A value with something behind it",
        b'{"a": 1} {"a": 2}',
        rfc(8259, "2", "JSON-text = ws value ws"),
    ),
    "invalid-utf-8": (
        "A body whose octets are not UTF-8",
        b'{"a": "caf\xe9 \xff\xfe"}',
        rfc(8259, "8.1", "MUST be encoded using UTF-8"),
    ),
    "any-octets": (
        "A body of any octets",
        bytes(range(256)),
        rfc(8259, "2", "JSON-text = ws value ws"),
    ),
    "single-quotes": (
        "An object with single quotes and a comma too many",
        b"{'a': 1,}",
        rfc(8259, "7", "A string begins and ends with quotation marks."),
    ),
}
"""What is no JSON."""

CHECKS: list[Check] = [
    Check(
        id="request/json",
        title="A handler that asks for JSON gets it",
        source=practice("what reading JSON is for"),
        app=READER,
        steps=[
            Ask("POST", "/json", (JSON,), (b'{"name": "J\xc3\xbcrgen",', b' "tags": [1, null]}'))
        ],
        expect=[echoes(route="json")],
        faults=("last-body-chunk-wins", "no-chunked-requests", "no-json"),
    ),
    Check(
        id="request/json-invalid",
        title="A body that is not JSON is answered as declared when the handler asks for JSON",
        source=practice("400, or 500 where the decoder's error is the application's to catch"),
        app=READER,
        steps=[Ask("POST", "/json", (JSON,), b'{"name": ')],
        expect=[
            by_dialect("invalid_json", **{"400": status(400), "500": status(500)}),
            well_framed(),
        ],
        faults=("invalid-json-is-null",),
    ),
    Check(
        id="json/any-value",
        title="Any JSON value may be all of a body, not objects and arrays alone",
        source=ANY_JSON,
        app=READER,
        steps=[Ask("POST", "/json", (JSON,), text, name=name) for name, text in VALUES.items()],
        expect=[echoes(of=name, route="json") for name in VALUES],
        faults=("json-is-an-object", "falsy-json-is-none"),
    ),
    Check(
        id="json/whitespace-around",
        title="Whitespace around and within JSON is no part of it",
        source=rfc(
            8259,
            "2",
            "Insignificant whitespace is allowed before or after any of the six "
            "structural characters.",
        ),
        app=READER,
        steps=[Ask("POST", "/json", (JSON,), b' \t\r\n{ "a" :\t[ 1 ,\r\n2 ] }\n\n')],
        expect=[TAKEN],
        faults=("json-begins-at-once",),
    ),
    Check(
        id="json/content-type-with-parameters",
        title="The type of a JSON body is known in any case and with parameters",
        source=rfc(9110, "8.3.1", "The type and subtype tokens are case-insensitive."),
        app=READER,
        steps=[
            Ask("POST", "/json", (("Content-Type", kind),), b"[1]", name=name)
            for name, kind in TYPES.items()
        ],
        expect=[echoes(of=name, route="json") for name in TYPES],
        faults=("json-type-to-the-letter",),
    ),
    Check(
        id="json/unknown-charset",
        title="A charset that nobody knows is refused or passed over, and fails nothing",
        source=rfc(8259, "11", 'No "charset" parameter is defined for this registration.'),
        app=READER,
        steps=[
            Ask(
                "POST",
                "/json",
                (("Content-Type", f"application/json; charset={name}"),),
                b"[1]",
                name=name,
            )
            for name in CHARSETS
        ],
        expect=[
            either(echoes(of=name, route="json"), _refused(name), status(415, of=name))
            for name in CHARSETS
        ],
        faults=("unknown-charset-crashes",),
    ),
    Check(
        id="json/deeply-nested",
        title="JSON that is nested deeper than a stack is refused or taken, and ends no service",
        source=_left_open("9"),
        app=READER,
        steps=[Ask("POST", "/json", (JSON,), DEEP), get("/", name="next")],
        expect=[either(TAKEN, REFUSED, status(413)), echoes(of="next", route="root")],
        faults=("deep-json-crashes",),
    ),
    *(
        Check(
            id=f"json/{name}",
            title=f"{what} in JSON is taken or refused, and fails nothing",
            source=source,
            app=READER,
            steps=[Ask("POST", "/json", (JSON,), text), get("/", name="next")],
            expect=[either(TAKEN, REFUSED), well_framed(), echoes(of="next", route="root")],
            faults=("disputed-json-crashes",),
        )
        for name, (what, text, source) in DISPUTED.items()
    ),
    Check(
        id="json/empty-body",
        title="A body of no octets is null or no JSON, as declared, where JSON is asked for",
        source=practice("by RFC 8259 §2 it is no JSON; Sanic gives its handlers null"),
        app=READER,
        steps=[Ask("POST", "/json", (JSON,), b""), get("/", name="next")],
        expect=[
            by_dialect("empty_json", invalid=REFUSED, null=TAKEN),
            well_framed(),
            echoes(of="next", route="root"),
        ],
        faults=("disputed-json-crashes", "invalid-json-is-null"),
    ),
    *(
        Check(
            id=f"json/{name}",
            title=f"{what} is no JSON",
            # A parser MAY accept extensions (§9), and there are some that these might be.
            level=SHOULD if name in ("octets-behind", "single-quotes") else MUST,
            source=source,
            app=READER,
            steps=[Ask("POST", "/json", (JSON,), text), get("/", name="next")],
            expect=[REFUSED, not_2xx(), well_framed(), echoes(of="next", route="root")],
            faults=("invalid-json-is-null", "invalid-json-crashes"),
        )
        for name, (what, text, source) in NO_JSON.items()
    ),
]
