"""Drives any module with the guide's API: `python -m conformance.adapters.guide MODULE`.

MODULE is a dotted name, or the path of a .py file or of a package's folder. It, or its submodules
as the guide lays them out, has `Application`, `Response` and `run_app`; whatever else the guide
adds later (hooks, middlewares, HTTPException and its family) may be missing, and then the checks
that need it do not apply.

The dialect is the default one: the suite is to report what is wrong with the guide's code.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from conformance.adapter import ForkingAdapter, Running, Saw, Unsupported
from conformance.adapter.loops import parser

if TYPE_CHECKING:
    Pairs = list[tuple[str, str]]

_SUBMODULES = ("application", "response", "exceptions", "request", "router", "server")
_ARGUMENTS = {"method": "GET", "allowed_methods": ["POST"], "allowed": ["POST"], "max_size": 1}
"""What the classes of some statuses want to know, by the names that aiohttp gives it."""


class GuideAdapter(ForkingAdapter):
    def __init__(self, label: str, module: ModuleType) -> None:
        names = _Names(module)
        self.name = label
        self.version = str(getattr(module, "__version__", ""))
        self._application = names.need("Application")
        self._response = names.need("Response")
        self._run_app = names.need("run_app")
        self._error = names.find("HTTPException")
        self._request = names.find("Request")
        self._json_response = names.find("json_response")
        self._families = dict(_by_status(self._error)) if self._error is not None else {}
        self.unsupported = frozenset(self._missing())
        # A family without 405 has 400 for it, as the guide does. Its URLs are those of yarl,
        # which leaves encoded what is not UTF-8.
        wrong_method = "405" if 405 in self._families else "400"
        type(self).dialect = {
            "invalid_utf8": "keep",
            "options_of_get": wrong_method,
            "wrong_method": wrong_method,
        }

    def _missing(self) -> Iterator[str]:
        """What the module has no way to express, by the kit's names of actions."""
        yield "stream"
        if self._error is None:
            yield "raise_http"
        for argument, action in (
            ("middlewares", "middlewares"),
            ("debug", "debug"),
            ("client_max_size", "body"),
        ):
            if not _takes(self._application, argument):
                yield action
        if not _takes(self._run_app, "shutdown_timeout"):
            yield "drain_s"
        yield from ("head_s", "body_s", "idle_s")
        if not _takes(self._run_app, "access_log"):
            yield "access_log"
        if not _takes(self._response, "reason"):
            yield "reason"
        if not hasattr(self._response, "set_cookie"):
            yield "cookies"
        if self._request is not None:
            for method, how in (("json", "json"), ("post", "form")):
                if not hasattr(self._request, method):
                    yield "read_body as " + how
            if not hasattr(self._request, "cookies"):
                yield "read_cookies"

    # -- The application -------------------------------------------------------------------------

    def build(self, app: Running) -> Any:
        asyncio.set_event_loop(asyncio.new_event_loop())  # the guide asks for the current one
        self._refuse_what_cannot_be_sent(app)
        options: dict[str, Any] = {}
        if app.middlewares:
            options["middlewares"] = [app.middleware(one) for one in app.middlewares]
        if app.debug:
            options["debug"] = True
        if app.body_limit is not None:
            options["client_max_size"] = app.body_limit
        application = self._application(**options)
        for route in app.routes:
            application.router.add_route(route.method, route.path, app.handler(route))
        for phase in ("startup", "shutdown", "cleanup"):
            for hook in getattr(app, phase):
                registered = getattr(application, "on_" + phase, None)
                if registered is None:
                    raise Unsupported(phase + " hooks")
                registered.append(app.hook(hook, application))
        return application

    def _refuse_what_cannot_be_sent(self, app: Running) -> None:
        given = list(_objects([vars(one) for one in (*app.routes, *app.middlewares)]))
        if any("base64" in one or "mirror" in one for one in given) and not self._sends_bytes():
            raise Unsupported("a body of bytes")
        if not hasattr(self._response("").headers, "add"):
            for each in given:
                names = [name.lower() for name, _ in each.get("headers", ())]
                if len(set(names)) < len(names):
                    raise Unsupported("a header twice")

    def _sends_bytes(self) -> bool:
        """The guide's responses are text: it joins their parts in `__str__`."""
        try:
            str(self._response(b"\xff"))
        except TypeError:
            return False
        return True

    def run(self, application: Any, app: Running, host: str, port: int) -> None:
        options: dict[str, Any] = {}
        if app.drain_s is not None:
            options["shutdown_timeout"] = app.drain_s
        if app.access_log:
            logging.basicConfig(level=logging.INFO)
            options["access_log"] = logging.getLogger("access")
        self._run_app(application, host=host, port=port, **options)

    # -- Requests --------------------------------------------------------------------------------

    def saw(self, request: Any) -> Saw:
        url = request.url
        return Saw(
            request.method,
            url.path,
            url.raw_path,
            dict(getattr(request, "match_info", None) or {}),
            list(url.query.items()),
            list(request.headers.items()),
        )

    def params(self, request: Any) -> Any:
        return request.match_info

    async def read_body(self, request: Any) -> bytes:
        read = getattr(request, "read", None) or request.text
        content = await _result(read())
        if content is None:  # the guide's requests without a body
            return b""
        return content.encode() if isinstance(content, str) else bytes(content)

    async def read_pieces(self, request: Any) -> AsyncIterator[bytes]:
        pieces = getattr(request, "content", None)
        if pieces is None:  # the guide's requests come with their body: it is the only piece
            yield await self.read_body(request)
            return
        async for piece in pieces:
            yield piece

    async def read_json(self, request: Any) -> Any:
        return await _result(request.json())

    async def read_form(self, request: Any) -> list[tuple[Any, ...]]:
        fields = (await _result(request.post())).items()
        return [
            (name, value) if isinstance(value, str) else (name, value.file.read(), value.filename)
            for name, value in fields
        ]

    def read_cookies(self, request: Any) -> Pairs:
        return list(request.cookies.items())

    def store(self, application: Any, key: str, value: str) -> None:
        setattr(application, key, value)  # as the guide's sample keeps its users

    def load(self, request: Any, key: str) -> str | None:
        return getattr(request.app, key, None)

    # -- Responses -------------------------------------------------------------------------------

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
        if isinstance(body, bytes) and body.isascii():
            body = body.decode()
        options: dict[str, Any] = {"status": status}
        if content_type is not None:
            options["content_type"] = content_type
        if reason is not None:
            options["reason"] = reason
        response = self._response(body, **options)
        _add_headers(response, headers)
        for name, value in cookies:
            response.set_cookie(name, value)
        return response

    def respond_json(self, request: Any, document: Any) -> Any:
        if self._json_response is None:
            return super().respond_json(request, document)
        return self._json_response(document)

    def http_error(
        self, status: int, text: str | None, location: str | None, headers: Pairs
    ) -> BaseException:
        kind = self._families.get(status)
        if kind is None:  # a family grows by subclasses with a status_code
            base = self._error if location is None else self._families.get(302, self._error)
            kind = type(f"HTTP{status}", (base,), {"status_code": status})
        arguments: dict[str, Any] = {
            name: value
            for name, value in {**_ARGUMENTS, "location": location}.items()
            if value is not None and _demands(kind, name)
        }
        if text is not None:
            arguments["reason"] = text
        error: BaseException = kind(**arguments)
        if location is not None and "location" not in arguments:
            headers = [("Location", location), *headers]
        _add_headers(error, headers)
        return error

    def set_header(self, response: Any, name: str, value: str) -> Any:
        response.headers[name] = value
        return response


