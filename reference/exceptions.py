"""HTTP errors and redirects that a handler may raise or return.

Each class is both a `Response` and an `Exception`; there is one for every registered 3xx, 4xx and
5xx status (IANA HTTP Status Code Registry), and 418, which RFC 9110 §15.5.19 reserves.

HTTPException
    HTTPRedirection   3xx; those that send the client elsewhere take a location
    HTTPClientError   4xx
    HTTPServerError   5xx
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar
from urllib.parse import quote

from yarl import URL

from .response import PHRASES, Response

# RFC 3986: reserved, unreserved and "%" stay as they are; everything else is percent-encoded.
_URI_CHARACTERS = ":/?#[]@!$&'()*+,;=-._~%"


class HTTPException(Response, Exception):
    """A response that can be raised. `reason` is the text of its body, as in the guide; the status
    line keeps the registered phrase (`phrase=` replaces it).

    Raises ValueError or TypeError as `Response` does.
    """

    status_code: ClassVar[int] = 0

    def __init__(
        self,
        reason: str | None = None,
        content_type: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        phrase: str | None = None,
    ) -> None:
        if self.status_code == 0:
            raise TypeError(f"{type(self).__name__} has no status; raise one of its subclasses")
        status = self.status_code
        text = f"{status}: {PHRASES.get(status, 'Unknown')}" if reason is None else reason
        Response.__init__(self, text, status, content_type, headers, reason=phrase)
        Exception.__init__(self, text)


class HTTPRedirection(HTTPException):
    """3xx."""


class HTTPMove(HTTPRedirection):
    """A redirect to `location`: an absolute or relative reference, as text or URL.

    Characters outside RFC 3986 are percent-encoded. Raises ValueError for an empty location and
    for control characters, TypeError for one that is neither text nor URL.
    """

    def __init__(
        self,
        location: str | URL,
        reason: str | None = None,
        content_type: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        phrase: str | None = None,
    ) -> None:
        super().__init__(reason, content_type, headers=headers, phrase=phrase)
        if not isinstance(location, str | URL):
            raise TypeError(f"a location is text or URL, not {location!r}")
        text = str(location)
        if not text or any(ord(character) < 0x20 or character == "\x7f" for character in text):
            raise ValueError(f"invalid location {text!r}")
        self.location = quote(text, safe=_URI_CHARACTERS)
        self.add_header("Location", self.location)


class HTTPClientError(HTTPException):
    """4xx."""


class HTTPServerError(HTTPException):
    """5xx."""


class HTTPMethodNotAllowed(HTTPClientError):
    """405 with the methods that are allowed (RFC 9110 §15.5.6: the Allow field is a MUST)."""

    status_code = 405

    def __init__(
        self,
        method: str,
        allowed_methods: Iterable[str],
        reason: str | None = None,
        content_type: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        phrase: str | None = None,
    ) -> None:
        super().__init__(reason, content_type, headers=headers, phrase=phrase)
        self.method = method
        self.allowed_methods = frozenset(allowed_methods)
        self.add_header("Allow", ", ".join(sorted(self.allowed_methods)))


class HTTPContentTooLarge(HTTPClientError):
    """413 for a body beyond `max_size` bytes."""

    status_code = 413

    def __init__(
        self,
        max_size: int | None = None,
        reason: str | None = None,
        content_type: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        phrase: str | None = None,
    ) -> None:
        if reason is None and max_size is not None:
            reason = f"the body is larger than {max_size} bytes"
        super().__init__(reason, content_type, headers=headers, phrase=phrase)


class HTTPMultipleChoices(HTTPRedirection):
    status_code = 300


class HTTPNotModified(HTTPRedirection):
    status_code = 304


class HTTPMovedPermanently(HTTPMove):
    status_code = 301


class HTTPFound(HTTPMove):
    status_code = 302


class HTTPSeeOther(HTTPMove):
    status_code = 303


class HTTPUseProxy(HTTPMove):
    status_code = 305


class HTTPTemporaryRedirect(HTTPMove):
    status_code = 307


class HTTPPermanentRedirect(HTTPMove):
    status_code = 308


class HTTPBadRequest(HTTPClientError):
    status_code = 400


class HTTPUnauthorized(HTTPClientError):
    status_code = 401


class HTTPPaymentRequired(HTTPClientError):
    status_code = 402


class HTTPForbidden(HTTPClientError):
    status_code = 403


class HTTPNotFound(HTTPClientError):
    status_code = 404


class HTTPNotAcceptable(HTTPClientError):
    status_code = 406


class HTTPProxyAuthenticationRequired(HTTPClientError):
    status_code = 407


class HTTPRequestTimeout(HTTPClientError):
    status_code = 408


class HTTPConflict(HTTPClientError):
    status_code = 409


class HTTPGone(HTTPClientError):
    status_code = 410


class HTTPLengthRequired(HTTPClientError):
    status_code = 411


class HTTPPreconditionFailed(HTTPClientError):
    status_code = 412


class HTTPURITooLong(HTTPClientError):
    status_code = 414


class HTTPUnsupportedMediaType(HTTPClientError):
    status_code = 415


class HTTPRangeNotSatisfiable(HTTPClientError):
    status_code = 416


class HTTPExpectationFailed(HTTPClientError):
    status_code = 417


class HTTPImATeapot(HTTPClientError):
    status_code = 418


class HTTPMisdirectedRequest(HTTPClientError):
    status_code = 421


class HTTPUnprocessableContent(HTTPClientError):
    status_code = 422


class HTTPLocked(HTTPClientError):
    status_code = 423


class HTTPFailedDependency(HTTPClientError):
    status_code = 424


class HTTPTooEarly(HTTPClientError):
    status_code = 425


class HTTPUpgradeRequired(HTTPClientError):
    status_code = 426


class HTTPPreconditionRequired(HTTPClientError):
    status_code = 428


class HTTPTooManyRequests(HTTPClientError):
    status_code = 429


class HTTPRequestHeaderFieldsTooLarge(HTTPClientError):
    status_code = 431


class HTTPUnavailableForLegalReasons(HTTPClientError):
    status_code = 451


class HTTPInternalServerError(HTTPServerError):
    status_code = 500


class HTTPNotImplemented(HTTPServerError):
    status_code = 501


class HTTPBadGateway(HTTPServerError):
    status_code = 502


class HTTPServiceUnavailable(HTTPServerError):
    status_code = 503


class HTTPGatewayTimeout(HTTPServerError):
    status_code = 504


class HTTPVersionNotSupported(HTTPServerError):
    status_code = 505


class HTTPVariantAlsoNegotiates(HTTPServerError):
    status_code = 506


class HTTPInsufficientStorage(HTTPServerError):
    status_code = 507


class HTTPLoopDetected(HTTPServerError):
    status_code = 508


class HTTPNotExtended(HTTPServerError):
    status_code = 510


class HTTPNetworkAuthenticationRequired(HTTPServerError):
    status_code = 511


# The names that RFC 9110 replaced, and aiohttp still has.
HTTPRequestEntityTooLarge = HTTPContentTooLarge
HTTPUnprocessableEntity = HTTPUnprocessableContent


def _by_status(base: type[HTTPException]) -> dict[int, type[HTTPException]]:
    classes = {base.status_code: base} if base.status_code else {}
    for subclass in base.__subclasses__():
        classes |= _by_status(subclass)
    return classes


STATUS_CLASSES: dict[int, type[HTTPException]] = _by_status(HTTPException)
"""The class of every status that has one."""
