"""Files of a folder in part and again: ranges (RFC 9110 §14) and conditions (§13).

Owns a part of the category files. A server may send the whole file to whoever asks for a part of
it or has it; what it must not do is to send something else. Literals only.
"""

from __future__ import annotations

from ..check import MUST, Check, Level, Source, practice, rfc
from ..expect import (
    Expectation,
    body,
    either,
    header,
    no_header,
    status,
    well_framed,
)
from ..steps import get, raw
from ._behind import INTACT, then_next
from .files import DIGITS, FILES

PART = rfc(
    9110,
    "15.3.7.1",
    "If a single part is being transferred, the server generating the 206 response MUST generate a "
    "Content-Range header field, describing what range of the selected representation is enclosed, "
    "and a content consisting of the range.",
)
REMAINDER = rfc(
    9110,
    "14.1.2",
    "if the value is greater than or equal to the current length of the representation data, the "
    "byte range is interpreted as the remainder of the representation",
)
WHOLE_SUFFIX = rfc(
    9110,
    "14.1.2",
    "If the selected representation is shorter than the specified suffix-length, the entire "
    "representation is used.",
)
OTHER_UNIT = rfc(
    9110,
    "14.2",
    "An origin server MUST ignore a Range header field that contains a range unit it does not "
    "understand.",
)
OTHER_METHOD = rfc(
    9110,
    "14.2",
    "A server MUST ignore a Range header field received with a request method that is unrecognized "
    "or for which range handling is not defined. For this specification, GET is the only method "
    "for which range handling is defined.",
)
IF_RANGE = rfc(
    9110,
    "13.1.5",
    "A recipient of an If-Range header field MUST ignore the Range header field if the If-Range "
    "condition evaluates to false.",
)
NO_DATE = rfc(
    9110,
    "13.1.3",
    "A recipient MUST ignore the If-Modified-Since header field if the received field value is not "
    "a valid HTTP-date",
)
NONE_MATCH_FIRST = rfc(
    9110,
    "13.1.3",
    "A recipient MUST ignore If-Modified-Since if the request contains an If-None-Match header "
    "field",
)
NO_CONTENT = rfc(
    9112,
    "6.3",
    "Any response to a HEAD request and any response with a 1xx (Informational), 204 (No Content), "
    "or 304 (Not Modified) status code is always terminated by the first empty line after the "
    "header fields",
)

NO_RANGES = (
    "bytes=", "bytes=-", "bytes=a-b", "bytes=5-2", "bytes", "bytes=1-2-3", "bytes=--1", "bytes=-+1",
    "=", "bytes=1_0-", "bytes=,", "bytes=0x1-0x2",
)  # fmt: skip
A_PART = r"bytes ([0-9]|1[0-5])-([0-9]|1[0-5])/16"
WHOLE: list[Expectation] = [status(200), well_framed(), body(DIGITS)]


def _range(
    name: str, title: str, asked: str, first: int, stop: int, fault: str, source: Source = PART
) -> Check:
    """This range is sent as such, or the whole file."""
    size = len(DIGITS)
    return Check(
        id=f"files/range-{name}",
        title=title,
        source=source,
        app=FILES,
        steps=then_next(raw("GET /files/digits.txt", f"Range: {asked}")),
        expect=[
            either(
                [
                    status(206),
                    header("Content-Range", f"bytes {first}-{stop - 1}/{size}"),
                    well_framed(),
                    body(DIGITS[first:stop]),
                ],
                WHOLE,
            ),
            INTACT,
        ],
        faults=[fault],
    )


def _whole(
    name: str, title: str, source: Source, fault: str, *fields: str, level: Level = MUST
) -> Check:
    """With these fields the file is sent whole all the same."""
    return Check(
        id=f"files/{name}",
        title=title,
        level=level,
        source=source,
        app=FILES,
        steps=then_next(raw("GET /files/digits.txt", *fields)),
        expect=[*WHOLE, INTACT],
        faults=[fault],
    )


