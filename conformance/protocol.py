"""Adapter protocol 1: lines to messages and back, each held to its schema.

Owns what is said when a line is none. A malformed message is the adapter's error and never the
framework's: it never fails a check.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, TypeAlias

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from . import schema
from .dialect import unknown

Message: TypeAlias = dict[str, Any]

PROTOCOL = 1
MAX_LINE_BYTES = 1024 * 1024
_PLAIN_EVENT = {"event", "app", "who", "request"}


class AdapterError(Exception):
    """The adapter is at fault, or cannot be run: a sentence that says what and what to do."""


class Unusable(Exception):
    """Nothing can be judged here and now, as the adapter says; no AdapterError, because it is no
    fault of one check or another and ends the run."""


@cache
def _validator(kind: str, name: str) -> Draft202012Validator:
    shape = {"op": schema.OPERATIONS, "re": schema.REPLIES, "event": {"event": schema.EVENT}}[kind]
    return Draft202012Validator({**shape[name], "$defs": schema.DEFINITIONS})


def encode(message: Message) -> bytes:
    """A line. Raises AdapterError for a message of ours that is none (a bug of the harness)."""
    _check("op", message["op"], message)
    return (json.dumps(message) + "\n").encode("ascii")


def decode(line: bytes) -> Message:
    """A reply (with `re`) or an event (with `event`). Raises AdapterError."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as exc:
        raise AdapterError(f"the adapter wrote a line that is no JSON: {shown(line)}") from exc
    if not isinstance(message, dict):
        raise AdapterError(f"the adapter wrote a line that is no JSON object: {shown(line)}")
    if "event" in message:
        if not _is_plain_event(message):
            _check("event", "event", message)
    elif isinstance(name := message.get("re"), str) and name in schema.REPLIES:
        _check("re", name, message)
        if name == "hello" and (problems := unknown(message.get("dialect", {}))):
            raise AdapterError(f"the adapter declared what there is not: {problems[0]}")
    else:
        raise AdapterError(
            f"the adapter wrote a line that is neither reply nor event: {shown(line)}"
        )
    return message


def _is_plain_event(message: Message) -> bool:
    """What nearly every line of a run is, told without its schema; a test ties the two."""
    return (
        message.keys() == _PLAIN_EVENT
        and all(type(message[name]) is str and message[name] for name in ("event", "app", "who"))
        and (message["request"] is None or type(message["request"]) is str)
    )


def _check(kind: str, name: str, message: Message) -> None:
    validator = _validator(kind, name)
    if not validator.is_valid(message):
        error = best_match(validator.iter_errors(message))
        where = "/".join(str(one) for one in error.absolute_path) or "the message"
        who = "the harness" if kind == "op" else "the adapter"
        said = shown(json.dumps(message).encode())
        raise AdapterError(
            f"{who} wrote a malformed {name} message ({where}: {error.message}): {said}"
        )


def shown(line: bytes, limit: int = 200) -> str:
    """A line for a message to people."""
    text = line.decode("utf-8", "backslashreplace").strip()
    return repr(text if len(text) <= limit else text[:limit] + "…")