class _Names:
    """Finds what the guide defines, in a module or beside it."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._modules = [module]
        package = module.__name__ if hasattr(module, "__path__") else module.__package__
        for name in _SUBMODULES if package else ():
            full = f"{package}.{name}"
            try:
                self._modules.append(import_module(full))
            except ModuleNotFoundError as exc:
                if exc.name != full:
                    raise

    def find(self, name: str) -> Any:
        for module in self._modules:
            if hasattr(module, name):
                return getattr(module, name)
        return None

    def need(self, name: str) -> Any:
        """Exits with a sentence when there is none."""
        found = self.find(name)
        if found is None:
            sys.exit(
                f"{self._module.__name__} has no {name}, nor has a submodule of it; "
                "the guide's API is Application, Response and run_app"
            )
        return found


def _by_status(kind: type) -> Iterator[tuple[int, type]]:
    """The classes that are derived from `kind` and have a status; the nearest one of each."""
    derived: list[type] = kind.__subclasses__()
    for one in reversed(derived):
        yield from _by_status(one)
        status = vars(one).get("status_code")
        if status:
            yield int(status), one


def _takes(function: Callable[..., Any], argument: str) -> bool:
    parameters = inspect.signature(function).parameters
    return argument in parameters or any(
        parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values()
    )


def _demands(kind: type, argument: str) -> bool:
    """Whether instances cannot be made without this argument."""
    parameter = inspect.signature(kind).parameters.get(argument)
    return parameter is not None and parameter.default is inspect.Parameter.empty


def _add_headers(response: Any, headers: Pairs) -> None:
    for name, value in headers:
        if hasattr(response.headers, "add"):
            response.headers.add(name, value)
        else:
            response.headers[name] = value


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object in a value."""
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from _objects(one)
    elif isinstance(value, list):
        for one in value:
            yield from _objects(one)


async def _result(value: Any) -> Any:
    """`text()` and its kin are functions in the guide and coroutines in others."""
    return await value if inspect.isawaitable(value) else value


def _import(given: str) -> ModuleType:
    """The module of a dotted name or a path."""
    path = Path(given)
    if given.endswith(".py") or "/" in given or (path.is_dir() and "." not in given):
        path = path.resolve()
        if not path.exists():
            sys.exit(f"there is no {given}")
        parts = [path.stem if path.is_file() else path.name]
        folder = path.parent
        # Within a package, the file is a module of it: it may import its neighbours by dots.
        while path.is_file() and (folder / "__init__.py").exists():
            parts.insert(0, folder.name)
            folder = folder.parent
        given = ".".join(parts)
    else:
        folder = Path.cwd()
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        return import_module(given)
    except ModuleNotFoundError as exc:
        if exc.name == given or given.startswith(f"{exc.name}."):
            sys.exit(f"there is no module {exc.name!r} in {folder} or where Python is installed")
        sys.exit(f"{given} cannot be imported: {exc}")
    except Exception as exc:
        traceback.print_exc()
        sys.exit(f"{given} cannot be imported: {type(exc).__name__}: {exc}")


def main() -> None:
    command = parser("python -m conformance.adapters.guide")
    command.add_argument("module", metavar="MODULE", help="a dotted name, or a path")
    arguments = command.parse_args()
    given = arguments.module
    module = _import(given)
    label = given if not given.endswith(".py") and "/" not in given else module.__name__
    GuideAdapter(label, module).main(arguments.loop)


if __name__ == "__main__":
    main()
