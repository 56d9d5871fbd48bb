"""A small notes service that uses every part of the framework once.

    python -m reference.examples.everything [--port N] [--workers N] [--debug]

Then, for instance:

    curl -i http://127.0.0.1:8080/                          # HTML page with a form
    curl -i -d 'text=buy milk' http://127.0.0.1:8080/notes  # 303 to the new note
    curl -i http://127.0.0.1:8080/notes/1
    curl -i -H 'Accept: application/json' http://127.0.0.1:8080/crash
"""

from __future__ import annotations

import argparse
import asyncio
import html
import logging
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from reference import (
    Application,
    FileField,
    Handler,
    HTTPBadRequest,
    HTTPException,
    HTTPNotFound,
    HTTPSeeOther,
    HTTPUnauthorized,
    Limits,
    Request,
    Response,
    add_static,
    json_response,
    run_app,
)

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Notes</title></head><body>
<h1>{count} notes</h1>
<ul>{items}</ul>
<form method="post" action="/notes"><input name="text"><button>Add</button></form>
</body></html>
"""


# -- Middlewares: the first listed is the outermost ------------------------------------------------


async def timing(request: Request, handler: Handler) -> Response:
    """Says how long the answer took, errors included."""
    started_s = time.perf_counter()
    try:
        response = await handler(request)
    except HTTPException as exc:
        response = exc
    response.headers["Server-Timing"] = f"app;dur={(time.perf_counter() - started_s) * 1000:.2f}"
    return response


async def visitor(request: Request, handler: Handler) -> Response:
    """Hands the name in the cookie to the handlers."""
    request["visitor"] = request.cookies.get("visitor", "stranger")
    return await handler(request)


# -- Lifecycle -------------------------------------------------------------------------------------


async def upload_folder(app: Application) -> AsyncIterator[None]:
    """A cleanup context: what is before `yield` runs at startup, what is behind it at the end."""
    with tempfile.TemporaryDirectory() as folder:
        app["uploads"] = Path(folder)
        yield


async def load_notes(app: Application) -> None:
    app.notes = {}  # type: ignore[attr-defined]  # state may be kept as attributes, too
    app["changed"] = asyncio.Event()


async def wake_watchers(app: Application) -> None:
    """Shutdown: handlers that wait for something that will not come any more should end."""
    app["changed"].set()


# -- Handlers --------------------------------------------------------------------------------------


def notes_of(request: Request) -> dict[int, str]:
    notes: dict[int, str] = request.app.notes  # type: ignore[attr-defined]
    return notes


async def index(request: Request) -> Response:
    items = "".join(f"<li>{html.escape(note)}</li>" for note in notes_of(request).values())
    page = PAGE.format(count=len(notes_of(request)), items=items)
    return Response(page, content_type="text/html")


async def add_note(request: Request) -> Response:
    if request.content_type == "application/json":
        text = (await request.json()).get("text")
    else:
        text = (await request.post()).get("text")
    if not isinstance(text, str) or not text:
        raise HTTPBadRequest(reason="a note needs a text")
    notes = notes_of(request)
    number = len(notes) + 1
    notes[number] = text
    request.app["changed"].set()
    raise HTTPSeeOther(request.app.router["note"].url_for(number=number))


async def show_note(request: Request) -> Response:
    number = int(request.match_info["number"])
    if number not in notes_of(request):
        raise HTTPNotFound(reason=f"There is no note {number}")
    return json_response({"number": number, "text": notes_of(request)[number]})


async def export(request: Request) -> Response:
    """A streamed answer: chunked, at the pace of the client."""

    async def lines() -> AsyncIterator[bytes]:
        for number, note in notes_of(request).items():
            yield f"{number}\t{note}\n".encode()

    return Response(lines(), content_type="text/tab-separated-values")


async def watch(request: Request) -> Response:
    """Answers when the next note is added; cancelled when the client goes away."""
    request.app["changed"].clear()
    await request.app["changed"].wait()
    return Response(f"{len(notes_of(request))} notes\n")


async def count_bytes(request: Request) -> Response:
    """A streamed upload of any size, in little memory."""
    size = 0
    async for part in request.content:
        size += len(part)
    return json_response({"bytes": size, "sha": request.query.get("sha")})


async def upload(request: Request) -> Response:
    field = (await request.post()).get("file")
    if not isinstance(field, FileField):
        raise HTTPBadRequest(reason="send a file in the field 'file'")
    (request.app["uploads"] / "latest").write_bytes(field.file.read())
    return Response("kept\n", status=201)


async def login(request: Request) -> Response:
    name = request.match_info["name"]
    if not name.isascii() or not name.isalnum():
        raise HTTPUnauthorized(headers={"WWW-Authenticate": 'Basic realm="notes"'})
    response = Response(f"Hello, {name}. You were {request['visitor']}.\n")
    response.set_cookie("visitor", name, httponly=True, samesite="Lax")
    return response


async def crash(request: Request) -> Response:
    raise RuntimeError("<b>this</b> is shown, escaped, in debug only")


def make_app(*, debug: bool = False) -> Application:
    app = Application(middlewares=[timing, visitor], debug=debug)
    app.cleanup_ctx.append(upload_folder)
    app.on_startup.append(load_notes)
    app.on_shutdown.append(wake_watchers)
    app.router.add_get("/", index)
    app.router.add_post("/notes", add_note)
    app.router.add_get("/notes/export", export)  # literal: before {number}, wherever it stands
    app.router.add_get(r"/notes/{number:\d{1,9}}", show_note, name="note")
    app.router.add_get("/watch", watch)
    app.router.add_put("/count", count_bytes)
    app.router.add_post("/upload", upload)
    app.get("/login/{name}")(login)
    app.route("*", "/crash")(crash)
    add_static(app, "/source", Path(__file__).parent)
    return app


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--debug", action="store_true")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    run_app(
        make_app(debug=options.debug),
        port=options.port,
        workers=options.workers,
        shutdown_timeout=10,
        access_log=logging.getLogger("reference.access"),
        loop="auto",
        limits=Limits(connections=1000),
    )


if __name__ == "__main__":
    main()
