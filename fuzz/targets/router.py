"""The target `router`: the reference's route table beside a plain model of it.

Owns how the two are compared, and in which words a difference is told.
"""

from __future__ import annotations

import random
import warnings
from typing import Any, NamedTuple

from ..plants import subject
from ..router_model import (
    KINDS,
    LITERAL,
    MIXED,
    PARAM,
    TAIL,
    Entry,
    NotJudged,
    Refused,
    Resolved,
    Table,
)
from ..table import TABLE
from ..table.lines import Line, read_lines
from ..table.words import EXPRESSIONS
from ..target import Seen, Target, Violation, Wanted, derived_seed

ELSEWHERE = "/(elsewhere)/{in}-{the}/{table:path}"
"""A route that no question reaches, unless it is asked for by this name."""

ONE_IN = 8
"""How many tables there are to one that is registered in another order as well; the order of the
lines themselves is another one in every table."""

THOROUGH_ORDERS = 8


async def _handler(request: object) -> object:
    """Stands for every handler: none is ever called."""
    raise NotImplementedError


class Answer(NamedTuple):
    """A question that was asked when the table was complete, and the model's answer."""

    line: Line
    expected: Resolved


class RouterTarget(Target):
    """The reference's router, or a copy of it with a planted fault."""

    name = "router"
    language = TABLE
    batch = 16

    def __init__(self, plant: str | None = None) -> None:
        reference = subject(plant)
        self._dispatcher: Any = reference.router.UrlDispatcher
        self._refusal: type[Exception] = reference.route.RouteError

    def check(self, data: bytes, *, thorough: bool = False) -> Seen:
        """Invariant: whatever is registered is taken or refused with RouteError, and every path
        resolves to what a plain reading of the patterns says: the same route with the same
        parameters, or the same methods. What `url_for` builds from a match leads to it again. A
        route that is added changes no other, and the order matters only between mixed segments.
        """
        seed = derived_seed(data)
        orders = THOROUGH_ORDERS if thorough else seed % ONE_IN == 0
        table = _Comparison(self._dispatcher, self._refusal)
        for line in read_lines(data):
            if line.is_question:
                table.ask(line)
            else:
                table.register(line)
        table.follow_urls(every=thorough)
        for number in range(orders):
            table.register_anew(seed + number)
        return table.seen()


class _Comparison:
    """One table, registered in the reference and in the model."""

    def __init__(self, dispatcher: Any, refusal: type[Exception]) -> None:
        self._dispatcher = dispatcher
        self._refusal = refusal
        self._router = dispatcher()
        self._table = Table(EXPRESSIONS)
        self._routes: list[Any] = []  # those of the reference, in the order of the model's entries
        self._lines: list[Line] = []  # they were registered with
        self._answers: list[Answer] = []
        self._found: dict[int, Line] = {}  # the first question that led to a route, by its number
        self._events: set[str] = set()
        self._questions = 0

    def register(self, line: Line) -> None:
        """Register a route in both. Raises Violation."""
        try:
            self._table.add(line.method, line.path)
        except NotJudged:
            self._events.add("not judged")
            self._add(self._dispatcher(), line)
            return
        except Refused:
            self._events.add("refused")
            if self._add(self._router, line) is not None:
                raise Violation(
                    "registration", "taken", "refused by the model", text=f"{line} was taken"
                ) from None
            return
        route = self._add(self._router, line)
        if route is None:
            raise Violation(
                "registration", "refused", "taken by the model", text=f"{line} was refused"
            )
        self._routes.append(route)
        self._lines.append(line)
        self._answers.clear()  # they were given about another table

    def _add(self, router: Any, line: Line) -> Any:
        """The reference's route; None when it is refused. Raises Violation for another error."""
        try:
            if "[" not in line.path:
                return router.add_route(line.method, line.path, _handler)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # of `re`: for the author's eyes
                return router.add_route(line.method, line.path, _handler)
        except self._refusal:
            return None
        except Exception as error:
            raise Violation(
                "add_route raises", type(error).__name__, text=f"{line}: {error!r}"
            ) from error

    def ask(self, line: Line) -> None:
        """Resolve in both, and compare. Raises Violation."""
        expected = self._table.resolve(line.method, line.path)
        self._compare(self._router, self._routes, line, expected)
        self._questions += 1
        self._answers.append(Answer(line, expected))
        if expected.number is not None:
            self._found.setdefault(expected.number, line)

    def _compare(
        self, router: Any, routes: list[Any], line: Line, expected: Resolved, when: str = ""
    ) -> None:
        match = _resolved(router, line)
        route = None if expected.number is None else routes[expected.number]
        if (
            match.route is not route
            or match.params != expected.params
            or match.allowed != expected.allowed
        ):
            number = routes.index(match.route) if match.route in routes else None
            given = Resolved(number, dict(match.params), match.allowed)
            raise self._difference(line, given, expected, when)

    def _difference(self, line: Line, given: Resolved, expected: Resolved, when: str) -> Violation:
        entries = self._table.entries
        text = f"{line} leads to {self._shown(given)}, and to {self._shown(expected)} by the model"
        if given.number is None or expected.number is None:
            return Violation(
                f"resolves differently{when}",
                _said(given, entries),
                _said(expected, entries),
                text=text,
            )
        if given.number == expected.number:
            kinds = _kinds_of_others(entries[given.number], given, expected)
            return Violation(f"other parameters{when}", kinds, text=text)
        left, right = _deciding(entries[given.number], entries[expected.number])
        return Violation(f"another route{when}", left, right, text=text)

    def _shown(self, resolved: Resolved) -> str:
        if resolved.number is None:
            return f"no route, methods {', '.join(resolved.allowed) or 'none'}"
        line = self._lines[resolved.number]
        return f"{line.method} {line.path} with {dict(resolved.params)}"

    def follow_urls(self, *, every: bool) -> None:
        """What `url_for` builds from the parameters of a match leads to it again. Raises Violation.

        every   follow all matches of a table, not only the first of each route
        """
        answers = self._found.values() if not every else [answer.line for answer in self._answers]
        for line in answers:
            match = _resolved(self._router, line)
            if match.route is None:
                continue
            entry = self._table.entries[self._routes.index(match.route)]
            if entry.pattern[-1].kind == TAIL and "%2f" in line.path.lower():
                continue  # slashes separate in the URL of a tail, so this is another path
            try:
                url = match.route.url_for(**match.params)
            except ValueError:
                self._events.add("no url")
                continue
            except Exception as error:
                raise Violation(
                    "url_for raises", type(error).__name__, text=f"{line}: {error!r}"
                ) from error
            again = _resolved(self._router, Line(True, line.method, url.raw_path))
            if again.route is not match.route or again.params != match.params:
                text = f"{line} leads to {match}, whose URL {url} leads to {again}"
                raise Violation("url leads elsewhere", _kind(entry), text=text)
            if url.raw_path.startswith("//") or {".", ".."} & set(url.raw_path.split("/")):
                raise Violation("url is changed by clients", "a path", text=f"{match}: {url}")

    def register_anew(self, seed: int) -> None:
        """Another router with the same routes in another order, and one route more, gives the same
        answers. Raises Violation."""
        if not self._routes or not self._answers:
            return
        order = _other_order(self._table.entries, seed)
        router = self._dispatcher()
        routes = [None] * len(self._routes)
        for number in order:
            routes[number] = self._add(router, self._lines[number])
            if routes[number] is None:
                raise Violation(
                    "registration", "refused in another order", text=str(self._lines[number])
                )
        half = len(self._answers) // 2
        for answer in self._answers[:half]:
            self._compare(router, routes, *answer, " in another order")
        # Its method is one that there is, so that OPTIONS * has nothing new to tell either.
        self._add(router, Line(False, self._lines[0].method, ELSEWHERE))
        for answer in self._answers[half:]:
            self._compare(router, routes, *answer, " in another order")

    def seen(self) -> Seen:
        """What happened, by the most elaborate route that was found: there are some hundred."""
        found = [self._table.entries[number] for number in self._found]
        routes = [(_kinds(entry).count(" "), len(entry.pattern), _kinds(entry)) for entry in found]
        _, depth, kinds = max(routes, default=(0, 0, "no route"))
        return Seen(
            signature=", ".join((f"{kinds} {min(depth, 5)}", *sorted(self._events))),
            accepted=bool(found),
            units=self._questions,
        )


