"""The messages of adapter protocol 1 as JSON Schemas (draft 2020-12).

Owns the shapes. `docs/adapter-protocol-1.schema.json` is written from here by `make docs`, and a
test holds the two together. What the members mean is in docs/adapter-protocol.md.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def _object(required: Schema, optional: Schema | None = None, *, more: bool = False) -> Schema:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": more,
    }


def _array(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


_TEXT = {"type": "string"}
_ID = {"type": "string", "minLength": 1}
_STATUS = {"type": "integer", "minimum": 100, "maximum": 999}
_PAIRS = _array(_array(_TEXT, minItems=2, maxItems=2))
_SECONDS = {"type": "number", "exclusiveMinimum": 0}
_HOOKS = _array(_ref("hook"))

_RESPOND = _object(
    {},
    {
        "status": _STATUS,
        "text": _TEXT,
        "base64": _TEXT,
        "content_type": _TEXT,
        "headers": _PAIRS,
        "reason": _TEXT,
        "cookies": _PAIRS,
    },
)
_READ = {"enum": ["whole", "pieces", "none", "json", "form"]}
_KINDS = ["error", "base", "cancelled", "timeout", "unprintable", "caused"]
_CRASH = _object({"message": _TEXT}, {"kind": {"enum": _KINDS}})
_RAISE_HTTP = _object({"status": _STATUS}, {"text": _TEXT, "location": _TEXT, "headers": _PAIRS})
_STREAM = _object(
    {"chunks": _array(_TEXT), "content_type": _TEXT},
    {
        "crash_after": {"type": "integer", "minimum": 0},
        "gate": _ID,
        "times": {"type": "integer", "minimum": 1},
    },
)

_ACTIONS: dict[str, Schema] = {
    "echo": _object({}),
    "respond": _RESPOND,
    "raise_http": _RAISE_HTTP,
    "crash": _CRASH,
    "return_value": _object({"value": {"type": ["null", "boolean", "number", "string"]}}),
    "stream": _STREAM,
    "wait": _object({"gate": _ID}, {"then": _ref("action")}),
    "read_body": _object({"how": _READ, "then": _ref("action")}),
    "read_cookies": _object({"then": _ref("action")}),
    "state": _object({"key": _ID}),
    "params": _object({"names": _array(_ID, minItems=1)}),
    "mirror": _object({}),
    "json": _object({}),
    "set_header": _object({"name": _TEXT, "value": _TEXT}),
    "short_circuit": _RESPOND,
    "replace_response": _RESPOND,
    "catch": _RESPOND,
    "store": _object({"key": _ID, "value": _TEXT}),
}

_ERROR = _object(
    {"kind": {"enum": ["failed", "rejected", "unsupported"]}}, {"message": _TEXT, "what": _TEXT}
)
_FAILED = _object({"kind": {"const": "failed"}, "message": _TEXT})

DEFINITIONS: dict[str, Schema] = {
    "action": {**_object({}, _ACTIONS), "minProperties": 1, "maxProperties": 1},
    "route": _object({"id": _ID, "method": _ID, "path": _TEXT, "do": _ref("action")}),
    "middleware": _object(
        {"id": _ID}, {"before": _array(_ref("action")), "after": _array(_ref("action"))}
    ),
    "hook": _object({"id": _ID}, {"do": _ref("action")}),
    "app": _object(
        {"routes": _array(_ref("route"))},
        {
            "middlewares": _array(_ref("middleware")),
            "hooks": _object({}, {"startup": _HOOKS, "shutdown": _HOOKS, "cleanup": _HOOKS}),
            "debug": {"type": "boolean"},
            "limits": _object(
                {},
                {
                    "body": {"type": "integer", "minimum": 0},
                    "drain_s": {"type": "number", "minimum": 0},
                    "head_s": _SECONDS,
                    "body_s": _SECONDS,
                    "idle_s": _SECONDS,
                },
            ),
            "files": _PAIRS,
            "access_log": {"type": "boolean"},
            "quiet": {"type": "boolean"},
        },
    ),
}

# What the harness says, by `op`.
OPERATIONS: dict[str, Schema] = {
    "hello": _object({"op": {"const": "hello"}, "protocol": {"const": 1}, "nonce": _ID}),
    "start": _object(
        {"op": {"const": "start"}, "id": _ID, "app": _ref("app")},
        {"run": {"enum": ["foreground"]}, "folder": _TEXT},
    ),
    "release": _object({"op": {"const": "release"}, "id": _ID, "gate": _ID}),
    "sync": _object({"op": {"const": "sync"}, "id": _ID}),
    "stop": _object({"op": {"const": "stop"}, "id": _ID}),
    "quit": _object({"op": {"const": "quit"}}),
}

# What the adapter answers, by `re`. Adapters may say more than this.
REPLIES: dict[str, Schema] = {
    "hello": _object(
        {"re": {"const": "hello"}, "protocol": {"const": 1}, "name": _ID},
        {
            "version": _TEXT,
            "language": _TEXT,
            "runtime": _TEXT,
            "homepage": _TEXT,
            "capabilities": _array(_ID),
            "dialect": {"type": "object", "additionalProperties": _TEXT},
        },
        more=True,
    ),
    "start": {
        "oneOf": [
            _object(
                {
                    "re": {"const": "start"},
                    "id": _ID,
                    "host": _ID,
                    "port": {"type": "integer", "minimum": 1, "maximum": 65535},
                },
                more=True,
            ),
            _object({"re": {"const": "start"}, "id": _ID, "error": _ERROR}, more=True),
        ]
    },
    "release": _object({"re": {"const": "release"}, "id": _ID}, more=True),
    "sync": _object({"re": {"const": "sync"}, "id": _ID}, more=True),
    "stop": _object({"re": {"const": "stop"}, "id": _ID}, {"error": _FAILED}, more=True),
    "quit": _object({"re": {"const": "quit"}}, more=True),
}

EVENT: Schema = _object(
    {"event": _ID, "app": _ID, "who": _ID, "request": {"type": ["string", "null"]}},
    {"data": {"type": "object"}},
)


def document() -> Schema:
    """All of it as one schema, for the documentation and for adapters in other languages."""
    named = {
        **DEFINITIONS,
        **{f"op-{name}": schema for name, schema in OPERATIONS.items()},
        **{f"re-{name}": schema for name, schema in REPLIES.items()},
        "event": EVENT,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "trueline adapter protocol 1",
        "description": "What the harness says has an `op`, what adapters say a `re` or an `event`.",
        "oneOf": [_ref(name) for name in named if name.startswith(("op-", "re-", "event"))],
        "$defs": named,
    }
