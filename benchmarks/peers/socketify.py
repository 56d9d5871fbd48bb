"""A server on socketify, whose core is written in C++.

It brings an event loop of its own: `--loop` is accepted and changes nothing. Its answers have no
Content-Type unless the handler sets one, and no Date, so they are shorter than others'.
"""

from __future__ import annotations

import re
from typing import Any

from socketify import App, AppListenOptions

from .application import Route, application

_SERVES = ("respond", "params", "mirror", "json")

# While a body is awaited, nothing but C++ refers to a response (0.0.31): without this the garbage
# collector takes it, and the process aborts under load.
_in_flight: set[Any] = set()


def handler(route: Route) -> Any:
    def respond(response: Any, request: Any) -> None:
        if route.status != 200:
            response.write_status(route.status)
        response.write_header("Content-Type", route.content_type)
        response.end(route.body)

    def params(response: Any, request: Any) -> None:
        response.write_header("Content-Type", "text/plain")
        response.end("/".join([request.get_parameter(place) for place in places]))

    async def mirror(response: Any, request: Any) -> None:
        _in_flight.add(response)
        body = await response.get_data()
        content = body.getvalue()
        response.cork(lambda one: end_with(one, content))
        _in_flight.discard(response)

    async def json(response: Any, request: Any) -> None:
        _in_flight.add(response)
        document = await response.get_json()
        response.cork_end(document)
        _in_flight.discard(response)

    order = re.findall(r"{(\w+)}", route.path)
    places = [order.index(name) for name in route.names]
    return locals()[route.does]


def end_with(response: Any, content: bytes) -> None:
    response.write_header("Content-Type", "application/octet-stream")
    response.end(content)


def main() -> None:
    app = application("socketify", serves=_SERVES)
    server = App()
    for one in app.routes:
        path = re.sub(r"{(\w+)}", r":\1", one.path)
        getattr(server, one.method.lower())(path, handler(one))
    server.any("/*", not_found)
    server.listen(AppListenOptions(port=app.port, host=app.host))
    server.run()


def not_found(response: Any, request: Any) -> None:
    response.write_status(404).end("not found")


if __name__ == "__main__":
    main()
