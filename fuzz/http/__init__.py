"""HTTP/1.1 as octets on one connection: a grammar written by hand from RFC 9112.

    valid, odd, odd_framing   fragments: what is allowed, and what is not, or not by all
    drawing                   a stream made of them, valid or with one or two deviations
    large                     requests near the limits of a server
    mutating                  a stream made of another one
    tokens                    words for mutations and dictionaries
    pieces                    what minimisation may leave out

Every decision is taken by `choices`, so that every engine draws the same inputs; all of them 0
give `GET / HTTP/1.1` with a Host field.
"""

from ..language import Language
from .drawing import draw
from .mutating import mutate
from .pieces import PIECES
from .tokens import DICTIONARY

HTTP = Language("http", draw, mutate, DICTIONARY, PIECES)

__all__ = ["HTTP"]
