"""A request as its handler sees it.

Owns the reading of the body into Python values, and its limit.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import unquote

from . import wasteful
from .cookies import parse_cookies
from .forms import parse_form
from .json_bodies import parse_json
from .response import HttpError, Response
from .targets import Pairs, decode, split_query, split_target
from .wire import Head

if TYPE_CHECKING:
    from .application import Application

BODY_LIMIT_BYTES = 1 << 20


class Content(Protocol):
    """The body of a request on its way."""

    @property
    def length(self) -> int | None: ...

    @property
    def trailers(self) -> Pairs: ...

    async def piece(self) -> bytes:
        """What comes next; b"" at the end. Raises Refusal for what is no body."""
        ...


class Request:
    """A request. `path` is decoded, `raw_path` as it was sent; headers keep order and case."""

    def __init__(
        self, app: Application, head: Head, content: Content, faults: frozenset[str]
    ) -> None:
        self.app = app
        self.faults = faults
        self.method = head.method
        self.target = head.target
        self.version = head.version
        self.headers = _as_handlers_see(list(head.fields), faults)
        self.raw_path, self._query = split_target(head.target, faults)
        self.params: dict[str, str] = {}
        self.is_routed = False
        self._content = content
        self._body: bytes | None = None
        self._is_unlimited = False
        self.before: Request | None = None
        """The one before on its connection, as long as something is told to go wrong."""
        self.answer: Response | None = None
        self.error_text: str | None = None
        self.is_cut_short = False
        """A middleware has answered in place of what is inside it."""
        app.latest = self

    @property
    def path(self) -> str:
        return decode(self.raw_path, self.faults)

    @property
    def query(self) -> Pairs:
        before = self.before
        if not self._query and before is not None and "query-stays" in self.faults:
            return before.query if before.raw_path == self.raw_path else []
        return split_query(self._query, self.faults)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it arrives. Raises HttpError 413 beyond the limit, Refusal for no body."""
        limit = self._limit()
        if self.announces_too_much and "limit-of-what-has-come" not in self.faults:
            raise self._too_large()
        size = 0
        last = b""
        while piece := await self._content.piece():
            if "too-large-twice" in self.faults and self.app.has_refused_a_body:
                raise self._too_large()
            if "characters-end-with-their-piece" in self.faults:
                piece = _whole_characters(piece)
            size = len(piece) + (0 if "body-limit-of-each-piece" in self.faults else size)
            if size > limit and not self._counts_late:
                raise self._too_large()
            if "last-body-chunk-wins" in self.faults:
                last = piece
                continue
            yield piece
            if "first-piece-only" in self.faults:
                return
        if last:
            yield last
        if size > limit and "body-limit-at-the-end" in self.faults:
            raise self._too_large()
        if "trailers-become-headers" in self.faults:
            # RFC 9110 §6.5.1: "Trailer fields ought to be processed and stored separately"
            self.headers += self._content.trailers

    @property
    def announces_too_much(self) -> bool:
        """The length of the body is known, and beyond the limit."""
        length = self._content.length
        return length is not None and length > self._limit()

    @property
    def _counts_late(self) -> bool:
        """What has come of a body is told not to be held to the limit."""
        return bool({"body-limit-by-length-only", "body-limit-at-the-end"} & self.faults)

    def _limit(self) -> int:
        given = self.app.body_limit
        limit = BODY_LIMIT_BYTES if given is None else given
        if "no-body-limit" in self.faults or self._is_unlimited:
            return 1 << 62
        if "limit-is-exclusive" in self.faults:
            limit -= 1
        if "limit-is-one-more" in self.faults:
            limit += 1
        return limit // 10 if "limit-is-tenfold-too-small" in self.faults else limit

    def _too_large(self) -> Exception:
        self.app.has_refused_a_body = True
        if "body-limit-crashes" in self.faults:
            return RuntimeError("the body is too large")
        return HttpError(413)

    async def read(self) -> bytes:
        """The whole body. Raises as `pieces`."""
        if self._body is None:
            self._body = self._worsened(await self._read())
        elif "body-is-read-once" in self.faults:
            return b""
        return self._body

    async def _read(self) -> bytes:
        if "body-is-one-segment" in self.faults:
            return await self._content.piece()
        if "keeps-request-in-a-global" in self.faults and self.app.latest is not None:
            self._content = self.app.latest._content
        pieces = []
        async for piece in self.pieces():
            pieces.append(piece)
            wasteful.on_piece(pieces, self.faults)
        return b"".join(pieces)

    def _worsened(self, body: bytes) -> bytes:
        """The body with what is told to go wrong with it."""
        if "body-is-empty" in self.faults:
            return b""
        if "body-is-text" in self.faults:
            return body.decode("utf-8", "replace").encode()
        if "bodies-are-kept" in self.faults:
            body = self.app.kept_body = body or self.app.kept_body
        if "body-stays" in self.faults and self.before is not None:
            return body or self.before._body or b""
        if "body-ends-at-empty-line" in self.faults:
            return body.partition(b"\r\n\r\n")[0]
        if "body-ends-at-nul" in self.faults:
            return body.partition(b"\0")[0]
        if "body-length-counts-characters" in self.faults:
            return body[: len(body.decode("utf-8", "replace"))]
        if "body-is-null-when-empty" in self.faults:
            return cast(bytes, body or None)
        return body

    async def json(self) -> object:
        """Raises HttpError 400 for what is none."""
        self._is_unlimited = "no-limit-of-json" in self.faults
        return parse_json(await self.read(), self._content_type(), self.faults)

    def cookies(self) -> Pairs:
        """The pairs of all Cookie fields."""
        request = self
        if "keeps-request-in-a-global" in self.faults:
            request = self.app.latest or self
        fields = [value for name, value in request.headers if name.lower() == "cookie"]
        for value in fields:
            wasteful.on_cookie(value, self.faults)
        if "cookies-stay" in self.faults and self.before is not None:
            fields += [value for name, value in self.before.headers if name.lower() == "cookie"]
        return parse_cookies(fields, self.faults)

    async def form(self) -> list[tuple[Any, ...]]:
        """The fields of a form. Raises HttpError for other bodies."""
        self._is_unlimited = "no-limit-of-forms" in self.faults
        kind = self._content_type()
        wasteful.on_media_type(kind, self.faults)
        if "form-is-of-the-latest-request" in self.faults and self.app.latest is not self:
            return await self.app.latest.form() if self.app.latest is not None else []
        if "no-form-of-get" in self.faults and self.method == "GET":
            return []
        return parse_form(await self.read(), kind, self.faults)

    def _content_type(self) -> str:
        kinds = [value for name, value in self.headers if name.lower() == "content-type"]
        if not kinds and self.before is not None and "content-type-stays" in self.faults:
            return self.before._content_type()
        return kinds[0] if kinds else ""


