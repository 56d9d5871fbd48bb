"""The example that uses everything, asked over real sockets."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest

from reference import serve
from reference.examples.everything import make_app


@pytest.fixture
async def notes() -> AsyncIterator[aiohttp.ClientSession]:
    async with (
        serve(make_app()) as server,
        aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as session,
    ):
        yield session


async def test_a_note_is_added_and_shown(notes: aiohttp.ClientSession) -> None:
    async with notes.post("/notes", data={"text": "buy <milk>"}) as response:
        assert response.status == 200
        assert response.url.path == "/notes/1"
        assert await response.json() == {"number": 1, "text": "buy <milk>"}
    async with notes.get("/") as response:
        assert "<li>buy &lt;milk&gt;</li>" in await response.text()
        assert "app;dur=" in response.headers["Server-Timing"]
    async with notes.get("/notes/export") as response:
        assert await response.text() == "1\tbuy <milk>\n"
        assert response.headers["Transfer-Encoding"] == "chunked"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/notes/7", None, 404),
        ("GET", "/notes/seven", None, 404),
        ("POST", "/notes", "{", 400),
        ("POST", "/notes", '{"text": ""}', 400),
        ("DELETE", "/notes/1", None, 405),
        ("GET", "/login/a%20b", None, 401),
        ("POST", "/upload", None, 415),
    ],
)
async def test_refusals(
    notes: aiohttp.ClientSession, method: str, path: str, body: str | None, status: int
) -> None:
    headers = {"Content-Type": "application/json"} if body else {}
    async with notes.request(method, path, data=body, headers=headers) as response:
        assert response.status == status


async def test_watching_ends_with_the_next_note(notes: aiohttp.ClientSession) -> None:
    watching = asyncio.ensure_future(notes.get("/watch"))
    while not watching.done():
        # The watcher may not have arrived yet: notes are added until it has seen one.
        async with notes.post("/notes", json={"text": "x"}) as response:
            assert response.status == 200
    async with await watching as response:
        assert "notes" in await response.text()


async def test_uploads(notes: aiohttp.ClientSession) -> None:
    form = aiohttp.FormData()
    form.add_field("file", b"content", filename="a.txt")
    async with notes.post("/upload", data=form) as response:
        assert response.status == 201
    async with notes.put("/count", data=bytes(300_000)) as response:
        assert (await response.json())["bytes"] == 300_000


async def test_visitor_is_remembered(notes: aiohttp.ClientSession) -> None:
    async with notes.get("/login/ada") as response:
        assert await response.text() == "Hello, ada. You were stranger.\n"
    async with notes.get("/login/bob", cookies={"visitor": "ada"}) as response:
        assert await response.text() == "Hello, bob. You were ada.\n"


async def test_crash_and_static_file(notes: aiohttp.ClientSession) -> None:
    async with notes.get("/crash") as response:
        assert response.status == 500
        assert "this" not in await response.text()
    async with notes.get("/source/everything.py") as response:
        assert "notes service" in await response.text()


def test_help() -> None:
    command = [sys.executable, "-m", "reference.examples.everything", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "A small notes service" in done.stdout


def test_demo() -> None:
    command = [sys.executable, "-m", "reference.examples.demo"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "GET /john_doe  -> 200 Welcome, john_doe!" in done.stdout
    assert "SIGTERM         -> exit status 0" in done.stdout
