"""Changing a route table that there is, line by line or segment by segment.

Owns the mutations. Takes any octets: whatever is no line is kept as it is.
"""

from __future__ import annotations

from collections.abc import Callable

from ..choices import Choices, one_of
from .lines import read_text, written
from .words import FIRST_NAMES, LITERALS, MALFORMED, METHODS, MIXED, TOKENS, VALUES

MAX_OCTETS = 65_536
LEAST_QUESTIONS = 60
"""A table is worth its registration by the questions that are asked of it."""

_ASKED = (*VALUES, *(segment for one in MIXED for segment in one.segments))
_SEGMENTS = (
    *LITERALS,
    *(one.pattern.replace("{@0", "{p").replace("{@1", "{q") for one in MIXED),
    *("{name}", "{name}", "{rest:path}"),
    *_ASKED,
    *MALFORMED,
)


def mutate(data: bytes, other: bytes, choices: Choices) -> bytes:
    """The table with one to four changes, and with questions where it has few."""
    lines = read_text(data[:MAX_OCTETS]).split("\n")
    others = read_text(other[:MAX_OCTETS]).split("\n")
    for _ in range(1 + choices.below(4)):
        lines = one_of(choices, _MUTATIONS)(lines, others, choices) or [""]
    return written("\n".join((*lines, *_more_questions(lines, choices))))


def _more_questions(lines: list[str], choices: Choices) -> list[str]:
    routes = [line for line in lines if line.startswith("+ ") and "/" in line]
    missing = LEAST_QUESTIONS - (len(lines) - len(routes))
    return [_question(one_of(choices, routes), choices) for _ in range(missing if routes else 0)]


def _question(route: str, choices: Choices) -> str:
    """Asks for a path that has values in the place of a route's parameters, by its text alone."""
    segments = route.split("/")[1:]
    asked = [one_of(choices, _ASKED) if "{" in segment else segment for segment in segments]
    return f"? {one_of(choices, METHODS)} /{'/'.join(asked)}"


Mutation = Callable[[list[str], list[str], Choices], list[str]]


def _drop(lines: list[str], others: list[str], choices: Choices) -> list[str]:
    at = choices.below(len(lines))
    return lines[:at] + lines[at + 1 :]


def _repeat(lines: list[str], others: list[str], choices: Choices) -> list[str]:
    at = choices.below(len(lines))
    to = choices.below(len(lines))
    return [*lines[:to], lines[at], *lines[to:]]


def _swap(lines: list[str], others: list[str], choices: Choices) -> list[str]:
    one, two = choices.below(len(lines)), choices.below(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return lines


def _splice(lines: list[str], others: list[str], choices: Choices) -> list[str]:
    """The beginning of one and the end of the other."""
    return lines[: choices.below(len(lines) + 1)] + others[choices.below(len(others)) :]


def _borrow(lines: list[str], others: list[str], choices: Choices) -> list[str]:
    """A line of the other one more."""
    at = choices.below(len(lines))
    return [*lines[:at], one_of(choices, others), *lines[at:]]


def _alter_segment(lines: list[str], others: list[str], choices: Choices) -> list[str]:
    at = choices.below(len(lines))
    segments = lines[at].split("/")
    if len(segments) > 1:
        segments[1 + choices.below(len(segments) - 1)] = one_of(choices, _SEGMENTS)
    lines[at] = "/".join(segments)
    return lines


def _add_segment(lines: list[str], others: list[str], choices: Choices) -> list[str]:
    at = choices.below(len(lines))
    segments = lines[at].split("/")
    segments.insert(1 + choices.below(len(segments)), one_of(choices, _SEGMENTS))
    lines[at] = "/".join(segments)
    return lines


def _drop_segment(lines: list[str], others: list[str], choices: Choices) -> list[str]:
    at = choices.below(len(lines))
    segments = lines[at].split("/")
    if len(segments) > 1:
        del segments[1 + choices.below(len(segments) - 1)]
    lines[at] = "/".join(segments)
    return lines


def _other_method(lines: list[str], others: list[str], choices: Choices) -> list[str]:
    at = choices.below(len(lines))
    words = lines[at].split(" ", 2)
    if len(words) == 3:
        words[1] = one_of(choices, METHODS)
    lines[at] = " ".join(words)
    return lines


def _other_sign(lines: list[str], others: list[str], choices: Choices) -> list[str]:
    """A route becomes a question, or the other way round."""
    at = choices.below(len(lines))
    lines[at] = lines[at].translate({ord("+"): "?", ord("?"): "+"})
    return lines


def _ask_for_route(lines: list[str], others: list[str], choices: Choices) -> list[str]:
    return [*lines, _question(one_of(choices, lines), choices)]


def _other_names(lines: list[str], others: list[str], choices: Choices) -> list[str]:
    """A route once more, its parameters called otherwise."""
    at = choices.below(len(lines))
    line = lines[at]
    for name in FIRST_NAMES:
        line = line.replace("{" + name, "{" + name + "_")
    return [*lines[: at + 1], line, *lines[at + 1 :]]


def _insert_token(lines: list[str], others: list[str], choices: Choices) -> list[str]:
    at = choices.below(len(lines))
    line = lines[at]
    to = choices.below(len(line) + 1)
    lines[at] = line[:to] + one_of(choices, TOKENS) + line[to:]
    return lines


def _drop_character(lines: list[str], others: list[str], choices: Choices) -> list[str]:
    at = choices.below(len(lines))
    to = choices.below(len(lines[at]) + 1)
    lines[at] = lines[at][:to] + lines[at][to + 1 :]
    return lines


_MUTATIONS: tuple[Mutation, ...] = (
    _drop, _repeat, _swap, _splice, _borrow, _alter_segment, _alter_segment, _add_segment,
    _drop_segment, _other_method, _other_sign, _ask_for_route, _ask_for_route, _other_names,
    _insert_token, _drop_character,
)  # fmt: skip
