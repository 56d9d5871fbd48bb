"""`Adapter`: what an adapter fills in.

Owns the methods, and what they are given and give back; who calls them is `Session` and `Running`.
"""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from typing import (
    Any,
    Awaitable,
    Callable,
    ClassVar,
    Dict,
    List,
    Mapping,
    Sequence,
    Tuple,
)

from .channel import Channel
from .loops import loop_of_command_line, use_loop
from .needs import Unsupported
from .running import Running
from .session import Session

Pairs = List[Tuple[str, str]]
Stop = Callable[[], Awaitable[Any]]


class Saw:
    """What a handler sees of a request, as the framework gives it."""

    def __init__(
        self,
        method: str,
        path: str,
        raw_path: str | None,
        params: dict[str, str],
        query: Pairs,
        headers: Pairs,
    ) -> None:
        self.method = method
        self.path = path
        self.raw_path = raw_path
        self.params = params
        self.query = query
        self.headers = headers

    @property
    def request_id(self) -> str | None:
        for name, value in self.headers:
            if name.lower() == "x-request-id":
                return value
        return None


class Adapter:
    """Fill in the attributes and the methods that raise NotImplementedError.

    dialect       what of docs/dialects.md the framework does other than by default
    unsupported   names of actions that the framework has no way to express
    loop          "asyncio" or "uvloop": what `main` was told to serve on. Loops that are made anew
                  are such ones; what a framework chooses by itself, `run` must have it choose
    """

    name = "unnamed"
    version = ""
    homepage = ""
    dialect: ClassVar[Dict[str, str]] = {}
    unsupported: frozenset[str] = frozenset()
    loop = "asyncio"

    # -- To fill in: building and serving --------------------------------------------------------

    def build(self, app: Running) -> Any:
        """An application of the framework, with the routes, middlewares and hooks of `app`.

        Raise Unsupported for what it cannot have. What else the framework raises is taken for its
        refusal of the application.
        """
        raise NotImplementedError

    async def serve(self, application: Any, app: Running, sock: socket.socket) -> Stop:
        """Start serving on `sock`, which is bound and does not listen yet; return what stops it
        gracefully, hooks included."""
        raise NotImplementedError

    def run(self, application: Any, app: Running, host: str, port: int) -> None:
        """Serve with the framework's own blocking entry point, signals included, to its end."""
        raise Unsupported("foreground")

    # -- To fill in: requests and responses ------------------------------------------------------

    def saw(self, request: Any) -> Saw:
        raise NotImplementedError

    def params(self, request: Any) -> Mapping[str, str]:
        """The params of the path. What they cost is measured: no more than users would do."""
        return self.saw(request).params

    def respond(
        self,
        request: Any,
        status: int,
        headers: Pairs,
        body: Any,
        content_type: str | None,
        reason: str | None,
        cookies: Pairs,
    ) -> Any:
        """A response; `body` is text, bytes or None."""
        raise NotImplementedError

    def responder(self, status: int, content_type: str | None) -> Callable[[Any, Any], Any]:
        """`make(request, body)`: a response that needs no more than that, as users write it who
        need no more. What it costs is measured."""
        respond = self.respond
        return lambda request, body: respond(request, status, [], body, content_type, None, [])

    def respond_json(self, request: Any, document: Any) -> Any:
        """A response with a JSON document, by the framework's own means if it has any."""
        return self.respond(request, 200, [], json.dumps(document), "application/json", None, [])

    def http_error(
        self, status: int, text: str | None, location: str | None, headers: Pairs
    ) -> BaseException:
        """The framework's exception for a status."""
        raise Unsupported("raise_http")

    async def stream(self, request: Any, pieces: AsyncIterator[bytes], content_type: str) -> Any:
        """A response that streams `pieces`, or whatever a handler returns that has done so."""
        raise Unsupported("stream")

    def set_header(self, response: Any, name: str, value: str) -> Any:
        """The response with this header set."""
        raise Unsupported("set_header")

    async def read_body(self, request: Any) -> bytes:
        raise Unsupported("read_body")

    def read_pieces(self, request: Any) -> AsyncIterator[bytes]:
        raise Unsupported("read_body in pieces")

    async def read_json(self, request: Any) -> Any:
        """The document that the body is, as the framework parses it."""
        raise Unsupported("read_body as JSON")

    async def read_form(self, request: Any) -> Sequence[Tuple[Any, ...]]:
        """The fields of a form in their order: name and text, or name, bytes and file name."""
        raise Unsupported("read_body as a form")

    def read_cookies(self, request: Any) -> Pairs:
        """The cookies of the request, as the framework parses them."""
        raise Unsupported("read_cookies")

    def serve_folder(self, application: Any, prefix: str, folder: str) -> None:
        """Serve a folder under a prefix, by the framework's own means."""
        raise Unsupported("files")

    def store(self, application: Any, key: str, value: str) -> None:
        """Keep something in the application's state."""
        raise Unsupported("state")

    def load(self, request: Any, key: str) -> str | None:
        """What was stored, as a handler gets at it."""
        raise Unsupported("state")

    # -- The process -----------------------------------------------------------------------------

    def main(self, loop: str | None = None) -> None:
        """Speak with the harness until it says `quit` or is gone.

        `loop` is one of `conformance.adapter.loops.LOOPS`; by default what the command line has
        behind `--loop`, whose other arguments are left to the adapter.
        """
        self.loop = loop_of_command_line() if loop is None else loop
        use_loop(self.loop)
        self.session(Channel.from_standard_streams()).run()

    def session(self, channel: Channel) -> Session:
        return Session(self, channel)

    def fills_in(self, method: str) -> bool:
        """Whether a method is filled in, rather than as it stands above."""
        return getattr(type(self), method) is not getattr(Adapter, method)
