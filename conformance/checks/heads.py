"""What may stand in the head of a request: its line and its fields.

Owns the checks of the category framing that are about the head. Literals only; nothing here opens
a socket.
"""

from __future__ import annotations

from ..check import MAY, SHOULD, Check, practice, rfc
from ..expect import echoes, either, never_happened, not_status, refused, saw_header, status
from ..steps import Read, ReadToEnd, Send, raw
from .framing import GRAMMAR, NEXT

LF_LINES = b"GET / HTTP/1.1\nHost: @HOST@\nX-Request-Id: @ID@\nConnection: close\n\n\r\n\r\n"
"""For a server that knows no line end but CRLF, the last one ends the head."""

HOST = rfc(
    9112,
    "3.2",
    "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message "
    "that lacks a Host header field and to any request message that contains more than one Host "
    "header field line or a Host header field with an invalid field value.",
)

FIELDS = [
    Check(
        id="framing/space-before-colon",
        title="Whitespace between a field name and its colon is refused",
        source=rfc(
            9112,
            "5.1",
            "A server MUST reject, with a response status code of 400 (Bad Request), any received "
            "request message that contains whitespace between a header field name and colon.",
        ),
        steps=[Send(raw("GET /", "X-Probe : value")), Read()],
        expect=[status(400)],
        any_server=True,
        faults=("accepts-space-before-colon",),
    ),
    Check(
        id="framing/space-before-first-field",
        title="A first field line that begins with whitespace is refused or ignored",
        source=rfc(
            9112,
            "2.2",
            "A recipient that receives whitespace between the start-line and the first header "
            "field MUST either reject the message as invalid or consume each whitespace-preceded "
            "line without further processing of it",
        ),
        steps=[
            Send(
                b"GET / HTTP/1.1\r\n X-Injected: value\r\nHost: @HOST@\r\nX-Request-Id: @ID@\r\n"
                b"Connection: close\r\n\r\n"
            ),
            ReadToEnd(),
        ],
        expect=[either(refused(400), [echoes(route="root"), saw_header("X-Injected")])],
        faults=("accepts-space-before-first-field",),
    ),
    Check(
        id="framing/folded-line",
        title="A folded line is refused or continues the value before it, and is no field",
        source=rfc(
            9112,
            "5.2",
            "A server that receives an obs-fold in a request message that is not within a "
            '"message/http" container MUST either reject the message by sending a 400 (Bad '
            "Request), "
            "preferably with a representation explaining that obsolete line folding is "
            "unacceptable, or replace each received obs-fold with one or more SP octets prior to "
            "interpreting the field value or forwarding the message downstream.",
        ),
        steps=[
            Send(raw("GET /", "X-Probe: a", " X-Injected: b", "Connection: close")),
            ReadToEnd(),
        ],
        expect=[
            either(
                refused(400),
                [saw_header("X-Probe", "a X-Injected: b"), saw_header("X-Injected")],
                [saw_header("X-Probe", "a  X-Injected: b"), saw_header("X-Injected")],
            )
        ],
        faults=("fold-is-a-field",),
    ),
    Check(
        id="framing/bare-cr-in-value",
        title="A bare CR in a field value is refused or becomes a space, and ends no line",
        source=rfc(
            9112,
            "2.2",
            "A recipient of such a bare CR MUST consider that element to be invalid or replace "
            "each bare CR with SP before processing the element or forwarding the message.",
        ),
        steps=[
            Send(raw("GET /", "X-Probe: a\rX-Injected: b", "Connection: close")),
            ReadToEnd(),
        ],
        expect=[
            either(
                refused(400),
                [saw_header("X-Probe", "a X-Injected: b"), saw_header("X-Injected")],
            )
        ],
        faults=("accepts-bare-cr",),
    ),
    Check(
        id="framing/nul-in-value",
        title="A NUL in a field value is refused or becomes a space",
        source=rfc(
            9110,
            "5.5",
            "a recipient of CR, LF, or NUL within a field value MUST either reject the message or "
            "replace each of those characters with SP before further processing or forwarding of "
            "that message",
        ),
        steps=[Send(raw("GET /", "X-Probe: a\0b", "Connection: close")), ReadToEnd()],
        expect=[either(refused(400), saw_header("X-Probe", "a b"))],
        faults=("accepts-nul",),
    ),
    Check(
        id="framing/field-without-colon",
        title="A field line without a colon is refused",
        source=GRAMMAR,
        level=SHOULD,
        steps=[Send(raw("GET /", "nonsense")), Read()],
        expect=[status(400)],
        any_server=True,
        faults=("accepts-field-without-colon",),
    ),
    Check(
        id="framing/field-name-is-a-token",
        title="A field name with characters that no token has is refused",
        source=GRAMMAR,
        level=SHOULD,
        steps=[Send(raw("GET /", "X(Probe): value")), Read()],
        expect=[status(400)],
        any_server=True,
        faults=("accepts-bad-field-name",),
    ),
    Check(
        id="framing/lines-ending-in-bare-lf",
        title="Lines that end in LF alone are refused",
        source=practice(
            "RFC 9112 §2.2 leaves it to the recipient; where two disagree about a lone LF, a field "
            "that one sees is hidden from the other"
        ),
        level=MAY,
        steps=[
            Send(LF_LINES),
            Read(),
        ],
        expect=[status(400)],
        any_server=True,
        faults=("accepts-bare-lf",),
    ),
    Check(
        id="framing/host-missing",
        title="A request of HTTP/1.1 without Host is refused",
        source=HOST,
        steps=[Send(raw("GET /", host=False)), Read()],
        expect=[status(400)],
        any_server=True,
        faults=("accepts-missing-host",),
    ),
    Check(
        id="framing/host-twice",
        title="A request with two Host lines is refused",
        source=HOST,
        steps=[Send(raw("GET /", "Host: other.example")), Read()],
        expect=[status(400)],
        any_server=True,
        faults=("accepts-duplicate-host",),
    ),
    Check(
        id="framing/host-malformed",
        title="A Host that is no host is refused",
        source=HOST,
        steps=[Send(raw("GET /", "Host: one two/three", host=False)), Read()],
        expect=[status(400)],
        any_server=True,
        faults=("accepts-bad-host",),
    ),
]

