"""Conditional requests and byte ranges, decided without a file (RFC 9110 §13 and §14).

Owns preconditions, ranges and HTTP-dates. Pure: fields and validators in, a verdict out.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

from multidict import CIMultiDictProxy


class Validators(NamedTuple):
    """What identifies a version of a file: an entity tag, and its time in seconds since 1970.

    The date is a strong validator (RFC 9110 §8.8.2.2) when `date_is_strong`.
    """

    etag: str
    modified_s: int | None
    date_is_strong: bool


def judge_preconditions(method: str, headers: CIMultiDictProxy[str], validators: Validators) -> int:
    """The status that the preconditions of a request ask for: 200 (go on), 304 or 412.

    The order is that of RFC 9110 §13.2.2; a date that is none is ignored.
    """
    if method not in ("GET", "HEAD"):
        return 200
    modified_s = validators.modified_s
    if "If-Match" in headers:
        if not _lists_etag(headers, "If-Match", validators.etag, strong=True):
            return 412
    elif modified_s is not None:
        since = _date_in(headers, "If-Unmodified-Since")
        if since is not None and modified_s > since:
            return 412
    if "If-None-Match" in headers:
        if _lists_etag(headers, "If-None-Match", validators.etag, strong=False):
            return 304
    elif modified_s is not None:
        since = _date_in(headers, "If-Modified-Since")
        if since is not None and modified_s <= since:
            return 304
    return 200


_ETAG = re.compile(r'(?:W/)?"[!#-~\x80-\xff]*"')


def _lists_etag(headers: CIMultiDictProxy[str], name: str, etag: str, *, strong: bool) -> bool:
    """Whether the field lists `etag` by strong or weak comparison (RFC 9110 §8.8.3.2), or is "*",
    which any existing file matches."""
    value = ",".join(headers.getall(name))
    if value.strip(" \t") == "*":
        return True
    listed = _ETAG.findall(value)
    if strong:
        return etag in listed and not etag.startswith("W/")
    return etag.removeprefix("W/") in [tag.removeprefix("W/") for tag in listed]


def _date_in(headers: CIMultiDictProxy[str], name: str) -> int | None:
    # RFC 9110 §13.1.3: ignored when "not a valid HTTP-date, the field value has more than one
    # member", or the method is neither GET nor HEAD.
    values = headers.getall(name, ())
    return parse_http_date(values[0]) if len(values) == 1 else None


# More digits than any file has bytes, and fewer than int() refuses to read.
_RANGE = re.compile(r"([0-9]{0,600})-([0-9]{0,600})")


def requested_range(
    headers: CIMultiDictProxy[str], validators: Validators, size_bytes: int
) -> range | None:
    """The bytes that a GET asks for; empty when the file has none of them (416).

    None for the whole file: without Range, when If-Range names another version, and for what
    RFC 9110 §14.2 allows to ignore: other units, several ranges and malformed ones.
    """
    unit, equals, ranges = ",".join(headers.getall("Range", ())).partition("=")
    if not equals or unit.lower() != "bytes" or not _if_range_holds(headers, validators):
        return None
    specs = [spec for part in ranges.split(",") if (spec := part.strip(" \t"))]
    match = _RANGE.fullmatch(specs[0]) if len(specs) == 1 else None
    if match is None:
        return None
    first, last = match.groups()
    if first:
        if last and int(last) < int(first):
            return None
        stop = min(int(last) + 1, size_bytes) if last else size_bytes
        return range(int(first), stop)
    if not last or (size_bytes == 0 and int(last) > 0):
        # The end of an empty file is satisfiable, and Content-Range cannot say so.
        return None
    return range(max(size_bytes - int(last), 0), size_bytes)


def _if_range_holds(headers: CIMultiDictProxy[str], validators: Validators) -> bool:
    """RFC 9110 §13.1.5: the strong comparison of a tag, or exactly the date we gave."""
    if "If-Range" not in headers:
        return True
    value = ",".join(headers.getall("If-Range"))
    if value.endswith('"'):
        return value == validators.etag and not value.startswith("W/")
    date_s = parse_http_date(value)
    return date_s is not None and validators.date_is_strong and date_s == validators.modified_s


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_TIME = "(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
# RFC 9110 §5.6.7: one form to send, and two obsolete ones that recipients MUST accept as well.
_HTTP_DATES = (
    re.compile(rf"{_DAY}, (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT"),
    re.compile(
        "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, "
        rf"(?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT"
    ),
    re.compile(rf"{_DAY} {_MONTH} (?P<day>[ 0-9][0-9]) {_TIME} (?P<year>[0-9]{{4}})"),
)


def parse_http_date(value: str) -> int | None:
    """An HTTP-date (RFC 9110 §5.6.7) in seconds since 1970; None for anything else."""
    match = next((found for form in _HTTP_DATES if (found := form.fullmatch(value))), None)
    if match is None:
        return None
    year = int(match["year"])
    if len(match["year"]) == 2:
        # "more than 50 years in the future" is the most recent such year in the past.
        this_year = datetime.now(UTC).year
        year += this_year // 100 * 100
        year -= 100 if year > this_year + 50 else 0
    month, day = _MONTHS.index(match["month"]) + 1, int(match["day"])
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"])
    try:
        date = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return int(date.timestamp())
