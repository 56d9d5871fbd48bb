"""Bodies that are not in memory: streams and files, part by part at the client's pace.

Owns chunked encoding, the check of a declared length, and files (sendfile where it works).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from typing import cast

from .output import Output
from .request import Request
from .response import FileBody, Framing, Response, encode_head, frame, has_content

_FILE_PART_BYTES = 262144
_PARTS_PER_TURN = 16


async def send_streamed(output: Output, request: Request, response: Response, close: bool) -> bool:
    """Send head and body; returns whether the connection ends with it.

    Raises what the stream raises, ValueError when it is longer or shorter than declared, and
    ConnectionResetError when the client is gone.
    """
    body = response.body
    try:
        framing = frame(response, request.minor)
        head_only = request.method == "HEAD" or not has_content(response.status)
        until_close = framing.length is None and not framing.chunked and not head_only
        close = close or until_close
        output.begin(encode_head(response, framing, request.minor, close), until_close=until_close)
        if head_only:
            return close
        if isinstance(body, FileBody):
            await _send_file(output, body)
        else:
            await _send_parts(output, cast("AsyncIterable[bytes]", body), framing)
        return close
    finally:
        await _release(body)


async def _send_parts(output: Output, parts: AsyncIterable[bytes], framing: Framing) -> None:
    left = framing.length
    count = 0  # in this turn of the event loop
    iterator = aiter(parts)
    try:
        async for part in iterator:
            if not isinstance(part, bytes):
                part = _to_bytes(part)
            if count == _PARTS_PER_TURN:
                # A stream that never waits must not keep the event loop from everyone else.
                count = 0
                await asyncio.sleep(0)
            size = len(part)
            if left is not None:
                left -= size
                if left < 0:
                    raise ValueError("the stream is longer than its Content-Length")
            if size:  # an empty chunk would end the body
                output.write_part(b"%x\r\n%b\r\n" % (size, part) if framing.chunked else part)
            count += 1
            if output.paused:
                await output.drained()
    finally:
        await _release(iterator)
    if left:
        raise ValueError("the stream is shorter than its Content-Length")
    if framing.chunked:
        output.write_part(b"0\r\n\r\n")


def _to_bytes(part: object) -> bytes:
    """A copy, so that the stream may use its buffer again, and in octets, whatever its items."""
    if isinstance(part, bytearray | memoryview):
        return bytes(part)
    raise TypeError(f"a stream yields bytes, not {type(part).__name__}")


async def _send_file(output: Output, body: FileBody) -> None:
    offset, end = body.offset, body.offset + body.count
    native = True
    while offset < end:
        count = min(end - offset, _FILE_PART_BYTES)
        if native:
            sent = await output.sendfile(body.file, offset, count)
            native = sent is not None
        if not native:
            sent = await _copy(output, body, offset, count)
        if not sent:
            raise ValueError("the file is shorter than when it was opened")
        offset += sent


async def _copy(output: Output, body: FileBody, offset: int, count: int) -> int:
    def read() -> bytes:
        body.file.seek(offset)
        return body.file.read(count)

    part = await asyncio.get_running_loop().run_in_executor(None, read)
    output.write_part(part)
    await output.drained()
    return len(part)


async def _release(body: object) -> None:
    """Close a file, or an async generator that was not read to its end."""
    if isinstance(body, FileBody):
        body.file.close()
    elif hasattr(body, "aclose"):
        await body.aclose()
