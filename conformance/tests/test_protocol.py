"""What an adapter may say, and the sentence for each thing that it may not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.protocol import (
    AdapterError,
    _is_plain_event,
    _validator,
    decode,
    encode,
    shown,
)
from conformance.spec import App


def line(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"


HELLO = {"re": "hello", "protocol": 1, "name": "x"}

# -- What we say ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        {"op": "hello", "protocol": 1, "nonce": "n"},
        {"op": "start", "id": "a1", "app": App().to_json(), "run": "foreground"},
        {"op": "release", "id": "a1", "gate": "tür"},
        {"op": "quit"},
    ],
)
def test_a_message_is_one_line_of_ascii(message: dict[str, Any]) -> None:
    encoded = encode(message)
    assert encoded.endswith(b"\n")
    assert encoded.count(b"\n") == 1
    assert encoded.isascii()
    assert json.loads(encoded) == message


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"op": "hello", "protocol": 2, "nonce": "n"}, "protocol: 1 was expected"),
        ({"op": "release", "id": "a1"}, "the message: 'gate' is a required property"),
        (
            {"op": "start", "id": "a1", "app": {"routes": [{"id": "r1"}]}},
            "app/routes/0: 'method' is a required property",
        ),
    ],
)
def test_a_malformed_message_of_our_own_is_said_to_be_ours(
    message: dict[str, Any], said: str
) -> None:
    with pytest.raises(AdapterError) as caught:
        encode(message)
    text = str(caught.value)
    assert text.startswith(f"the harness wrote a malformed {message['op']} message ({said}): ")


# -- What adapters say ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        HELLO,
        {**HELLO, "capabilities": ["foreground"], "dialect": {"wrong_method": "404"}},
        {**HELLO, "colour": "an adapter may say more than it is asked"},
        {"re": "start", "id": "a1", "host": "::1", "port": 65535},
        {"re": "start", "id": "a1", "error": {"kind": "unsupported", "what": "stream"}},
        {"re": "stop", "id": "a1", "error": {"kind": "failed", "message": "a hook raised"}},
        {"re": "quit"},
        {"event": "enter", "app": "a1", "who": "r1", "request": None},
        {"event": "wait", "app": "a1", "who": "r1", "request": "t", "data": {"gate": "g"}},
    ],
)
def test_a_line_that_is_a_message(message: dict[str, Any]) -> None:
    assert decode(line(message)) == message
    assert decode(b" \t" + line(message).strip() + b"\r\n") == message


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (b"Serving on port 80\n", "a line that is no JSON: 'Serving on port 80'"),
        (b"\n", "a line that is no JSON: ''"),
        (b'{"re": "hello"', 'a line that is no JSON: \'{"re": "hello"\''),
        (b"\xff\xfe\n", r"a line that is no JSON: '\\xff\\xfe'"),
        (b'"\xff"\n', "a line that is no JSON: "),
        (b"[" * 100_000, "a line that is no JSON: '[[["),
        (b"9" * 5000, "a line that is no JSON: '999"),
        (b"null", "a line that is no JSON object: 'null'"),
        (b'["re", "hello"]', "a line that is no JSON object: "),
        (b'"hello"', "a line that is no JSON object: "),
        (b"{}", "a line that is neither reply nor event: '{}'"),
        (b'{"re": "shout"}', "a line that is neither reply nor event: "),
        (b'{"re": null}', "a line that is neither reply nor event: "),
        (b'{"re": ["hello"]}', "a line that is neither reply nor event: "),
        (b'{"re": {}}', "a line that is neither reply nor event: "),
        (b'{"op": "quit"}', "a line that is neither reply nor event: "),
    ],
    ids=lambda one: str(one[:20]),
)
def test_a_line_that_is_no_message(said: bytes, sentence: str) -> None:
    with pytest.raises(AdapterError) as caught:
        decode(said)
    assert str(caught.value).startswith(f"the adapter wrote {sentence}")
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("message", "name", "said"),
    [
        ({"re": "hello", "name": "x"}, "hello", "the message: 'protocol' is a required property"),
        ({**HELLO, "protocol": 2}, "hello", "protocol: 1 was expected"),
        ({**HELLO, "name": ""}, "hello", "name: "),
        ({**HELLO, "version": 3}, "hello", "version: 3 is not of type 'string'"),
        ({**HELLO, "capabilities": "all"}, "hello", "capabilities: "),
        ({**HELLO, "dialect": {"wrong_method": 404}}, "hello", "dialect/wrong_method: 404 is not"),
        ({"re": "start", "id": "a1"}, "start", "the message: "),
        ({"re": "start", "id": "a1", "host": "h", "port": 0}, "start", "port: "),
        ({"re": "start", "id": "a1", "error": {"kind": "odd"}}, "start", "error/kind: "),
        ({"re": "stop"}, "stop", "the message: 'id' is a required property"),
        ({"re": "stop", "id": "a1", "error": {"kind": "failed"}}, "stop", "error: 'message' is"),
        ({"event": "enter"}, "event", "the message: 'app' is a required property"),
        (
            {"event": "", "app": "a1", "who": "r1", "request": None},
            "event",
            "event: ",
        ),
        (
            {"event": "enter", "app": "a1", "who": "r1", "request": 1},
            "event",
            "request: 1 is not of type",
        ),
        (
            {"event": "enter", "app": "a1", "who": "r1", "request": None, "more": 1},
            "event",
            "the message: Additional properties are not allowed",
        ),
    ],
)
def test_a_malformed_message(message: dict[str, Any], name: str, said: str) -> None:
    with pytest.raises(AdapterError) as caught:
        decode(line(message))
    text = str(caught.value)
    assert text.startswith(f"the adapter wrote a malformed {name} message ({said}")
    assert text.endswith(shown(line(message)))


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"colour": "red"}, "there is no dialect option 'colour'"),
        (
            {"wrong_method": "500"},
            "the dialect option wrong_method is one of 405, 404, 400, not '500'",
        ),
    ],
)
def test_a_dialect_that_there_is_not(declared: dict[str, str], said: str) -> None:
    with pytest.raises(AdapterError) as caught:
        decode(line({**HELLO, "dialect": declared}))
    assert str(caught.value) == f"the adapter declared what there is not: {said}"


def test_a_long_line_is_shown_in_part() -> None:
    assert shown(b"x" * 200) == repr("x" * 200)
    assert shown(b"x" * 201) == repr("x" * 200 + "…")
    assert shown(b"  a\x1b[2J\xff\n") == r"'a\x1b[2J\\xff'"


@pytest.mark.parametrize(
    "event",
    [
        {"event": "enter", "app": "a1", "who": "r1", "request": None},
        {"event": "enter", "app": "a1", "who": "r1", "request": "t00001.1"},
        {"event": "enter", "app": "a1", "who": "r1", "request": ""},
    ],
)
def test_a_plain_event_is_what_its_schema_accepts(event: dict[str, Any]) -> None:
    assert _is_plain_event(event)
    assert _validator("event", "event").is_valid(event)
    for name, wrong in [("event", ""), ("app", 1), ("who", None), ("request", 1), ("more", {})]:
        assert not _is_plain_event({**event, name: wrong})
    for name in event:
        assert not _is_plain_event({key: value for key, value in event.items() if key != name})
