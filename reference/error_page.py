"""The 500 page: what a client sees of an exception that a handler did not handle.

Outside debug it says nothing about the exception; in debug it shows the exception and its
traceback, escaped. HTML unless the client prefers plain text or JSON (RFC 9110 §12.5.1).
"""

from __future__ import annotations

import html
import json
import traceback

from .response import Response

_TYPES = ("text/html", "text/plain", "application/json")

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>500 Internal Server Error</title></head>
<body>
<h1>500 Internal Server Error</h1>
<p>{message}</p>
{details}</body>
</html>
"""
_MESSAGE = "The server met an error that it did not expect."


def negotiate(accept: str | None, offers: tuple[str, ...]) -> str:
    """The media type of `offers` that an Accept field prefers; the first one when it has no say.

    Earlier offers win ties, the most specific range decides about a type, and a client that
    accepts none of them gets the first (RFC 9110 §12.4.1 lets a server do that).
    """
    ranges = [_media_range(text) for text in (accept or "*/*").split(",")]
    best, best_quality = offers[0], 0.0
    for offer in offers:
        kind = offer.partition("/")[0]
        rank = {offer: 3, f"{kind}/*": 2, "*/*": 1}
        matching = [(rank[name], quality) for name, quality in ranges if name in rank]
        quality = max(matching)[1] if matching else 0.0
        if quality > best_quality:
            best, best_quality = offer, quality
    return best


def _media_range(text: str) -> tuple[str, float]:
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    quality = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                quality = min(max(float(value), 0.0), 1.0)
            except ValueError:
                quality = 0.0
    return name, quality


def error_page(exc: BaseException, accept: str | None, *, debug: bool) -> Response:
    """A 500 response about `exc`, in the media type that the `accept` field value prefers."""
    content_type = negotiate(accept, _TYPES)
    summary, trace = _describe(exc) if debug else ("", "")
    if content_type == "application/json":
        content: dict[str, object] = {"status": 500, "error": "Internal Server Error"}
        if debug:
            content |= {"exception": summary, "traceback": trace.splitlines()}
        body = json.dumps(content)
    elif content_type == "text/plain":
        body = f"500 Internal Server Error\n\n{trace or _MESSAGE}\n"
    else:
        details = f"<pre>{html.escape(trace)}</pre>\n" if debug else ""
        body = _PAGE.format(message=html.escape(summary or _MESSAGE), details=details)
    # The page depends on Accept (RFC 9110 §12.5.5), and nothing should keep it.
    headers = {"Vary": "Accept", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(body, 500, content_type, headers)


def _describe(exc: BaseException) -> tuple[str, str]:
    """`exc` in a line, and its traceback."""
    try:
        summary = "".join(traceback.format_exception_only(exc)).strip()
        trace = "".join(traceback.format_exception(exc))
    except Exception as error:  # noqa: BLE001 - code of the exception's class ran: __getattr__, say
        summary = trace = f"{type(exc).__name__} (describing it raised {type(error).__name__})"
    return _printable(summary), _printable(trace)


def _printable(text: str) -> str:
    """`text` without what UTF-8 cannot carry: messages may hold lone surrogates."""
    return text.encode("utf-8", "backslashreplace").decode()
