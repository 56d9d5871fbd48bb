"""What a client gets to see of an error.

Owns the pages: outside debug they say nothing of an exception, and what stands in them is escaped.
"""

from __future__ import annotations

import html
import json
import traceback

from .request import Request
from .response import HttpError, Response

HTML = "text/html; charset=utf-8"


def http_error_page(request: Request, error: HttpError, faults: frozenset[str]) -> Response:
    """The response that an HTTP error stands for."""
    response = error.response()
    if "drops-text-of-errors" in faults:
        response = HttpError(error.status, None, error.headers).response()
    if "drops-headers-of-errors" in faults:
        response.headers = []
    if "no-location" in faults:
        response.headers = [pair for pair in response.headers if pair[0] != "Location"]
    if "unescaped-text-of-errors" in faults:
        response.content_type = HTML
    if "unescaped-path-in-404" in faults and error.status == 404:
        response.content_type = HTML
        response.body = f"<p>There is no {request.path}</p>"
    if "error-without-type" in faults:
        response.content_type = None
    return response


def crash_page(
    request: Request, error: BaseException, *, debug: bool, faults: frozenset[str]
) -> Response:
    """A 500 that says nothing of the exception, but in debug."""
    lines = "".join(traceback.format_exception(error))
    if "needs-a-message" in faults:
        lines = lines.removesuffix("\n") + str(error)[0]
    if "traceback-to-json-clients" in faults and _accepts(request, "application/json"):
        return Response(json.dumps(lines), status=500, content_type="application/json")
    shows = debug and "debug-shows-nothing" not in faults
    if {"traceback-to-everyone", "unescaped-traceback"} & faults:
        shows = True
    response = HttpError(500).response()
    if shows:
        if not {"unescaped-debug-page", "unescaped-traceback"} & faults:
            lines = html.escape(lines)
        page = f"<!DOCTYPE html><title>500</title><h1>Internal Server Error</h1><pre>{lines}</pre>"
        if "unescaped-request-in-debug" in faults:
            page += f"<p>{request.path} {request.query} {request.headers}</p>"
        response = Response(page, status=500, content_type=HTML)
    if "crash-closes-connection" in faults:
        response.set_header("Connection", "close")
    return response


def _accepts(request: Request, kind: str) -> bool:
    return any(name.lower() == "accept" and kind in value for name, value in request.headers)
