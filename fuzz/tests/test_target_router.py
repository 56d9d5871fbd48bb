"""Invariant tested: the target `router` passes what is right and tells what is wrong, in a word.

That it finds faults is tested with the planted ones.
"""

from __future__ import annotations

import pytest

from fuzz.choices import Chance
from fuzz.router_model import Resolved, Table
from fuzz.table import TABLE
from fuzz.table.words import EXPRESSIONS
from fuzz.target import Seen, Violation, Wanted
from fuzz.targets import opened
from fuzz.targets.router import RouterTarget

TABLE_OF_USERS = "\n".join(
    (
        "+ GET /users/me",
        "+ GET /users/{name}",
        "+ POST /users/{name}",
        r"+ GET /users/{id:\d+}",
        "+ * /files/{rest:path}",
        "? GET /users/me",
        "? GET /users/J%C3%BCrgen",
        "? HEAD /users/7",
        "? PUT /users/7",
        "? GET /files/a/b//",
        "? GET /users/",
        "? OPTIONS *",
    )
)


def resolved(*lines: str, ask: tuple[str, str]) -> Resolved:
    table = Table(EXPRESSIONS)
    for line in lines:
        table.add(*line.split(" ", 1))
    return table.resolve(*ask)


def violation(plant: str, text: str) -> Violation:
    target = opened(Wanted("router", plant=plant))
    with pytest.raises(Violation) as caught:
        target.check(text.encode(), thorough=True)
    opened(Wanted("router")).check(text.encode(), thorough=True)
    return caught.value


# --- the model ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("routes", "ask", "expected"),
    [
        (["GET /a", "GET /{x}"], ("GET", "/a"), (0, {}, ())),
        (["GET /{x}", "GET /a"], ("GET", "/%61"), (1, {}, ())),
        (["GET /{x}", r"GET /{x:\d+}"], ("GET", "/7"), (1, {"x": "7"}, ())),
        (["GET /{x:path}", "GET /{x}"], ("GET", "/a"), (1, {"x": "a"}, ())),
        (["GET /{x:path}", "GET /{x}/b"], ("GET", "/a/c"), (0, {"x": "a/c"}, ())),
        (["GET /s/{x:path}"], ("GET", "/s/"), (0, {"x": ""}, ())),
        (["GET /s/{x:path}"], ("GET", "/s"), (None, {}, ())),
        (["GET /{x}"], ("GET", "/"), (None, {}, ())),
        (["GET /{x}"], ("GET", "/a%2Fb"), (0, {"x": "a/b"}, ())),
        (["GET /{x}"], ("GET", "/%ff%41"), (0, {"x": "%ff%41"}, ())),
        (["GET /{x}-{y}"], ("GET", "/a-b-c"), (0, {"x": "a-b", "y": "c"}, ())),
        (["GET /a", "PUT /{x}"], ("DELETE", "/a"), (None, {}, ("GET", "HEAD", "PUT"))),
        (["POST /a", "GET /{x}"], ("GET", "/a"), (1, {"x": "a"}, ())),
        (["* /a", "GET /a", "HEAD /a"], ("HEAD", "/a"), (2, {}, ())),
        (["* /a", "GET /a"], ("HEAD", "/a"), (1, {}, ())),
        (["GET /a", "* /b"], ("OPTIONS", "*"), (None, {}, ("GET", "HEAD"))),
        (["GET /{x:.*}", "GET /{y}x"], ("GET", "/ax"), (0, {"x": "ax"}, ())),
    ],
)  # fmt: skip
def test_the_model_reads_tables_as_they_are_documented(
    routes: list[str], ask: tuple[str, str], expected: tuple[int | None, dict[str, str], object]
) -> None:
    assert resolved(*routes, ask=ask) == expected


# --- the target -----------------------------------------------------------------------------------


def test_a_table_is_counted_and_signed() -> None:
    seen = RouterTarget().check(TABLE_OF_USERS.encode(), thorough=True)
    assert seen == Seen("tail 2", True, (), 7)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "? GET /",
        "+ GET /{a:(x+x+)+y}\n? GET /xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "+ GET /{a\n+ G T /\n+ GET /{a:(?a)(?u)}\n+ GET /{a:[[a]}\n? GET /",
        "+ GET /{a}\n? GET /x\n+ GET /x\n? GET /x",
        "+ GET /x/{a:path}\n+ GET /x/{a}/{b}\n? GET /x/a%2Fb",
        "+ GET /../{a}\n? GET /../x",
        "+ GET /%41{a}%ff\n? GET /%41x%ff\n? GET /Ax%ff",
    ],
)
def test_what_is_right_passes(text: str) -> None:
    RouterTarget().check(text.encode(), thorough=True)


def test_drawn_and_changed_tables_pass() -> None:
    target, choices = RouterTarget(), Chance(20)
    one = other = TABLE.draw(choices)
    units = 0
    for _ in range(50):
        one, other = TABLE.mutate(one, other, choices), TABLE.draw(choices)
        units += target.check(one).units + target.check(other).units
    assert units > 4_000


def test_octets_that_are_no_table_pass() -> None:
    target = RouterTarget()
    assert target.check(bytes(range(256))) == Seen("no route 0", False, (), 0)
    assert not target.check(b"+ GET /\xff\n? GET /\xff").accepted


def test_a_difference_is_told_in_words_that_are_not_of_the_input() -> None:
    one = violation("router/decoded-twice", "+ GET /{a}\n? GET /%2561")
    assert (one.kind, one.left, one.right) == ("other parameters", "param", "")
    assert "? GET /%2561" in one.text
    two = violation("router/decoded-twice", "+ GET /x/{b}\n? GET /x/%2541")
    assert two.bucket == one.bucket


@pytest.mark.parametrize(
    ("plant", "text", "told"),
    [
        (
            "any-method-first",
            "+ * /{a}\n+ GET /{a}\n? GET /%61",
            ("another route", "any method", "GET"),
        ),
        (
            "empty-parameter",
            "+ GET /{a}/b\n? GET //b",
            ("resolves differently", "a route, param", "nothing"),
        ),
        (
            "values-of-dead-end",
            "+ GET /{a:.*}/b\n+ GET /{x}/c\n? GET /a/c",
            ("resolve raises", "ValueError", ""),
        ),
        (
            "duplicate-with-other-names",
            "+ GET /{a}\n+ GET /{b}",
            ("registration", "taken", "refused by the model"),
        ),
        ("url-with-slash", "+ GET /{a}\n? GET /a%2Fb", ("url leads elsewhere", "param", "")),
        ("expression-error-escapes", "+ GET /{a:(}", ("add_route raises", "error", "")),
    ],
)
def test_violations(plant: str, text: str, told: tuple[str, str, str]) -> None:
    one = violation(f"router/{plant}", text)
    assert (one.kind, one.left, one.right) == told
