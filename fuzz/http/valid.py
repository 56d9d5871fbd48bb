"""What RFC 9112 allows, in fragments: the plainest first, and what is usual several times.

Owns the tables that requests are put together from. What is not allowed, or not by all, is `odd`.
"""

from __future__ import annotations

from enum import Enum, auto


class Framed(Enum):
    """How the body of a request is."""

    NOT = auto()
    SIZED = auto()
    CHUNKED = auto()


# RFC 9112 §2.2: one empty line in front of a request is to be ignored.
# RFC 9110 §2.5: a higher minor version is processed as the highest one that is implemented.
LEADS_AND_VERSIONS = ((b"", b"HTTP/1.1"),) * 37 + (
    (b"\r\n", b"HTTP/1.1"),
    (b"", b"HTTP/1.0"),
    (b"", b"HTTP/1.2"),
)

# What the application of the fuzzer serves, and some that it does not (404, 405).
GETS = (
    (b"GET", b"/"),
    (b"GET", b"/echo"),
    (b"GET", b"/items/a"),
    (b"GET", b"/stream"),
    (b"GET", b"/echo?q=1&r=a+b%20c"),
    (b"GET", b"/items/%7Euser"),
    (b"GET", b"/items/a%2Fb"),
    (b"GET", b"/items/%E2%82%AC"),
    (b"GET", b"/crash"),
    (b"GET", b"/missing"),
    (b"GET", b"http://a/echo"),  # absolute-form, RFC 9112 §3.2.2
    (b"GET", b"http://other:8080/items/a?q"),
    (b"HEAD", b"/echo"),
    (b"OPTIONS", b"*"),  # asterisk-form, §3.2.4
    (b"OPTIONS", b"/echo"),
    (b"DELETE", b"/items/a"),
    (b"GET", b"/items/:@!$&'()*+,;=-._~"),
    (b"M-SEARCH", b"/"),
    (b"GET", b"//"),
)
POSTS = (
    (b"POST", b"/echo"),
    (b"POST", b"/"),
    (b"POST", b"/items/a"),
    (b"POST", b"/unread"),
    (b"POST", b"/echo"),
    (b"POST", b"/unread"),
    (b"GET", b"/echo"),
    (b"PUT", b"/items/a"),
    (b"POST", b"/missing"),
    (b"POST", b"http://a/echo"),
)

STARTS = (
    *((method, target, Framed.NOT) for method, target in GETS),
    *((method, target, Framed.SIZED) for method, target in POSTS),
    *((method, target, Framed.CHUNKED) for method, target in POSTS),
)

# RFC 9110 §7.2, RFC 3986 §3.2.2
HOSTS = (
    b"Host: a\r\n",
    b"Host: a\r\n",
    b"Host: a\r\n",
    b"Host: a:80\r\n",
    b"host:a\r\n",
    b"HOST: \ta.example\t \r\n",
    b"Host: [::1]:8080\r\n",
    b"Host: 127.0.0.1\r\n",
    b"Host: a%2Db:\r\n",
)

# RFC 9110 §5: names are tokens in any case, values may be empty, and hold obs-text.
FIELDS = (
    b"Accept: */*\r\n",
    b"A: 1\r\n",
    b"X-Empty:\r\n",
    b"X-Spaces: \t a  b \t\r\n",
    b"x-lower:v\r\n",
    b"Cookie: a=1; b=2\r\n",
    b"X-Text: \xe9\xff\x80\r\n",
    b"!#$%&'*+-.^_`|~: odd name\r\n",
    b"Content_Length: 7\r\n",
    b"Connection: keep-alive\r\n",
    b"Content-Type: text/plain; charset=utf-8\r\n",
    b"Connection: close\r\n",
    b"Connection: Keep-Alive, X-A\r\nKeep-Alive: timeout=5\r\n",
    b"Expect: 100-continue\r\n",
    b"Upgrade: websocket\r\nConnection: Upgrade\r\n",
    b"TE: trailers, deflate;q=0.5\r\nConnection: TE\r\n",
    b"Trailer: X-Sum\r\n",
    b'X-Quoted: "a\\"b, c: d"\r\n',
    b"X-A: 1\r\nx-a: 2\r\nX-A: 1\r\n",
    b"Content-Lengthy: 9\r\nTransfer-Encodin: chunked\r\n",
    b"X-Long: %b\r\n" % (b"v" * 150),
)

# Bodies, some of which look like requests, chunks and heads to who loses count.
BODIES = (
    b"hello",
    b"",
    b"a",
    b"0",
    b"0\r\n\r\n",
    b"GET /items/hidden HTTP/1.1\r\nHost: a\r\n\r\n",
    b'{"a": [1, "\xc3\xa9"]}',
    b"\r\n",
    b"\r\n\r\n",
    b"\x00\xff\n\r",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"a=1&b=%20",
    b"x" * 300,
)

# RFC 9112 §6.2: 1*DIGIT
SIZED = tuple((b"Content-Length: %d\r\n" % len(body), body) for body in BODIES) + (
    (b"content-length:5\r\n", b"hello"),
    (b"CONTENT-LENGTH: \t5\t \r\n", b"hello"),
    (b"Content-Length: 0000000005\r\n", b"hello"),
)

# RFC 9112 §6.1, §7: transfer codings have names in any case.
CODINGS = (b"Transfer-Encoding: chunked\r\n",) * 5 + (
    b"transfer-encoding:Chunked\r\n",
    b"TRANSFER-ENCODING: \tCHUNKED \r\n",
    b"Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n",
)

# RFC 9112 §7.1: sizes in hexadecimal digits of both cases, with leading zeros; §7.1.1: extensions.
SIZES_OF_FIVE = (
    b"5",
    b"05",
    b"0000000000000005",
    b"5;a",
    b"5;a=b",
    b'5;a="b; c\\"\t"',
    b"5 ; a = b",
    b'5;a;b=c;d=""',
)
_CHUNK_DATA = (
    b"hello",
    b"a",
    b"0123456789",
    b"0\r\n\r\nGET / ",
    b"GET /items/hidden HTTP/1.1\r\nHost: a\r\n\r\n0\r\n\r\n",
    b"\r\n",
    b"z" * 31,
    b"y" * 256,
)
CHUNKS = (
    *(b"%x\r\n%b\r\n" % (len(data), data) for data in _CHUNK_DATA),
    *(b"%X\r\n%b\r\n" % (len(data), data) for data in _CHUNK_DATA),
    *(size + b"\r\nhello\r\n" for size in SIZES_OF_FIVE),
)

# RFC 9112 §7.1.2: a trailer section may follow the last chunk.
ENDS = (
    b"0\r\n\r\n",
    b"0\r\n\r\n",
    b"0\r\n\r\n",
    b"0\r\n\r\n",
    b"00000\r\n\r\n",
    b"0;last=1\r\n\r\n",
    b"0\r\nX-Sum: 1\r\n\r\n",
    b"0\r\nX-Sum:\r\nB: \t2 \r\n\r\n",
)
