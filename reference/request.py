"""One request as its handler sees it.

Owns the decoding of targets, queries, cookies and bodies into Python values; everything is decoded
when it is asked for, and what a client got wrong becomes a 400, never a 500.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Mapping
from email.message import Message
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qsl, unquote

from multidict import CIMultiDictProxy, MultiDict, MultiDictProxy
from yarl import URL

from .body import BodyStream
from .cookies import parse_cookies
from .exceptions import HTTPBadRequest, HTTPContentTooLarge
from .fields import Fields

if TYPE_CHECKING:
    from .application import Application
    from .forms import FormValue

_NO_PARAMS: Mapping[str, str] = MappingProxyType({})

# Python has these as codecs, but they are no charsets (IANA), and some take quadratic time.
_NO_CHARSETS = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"}


class Peer(Protocol):
    """What a request asks of the connection that it came over."""

    @property
    def remote(self) -> str | None: ...
    @property
    def scheme(self) -> str: ...


class Request:
    """A request. `app` is the application that serves it, `match_info` the params of its route by
    name, percent-decoded; `content` its body as an async stream of bytes.

    Attributes may be set on it freely, and `request["key"]` keeps values for the length of the
    request, so that middlewares can hand things to handlers.
    """

    # Defaults on the class: a request that never asks for these pays nothing for them.
    match_info: Mapping[str, str] = _NO_PARAMS
    _body: bytes | None = None
    _form: MultiDictProxy[FormValue] | None = None
    _items: dict[str, Any] | None = None
    _query: MultiDictProxy[str] | None = None

    def __init__(
        self,
        app: Application,
        peer: Peer,
        method: str,
        target: str,
        minor: int,
        fields: Fields,
        content: BodyStream,
    ) -> None:
        self.app = app
        self.method = method
        self.target = target
        self.minor = minor
        self.content = content
        self._peer = peer
        self._fields = fields
        path = target if target[0] == "/" else _path_of_other_form(target)
        self.raw_path: str = path if "?" not in path else path[: path.index("?")]

    @property
    def version(self) -> str:
        """ "1.0" or "1.1"."""
        return f"1.{self.minor}"

    @property
    def keep_alive(self) -> bool:
        """The client allows another request on the connection (RFC 9112 §9.3)."""
        fields = self._fields
        return not fields.close and (self.minor == 1 or fields.keep_alive)

    @property
    def expects_continue(self) -> bool:
        """The client waits for 100 (Continue) before it sends the body. RFC 9110 §10.1.1: the
        expectation of an HTTP/1.0 client is ignored."""
        return self._fields.expects_100 and self.minor == 1 and self._fields.length != 0

    @property
    def path(self) -> str:
        """The path percent-decoded; octets that are not UTF-8 become U+FFFD."""
        return unquote(self.raw_path)

    @property
    def query_string(self) -> str:
        """What follows the first "?" of the target, as it was sent."""
        return self.target.partition("?")[2]

    @property
    def query(self) -> MultiDictProxy[str]:
        """Names and values of the query in order, blank values kept; "+" is a space, only "&"
        separates."""
        if self._query is None:
            pairs = parse_qsl(self.query_string, keep_blank_values=True)
            self._query = MultiDictProxy(MultiDict(pairs))
        return self._query

    @property
    def url(self) -> URL:
        """The request target: a relative URL unless the client sent the absolute form."""
        if self.target[0] == "/":
            return URL.build(path=self.raw_path, query_string=self.query_string, encoded=True)
        return URL(self.target, encoded=True)

    @property
    def absolute_url(self) -> URL:
        """The target with scheme and host (RFC 9112 §3.3)."""
        if "://" in self.target and self.target[0] != "/":
            return self.url
        path = "" if self.target == "*" else self.raw_path
        return URL.build(
            scheme=self.scheme, authority=self.host, path=path, query_string=self.query_string,
            encoded=True,
        )  # fmt: skip

    @property
    def host(self) -> str:
        """Host and port that the client asked for; "" when an HTTP/1.0 client named none.

        RFC 9112 §3.2.2: an absolute-form target overrides the Host field.
        """
        if self.target[0] != "/" and self.target != "*":
            return self.target.split("/", 3)[2].partition("?")[0]
        return "" if self._fields.host is None else self._fields.host.decode("ascii")

    @property
    def scheme(self) -> str:
        """ "http" or "https"."""
        return self._peer.scheme

    @property
    def remote(self) -> str | None:
        """The client's address; None over a Unix socket."""
        return self._peer.remote

    @property
    def headers(self) -> CIMultiDictProxy[str]:
        """Header fields, case-insensitive, duplicates in order; values decoded as latin-1."""
        return self._fields.headers

    @property
    def cookies(self) -> dict[str, str]:
        """Cookies by name; see `parse_cookies`."""
        return parse_cookies(self.headers.getall("Cookie", ()))

    @property
    def content_type(self) -> str:
        """The media type in lower case without parameters; application/octet-stream if none."""
        return self._parsed_content_type()[0]

    @property
    def charset(self) -> str | None:
        """The charset parameter of the content type."""
        return self._parsed_content_type()[1].get("charset")

    def _parsed_content_type(self) -> tuple[str, dict[str, str]]:
        message = Message()
        message["Content-Type"] = self.headers.get("Content-Type", "application/octet-stream")
        parameters = dict(message.get_params(failobj=[])[1:])
        return message.get_content_type(), parameters

    @property
    def content_length(self) -> int | None:
        """Body length in bytes as declared; None for a chunked body."""
        return self._fields.length if self._fields.length >= 0 else None

    @property
    def can_read_body(self) -> bool:
        """The request has a body that is not empty, or one whose length is not known."""
        return self._fields.length != 0

    async def read(self) -> bytes:
        """The whole body; the same again on later calls.

        Raises HTTPContentTooLarge beyond the application's `client_max_size`, BodyError when the
        client breaks off.
        """
        if self._body is None:
            limit = self.app.client_max_size
            if limit is not None and self._fields.length > limit:
                raise HTTPContentTooLarge(limit)
            body = await self.content.read(limit)
            if limit is not None and len(body) > limit:
                raise HTTPContentTooLarge(limit)
            self._body = body
        return self._body

    async def text(self) -> str:
        """The body decoded by its charset, UTF-8 by default.

        Raises HTTPBadRequest for an unknown charset or bytes outside it; see also `read`.
        """
        body = await self.read()
        charset = self.charset or "utf-8"
        try:
            if codecs.lookup(charset).name in _NO_CHARSETS:
                raise LookupError(charset)
            return body.decode(charset)
        except (LookupError, UnicodeError, ValueError) as exc:
            raise HTTPBadRequest(reason=f"the body is not text in {charset!a}") from exc

    async def json(self, *, loads: Callable[[str], Any] = json.loads) -> Any:
        """The body as JSON. Raises HTTPBadRequest for a body that is none; see also `read`."""
        text = await self.text()
        try:
            return loads(text)
        except (ValueError, RecursionError) as exc:
            # RecursionError: brackets nested deeper than the interpreter's stack.
            raise HTTPBadRequest(reason="the body is not valid JSON") from exc

    async def post(self) -> MultiDictProxy[FormValue]:
        """Form fields, urlencoded or multipart, in order; see `forms.parse_form`."""
        from .forms import parse_form

        return await parse_form(self)

    def __getitem__(self, key: str) -> Any:
        if self._items is None:
            raise KeyError(key)
        return self._items[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if self._items is None:
            self._items = {}
        self._items[key] = value

    def __contains__(self, key: str) -> bool:
        return self._items is not None and key in self._items

    def get(self, key: str, default: Any = None) -> Any:
        return default if self._items is None else self._items.get(key, default)

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.target}>"


def _path_of_other_form(target: str) -> str:
    """Path and query of an absolute-form target; "*" of the asterisk-form."""
    if target == "*":
        return target
    after_scheme = target.partition("://")[2]
    for position, character in enumerate(after_scheme):
        if character == "/":
            return after_scheme[position:]
        if character == "?":
            return "/" + after_scheme[position:]
    # RFC 9112 §3.2.1: an absent path is sent as "/".
    return "/"
