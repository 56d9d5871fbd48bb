"""What the octets of a target mean: how they are drawn, changed and shown.

Owns the interface of a grammar. The two there are, of HTTP/1.1 and of route tables, are `http` and
`table`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .choices import Choices


@dataclass(frozen=True)
class Language:
    """A grammar.

    name        that of the folder of its corpus
    draw        an input of its own; it ends, whatever the choices
    mutate      an input made of one that there is, which need not be of the language, and of
                another one (for splices; it may be the same)
    dictionary  tokens, for engines that put their own mutations together
    pieces      the ways to cut an input into pieces that may be left out, coarse to fine: what is
                made smaller is made smaller by leaving out pieces
    """

    name: str
    draw: Callable[[Choices], bytes]
    mutate: Callable[[bytes, bytes, Choices], bytes]
    dictionary: Sequence[bytes]
    pieces: Sequence[Callable[[bytes], Sequence[bytes]]]
