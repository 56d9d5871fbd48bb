"""What is served at a URL: an application as adapters take it (docs/adapter-protocol.md).

Owns the routes, which are those that the targets have an adapter serve. Each kind of end that a
request may have is there: a body that is read, a body that is left unread, an answer in pieces, an
exception; and nothing for any other path.
"""

from __future__ import annotations

_READ_AND_TELL = {"read_body": {"how": "whole", "then": {"echo": {}}}}

APPLICATION = {
    "routes": [
        {"id": "root", "method": "GET", "path": "/", "do": _READ_AND_TELL},
        {"id": "root_post", "method": "POST", "path": "/", "do": _READ_AND_TELL},
        {"id": "echo", "method": "GET", "path": "/echo", "do": _READ_AND_TELL},
        {"id": "echo_post", "method": "POST", "path": "/echo", "do": _READ_AND_TELL},
        {"id": "item", "method": "GET", "path": "/items/{name}", "do": _READ_AND_TELL},
        {"id": "item_post", "method": "POST", "path": "/items/{name}", "do": _READ_AND_TELL},
        {"id": "unread", "method": "POST", "path": "/unread", "do": {"echo": {}}},
        {
            "id": "stream",
            "method": "GET",
            "path": "/stream",
            "do": {"stream": {"chunks": ["one ", "two ", "three"], "content_type": "text/plain"}},
        },
        {
            "id": "crash",
            "method": "GET",
            "path": "/crash",
            "do": {"crash": {"message": "crashed on purpose"}},
        },
    ]
}
