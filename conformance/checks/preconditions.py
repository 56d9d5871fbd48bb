"""Files of a folder for a client that wants one version of them and no other (RFC 9110 §13).

Owns a part of the category files: If-Match, If-Unmodified-Since, and the forms of dates. Downloads
are resumed with these: a server that passes them over has clients join parts of two versions.
Literals only.
"""

from __future__ import annotations

from ..check import Check, Source, rfc
from ..expect import body, either, status, well_framed
from ..steps import get, raw
from ._behind import INTACT, then_next
from .files import DIGITS, FILES
from .ranges import WHOLE

EVALUATED = rfc(
    9110,
    "13.2.1",
    "a recipient cache or origin server MUST evaluate received request preconditions after it has "
    "successfully performed its normal request checks",
)
ANY_TAG = rfc(
    9110,
    "13.1.1",
    'If the field value is "*", the condition is true if the origin server has a current '
    "representation for the target resource.",
)
NOT_LATER = rfc(
    9110,
    "13.1.4",
    "If the selected representation's last modification date is earlier than or equal to the date "
    "provided in the field value, the condition is true.",
)
NO_DATE = rfc(
    9110,
    "13.1.4",
    "A recipient MUST ignore the If-Unmodified-Since header field if the received field value is "
    "not a valid HTTP-date",
)
MATCH_FIRST = rfc(
    9110,
    "13.1.4",
    "A recipient MUST ignore If-Unmodified-Since if the request contains an If-Match header field",
)
THREE_FORMS = rfc(
    9110,
    "5.6.7",
    "A recipient that parses a timestamp value in an HTTP field MUST accept all three HTTP-date "
    "formats.",
)
TWO_DIGITS = rfc(
    9110,
    "5.6.7",
    "Recipients of a timestamp value in rfc850-date format, which uses a two-digit year, MUST "
    "interpret a timestamp that appears to be more than 50 years in the future as representing the "
    "most recent year in the past that had the same last two digits.",
)

LONG_AGO = "Fri, 01 Jan 1999 00:00:00 GMT"
LONG_AGO_IN_TWO_DIGITS = "Friday, 01-Jan-99 00:00:00 GMT"
TO_COME_IN_TWO_DIGITS = "Thursday, 01-Jan-60 00:00:00 GMT"
LONG_AGO_IN_C = "Fri Jan  1 00:00:00 1999"
IN_FUTURE = "Fri, 01 Jan 2100 00:00:00 GMT"
FORMS = {"sent": LONG_AGO, "rfc850": LONG_AGO_IN_TWO_DIGITS, "asctime": LONG_AGO_IN_C}


def _sent(name: str, title: str, source: Source, fault: str, *fields: str) -> Check:
    """With these fields the file is sent."""
    return Check(
        id=f"files/{name}",
        title=title,
        source=source,
        app=FILES,
        steps=then_next(raw("GET /files/digits.txt", *fields)),
        expect=[*WHOLE, INTACT],
        faults=[fault],
    )


def _not_sent(name: str, title: str, fault: str, *fields: str) -> Check:
    """With these fields, and a Range, neither the file is sent nor a part of it."""
    return Check(
        id=f"files/{name}",
        title=title,
        source=EVALUATED,
        app=FILES,
        steps=then_next(raw("GET /files/digits.txt", *fields, "Range: bytes=2-5")),
        expect=[status(412), well_framed(), INTACT],
        faults=[fault],
    )


CHECKS: list[Check] = [
    _not_sent(
        "if-match-fails",
        "A file of which the client wants another version is not sent, nor a part of it",
        "ignores-if-match",
        'If-Match: "another", "and-another"',
    ),
    _sent(
        "if-match-any",
        "A file is sent to a client that wants any version of it",
        ANY_TAG,
        "no-tag-matches",
        "If-Match: *",
    ),
    _not_sent(
        "unmodified-since-fails",
        "A file that was modified since the client had it is not sent, nor a part of it",
        "ignores-unmodified-since",
        f"If-Unmodified-Since: {LONG_AGO}",
    ),
    _sent(
        "unmodified-since",
        "A file that was not modified since is sent",
        NOT_LATER,
        "always-modified",
        f"If-Unmodified-Since: {IN_FUTURE}",
    ),
    _sent(
        "unmodified-since-no-date",
        "An If-Unmodified-Since that is no date is ignored",
        NO_DATE,
        "always-modified",
        "If-Unmodified-Since: yesterday",
    ),
    _sent(
        "match-before-date",
        "If-Unmodified-Since is ignored beside an If-Match",
        MATCH_FIRST,
        "date-beside-if-match",
        "If-Match: *",
        f"If-Unmodified-Since: {LONG_AGO}",
    ),
    Check(
        id="files/dates-of-every-form",
        title="Dates in the two obsolete forms are understood as the one that is to be sent",
        source=THREE_FORMS,
        app=FILES,
        steps=[
            get("/files/digits.txt", ("If-Unmodified-Since", date), name=name)
            for name, date in FORMS.items()
        ],
        expect=[
            either(
                [status(412, of=name) for name in FORMS],
                # Nothing was parsed: `unmodified-since-fails` says what that is.
                [one for name in FORMS for one in (status(200, of=name), body(DIGITS, of=name))],
            )
        ],
        faults=["dates-of-one-form"],
    ),
    _sent(
        "year-of-two-digits",
        "A year of two digits that is not near in the future is in the past",
        TWO_DIGITS,
        "years-are-of-this-century",
        f"If-Modified-Since: {LONG_AGO_IN_TWO_DIGITS}",
    ),
    _sent(
        "year-of-two-digits-to-come",
        "A year of two digits that is no more than fifty years away is in the future",
        TWO_DIGITS,
        "years-are-of-the-last-century",
        f"If-Unmodified-Since: {TO_COME_IN_TWO_DIGITS}",
    ),
]
