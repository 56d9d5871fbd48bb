"""Cookies on the wire (RFC 6265): reading the Cookie field, writing Set-Cookie.

The standard library's `http.cookies` gives up a whole field at its first odd pair; a server must
not, since other sites on the domain may have set that pair.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# RFC 6265 §4.1.1 cookie-octet: no controls, whitespace, quotes, comma, semicolon or backslash.
_VALUE = re.compile(r"[!#-+\--:<-\[\]-~]*")
_ATTRIBUTE = re.compile(r"[ -:<-~]*")
_SAME_SITE = {"strict": "Strict", "lax": "Lax", "none": "None"}


def parse_cookies(values: Iterable[str]) -> dict[str, str]:
    """Cookies by name from the values of all Cookie fields.

    The first of a name wins: RFC 6265 §5.4 has clients send the most specific path first. A pair
    without "=" or with an empty name is passed over. Quotes around a value are removed.
    """
    cookies: dict[str, str] = {}
    for field_value in values:
        for pair in field_value.split(";"):
            name, equals, value = pair.partition("=")
            name = name.strip(" \t")
            if equals and name:
                value = value.strip(" \t")
                if len(value) >= 2 and value[0] == value[-1] == '"':
                    value = value[1:-1]
                cookies.setdefault(name, value)
    return cookies


def format_cookie(
    name: str,
    value: str,
    *,
    path: str | None = "/",
    domain: str | None = None,
    max_age: int | None = None,
    expires: datetime | None = None,
    secure: bool = False,
    httponly: bool = False,
    samesite: str | None = None,
) -> str:
    """The value of a Set-Cookie field; `max_age` in seconds, `expires` with its time zone.

    Raises ValueError for a name, value or attribute outside RFC 6265 §4.1.1.
    """
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"invalid cookie name {name!r}")
    if _VALUE.fullmatch(value) is None:
        raise ValueError(f"invalid value {value!r} for cookie {name}: encode it first")
    parts = [f"{name}={value}"]
    for key, text in (("Path", path), ("Domain", domain)):
        if text is not None:
            if _ATTRIBUTE.fullmatch(text) is None:
                raise ValueError(f"invalid {key} {text!r} for cookie {name}")
            parts.append(f"{key}={text}")
    if max_age is not None:
        parts.append(f"Max-Age={int(max_age)}")
    if expires is not None:
        if expires.tzinfo is None:
            raise ValueError(f"expires of cookie {name} needs a time zone")
        parts.append(f"Expires={format_datetime(expires.astimezone(UTC), usegmt=True)}")
    if secure:
        parts.append("Secure")
    if httponly:
        parts.append("HttpOnly")
    if samesite is not None:
        if samesite.lower() not in _SAME_SITE:
            raise ValueError(f"SameSite is Strict, Lax or None, not {samesite!r}")
        parts.append(f"SameSite={_SAME_SITE[samesite.lower()]}")
    return "; ".join(parts)
