"""Pieces: whatever they are of, put together again they are it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.choices import Chance
from fuzz.http import HTTP
from fuzz.http.pieces import PIECES, blocks, lines, octets, tokens

SMUGGLED = b"POST / HTTP/1.1\r\nHost: a\r\n\r\n0\r\n\r\nGET /x"


@given(st.binary(max_size=300))
def test_pieces_of_any_octets_are_all_of_them(data: bytes) -> None:
    for pieces in HTTP.pieces:
        assert b"".join(pieces(data)) == data
        assert b"" not in pieces(data)


def test_pieces_of_streams_are_all_of_them_and_get_finer() -> None:
    choices = Chance(1)
    for _ in range(300):
        data = HTTP.draw(choices)
        if len(data) > 2_000:
            continue
        counts = []
        for pieces in HTTP.pieces:
            assert b"".join(pieces(data)) == data
            counts.append(len(pieces(data)))
        assert counts == sorted(counts)


def test_a_block_ends_with_its_empty_line() -> None:
    assert list(blocks(SMUGGLED)) == [
        b"POST / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"0\r\n\r\n",
        b"GET /x",
    ]
    assert list(blocks(b"a\n\nb\r\n\nc")) == [b"a\n\n", b"b\r\n\n", b"c"]


def test_a_line_keeps_its_end() -> None:
    assert list(lines(b"a\r\nb\n\r\nc\rd")) == [b"a\r\n", b"b\n", b"\r\n", b"c\rd"]


def test_tokens_are_words_line_ends_and_single_separators() -> None:
    assert list(tokens(b"X-A:  b;c\xe9\xff\r\n\n")) == [
        b"X-A", b":", b" ", b" ", b"b", b";", b"c", b"\xe9\xff", b"\r\n", b"\n",
    ]  # fmt: skip


def test_octets_are_single() -> None:
    assert list(octets(b"a\r\n")) == [b"a", b"\r", b"\n"]


@pytest.mark.parametrize("pieces", PIECES)
def test_nothing_has_no_pieces(pieces: object) -> None:
    assert callable(pieces)
    assert list(pieces(b"")) == []
