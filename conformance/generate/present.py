"""A failure of a property as a reader wants it: what differs, how, and how to see it again.

Owns the order of the report, short things first; its parts are written by `shown` and `python`.
`to_json` is the same for other programs. Pure.
"""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterator, Sequence

from ..report import by_hand
from ..report.octets import printable
from ..report.style import BOLD, CYAN, DIM, RED, paint
from ..spec import JsonValue
from ..steps import Ask, Read, Send, Step
from .case import Case, Request, Talk, id_of
from .compare import Difference
from .observed import Observed
from .properties import Failure
from .python import python_of
from .session import Breach
from .shown import (
    brief,
    changed,
    described,
    keys_of,
    marked,
    observed_json,
    pretty,
    request_words,
    rows,
    sent,
    side_by_side,
    talk_words,
)

INDENT = "    "
STDERR_LINES = 12
MOST_NAME = 24


def text(
    failure: Failure | Breach,
    subject: str,
    reference: str,
    *,
    colour: bool,
    file: str | None = "FILE",
) -> str:
    """The whole report; of a script that was broken off, its steps and octets.

    subject    as it is named behind `trueline replay`: `aiohttp`, `-- node adapter.mjs`
    reference  the name of the other side, for a property that has one
    file       the replay file, if there is one already; None when there will be none
    """
    fails = paint("FAIL", f"{BOLD};{RED}", colour)
    repeat = [] if file is None else _labelled("again", [_again(file, subject)], colour)
    if isinstance(failure, Breach):
        return "\n".join([f"{fails}  {printable(str(failure))}", "", *repeat]) + "\n"
    names = _sides(failure, subject, reference)
    property = failure.property
    parts = [
        [f"{fails}  {paint(property.name, BOLD, colour)}: {property.title}"],
        [line for one in failure.differences for line in _difference(failure, one, names, colour)],
        _changes(failure, colour),
        *_requests(failure, colour),
        *_answers(failure, names, colour),
        *_of_application(failure, names, colour),
        _labelled("by hand", [printable(one) for one in _by_hand(failure)], colour),
        repeat,
        _labelled("application", pretty(brief(failure.trial.case.app)), colour),
        _labelled("as Python", _python(failure.trial.case), colour),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def _again(file: str, subject: str) -> str:
    return printable(f"trueline replay {file if file == 'FILE' else shlex.quote(file)} {subject}")


def to_json(failure: Failure | Breach) -> dict[str, JsonValue]:
    """Everything of a failure, for other programs; `left` and `right` as in `Failure`."""
    if isinstance(failure, Breach):
        return failure.to_json()
    trial = failure.trial
    return {
        "property": failure.property.name,
        "title": failure.property.title,
        "differences": differences_json(failure.differences),
        "trial": trial_json(trial.case, trial.variant),
        "left": observed_json(failure.left),
        "right": observed_json(failure.right),
        "python": "\n".join(_python(trial.case)) + "\n",
        "by_hand": _by_hand(failure),
    }


def trial_json(case: Case, variant: Case | None) -> dict[str, JsonValue]:
    return {"case": case.to_json(), "variant": None if variant is None else variant.to_json()}


def differences_json(differences: Sequence[Difference]) -> list[JsonValue]:
    return [
        {"aspect": one.aspect, "request": one.request, "left": one.left, "right": one.right}
        for one in differences
    ]


# -- Who differs in what ---------------------------------------------------------------------------


def _sides(failure: Failure, subject: str, reference: str) -> tuple[str, str]:
    """The names of left and right, of the same length. A command is too long for one."""
    subject = subject if len(subject) <= MOST_NAME else "the subject"
    if failure.property.against_reference:
        left, right = reference, subject
    else:
        left, right = subject, f"{subject}, changed"
    left, right = printable(left), printable(right)
    width = max(len(left), len(right))
    return left.ljust(width), right.ljust(width)


def _difference(
    failure: Failure, one: Difference, names: tuple[str, str], colour: bool
) -> list[str]:
    of = ""
    if one.request is not None:
        request = dict(failure.trial.case.requests())[one.request]
        of = f" of {one.request}, {request_words(request)}"
    texts = printable(one.left), printable(one.right)
    shown = [f"  * {paint(one.aspect, BOLD, colour)}{of}"]
    for name, value, span in zip(names, texts, changed(*texts), strict=True):
        shown += marked(f"{INDENT}  {name}  ", value, span, colour)
    return shown


def _changes(failure: Failure, colour: bool) -> list[str]:
    """What the variant changed, as a diff of the two cases."""
    variant = failure.trial.variant
    if variant is None:
        return []
    diff = difflib.unified_diff(described(failure.trial.case), described(variant), n=1, lineterm="")
    found = [line[:200] for line in list(diff)[2:] if not line.startswith("@@")]
    return _labelled("what was changed", found or ["nothing that can be seen"], colour)


# -- What was sent, and what came back -------------------------------------------------------------


def _differing(failure: Failure) -> list[str]:
    """The ids of the requests that differ, in their order."""
    named = {one.request for one in failure.differences}
    return [id for id, _ in failure.trial.case.requests() if id in named]


def _talks(failure: Failure) -> Iterator[tuple[int, Talk]]:
    """The connections in question; all when what differs belongs to no request."""
    places = {id.partition(".")[0] for id in _differing(failure)}
    for place, talk in enumerate(failure.trial.case.talks):
        if not places or str(place) in places:
            yield place, talk


def _requests(failure: Failure, colour: bool) -> Iterator[list[str]]:
    differing = set(_differing(failure))
    for place, talk in _talks(failure):
        label = f"sent on connection {place}: {talk_words(talk)}"
        yield [_label(label, colour), *sent(talk, place, differing, colour)]


def _answers(failure: Failure, names: tuple[str, str], colour: bool) -> Iterator[list[str]]:
    requests = dict(failure.trial.case.requests())
    for id in _differing(failure):
        aspects = [one.aspect for one in failure.differences if one.request == id]
        sides = failure.left.replies.get(id), failure.right.replies.get(id)
        if sides[0] is None or sides[1] is None:
            continue
        told = side_by_side(rows(sides[0]), rows(sides[1]), keys_of(aspects))
        for name, given in zip(names, told, strict=True):
            label = f"{name.rstrip()} answered {id}, {request_words(requests[id])}"
            shown = [_label(label, colour)]
            for line, span in given:
                shown += marked(f"{INDENT}{paint('<', DIM, colour)} ", line, span, colour)
            yield shown


def _of_application(failure: Failure, names: tuple[str, str], colour: bool) -> Iterator[list[str]]:
    """Events of hooks, and what was written to stderr where that may explain something."""
    sides: list[tuple[str, Observed]] = list(zip(names, (failure.left, failure.right), strict=True))
    if any(one.hooks for _, one in sides):
        told = [f"{name}  {', '.join(one.hooks) or 'none'}" for name, one in sides]
        yield _labelled("events of hooks", list(map(printable, told)), colour)
    for name, one in sides:
        if one.stderr and _has_failed(failure, one):
            written = printable(one.stderr).rstrip().splitlines()[-STDERR_LINES:]
            yield _labelled(f"{name.rstrip()} wrote to stderr", written, colour)


def _has_failed(failure: Failure, observed: Observed) -> bool:
    replies = [observed.replies[id] for id in _differing(failure) if id in observed.replies]
    return (
        observed.died is not None
        or observed.refusal is not None
        or any(reply.status == 0 or reply.status >= 500 for reply in replies)
    )


# -- To see it again -------------------------------------------------------------------------------


def _by_hand(failure: Failure) -> list[str]:
    """Commands for the connections in question, and for those of a variant that are others."""
    case, variant = failure.trial.case, failure.trial.variant
    found = [line for place, talk in _talks(failure) for line in _commands(place, talk)]
    if variant is None:
        return found
    differing = _differing(failure)
    pairs = zip(case.requests(), variant.requests(), strict=True)
    places = {int(other.partition(".")[0]) for (id, _), (other, _) in pairs if id in differing}
    others = [
        line
        for place in sorted(places)
        for line in _commands(place, variant.talks[place])
        if line not in found
    ]
    return [*found, "# changed:", *others] if others else found


def _commands(place: int, talk: Talk) -> list[str]:
    """curl for a request that it can send, else printf into nc: what is pipelined, and octets that
    a shell would encode."""
    if len(talk.requests) == 1 and _is_plain(talk.requests[0]):
        return [_curl(id_of(place, 0), talk.requests[0])]
    steps: list[Step] = []
    for number, request in enumerate(talk.requests):
        steps.append(Send(request.octets(id_of(place, number))))
        steps += [] if talk.is_pipelined else [Read(to=request.method)]
    return by_hand.commands([*steps, Read()])


def _is_plain(request: Request) -> bool:
    values = [value for _, value in request.headers]
    return all(value.isascii() and value == value.strip() for value in values)


def _curl(id: str, request: Request) -> str:
    body = request.body
    asked = Ask(
        request.method,
        request.target,
        (*request.headers, ("X-Request-Id", id)),
        body if body is None or request.chunks is None else (body,),
    )
    return by_hand.curl(asked)


def _python(case: Case) -> list[str]:
    try:
        return printable(python_of(case.app)).splitlines()
    except ValueError as reason:
        return [f"# not to be said in the reference's API: {reason}"]


# -- Form ------------------------------------------------------------------------------------------


def _label(label: str, colour: bool) -> str:
    return f"{INDENT}{paint(printable(label), CYAN, colour)}"


def _labelled(label: str, given: Sequence[str], colour: bool) -> list[str]:
    return (
        [_label(label, colour), *(f"{INDENT}  {line}".rstrip() for line in given)] if given else []
    )
