"""Which route a path takes, with no request."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.miniature.router import Router

NO_FAULTS: frozenset[str] = frozenset()


async def nothing(request: Any) -> None:
    """No test here calls it."""


def router(*routes: tuple[str, str], fault: str | None = None) -> Router:
    made = Router(NO_FAULTS if fault is None else frozenset({fault}))
    for method, path in routes:
        made.add(method, path, nothing)
    return made


def found(
    made: Router, path: str, method: str = "GET"
) -> tuple[str, dict[str, str]] | tuple[str, ...]:
    """The path of the route and its params, or the methods that are allowed instead."""
    result = made.find(method, path)
    return result.allowed if result.route is None else (result.route.path, result.params)


TABLE = (
    ("GET", "/users/{name}"),
    ("GET", "/users/me"),
    ("PUT", "/users/{name}"),
    ("GET", "/users/new/form"),
    ("GET", "/users/{name}/posts"),
    ("GET", "/files/{name}.txt"),
    ("GET", "/100%/é b+c"),
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/users/you", ("/users/{name}", {"name": "you"})),
        ("/users/me", ("/users/me", {})),
        ("/users/%6De", ("/users/me", {})),
        ("/users/new/posts", ("/users/{name}/posts", {"name": "new"})),
        ("/users/a%2Fb", ("/users/{name}", {"name": "a/b"})),
        ("/users/a%252Fb", ("/users/{name}", {"name": "a%2Fb"})),
        ("/users/a%zz%", ("/users/{name}", {"name": "a%zz%"})),
        ("/users/a%FFb", ("/users/{name}", {"name": "a\ufffdb"})),
        ("/users/..", ("/users/{name}", {"name": ".."})),
        ("/files/a.b.txt", ("/files/{name}.txt", {"name": "a.b"})),
        ("/100%25/%c3%a9%20b+c", ("/100%/é b+c", {})),
        ("/users/", ()),
        ("/users/me/", ()),
        ("/users//me", ()),
        ("/users", ()),
    ],
)
def test_found(path: str, expected: object) -> None:
    assert found(router(*TABLE), path) == expected


def test_method_decides_among_routes_that_match() -> None:
    made = router(*TABLE)
    assert found(made, "/users/me", "PUT") == ("/users/{name}", {"name": "me"})
    assert found(made, "/users/me", "HEAD") == ("/users/me", {})
    assert found(made, "/users/me", "DELETE") == ("GET", "HEAD", "PUT")


def test_route_of_its_own_for_head_wins() -> None:
    made = router(("GET", "/{a}"), ("HEAD", "/{b}"))
    assert found(made, "/x", "HEAD") == ("/{b}", {"b": "x"})


def test_duplicate_is_refused_whatever_its_params_are_called() -> None:
    with pytest.raises(ValueError, match="already"):
        router(("GET", "/users/{name}"), ("GET", "/users/{id}"))


@pytest.mark.parametrize(
    ("fault", "path", "expected"),
    [
        ("matches-prefix", "/users/me/x", ("/users/me", {})),
        ("registration-order", "/users/me", ("/users/{name}", {"name": "me"})),
        ("never-backtracks", "/users/new/posts", ()),
        ("first-route-only", "/users/you", ()),
        ("params-span-segments", "/users/a/b", ("/users/{name}", {"name": "a/b"})),
        ("params-are-word-characters", "/users/a-b", ()),
        ("decodes-before-matching", "/users/a%2Fposts", ("/users/{name}/posts", {"name": "a"})),
        ("decodes-twice", "/users/a%252Fb", ("/users/{name}", {"name": "a/b"})),
        ("plus-in-path-is-space", "/users/a+b", ("/users/{name}", {"name": "a b"})),
        ("params-are-raw", "/users/a%20b", ("/users/{name}", {"name": "a%20b"})),
        ("path-is-regex", "/files/axtxt", ("/files/{name}.txt", {"name": "a"})),
        ("normalises-dot-segments", "/users/a/../me", ("/users/me", {})),
        ("collapses-slashes", "/users//me", ("/users/me", {})),
    ],
)
def test_found_with_the_fault(fault: str, path: str, expected: object) -> None:
    table = TABLE[:-1]  # as a regular expression, the last one is none
    assert found(router(*table, fault=fault), path) == expected
