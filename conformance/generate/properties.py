"""What must hold of every generated application, and how two plays of it are compared.

Owns the list of properties over cases. `differential` and `lifecycle` hold a subject against the
reference; the metamorphic ones hold it against itself, with a change that must change nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from ..spec import Middleware, Route
from .case import Case, Request, Talk
from .cases import cases, lifecycle_cases
from .compare import Difference, differences
from .ground import Ground
from .observed import Observed, Reply
from .requests import CHUNKS, CUTS, rotated
from .stage import Stage

OUTER = "outermost"
UNRELATED = "unrelated"
_RENAMED = "renamed_"


@dataclass(frozen=True)
class Trial:
    """What is played once: a case, and the variant of it that must come to the same; None when it
    is the reference that plays the same case."""

    case: Case
    variant: Case | None = None

    def __repr__(self) -> str:
        """In a few words: Hypothesis asks for it, and a whole case is a page or ten."""
        return (
            f"Trial({len(self.case.app.routes)} routes, {len(list(self.case.requests()))} requests)"
        )


@dataclass(frozen=True)
class Failure:
    """A trial on which a property does not hold, with what was observed.

    left    what the reference did, or the subject with the case itself
    right   what the subject did with that case, or with the variant; changed by nothing but what
            the variant must change
    """

    property: Property
    trial: Trial
    left: Observed
    right: Observed
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Property:
    """A promise, how trials of it are drawn, and what its variants may change.

    normal   takes what was observed and gives it without what the variant may change
    """

    name: str
    title: str
    trials: Callable[[Ground], st.SearchStrategy[Trial]]
    normal: Callable[[Observed], Observed] = lambda observed: observed
    against_reference: bool = False

    def failure(self, stage: Stage, trial: Trial) -> Failure | None:
        """Play a trial; None when the property holds. The subject is the first on the stage, the
        reference the second. Raises AdapterError."""
        if trial.variant is None:
            right, left = stage.play(trial.case)
        else:
            left, right = stage.play_each([trial.case, trial.variant])
            right = _with_ids_of(trial.case, trial.variant, right)
        if left.is_unsupported or right.is_unsupported:
            raise NotExpressible(left.refusal or right.refusal or "")
        left, right = self.normal(left), self.normal(right)
        found = differences(trial.case, left, right)
        return Failure(self, trial, left, right, tuple(found)) if found else None


class NotExpressible(Exception):
    """An adapter cannot express the application: nothing was compared."""


def _with_ids_of(case: Case, variant: Case, observed: Observed) -> Observed:
    """What was observed of a variant, its replies under the ids that the requests have in the
    case; both have the same requests in the same order."""
    pairs = zip(case.requests(), variant.requests(), strict=True)
    return replace(
        observed,
        replies={
            id: observed.replies[other]
            for (id, _), (other, _) in pairs
            if other in observed.replies
        },
    )


# -- Variants that must change nothing -------------------------------------------------------------


def _each_request(case: Case, change: Callable[[Request], Request]) -> Case:
    return replace(
        case,
        talks=tuple(
            replace(talk, requests=tuple(change(one) for one in talk.requests))
            for talk in case.talks
        ),
    )


@st.composite
def _segmented(draw: st.DrawFn, ground: Ground) -> Trial:
    case = draw(cases(ground))
    places = draw(st.one_of(CUTS, st.just(tuple(range(1, 400)))))
    whole = replace(case, talks=tuple(replace(talk, cuts=()) for talk in case.talks))
    return Trial(whole, replace(case, talks=tuple(replace(one, cuts=places) for one in case.talks)))


@st.composite
def _with_unrelated_route(draw: st.DrawFn, ground: Ground) -> Trial:
    case = draw(cases(ground))
    path = draw(st.sampled_from(("/un-related", "/un-related/{it}", "/un-related/a/b")))
    route = Route(UNRELATED, draw(st.sampled_from(("GET", "POST"))), path)
    routes = (*case.app.routes, route) if draw(st.booleans()) else (route, *case.app.routes)
    return Trial(case, replace(case, app=replace(case.app, routes=routes)))


@st.composite
def _with_outer_middleware(draw: st.DrawFn, ground: Ground) -> Trial:
    case = draw(cases(ground))
    stack = (Middleware(OUTER), *case.app.middlewares)
    return Trial(case, replace(case, app=replace(case.app, middlewares=stack)))


def _without_outer(observed: Observed) -> Observed:
    return _each_reply(
        observed,
        lambda reply: replace(
            reply, events=tuple(one for one in reply.events if not one.endswith(" " + OUTER))
        ),
    )


@st.composite
def _with_renamed_params(draw: st.DrawFn, ground: Ground) -> Trial:
    case = draw(cases(ground))
    routes = tuple(
        replace(route, path=route.path.replace("{", "{" + _RENAMED)) for route in case.app.routes
    )
    return Trial(case, replace(case, app=replace(case.app, routes=routes)))


def _with_old_names(observed: Observed) -> Observed:
    def old(reply: Reply) -> Reply:
        if reply.echo is None:
            return reply
        params = {
            name.removeprefix(_RENAMED): value for name, value in reply.echo["params"].items()
        }
        return _with_echo(reply, {"params": params})

    return _each_reply(observed, old)


@st.composite
def _framed_otherwise(draw: st.DrawFn, ground: Ground) -> Trial:
    case = draw(cases(ground))
    sizes = draw(CHUNKS)
    sized = _each_request(case, lambda one: replace(one, chunks=None))
    return Trial(
        sized,
        _each_request(case, lambda one: one if one.body is None else replace(one, chunks=sizes)),
    )


def _without_framing(observed: Observed) -> Observed:
    def without(reply: Reply) -> Reply:
        if reply.echo is None:
            return reply
        headers = [
            [name, value]
            for name, value in reply.echo["headers"]
            if name.lower() not in ("content-length", "transfer-encoding")
        ]
        return _with_echo(reply, {"headers": headers})

    return _each_reply(observed, without)


@st.composite
def _with_fields_in_another_order(draw: st.DrawFn, ground: Ground) -> Trial:
    case = draw(cases(ground))
    by = draw(st.integers(1, 3))
    return Trial(
        case, _each_request(case, lambda one: replace(one, headers=rotated(one.headers, by)))
    )


@st.composite
def _on_other_connections(draw: st.DrawFn, ground: Ground) -> Trial:
    """Each request alone, or all of a connection kept alive, or pipelined."""
    case = draw(cases(ground))
    how = draw(st.sampled_from(("alone", "kept alive", "pipelined")))
    if how == "alone":
        talks = tuple(Talk((one,), cuts=talk.cuts) for talk in case.talks for one in talk.requests)
    else:
        talks = tuple(replace(one, is_pipelined=how == "pipelined") for one in case.talks)
    return Trial(case, replace(case, talks=talks))


def _each_reply(observed: Observed, change: Callable[[Reply], Reply]) -> Observed:
    return replace(observed, replies={id: change(reply) for id, reply in observed.replies.items()})


def _with_echo(reply: Reply, members: dict[str, object]) -> Reply:
    assert reply.answer is not None
    assert reply.echo is not None
    body = json.dumps({**reply.echo, **members}).encode()
    return replace(reply, answer=replace(reply.answer, body=body))


# -- The list --------------------------------------------------------------------------------------


def _alike(
    of: Callable[[Ground], st.SearchStrategy[Case]],
) -> Callable[[Ground], st.SearchStrategy[Trial]]:
    return lambda ground: of(ground).map(Trial)


PROPERTIES: dict[str, Property] = {
    one.name: one
    for one in (
        Property(
            "differential",
            "An application does what the same one does on the reference",
            _alike(cases),
            against_reference=True,
        ),
        Property(
            "lifecycle",
            "Hooks run, fail and unwind as on the reference",
            _alike(lifecycle_cases),
            against_reference=True,
        ),
        Property("segmentation", "How TCP cuts a request changes nothing", _segmented),
        Property(
            "unrelated-route", "A route more changes nothing for others", _with_unrelated_route
        ),
        Property(
            "outer-middleware",
            "A middleware more that does nothing changes nothing",
            _with_outer_middleware,
            _without_outer,
        ),
        Property(
            "param-names",
            "The names of params change nothing but names",
            _with_renamed_params,
            _with_old_names,
        ),
        Property(
            "body-framing",
            "A body is the same sized and chunked",
            _framed_otherwise,
            _without_framing,
        ),
        Property(
            "field-order",
            "The order of fields with different names changes nothing",
            _with_fields_in_another_order,
        ),
        Property(
            "connection",
            "A request means the same alone, kept alive and pipelined",
            _on_other_connections,
        ),
    )
}
"""By name, the one that finds most first."""