def _as_handlers_see(fields: Pairs, faults: frozenset[str]) -> Pairs:
    """The fields with what is told to go wrong on their way to the handler."""
    if "lowers-header-values" in faults:
        return [(name, value.lower()) for name, value in fields]
    if "keeps-last-header" in faults:
        return list({name.lower(): (name, value) for name, value in fields}.values())
    if "reverses-repeated-headers" in faults:
        return fields[::-1]
    if "drops-empty-headers" in faults:
        return [(name, value) for name, value in fields if value]
    if "drops-octets-beyond-ascii" in faults:
        return [(name, value.encode("ascii", "ignore").decode()) for name, value in fields]
    if "header-values-are-utf-8" in faults:
        return [
            (name, value.encode("latin-1").decode("utf-8", "surrogateescape"))
            for name, value in fields
        ]
    if "strips-whitespace-of-unicode" in faults:
        return [(name, value.strip()) for name, value in fields]
    if "header-names-end-at-hyphen" in faults:
        return [(name.rstrip("-"), value) for name, value in fields]
    if "splits-headers-at-commas" in faults:
        return [(name, part.strip()) for name, value in fields for part in value.split(",")]
    if "few-headers-of-a-name" in faults:
        return [pair for at, pair in enumerate(fields) if _count(pair[0], fields[:at]) < 8]
    if "collapses-header-whitespace" in faults:
        return [(name, " ".join(value.split())) for name, value in fields]
    if "decodes-header-values" in faults:
        return [(name, unquote(value)) for name, value in fields]
    if "cuts-long-headers" in faults:
        return [(name, value[:1024]) for name, value in fields]
    if "blank-line-of-repeated-field-is-lost" in faults:
        return [pair for pair in fields if pair[1] or _count(pair[0], fields) < 2]
    if "same-name-in-other-case-is-lost" in faults:
        first = {name.lower(): name for name, _ in reversed(fields)}
        return [pair for pair in fields if pair[0] == first[pair[0].lower()]]
    if "three-fields-of-a-name-lose-order" in faults:
        return sorted(fields, key=lambda pair: -_place_in_three(pair, fields))
    if "splits-cookies" in faults:
        return [
            (name, part)
            for name, value in fields
            for part in (value.split("; ") if name.lower() == "cookie" else [value])
        ]
    return fields


def _count(name: str, fields: Pairs) -> int:
    return sum(other.lower() == name.lower() for other, _ in fields)


def _place_in_three(pair: tuple[str, str], fields: Pairs) -> int:
    """Where it stands among three fields of its name or more; 0 among fewer."""
    return fields.index(pair) if _count(pair[0], fields) > 2 else 0


def _whole_characters(piece: bytes) -> bytes:
    """The piece without the part of a character that it ends in, if it is text up to there."""
    try:
        piece.decode()
    except UnicodeDecodeError as error:
        return piece[: error.start] if error.reason == "unexpected end of data" else piece
    return piece
