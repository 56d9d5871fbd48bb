"""Path patterns: from the text of a registered path to its segments, and back to a URL path.

Owns the pattern language and the percent-coding of path segments. Knows no route, no method and no
trie, and imports nothing from the package.

    /users/me            literal text; Unicode and percent-encoded spellings are the same thing
    /users/{name}        one whole segment, never empty, never two
    /files/{name}.json   text and parameters mixed within one segment
    /years/{year:\\d{4}}  narrowed by a regular expression, which sees the percent-decoded value
    /static/{rest:path}  a tail: all that remains, slashes included, possibly empty

Where several splits of a mixed segment are possible, the first parameter takes as much as it can,
then the second; between expressions, the split is the one that `re` gives for all of them joined.
An expression only narrows: a split that leaves a parameter empty is no match, no parameter reaches
into the next segment, and the groups inside it are its own. Braces in it balance or are escaped.

A path is cut at its slashes first and each segment is decoded afterwards (RFC 3986 §2.4), so an
encoded slash is data and never a separator. That holds for requests and for patterns alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, unquote

# RFC 3986 §3.3: pchar without percent-encoding. quote() adds the unreserved characters itself.
_PCHAR = "!$&'()*+,;=:@"
_TEXT = re.compile(r"[^/{}]+")
# Inside a mixed segment our own groups shift the numbers of the user's, so \1 and (?(1)…) would
# silently mean another group. Named references are not affected.
_NUMBERED_REFERENCE = re.compile(r"(?<!\\)(?:\\\\)*(?:\\[1-9]|\(\?\(\d)")

Matcher = Callable[[str], tuple[str, ...] | None]


class PatternError(ValueError):
    """A path is not a pattern; the message says why."""


class Field(NamedTuple):
    """What stood between braces; `regex` is None for a plain `{name}`."""

    name: str
    regex: str | None


def decode(segment: str) -> str:
    """Percent-decode one segment.

    A percent sign that is not followed by two hex digits stays as it is. A segment that is not
    UTF-8 once decoded is returned whole as it was sent: replacing its bytes would make different
    resources look the same.
    """
    try:
        return unquote(segment, errors="strict")
    except UnicodeDecodeError:
        return segment


def encode(text: str) -> str:
    """Percent-encode one segment's text, slashes included (the inverse of `decode`).

    Raises ValueError (as UnicodeEncodeError) for a lone surrogate.
    """
    return quote(text, safe=_PCHAR)


def _encode_value(text: str) -> str:
    # RFC 3986 §5.2.4: clients remove dot segments before they send anything, and the WHATWG URL
    # standard removes them percent-encoded too, so such a URL would reach another resource.
    if text in (".", ".."):
        raise ValueError(f"{text!r} cannot be a segment of a URL: clients remove dot segments")
    return encode(text)


@dataclass(frozen=True, slots=True)
class Literal:
    """A segment of fixed, decoded text; empty for the place after a trailing slash."""

    text: str

    @property
    def names(self) -> tuple[str, ...]:
        return ()

    def build(self, values: Mapping[str, str]) -> str:
        """Raises ValueError for a dot segment."""
        return _encode_value(self.text)


@dataclass(frozen=True, slots=True)
class Param:
    """A plain `{name}`: any one segment that is not empty."""

    name: str

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def build(self, values: Mapping[str, str]) -> str:
        """Raises ValueError for a value this segment could not have matched."""
        value = values[self.name]
        if not value:
            raise ValueError(f"{self.name!r} must not be empty")
        return _encode_value(value)


@dataclass(frozen=True, slots=True)
class Mixed:
    """One segment with a regular expression, or with text and parameters mixed.

    `shape` is the same for two segments that match the same way, whatever their parameters are
    called. `match` takes a decoded segment and returns the values in the order of `names`, or None.
    """

    pieces: tuple[str | Field, ...]
    names: tuple[str, ...]
    shape: tuple[tuple[bool, str | None], ...]
    match: Matcher

    def build(self, values: Mapping[str, str]) -> str:
        """Raises ValueError for values that would come back as others, or not at all."""
        text = "".join(p if isinstance(p, str) else values[p.name] for p in self.pieces)
        wanted = tuple([values[name] for name in self.names])
        if self.match(text) != wanted:
            shown = ", ".join(f"{name}={values[name]!r}" for name in self.names)
            raise ValueError(f"{text!r} does not lead back to {shown}")
        return _encode_value(text)


@dataclass(frozen=True, slots=True)
class Tail:
    """`{name:path}`: every remaining segment, at least one, which may be empty."""

    name: str

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def build(self, values: Mapping[str, str]) -> str:
        return "/".join(map(_encode_value, values[self.name].split("/")))


Segment = Literal | Param | Mixed | Tail


def parse(path: str) -> tuple[Segment, ...]:
    """Cut a registered path into its segments, at least one.

    Raises PatternError.
    """
    if not path.startswith("/"):
        raise PatternError('a path starts with "/"')
    try:
        path.encode()
    except UnicodeEncodeError:
        raise PatternError("a path is Unicode text without surrogates") from None
    segments = tuple(_segment(_decode_texts(pieces)) for pieces in _split(path))
    if any(isinstance(segment, Tail) for segment in segments[:-1]):
        raise PatternError("a tail must be the last segment")
    seen: set[str] = set()
    for segment in segments:
        for name in segment.names:
            if name in seen:
                raise PatternError(f"parameter {name!r} occurs twice")
            seen.add(name)
    return segments


def _split(path: str) -> list[list[str | Field]]:
    """Cut at the slashes that stand outside braces: a regular expression may contain some."""
    segments: list[list[str | Field]] = [[]]
    position = 1
    while position < len(path):
        if text := _TEXT.match(path, position):
            segments[-1].append(text[0])
            position = text.end()
        elif path[position] == "/":
            segments.append([])
            position += 1
        elif path[position] == "{":
            end = _closing_brace(path, position)
            segments[-1].append(_field(path[position + 1 : end]))
            position = end + 1
        else:
            raise PatternError('unbalanced "}" (literal braces are written %7B and %7D)')
    return segments


def _closing_brace(path: str, opening: int) -> int:
    depth = 0
    position = opening
    while position < len(path):
        char = path[position]
        if char == "\\":  # escapes one character of a regular expression, maybe a brace
            position += 1
        elif char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    raise PatternError('unbalanced "{" (literal braces are written %7B and %7D)')


def _field(body: str) -> Field:
    name, colon, regex = body.partition(":")
    if not body:
        raise PatternError("empty braces")
    if not name.isidentifier():
        raise PatternError(f"parameter name {name!r} is not an identifier")
    if not colon:
        return Field(name, None)
    if not regex:
        raise PatternError(f"empty regular expression for {name!r}")
    return Field(name, regex)


def _decode_texts(pieces: Sequence[str | Field]) -> Sequence[str | Field]:
    """As `decode`: if one text of a segment is not UTF-8, all of them stay as they were written,
    since the segment of a request that has them stays as it was sent."""
    try:
        return [unquote(p, errors="strict") if isinstance(p, str) else p for p in pieces]
    except UnicodeDecodeError:
        return pieces


def _segment(pieces: Sequence[str | Field]) -> Segment:
    match pieces:
        case []:
            return Literal("")
        case [str(text)]:
            return Literal(text)
        case [Field(name, None)]:
            return Param(name)
        case [Field(name, "path")]:
            return Tail(name)
    fields = [piece for piece in pieces if isinstance(piece, Field)]
    for field in fields:
        if field.regex == "path":
            raise PatternError(f"tail {field.name!r} must be a whole segment")
    return Mixed(
        pieces=tuple(pieces),
        names=tuple(field.name for field in fields),
        shape=tuple((False, p) if isinstance(p, str) else (True, p.regex) for p in pieces),
        match=_matcher(pieces),
    )


def _matcher(pieces: Sequence[str | Field]) -> Matcher:
    regexes = {
        piece.name: _compile(piece.regex, f" for {piece.name!r}")
        for piece in pieces
        if isinstance(piece, Field) and piece.regex is not None
    }
    if not regexes:
        return _text_matcher(pieces)
    if len(pieces) == 1:
        (regex,) = regexes.values()
        return _whole_matcher(regex)
    return _regex_matcher(pieces, regexes)


def _compile(regex: str, whose: str = "") -> re.Pattern[str]:
    try:
        return re.compile(regex)
    except (re.error, ValueError, OverflowError, RecursionError) as error:
        raise PatternError(f"invalid regular expression{whose}: {error}") from None


def _text_matcher(pieces: Sequence[str | Field]) -> Matcher:
    """Match plain parameters between texts: the first as long as it can be, then the next.

    This is what greedy groups would give, found from the right in linear time: a backtracking
    expression takes cubic time to refuse a long `-----` for `{a}-{b}-{c}.json`.
    """
    texts = [""]  # before the first parameter, between parameters (maybe nothing), after the last
    for piece in pieces:
        if isinstance(piece, str):
            texts[-1] = piece
        else:
            texts.append("")
    prefix, *between, suffix = texts
    between.reverse()

    def match(value: str) -> tuple[str, ...] | None:
        start, end = len(prefix), len(value) - len(suffix)
        if end <= start or not value.startswith(prefix) or not value.endswith(suffix):
            return None
        found: tuple[str, ...] = ()
        for text in between:
            # One character at least is left on either side, for the parameters there.
            at = value.rfind(text, start + 1, end - 1)
            if at < 0:
                return None
            found = (value[at + len(text) : end], *found)
            end = at
        return (value[start:end], *found)

    return match


def _whole_matcher(regex: re.Pattern[str]) -> Matcher:
    fullmatch = regex.fullmatch
    return lambda value: (value,) if value and fullmatch(value) else None


def _regex_matcher(
    pieces: Sequence[str | Field], regexes: Mapping[str, re.Pattern[str]]
) -> Matcher:
    """Join everything into one expression; how fast it refuses is up to the user's expressions."""
    source = ""
    numbers: list[int] = []  # of our groups; those inside the user's expressions are stepped over
    following = 1
    for piece in pieces:
        if isinstance(piece, str):
            source += re.escape(piece)
            continue
        numbers.append(following)
        following += 1
        if piece.regex is None:
            source += "((?s:.+))"  # whatever a whole segment takes: any character, even a newline
            continue
        if _NUMBERED_REFERENCE.search(piece.regex):
            raise PatternError(
                f"numbered reference in the regular expression for {piece.name!r}: in a segment "
                "with other parts only named ones, (?P=name), keep their meaning"
            )
        source += f"({piece.regex})"
        following += regexes[piece.name].groups
    fullmatch = _compile(source).fullmatch

    def match(value: str) -> tuple[str, ...] | None:
        found = fullmatch(value)
        if found is None:
            return None
        values = tuple([found[number] for number in numbers])
        return values if all(values) else None  # an expression only narrows: never empty

    return match
