"""The words of HTTP/1.1 for mutations, and for the dictionaries of other fuzzers.

Owns their order; what they are is in `valid` and `odd`.
"""

from __future__ import annotations

from . import odd, odd_framing, valid

OCTETS = tuple(bytes([octet]) for octet in range(256))

SEPARATORS = (
    b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b";", b",", b"=", b"\x00", b"", b"  ", b": ", b" :",
    b"\r\n ", b"\r\n\t", b"\r\r\n", b"\n\r", b"\r\n\r\n", b"\n\n", b"\x0b", b"\x0c", b"\xa0", b'"',
    b"\\",
)  # fmt: skip

NUMBER_FORMS = (
    b"0#", b"+#", b"-#", b"#,#", b"#, #", b"0x#", b"#_0", b"#0", b"1#", b"# ", b" #", b"#.0",
    b"# #", b"", b"0", b"4", b"5", b"6", b"9" * 20, b"18446744073709551616", b"00000000000000000#",
    b"#;", b"\x00#",
)  # fmt: skip
"""# stands for the number that was there."""

_WORDS = (
    b"GET", b"POST", b"HEAD", b"OPTIONS", b"PUT", b"CONNECT", b"/", b"/echo", b"/items/a",
    b"/unread", b"/stream", b"/crash", b"HTTP/1.1", b"HTTP/1.0", b"Host", b"Content-Length",
    b"Transfer-Encoding", b"chunked", b"identity", b"gzip", b"Connection", b"close", b"keep-alive",
    b"Upgrade", b"Expect", b"100-continue", b"Trailer", b"TE", b"Keep-Alive", b"X", b"a", b"0",
    b"1", b"5", b"A", b"ffffffff", b"Host: a\r\n", b"Host: b\r\n", b"Content-Length: 5\r\n",
    b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n",
    b"0\r\n\r\n", b"5\r\nhello\r\n", b"hello", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /echo HTTP/1.1\r\n",
)  # fmt: skip

_FRAMING = (
    b"Content-Length: 5\r\n",
    b"Content-Length: 0\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Host: a\r\n",
    b"Connection: close\r\n",
    b"Connection: keep-alive\r\n",
)
LINES = (
    *_FRAMING * 8,  # what readers differ in most is what these say twice, or in a wrong place
    *valid.FIELDS,
    *(line for line in odd_framing.LENGTH_LINES + odd_framing.CODING_LINES if line),
    *odd.FIELDS,
)

TARGETS = tuple(target for _, target in valid.GETS) + odd.TARGETS
HOSTS = valid.HOSTS + odd.HOSTS

CHUNKS_AND_ENDS = valid.CHUNKS + valid.ENDS + odd_framing.CHUNKS + odd_framing.ENDS

SERVED = (
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
)
"""Requests to be put in front of others."""

DICTIONARY: tuple[bytes, ...] = tuple(
    dict.fromkeys(
        token
        for token in (
            *_WORDS,
            *SEPARATORS,
            *odd.METHODS,
            *odd.TARGETS,
            *odd.VERSIONS,
            *odd_framing.LENGTHS,
            *odd_framing.CODING_VALUES,
            *odd_framing.CHUNK_SIZES,
            *odd_framing.EXTENSIONS,
            *odd.LEADS,
        )
        if 0 < len(token) <= 64  # more is more than libFuzzer takes
    )
)
