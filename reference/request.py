"""One request as its handler sees it.

Owns the decoding of targets, queries, cookies and bodies into Python values; everything is decoded
when it is asked for, and what a client got wrong becomes a 400, never a 500.
"""

from __future__ import annotations

import codecs
import encodings
import json
import re
from collections.abc import Callable, Mapping
from encodings.aliases import aliases
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qsl

from multidict import CIMultiDictProxy, MultiDict, MultiDictProxy
from yarl import URL

from .body import BodyStream
from .cookies import parse_cookies
from .exceptions import HTTPBadRequest, HTTPContentTooLarge
from .fields import Fields
from .pattern import decode

if TYPE_CHECKING:
    from .application import Application
    from .forms import FormValue

_NO_PARAMS: Mapping[str, str] = MappingProxyType({})

# Python has these as codecs, but they are no charsets (IANA), and some take quadratic time.
_NO_CHARSETS = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"}

# RFC 9110 §8.3.1 media-type; whitespace around "=" is taken too.
_MEDIA_TYPE = re.compile(
    r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+/[!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*(?:;|\Z)"
)
_PARAMETER = re.compile(
    r""";[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^;" \t]+))"""
)
_QUOTED_PAIR = re.compile(r"\\(.)")

_JSON = json.JSONDecoder()


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
    _too_large = False

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
        """The path percent-decoded; a segment that is not UTF-8 then stays as it was sent, as it
        does in params."""
        return "/".join(map(decode, self.raw_path.split("/")))

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
        """The request target: a relative URL unless the client sent the absolute form.

        Raises HTTPBadRequest for an absolute form with an impossible host or port.
        """
        if self.target[0] == "/":
            return URL.build(path=self.raw_path, query_string=self.query_string, encoded=True)
        try:
            return _check_port(URL(self.target, encoded=True))
        except ValueError as exc:
            raise HTTPBadRequest(reason="the request target is not a URL") from exc

    @property
    def absolute_url(self) -> URL:
        """The target with scheme and host (RFC 9112 §3.3).

        Raises HTTPBadRequest for an impossible host or port.
        """
        if "://" in self.target and self.target[0] != "/":
            return self.url
        path = "" if self.target == "*" else self.raw_path
        try:
            url = URL.build(
                scheme=self.scheme, authority=self.host, path=path, query_string=self.query_string,
                encoded=True,
            )  # fmt: skip
            return _check_port(url)
        except ValueError as exc:
            raise HTTPBadRequest(reason="the Host field names no host") from exc

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
        """The media type in lower case without parameters; application/octet-stream if none or
        malformed."""
        match = _MEDIA_TYPE.match(self.headers.get("Content-Type", ""))
        return "application/octet-stream" if match is None else match[1].lower()

    @property
    def charset(self) -> str | None:
        """The charset parameter of the content type, the first if there are several."""
        return _charset_of(self.headers.get("Content-Type", ""))

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
            if limit is not None and (self._too_large or self._fields.length > limit):
                raise HTTPContentTooLarge(limit)
            content = self.content
            body = content.take() if content.is_complete else await content.read(limit)
            if limit is not None and len(body) > limit:
                self._too_large = True  # what is left must not pass for the whole
                raise HTTPContentTooLarge(limit)
            self._body = body
        return self._body

    async def text(self) -> str:
        """The body decoded by its charset, UTF-8 by default.

        Raises HTTPBadRequest for an unknown charset or bytes outside it; see also `read`.
        """
        return _decode(await self.read(), self.charset or "utf-8")

    async def json(self, *, loads: Callable[[str], Any] | None = None) -> Any:
        """The body as JSON. Raises HTTPBadRequest for a body that is none; see also `read`."""
        text = _decode(await self.read(), self.charset or "utf-8")
        try:
            return _parse_json(text) if loads is None else loads(text)
        except (ValueError, RecursionError) as exc:
            # RecursionError: brackets nested deeper than the interpreter's stack.
            raise HTTPBadRequest(reason="the body is not valid JSON") from exc

    async def post(self) -> MultiDictProxy[FormValue]:
        """Form fields, urlencoded or multipart, in order; see `forms.parse_form`."""
        from .forms import parse_form

        return await parse_form(self)

    def release(self) -> None:
        """Close the files of a form; the server calls it when the request has been answered."""
        if self._form is not None:
            for value in self._form.values():
                if not isinstance(value, str):
                    value.file.close()

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


@lru_cache(maxsize=64)
def _charset_of(content_type: str) -> str | None:
    for name, quoted, token in _PARAMETER.findall(content_type):
        # HTTP has no extended `charset*=`; what stands there is no charset that there is.
        if name.lower().rstrip("*") == "charset":
            return token or _QUOTED_PAIR.sub(r"\1", quoted)
    return None


def _parse_json(text: str) -> Any:
    """As `json.loads`, whose look for its many options takes as long as a small document does.

    Raises ValueError, RecursionError.
    """
    text = text.strip(" \t\n\r")  # RFC 8259 §2
    value, end = _JSON.raw_decode(text)
    if end != len(text):
        raise json.JSONDecodeError("Extra data", text, end)
    return value


def _decode(body: bytes, charset: str) -> str:
    try:
        return body.decode(find_codec(charset))
    except (LookupError, ValueError) as exc:
        raise HTTPBadRequest(reason=f"the body is not text in {charset!a}") from exc


@lru_cache(maxsize=64)
def find_codec(charset: str) -> str:
    """The name of the codec for `charset`. Raises LookupError when there is none.

    Python keeps every name that it was ever asked for, known or not, so that clients could fill
    the memory: it is asked only for names that it has.
    """
    name = charset.lower().replace("-", "_")
    if name not in _codec_names() or codecs.lookup(name).name in _NO_CHARSETS:
        raise LookupError(f"unknown charset {charset!a}")
    return name


@cache
def _codec_names() -> frozenset[str]:
    import pkgutil  # not worth its time in a start-up

    modules = pkgutil.iter_modules(encodings.__path__)
    return frozenset(aliases).union(module.name for module in modules)


def _check_port(url: URL) -> URL:
    """Raises ValueError for a port above 65535; yarl does so as late as in str."""
    _ = url.explicit_port
    return url


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
