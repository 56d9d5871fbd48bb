"""The shell commands that do by hand what a check does: curl, or printf into nc.

Owns their quoting. They are for a reader who has the app running: what depends on timing (gates,
events, signals) is not in them.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from ..steps import Ask, HalfClose, Read, ReadToEnd, Send, Step

AUTHORITY = "127.0.0.1:8080"
"""Where the commands go when the app of the run is gone."""

REQUEST_ID = "trueline"
MOST_CHARACTERS = 8192
"""Nobody reads a longer command, nor pastes it."""

_MANY_EQUAL = re.compile(rb"(.)\1{63,}", re.DOTALL)


def commands(steps: Sequence[Step], authority: str = AUTHORITY) -> list[str]:
    """One for each request of a client and for each raw connection, in the order they begin."""
    found: list[str] = []
    connections: set[str] = set()
    for step in steps:
        if isinstance(step, Ask):
            found.append(curl(step, authority))
        elif isinstance(step, Send) and step.on not in connections:
            connections.add(step.on)
            found.append(_netcat(steps, step.on, authority))
    return found


def curl(ask: Ask, authority: str = AUTHORITY) -> str:
    """`curl -sSi ...` for a request as the check's client sends it."""
    words = ["curl", "-sSi", "--path-as-is", "--globoff"]
    if ask.method == "HEAD":
        words.append("--head")
    elif ask.method != ("GET" if ask.body is None else "POST"):
        words += ["-X", ask.method]
    names = {name.lower() for name, _ in ask.headers}
    if "x-request-id" not in names:
        words += ["-H", f"X-Request-Id: {REQUEST_ID}"]
    for name, value in ask.headers:
        filled = fill(value.encode(), authority).decode()
        words += ["-H", f"{name}: {filled}" if filled else f"{name};"]
    body = b"".join(ask.body) if isinstance(ask.body, tuple) else ask.body
    if body is not None:
        if "content-type" not in names:
            words += ["-H", "Content-Type: application/octet-stream"]
        if isinstance(ask.body, tuple):
            words += ["-H", "Transfer-Encoding: chunked"]
        words += ["--data-binary", "@-"]
    if ask.target.startswith("/"):
        words.append(f"http://{authority}{ask.target}")
    else:
        words += ["--request-target", ask.target, f"http://{authority}/"]
    line = shlex.join(words)
    return line if body is None else _piped(produce(fill(body, authority)), line)


_NAMED = {0x09: r"\t", 0x0A: r"\n", 0x0D: r"\r", 0x25: "%%", 0x27: r"\047", 0x5C: r"\\"}
_ESCAPES = [
    _NAMED.get(octet) or (chr(octet) if 0x20 <= octet < 0x7F else f"\\{octet:03o}")
    for octet in range(256)
]


def produce(data: bytes) -> list[str]:
    """Commands that write these octets: printf, and for many equal ones head and tr."""
    found = []
    position = 0
    for run in _MANY_EQUAL.finditer(data):
        if run.start() > position:
            found.append(f"printf '{_format(data[position : run.start()])}'")
        size = run.end() - run.start()
        found.append(rf"head -c {size} /dev/zero | tr '\0' '{_format(run[0][:1])}'")
        position = run.end()
    if position < len(data) or not data:
        found.append(f"printf '{_format(data[position:])}'")
    return found


def fill(data: bytes, authority: str = AUTHORITY) -> bytes:
    """The octets with the authority and a request id in the places of a check's own."""
    return data.replace(b"@HOST@", authority.encode()).replace(b"@ID@", REQUEST_ID.encode())


def _format(data: bytes) -> str:
    r"""The octets as a format of printf between single quotes, in any POSIX shell.

    Octal escapes, of three digits: `\x` is not everywhere, and would swallow what follows. A
    hyphen in front would be an option.
    """
    text = "".join(map(_ESCAPES.__getitem__, data))
    return rf"\055{text[1:]}" if text.startswith("-") else text


def _netcat(steps: Sequence[Step], name: str, authority: str) -> str:
    """What is sent on a raw connection; where the check waits for an answer in between, a pause."""
    sent: list[str] = []
    pending = b""
    half_closes = False
    for step in steps:
        if isinstance(step, Send) and step.on == name:
            if not pending and sent:
                sent.append("sleep 1")
            pending += fill(step.data, authority)
        elif isinstance(step, Read | ReadToEnd) and step.on == name and pending:
            sent += produce(pending)
            pending = b""
        elif isinstance(step, HalfClose) and step.on == name:
            half_closes = True
    if pending:
        sent += produce(pending)
    host, _, port = authority.rpartition(":")
    end = f"nc {'-N ' if half_closes else ''}{shlex.quote(host.strip('[]'))} {shlex.quote(port)}"
    return _piped(sent, end)


def _piped(producers: Sequence[str], consumer: str) -> str:
    joined = "; ".join(producers)
    if len(joined) > MOST_CHARACTERS:
        return f"# a body or message of {len(joined)} characters | {consumer}"
    return f"{joined if len(producers) == 1 else f'{{ {joined}; }}'} | {consumer}"
