"""Requests by a well-behaved client, aiohttp's, and how they are written down.

Owns the client of a script. The bytes of its conversations are put together again from what the
client says of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from yarl import URL

from .seen import Answer, Conversation
from .steps import Ask, End


class Client:
    """The client of one script. `conversations` are by the name of their step."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self._authority = f"{host}:{port}"
        self._token = token
        self._kept: aiohttp.ClientSession | None = None
        self.conversations: dict[str, Conversation] = {}

    async def close(self) -> None:
        if self._kept is not None:
            await self._kept.close()

    async def ask(self, step: Ask) -> None:
        session = self._kept if step.keep and self._kept is not None else aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )  # fmt: skip
        if step.keep:
            self._kept = session
        url = URL(f"http://{self._authority}{step.target}", encoded=True)
        headers = [("X-Request-Id", f"{self._token}.{step.name}"), *step.headers]
        body = _chunks(step.body) if isinstance(step.body, tuple) else step.body
        try:
            async with session.request(
                step.method, url, headers=headers, data=body, allow_redirects=False
            ) as response:
                sent = _request_bytes(step, response.request_info.headers.items())
                self.conversations[step.name] = Conversation(step.name, sent, is_raw=False)
                try:
                    content = await response.read()
                    problem = None
                except aiohttp.ClientError as exc:
                    content, problem = b"", f"{type(exc).__name__}: {exc}"
                self.conversations[step.name] = _of_client(
                    step.name, sent, response, content, problem
                )
        except aiohttp.ClientConnectorError:
            self.conversations[step.name] = Conversation(step.name, end=End.REFUSED, is_raw=False)
        except (aiohttp.ClientError, ConnectionError) as exc:
            sent = _request_bytes(step, headers)
            self.conversations[step.name] = Conversation(
                step.name, sent, end=End.CLOSED, is_raw=False,
                problem=f"{type(exc).__name__}: {exc}",
            )  # fmt: skip
        finally:
            if not step.keep:
                await session.close()


async def _chunks(chunks: tuple[bytes, ...]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def _request_bytes(step: Ask, headers: Any) -> bytes:
    """The request of a client as it would look on the wire, from what the client says of it."""
    lines = [f"{step.method} {step.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers]
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")
    if isinstance(step.body, tuple):
        chunks = [b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in step.body]
        return head + b"".join(chunks) + b"0\r\n\r\n"
    return head + (step.body or b"")


def _of_client(
    name: str, sent: bytes, response: aiohttp.ClientResponse, content: bytes, problem: str | None
) -> Conversation:
    version = "HTTP/1.1"
    if response.version is not None:
        version = f"HTTP/{response.version.major}.{response.version.minor}"
    headers = tuple(
        (key.decode("latin-1"), value.decode("latin-1")) for key, value in response.raw_headers
    )
    reason = response.reason or ""
    lines = [
        f"{version} {response.status} {reason}",
        *(f"{key}: {value}" for key, value in headers),
    ]
    received = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace") + content
    framing = "length" if problem is None else "cut"
    answer = Answer(response.status, reason, version, headers, content, framing, 0, len(received))
    closes = any("close" in value.lower() for value in answer.values("Connection"))
    return Conversation(
        name, sent, received, (answer,), end=End.CLOSED if closes or problem else End.OPEN,
        is_raw=False, problem=problem,
    )  # fmt: skip
