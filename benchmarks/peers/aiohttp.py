"""A server on aiohttp, written by hand as its documentation does it."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from .application import Route, application, new_loop

_SERVES = ("respond", "params", "mirror", "json", "stream", "crash", "middlewares")


def handler(route: Route) -> Any:
    async def respond(request: web.Request) -> web.Response:
        return web.Response(status=route.status, text=text, content_type=route.content_type)

    async def params(request: web.Request) -> web.Response:
        return web.Response(text="/".join([request.match_info[name] for name in route.names]))

    async def mirror(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    async def json(request: web.Request) -> web.Response:
        return web.json_response(await request.json())

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": route.content_type})
        await response.prepare(request)
        for piece in route.pieces:
            await response.write(piece)
        await response.write_eof()
        return response

    async def crash(request: web.Request) -> web.Response:
        raise RuntimeError("crashed on purpose")

    text = route.text
    return locals()[route.does]


@web.middleware
async def pass_on(request: web.Request, handler: Any) -> Any:
    return await handler(request)


def main() -> None:
    app = application("aiohttp", serves=_SERVES)
    limit: dict[str, Any] = {} if app.body_limit is None else {"client_max_size": app.body_limit}
    middlewares: list[Any] = [pass_on] * app.middlewares
    server = web.Application(middlewares=middlewares, **limit)
    server.add_routes([web.route(one.method, one.path, handler(one)) for one in app.routes])
    web.run_app(
        server, host=app.host, port=app.port, access_log=None, print=None, loop=new_loop(app.loop)
    )


if __name__ == "__main__":
    main()
