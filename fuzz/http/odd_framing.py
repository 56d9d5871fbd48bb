"""What RFC 9112 does not allow of lengths, transfer codings and chunks, or not all take alike.

Owns the deviations of bodies; each entry is one. The body that goes with a length or a coding is
one that a lenient reader would look for.
"""

from __future__ import annotations

# ---------------------------------------------------------------- lengths and codings, RFC 9112 §6

LENGTHS = (
    b"+5", b"-5", b"-0", b"5,5", b"5, 5", b"5,6", b"5,", b",5", b"5;5", b"0x5", b"5.0", b"5e0",
    b"5_0", b"0_5", b"5 0", b"5 5", b"5\t5", b"", b" ", b"x", b"5x", b"x5", b'"5"', b"5\x00",
    b"\x005", b"\x0b5", b"5\x0c", b"\xb2", b"\xd9\xa5", b"5\xa0", b"NaN", b"2147483648",
    b"4294967301", b"9223372036854775808", b"18446744073709551615", b"18446744073709551616",
    b"18446744073709551621", b"9" * 40, b"0" * 300 + b"5", b"00", b"5\r\n 0", b"\r\n 5", b"5\r",
    b"4", b"6", b"0", b"1000", b"05", b"65536", b"65537",
)  # fmt: skip
LENGTH_LINES = tuple(b"Content-Length: %b\r\n" % value for value in LENGTHS) + (
    b"",
    b"Content-Length: 5\r\nContent-Length: 5\r\n",
    b"Content-Length: 5\r\ncontent-length: 6\r\n",
    b"Content-Length: 0\r\nContent-Length: 5\r\n",
    b"Content-Length: 5\r\nContent-Length: 05\r\n",
    b"Content-Length: 5\r\nContent-Length:\r\n",
    b"Content-Length: x\r\nContent-Length: 5\r\n",
    b"Content-Length: 5\nContent-Length: 0\r\n",
    b"Content-Length 5\r\n",
    b"Content-Length:5:5\r\n",
)
CODING_VALUES = (
    b"xchunked", b"chunkedx", b"x-chunked", b"identity", b"chunked, identity", b"identity, chunked",
    b"chunked, chunked", b"chunked,chunked", b"gzip", b"gzip, chunked", b"chunked, gzip",
    b"deflate,chunked", b",chunked", b"chunked,", b", ,chunked, ,", b"chunked;a=b", b"chunked ;",
    b'"chunked"', b"'chunked'", b"chunked\x00", b"\x00chunked", b"\x0bchunked", b"chunked\x0c",
    b"chunked\xa0", b"ch\tunked", b"chunk", b"chunked chunked", b"chunked identity",
    b"\r\n chunked", b"chunked\r\n x", b"gzip,\r\n chunked", b"", b" ", b"0", b"chun\xe4ked",
    b"cow", b"chunked\r", b"trailers", b"chunked, cow", b"cow, chunked", b"CHUNKED, identity",
    b"chunked;q=1", b"compress, gzip", b"a b, chunked", b"@, chunked", b"gzip;, chunked",
    b"gzip;q=, chunked", b"gzip;q=1, chunked",
)  # fmt: skip
_CHUNKED = b"Transfer-Encoding: chunked\r\n"
CODING_LINES = tuple(b"Transfer-Encoding: %b\r\n" % value for value in CODING_VALUES) + (
    _CHUNKED + _CHUNKED,
    _CHUNKED + b"Transfer-Encoding: identity\r\n",
    b"Transfer-Encoding: identity\r\n" + _CHUNKED,
    b"Transfer-Encoding: gzip\r\n" + _CHUNKED,
    _CHUNKED + b"Transfer-Encoding:\r\n",
    _CHUNKED + b"transfer-encoding: x\r\n",
    b"Transfer-Encoding:\x0bchunked\r\n",
    b"Transfer-Encoding\n: chunked\r\n",
    b"Transfer-Encoding: chunked\nX: y\r\n",
    b"Transfer-Encoding chunked\r\n",
    # §6.1: both together "might indicate an attempt to perform request smuggling".
    _CHUNKED + b"Content-Length: 5\r\n",
    b"Content-Length: 5\r\n" + _CHUNKED,
    b"Content-Length: 0\r\n" + _CHUNKED,
    b"Content-Length: 15\r\n" + _CHUNKED,
    b"Content-Length: x\r\n" + _CHUNKED,
    b"Content-Length: 5\r\nTransfer-Encoding: identity\r\n",
    b"Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n",
    b"Content-Length: 5\r\nTransfer-Encoding:\r\n",
    b"Content-Length: 5\r\nTransfer-Encoding : chunked\r\n",
)
_HIDDEN = b"GET /items/hidden HTTP/1.1\r\nHost: a\r\n\r\n"
BODIES = (
    b"hello",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"0\r\n\r\n",
    b"0\r\n\r\n" + _HIDDEN,
    _HIDDEN,
    b"0\r\n\r\nGET /items/hidden HTTP/1.1\r\nX: ",
    b"1\r\nZ\r\n0\r\n\r\n",
    b"",
    b"%x\r\n%b\r\n0\r\n\r\n" % (len(_HIDDEN), _HIDDEN),
    b"hello" + _HIDDEN,
)
"""Behind a framing that readers take differently: the end of one is inside another's body."""

