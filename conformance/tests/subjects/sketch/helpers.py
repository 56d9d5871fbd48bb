"""The page for what went wrong."""

from __future__ import annotations

import traceback

from .response import Response

server_exception_templ = """
<div>
    <h1>500 Internal server error</h1>
    <span>The server got itself in trouble: <b>{exc}</b></span>
    <p>{traceback}</p>
</div>
"""


def format_exception(exc: Exception) -> Response:
    # Mistake: shown to everybody, and not escaped.
    trace = traceback.format_exc().replace("\n", "</br>")
    resp = Response(status=500, content_type="text/html")
    resp.add_body(server_exception_templ.format(exc=str(exc), traceback=trace))
    return resp
