"""The body of a request as bytes, text and JSON: a client's mistakes are 4xx, never a 500."""

from __future__ import annotations

import encodings
import json
import math
from collections.abc import Sequence
from typing import Any

import pytest

from reference.application import Application
from reference.errors import BodyError, ClientGone
from reference.exceptions import HTTPBadRequest, HTTPContentTooLarge
from reference.forms import FileField
from reference.request import Request, find_codec
from reference.response import Response, json_response
from reference.tests.requests import Part, answer, make_request


def sent(body: bytes | Sequence[Part], content_type: str | None = None, **limits: Any) -> Request:
    headers = [] if content_type is None else [("Content-Type", content_type)]
    return make_request(Application(**limits), "POST", "/", headers, body)


# --- bytes and their limit ----------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"", b"abc", [b"a", b"bc"], [b""], []])
async def test_read_gives_the_whole_body_again_and_again(body: Any) -> None:
    request = sent(body)
    whole = body if isinstance(body, bytes) else b"".join(body)
    assert await request.read() == whole
    assert await request.read() == whole
    assert await request.text() == whole.decode()


@pytest.mark.parametrize(
    ("limit", "body", "fits"),
    [
        (3, b"abc", True),
        (2, b"abc", False),
        (3, [b"a", b"bc"], True),
        (2, [b"a", b"bc"], False),
        (2, [b"a", b"b", b"c"], False),
        (0, b"", True),
        (0, b"a", False),
        (0, [b"a"], False),
        (None, b"x" * 1024**2 + b"x", True),
        (None, [b"x" * 1024**2, b"x"], True),
        (1024**2, b"x" * 1024**2, True),
        (1024**2, [b"x" * 1024**2, b"x"], False),
    ],
)
async def test_client_max_size(limit: int | None, body: Any, fits: bool) -> None:
    request = sent(body, client_max_size=limit)
    if fits:
        assert await request.read() == (body if isinstance(body, bytes) else b"".join(body))
        return
    for _ in range(2):  # what is left of the body does not pass for the whole
        with pytest.raises(HTTPContentTooLarge, match=f"larger than {limit} bytes"):
            await request.read()


async def test_declared_length_is_refused_before_a_byte_is_read() -> None:
    request = make_request(
        Application(client_max_size=5), "POST", "/", [("Content-Length", "6")], b"abcdef"
    )
    with pytest.raises(HTTPContentTooLarge):
        await request.read()
    assert request.content.held_bytes == 6


async def test_a_body_too_large_is_a_413_that_names_the_limit() -> None:
    async def handler(request: Request) -> Response:
        return Response(await request.text())

    app = Application(client_max_size=2)
    app.router.add_post("/", handler)
    assert await answer(app, "POST", body=b"ab") == (200, "ab")
    assert await answer(app, "POST", body=b"abc") == (413, "the body is larger than 2 bytes")


async def test_a_body_that_breaks_off_raises_each_time() -> None:
    request = sent([b"abc", ClientGone()])
    for _ in range(2):
        with pytest.raises(ClientGone):
            await request.read()


@pytest.mark.parametrize(
    ("error", "status"), [(ClientGone(), 400), (BodyError("a bad chunk"), 400)]
)
async def test_a_body_that_breaks_off_is_a_4xx(error: BodyError, status: int) -> None:
    async def handler(request: Request) -> Response:
        return json_response(await request.json())

    app = Application()
    app.router.add_post("/", handler)
    assert await answer(app, "POST", body=[b"{", error]) == (status, str(error))


async def test_content_streams_the_parts_as_they_came() -> None:
    request = sent([b"a", b"bc"])
    assert [part async for part in request.content] == [b"a", b"bc"]