def open_target(wanted: Wanted) -> Target:
    return RouterTarget(wanted.plant)


def _resolved(router: Any, line: Line) -> Any:
    try:
        return router.resolve(line.method, line.path)
    except Exception as error:
        raise Violation(
            "resolve raises", type(error).__name__, text=f"{line}: {error!r}"
        ) from error


def _other_order(entries: list[Entry], seed: int) -> list[int]:
    """The indices of the entries in an order that must not matter.

    Mixed siblings are tried in the order of registration, so the routes that have such segments
    keep the order that they have among each other.
    """
    order = [entry.number for entry in entries]
    random.Random(seed).shuffle(order)  # noqa: S311 - nothing is kept secret by it
    kept = iter([number for number in range(len(order)) if _has_mixed(entries[number])])
    return [next(kept) if _has_mixed(entries[number]) else number for number in order]


def _has_mixed(entry: Entry) -> bool:
    return any(segment.kind == MIXED for segment in entry.pattern)


def _kinds(entry: Entry) -> str:
    """The kinds of a route's segments, without how many there are."""
    kinds = {segment.kind for segment in entry.pattern} - {LITERAL}
    return " ".join(KINDS[kind] for kind in sorted(kinds)) or KINDS[LITERAL]


def _kind(entry: Entry) -> str:
    """The kind of its segments that has the most to it: what one cause has in common."""
    kinds = {segment.kind for segment in entry.pattern}
    return KINDS[next(kind for kind in (MIXED, TAIL, PARAM, LITERAL) if kind in kinds)]


def _said(resolved: Resolved, entries: list[Entry]) -> str:
    if resolved.number is not None:
        return f"a route, {_kind(entries[resolved.number])}"
    return "other methods" if resolved.allowed else "nothing"


def _deciding(one: Entry, other: Entry) -> tuple[str, str]:
    """In what two routes that match the same path differ first."""
    for left, right in zip(one.pattern, other.pattern, strict=False):
        if left.shape != right.shape:
            return KINDS[left.kind], KINDS[right.kind]
    return _method(one), _method(other)


def _method(entry: Entry) -> str:
    return {"*": "any method", "GET": "GET", "HEAD": "HEAD"}.get(entry.method, "a method")


def _kinds_of_others(entry: Entry, given: Resolved, expected: Resolved) -> str:
    others = {
        KINDS[segment.kind]
        for segment in entry.pattern
        for name in segment.names
        if given.params.get(name) != expected.params.get(name)
    }
    return " ".join(sorted(others)) or "more of them"
