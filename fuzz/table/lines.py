"""The lines that a route table is written in.

    + GET /users/{name}     registers a route
    ? GET /users/bob        asks which route takes this

They are UTF-8 and are followed in their order, so that a route can be added behind a question.
Lines with anything else are ignored.

Owns how they are read, written and cut into pieces.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_SEGMENT = re.compile(r"[/\n]?[^/\n]*")


class Line(NamedTuple):
    """A registration, or a question. `path` is a pattern, or a path as it is sent."""

    is_question: bool
    method: str
    path: str

    def __str__(self) -> str:
        return f"{'?' if self.is_question else '+'} {self.method} {self.path}"


def read_lines(data: bytes) -> list[Line]:
    """The lines of a table. Octets that are no UTF-8 become lone surrogates, as nowhere else."""
    lines = []
    for text in read_text(data).split("\n"):
        sign, _, rest = text.partition(" ")
        method, space, path = rest.partition(" ")
        if space and sign in ("+", "?"):
            lines.append(Line(sign == "?", method, path))
    return lines


def read_text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def written(text: str) -> bytes:
    """The octets of a text, as `read_text` reads them."""
    return text.encode("utf-8", "surrogateescape")


def by_line(data: bytes) -> Sequence[bytes]:
    return data.splitlines(keepends=True)


def by_segment(data: bytes) -> Sequence[bytes]:
    return [written(piece) for piece in _SEGMENT.findall(read_text(data)) if piece]


def by_character(data: bytes) -> Sequence[bytes]:
    return [written(character) for character in read_text(data)]
