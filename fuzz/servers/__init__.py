"""Servers of others, for the targets `socket` and `differential`.

    application   the application that each of them serves, as data
    asgi          adapter of an ASGI application without a framework; what follows serves it
    uvicorn_httptools, uvicorn_h11, hypercorn, granian
    tornado       adapter of Tornado's own application
    __main__      one of them, on a port of its own, for whoever wants a URL

They are adapters: `trueline fuzz socket fuzz.servers.hypercorn --python ENVIRONMENT` starts one by
itself. aiohttp, Sanic and Starlette have adapters that are bundled with the harness. Nothing but
the adapter kit and the server is imported here, for they run in the environment of the latter.
"""
