"""What the handlers, middlewares and hooks of an application do, as the lines of Python functions.

Owns the words for each action in the reference's API, and what they need to have imported. Imports
nothing of the reference: its names are those of its documentation.

A gate that a test would open is a pause of a second here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus

from ..spec import (
    Action,
    Catch,
    Crash,
    Echo,
    Hook,
    Json,
    Middleware,
    Mirror,
    Params,
    RaiseHttp,
    ReadBody,
    ReadCookies,
    ReplaceResponse,
    Respond,
    ReturnValue,
    Route,
    SetHeader,
    ShortCircuit,
    State,
    Store,
    Stream,
    Wait,
)

WIDTH = 88
"""Calls that would be longer, without their indentation, have a line for each argument."""

_MOVES = (301, 302, 303, 305, 307, 308)
_STREAM_CRASH = 'raise RuntimeError("the stream crashed on purpose")'
_PAUSE = "await asyncio.sleep(1)"

# RFC 9110 renamed these, and Python has other words for those.
_NAMES_OF_EXCEPTIONS = {
    413: "HTTPContentTooLarge",
    414: "HTTPURITooLong",
    416: "HTTPRangeNotSatisfiable",
    418: "HTTPImATeapot",
    422: "HTTPUnprocessableContent",
    505: "HTTPVersionNotSupported",
}

_ECHO = '''
def echo(request, route, **read):
    """What the handler saw."""
    return json_response(
        {
            "route": route,
            "method": request.method,
            "path": request.path,
            "params": dict(request.match_info),
            "query": list(request.query.items()),
            "headers": list(request.headers.items()),
            **read,
        }
    )
'''
_UNPRINTABLE = """
class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("an exception that cannot be printed")

    __repr__ = __str__
