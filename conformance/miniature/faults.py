"""What the miniature can be told to do wrong.

Owns the names: each is asked for where it goes wrong, and every check names those that fail it.
"""

from __future__ import annotations

from collections.abc import Iterable


class UnknownFault(Exception):
    """There is no fault of that name."""


_ROUTING = {
    "405-without-allow": "answers a wrong method with a 405 that has no Allow",
    "allow-of-first-route": "lists in Allow the method of one route of the path only",
    "collapses-slashes": "takes several slashes in a path for one",
    "cuts-path-at-semicolon": "drops what follows a semicolon in a target",
    "decodes-before-matching": "decodes a path before it is matched, so %2F separates",
    "falls-back-to-first-route": "gives a path that no route has to the first route",
    "first-route-only": "gives up at the first route that does not match",
    "head-is-not-get": "does not take HEAD to the GET route",
    "ignores-case-of-method": "takes `get` for GET",
    "ignores-case-of-path": "takes /About for /about",
    "ignores-method": "lets a request reach the route of its path whatever its method",
    "last-route-wins": "prefers the last route that matches, and takes duplicates",
    "matches-prefix": "matches the beginning of a path only",
    "matches-raw-path": "takes an encoded letter for another than the letter",
    "never-backtracks": "follows a literal segment into a dead end and stays there",
    "normalises-dot-segments": "removes dot segments from a path before it is matched",
    "path-is-regex": "uses the literal text of a route as a regular expression",
    "query-is-part-of-path": "matches the path with its query",
    "refuses-absolute-form": "refuses a target in absolute form",
    "registration-order": "tries routes as registered, though it declares literals first",
    "unknown-path-is-400": "answers a path that no route has with 400",
    "wrong-method-is-400": "answers a wrong method with 400",
}

_TARGETS = {
    "decodes-query-before-splitting": "decodes a query before it is split into pairs",
    "decodes-twice": "decodes params and query values twice",
    "drops-blank-values": "drops the pairs of a query whose value is blank",
    "invalid-utf-8-crashes": "crashes on octets in a target that are not UTF-8",
    "keeps-last-query-value": "keeps the last value only of a name in a query",
    "malformed-percent-crashes": "crashes on a percent sign without two digits behind it",
    "params-are-kept": "gives a handler the params of earlier requests, too",
    "params-are-raw": "does not decode params",
    "params-are-word-characters": "lets a param have letters, digits and underscores only",
    "params-in-reverse": "gives the values of several params to the wrong names",
    "params-may-be-empty": "lets a param be empty",
    "params-span-segments": "lets a param take in slashes",
    "plus-in-path-is-space": "takes a plus in a path for a space",
    "plus-in-query-stays": "leaves a plus in a query as it is",
    "query-is-raw": "does not decode a query",
    "semicolon-separates-pairs": "splits a query at semicolons, too",
    "splits-at-every-equals-sign": "cuts a query value at its first equals sign",
}

_HEADERS = {
    "collapses-header-whitespace": "makes one space of all whitespace in a header value",
    "cuts-long-headers": "cuts header values behind 1024 characters",
    "decodes-header-values": "percent-decodes header values",
    "drops-empty-headers": "drops headers with an empty value",
    "few-headers": "refuses more than 32 headers",
    "header-beyond-ascii-crashes": "answers a header value that is not ASCII with 500",
    "header-names-have-case": "knows header names in their usual case only",
    "keeps-header-whitespace": "strips one octet only from in front of a header value",
    "keeps-last-header": "keeps the last line only of a repeated header",
    "lowers-header-values": "turns header values to lower case",
    "needs-head-in-one-segment": "refuses a head that does not come at once",
    "reverses-repeated-headers": "gives a handler the headers in the opposite order",
    "splits-cookies": "makes a header of each pair in Cookie",
    "splits-header-at-last-colon": "splits a field line at its last colon",
}

