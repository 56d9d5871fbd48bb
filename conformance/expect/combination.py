"""Expectations made of others: one of several, or what the dialect asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .. import dialect as dialects
from ..seen import Seen
from .base import Expectation, Problem


@dataclass(frozen=True)
class Either:
    """One of several lists of expectations holds whole."""

    choices: tuple[tuple[Expectation, ...], ...]

    def problems(self, seen: Seen, declared: Mapping[str, str]) -> Iterator[Problem]:
        found = [
            [one for expectation in choice for one in expectation.problems(seen, declared)]
            for choice in self.choices
        ]
        if all(found):
            first = found[0][0]
            text = ", and also not: ".join(problems[0].text for problems in found)
            yield Problem(text, first.conversation, first.mark, first.in_sent)


def either(*choices: Expectation | Sequence[Expectation]) -> Either:
    """`either(status(400), [status(200), connection_closed()])`."""
    return Either(
        tuple(tuple(choice) if isinstance(choice, Sequence) else (choice,) for choice in choices)
    )


@dataclass(frozen=True)
class ByDialect:
    """What is expected depends on what the subject declared for an option."""

    option: str
    choices: tuple[tuple[str, tuple[Expectation, ...]], ...]

    def problems(self, seen: Seen, declared: Mapping[str, str]) -> Iterator[Problem]:
        value = dialects.value(declared, self.option)
        for expectation in dict(self.choices).get(value, ()):
            for problem in expectation.problems(seen, declared):
                text = f"{problem.text} (as {self.option} is declared {value!r})"
                yield Problem(text, problem.conversation, problem.mark, problem.in_sent)


def by_dialect(option: str, **choices: Expectation | Sequence[Expectation]) -> ByDialect:
    """`by_dialect("wrong_method", **{"405": status(405), "404": status(404)})`.

    Raises ValueError for an option that there is none of, and for values that it has not.
    """
    values = dialects.OPTIONS[option].values
    if set(choices) != set(values):
        raise ValueError(f"{option} has the values {values}, not {tuple(choices)}")
    return ByDialect(
        option,
        tuple(
            (value, tuple(choice) if isinstance(choice, Sequence) else (choice,))
            for value, choice in choices.items()
        ),
    )
