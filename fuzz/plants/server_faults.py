"""Planted faults that the target `server` has to find: in connections, bodies and answers.

Owns the literals; `fuzz.plants` says what they mean. Each is one that a change to the order of
answers, the flow of input or the end of a connection could bring.
"""

from __future__ import annotations

from . import Plant


def _fault(name: str, module: str, old: str, new: str, says: str) -> Plant:
    return Plant(name=f"server/{name}", target="server", module=module, old=old, new=new, says=says)


PLANTS = (
    _fault(
        "answers-out-of-order",
        "connection",
        "request = queue.popleft()",
        "request = queue.pop()",
        "Of several requests that wait, the last one is answered first.",
    ),
    _fault(
        "answered-behind-close",
        "connection",
        "if fields.close or self._draining or not (minor or fields.keep_alive):",
        "if self._draining or not (minor or fields.keep_alive):",
        "Requests behind one with Connection: close are served.",
    ),
    _fault(
        "never-resumed",
        "connection",
        "if len(self._queue) <= self._max_queue // 2:",
        "if len(self._queue) < 0:",
        "Reading, once paused because many requests wait, does not go on.",
    ),
    _fault(
        "no-continue",
        "connection",
        '            self._transport.write(b"HTTP/1.1 100 Continue\\r\\n\\r\\n")\n',
        "",
        "A client that waits for 100 (Continue) waits for ever.",
    ),
    _fault(
        "continue-for-everyone",
        "connection",
        "        self._continue_due = request.expects_continue and not (\n"
        "            content.held_bytes or content.is_complete\n        )\n",
        "        self._continue_due = not content.is_complete\n",
        "A client that has begun to send its body is told to go on.",
    ),
    _fault(
        "timer-left",
        "connection",
        "        self._waiting.close()\n",
        "",
        "The timer of a connection outlives it.",
    ),
    _fault(
        "body-never-times-out",
        "connection",
        "        self._break_body(BodyTimeout())\n",
        "",
        "A handler waits for ever for a client that sends no more of its body.",
    ),
    _fault(
        "goes-on-behind-a-broken-stream",
        "connection",
        "if self._cancelled or self.output.begun or self._phase is not _OPEN:",
        "if self._cancelled or self._phase is not _OPEN:",
        "A stream that fails on its way is followed by an error page.",
    ),
    _fault(
        "forgets-connections",
        "connection",
        "        if self._task is None:\n            self._server.drop(self)\n        elif",
        "        if self._task is not None and",
        "The server counts connections that are gone.",
    ),
    _fault(
        "answers-twice",
        "output",
        '            self._held = b""\n            if self.is_open:',
        "            if self.is_open:",
        "What was sent is sent again with the next answer.",
    ),
    _fault(
        "never-drained",
        "output",
        "            self._drained.set_result(None)\n",
        "            pass\n",
        "An answer that waited for a slow client does not go on.",
    ),
    _fault(
        "end-of-body-not-told",
        "body",
        "        self.is_complete = True\n"
        "        if self._waiter is not None:\n            self._wake()\n",
        "        self.is_complete = True\n",
        "A handler that waits for more is not woken when the body ends.",
    ),
    _fault(
        "parts-out-of-order",
        "body",
        "part = self._parts.popleft()",
        "part = self._parts.pop()",
        "Of several parts of a body that wait, the last one is read first.",
    ),
    _fault(
        "head-with-body",
        "response",
        "return head if is_head or not has_content(response._status) else head + body",
        "return head if not has_content(response._status) else head + body",
        "The answer to HEAD has a body.",
    ),
    _fault(
        "refused-head-with-body",
        "connection",
        "is_head=error.for_head)",
        "is_head=False)",
        "The refusal of a HEAD request has a body.",
    ),
    _fault(
        "refused-head-not-known",
        "parser",
        "            exc.for_head = self._state is _HEAD and (\n",
        "            exc.for_head = False and (\n",
        "The parser does not tell that what it refuses is a HEAD request.",
    ),
    _fault(
        "chunked-to-old-clients",
        "response",
        "Framing(None, minor >= 1)",
        "Framing(None, True)",
        "An HTTP/1.0 client gets chunks.",
    ),
    _fault(
        "no-last-line",
        "sending",
        'output.write_part(b"0\\r\\n\\r\\n")',
        'output.write_part(b"0\\r\\n")',
        "The end of a chunked body lacks its empty line.",
    ),
)