_BODIES = {
    "body-ends-at-nul": "ends a request body at its first NUL",
    "body-is-empty": "gives a handler an empty body whatever came",
    "body-is-null-when-empty": "gives a handler no body instead of an empty one",
    "body-is-one-segment": "takes the first part of a body that comes for all of it",
    "body-is-text": "decodes a body as UTF-8 and encodes it again",
    "body-length-counts-characters": "gives a handler as many octets as a body has characters",
    "body-limit-by-length-only": "holds chunked bodies to no limit",
    "body-limit-crashes": "raises no HTTP error for a body beyond the limit",
    "drains-only-what-has-come": "drops of an unread body what has come, not what comes later",
    "first-piece-only": "ends a body that is read in pieces behind the first one",
    "get-has-no-body": "takes the body of a GET for the next request",
    "invalid-json-is-null": "gives a handler null for a body that is not JSON",
    "last-body-chunk-wins": "keeps the last part only of a body that comes in several",
    "limit-is-tenfold-too-small": "refuses bodies beyond a tenth of the limit",
    "no-body-limit": "reads bodies of any size",
    "no-chunked-requests": "refuses chunked requests with 411",
    "no-json": "answers whoever asks for JSON with 415",
    "unread-body-is-next-request": "takes a body that nobody read for the next request",
    "unread-body-of-404-is-next-request": "does so with the body of a request without a route",
    "waits-for-a-body": "waits for a body where there is none",
}

_LENGTHS_AND_CODINGS = {
    "accepts-bad-length": "reads Content-Length as C's atoi does",
    "accepts-chunked-in-1.0": "takes a chunked request of HTTP/1.0 and goes on behind it",
    "accepts-chunked-twice": "takes a body that says to be chunked twice",
    "accepts-duplicate-length": "uses the first of several values of Content-Length",
    "accepts-identity": "takes the transfer coding identity for no body",
    "accepts-length-and-chunked": "takes Content-Length beside chunked and goes on behind it",
    "accepts-signed-length": "takes a Content-Length with a sign",
    "accepts-unknown-coding": "takes any transfer codings",
    "adds-repeated-lengths": "adds the values of several Content-Length lines",
    "coding-names-have-case": "knows `chunked` in lower case only",
    "incomplete-body-is-whole": "takes the end of the connection for the end of a body",
    "length-overflows": "reads Content-Length modulo 2 to the 64th",
    "length-overrides-chunked": "delimits a chunked body by Content-Length where both are given",
    "strips-control-characters": "strips control characters from around a header value",
}

_CHUNKS = {
    "accepts-bad-chunk-end": "drops what follows the data of a chunk up to the next line",
    "accepts-bad-chunk-size": "reads chunk sizes as C's strtol does",
    "accepts-bad-trailer": "takes trailer lines that are no fields",
    "chunk-size-by-int": "reads chunk sizes as Python's int does",
    "chunk-size-is-decimal": "reads chunk sizes as decimal numbers",
    "chunk-size-overflows": "reads chunk sizes modulo 2 to the 64th",
    "refuses-chunk-extensions": "refuses chunk extensions",
    "skips-chunk-end": "drops two octets behind a chunk, whatever they are",
    "stops-at-last-chunk": "ends a body in front of its trailers",
    "trailers-become-headers": "adds trailers to the headers",
}

_HEADS = {
    "accepts-any-version": "answers HTTP/2.0 as HTTP/1.1",
    "accepts-bad-field-name": "takes field names that are no tokens",
    "accepts-bad-host": "takes a Host that is none",
    "accepts-bad-method": "takes methods that are no tokens",
    "accepts-bad-target": "takes targets with octets that no target has",
    "accepts-bad-version": "takes anything for a version",
    "accepts-bare-cr": "takes CR within lines",
    "accepts-bare-lf": "takes LF for the end of a line",
    "accepts-duplicate-host": "takes more than one Host",
    "accepts-field-without-colon": "takes field lines without a colon",
    "accepts-loose-request-line": "splits a request line at any whitespace",
    "accepts-missing-host": "takes requests of HTTP/1.1 without Host",
    "accepts-nul": "takes NUL within lines",
    "accepts-space-before-colon": "takes whitespace in front of the colon of a field",
    "accepts-space-before-first-field": "takes a first field line that begins with whitespace",
    "accepts-space-in-target": "takes spaces in a target",
    "asks-http10-for-host": "refuses requests of HTTP/1.0 without Host",
    "asterisk-crashes": "crashes on OPTIONS *",
    "fold-is-a-field": "takes a folded line for a field of its own",
    "keeps-open-after-refusal": "goes on reading behind what it has refused",
    "refuses-later-minor-version": "refuses HTTP/1.2",
    "refuses-leading-crlf": "refuses an empty line in front of a request",
}

