"""Forms: what a body becomes, however it is cut, and what is refused.

Multipart bodies are fed whole, byte by byte, and with an epilogue.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import MultiDictProxy

from reference.application import Application
from reference.body import BodyStream
from reference.errors import BodyError
from reference.exceptions import HTTPException
from reference.fields import parse_fields
from reference.forms import (
    MAX_FIELDS,
    MAX_PART_HEADER_BYTES,
    MAX_PART_HEADERS,
    SPOOL_BYTES,
    FileField,
    FormValue,
    parse_form,
)
from reference.limits import Limits
from reference.request import Request

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = 'multipart/form-data; boundary="b d"'

_T = TypeVar("_T")


class Client:
    remote = "192.0.2.1"
    scheme = "http"


class Quiet:
    """A connection from which everything has arrived."""

    def body_wanted(self) -> None: ...
    def body_delivered(self) -> None: ...


def make_request(
    content_type: str | None,
    pieces: Iterable[bytes],
    *,
    client_max_size: int | None = 1024**2,
    declared: int | None = None,
    error: BodyError | None = None,
) -> Request:
    """A request whose chunked body arrived in `pieces`, or of a `declared` length."""
    lines = "" if content_type is None else f"Content-Type: {content_type}\r\n"
    framing = "Transfer-Encoding: chunked" if declared is None else f"Content-Length: {declared}"
    fields = parse_fields(f"{lines}{framing}\r\n".encode("latin-1"), Limits())
    content = BodyStream(Quiet())
    for piece in pieces:
        content.feed(piece)
    if error is None:
        content.feed_eof()
    else:
        content.fail(error)
    app = Application(client_max_size=client_max_size)
    return Request(app, Client(), "POST", "/", 1, fields, content)


def run(coroutine: Coroutine[Any, Any, _T]) -> _T:
    return asyncio.run(coroutine)


def post(content_type: str | None, body: bytes, **options: Any) -> MultiDictProxy[FormValue]:
    return run(make_request(content_type, [body], **options).post())


def refused(content_type: str | None, body: bytes, **options: Any) -> int:
    """The status of the refusal, which is the same when the body comes byte by byte."""
    statuses = set()
    for pieces in ([body], [body[i : i + 1] for i in range(len(body))]):
        with pytest.raises(HTTPException) as caught:
            run(make_request(content_type, pieces, **options).post())
        statuses.add(caught.value.status)
    (status,) = statuses
    return status


def part(content: bytes, *headers: str | bytes) -> bytes:
    lines = [line if isinstance(line, bytes) else line.encode() for line in headers]
    return b"--b d\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + content + b"\r\n"


def named(name: str, content: bytes, *headers: str) -> bytes:
    return part(content, f'Content-Disposition: form-data; name="{name}"', *headers)


def upload(name: str, filename: str, content: bytes, *headers: str) -> bytes:
    disposition = f'Content-Disposition: form-data; name="{name}"; filename="{filename}"'
    return part(content, disposition, *headers)


def multipart(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--b d--\r\n"


def open_fds() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


# -- urlencoded ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "pairs"),
    [
        (b"", []),
        (b"a=1", [("a", "1")]),
        (b"b=2&a=1&b=3", [("b", "2"), ("a", "1"), ("b", "3")]),
        (b"a=&b&=c", [("a", ""), ("b", ""), ("", "c")]),
        (b"a+b=c+d%2B", [("a b", "c d+")]),
        (b"%C3%BC=%E2%82%AC", [("ü", "€")]),
        ("ü=€".encode(), [("ü", "€")]),
        (b"a=1;b=2", [("a", "1;b=2")]),
        (b"a=b=c", [("a", "b=c")]),
        (b"&&a=1&", [("a", "1")]),
        (b"a=100%&b=%zz", [("a", "100%"), ("b", "%zz")]),
        (b"a=%00", [("a", "\0")]),
    ],
)
def test_urlencoded(body: bytes, pairs: list[tuple[str, str]]) -> None:
    assert list(post(URLENCODED, body).items()) == pairs


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"'])
def test_urlencoded_with_its_charset(charset: str) -> None:
    assert post(f"{URLENCODED}; charset={charset}", b"a=%C3%BC")["a"] == "ü"


@pytest.mark.parametrize("parameter", ["charset=latin-1", "charset=none", "charset*=utf-8'en'x"])
def test_urlencoded_with_another_charset(parameter: str) -> None:
    assert refused(f"{URLENCODED}; {parameter}", b"a=1") == 400


@pytest.mark.parametrize("body", [b"a=\xff", b"\xff=a", b"a=%FF", b"%FF=a", b"a=%ED%A0%80"])
def test_urlencoded_that_is_not_utf8(body: bytes) -> None:
    assert refused(URLENCODED, body) == 400


def test_urlencoded_beyond_client_max_size() -> None:
    assert post(URLENCODED, b"a=123", client_max_size=5)["a"] == "123"
    assert refused(URLENCODED, b"a=1234", client_max_size=5) == 413
    assert len(str(post(URLENCODED, b"a=" + b"x" * 2**21, client_max_size=None)["a"])) == 2**21


def test_urlencoded_with_too_many_fields() -> None:
    assert len(post(URLENCODED, b"&".join([b"a=1"] * MAX_FIELDS))) == MAX_FIELDS
    assert refused(URLENCODED, b"&".join([b"a=1"] * (MAX_FIELDS + 1))) == 413


def test_urlencoded_breaks_off() -> None:
    error = BodyError("gone")
    with pytest.raises(BodyError) as caught:
        post(URLENCODED, b"a=1", error=error)
    assert caught.value is error


@settings(deadline=None)  # an event loop per example
@given(st.lists(st.tuples(st.text(), st.text())))
def test_urlencoded_and_back(pairs: list[tuple[str, str]]) -> None:
    """Invariant tested: what a client encodes as the standard says comes out as it was."""
    assert list(post(URLENCODED, urlencode(pairs).encode()).items()) == pairs


# -- multipart: fields ---------------------------------------------------------------------------

TWO_FIELDS = multipart(named("b", b"1\r\n--b\r\n"), named("a", "ü".encode()), named("b", b""))


@pytest.mark.parametrize("size", [1, 2, 7, 4096])
@pytest.mark.parametrize("epilogue", [b"", b"--b d\r\nnot a part"])
def test_text_fields_however_they_arrive(size: int, epilogue: bytes) -> None:
    body = b"\r\n" + TWO_FIELDS + epilogue
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    fields = run(make_request(MULTIPART, pieces).post())
    assert list(fields.items()) == [("b", "1\r\n--b\r\n"), ("a", "ü"), ("b", "")]


@pytest.mark.parametrize("size", [1, 2, 7, 4096])
@pytest.mark.parametrize("preamble", [b"\r\n", b"\r\r\n", b"This is a form, with --b \r\n--b\r\n"])
def test_preamble_is_ignored(size: int, preamble: bytes) -> None:
    body = preamble + TWO_FIELDS
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    fields = run(make_request(MULTIPART, pieces).post())
    assert list(fields.items()) == [("b", "1\r\n--b\r\n"), ("a", "ü"), ("b", "")]


def test_no_fields() -> None:
    assert not post(MULTIPART, multipart())


def test_case_and_space_of_headers_do_not_matter() -> None:
    body = multipart(part(b"1", "content-disposition:\t FORM-DATA ;NAME=a "))
    assert post('Multipart/Form-Data; Boundary="b d"', body)["a"] == "1"


@pytest.mark.parametrize(
    ("parameter", "name"),
    [
        ("name=a", "a"),
        ('name="a;b"', "a;b"),
        (r'name="a\"b\\c\d"', r'a"b\c\d'),
        ('name="ü"', "ü"),
        ('name="%22"', "%22"),
        ("name=a; name*=utf-8''b", "a"),
    ],
)
def test_names(parameter: str, name: str) -> None:
    body = multipart(part(b"1", f"Content-Disposition: form-data; {parameter}"))
    assert list(post(MULTIPART, body)) == [name]


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("text/plain", "ü".encode()),
        ("text/plain; charset=latin-1", b"\xfc"),
        ("text/plain; charset=UTF-16LE", b"\xfc\0"),
        ("application/json", "ü".encode()),
    ],
)
def test_charset_of_a_text_field(content_type: str, content: bytes) -> None:
    body = multipart(named("a", content, f"Content-Type: {content_type}"))
    assert post(MULTIPART, body)["a"] == "ü"


@pytest.mark.parametrize("encoding", ["7bit", "8BIT", "binary"])
def test_transfer_encoding_that_changes_nothing(encoding: str) -> None:
    body = multipart(named("a", b"\xc3\xbc", f"Content-Transfer-Encoding: {encoding}"))
    assert post(MULTIPART, body)["a"] == "ü"


# -- multipart: files ----------------------------------------------------------------------------


def file_in(fields: MultiDictProxy[FormValue], name: str = "f") -> FileField:
    value = fields[name]
    assert isinstance(value, FileField)
    return value


def test_file() -> None:
    body = multipart(
        upload("f", "ü.TXT", b"\xff\r\n", "Content-Type: Text/Plain; x=y \t", "X-A: \xfc")
    )
    field = file_in(post(MULTIPART, body))
    assert (field.name, field.filename, field.content_type) == ("f", "ü.TXT", "text/plain")
    assert field.headers["content-type"] == "Text/Plain; x=y"
    assert field.headers["X-A"].encode("latin-1").decode() == "\xfc"
    with field.file as file:
        assert file.read() == b"\xff\r\n"


def test_file_without_a_type_or_name() -> None:
    field = file_in(post(MULTIPART, multipart(upload("f", "", b""))))
    assert (field.filename, field.content_type) == ("", "application/octet-stream")
    with field.file as file:
        assert file.read() == b""


def test_files_and_fields_in_order() -> None:
    body = multipart(upload("f", "1", b"1"), named("a", b"2"), upload("f", "3", b"3"))
    fields = post(MULTIPART, body)
    assert [name for name, _ in fields.items()] == ["f", "a", "f"]
    for field in fields.getall("f"):
        assert isinstance(field, FileField)
        with field.file as file:
            assert file.read() == field.filename.encode()


@pytest.mark.parametrize("size", [4093, 65536, SPOOL_BYTES * 2])
def test_large_file_is_on_disk(size: int) -> None:
    content = os.urandom(SPOOL_BYTES + 1)
    body = multipart(upload("f", "large", content), named("a", b"1"))
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    before = open_fds()
    fields = run(make_request(MULTIPART, pieces, client_max_size=None).post())
    on_disk = open_fds() - before
    assert len(on_disk) == 1
    with file_in(fields).file as file:
        assert file.read() == content
    assert fields["a"] == "1"
    assert open_fds() == before


def test_smaller_files_are_in_memory() -> None:
    before = open_fds()
    body = multipart(*[upload("f", "small", b"x" * SPOOL_BYTES)] * 2)
    fields = post(MULTIPART, body, client_max_size=None)
    assert open_fds() == before
    for field in fields.getall("f"):
        assert isinstance(field, FileField)
        field.file.close()


def test_large_text_field_needs_no_file() -> None:
    before = open_fds()
    body = multipart(named("a", b"x" * SPOOL_BYTES * 2))
    assert post(MULTIPART, body, client_max_size=None)["a"] == "x" * SPOOL_BYTES * 2
    assert open_fds() == before


@pytest.mark.parametrize("size", [65536, SPOOL_BYTES * 3])
def test_loop_is_free_while_a_large_file_is_written(size: int) -> None:
    """What may write to disk runs in a thread: other tasks get their turn."""

    async def main() -> int:
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        counter = asyncio.create_task(count())
        body = multipart(upload("f", "large", b"x" * SPOOL_BYTES * 2))
        pieces = [body[i : i + size] for i in range(0, len(body), size)]
        fields = await make_request(MULTIPART, pieces, client_max_size=None).post()
        file_in(fields).file.close()
        counter.cancel()
        return turns

    assert run(main()) > 0


# -- multipart: refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "boundary"),
    [
        ("", b"b"),
        ("; boundary", b""),
        ("; boundary=", b""),
        ('; boundary=""', b""),
        ("; boundary*=utf-8''b", b"b"),
        ("; charset=b", b"b"),
        (f"; boundary={'b' * 71}", b"b" * 71),
        ('; boundary="b "', b"b "),
        ("; boundary=\xfc", b"\xfc"),
        ("; boundary=b<", b"b<"),
    ],
)
def test_missing_or_invalid_boundary(parameters: str, boundary: bytes) -> None:
    body = multipart(named("a", b"1")).replace(b"b d", boundary)
    assert refused(f"multipart/form-data{parameters}", body) == 400


def test_longest_boundary() -> None:
    boundary = "b" * 70
    body = multipart(named("a", b"1")).replace(b"b d", boundary.encode())
    assert post(f"multipart/form-data; boundary={boundary}", body)["a"] == "1"


def test_truncated_body() -> None:
    body = multipart(named("b", b"2"), upload("f", "1", b"1"))
    before = open_fds()
    for length in range(len(body) - len(b"--\r\n") + 1):
        assert refused(MULTIPART, body[:length]) == 400, body[:length]
    assert open_fds() == before


@pytest.mark.parametrize(
    "body",
    [
        b"a=1",
        b"--b dx\r\n",
        b"--b d\rx",
        b"--b d-x",
        b"preamble" + multipart(named("a", b"1")),
        multipart(named("a", b"1")).replace(b"b d", b"c d"),
        multipart(part(b"1", 'Content-Disposition: form-data; name="a"', "no colon")),
        multipart(part(b"1", 'Content-Disposition: form-data; name="a"', ": x")),
        multipart(part(b"1", 'Content-Disposition: form-data; name="a"', "a b: x")),
        multipart(part(b"1", 'Content-Disposition: form-data; name="a"', "X-A : x")),
        multipart(part(b"1", 'Content-Disposition: form-data; name="a"', b"X-A: \0")),
        multipart(part(b"1", 'Content-Disposition: form-data; name="a"', b"X-A: a\nX-B: b")),
        multipart(part(b"1", 'Content-Disposition: form-data; name="a"', b"X-A: a\rX-B: b")),
        multipart(part(b"1", "Content-Disposition: form-data;", ' name="a"')),
        multipart(part(b"1")),
        multipart(part(b"1", "Content-Type: text/plain")),
        multipart(part(b"1", "Content-Disposition: form-data")),
        multipart(part(b"1", "Content-Disposition: form-data; name")),
        multipart(part(b"1", 'Content-Disposition: form-data; name=""')),
        multipart(part(b"1", 'Content-Disposition: form-data; filename="a"')),
        multipart(part(b"1", "Content-Disposition: form-data; name*=utf-8''a")),
        multipart(part(b"1", 'Content-Disposition: attachment; name="a"')),
        multipart(part(b"1", *['Content-Disposition: form-data; name="a"'] * 2)),
        multipart(part(b"1", b'Content-Disposition: form-data; name="\xff"')),
        multipart(part(b"1", b'Content-Disposition: form-data; name="a"; filename="\xff"')),
        multipart(named("a", b"\xff")),
        multipart(named("a", b"\xff", "Content-Type: text/plain; charset=ascii")),
        multipart(named("a", b"1", "Content-Type: text/plain; charset=none")),
        multipart(named("a", b"1", "Content-Type: text/plain; charset=zlib")),
        multipart(named("a", b"b-", "Content-Type: text/plain; charset=punycode")),
        multipart(named("a", b"1", "Content-Type: text/plain; charset=")),
        multipart(named("a", b"1", "Content-Type: text/plain; charset=ü")),
    ],
)
def test_malformed(body: bytes) -> None:
    assert refused(MULTIPART, body) == 400


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "x-none"])
def test_encoded_part(encoding: str) -> None:
    body = multipart(named("a", b"YQ==", f"Content-Transfer-Encoding: {encoding}"))
    assert refused(MULTIPART, body) == 415


def test_too_many_parts() -> None:
    assert len(post(MULTIPART, multipart(*[named("a", b"")] * MAX_FIELDS))) == MAX_FIELDS
    assert refused(MULTIPART, multipart(*[named("a", b"")] * (MAX_FIELDS + 1))) == 413


def test_too_many_headers_in_a_part() -> None:
    lines = ["X-A: x"] * (MAX_PART_HEADERS - 1)
    assert post(MULTIPART, multipart(named("a", b"1", *lines), named("b", b"2", *lines)))
    assert refused(MULTIPART, multipart(named("a", b"1", *lines, "X-B: x"))) == 400


@pytest.mark.parametrize("name", ["X-A", "x" * MAX_PART_HEADER_BYTES])
def test_too_large_a_header_in_a_part(name: str) -> None:
    fitting = "X-A: " + "x" * (MAX_PART_HEADER_BYTES - len("X-A: "))
    assert post(MULTIPART, multipart(named("a", b"1", fitting)))["a"] == "1"
    large = f"{name}: {'x' * (MAX_PART_HEADER_BYTES - len('X-A: ') + 1)}"
    assert refused(MULTIPART, multipart(named("a", b"1", large))) == 400


def test_beyond_client_max_size() -> None:
    body = multipart(named("a", b"1"))
    assert post(MULTIPART, body, client_max_size=len(body))["a"] == "1"
    assert refused(MULTIPART, body, client_max_size=len(body) - 1) == 413
    assert refused(MULTIPART, body + b"epilogue", client_max_size=len(body)) == 413


def test_declared_length_beyond_client_max_size_is_refused_before_reading() -> None:
    request = make_request(MULTIPART, [b"x"], declared=11, client_max_size=10)
    with pytest.raises(HTTPException) as caught:
        run(request.post())
    assert caught.value.status == 413
    assert request.content.held_bytes == 1


def test_declared_length_within_client_max_size() -> None:
    body = multipart(named("a", b"1"))
    fields = post(MULTIPART, body, declared=len(body), client_max_size=len(body))
    assert fields["a"] == "1"


def test_refusal_deletes_what_was_on_disk() -> None:
    large = upload("f", "large", b"x" * (SPOOL_BYTES + 1))
    before = open_fds()
    for body in (large + b"--b d\r\n\r\n", large + large[:-9], large[:-9]):
        request = make_request(MULTIPART, [body], client_max_size=None)
        with pytest.raises(HTTPException) as caught:
            run(request.post())
        # The traceback holds the form, so its files are not merely forgotten.
        assert caught.value.__traceback__ is not None
        assert open_fds() == before


def test_breaks_off() -> None:
    error = BodyError("gone")
    large = upload("f", "large", b"x" * (SPOOL_BYTES + 1))
    before = open_fds()
    with pytest.raises(BodyError) as caught:
        post(MULTIPART, large, error=error, client_max_size=None)
    assert caught.value is error
    assert open_fds() == before


def test_cancelled_while_waiting_for_the_body() -> None:
    async def main() -> None:
        waiting = asyncio.Event()

        class Slow(Quiet):
            def body_wanted(self) -> None:
                waiting.set()

        request = make_request(MULTIPART, [], client_max_size=None)
        request.content = BodyStream(Slow())
        request.content.feed(upload("f", "large", b"x" * (SPOOL_BYTES + 1)))
        before = open_fds()
        task = asyncio.create_task(request.post())
        await waiting.wait()
        assert len(open_fds() - before) == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert open_fds() == before

    # The default executor is started first, so that its threads' files are counted before.
    async def with_executor() -> None:
        await asyncio.to_thread(int)
        await main()

    run(with_executor())


def test_parts_are_parsed_as_they_arrive() -> None:
    """A malformed beginning is refused while the rest is still to come."""

    async def main() -> None:
        request = make_request(MULTIPART, [])
        request.content = BodyStream(Quiet())
        request.content.feed(b"--b dx")
        with pytest.raises(HTTPException) as caught:
            await request.post()
        assert caught.value.status == 400

    run(main())


@settings(deadline=None)  # an event loop per example
@given(
    st.lists(st.tuples(st.text(st.characters(codec="ascii", categories=["L"]), min_size=1),
                       st.binary(max_size=40))),
    st.integers(1, 50),
)  # fmt: skip
def test_multipart_and_back(pairs: list[tuple[str, bytes]], size: int) -> None:
    """Invariant tested: files come out byte for byte, wherever the body is cut."""
    body = multipart(*[upload(name, "x", content) for name, content in pairs])
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    fields = run(make_request(MULTIPART, pieces).post())
    found = []
    for name, value in fields.items():
        assert isinstance(value, FileField)
        with value.file as file:
            found.append((name, file.read()))
    assert found == pairs


@settings(deadline=None)  # an event loop per example
@given(st.lists(st.sampled_from(
    [b"--b d", b"--", b"\r\n", b"\r", b"\n", b":", b" ", b"Content-Disposition", b"form-data",
     b"; name=a", b"; filename=b", b"x", b"\xff", b"\0", b'"', b"Content-Type: a/b; charset=q"]
)))  # fmt: skip
def test_nothing_but_a_refusal(tokens: list[bytes]) -> None:
    """Invariant tested: whatever is sent, the outcome is a form or an HTTPException."""
    statuses = set()
    for pieces in (tokens, [b"".join(tokens)], [b"--b d\r\n", *tokens]):
        try:
            run(make_request(MULTIPART, [piece for piece in pieces if piece]).post())
        except HTTPException as exc:
            statuses.add(exc.status)
    assert statuses <= {400, 415}


# -- Both ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/json", "multipart/mixed; boundary=b", "x"]
)
def test_other_content_types(content_type: str | None) -> None:
    assert refused(content_type, b"a=1") == 415


@pytest.mark.parametrize(
    ("content_type", "body"), [(URLENCODED, b"a=1"), (MULTIPART, multipart(named("a", b"1")))]
)
def test_second_call_returns_the_same(content_type: str, body: bytes) -> None:
    async def main() -> None:
        request = make_request(content_type, [body])
        fields = await request.post()
        assert fields["a"] == "1"
        assert await request.post() is fields
        assert await parse_form(request) is fields

    run(main())


@pytest.mark.parametrize(
    ("content_type", "body"), [(URLENCODED, b"a=1"), (MULTIPART, multipart(named("a", b"1")))]
)
def test_after_the_body_was_read(content_type: str, body: bytes) -> None:
    async def main() -> None:
        request = make_request(content_type, [body])
        assert await request.read() == body
        assert (await request.post())["a"] == "1"

    run(main())


def test_multipart_parser_is_imported_for_multipart_only() -> None:
    script = f"""
import asyncio, sys
import reference
from reference.tests.test_forms import URLENCODED, make_request
asyncio.run(make_request({URLENCODED!r}, [b"a=1"]).post())
assert "reference.forms" in sys.modules
assert "python_multipart" not in sys.modules
"""
    checkout = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", script], check=True, cwd=checkout)
