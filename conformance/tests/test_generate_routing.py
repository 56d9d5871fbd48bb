"""The model of routing: against the reference's own table, and each dialect by its own case."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from conformance.adapters.reference import ReferenceAdapter
from conformance.generate.case import Case
from conformance.generate.cases import cases
from conformance.generate.routing import Resolved, resolve
from conformance.spec import App, Route, app
from reference import Request, Response
from reference.route import RouteError
from reference.router import UrlDispatcher

DECLARED = ReferenceAdapter.dialect


async def _handler(request: Request) -> Response:
    raise AssertionError("it is only looked up")


def _router(described: App) -> UrlDispatcher | None:
    """The reference's table of these routes, None when it refuses them."""
    router = UrlDispatcher()
    for route in described.routes:
        try:
            router.add_route(route.method, route.path, _handler, name=route.id)
        except RouteError:
            return None
    return router


def _found(router: UrlDispatcher, method: str, raw_path: str) -> Resolved:
    match = router.resolve(method, raw_path)
    if match.route is not None:
        assert match.route.name is not None
        return Resolved("route", match.route.name, tuple(match.params.items()))
    if match.allowed:
        return Resolved("405", "405 " + ", ".join(sorted(match.allowed)))
    return Resolved("404")


@settings(max_examples=300, deadline=None)
@given(cases())
def test_the_model_is_what_the_reference_does(case: Case) -> None:
    router = _router(case.app)
    for _, request in case.requests() if router is not None else ():
        assert router is not None
        predicted = resolve(case.app, request.method, request.raw_path, DECLARED)
        assert predicted == _found(router, request.method, request.raw_path), request


ABOUT = app(Route("r", "GET", "/about"))
ITEM = app(Route("r", "GET", "/items/{name}"))
DOLLAR = app(Route("r", "GET", "/$"))
SLASH = app(Route("r", "GET", "/about/"))
PAIR = app(Route("param", "GET", "/{x}/{y}"), Route("literal", "GET", "/{x}/a"))
ANY_PAIR = Resolved("route", "param", (("x", "1"), ("y", "a")))
ME = app(Route("param", "GET", "/users/{x}"), Route("literal", "GET", "/users/me"))
TWICE = app(Route("first", "GET", "/a"), Route("last", "GET", "/a"))
HEAD = app(Route("get", "GET", "/a"), Route("head", "HEAD", "/a"))
OTHER_HEAD = app(Route("get", "GET", "/a"), Route("head", "HEAD", "/{x}"))
NOT_FOUND = Resolved("404")
FOUND = Resolved("route", "r")


def _named(value: str) -> Resolved:
    return Resolved("route", "r", (("name", value),))