_RESPONSES = {
    "bytes-become-text": "decodes the bytes of a response and encodes them again",
    "content-for-head": "sends content in answers to HEAD",
    "content-for-head-of-error": "sends content in errors that answer HEAD",
    "content-on-204": "sends the body that a handler gives to a 204",
    "content-on-304": "sends content with a 304",
    "date-of-another-form": "writes Date with an offset instead of GMT",
    "drops-content-type": "sends text/html whatever content type a handler gives",
    "drops-headers": "does not send the headers that a handler sets",
    "drops-reason": "does not send the reason phrase that a handler gives",
    "folds-cookies": "folds several cookies into one Set-Cookie",
    "head-says-empty": "says Content-Length: 0 in every answer to HEAD",
    "length-counts-characters": "counts characters where octets are to be counted",
    "length-on-204": "sends Content-Length with a 204",
    "no-charset": "does not name the charset of text",
    "no-date": "sends no Date",
    "no-length-for-205": "does not say that a 205 is empty",
    "no-length-for-empty-body": "does not say that an empty response is empty",
    "no-length-for-errors": "does not say how long an error is",
    "one-cookie-only": "sends the last of several cookies only",
    "refuses-crlf-only": "refuses CRLF in a header value, but neither CR nor LF alone",
    "sends-any-content-type": "sends a content type with line ends in it",
    "sends-any-cookie": "sends a cookie with line ends in it",
    "sends-any-header": "sends headers with line ends in them",
    "sends-any-reason": "sends a reason phrase with line ends in it",
    "sends-once": "sends the first 64 KiB of a response and closes",
}

_STREAMS = {
    "buffers-streams": "sends a stream when it has ended",
    "chunks-for-http10": "sends chunks to clients of HTTP/1.0",
    "empty-chunk-ends-stream": "sends an empty part of a stream as an empty chunk",
    "ends-failed-streams-well": "ends a stream that failed as one that did not",
    "error-page-in-stream": "sends the traceback of a stream that failed as part of it",
    "last-chunk-only": "sends the last part of a stream only",
}

_ERRORS = {
    "always-200": "sends 200 for every other 2xx that a handler gives",
    "crash-closes-connection": "closes the connection behind the 500 of a crash",
    "crash-closes-in-silence": "answers a crash with the end of the connection",
    "crash-ends-others": "ends all connections when a handler crashes",
    "crash-ends-service": "answers nothing any more when a handler has crashed",
    "debug-shows-nothing": "shows no exception in debug",
    "drops-headers-of-errors": "does not send the headers of an error",
    "drops-text-of-errors": "does not send the text of an error",
    "error-without-type": "sends errors without a content type",
    "needs-a-message": "fails at the 500 page of an exception without a message",
    "no-location": "sends redirects without Location",
    "no-response-kills-task": "answers nothing when a handler returns no response",
    "raised-errors-are-500": "answers every HTTP error that is raised with 500",
    "replaces-returned-errors": "replaces the body of an error that a handler returns",
    "system-exit-ends-server": "ends when a handler raises SystemExit",
    "traceback-to-everyone": "shows the traceback outside debug, too",
    "traceback-to-json-clients": "shows the traceback to clients that accept JSON",
    "unescaped-debug-page": "does not escape the exception in debug",
    "unescaped-path-in-404": "shows the path in a 404 and does not escape it",
    "unescaped-request-in-debug": "shows the request in debug and does not escape it",
    "unescaped-text-of-errors": "sends the text of errors as HTML and does not escape it",
    "unescaped-traceback": "shows the traceback outside debug, too, and does not escape it",
}

_MIDDLEWARES = {
    "crash-of-middleware-closes": "answers nothing when a middleware crashes",
    "drops-changes-of-middlewares": "sends the response as it was inside the middlewares",
    "drops-middlewares": "runs no middlewares",
    "errors-of-middlewares-are-500": "answers an HTTP error that a middleware raises with 500",
    "errors-pass-middlewares-by": "makes responses of errors inside the middlewares",
    "ignores-errors-of-middlewares": "goes on without a middleware that raises",
    "last-middleware-outermost": "takes the last middleware for the outermost",
    "middleware-loses-params": "loses the params behind a middleware",
    "middlewares-pile-up": "runs middlewares once more with every request",
    "no-middlewares-for-404": "runs no middlewares where no route matches",
    "runs-handler-all-the-same": "runs the handler though a middleware has answered",
    "short-circuit-leaves-at-once": "sends the answer of a middleware past those outside it",
}

