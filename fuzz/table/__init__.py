"""The language of route tables: lines that register routes, and lines that ask for paths.

Owns the `Language` of the target `router`. See `lines` for what the lines mean.
"""

from __future__ import annotations

from ..language import Language
from .drawing import draw
from .lines import by_character, by_line, by_segment
from .mutating import mutate
from .words import TOKENS

TABLE = Language(
    name="router",
    draw=draw,
    mutate=mutate,
    dictionary=tuple(token.encode("utf-8") for token in TOKENS),
    pieces=(by_line, by_segment, by_character),
)