"""


def exception_name(status: int) -> str:
    """`HTTPNotFound` for 404. Raises ValueError for a status that is not registered."""
    phrase = HTTPStatus(status).phrase
    return _NAMES_OF_EXCEPTIONS.get(status) or "HTTP" + re.sub("[^A-Za-z]", "", phrase.title())


class Bodies:
    """Writes the bodies of functions; gathers on the way what they need.

    modules        of the standard library, `pathlib` for its Path
    of_reference   names
    helpers        the text of functions and classes, in the order of their first use
    """

    def __init__(self) -> None:
        self.modules: set[str] = set()
        self.of_reference: set[str] = set()
        self.helpers: dict[str, None] = {}

    def handler(self, route: Route) -> list[str]:
        """`async def handler(request)`."""
        return self._handled(route.id, route.do, {})

    def hook(self, hook: Hook) -> list[str]:
        match hook.do:
            case Store(key, value):
                return [f"app[{literal(key)}] = {literal(value)}"]
            case Wait(gate):
                return [self._pause(gate)]
            case RaiseHttp() | Crash():
                return self._raised(hook.do)
        return ["pass"]

    def middleware(self, middleware: Middleware) -> list[str]:
        lines, has_ended = self._before(middleware.before)
        if has_ended:
            return lines
        after, is_used = self._after(middleware.after)
        call = "await handler(request)"
        if not after:
            call = f"return {call}"
        elif is_used:
            call = f"response = {call}"
        caught = next((one for one in middleware.after if isinstance(one, Catch)), None)
        if caught is None:
            return [*lines, call, *after]
        instead = self._response("return", caught.respond)
        return [*lines, "try:", f"    {call}", "except Exception:", *inside(instead), *after]

    def _before(self, actions: Iterable[Action]) -> tuple[list[str], bool]:
        """What is done in front of the handler, and whether that is all that is done."""
        lines: list[str] = []
        for action in actions:
            match action:
                case Wait(gate):
                    lines.append(self._pause(gate))
                case ShortCircuit(respond):
                    return [*lines, *self._response("return", respond)], True
                case _:
                    return [*lines, *self._raised(action)], True
        return lines, False

    def _after(self, actions: Iterable[Action]) -> tuple[list[str], bool]:
        """What is done behind the handler, and whether its response plays a part in that."""
        lines: list[str] = []
        is_used, is_replaced = False, False
        for action in actions:
            match action:
                case SetHeader(name, value):
                    lines.append(f"response.headers[{literal(name)}] = {literal(value)}")
                    is_used |= not is_replaced
                case ReplaceResponse(respond):
                    lines += self._response("response =", respond)
                    is_replaced = True
                case Wait(gate):
                    lines.append(self._pause(gate))
                case RaiseHttp() | Crash():
                    return [*lines, *self._raised(action)], is_used
        if lines:
            lines.append("return response")
            is_used |= not is_replaced
        return lines, is_used

    # -- What handlers do ------------------------------------------------------------------------

    def _handled(self, id: str, action: Action, read: Mapping[str, str]) -> list[str]:
        """The body of a handler. `read` are the members of an echo that were read, by name."""
        match action:
            case Echo():
                self.helpers[_ECHO] = None
                self.of_reference.add("json_response")
                members = [f"{name}={value}" for name, value in read.items()]
                return called("return echo", ["request", literal(id), *members])
            case Respond():
                return self._response("return", action)
            case ReturnValue(value):
                return [f"return {literal(value)}"]
            case Stream():
                return self._stream(action)
            case State(key):
                self.of_reference.add("Response")
                text = f"request.app[{literal(key)}]"
                return [f'return Response({text} if {literal(key)} in request.app else "")']
            case Params() | Mirror() | Json():
                return self._of_request(action)
            case Wait(gate, then):
                return [self._pause(gate), *self._handled(id, then, read)]
            case ReadBody(how, then):
                lines, member = _reading(how, is_told=_is_echoed(then))
                return [*lines, *self._handled(id, then, {**read, **member})]
            case ReadCookies(then):
                if not _is_echoed(then):
                    return ["_ = request.cookies", *self._handled(id, then, read)]
                cookies = {"cookies": "list(request.cookies.items())"}
                return self._handled(id, then, {**read, **cookies})
        return self._raised(action)

    def _of_request(self, action: Params | Mirror | Json) -> list[str]:
        """A response with something of the request in it."""
        if isinstance(action, Json):
            self.of_reference.add("json_response")
            return ["return json_response(await request.json())"]
        self.of_reference.add("Response")
        if isinstance(action, Mirror):
            body = "await request.read()"
            return [f'return Response({body}, content_type="application/octet-stream")']
        values = ", ".join(f"request.match_info[{literal(name)}]" for name in action.names)
        return [f'return Response("/".join([{values}]))']

    def _response(self, use: str, respond: Respond) -> list[str]:
        """`return Response(...)` or `response = Response(...)`, with what is set behind that."""
        self.of_reference.add("Response")
        names = [name.lower() for name, _ in respond.headers]
        are_once = len(set(names)) == len(names)
        arguments = [] if respond.body is None else [literal(respond.body)]
        if respond.status != 200:
            arguments.append(f"status={respond.status}")
        if respond.content_type is not None:
            arguments.append(f"content_type={literal(respond.content_type)}")
        if respond.headers and are_once:
            arguments.append(f"headers={literal(dict(respond.headers))}")
        if respond.reason is not None:
            arguments.append(f"reason={literal(respond.reason)}")
        more = [] if are_once else _added("response", respond.headers)
        more += [
            f"response.set_cookie({literal(name)}, {literal(value)})"
            for name, value in respond.cookies
        ]
        if not more:
            return called(f"{use} Response", arguments)
        end = ["return response"] if use == "return" else []
        return [*called("response = Response", arguments), *more, *end]

    def _raised(self, action: Action) -> list[str]:
        match action:
            case RaiseHttp():
                return self._http_error(action)
            case Crash():
                return self._crash(action)
        raise ValueError(f"{action.name} is nothing that is done here")

    def _http_error(self, action: RaiseHttp) -> list[str]:
        name = exception_name(action.status)
        self.of_reference.add(name)
        headers = list(action.headers)
        arguments = []
        if action.location is not None and action.status in _MOVES:
            arguments.append(literal(action.location))
        elif action.location is not None:
            headers.insert(0, ("Location", action.location))
        elif action.status == 405:
            arguments += ['"GET"', '["POST"]']
        elif action.status == 413:
            arguments.append("1")
        if action.text is not None:
            arguments.append(f"reason={literal(action.text)}")
        if not headers:
            return called(f"raise {name}", arguments)
        return [*called(f"error = {name}", arguments), *_added("error", headers), "raise error"]

    def _crash(self, action: Crash) -> list[str]:
        message = literal(action.message)
        match action.kind:
            case "base":
                return [f"raise SystemExit({message})"]
            case "cancelled":
                self.modules.add("asyncio")
                return [f"raise asyncio.CancelledError({message})"]
            case "timeout":
                return [f"raise TimeoutError({message})"]
            case "unprintable":
                self.helpers[_UNPRINTABLE] = None
                return [f"raise Unprintable({message})"]
            case "caused":
                return [
                    "try:",
                    f"    raise RuntimeError({message})",
                    "except RuntimeError as cause:",
                    '    raise LookupError("the effect of something else") from cause',
                ]
        return [f"raise RuntimeError({message})"]

    def _stream(self, stream: Stream) -> list[str]:
        self.of_reference.add("Response")
        chunks = stream.chunks * (stream.times or 1)
        crashes = stream.crash_after is not None and stream.crash_after <= len(chunks)
        many = f"{literal(list(stream.chunks))} * {stream.times}"
        if crashes:
            many = f"({many})[:{stream.crash_after}]"
            chunks = chunks[: stream.crash_after]
        elif stream.times is None:
            many = literal(list(chunks))
        lines = []
        if stream.gate is None:
            lines = [f"for chunk in {many}:", "    yield chunk.encode()"]
        elif chunks:
            lines = [f"yield {literal(chunks[0].encode())}", self._pause(stream.gate)]
            lines += [f"for chunk in {literal(list(chunks[1:]))}:", "    yield chunk.encode()"]
        return [
            "async def pieces():",
            *inside([*lines, *([_STREAM_CRASH] if crashes else [])]),
            "",
            f"return Response(pieces(), content_type={literal(stream.content_type)})",
        ]

    def _pause(self, gate: str) -> str:
        self.modules.add("asyncio")
        return f"{_PAUSE}  # in place of the gate {gate!a}"


def _is_echoed(action: Action) -> bool:
    return any(isinstance(one, Echo) for one in action.inner())


def _reading(how: str, *, is_told: bool) -> tuple[list[str], dict[str, str]]:
    """The lines that read a body, and the member of an echo that tells it."""
    if how == "json":
        return ["await request.json()"], {}
    if how == "none":
        return [], {}
    if how == "form":
        if not is_told:
            return ["await request.post()"], {}
        text = "value if isinstance(value, str) else value.filename"
        items = f"[(name, {text}) for name, value in form.items()]"
        return ["form = await request.post()"], {"form": items}
    if not is_told:
        pieces = ["async for _ in request.content:", "    pass"]
        return (pieces if how == "pieces" else ["await request.read()"]), {}
    read = 'b"".join([piece async for piece in request.content])'
    value = read if how == "pieces" else "await request.read()"
    return [f"body = {value}"], {"body": 'body.decode("latin-1")'}


def _added(response: str, headers: Iterable[tuple[str, str]]) -> list[str]:
    """Fields that come beside others of the same name."""
    return [f"{response}.headers.add({literal(name)}, {literal(value)})" for name, value in headers]


# -- Text ------------------------------------------------------------------------------------------


def inside(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" if line else "" for line in lines]


def called(head: str, arguments: Sequence[str]) -> list[str]:
    """A call, with a line for each argument when it is long."""
    line = f"{head}({', '.join(arguments)})"
    if len(line) <= WIDTH or not arguments:
        return [line]
    return [f"{head}(", *(f"    {one}," for one in arguments), ")"]


def literal(value: object) -> str:
    """A value as Python writes it, text between double quotes."""
    if isinstance(value, dict):
        pairs = (f"{literal(name)}: {literal(one)}" for name, one in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    written = repr(value)
    if isinstance(value, str | bytes) and written[-1] == "'" and '"' not in written:
        start = written.index("'")
        return f'{written[:start]}"{written[start + 1 : -1]}"'
    return written
