"""What a client gets to see of an error.

Owns the pages: outside debug they say nothing of an exception, and what stands in them is escaped.
"""

from __future__ import annotations

import html
import json
import re
import traceback
from urllib.parse import quote, unquote

from .middlewares import Aborted, NoResponse
from .request import Request
from .response import HttpError, Response

HTML = "text/html; charset=utf-8"

_URI_CHARACTERS = ":/?#[]@!$&'()*+,;=-._~%"
_NOT_ITS_BUSINESS = "\r\n"
"""A head refuses these, in whatever field they stand."""

_OLD_STATUSES = {*range(200, 207), *range(300, 306), 307, *range(400, 418), *range(500, 506)}
"""Those of RFC 2616."""

_STAYED: list[tuple[str, str]] = []
"""Headers of earlier errors; nothing but a fault has any."""


def http_error_page(request: Request, error: HttpError, faults: frozenset[str]) -> Response:
    """The response that an HTTP error stands for."""
    if "error-text-stays" in faults and error.text is None and request.before is not None:
        error.text = request.before.error_text
    request.error_text = error.text
    response = error.response()
    response.headers = [
        (name, _location(value, faults) if name == "Location" else value)
        for name, value in response.headers
    ]
    if "drops-text-of-errors" in faults:
        response = HttpError(error.status, None, error.headers).response()
    if "drops-headers-of-errors" in faults:
        response.headers = []
    if "redirect-takes-query" in faults and request.query:
        response.headers = [
            (name, value + "?" + request.target.partition("?")[2] if name == "Location" else value)
            for name, value in response.headers
        ]
    if "no-location" in faults:
        response.headers = [pair for pair in response.headers if pair[0] != "Location"]
    if "unescaped-text-of-errors" in faults:
        response.content_type = HTML
    if "unescaped-path-in-404" in faults and error.status == 404:
        response.content_type = HTML
        response.body = f"<p>There is no {request.path}</p>"
    if "unescaped-request-in-405" in faults and error.status == 405:
        response.content_type = HTML
        response.body = f"<p>{request.method} is not for {request.path}</p>"
    if "unescaped-location-in-page" in faults and response.has_header("location"):
        to = dict(error.headers)["Location"]
        response.content_type = HTML
        response.body = f'<a href="{to}">here</a>'
    if "errors-keep-only-challenges" in faults:
        response.headers = [pair for pair in response.headers if pair[0] == "WWW-Authenticate"]
    if "headers-of-errors-stay" in faults:
        _STAYED.extend(response.headers)
        response.headers = list(_STAYED)
    if "last-header-of-a-name-in-errors" in faults:
        response.headers = list(dict(response.headers).items())
    if "error-without-type" in faults:
        response.content_type = None
    return response


def _location(given: str, faults: frozenset[str]) -> str:
    """A URI-reference of what was given (RFC 9110 §10.2.2): what it cannot hold is encoded."""
    if not given and "empty-location-closes" in faults:
        raise Aborted
    if "location-as-given" in faults:
        return given
    if "location-collapses-slashes" in faults:
        return re.sub("/+", "/", given)
    if "location-decoded" in faults:
        return unquote(given)
    if "location-drops-other-than-ascii" in faults:
        return given.encode("ascii", "ignore").decode()
    if "location-encoded-twice" in faults:
        return quote(given, safe=_URI_CHARACTERS.replace("%", ""))
    if "location-encoded-whole" in faults:
        return quote(given, safe="/%")
    if "location-ends-at-space" in faults:
        return given.partition(" ")[0]
    if "location-from-root" in faults:
        return "/" + given.lstrip("/")
    if "location-is-cut" in faults:
        return given[:2048]
    if "location-without-fragment" in faults:
        return given.partition("#")[0]
    if "location-without-host" in faults:
        return re.sub("^[a-z]+://[^/]*", "", given)
    return quote(given, safe=_URI_CHARACTERS + _NOT_ITS_BUSINESS)


def with_status(response: Response, faults: frozenset[str]) -> Response:
    """The response that is sent instead, where statuses are told to go wrong."""
    if "knows-few-statuses" in faults and response.status not in _OLD_STATUSES:
        response.status -= response.status % 100
    if "redirects-have-no-body" in faults and 300 <= response.status < 400:
        response.body = ""
    return response


def crash_page(
    request: Request, error: BaseException, *, debug: bool, faults: frozenset[str]
) -> Response:
    """A 500 that says nothing of the exception, but in debug."""
    chains = "debug-shows-no-cause" not in faults
    lines = "".join(traceback.format_exception(error, chain=chains))
    if "prints-exceptions" in faults or (debug and "prints-exceptions-in-debug" in faults):
        lines += str(error)
    if "needs-a-message" in faults:
        lines = lines.removesuffix("\n") + str(error)[0]
    if "traceback-to-json-clients" in faults and _accepts(request, "application/json"):
        return Response(json.dumps(lines), status=500, content_type="application/json")
    shows = debug and "debug-shows-nothing" not in faults
    if {"traceback-to-everyone", "unescaped-traceback"} & faults:
        shows = True
    response = HttpError(500).response()
    before = request.before and request.before.answer
    if "second-crash-tells" in faults and before and before.status == 500:
        response = HttpError(500, str(error)).response()
    if "shows-what-was-returned" in faults and isinstance(error, NoResponse):
        response = HttpError(500, str(error)).response()
    if shows:
        response = Response(_debug_page(request, error, lines, faults), status=500)
        response.content_type = HTML
    if "exception-in-reason" in faults:
        response.reason = f"Internal Server Error: {error}"
    if "exception-in-header" in faults:
        response.set_header("X-Exception", ascii(error))
    if "500-without-type" in faults:
        response.content_type = None
    if "crash-closes-connection" in faults:
        response.set_header("Connection", "close")
    return response


def _debug_page(request: Request, error: BaseException, lines: str, faults: frozenset[str]) -> str:
    """What is known of the exception, escaped."""
    if "ampersands-unescaped-in-debug" in faults:
        lines = lines.replace("<", "&lt;").replace(">", "&gt;")
    elif not {"unescaped-debug-page", "unescaped-traceback"} & faults:
        lines = html.escape(lines)
    page = f"<!DOCTYPE html><title>500</title><h1>Internal Server Error</h1><pre>{lines}</pre>"
    if "unescaped-request-in-debug" in faults:
        page += f"<p>{request.path} {request.query} {request.headers}</p>"
    if "double-quotes-unescaped-in-debug" in faults:
        page += f'<p title="{html.escape(str(error), quote=False)}">the exception</p>'
    if "single-quotes-unescaped-in-debug" in faults:
        escaped = html.escape(str(error), quote=False).replace('"', "&quot;")
        page += f"<p title='{escaped}'>the exception</p>"
    if "exception-in-comment" in faults:
        page += f"<!-- {error} -->"
    if "request-in-attributes" in faults:
        shown = [request.path, *(text for pair in request.query for text in pair)]
        shown += [value for _, value in request.headers]
        for text in shown:
            page += f'<p title="{html.escape(text, quote=False)}">the request</p>'
    return page


def _accepts(request: Request, kind: str) -> bool:
    return any(name.lower() == "accept" and kind in value for name, value in request.headers)