CHECKS: list[Check] = [
    # -- Ranges ----------------------------------------------------------------------------------
    _range(
        "first-to-last",
        "Octets 2 to 5 are those, or the whole file is sent",
        "bytes=2-5",
        2,
        6,
        "range-ends-early",
    ),
    _range(
        "to-the-end",
        "A range without an end goes to the end of the file",
        "bytes=10-",
        10,
        16,
        "range-without-content-range",
    ),
    _range(
        "suffix",
        "A range without a beginning counts from the end of the file",
        "bytes=-4",
        12,
        16,
        "suffix-is-a-prefix",
    ),
    _range(
        "beyond-the-end",
        "A range that goes beyond the end of the file ends with it",
        "bytes=10-999",
        10,
        16,
        "range-beyond-the-end",
        REMAINDER,
    ),
    _range(
        "longer-suffix",
        "A suffix that is longer than the file is the file",
        "bytes=-999",
        0,
        16,
        "range-beyond-the-end",
        WHOLE_SUFFIX,
    ),
    Check(
        id="files/range-behind-the-end",
        title="A range that begins behind the end of the file is never sent as a part of it",
        source=rfc(
            9110,
            "15.5.17",
            "none of the requested ranges are satisfiable",
        ),
        app=FILES,
        steps=then_next(raw("GET /files/digits.txt", "Range: bytes=16-20")),
        expect=[
            either(
                [
                    status(416),
                    well_framed(),
                    either(
                        header("Content-Range", f"bytes */{len(DIGITS)}"),
                        no_header("Content-Range"),
                    ),
                ],
                WHOLE,
            ),
            INTACT,
        ],
        faults=["nothing-is-a-range"],
    ),
    Check(
        id="files/several-ranges",
        title="Several ranges come as parts that say which they are, or not at all",
        source=rfc(
            9110,
            "15.3.7.2",
            "a server MUST NOT generate a Content-Range header field in the HTTP header section of "
            "a multiple part response",
        ),
        app=FILES,
        steps=then_next(raw("GET /files/digits.txt", "Range: bytes=0-1,8-9")),
        expect=[
            either(
                WHOLE,
                [
                    status(206),
                    no_header("Content-Range"),
                    header("Content-Type", matches="(?i)multipart/byteranges;.*boundary=.*"),
                    well_framed(),
                    body(contains="bytes 0-1/16\r\n"),
                    body(contains="bytes 8-9/16\r\n"),
                ],
                [status(206), header("Content-Range", "bytes 0-1/16"), well_framed(), body("01")],
                [
                    status(206),
                    header("Content-Range", "bytes 0-9/16"),
                    well_framed(),
                    body(DIGITS[:10]),
                ],
                [status(400, 416), well_framed()],
            ),
            INTACT,
        ],
        faults=["joins-ranges"],
    ),
    Check(
        id="files/malformed-range",
        title="A malformed Range is ignored or refused, and is no failure of the server's",
        source=practice("RFC 9110 §14.2 has it ignored or rejected; a 500 is neither"),
        app=FILES,
        steps=[get("/files/digits.txt", ("Range", asked), name=asked) for asked in NO_RANGES],
        expect=[
            either(
                [status(200, of=asked), body(DIGITS, of=asked)],
                # What is made of it is the server's choice, as long as it says what that is.
                [status(206, of=asked), header("Content-Range", matches=A_PART, of=asked)],
                status(400, 416, of=asked),
            )
            for asked in NO_RANGES
        ],
        faults=["malformed-ranges-crash"],
    ),
    Check(
        id="files/range-of-many-digits",
        title="A range with a number beyond all bounds is no failure of the server's",
        source=rfc(
            9110,
            "14.1.2",
            "recipients MUST anticipate potentially large decimal numerals and prevent parsing "
            "errors due to integer conversion overflows.",
        ),
        app=FILES,
        steps=[
            get("/files/digits.txt", ("Range", f"bytes=10-{'9' * 30}"), name="end"),
            get("/files/digits.txt", ("Range", f"bytes={'9' * 30}-"), name="begin"),
            get("/files/digits.txt", ("Range", f"bytes={'9' * 5000}-"), name="longer"),
        ],
        expect=[
            either(
                [status(206, of="end"), body(DIGITS[10:], of="end")],
                [status(200, of="end"), body(DIGITS, of="end")],
                status(400, 416, of="end"),
            ),
            *(
                either(
                    [status(200, of=name), body(DIGITS, of=name)], status(400, 416, 431, of=name)
                )
                for name in ("begin", "longer")
            ),
        ],
        faults=["malformed-ranges-crash"],
    ),
    Check(
        id="files/range-in-another-unit",
        title="A Range in a unit that nobody knows is ignored, or refused with 416",
        source=OTHER_UNIT,  # though it SHOULD send 416 for one that is not supported (§14.2)
        app=FILES,
        steps=then_next(raw("GET /files/digits.txt", "Range: lines=2-5")),
        expect=[either(WHOLE, status(416)), INTACT],
        faults=["any-unit-is-bytes"],
    ),
    _whole(
        "if-range-fails",
        "A Range beside an If-Range that does not match is ignored",
        IF_RANGE,
        "ignores-if-range",
        "Range: bytes=2-5",
        'If-Range: "another"',
    ),
    Check(
        id="files/range-of-head",
        title="A Range beside HEAD is ignored",
        source=OTHER_METHOD,
        app=FILES,
        steps=then_next(raw("HEAD /files/digits.txt", "Range: bytes=2-5"), to="HEAD"),
        expect=[
            status(200),
            no_header("Content-Range"),
            INTACT,
        ],
        faults=["ranges-for-head"],
    ),
    # -- Again -----------------------------------------------------------------------------------
    *(
        Check(
            id=f"files/{name}",
            title=f"{words} is a 304 without content, or the file",
            source=NO_CONTENT,
            app=FILES,
            steps=then_next(raw("GET /files/digits.txt", field)),
            expect=[
                either(
                    [
                        status(304),
                        no_header("Transfer-Encoding"),
                        either(
                            header("Content-Length", str(len(DIGITS))),
                            no_header("Content-Length"),
                        ),
                    ],
                    WHOLE,
                ),
                INTACT,
            ],
            faults=["content-on-304", "304-says-empty"],
        )
        for name, words, field in (
            (
                "not-modified",
                "A file that has not been modified since",
                "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT",
            ),
            ("any-match", "A file for a client that has any version of it", "If-None-Match: *"),
        )
    ),
    _whole(
        "modified-since",
        "A file that was modified since a date long ago is sent",
        rfc(
            9110,
            "13.1.3",
            "If the selected representation's last modification date is earlier or "
            "equal to the date provided in the field value, the condition is false.",
        ),
        "never-modified",
        "If-Modified-Since: Mon, 01 Jan 1990 00:00:00 GMT",
    ),
    _whole(
        "no-match",
        "A file of which the client has another version is sent",
        rfc(
            9110,
            "13.1.2",
            "the condition is false if one of the listed tags matches the entity tag of the "
            "selected representation",
        ),
        "every-tag-matches",
        'If-None-Match: "another", W/"and-another"',
    ),
    _whole(
        "modified-since-no-date",
        "An If-Modified-Since that is no date is ignored",
        NO_DATE,
        "never-modified",
        "If-Modified-Since: yesterday",
    ),
    _whole(
        "no-match-before-date",
        "If-Modified-Since is ignored beside an If-None-Match",
        NONE_MATCH_FIRST,
        "date-before-tag",
        'If-None-Match: "another"',
        "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT",
    ),
]