# -------------------------------------------------------------------- the chunked coding, §7.1

CHUNK_SIZES = (
    b"+5", b"-5", b"0x5", b"0X5", b"5h", b"5x", b"x5", b"g", b"", b" 5", b"5 ", b"5\t", b"\t5",
    b"5 5", b"5,5", b"5.0", b"5_0", b"0_5", b"\x005", b"5\x00", b"\x0b5", b"5\x0b", b"\xb2", b'"5"',
    b"#5", b"$5", b"4", b"6", b"50", b"ffffffff", b"100000005", b"7fffffffffffffff",
    b"8000000000000000", b"ffffffffffffffff", b"10000000000000000", b"10000000000000005",
    b"00000000000000005", b"f" * 40, b"0" * 80 + b"5", b"5\r", b"5\n", b"5=", b"5:", b"5,", b"5/",
    b"-0", b"00", b"0",
)  # fmt: skip
EXTENSIONS = (
    b";", b";;", b";a;", b";=", b";=b", b";a=", b"; ", b";a b", b";a=b c", b";a=b=c", b";a,b",
    b';a="', b';a="b', b';a="b"c', b';"a"=b', b';a="\x00"', b';a="b\\', b";a\x00", b";\x00",
    b";a=\x7f", b";\x0b", b";a=\xe9", b';a="\xe9"', b";a(b", b";a\r", b";a\rb", b";\r", b";a\nb",
    b";\n0", b';a="\r"', b';a="\n"', b';a="\r\n"', b";a\r\n ", b" a", b"\ta", b" ;", b"\t;a",
    b" ; ", b":a", b",a", b"=a", b"a=b", b"&a", b";a=b;c=d;" + b"e" * 30, b";a=\"b\"\t", b";a=b ",
)  # fmt: skip
SIZE_ENDS = (
    b"\n",
    b"\r",
    b"",
    b"\r\r\n",
    b"\n\r",
    b"\r\n\r\n",
    b"\r\n\n",
    b"\r ",
    b"\rX",
    b"\x00\r\n",
)
DATA_ENDS = (
    b"", b"\n", b"\r", b"X\r\n", b"\r\n\r\n", b"\r\r\n", b"\n\r", b"XX", b" \r\n", b"\rX",
    b"\x00\x00", b"\n\n", b"\r\x00",
)  # fmt: skip
CHUNKS = (
    *(b"%b\r\nhello\r\n" % size for size in CHUNK_SIZES),
    *(b"5%b\r\nhello\r\n" % extension for extension in EXTENSIONS),
    *(b"5%bhello\r\n" % end for end in SIZE_ENDS),
    *(b"5\r\nhello%b" % end for end in DATA_ENDS),
    b"5\r\nhell\r\n",
    b"5\r\nhello!\r\n",
    b"5\r\n",
    b"\r\n5\r\nhello\r\n",
    b"\n5\r\nhello\r\n",
    b"hello",
)
TRAILERS = (
    b"Content-Length: 5\r\n",
    b"Host: b\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: close\r\n",
    b"Content-Length: x\r\n",
    b"Content-Length: 3\r\nContent-Length: 4\r\n",
    b"Transfer-Encoding: x\r\n",
    b"Authorization: a\r\n",
    b"X-Sum : 1\r\n",
    b"X-Sum\r\n",
    b": 1\r\n",
    b"X-Sum: a\r\n b\r\n",
    b" X-Sum: 1\r\n",
    b"X-Sum: 1\n",
    b"X-Sum: 1\nB: 2\r\n",
    b"X-Sum: a\rb\r\n",
    b"X-Sum: a\x00b\r\n",
    b"X\x00: 1\r\n",
    b"X Y: 1\r\n",
    b"GET /items/hidden HTTP/1.1\r\nHost: a\r\n",
    b"0\r\n",
    b"5\r\nhello\r\n",
    b"X-Sum: \x7f\r\n",
)
ENDS = (
    *(b"0\r\n%b\r\n" % trailer for trailer in TRAILERS),
    *(b"0%b\r\n\r\n" % extension for extension in EXTENSIONS),
    *(b"0%b\r\n" % end for end in SIZE_ENDS),
    b"",  # no last chunk
    b"0\r\n",
    b"0",
    b"\r\n",
    b"0\r\n\r",
    b"0\r\n\n",
    b"0\n\n",
    b"0\r\r",
    b"0\r\nX",
    b"0\r\n \r\n",
    b"0\r\n0\r\n\r\n",
    b"-0\r\n\r\n",
    b"0x0\r\n\r\n",
    b"+0\r\n\r\n",
    b"0 \r\n\r\n",
    b" 0\r\n\r\n",
    b"g\r\n\r\n",
    b"1\r\n\r\n",
    b"0" * 17 + b"\r\n\r\n",
    b"0" * 90 + b"\r\n\r\n",
)
"""In place of the last chunk, the trailer section and the empty line behind it."""