REQUEST_LINES = [
    Check(
        id="framing/version-2.0",
        title="A request line that says HTTP/2.0 is not answered as HTTP/1.1",
        source=rfc(
            9110,
            "6.2",
            "A server can send a 505 (HTTP Version Not Supported) response if it wishes, for any "
            "reason, to refuse service of the client's major protocol version.",
        ),
        level=MAY,
        steps=[Send(raw("GET / HTTP/2.0")), Read()],
        expect=[status(505, 400)],
        any_server=True,
        faults=("accepts-any-version",),
    ),
    Check(
        id="framing/version-1.2",
        title="A higher minor version is served as HTTP/1.1",
        source=rfc(
            9110,
            "6.2",
            "A recipient that receives a message with a major version number that it implements "
            "and a minor version number higher than what it implements SHOULD process the message "
            "as if it were in the highest minor version within that major version to which the "
            "recipient is conformant.",
        ),
        level=SHOULD,
        steps=[Send(raw("GET / HTTP/1.2")), Read()],
        expect=[echoes(route="root")],
        faults=("refuses-later-minor-version",),
    ),
    Check(
        id="framing/version-in-lower-case",
        title="The name of the protocol in lower case is no version",
        source=rfc(9112, "2.3", "HTTP-version is case-sensitive."),
        level=SHOULD,
        steps=[Send(raw("GET /").replace(b"HTTP", b"http")), Read()],
        expect=[status(400, 505)],
        any_server=True,
        faults=("accepts-bad-version",),
    ),
    Check(
        id="framing/http-2-preface",
        title="The preface of HTTP/2 is refused once by a server of HTTP/1.1",
        source=GRAMMAR,
        level=SHOULD,
        steps=[Send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + NEXT), ReadToEnd()],
        expect=[refused(400, 404, 405, 501, 505), never_happened("enter", request="hidden")],
        faults=("keeps-open-after-refusal",),
    ),
    Check(
        id="framing/space-in-target",
        title="A target with a space in it is refused",
        source=rfc(
            9112,
            "3.2",
            "Recipients of an invalid request-line SHOULD respond with either a 400 (Bad Request) "
            "error or a 301 (Moved Permanently) redirect with the request-target properly encoded.",
        ),
        level=SHOULD,
        steps=[Send(raw("GET /items/a b HTTP/1.1")), Read()],
        expect=[status(400, 301)],
        any_server=True,
        faults=("accepts-space-in-target",),
    ),
    Check(
        id="framing/control-character-in-target",
        title="A target with a control character in it is refused",
        source=GRAMMAR,
        level=SHOULD,
        steps=[Send(raw("GET /items/a\x01b HTTP/1.1")), Read()],
        expect=[status(400)],
        any_server=True,
        faults=("accepts-bad-target",),
    ),
    Check(
        id="framing/control-character-in-target-of-options",
        title="OPTIONS may have an asterisk for a target, and no control character in it",
        source=GRAMMAR,
        level=SHOULD,
        steps=[Send(raw("OPTIONS /items/a\x01b HTTP/1.1")), Read(to="OPTIONS")],
        expect=[status(400)],
        any_server=True,
        faults=("accepts-bad-target",),
    ),
    Check(
        id="framing/spaces-in-request-line",
        title="A request line with two spaces between its parts is refused",
        source=practice(
            "RFC 9112 §3 lets a recipient parse it on any whitespace, and warns that where several "
            "do so differently a request can be smuggled"
        ),
        level=MAY,
        steps=[Send(raw("GET  / HTTP/1.1")), Read()],
        expect=[status(400, 301)],
        any_server=True,
        faults=("accepts-loose-request-line",),
    ),
    Check(
        id="framing/method-is-a-token",
        title="A method with characters that no token has is refused",
        source=GRAMMAR,
        level=SHOULD,
        steps=[Send(raw("GET@ / HTTP/1.1")), Read()],
        expect=[status(400, 405, 501)],
        any_server=True,
        faults=("accepts-bad-method",),
    ),
    Check(
        id="framing/empty-line-before-request",
        title="An empty line before a request is ignored",
        source=rfc(
            9112,
            "2.2",
            "In the interest of robustness, a server that is expecting to receive and parse a "
            "request-line SHOULD ignore at least one empty line (CRLF) received prior to the "
            "request-line.",
        ),
        level=SHOULD,
        steps=[Send(b"\r\n" + raw("GET /")), Read()],
        expect=[not_status(400)],
        any_server=True,
        faults=("refuses-leading-crlf",),
    ),
]

CHECKS: list[Check] = [*FIELDS, *REQUEST_LINES]
