"""The framework's own errors: their text, and their pages for what no route takes.

Owns a part of the category exceptions. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

from ..check import SHOULD, Check, practice, rfc
from ..expect import body, by_dialect, header, status, well_framed
from ..spec import RaiseHttp, Route, app
from ..steps import get, raw
from ._behind import INTACT, serving, then_next

TELLTALE = "tell-tale-5b1c"

CHECKS: list[Check] = [
    Check(
        id="exceptions/raised-text-is-sent",
        title="The text that a handler gives to an error reaches the client",
        source=practice("the text is for whoever made the request"),
        app=serving(RaiseHttp(400, text=f"no such colour: {TELLTALE}")),
        steps=[get("/")],
        expect=[status(400), body(contains=f"no such colour: {TELLTALE}")],
        faults=["drops-text-of-errors"],
    ),
    Check(
        id="exceptions/raised-text-is-framed",
        title="The length of an error's text is that of its octets",
        source=rfc(
            9110,
            "8.6",
            'The "Content-Length" header field indicates the associated representation\'s data '
            "length as a decimal non-negative integer number of octets.",
        ),
        app=serving(RaiseHttp(404, text="introuvable: café, 你好")),
        steps=then_next(raw("GET /")),
        expect=[status(404), well_framed(), INTACT],
        faults=["length-counts-characters"],
    ),
    Check(
        id="exceptions/not-found-is-framed",
        title="The framework's own 404 is framed",
        source=practice("an unknown path is 404 in all eight frameworks, and framed as any answer"),
        app=app(Route("next", "GET", "/next")),
        steps=then_next(raw("GET /nowhere")),
        expect=[status(404), well_framed(), INTACT],
        faults=["no-length-for-errors"],
    ),
    Check(
        id="exceptions/error-body",
        title="The body of an error is of the kind that is declared",
        level=SHOULD,
        source=practice("frameworks differ, and clients rely on what theirs does"),
        app=app(Route("next", "GET", "/next")),
        steps=[get("/nowhere")],
        expect=[
            status(404),
            by_dialect(
                "error_body",
                text=header("Content-Type", contains="text/plain"),
                html=header("Content-Type", contains="text/html"),
                json=header("Content-Type", contains="json"),
                empty=body(b""),
            ),
        ],
        faults=["error-without-type"],
    ),
]