DIALECTS = [
    # option, value, application, request, what becomes of it
    ("known_methods", "any", ABOUT, "BREW /about", Resolved("405", "405 GET, HEAD")),
    ("known_methods", "registered", ABOUT, "BREW /about", Resolved("400")),
    ("known_methods", "registered", ABOUT, "LOCK /about", Resolved("405", "405 GET, HEAD")),
    ("wrong_method", "404", ABOUT, "PUT /about", Resolved("405", "404 GET, HEAD")),
    ("allow_lists", "nothing", ABOUT, "PUT /about", Resolved("405", "405 GET")),
    ("allow_lists", "options", ABOUT, "PUT /about", Resolved("405", "405 GET, OPTIONS")),
    ("options_of_get", "204", ABOUT, "OPTIONS /about", Resolved("405", "204")),
    ("head_of_get", "yes", ABOUT, "HEAD /about", FOUND),
    ("head_of_get", "no", ABOUT, "HEAD /about", Resolved("405", "405 GET")),
    ("head_route", "same_path", HEAD, "HEAD /a", Resolved("route", "head")),
    ("head_route", "later", HEAD, "HEAD /a", Resolved("route", "get")),
    ("head_route", "same_path", OTHER_HEAD, "HEAD /a", Resolved("route", "get")),
    ("head_route", "all", OTHER_HEAD, "HEAD /a", Resolved("route", "head", (("x", "a"),))),
    ("encoded_slash", "decoded", ITEM, "GET /items/a%2Fb", _named("a/b")),
    ("encoded_slash", "raw", ITEM, "GET /items/a%2fb%20", _named("a%2Fb ")),
    ("encoded_slash", "404", ITEM, "GET /items/a%2Fb", NOT_FOUND),
    ("encoded_slash", "separator", ITEM, "GET /items/a%2Fb", NOT_FOUND),
    ("encoded_slash", "separator", ITEM, "GET /items%2Fb", _named("b")),
    ("param_decoding", "raw", ITEM, "GET /items/%C3%BC", _named("%C3%BC")),
    ("invalid_utf8", "replace", ITEM, "GET /items/a%FF", _named("a\ufffd")),
    ("invalid_utf8", "keep", ITEM, "GET /items/%C3%BC%ff", _named("%C3%BC%ff")),
    ("invalid_utf8", "surrogate", ITEM, "GET /items/a%FF", _named("a\udcff")),
    ("invalid_utf8", "ignore", ITEM, "GET /items/a%FF", _named("a")),
    ("invalid_utf8", "400", ITEM, "GET /items/a%FF", Resolved("400")),
    ("precedence", "literal", ME, "GET /users/me", Resolved("route", "literal")),
    ("precedence", "prefix", ME, "GET /users/me", Resolved("route", "literal")),
    ("precedence", "registration", ME, "GET /users/me", Resolved("route", "param", (("x", "me"),))),
    ("precedence", "literal", PAIR, "GET /1/a", Resolved("route", "literal", (("x", "1"),))),
    (
        "precedence",
        "prefix",
        PAIR,
        "GET /1/a",
        Resolved("route", "param", (("x", "1"), ("y", "a"))),
    ),
    ("encoded_literal", "yes", ABOUT, "GET /%61bout", FOUND),
    ("encoded_literal", "no", ABOUT, "GET /%61bout", NOT_FOUND),
    ("encoded_delimiter", "yes", DOLLAR, "GET /%24", FOUND),
    ("encoded_delimiter", "no", DOLLAR, "GET /%24", NOT_FOUND),
    ("encoded_delimiter", "no", DOLLAR, "GET /$", FOUND),
    ("duplicate_route", "first", TWICE, "GET /a", Resolved("route", "first")),
    ("duplicate_route", "last", TWICE, "GET /a", Resolved("route", "last")),
    ("trailing_slash", "404", ABOUT, "GET /about/", NOT_FOUND),
    ("trailing_slash", "same", ABOUT, "GET /about/", FOUND),
    ("trailing_slash", "308", ABOUT, "GET /about//", Resolved("redirect", "308")),
    ("missing_slash", "404", SLASH, "GET /about", NOT_FOUND),
    ("missing_slash", "same", SLASH, "GET /about", FOUND),
    ("missing_slash", "307", SLASH, "GET /about", Resolved("redirect", "307")),
    ("double_slash", "same", ITEM, "GET /items//a", _named("a")),
    ("double_slash", "redirect", ITEM, "GET /items//a", Resolved("redirect", "redirect")),
]


@pytest.mark.parametrize(("option", "value", "described", "request_line", "expected"), DIALECTS)
def test_each_dialect_is_modelled(
    option: str, value: str, described: App, request_line: str, expected: Resolved
) -> None:
    method, path = request_line.split()
    assert resolve(described, method, path, {option: value}) == expected


@pytest.mark.parametrize("path", ["/items/", "/items", "/items/a/b", "/Items/a", "/nowhere", "//"])
def test_what_no_dialect_is_about_is_not_found(path: str) -> None:
    assert resolve(ITEM, "GET", path, {}) == NOT_FOUND