_HOOKS = {
    "answers-before-startup": "runs the startup hooks behind the first request with a route",
    "cleanup-first": "runs the cleanup hooks in front of the shutdown hooks",
    "drops-state": "loses what startup hooks store",
    "failed-startup-exits-0": "exits with 0 when a startup hook raised",
    "failing-hook-ends-shutdown": "runs no cleanup hooks when a shutdown hook raised",
    "hooks-at-once": "runs all hooks at the same time",
    "no-cleanup-hooks": "runs no cleanup hooks",
    "no-shutdown-hooks": "runs no shutdown hooks",
    "serves-after-failed-startup": "serves though a startup hook raised",
    "shutdown-at-once": "runs the shutdown hooks behind the startup hooks",
    "shutdown-in-another-order": "runs the shutdown hooks last one first",
    "shutdown-twice": "runs the shutdown hooks twice",
    "startup-for-every-connection": "runs the startup hooks for every connection again",
    "startup-in-reverse": "runs the startup hooks last one first",
}

_CONNECTIONS = {
    "blocks-the-loop": "runs no handler while another waits",
    "closes-every-connection": "closes the connection behind every answer",
    "closes-silently": "closes the connection behind every answer and does not say so",
    "connection-options-have-case": "knows `Connection: close` in that spelling only",
    "continues-http10": "sends 100 (Continue) to clients of HTTP/1.0",
    "drops-pipelined": "drops the requests that came with another",
    "few-requests-at-once": "runs eight handlers at a time",
    "half-close-is-the-end": "gives up a request when its client ends the sending side",
    "ignores-connection-close": "keeps a connection open that is to be closed",
    "keeps-http10-open": "keeps the connections of HTTP/1.0 open",
    "keeps-http10-silently": "keeps the connections of HTTP/1.0 open and does not say so",
    "no-100-continue": "waits for a body that its client waits to be asked for",
    "one-connection-at-a-time": "serves a connection when the one before it has ended",
    "pipelined-out-of-order": "answers pipelined requests in the wrong order",
    "reset-ends-others": "ends all connections when a client resets one",
    "reset-ends-the-server": "ends when a client resets its connection",
    "shares-state-between-connections": "answers on the connection that was opened last",
    "vanished-client-ends-the-server": "ends when a client closes within a head",
    "writes-block-everybody": "sends nothing to others while a client does not read",
}

_SHUTDOWN = {
    "accepts-after-sigterm": "takes new connections until its hooks and requests are done",
    "cancels-running-on-sigterm": "cancels running requests at SIGTERM",
    "declares-hooks-behind-drain": "declares that hooks wait for running requests; they do not",
    "hooks-behind-drain": "has shutdown hooks wait for running requests, and declares otherwise",
    "ignores-second-signal": "ignores a second signal",
    "ignores-sigint": "ignores SIGINT",
    "leaves-a-child-listening": "leaves a process behind that keeps the port",
    "never-exits-on-sigterm": "stops serving at SIGTERM and does not end",
    "no-drain-limit": "waits for running requests without a limit",
    "sigterm-kills": "is killed by SIGTERM",
    "waits-for-idle-connections": "waits for idle connections to be closed by their clients",
}

FOR_THE_HARNESS = {
    "dies": "ends its process at a POST",
    "hang": "never answers a POST",
}
"""What no check asks for; they show what the harness does with a subject that fails it."""

FAULTS: dict[str, str] = {
    **_ROUTING, **_TARGETS, **_HEADERS, **_BODIES, **_LENGTHS_AND_CODINGS, **_CHUNKS, **_HEADS,
    **_RESPONSES, **_STREAMS, **_ERRORS, **_MIDDLEWARES, **_HOOKS, **_CONNECTIONS, **_SHUTDOWN,
    **FOR_THE_HARNESS,
}  # fmt: skip
"""What each does wrong, by its name."""


def chosen(names: Iterable[str]) -> frozenset[str]:
    """The faults of these names. Raises UnknownFault."""
    faults = frozenset(names)
    for name in sorted(faults - FAULTS.keys()):
        raise UnknownFault(f"the miniature has no fault {name!r}; --list shows those it has")
    return faults