# --- text ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        (None, "ü€😀".encode(), "ü€😀"),
        ("text/plain", "ü".encode(), "ü"),
        ("text/plain; charset=latin-1", b"\xfc", "ü"),
        ("text/plain; charset=ISO-8859-1", b"\xfc", "ü"),
        ('text/plain; charset="UTF-16LE"', b"\xfc\0", "ü"),
        ("text/plain; charset=windows-1252", b"\x80", "€"),
        ("text/plain; charset=koi8-u", b"\xa4", "є"),
        ("text/plain; charset=Shift_JIS", b"\x82\xa0", "あ"),
        ("text/plain; charset=utf-8-sig", b"\xef\xbb\xbfx", "x"),
        ('text/plain; charset=""', "ü".encode(), "ü"),
        ("application/octet-stream", b"x", "x"),
    ],
)
async def test_text(content_type: str | None, body: bytes, text: str) -> None:
    assert await sent(body, content_type).text() == text


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        ("utf-8", b"\xff"),
        ("utf-8", b"\xed\xa0\x80"),
        ("utf-8", b"\xc3"),
        ("ascii", b"\xc3\xbc"),
        ("utf-16", b"\0"),
        ("none", b"x"),
        ("'utf-8'", b"x"),
        ("utf--8", b"x"),
        ("é", b"x"),
        ("a" * 5000, b"x"),
        ('"\0"', b"x"),
        # Codecs that are no charsets: some give bytes, some take quadratic time.
        *((name, b"eA==") for name in ["base64", "hex", "zlib", "bz2", "rot13", "uu", "quopri"]),
        *((name, b"x") for name in ["idna", "punycode", "unicode-escape", "raw_unicode_escape"]),
        ("undefined", b"x"),
        # Modules of the package `encodings` that hold no codec.
        ("aliases", b"x"),
        ("mbcs", b"x"),
    ],
)
async def test_text_that_is_none_is_a_400(charset: str, body: bytes) -> None:
    with pytest.raises(HTTPBadRequest) as caught:
        await sent(body, f"text/plain; charset={charset}").text()
    assert caught.value.text.startswith("the body is not text in ")
    assert caught.value.text.isascii()


def test_unknown_charsets_are_not_kept_by_python() -> None:
    with pytest.raises(LookupError):
        find_codec("warm-up")
    remembered = set(encodings._cache)
    for number in range(100):
        with pytest.raises(LookupError):
            find_codec(f"x-no-such-charset-{number}")
    assert find_codec("UTF-8") == "utf_8"
    assert set(encodings._cache) - remembered <= {"utf_8"}


# --- JSON ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": [1, null, "\xc3\xbc"]}', {"a": [1, None, "ü"]}),
        (b" 1 ", 1),
        (b'"\\ud800"', "\ud800"),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b"-Infinity", -math.inf),
        (b"1e999", math.inf),
        (b"9" * 4300, int("9" * 4300)),
    ],
)
async def test_json(body: bytes, value: object) -> None:
    assert await sent(body).json() == value


@pytest.mark.parametrize(
    "text", ["[1]", " [1]", "[1]\r\n", "\t{}\n ", "\u00a0[1]", "[1]\f", "[1]x"]
)
async def test_json_takes_the_whitespace_that_the_standard_library_takes(text: str) -> None:
    try:
        value = json.loads(text)
    except ValueError:
        with pytest.raises(HTTPBadRequest):
            await sent(text.encode()).json()
    else:
        assert await sent(text.encode()).json() == value


async def test_json_takes_nan_as_the_standard_library_does() -> None:
    assert math.isnan(await sent(b"NaN").json())

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    with pytest.raises(HTTPBadRequest):
        await sent(b"NaN").json(loads=lambda text: json.loads(text, parse_constant=refuse))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{'a': 1}",
        b"[1,]",
        b"01",
        b"nul",
        b"{} {}",
        b'"\n"',
        b"\xef\xbb\xbf{}",
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"[" * 200_000 + b"]" * 200_000,
        b"9" * 5000,
    ],
)
async def test_json_that_is_none_is_a_400(body: bytes) -> None:
    with pytest.raises(HTTPBadRequest, match="the body is not valid JSON"):
        await sent(body).json()


async def test_json_in_a_charset() -> None:
    body = '{"a": "ü"}'.encode("utf-16")
    assert await sent(body, "application/json; charset=utf-16").json() == {"a": "ü"}
    with pytest.raises(HTTPBadRequest, match="not text"):
        await sent(body, "application/json").json()


async def test_json_by_another_function() -> None:
    assert await sent(b"[1.5]").json(loads=str.upper) == "[1.5]"


async def test_a_mistake_of_the_application_in_loads_is_its_own() -> None:
    def broken(text: str) -> None:
        raise KeyError(text)

    with pytest.raises(KeyError):
        await sent(b"{}").json(loads=broken)


# --- forms (their grammar is in test_forms.py) --------------------------------------------------


async def test_post() -> None:
    form = await sent(b"a=1&a=%C3%BC", "application/x-www-form-urlencoded").post()
    assert list(form.items()) == [("a", "1"), ("a", "ü")]


async def test_release_closes_the_files_of_a_form() -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n1\r\n'
        b'--b\r\nContent-Disposition: form-data; name="t"\r\n\r\n2\r\n--b--\r\n'
    )
    request = sent(body, "multipart/form-data; boundary=b")
    request.release()  # nothing to close yet
    form = await request.post()
    file = form["f"]
    assert isinstance(file, FileField)
    assert not file.file.closed
    request.release()
    assert file.file.closed
