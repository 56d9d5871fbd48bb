"""What is left of a case when all that does not matter is left out."""

from __future__ import annotations

from dataclasses import replace

from conformance.generate.case import Case, Request, Talk
from conformance.generate.reduce import reduced
from conformance.spec import (
    App,
    Catch,
    Crash,
    Echo,
    Hook,
    Middleware,
    ReadBody,
    Respond,
    Route,
    SetHeader,
    Store,
)

APP = App(
    (
        Route("r0", "GET", "/"),
        Route("r1", "GET", "/users/{name}", ReadBody("whole", Respond(404, "no", "text/plain"))),
        Route("r2", "POST", "/b", Crash("boom")),
    ),
    (
        Middleware("m0", after=(SetHeader("X-A", "1"), Catch(Respond(500, "x")))),
        Middleware("m1", before=(Crash(),)),
    ),
    startup=(Hook("s0", Store("k1", "v")), Hook("s1")),
    cleanup=(Hook("c0"),),
    debug=True,
    body_limit=16,
)
CASE = Case(
    APP,
    (
        Talk((Request(), Request("GET", "/users/x?a=1&b=2", (("X-A", "1"), ("X-B", "2")))), True),
        Talk(
            (
                Request("POST", "/b", (("X-A", "1"), ("X-A", "1")), b"hello there", (1, 2, 3)),
                Request("GET", "/users/y"),
            ),
            cuts=(1, 2, 3, 40, 50),
        ),
    ),
)


def test_of_what_always_fails_nothing_is_left() -> None:
    assert reduced(CASE, None, lambda case, variant: bool(case.talks)) == (
        Case(App(), (Talk((Request(),)),)),
        None,
    )


def test_what_never_fails_again_is_left_as_it_was() -> None:
    assert reduced(CASE, None, lambda case, variant: False) == (CASE, None)


def test_a_request_keeps_its_route_when_the_others_go() -> None:
    def fails(case: Case, variant: Case | None) -> bool:
        asked = {request.raw_path for _, request in case.requests()}
        return any(one.method == "POST" and one.path in asked for one in case.app.routes)

    left, _ = reduced(CASE, None, fails)
    assert left == Case(App((Route("r2", "POST", "/"),)), (Talk((Request("GET", "/"),)),))


def test_a_method_becomes_a_plainer_one_for_all_who_use_it() -> None:
    def fails(case: Case, variant: Case | None) -> bool:
        asked = {request.method for _, request in case.requests()}
        return any(route.method in asked for route in case.app.routes)

    odd = Case(App((Route("r0", "PROPFIND", "/"),)), (Talk((Request("PROPFIND", "/"),)),))
    left, _ = reduced(odd, None, fails)
    assert left == Case(App((Route("r0", "GET", "/"),)), (Talk((Request(),)),))


def test_what_matters_together_stays_together() -> None:
    def fails(case: Case, variant: Case | None) -> bool:
        return (
            any(isinstance(one, SetHeader) for one in case.app.actions())
            and any(isinstance(one, Store) for one in case.app.actions())
            and any(40 in talk.cuts and talk.requests[0].body for talk in case.talks)
        )

    left, _ = reduced(CASE, None, fails)
    [middleware], [hook], [talk] = left.app.middlewares, left.app.startup, left.talks
    assert middleware == Middleware("m0", after=(SetHeader("X-A", "1"),))
    assert hook == Hook("s0", Store("k1", "v"))
    assert talk == Talk((Request("GET", "/", body=b"h"),), cuts=(40,))


def test_actions_do_less() -> None:
    def fails(case: Case, variant: Case | None) -> bool:
        return any(
            isinstance(one, Respond) and one.status == 404 for one in case.app.actions()
        ) and any(isinstance(one, Catch) for one in case.app.actions())

    left, _ = reduced(CASE, None, fails)
    [route], [middleware] = left.app.routes, left.app.middlewares
    assert route.do == ReadBody("whole", Respond(404))
    assert middleware.after == (Catch(Respond()),)


def test_a_variant_loses_the_same() -> None:
    alone = tuple(Talk((one,)) for talk in CASE.talks for one in talk.requests)
    more = (*APP.routes, Route("more", "GET", "/more", Echo()))
    variant = Case(replace(APP, routes=more), alone)

    def fails(case: Case, variant: Case | None) -> bool:
        assert variant is not None
        asked = [request for _, request in case.requests()]
        assert asked == [request for _, request in variant.requests()]
        return any("b=2" in request.target for request in asked) and len(variant.app.routes) > 1

    left, other = reduced(CASE, variant, fails)
    assert left == Case(App((Route("r2", "GET", "/"),)), (Talk((Request("GET", "/?b=2"),)),))
    assert other is not None
    assert [one.id for one in other.app.routes] == ["r2", "more"]
