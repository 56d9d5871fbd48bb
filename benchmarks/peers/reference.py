"""A server on `reference`, written by hand as its guide does it."""

from __future__ import annotations

from typing import Any

from reference import Application, Request, Response, json_response, run_app

from .application import Route, application

_SERVES = ("respond", "params", "mirror", "json", "stream", "crash", "middlewares")


def handler(route: Route) -> Any:
    async def respond(request: Request) -> Response:
        return Response(text, route.status, route.content_type)

    async def params(request: Request) -> Response:
        return Response("/".join([request.match_info[name] for name in route.names]))

    async def mirror(request: Request) -> Response:
        return Response(await request.read())

    async def json(request: Request) -> Response:
        return json_response(await request.json())

    async def stream(request: Request) -> Response:
        return Response(route.produce(), content_type=route.content_type)

    async def crash(request: Request) -> Response:
        raise RuntimeError("crashed on purpose")

    text = route.text
    return locals()[route.does]


async def pass_on(request: Request, inside: Any) -> Any:
    return await inside(request)


def main() -> None:
    app = application("reference", serves=_SERVES)
    limit: dict[str, Any] = {} if app.body_limit is None else {"client_max_size": app.body_limit}
    server = Application(middlewares=[pass_on] * app.middlewares, **limit)
    for one in app.routes:
        server.router.add_route(one.method, one.path, handler(one))
    run_app(server, host=app.host, port=app.port, access_log=None, print=None, loop=app.loop)


if __name__ == "__main__":
    main()
