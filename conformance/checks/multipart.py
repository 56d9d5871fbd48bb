"""Forms that are multipart/form-data (RFC 7578): their fields, their files, and what is none.

Owns the checks of multipart bodies in the category forms.
"""

from __future__ import annotations

from ..check import SHOULD, Check, practice, rfc
from ..expect import echoes, either, not_status, saw_field, status, upload, well_framed
from ..steps import Ask, Read, get, raw
from .arrivals import parts
from .body_limits import TOO_MUCH
from .forms import CLIENTS_FAULT, LIMITED, READER, refused_form

NAMED = rfc(
    7578,
    "4.2",
    "Each part MUST contain a Content-Disposition header field [RFC2183] where the disposition "
    'type is "form-data".',
)
DELIMITER = rfc(
    2046,
    "5.1",
    "The boundary delimiter MUST NOT appear inside any of the encapsulated parts, on a line by "
    "itself or as the prefix of any line.",
)
AROUND = rfc(
    2046,
    "5.1.1",
    "implementations must ignore anything that appears before the first boundary delimiter line or "
    "after the last one",
)
FILENAME = rfc(7578, "4.2", "do not use the file name blindly")

BINARY = bytes(range(256)) + b"\r\n\r\n--\r\n-\n\r" + bytes(range(255, -1, -1)) + b"\r\n"
NEARLY = b"--limi\r\n--limi t\r\nlimit\r\n-limit\r\n --limit\r\nx--limit--\r\n--\r\n--lim"
NAMES = {
    "path": "../../etc/passwd",
    "backslash": "C:\\\\dir\\\\name.txt",
    "spaces": " a  b; c=d .txt",
    "unicode": "Grüße €.txt",
    "dots": "..",
    "escaped": "a%00b%2Fc.txt",
}
"""File names as clients write them, within quotes."""


def _part(data: bytes, name: str, filename: str | None = None, kind: str | None = None) -> bytes:
    disposition = f'Content-Disposition: form-data; name="{name}"'
    if filename is not None:
        disposition += f'; filename="{filename}"'
    lines = [disposition, *([] if kind is None else [f"Content-Type: {kind}"]), "", ""]
    return "\r\n".join(lines).encode() + data


def _body(*sections: bytes, boundary: bytes = b"limit", ends: bool = True) -> bytes:
    opened = b"".join(b"--%b\r\n%b\r\n" % (boundary, section) for section in sections)
    return opened + (b"--%b--\r\n" % boundary if ends else b"")


def _send(body: bytes, boundary: str = "limit", name: str = "1") -> Ask:
    return Ask(
        "POST", "/", (("Content-Type", f"multipart/form-data; boundary={boundary}"),), body, name
    )


CUT_BODY = (
    b"--lim",
    b'it\r\nContent-Disposition: form-data; name="a"\r',
    b"\n\r\n1\r\n--",
    b'limit\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n'
    b"Content-Type: text/plain\r\n\r\ndata\r",
    b"\n--limi\r\n-",
    b"-limit-",
    b"-\r\n",
)
CUT_HEAD = raw(
    "POST /",
    "Content-Type: multipart/form-data; boundary=limit",
    f"Content-Length: {len(b''.join(CUT_BODY))}",
)
FILE = "application/octet-stream"
SERVES = (not_status(500, 501, 502, 503, 504), well_framed())

