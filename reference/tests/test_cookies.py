"""Cookies on the wire: the Cookie field read, the Set-Cookie field written (RFC 6265)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.cookies import format_cookie, parse_cookies


@pytest.mark.parametrize(
    ("values", "cookies", "source"),
    [
        ([], {}, "§4.2.1"),
        ([""], {}, "§4.2.1"),
        (["a=b"], {"a": "b"}, "§4.2.1"),
        (["a=b; c=d"], {"a": "b", "c": "d"}, "§4.2.1"),
        (["a=b;c=d"], {"a": "b", "c": "d"}, "§5.2: whitespace is optional"),
        ([" \ta = b\t; \tc\t=d "], {"a": "b", "c": "d"}, "§5.2: and removed around both"),
        (["a=b", "c=d"], {"a": "b", "c": "d"}, "RFC 9113 §8.2.3: several fields"),
        (["a=1; a=2"], {"a": "1"}, "§5.4: the most specific path comes first"),
        (["a=1", "a=2"], {"a": "1"}, "§5.4"),
        (["a=1; A=2"], {"a": "1", "A": "2"}, "§5.3: names are case-sensitive"),
        (["a="], {"a": ""}, "§4.1.1: a value may be empty"),
        (["a=b=c=="], {"a": "b=c=="}, "§5.2: the first = ends the name"),
        (['a="b c"'], {"a": "b c"}, "§4.1.1: quotes around a value"),
        (['a=""'], {"a": ""}, "§4.1.1"),
        (['a="'], {"a": '"'}, "§4.1.1: one quote is a character"),
        (['a="b'], {"a": '"b'}, "§4.1.1"),
        (['a=b"c"'], {"a": 'b"c"'}, "§4.1.1"),
        (["a; b=c"], {"b": "c"}, "§5.2: no ="),
        (["=a; b=c"], {"b": "c"}, "§5.2: no name"),
        ([" =a; b=c"], {"b": "c"}, "§5.2: no name"),
        (["; ;;b=c;"], {"b": "c"}, "§5.2: nothing between semicolons"),
        (["a=b,c=d"], {"a": "b,c=d"}, "§5.4: a comma separates nothing"),
        (["bad name={}[]; b=c"], {"bad name": "{}[]", "b": "c"}, "§5.2: odd pairs harm no other"),
        (["a=Ã©"], {"a": "Ã©"}, "§5.2: any octet, as latin-1"),
        (["$Version=1; a=b"], {"$Version": "1", "a": "b"}, "§4.2.2: nothing is special"),
        (["Path=/; a=b"], {"Path": "/", "a": "b"}, "§4.2.2: a name like every other"),
    ],
)
def test_parse(values: list[str], cookies: dict[str, str], source: str) -> None:
    assert parse_cookies(values) == cookies, source


NOON = datetime(2031, 2, 3, 12, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({}, "n=v; Path=/"),
        ({"value": ""}, "n=; Path=/"),
        ({"name": "__Host-n.0!"}, "__Host-n.0!=v; Path=/"),
        ({"value": "a=b/c?d:e@f[g]{h}|i~"}, "n=a=b/c?d:e@f[g]{h}|i~; Path=/"),
        ({"path": None}, "n=v"),
        ({"path": "/a b,c"}, "n=v; Path=/a b,c"),
        ({"domain": "example.com"}, "n=v; Path=/; Domain=example.com"),
        ({"max_age": 0}, "n=v; Path=/; Max-Age=0"),
        ({"max_age": -1}, "n=v; Path=/; Max-Age=-1"),
        ({"expires": NOON}, "n=v; Path=/; Expires=Mon, 03 Feb 2031 12:00:05 GMT"),
        (
            {"expires": NOON.astimezone(timezone(timedelta(hours=-5)))},
            "n=v; Path=/; Expires=Mon, 03 Feb 2031 12:00:05 GMT",
        ),
        ({"secure": True}, "n=v; Path=/; Secure"),
        ({"httponly": True}, "n=v; Path=/; HttpOnly"),
        ({"samesite": "strict"}, "n=v; Path=/; SameSite=Strict"),
        ({"samesite": "LAX"}, "n=v; Path=/; SameSite=Lax"),
        ({"samesite": "None", "secure": True}, "n=v; Path=/; Secure; SameSite=None"),
        (
            {
                "path": "/p", "domain": "d.example", "max_age": 3600, "expires": NOON,
                "secure": True, "httponly": True, "samesite": "Lax",
            },
            "n=v; Path=/p; Domain=d.example; Max-Age=3600; Expires=Mon, 03 Feb 2031 12:00:05 GMT; "
            "Secure; HttpOnly; SameSite=Lax",
        ),
    ],
)  # fmt: skip
def test_format(arguments: dict[str, Any], line: str) -> None:
    assert format_cookie(**{"name": "n", "value": "v", **arguments}) == line


INJECTIONS = ["a;b", "a\r\nSet-Cookie: b=c", "a\nb", "a\n", "a\rb", "a\0b", "\t", "\x7f", "é", "€"]


@pytest.mark.parametrize("text", [*INJECTIONS, "", "a b", "a=b", '"a"', "a,b", "a/b", "(a)"])
def test_a_name_is_a_token(text: str) -> None:
    with pytest.raises(ValueError, match="invalid cookie name"):
        format_cookie(text, "v")


@pytest.mark.parametrize("text", [*INJECTIONS, "a b", '"a"', "a,b", "a\\b"])
def test_a_value_has_only_cookie_octets(text: str) -> None:
    # RFC 6265 §4.1.1: no controls, whitespace, quotes, comma, semicolon or backslash.
    with pytest.raises(ValueError, match="for cookie n: encode it first"):
        format_cookie("n", text)


@pytest.mark.parametrize("attribute", ["path", "domain"])
@pytest.mark.parametrize("text", INJECTIONS)
def test_an_attribute_ends_no_attribute(attribute: str, text: str) -> None:
    arguments: dict[str, Any] = {attribute: text}
    with pytest.raises(ValueError, match=f"invalid {attribute.title()} .* for cookie n"):
        format_cookie("n", "v", **arguments)


@pytest.mark.parametrize("samesite", ["", "yes", "Lax; Secure", "Lax\r\nX: y"])
def test_samesite_is_one_of_three(samesite: str) -> None:
    with pytest.raises(ValueError, match="SameSite is Strict, Lax or None"):
        format_cookie("n", "v", samesite=samesite)


def test_expires_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="expires of cookie n needs a time zone"):
        format_cookie("n", "v", expires=NOON.replace(tzinfo=None))


def test_max_age_is_a_number() -> None:
    arguments: dict[str, Any] = {"max_age": "1; Secure"}
    with pytest.raises(ValueError, match="invalid literal"):
        format_cookie("n", "v", **arguments)


TEXT = st.text('abc-=;, /\t\r\n\0"\\é', max_size=4)


@given(TEXT, TEXT, st.none() | TEXT)
def test_what_is_written_is_one_pair_or_nothing(name: str, value: str, path: str | None) -> None:
    """A line that is written has no control character and as many parts as were asked for, and its
    pair reads back as it was."""
    try:
        line = format_cookie(name, value, path=path)
    except ValueError:
        return
    assert line.isascii()
    assert line.isprintable()
    pair, *attributes = line.split("; ")
    assert parse_cookies([pair]) == {name: value}
    assert attributes == ([] if path is None else [f"Path={path}"])
    assert line.count(";") == len(attributes)
