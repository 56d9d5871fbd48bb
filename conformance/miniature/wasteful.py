"""Work that is done again and again: what costs the square of what was sent.

Owns the faults of cost. Each is the slow way to find out what the miniature knows already, and
throws the result away.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_TRAILING_SLASHES = re.compile(r"/+$")
_QUOTED_PAIRS = re.compile(r"\\+;")
_OCTAL = re.compile(r"\\[0-3][0-7][0-7]")


def on_fields(fields: Sequence[tuple[str, str]], faults: frozenset[str]) -> None:
    if "looks-for-each-field-in-all" in faults:
        for name, _ in fields:
            [value for other, value in fields if other == name]


def on_path(path: str, faults: frozenset[str]) -> None:
    if "strips-slashes-by-regex" in faults:
        _TRAILING_SLASHES.sub("", path)
    if "joins-path-at-every-segment" in faults:
        segments = path.split("/")
        for end in range(len(segments)):
            "/".join(segments[:end])


def on_pairs(pairs: Sequence[tuple[str, str]], faults: frozenset[str]) -> None:
    if "counts-pairs-by-name" in faults:
        for name, _ in pairs:
            sum(1 for other, _ in pairs if other == name)


def on_cookie(value: str, faults: frozenset[str]) -> None:
    if "looks-for-quote-at-every-backslash" in faults:
        for start, character in enumerate(value):
            if character == "\\":
                _OCTAL.search(value, start)
    if "looks-for-each-cookie-in-all" in faults:
        pairs = value.split(";")
        for pair in pairs:
            sum(1 for other in pairs if other.strip() == pair.strip())


def on_media_type(kind: str, faults: frozenset[str]) -> None:
    if "media-type-backtracks" in faults:
        for _ in range(3):
            _QUOTED_PAIRS.search(kind)


def on_piece(pieces: Sequence[bytes], faults: frozenset[str]) -> None:
    """Called with what there is of a body whenever more of it has come."""
    if "adds-up-pieces-at-every-chunk" in faults:
        sum(len(piece) for piece in pieces)
    if "joins-body-at-every-piece" in faults:
        b"".join(pieces)


def on_ranges(value: str, faults: frozenset[str]) -> None:
    if "merges-ranges-pair-by-pair" in faults:
        ranges = value.partition("=")[2].split(",")
        for one in ranges:
            [other for other in ranges if other.partition("-")[0] == one.partition("-")[0]]
