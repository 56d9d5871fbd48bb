"""Request bodies, with no connection: how they are delimited, and their decoding."""

from __future__ import annotations

import pytest

from conformance.miniature.body import Decoder, body_length
from conformance.miniature.wire import Head, Refusal

NO_FAULTS: frozenset[str] = frozenset()
CHUNKED = ("Transfer-Encoding", "chunked")


def length(
    *fields: tuple[str, str], version: tuple[int, int] = (1, 1), fault: str | None = None
) -> int | None:
    faults = NO_FAULTS if fault is None else frozenset({fault})
    return body_length(Head("POST", "/", version, fields, faults), faults)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ((), 0),
        ((("content-length", "5"),), 5),
        ((("Content-Length", "0005"),), 5),
        ((CHUNKED,), None),
        ((("transfer-encoding", "Chunked"),), None),
    ],
)
def test_length(fields: tuple[tuple[str, str], ...], expected: int | None) -> None:
    assert length(*fields) == expected


TWO = (("Content-Length", "5"), ("Content-Length", "6"))
REFUSED_LENGTHS = [
    (TWO, 400, "accepts-duplicate-length", 5),
    (TWO, 400, "adds-repeated-lengths", 11),
    ((("Content-Length", "5, 6"),), 400, "accepts-duplicate-length", 5),
    ((("Content-Length", "+5"),), 400, "accepts-signed-length", 5),
    ((("Content-Length", "5_0"),), 400, "accepts-bad-length", 5),
    ((("Content-Length", ""),), 400, "accepts-bad-length", 0),
    ((("Content-Length", "18446744073709551618"),), 413, "length-overflows", 2),
    ((("Content-Length", "9" * 5000),), 413, None, None),
    ((CHUNKED, ("Content-Length", "5")), 400, "accepts-length-and-chunked", None),
    ((CHUNKED, ("Content-Length", "5")), 400, "length-overrides-chunked", 5),
    ((CHUNKED, CHUNKED), 400, "accepts-chunked-twice", None),
    ((("Transfer-Encoding", "chunked, gzip"),), 400, "accepts-unknown-coding", None),
    ((("Transfer-Encoding", "gzip, chunked"),), 501, "accepts-unknown-coding", None),
    ((("Transfer-Encoding", "nonsense"),), 501, "accepts-unknown-coding", 0),
    ((("Transfer-Encoding", "identity"),), 501, "accepts-identity", 0),
    ((("Transfer-Encoding", ""),), 400, None, None),
]


@pytest.mark.parametrize(("fields", "status", "fault", "taken"), REFUSED_LENGTHS)
def test_refused_length(
    fields: tuple[tuple[str, str], ...], status: int, fault: str | None, taken: int | None
) -> None:
    with pytest.raises(Refusal) as caught:
        length(*fields)
    assert caught.value.status == status
    if fault is not None:
        assert length(*fields, fault=fault) == taken


def test_chunked_of_http10_is_refused() -> None:
    with pytest.raises(Refusal):
        length(CHUNKED, version=(1, 0))
    assert length(CHUNKED, version=(1, 0), fault="accepts-chunked-in-1.0") is None


def decode(
    data: bytes, expected: int | None, *, size: int | None = None, fault: str | None = None
) -> tuple[bytes, bytes, Decoder]:
    """The body in `data`, what follows it, and the decoder."""
    buffer = bytearray()
    decoder = Decoder(buffer, expected, NO_FAULTS if fault is None else frozenset({fault}))
    for start in range(0, len(data), size or len(data)):
        buffer += data[start : start + (size or len(data))]
        decoder.decode()
    return b"".join(decoder.pieces), bytes(buffer), decoder


@pytest.mark.parametrize("size", [None, 1, 3])
def test_body_with_length(size: int | None) -> None:
    body, rest, decoder = decode(b"hello, bodyGET /", 11, size=size)
    assert (body, rest, decoder.at_end) == (b"hello, body", b"GET /", True)


@pytest.mark.parametrize("size", [None, 1, 3])
def test_chunked_body(size: int | None) -> None:
    data = b"5;a=b\r\nhello\r\n00A \t;c\r\n0123456789\r\n0\r\nX-A: 1\r\nX-B:\r\n\r\nGET /"
    body, rest, decoder = decode(data, None, size=size)
    assert (body, rest, decoder.at_end) == (b"hello0123456789", b"GET /", True)
    assert decoder.trailers == [("X-A", "1"), ("X-B", "")]


def test_body_is_not_at_its_end_before_that() -> None:
    assert not decode(b"hell", 5)[2].at_end
    assert not decode(b"5\r\nhello\r\n0\r\n", None)[2].at_end


REFUSED_CHUNKS = [
    (b"+5\r\nhello\r\n0\r\n\r\n", 400, "accepts-bad-chunk-size"),
    (b"0x5\r\nhello\r\n0\r\n\r\n", 400, "accepts-bad-chunk-size"),
    (b"\r\n\r\n", 400, "accepts-bad-chunk-size"),
    (b"0_5\r\nhello\r\n0\r\n\r\n", 400, "chunk-size-by-int"),
    (b"5 \r\nhello\r\n0\r\n\r\n", 400, "accepts-bad-chunk-size"),
    (b"10000000000000005\r\nhello\r\n0\r\n\r\n", 413, "chunk-size-overflows"),
    (b"5\nhello\r\n0\r\n\r\n", 400, "accepts-bare-lf"),
    (b"5\r\nhelloXX\r\n0\r\n\r\n", 400, "accepts-bad-chunk-end"),
    (b"5\r\nhelloXX0\r\n\r\n", 400, "skips-chunk-end"),
    (b"0\r\nno field\r\n\r\n", 400, "accepts-bad-trailer"),
    (b"0\r\na: b\0\r\n\r\n", 400, None),
    (b"5;" + b"a" * 2000, 400, None),
    (b"0\r\n" + b"a: b\r\n" * 8000, 431, None),
]


@pytest.mark.parametrize("size", [None, 1])
@pytest.mark.parametrize(("data", "status", "fault"), REFUSED_CHUNKS)
def test_refused_chunk(data: bytes, status: int, fault: str | None, size: int | None) -> None:
    with pytest.raises(Refusal) as caught:
        decode(data, None, size=size)
    assert caught.value.status == status
    if fault is not None:
        assert decode(data, None, fault=fault)[2].at_end
