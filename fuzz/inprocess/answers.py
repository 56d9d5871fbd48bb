"""The answers in what a server has written.

Owns a quick way to read them: the heads of a server are few, so each is read once, by the
harness's own reader, and kept. What is unusual is read by that reader altogether.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from conformance.seen import Answer as Message
from conformance.wire import read_answer, read_head


class Head(NamedTuple):
    """What the head of an answer says.

    size   of the content by its Content-Length, -1 where something else tells it
    close  the connection ends with this answer; keep_alive is the other option
    fault  what is wrong with it, in words without anything of the answer, "" when nothing is
    """

    status: int
    size: int
    close: bool
    keep_alive: bool
    fault: str


class Answer(NamedTuple):
    """A final answer. `start` is its offset; `framing` as of `conformance.seen.Answer`.

    interim   how many answers with a status of 100 stand before it, behind the answer before
    """

    head: Head
    body: bytes
    framing: str
    interim: int


class Written(NamedTuple):
    """What was written on one connection.

    interim  answers with a status of 100 behind the last final one
    rest     octets behind the last answer that are none
    """

    answers: list[Answer]
    interim: int
    rest: bytes


_heads: dict[bytes, Head] = {}
"""By their octets without the value of the field Date, which is another one each second."""
_MAX_HEADS = 4096
_DATE = re.compile(rb"\r\nDate: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\r\n")


def read_written(data: bytes, methods: Sequence[str], *, ended: bool, cut: bool) -> Written:
    """Answers to requests with these methods; a further one is read as an answer to GET.

    ended  the connection was closed behind `data`;  cut  it was reset
    """
    answers: list[Answer] = []
    position = interim = 0
    size = len(data)
    while position < size:
        end = data.find(b"\r\n\r\n", position)
        if end < 0:
            break
        head = _head_of(data[position : end + 2])
        if not head.status:
            break
        number = len(answers)
        method = methods[number] if number < len(methods) else "GET"
        if head.status == 100:
            interim += 1
            position = end + 4
            continue
        if head.fault:
            answers.append(Answer(head, b"", "none", interim))
            return Written(answers, 0, data[end + 4 :])
        if method == "HEAD" or head.status in (204, 304):
            body, framing, position = b"", "none", end + 4
        elif head.size >= 0:
            position = end + 4 + head.size
            body = data[end + 4 : position]
            framing = "length" if len(body) == head.size else "cut"
        else:
            message = read_answer(data[position:], method, ended=ended and not cut)
            if message is None:
                body, framing, position = data[end + 4 :], "cut", size
            else:
                body, framing = message.body, message.framing
                position += message.end
                if message.problem:
                    head = head._replace(fault=_plain(message))
        answers.append(Answer(head, body, framing, interim))
        interim = 0
    return Written(answers, interim, data[position:])


def _head_of(text: bytes) -> Head:
    key = _DATE.sub(b"\r\nDate\r\n", text, 1)
    head = _heads.get(key)
    if head is None:
        if len(_heads) >= _MAX_HEADS:
            _heads.clear()
        head = _heads[key] = _head(read_head(text))
    return head


def _head(message: Message) -> Head:
    fault = _plain(message)
    lengths = message.values("Content-Length")
    codings = message.values("Transfer-Encoding")
    options = {one.strip().lower() for one in ",".join(message.values("Connection")).split(",")}
    size = -1
    if lengths and not fault:
        if len(lengths) > 1 or not lengths[0].isdecimal():
            fault = "no Content-Length"
        elif codings:
            fault = "Content-Length beside Transfer-Encoding"
        else:
            size = int(lengths[0])
    if not fault and message.status != 100 and len(message.values("Date")) != 1:
        # RFC 9110 §6.6.1: "An origin server with a clock MUST generate a Date header field in all
        # 2xx (Successful), 3xx (Redirection), and 4xx (Client Error) responses".
        fault = "no Date, or more than one"
    return Head(message.status, size, "close" in options, "keep-alive" in options, fault)


def _plain(message: Message) -> str:
    """What is wrong with a message, without its octets."""
    if message.problem is None:
        return ""
    words = message.problem.split(" b'", 1)[0].split(' b"', 1)[0]
    return words if message.framing != "cut" or "length" not in words.lower() else "Content-Length"
