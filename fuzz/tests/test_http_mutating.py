"""Mutations: of whatever octets, within bounds, the same for a seed, and each that is promised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.choices import Chance, Octets
from fuzz.http import HTTP
from fuzz.http.large import MAX_BYTES
from fuzz.http.odd_framing import CHUNKS, EXTENSIONS
from fuzz.http.tokens import LINES, SEPARATORS

GET = b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"
HEAD = b"POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\n\r\n"
POST = HEAD + b"hello"
CHUNKED_HEAD = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED = CHUNKED_HEAD + b"5\r\nhello\r\n0\r\n\r\n"
SERVED = b"POST /echo HTTP/1.1\r\nHost: a\r\n"
MUTATIONS = 50_000
ENOUGH = 8
"""So often, it is not by chance that several other changes come to the same."""


@cache
def mutants(data: bytes, other: bytes) -> Counter[bytes]:
    choices = Chance(1)
    found = Counter(HTTP.mutate(data, other, choices) for _ in range(MUTATIONS))
    del found[data]
    return found


def count(data: bytes, other: bytes, wanted: set[bytes]) -> int:
    found = mutants(data, other)
    return sum(found[one] for one in wanted)


@given(st.binary(max_size=300), st.binary(max_size=300), st.binary(max_size=60))
def test_any_octets_can_be_mutated(data: bytes, other: bytes, octets: bytes) -> None:
    assert len(HTTP.mutate(data, other, Octets(octets))) <= 8_000


@pytest.mark.parametrize("data", [b"", b"\n", b"\r\n" * 9, b" " * 50, b"5" * 50, b"\xff" * 50])
def test_octets_without_any_structure_can_be_mutated(data: bytes) -> None:
    choices = Chance(1)
    changed = sum(HTTP.mutate(data, data, choices) != data for _ in range(500))
    assert changed > 250


def test_mutants_are_bounded() -> None:
    choices = Chance(1)
    for data in (b"x" * 2 * MAX_BYTES, GET * 3_000):
        for _ in range(100):
            assert len(HTTP.mutate(data, data, choices)) <= MAX_BYTES


def test_small_streams_stay_small() -> None:
    """A corpus of mutants of mutants would be slower with every generation."""
    choices = Chance(1)
    pool = [GET, POST, CHUNKED]
    for _ in range(5_000):
        pool.append(HTTP.mutate(pool[choices.below(len(pool))], POST, choices))
    assert sum(map(len, pool)) / len(pool) < 1_000


def test_a_seed_mutates_the_same_again() -> None:
    def some(seed: int) -> list[bytes]:
        choices = Chance(seed)
        return [HTTP.mutate(POST, GET, choices) for _ in range(200)]

    assert some(1) == some(1)
    assert some(1) != some(2)


def test_most_mutants_are_new() -> None:
    choices = Chance(1)
    found = [HTTP.mutate(POST, GET, choices) for _ in range(2_000)]
    assert sum(data != POST for data in found) > 1_800
    assert len(set(found)) > 1_300


def around(data: bytes, what: bytes, instead: Iterable[bytes]) -> set[bytes]:
    """`data` with each of these in the place of `what`."""
    return {data.replace(what, one) for one in instead}


def inserted(data: bytes, what: Iterable[bytes]) -> set[bytes]:
    return {data[:place] + one + data[place:] for one in what for place in range(len(data) + 1)}


# What each change, and each splice, is to come to now and then: one of these.
PROMISED = {
    "token replaced": around(POST, b"Host", HTTP.dictionary),
    "token inserted": inserted(POST, HTTP.dictionary[:20]),
    "token deleted": {POST.replace(b"Host", b"")},
    "token duplicated": around(POST, b"Host", (b"Host" + one + b"Host" for one in SEPARATORS)),
    "separator changed": around(POST, b"h: 5", (b"h:" + one + b"5" for one in SEPARATORS)),
    "separator inserted": {POST.replace(b"Length: 5", b"Length : 5")},
    "CRLF to LF": {POST.replace(b"b\r\n", b"b\n")},
    "CRLF to obs-fold": {POST.replace(b"b\r\n", b"b\r\n ")},
    "signed length": {POST.replace(b" 5", b" +5")},
    "listed length": {POST.replace(b" 5", b" 5,5")},
    "another length": {POST.replace(b" 5", b" 7")},
    "hexadecimal length": {POST.replace(b" 5", b" 0x5")},
    "another target": {POST.replace(b" / ", b" /%zz ")},
    "another Host": {POST.replace(b"Host: b", b"Host: a@b")},
    "no Host": {POST.replace(b"Host: b\r\n", b"")},
    "field inserted": around(POST, b": b\r\n", (b": b\r\n" + line for line in LINES)),
    "line replaced": around(POST, b"Host: b\r\n", LINES),
    "line duplicated": {POST.replace(b"Host: b\r\n", b"Host: b\r\nHost: b\r\n")},
    "line moved": {b"POST / HTTP/1.1\r\nContent-Length: 5\r\nHost: b\r\n\r\nhello"},
    "octet inserted": inserted(POST, (b"\x02", b"\x80", b"@")),
    "octet changed": {POST.replace(b"hello", b"hel%co" % octet) for octet in range(256)},
    "bit flipped": {POST.replace(b"hello", b"hel%co" % (ord("l") ^ 1 << bit)) for bit in range(8)},
    "octets deleted": {POST[:place] + POST[place + 2 :] for place in range(len(POST))},
    "span deleted": {POST[:place] + POST[place + 9 :] for place in range(len(POST))},
    "block deleted": {b"hello"},
    "cut": {POST[:-2]},
    "other behind": {POST + GET},
    "other as the body": {HEAD + GET + b"hello"},
    "served in front": {b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" + POST},
    "a beginning and an end": {POST[:20] + GET[place:] for place in range(len(GET))},
    "lines of both": {b"POST / HTTP/1.1\r\nHost: a\r\n\r\n"},
}
CHUNKS_PROMISED = {
    "signed size": {CHUNKED_HEAD + b"+5\r\nhello\r\n0\r\n\r\n"},
    "size with a space": {CHUNKED_HEAD + b"5 \r\nhello\r\n0\r\n\r\n"},
    "wrong size": {CHUNKED_HEAD + b"4\r\nhello\r\n0\r\n\r\n"},
    "extension": around(CHUNKED, b"\n5\r", (b"\n5%b\r" % one for one in EXTENSIONS)),
    "chunk inserted": around(CHUNKED, b"\n5\r", (b"\n%b5\r" % one for one in CHUNKS)),
    "trailer inserted": around(CHUNKED, b"0\r\n", (b"0\r\n%b" % line for line in LINES)),
    "no last chunk": {CHUNKED_HEAD + b"5\r\nhello\r\n\r\n"},
    "head of one, rest of other": {CHUNKED_HEAD + b"hello"},
    "as the body of another": {SERVED + b"Content-Length: 52\r\n\r\n" + POST + CHUNKED},
    "as a chunk of another": {
        SERVED + b"Transfer-Encoding: chunked\r\n\r\n34\r\n%b\r\n0\r\n\r\n%b" % (POST, CHUNKED)
    },
}


@pytest.mark.parametrize("name", PROMISED)
def test_each_way_to_mutate_happens(name: str) -> None:
    assert count(POST, GET, PROMISED[name]) >= ENOUGH


@pytest.mark.parametrize("name", CHUNKS_PROMISED)
def test_each_way_to_mutate_chunks_happens(name: str) -> None:
    assert count(CHUNKED, POST, CHUNKS_PROMISED[name]) >= ENOUGH


def test_the_dictionary_has_each_token_once_and_no_empty_one() -> None:
    assert len(set(HTTP.dictionary)) == len(HTTP.dictionary)
    assert b"" not in HTTP.dictionary
    assert {b"Transfer-Encoding", b"chunked", b"\r\n", b"+5", b"0\r\n\r\n"} <= set(HTTP.dictionary)