CHECKS: list[Check] = [
    Check(
        id="forms/multipart-fields",
        title="A handler gets the fields of a multipart form, those of one name in their order",
        source=NAMED,
        app=READER,
        steps=[
            _send(
                _body(
                    _part(b"Ada", "name"),
                    _part(b"one", "tag"),
                    _part(b"", "blank"),
                    _part("Grüße, 10 €".encode(), "text"),
                    _part(b"two", "tag"),
                )
            )
        ],
        expect=[
            echoes(route="form"),
            saw_field("name", "Ada"),
            saw_field("tag", "one", "two"),
            saw_field("blank", ""),
            saw_field("text", "Grüße, 10 €"),
        ],
        faults=("no-multipart", "keeps-last-part-of-a-name", "parts-are-latin-1"),
    ),
    Check(
        id="forms/multipart-file",
        title="A file arrives with its name and every octet of it, beside fields",
        source=rfc(7578, "4.2", "For form data that represents the content of a file"),
        app=READER,
        steps=[
            _send(
                _body(
                    _part(b"before", "a"),
                    _part(BINARY, "file", "data.bin", FILE),
                    _part(b"after", "b"),
                )
            )
        ],
        expect=[
            saw_field("a", "before"),
            saw_field("file", upload("data.bin", BINARY)),
            saw_field("b", "after"),
        ],
        faults=("parts-are-text", "strips-line-ends-of-parts", "no-files"),
    ),
    Check(
        id="forms/multipart-several-files",
        title="Several files under one name all arrive, in their order",
        source=rfc(
            7578,
            "4.3",
            "multiple files MUST be sent by supplying each file in a separate part but all with "
            'the same "name" parameter',
        ),
        app=READER,
        steps=[
            _send(
                _body(
                    _part(b"one", "file", "1.txt", "text/plain"),
                    _part(b"two", "file", "2.txt", "text/plain"),
                    _part(b"three", "file", "3.txt", "text/plain"),
                )
            )
        ],
        expect=[
            saw_field(
                "file",
                upload("1.txt", b"one"),
                upload("2.txt", b"two"),
                upload("3.txt", b"three"),
            )
        ],
        faults=("keeps-last-part-of-a-name",),
    ),
    Check(
        id="forms/multipart-empty-file",
        title="An empty file is a file of no octets, with its name",
        source=practice("what is in a file says nothing of whether there is one"),
        app=READER,
        steps=[_send(_body(_part(b"", "file", "empty.bin", FILE), _part(b"1", "a")))],
        expect=[saw_field("file", upload("empty.bin", b"")), saw_field("a", "1")],
        faults=("drops-empty-files",),
    ),
    Check(
        id="forms/multipart-nothing-chosen",
        title="A file field in which nothing was chosen hides no field beside it",
        source=practice("browsers send a part with an empty file name for it"),
        app=READER,
        steps=[_send(_body(_part(b"1", "a"), _part(b"", "file", "", FILE), _part(b"2", "b")))],
        expect=[*SERVES, saw_field("a", "1"), saw_field("b", "2")],
        faults=("empty-file-name-crashes",),
    ),
    Check(
        id="forms/multipart-quoted-boundary",
        title="The boundary may be quoted, with characters that no token has",
        source=rfc(
            7578,
            "4.1",
            'it is often necessary to enclose the "boundary" parameter values in quotes in the '
            "Content-Type header field",
        ),
        app=READER,
        steps=[
            _send(
                _body(_part(b"1", "a"), boundary=b"=_a b:c/d,e?(f)'g+h.i"),
                boundary='"=_a b:c/d,e?(f)\'g+h.i"',
            )
        ],
        expect=[saw_field("a", "1")],
        faults=("boundary-is-a-token",),
    ),
    Check(
        id="forms/multipart-boundary-within-content",
        title="What only resembles the delimiter is content",
        source=DELIMITER,
        app=READER,
        steps=[_send(_body(_part(NEARLY, "file", "a.bin", FILE), _part(b"1", "a")))],
        expect=[saw_field("file", upload("a.bin", NEARLY)), saw_field("a", "1")],
        faults=("splits-at-boundary-anywhere",),
    ),
    Check(
        id="forms/multipart-preamble",
        title="What stands before the first delimiter is ignored",
        source=AROUND,
        app=READER,
        steps=[_send(b"This is a form.\r\n" + _body(_part(b"1", "a"), _part(b"2", "b")))],
        expect=[saw_field("a", "1"), saw_field("b", "2"), status(200)],
        faults=("preamble-is-an-error",),
    ),
    Check(
        id="forms/multipart-epilogue",
        title="What stands behind the last delimiter is ignored",
        source=AROUND,
        app=READER,
        steps=[
            _send(
                _body(_part(b"1", "a"), _part(b"2", "b"))
                + b"That was one.\r\n"
                + _body(_part(b"3", "a"))
            )
        ],
        expect=[saw_field("a", "1"), saw_field("b", "2"), status(200)],
        faults=("epilogue-is-a-part",),
    ),
    *(
        Check(
            id=f"forms/multipart-file-name-{what}",
            title=f"A file whose name has {words} arrives, its name as data or without its path",
            source=FILENAME,
            app=READER,
            steps=[
                _send(_body(_part(b"content", "file", NAMES[what], FILE), _part(b"1", "a"))),
                get("/", name="next"),
            ],
            expect=[
                either(
                    *(saw_field("file", upload(seen, b"content")) for seen in allowed),
                    [status(400)],
                ),
                *SERVES,
                echoes(of="next", route="root"),
            ],
            faults=("odd-file-names-crash",),
        )
        for what, words, allowed in (
            ("path", "slashes", ("../../etc/passwd", "passwd")),
            (
                "backslash",
                "backslashes",
                ("C:\\\\dir\\\\name.txt", "C:\\dir\\name.txt", "C:dirname.txt", "name.txt"),
            ),
            (
                "spaces",
                "spaces, a semicolon and an equals sign",
                (" a  b; c=d .txt", "a  b; c=d .txt"),
            ),
        )
    ),
    Check(
        id="forms/multipart-file-name-unicode",
        title="A file name in UTF-8 arrives as that",
        level=SHOULD,
        source=rfc(7578, "4.2", "The encoding used for the file names is typically UTF-8"),
        app=READER,
        steps=[_send(_body(_part(b"content", "file", NAMES["unicode"], FILE)))],
        expect=[saw_field("file", upload(NAMES["unicode"], b"content"))],
        faults=("parts-are-latin-1",),
    ),
    Check(
        id="forms/multipart-header-names",
        title="The headers of a part are known in any case, others are ignored",
        source=rfc(7578, "4.8", "Other header fields MUST NOT be included and MUST be ignored."),
        app=READER,
        steps=[
            _send(
                _body(
                    b"X-Other: form-data\r\ncontent-DISPOSITION: form-data; name=a\r\n"
                    b"Content-Length: 1000\r\n\r\n1",
                    b'content-type: text/plain\r\nContent-Disposition:form-data;name="b"\r\n\r\n2',
                )
            )
        ],
        expect=[saw_field("a", "1"), saw_field("b", "2")],
        faults=("part-headers-have-case",),
    ),
    Check(
        id="forms/multipart-in-segments",
        title="A multipart form that is cut within its delimiters is the same form",
        source=practice("TCP carries a stream of octets; where it cuts them means nothing"),
        app=READER,
        steps=[
            *parts(CUT_HEAD, *CUT_BODY),
            Read(),
        ],
        expect=[saw_field("a", "1"), saw_field("f", upload("x", b"data\r\n--limi"))],
        faults=("body-is-one-segment", "last-body-chunk-wins"),
    ),
    Check(
        id="forms/multipart-without-end",
        title="A form whose last delimiter is missing fails nothing",
        source=CLIENTS_FAULT,
        app=READER,
        steps=[
            _send(_body(_part(b"1", "a"), _part(b"content", "file", "x", FILE), ends=False)),
            get("/", name="next"),
        ],
        expect=[
            either([*SERVES], refused_form()),
            well_framed(),
            echoes(of="next", route="root"),
        ],
        faults=("malformed-multipart-crashes",),
    ),
    Check(
        id="forms/multipart-without-boundary",
        title="A form that names no boundary is refused, or has no fields",
        source=CLIENTS_FAULT,
        app=READER,
        steps=[
            Ask("POST", "/", (("Content-Type", "multipart/form-data"),), _body(_part(b"1", "a"))),
            get("/", name="next"),
        ],
        expect=[
            either(echoes(form=[]), refused_form()),
            well_framed(),
            echoes(of="next", route="root"),
        ],
        faults=("malformed-multipart-crashes",),
    ),
    Check(
        id="forms/multipart-part-without-name",
        title="A part without a name is refused or passed over, and fails nothing",
        source=rfc(
            7578,
            "4.2",
            "The Content-Disposition header field MUST also contain an additional parameter of "
            '"name"',
        ),
        app=READER,
        steps=[
            _send(
                _body(
                    b"Content-Disposition: form-data\r\n\r\nnameless",
                    b"Content-Type: text/plain\r\n\r\nwithout any",
                    _part(b"1", "a"),
                )
            ),
            get("/", name="next"),
        ],
        expect=[
            either(saw_field("a", "1"), refused_form()),
            well_framed(),
            echoes(of="next", route="root"),
        ],
        faults=("malformed-multipart-crashes",),
    ),
    Check(
        id="forms/multipart-malformed-headers",
        title="Malformed header lines of a part are refused or passed over, and fail nothing",
        source=CLIENTS_FAULT,
        app=READER,
        steps=[
            _send(_body(b"no header\r\n: nameless\r\n\xff\xfe\r\n\r\n1", _part(b"1", "a"))),
            get("/", name="next"),
        ],
        expect=[
            either([*SERVES], refused_form()),
            well_framed(),
            echoes(of="next", route="root"),
        ],
        faults=("malformed-multipart-crashes",),
    ),
    Check(
        id="forms/multipart-huge-header",
        title="A part with a header of 100 KB is refused or read, and fails nothing",
        source=CLIENTS_FAULT,
        app=READER,
        steps=[
            _send(_body(b"X-Huge: " + b"x" * 100_000 + b"\r\n" + _part(b"1", "a"))),
            get("/", name="next"),
        ],
        expect=[
            either([*SERVES], refused_form()),
            well_framed(),
            echoes(of="next", route="root"),
        ],
        faults=("huge-forms-crash",),
    ),
    Check(
        id="forms/multipart-very-many-parts",
        title="A form of five thousand parts is refused or read whole, and fails nothing",
        source=practice("a part costs its server more than its client; a bound answers with a 4xx"),
        app=READER,
        steps=[
            _send(_body(*(_part(b"1", "a") for _ in range(5000)))),
            get("/", name="next"),
        ],
        expect=[
            either(saw_field("a", *["1"] * 5000), status(400, 413)),
            well_framed(),
            echoes(of="next", route="root"),
        ],
        faults=("huge-forms-crash", "drops-parts-beyond-a-thousand"),
    ),
    Check(
        id="forms/multipart-beyond-limit",
        title="The limit of a body holds for a multipart form",
        source=rfc(
            9110,
            "15.5.14",
            "the server is refusing to process a request because the request content is larger "
            "than the server is willing or able to process",
        ),
        app=LIMITED,
        steps=[_send(_body(_part(b"x" * 3000, "file", "x", FILE)))],
        expect=[TOO_MUCH],
        faults=("no-body-limit", "no-limit-of-forms"),
    ),
]
