"""Files as bodies: with the system's sendfile (a fake one here) and copied, and always closed."""

from __future__ import annotations

import asyncio
from io import BytesIO
from pathlib import Path

import pytest

from reference.request import Request
from reference.response import FileBody, Response
from reference.testing import Wire, advance, application, fake_clock, on_fake_clock, settle

from .fakes import BYTES, CLOSE, answer, get, request


def file_head(*fields: bytes) -> bytes:
    return answer(b"200 OK", BYTES, *fields)


class Files:
    """A handler for one file, of which it sends a part; notes the files that it opened."""

    def __init__(self, content: bytes, offset: int = 0, count: int | None = None) -> None:
        self._content = content
        self._offset = offset
        self._count = len(content) - offset if count is None else count
        self.opened: list[BytesIO] = []

    async def __call__(self, request: Request) -> Response:
        file = BytesIO(self._content)
        self.opened.append(file)
        response = Response()
        response.body = FileBody(file, self._offset, self._count)
        return response

    @property
    def are_closed(self) -> bool:
        return all(file.closed for file in self.opened)


LARGE = bytes(range(256)) * 3000  # 768,000: three parts


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("tls", [True, False])
@pytest.mark.parametrize(("offset", "count"), [(0, 768_000), (10, 500_000), (1, 1), (0, 0)])
@on_fake_clock
async def test_file(native: bool, tls: bool, offset: int, count: int) -> None:
    fake_clock().native_sendfile = native
    files = Files(LARGE, offset, count)
    wire = Wire(files, tls=tls)
    wire.send(get() + get(b"/", CLOSE))
    await wire.until(lambda: wire.ended)
    length = b"Content-Length: %d" % count
    body = LARGE[offset : offset + count]
    assert wire.sent_now() == file_head(length) + body + file_head(length, CLOSE) + body
    assert files.are_closed
    assert wire.acts[-1] == ("close" if tls else "eof")
    if native and not tls and count:
        assert wire.acts == ["pause", "resume", "pause", "resume", "eof"]


@on_fake_clock
async def test_the_client_is_heard_while_a_file_is_copied() -> None:
    files = Files(LARGE)
    wire = Wire(files)
    wire.transport.is_stuck = True
    wire.send(get())
    await wire.until(lambda: len(wire.transport.writes) == 2)
    assert wire.transport.is_reading()
    wire.lose()
    await settle()
    assert files.are_closed


@on_fake_clock
async def test_a_client_that_takes_nothing_of_a_copied_file() -> None:
    files = Files(LARGE)
    wire = Wire(files)
    wire.transport.is_stuck = True
    wire.send(get())
    await wire.until(lambda: len(wire.transport.writes) == 2)
    await advance(60)
    assert wire.acts == ["pause", "resume", "abort"]
    assert files.are_closed


@on_fake_clock
async def test_head_of_a_file() -> None:
    files = Files(LARGE)
    wire = Wire(files)
    wire.send(request(b"HEAD /") + request(b"HEAD /"))
    assert await wire.answer() == 2 * file_head(b"Content-Length: 768000")
    assert files.are_closed


@pytest.mark.parametrize("native", [True, False])
@on_fake_clock
async def test_a_file_that_shrank_cuts(native: bool, caplog: pytest.LogCaptureFixture) -> None:
    fake_clock().native_sendfile = native
    files = Files(b"12345", 0, 10)
    wire = Wire(files)
    wire.send(get())
    await wire.until(lambda: wire.ended)
    assert wire.sent_now() == file_head(b"Content-Length: 10") + b"12345"
    assert wire.acts[-1] == "abort"
    assert files.are_closed
    assert "the file is shorter" in caplog.text


@on_fake_clock
async def test_context_and_reading_behind_a_file() -> None:
    fake_clock().native_sendfile = True
    wire = Wire(Files(b"12345"))
    for _ in range(2):
        wire.send(get())
        assert (await wire.answer()).endswith(b"12345")
        assert wire.transport.is_reading()
    assert wire.acts == 2 * ["pause", "resume"]


@pytest.mark.parametrize("cancellation", [True, False])
@on_fake_clock
async def test_a_client_that_goes_while_a_file_is_sent(
    cancellation: bool, caplog: pytest.LogCaptureFixture
) -> None:
    fake_clock().native_sendfile = True
    files = Files(LARGE)
    wire = Wire(application(files, handler_cancellation=cancellation))
    wire.transport.is_stuck = True
    wire.send(get())
    await settle()
    assert not files.are_closed
    wire.lose()
    await settle()
    assert files.are_closed
    assert wire.server._connections == set()
    assert caplog.records == []


@on_fake_clock
async def test_a_client_that_went_before_the_file(caplog: pytest.LogCaptureFixture) -> None:
    gate = asyncio.Event()
    files = Files(LARGE)

    async def late(request: Request) -> Response:
        await gate.wait()
        return await files(request)

    wire = Wire(application(late, handler_cancellation=False))
    wire.send(get())
    await settle()
    wire.lose()
    gate.set()
    await settle()
    assert files.are_closed
    assert caplog.records == []


@on_fake_clock
async def test_the_system_tells_first_that_the_client_went(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fake_clock().native_sendfile = True
    files = Files(LARGE)
    wire = Wire(files)
    wire.transport.is_stuck = True
    wire.send(get())
    await settle()
    wire.transport.break_sendfile(BrokenPipeError())
    await settle()
    assert files.are_closed
    assert wire.acts == ["pause", "abort"]
    assert caplog.records == []


@on_fake_clock
async def test_a_client_that_goes_between_two_parts_of_a_file(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fake_clock().native_sendfile = True
    files = Files(LARGE)
    wire = Wire(files)
    wire.transport.is_stuck = True
    wire.send(get())
    await settle()
    wire.transport.unstick()
    wire.lose()
    await settle()
    assert len(wire.transport.writes) == 2  # the head and one part
    assert files.are_closed
    assert caplog.records == []


@on_fake_clock
async def test_a_client_that_takes_nothing_of_a_file() -> None:
    fake_clock().native_sendfile = True
    files = Files(LARGE)
    wire = Wire(files)
    wire.transport.is_stuck = True
    wire.send(get())
    await advance(59.999)
    assert wire.acts == ["pause"]
    await advance(0.001)
    assert wire.acts == ["pause", "abort"]
    assert files.are_closed


@on_fake_clock
async def test_file_from_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(LARGE)

    async def stream(request: Request) -> Response:
        response = Response()
        response.body = FileBody(path.open("rb"), 0, len(LARGE))
        return response

    wire = Wire(stream)
    wire.send(get(b"/", CLOSE))
    await wire.until(lambda: wire.ended)
    assert wire.sent_now() == file_head(b"Content-Length: 768000", CLOSE) + LARGE
