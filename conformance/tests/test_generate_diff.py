"""Buckets: what makes two differences the same one, and what is said to be special about each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.generate.case import Case, Request, Talk
from conformance.generate.compare import Difference
from conformance.generate.diff import Bucket, Found, Kind, kinds
from conformance.generate.observed import Observed, Outcome, Reply
from conformance.generate.properties import PROPERTIES, Failure, Trial
from conformance.generate.traits import traits, traits_behind
from conformance.spec import App, Crash, Hook, Middleware, RaiseHttp, ReadBody, Route, SetHeader

PLAIN = App((Route("r0", "GET", "/a"), Route("r1", "GET", "/{x}/é")))


def failure(
    app: App,
    talks: tuple[Talk, ...],
    differences: list[Difference],
    left: dict[str, Reply] | None = None,
    right: dict[str, Reply] | None = None,
) -> Failure:
    """On which these differ; every other request had the same reply on both sides."""
    case = Case(app, talks)
    same = {id: Reply(Outcome.ANSWERED) for id, _ in case.requests()}
    return Failure(
        PROPERTIES["differential"],
        Trial(case),
        Observed(replies={**same, **(left or {})}),
        Observed(replies={**same, **(right or {})}),
        tuple(differences),
    )


def one(request: Request, app: App = PLAIN) -> Case:
    return Case(app, (Talk((request,)),))


# -- Traits ----------------------------------------------------------------------------------------


def test_there_is_nothing_special_about_a_plain_get() -> None:
    assert traits(one(Request("GET", "/a")), "0.0") == frozenset()


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (Request("HEAD", "/a"), {"method HEAD"}),
        (Request("FOO", "/a"), {"unusual method", "no route: 405"}),
        (Request("GET", "/a?b=1"), {"query"}),
        (Request("GET", "/nowhere%20"), {"no route: 404", "percent-encoding"}),
        (Request("GET", "/a%20b/%C3%A9"), {"encoded param", "encoded literal"}),
        (Request("GET", "/x%2Fy/%C3%A9"), {"encoded slash", "encoded param", "encoded literal"}),
        (Request("GET", "/a/"), {"slash at the end", "no route: 404"}),
        (Request("GET", "//a"), {"empty segment", "no route: 404"}),
        (Request("GET", "/a", (("X-A", "\xe9"),)), {
            "header fields", "octets beyond ASCII in a header",
        }),
        (Request("GET", "/a", (("X-A", "1"), ("x-a", "2"))), {"header fields", "repeated header"}),
        (Request("GET", "/a", (("Cookie", "a=b"),)), {"cookies"}),
        (Request("GET", "/a", body=b"x"), {"sized body"}),
        (Request("GET", "/a", body=b"x" * 5000, chunks=()), {"chunked body", "large body"}),
    ],
)  # fmt: skip
def test_what_is_special_about_a_request(request_: Request, said: set[str]) -> None:
    assert traits(one(request_), "0.0") == said


def test_what_is_special_about_an_application() -> None:
    app = App(
        (Route("r0", "GET", "/a", ReadBody("whole", Crash())),),
        (Middleware("m0", after=(SetHeader("X", "1"),)), Middleware("m1")),
        startup=(Hook("s0", Crash()),),
        debug=True,
        body_limit=1,
    )
    assert traits(one(Request("GET", "/a"), app), "0.0") == {
        "handler reads body: whole",
        "handler does crash",
        "middleware that does set_header",
        "middleware that does nothing",
        "debug",
        "body limit",
    }
    assert traits(one(Request(), app), None) == {"startup hook that does crash"}


def test_a_place_on_a_connection_is_special_but_for_the_first() -> None:
    talk = Talk((Request("HEAD", "/a"), Request("GET", "/a")))
    case = Case(PLAIN, (talk,))
    assert traits(case, "0.1") == {"kept alive"}
    assert traits_behind(case, "0.1") == {"kept alive", "behind method HEAD"}
    assert traits_behind(case, "0.0") == frozenset()
    assert traits(Case(PLAIN, (replace(talk, is_pipelined=True),)), "0.1") == {"pipelined"}


# -- Kinds -----------------------------------------------------------------------------------------


def kind(*special: str, aspect: str = "status", left: str = "200", right: str = "404") -> Kind:
    return Kind(aspect, left, right, frozenset(special))


def test_what_is_more_special_is_of_the_plainer_kind() -> None:
    assert kind("query").holds(kind("query", "pipelined"))
    assert not kind("query", "pipelined").holds(kind("query"))
    assert not kind().holds(kind(right="500"))
    assert not kind().holds(kind(aspect="outcome"))


def test_the_first_difference_of_a_request_explains_the_others() -> None:
    found = failure(
        PLAIN,
        (Talk((Request("GET", "/a"),)),),
        [Difference("status", "0.0", "200", "500"), Difference("events", "0.0", "enter r0", "")],
    )
    assert kinds(found) == [kind(right="500")]


def test_whose_handler_runs_says_more_than_what_it_answers() -> None:
    found = failure(
        PLAIN,
        (Talk((Request("GET", "/a"),)),),
        [Difference("status", "0.0", "200", "404")],
        left={"0.0": Reply(Outcome.ANSWERED, events=("enter m0", "enter r0"))},
        right={"0.0": Reply(Outcome.ANSWERED, events=("enter m0",))},
    )
    assert kinds(found) == [kind(aspect="handler", left="runs", right="none")]


def test_statuses_that_an_application_gives_are_alike() -> None:
    app = App((Route("r0", "GET", "/a", RaiseHttp(418)),))
    found = failure(
        app, (Talk((Request("GET", "/a"),)),), [Difference("status", "0.0", "418", "500")]
    )
    assert kinds(found) == [kind("handler does raise_http", left="as given", right="500")]


def test_behind_an_answer_that_cannot_be_read_nothing_means_anything() -> None:
    requests = (Request("HEAD", "/a"), Request("GET", "/a"), Request("GET", "/a"))
    found = failure(
        PLAIN,
        (Talk(requests), Talk((Request("GET", "/a"),))),
        [
            Difference("outcome", "0.1", "answered with 200", "incomplete or malformed answer"),
            Difference("outcome", "0.2", "answered with 200", "incomplete or malformed answer"),
            Difference("status", "1.0", "200", "404"),
        ],
    )
    lost = Kind(
        "outcome",
        "answered",
        "incomplete or malformed answer",
        frozenset({"kept alive", "behind method HEAD"}),
    )
    assert kinds(found) == [lost, kind()]


def test_a_bucket_goes_when_a_plainer_one_was_found() -> None:
    some = failure(PLAIN, (), [])
    special, plain, other = (
        Bucket(one, "differential", some)
        for one in (kind("query", "pipelined"), kind("query"), kind(right="500"))
    )
    found = Found([special, plain, other])
    found.merge()
    assert found.buckets == [plain, other]
