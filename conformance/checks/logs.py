"""What clients send forges no line of the log.

Owns the category log. The adapters have their framework write its own access log to stderr; what a
client would like to see at the beginning of a line is a text that no other check sends. Literals
only; nothing here opens a socket.
"""

from __future__ import annotations

from ..check import Check, practice
from ..expect import echoes, log_lacks_line
from ..spec import Crash, Route, app
from ..steps import ReadToEnd, Send, get, raw

LOGGED = app(
    Route("root", "GET", "/"),
    Route("item", "GET", "/items/{name}"),
    Route("crash", "GET", "/crash/{name}", Crash()),
    access_log=True,
)
ONE_LINE = practice("a line of a log is the server's, whatever a client sends (CWE-117)")

CHECKS = [
    Check(
        id="log/target",
        title="Line ends that are encoded in a target begin no line of the log",
        source=ONE_LINE,
        app=LOGGED,
        steps=[
            get("/items/a%0d%0aforged-by-path%20GET%20/admin", name="param"),
            get("/none%0aforged-by-404%20GET%20/admin", name="404"),
            get("/?a=%0d%0aforged-by-query%20GET%20/admin", name="query"),
            get("/", name="next"),
        ],
        expect=[
            log_lacks_line("forged-by-path"),
            log_lacks_line("forged-by-404"),
            log_lacks_line("forged-by-query"),
            echoes(of="next", route="root"),
        ],
        faults=("log-injection",),
    ),
    Check(
        id="log/fields",
        title="What a client says of itself begins no line of the log",
        source=ONE_LINE,
        app=LOGGED,
        # Where a folded or torn line is refused, the refusal must not log it as it is, either.
        steps=[
            get("/", ("User-Agent", "a%0d%0aforged-by-agent"), name="agent"),
            get("/", ("Referer", "http://a/%0d%0aforged-by-referer"), name="referer"),
            Send(raw("GET /", "User-Agent: a\r\n forged-by-fold", "Connection: close"), on="fold"),
            ReadToEnd(on="fold"),
            Send(raw("GET /", "Referer: a\rforged-by-cr", "Connection: close"), on="cr"),
            ReadToEnd(on="cr"),
            get("/", name="next"),
        ],
        expect=[
            log_lacks_line("forged-by-agent"),
            log_lacks_line("forged-by-referer"),
            log_lacks_line("forged-by-fold"),
            log_lacks_line("forged-by-cr"),
            echoes(of="next", route="root"),
        ],
        faults=("log-injection-by-agent",),
    ),
    Check(
        id="log/method",
        title="A method, whatever is in it, begins no line of the log",
        source=ONE_LINE,
        app=LOGGED,
        steps=[
            Send(raw("GET%0d%0aforged-by-method /", "Connection: close"), on="method"),
            ReadToEnd(on="method"),
            Send(raw("GET\rforged-by-torn-method /", "Connection: close"), on="torn"),
            ReadToEnd(on="torn"),
            get("/", name="next"),
        ],
        expect=[
            log_lacks_line("forged-by-method"),
            log_lacks_line("forged-by-torn-method"),
            echoes(of="next", route="root"),
        ],
        faults=("log-injection",),
    ),
    Check(
        id="log/crash",
        title="The log of an exception has no line of the request's making",
        source=ONE_LINE,
        app=LOGGED,
        steps=[
            get("/crash/a%0d%0aforged-by-crash", name="crash"),
            get("/", name="next"),
        ],
        expect=[log_lacks_line("forged-by-crash"), echoes(of="next", route="root")],
        faults=("log-injection-in-errors",),
    ),
]
