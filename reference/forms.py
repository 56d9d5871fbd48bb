"""Form bodies: urlencoded (WHATWG URL §5) and multipart/form-data (RFC 7578).

Owns what a form field is and the bounds on forms. `python_multipart`, which finds the parts, is
imported when the first multipart body is parsed. What a client gets wrong is a 4xx.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qsl

from multidict import CIMultiDict, CIMultiDictProxy, MultiDict, MultiDictProxy

from .exceptions import HTTPBadRequest, HTTPContentTooLarge, HTTPUnsupportedMediaType
from .request import find_codec

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

    from .request import Request

MAX_FIELDS = 1000
"""Fields, files included, in one form; more: 413."""
MAX_PART_HEADERS = 8
"""Header fields of one part; more: 400. RFC 7578 §4.8 knows three, and has others ignored."""
MAX_PART_HEADER_BYTES = 4096
"""One header field of a part; longer: 400."""
SPOOL_BYTES = 1024**2
"""The size to which a file is held in memory; a larger one is on disk."""

# RFC 2046 §5.1.1: one to 70 characters, the last of them no space.
_BOUNDARY = re.compile(rb"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
_FIELD_VALUE = re.compile(rb"[\t -~\x80-\xff]*")
_IDENTITY_ENCODINGS = {"7bit", "8bit", "binary"}


@dataclass(frozen=True, slots=True)
class FileField:
    """An uploaded file, in memory up to `SPOOL_BYTES`, deleted when closed or forgotten.

    name          of the form field
    filename      as the client calls it, "" when no file was chosen; never use it as a path
    content_type  media type as claimed, lower case without parameters; application/octet-stream
                  when the client named none
    headers       of the part, values decoded as latin-1
    file          open for reading at its beginning
    """

    name: str
    filename: str
    content_type: str
    headers: CIMultiDictProxy[str]
    file: IO[bytes]


FormValue: TypeAlias = str | FileField


async def parse_form(request: Request) -> MultiDictProxy[FormValue]:
    """The fields of a form body in order; the same object again on later calls.

    Text fields are held in memory, so `client_max_size` bounds what they cost. A multipart body
    is read as it arrives and not kept: after this, `Request.read` has nothing left to return.

    Raises HTTPUnsupportedMediaType for another content type or an encoded part, HTTPBadRequest
    for a malformed form, HTTPContentTooLarge beyond the application's `client_max_size` or
    `MAX_FIELDS`, BodyError when the client breaks off.
    """
    if request._form is None:
        if request.content_type == "application/x-www-form-urlencoded":
            fields = await _parse_urlencoded(request)
        elif request.content_type == "multipart/form-data":
            fields = await _parse_multipart(request)
        else:
            raise HTTPUnsupportedMediaType(reason="the body is not a form")
        request._form = MultiDictProxy(fields)
    return request._form


async def _parse_urlencoded(request: Request) -> MultiDict[FormValue]:
    charset = request.charset
    # The type has no parameters; some clients send the only charset that it can have.
    if charset is not None and str(charset).lower() != "utf-8":
        raise HTTPBadRequest(reason="a urlencoded form is in UTF-8")
    body = await request.read()
    if body.count(b"&") >= MAX_FIELDS:
        raise HTTPContentTooLarge(reason=f"more than {MAX_FIELDS} form fields")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict")
    except UnicodeError as exc:
        raise HTTPBadRequest(reason="the form is not in UTF-8") from exc
    return MultiDict(pairs)


async def _parse_multipart(request: Request) -> MultiDict[FormValue]:
    from python_multipart.exceptions import FormParserError

    form = _Form()
    try:
        await _feed(form, request)
    except BaseException as exc:  # cancellation too must not leave files behind
        form.close()
        if isinstance(exc, FormParserError):
            raise HTTPBadRequest(reason=f"the multipart body is malformed: {exc}") from exc
        raise
    return form.fields


async def _feed(form: _Form, request: Request) -> None:
    from python_multipart import MultipartParser
    from python_multipart.multipart import parse_options_header

    _, parameters = parse_options_header(request.headers["Content-Type"])
    boundary = parameters.get(b"boundary", b"")
    if _BOUNDARY.fullmatch(boundary) is None:
        raise HTTPBadRequest(reason="the multipart boundary is missing or invalid")
    parser = MultipartParser(
        boundary,
        form.callbacks(),
        max_header_count=MAX_PART_HEADERS,
        max_header_size=MAX_PART_HEADER_BYTES,
    )
    async for data in _behind_preamble(_within_limit(request), b"--" + boundary):
        if form.part.size_bytes + len(data) > SPOOL_BYTES:
            await asyncio.to_thread(parser.write, data)  # it may write to disk
        else:
            parser.write(data)
    if not form.is_complete:
        raise HTTPBadRequest(reason="the multipart body ends before its last boundary")


async def _behind_preamble(source: AsyncIterator[bytes], delimiter: bytes) -> AsyncIterator[bytes]:
    """The body from its first delimiter on.

    RFC 2046 §5.1.1: "implementations must ignore anything that appears before the first boundary
    delimiter line"; the parser refuses it. Raises HTTPBadRequest for a delimiter within a line.
    """
    held: bytes | None = b"\r\n"  # the body begins a line
    async for data in source:
        if held is None:
            yield data
            continue
        held += data
        start = held.find(delimiter)
        if start < 0:
            held = held[-len(delimiter) - 1 :]  # it may begin in here, and so may its line
            continue
        if held[:start][-2:] != b"\r\n":
            raise HTTPBadRequest(reason="the first multipart delimiter does not begin a line")
        data, held = held[start:], None
        yield data


async def _within_limit(request: Request) -> AsyncIterator[bytes]:
    """The body, refused as soon as it is larger than the application takes."""
    limit = request.app.client_max_size
    if limit is not None and (request.content_length or 0) > limit:
        raise HTTPContentTooLarge(limit)
    source: AsyncIterable[bytes] = request.content
    if request._body is not None:  # a middleware has read it
        source = _only(request._body)
    size = 0
    async for data in source:
        size += len(data)
        if limit is not None and size > limit:
            raise HTTPContentTooLarge(limit)
        yield data


async def _only(data: bytes) -> AsyncIterator[bytes]:
    yield data


class _Part:
    """One part: its headers, and once these are complete its name and content."""

    def __init__(self) -> None:
        self.headers: CIMultiDict[str] = CIMultiDict()
        self.name = ""
        self.filename: str | None = None
        self.charset = "utf-8"
        self.content_type: str | None = None
        self.file: SpooledTemporaryFile[bytes] | None = None
        self.size_bytes = 0

    def start_content(self) -> None:
        """Raises HTTPBadRequest or HTTPUnsupportedMediaType for headers that are no form field's.

        RFC 7578 §4.2: "Each part MUST contain a Content-Disposition header field [RFC2183] where
        the disposition type is "form-data". The Content-Disposition header field MUST also contain
        an additional parameter of "name"".
        """
        from python_multipart.multipart import parse_options_header

        dispositions = self.headers.getall("Content-Disposition", ())
        if len(dispositions) != 1:
            raise HTTPBadRequest(reason="a part needs one Content-Disposition")
        disposition, parameters = parse_options_header(dispositions[0])
        if disposition != b"form-data" or not parameters.get(b"name"):
            raise HTTPBadRequest(reason="a part is not form-data with a name")
        self.name = _decode(parameters[b"name"])
        if b"filename" in parameters:
            self.filename = _decode(parameters[b"filename"])
        content_type, parameters = parse_options_header(self.headers.get("Content-Type"))
        self.content_type = content_type.decode("latin-1")
        self.charset = parameters.get(b"charset", b"utf-8").decode("latin-1")
        # RFC 7578 §4.7: "Senders SHOULD NOT generate any parts with a Content-Transfer-Encoding".
        encoding = self.headers.get("Content-Transfer-Encoding", "binary").lower()
        if encoding not in _IDENTITY_ENCODINGS:
            raise HTTPUnsupportedMediaType(reason="a part has a Content-Transfer-Encoding")
        # Open until the application, or `_Form.close`, closes it.
        self.file = SpooledTemporaryFile(SPOOL_BYTES)  # noqa: SIM115

    def write(self, data: bytes) -> None:
        assert self.file is not None
        self.file.write(data)
        self.size_bytes += len(data)

    def value(self) -> FormValue:
        """Raises HTTPBadRequest for text that is not in its charset."""
        assert self.file is not None
        self.file.seek(0)
        if self.filename is None:
            with self.file:
                return _decode(self.file.read(), self.charset)
        return FileField(
            self.name,
            self.filename,
            self.content_type or "application/octet-stream",
            CIMultiDictProxy(self.headers),
            self.file,
        )


class _Form:
    """Collects the fields of a form from the parser's callbacks.

    The parser gives headers and content in pieces as they arrive: `data[start:end]`.
    """

    def __init__(self) -> None:
        self.fields: MultiDict[FormValue] = MultiDict()
        self.is_complete = False
        self.part = _Part()
        self._part_count = 0
        self._header_name = b""
        self._header_value = b""

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self.on_part_begin,
            "on_header_field": self.on_header_field,
            "on_header_value": self.on_header_value,
            "on_header_end": self.on_header_end,
            "on_headers_finished": self.on_headers_finished,
            "on_part_data": self.on_part_data,
            "on_part_end": self.on_part_end,
            "on_end": self.on_end,
        }

    def on_part_begin(self) -> None:
        self._part_count += 1
        if self._part_count > MAX_FIELDS:
            raise HTTPContentTooLarge(reason=f"more than {MAX_FIELDS} form fields")
        self.part = _Part()

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def on_header_end(self) -> None:
        # The parser has checked the name.
        if _FIELD_VALUE.fullmatch(self._header_value) is None:
            raise HTTPBadRequest(reason="a part has a control character in its headers")
        value = self._header_value.strip(b" \t").decode("latin-1")
        self.part.headers.add(self._header_name.decode("ascii"), value)
        self._header_name = self._header_value = b""

    def on_headers_finished(self) -> None:
        self.part.start_content()

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self.part.write(data[start:end])

    def on_part_end(self) -> None:
        self.fields.add(self.part.name, self.part.value())

    def on_end(self) -> None:
        self.is_complete = True

    def close(self) -> None:
        """Delete all files, those that are not complete included."""
        if self.part.file is not None:
            self.part.file.close()
        for value in self.fields.values():
            if isinstance(value, FileField):
                value.file.close()


def _decode(data: bytes, charset: str = "utf-8") -> str:
    try:
        return data.decode(find_codec(charset))
    except (LookupError, ValueError) as exc:
        raise HTTPBadRequest(reason=f"a form field is not text in {charset!a}") from exc
