"""The words that route tables and paths are made of.

Owns them and nothing else: what they mean is said by the documentation of `reference.pattern`.
"""

from __future__ import annotations

from typing import NamedTuple

METHODS = (
    "GET", "GET", "GET", "GET", "GET", "GET", "POST", "HEAD", "*", "OPTIONS", "PUT",
    "DELETE", "get", "G-E.T!",
)  # fmt: skip
"""Those that routes are registered for and requests have. Twice means twice as often."""

BAD_METHODS = ("", "GE T", "GET,POST", "É", "GET:", "(GET)")

LITERALS = (
    "a", "b", "users", "user", "users2", "ab", "a.b", "x-y", "index.html", "12", "1", "2024",
    "", "A", "é", "%C3%A9", "%c3%a9", "e\u0301", "ß", "日本", "a%2Fb", "%2F", "%25", "%2561", "%61",
    "%", "%zz", "%4", "%ff", "%E2%82", "%C3", "a b", "a%20b", "a+b", "..", ".", "%2e%2e", "...",
    "~", "a;b=c", "@", ":", "*", "%7Bx%7D", "%00", "%0A", "x", "json", "-", "a-b", "(.*)", "path",
)  # fmt: skip
"""Segments of fixed text, as they are registered and as they are asked for."""

UNUSUAL = ("é", "%C3%A9", "e\u0301", "ß", "日本", "a b", "a%20b", "%c3%a9")
"""Those that clients ask for in several spellings."""

VALUES = (
    "a", "b", "bob", "7", "2024", "0007", "x-y", "a.b", "é", "%C3%A9", "J%C3%BCrgen", "%61",
    "%2561", "a%2Fb", "%2f", "%252F", "a%20b", "a+b", "%0A", "a%0Ab", "1%0A", "%00", "%ff", "%C3",
    "%", "%zz", ".", "..", "%2e", "-", "--", "a-b-c", "~", "*", "{a}", "%7Ba%7D", "a.json",
    ".json", "a-b.json", "12", "123", "12345", "users", "user", "ABC", "abc1", "png", "gif",
    "deadbeef", "e\u0301", "日本", "\u0661\u0662\u0663\u0664", "%D9%A1", "%ED%A0%80",
    "%F0%9F%98%80", "x" * 300, "-" * 40, "",
)  # fmt: skip
"""Segments that parameters may take, and some that none takes."""


class Mixed(NamedTuple):
    """A segment with text and parameters, or with a regular expression.

    pattern   @0 and @1 stand for the names
    segments  that match it, or nearly do
    """

    pattern: str
    segments: tuple[str, ...]


MIXED = (
    Mixed(r"{@0:\d+}", ("7", "007", "12", "1x", "x1", "", "1%0A", "\u0661", "%31", "-1")),
    Mixed(r"{@0:\d{4}}", ("2024", "20244", "202", "2024a", "%32024", "2024%0A")),
    Mixed(
        "{@0}.json", ("a.json", ".json", "a.b.json", "a.jsonx", "a%2Ejson", "a.JSON", "%C3.json")
    ),
    Mixed("{@0}-{@1}.json", ("a-b.json", "a-b-c.json", "-.json", "--.json", "a-.json", "---.json")),
    Mixed("{@0}-{@1}", ("a-b", "a-b-c", "-", "--", "---", "a-", "-b", "a%2Db", "a-%2F")),
    Mixed("{@0}{@1}", ("ab", "abc", "a", "", "%C3%A9%C3%A9", "%61b")),
    Mixed("v{@0}", ("v1", "v", "1", "vv", "%76x", "V1", "v%2F")),
    Mixed("@{@0}", ("@bob", "@", "bob", "%40bob", "@@")),
    Mixed("%61{@0}é", ("abé", "ab%C3%A9", "%61bé", "aé", "bé", "ab%C3")),
    Mixed("%ff{@0}", ("%ffa", "%ff", "a", "%FFa", "%25ffa")),
    Mixed("%41{@0}%ff", ("%41x%ff", "Ax%ff", "%41%ff", "%2541x%25ff", "%41x%FF")),
    Mixed("{@0:[a-z]+}", ("abc", "ABC", "a1", "a", "%61", "a%0A", "é")),
    Mixed(r"{@0:\w+}", ("abc", "a-b", "é", "_", "%5F", "a.b")),
    Mixed("{@0:[^-]+}-{@1}", ("a-b", "a-b-c", "-b", "a-", "a%2Fb-c", "%0A-b")),
    Mixed("{@0:[^-]+}", ("a%2Fb", "a-b", "a", "%2F")),
    Mixed("{@0:.*}", ("a", "", "a%0Ab", "é", "%0A")),
    Mixed("{@0:(?s:.*)}", ("a", "", "a%0Ab", "%0A")),
    Mixed("{@0:(?:png|jpg)}", ("png", "jpg", "pngx", "xpng", "gif", "p%6Eg")),
    Mixed("{@0:a|ab}b", ("ab", "abb", "b", "aab", "a", "cab", "ab%0A")),
    Mixed(r"{@0:(\d)(\d)?}-{@1:\d+}", ("1-2", "12-3", "123-4", "-1", "1-", "1-a", "1-2%0A")),
    Mixed(r"{@0}.{@1:\w+}", ("a.b", "a.b.c", ".b", "a.", "a.b-c", "a.b%0A")),
    Mixed("{@0:a/b}", ("a%2Fb", "a/b", "ab", "a")),
    Mixed(r"{@0:\{x\}}", ("%7Bx%7D", "{x}", "x")),
    Mixed(r"{@0:\d*}{@1:\d*}", ("12", "1", "", "1234", "a1")),
    Mixed("{@0}.", ("a.", ".", "..", "a")),
)
"""In the order of how plain they are."""

EXPRESSIONS = frozenset(
    (
        r"\d+", r"\d{4}", "[a-z]+", r"\w+", "[^-]+", ".*", "(?s:.*)", "(?:png|jpg)", "a|ab",
        r"(\d)(\d)?", "a/b", r"\{x\}", r"\d*",
    )
)  # fmt: skip
"""The regular expressions in `MIXED`."""

MALFORMED = (
    "{",
    "}",
    "{}",
    "a}",
    "{a",
    "{a:}",
    "{:x}",
    "{1a}",
    "{a b}",
    "{a:[}",
    "{a:(}",
    "{a:path}b",
    "a{b:path}",
    "{a}{a}",
    "{a:path}/b",
    "{a:\\}",
    "{a:{}",
    "{a-b}",
    "{a:*}",
    "{é:}",
    "{{a}}",
    "{a:(?P<a>x)}{b:(?P<a>x)}",
    r"{a:(x)\1}-{b}",
    "{a:x{99999999999}}",
    "{a:(?a)(?u)}",
    "{a:(?L)x}",
    "{a:[[a]}",
    "{a:(?i)x}-{b}",
    "{class}",
    "{a:p}{b:path}",
)
"""Segments that no pattern has, or that are read with care."""

FIRST_NAMES = ("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l")
OTHER_NAMES = ("name", "self", "rest", "year", "é", "_", "x1", "None", "path", "params", "id", "m")
"""Two sets of names, none of them in both: enough for the longest pattern that is drawn."""

TOKENS = (
    "+ GET /", "? GET /", "\n", "/", "{", "}", ":", ":path}", "{a}", "%2F", "%25", "%", "%ff",
    "%C3%A9", "*", "HEAD", "OPTIONS", "..", "//", ".json", "-",
)  # fmt: skip
"""For engines that put their own mutations together."""
