"""What RFC 9112 does not allow, or what readers are known to take differently, in fragments.

Owns the deviations of heads, and of what is around requests; each entry is one. Those of bodies are
in `odd_framing`.
"""

from __future__ import annotations

# ------------------------------------------------------------------ the request line, §2.2 and §3

LEADS = (
    b"\r\n\r\n", b"\n", b"\r", b" ", b"\t", b"\x00", b" \r\n", b"\n\r\n", b"\r\n ", b"\xef\xbb\xbf",
    b"0\r\n\r\n", b"X: 1\r\n", b"\r\r\n",
)  # fmt: skip
METHODS = (
    b"", b"get", b"Get", b"G", b"GETS", b"GET\x00", b"G\x00T", b"GET:", b"G(T", b'"GET"', b"G\xc9T",
    b"CONNECT", b"PRI", b"TRACE", b"!#$%&'*+-.^_`|~", b"M" * 64, b"M" * 65, b"GET\t", b"\x7fGET",
    b"HTTP/1.1", b"GET /", b"GET\r", b"SOURCE", b"{}",
)  # fmt: skip
SPACES = (
    b"  ", b"\t", b"", b" \t", b"\t ", b"\x0b", b"\x0c", b"\r", b"\x00", b"\xa0", b"\n", b"\r\n",
    b"\r\n ", b" " * 20,
)  # fmt: skip
TARGETS = (
    b"", b"*", b"echo", b"a:80", b"a", b"?q", b"/echo#f", b"#", b"/%", b"/%4", b"/%zz", b"/%00",
    b"/items/%2e%2E/", b"/items/../echo", b"/./echo", b"//a/echo", b"/\\echo", b"/items/\xe9",
    b"/items/\xff\xfe", b"/items/\x00", b"/items/\x01", b"/items/\x7f", b"/items/a b",
    b"/items/a\tb", b"/items/a\rb", b"/items/a\x0bb", b"/items/<\">", b"/items/{}", b"/items/|^`",
    b"/items/", b"http://", b"http:///echo", b"http://a", b"http://a?q", b"http://a#f",
    b"HTTP://A:80/echo", b"https://a/echo", b"http://u:p@a/echo", b"http://a:b/echo",
    b"http://a:99999/echo", b"http://[::1]/echo", b"http://[::1/echo", b"http://a b/echo",
    b"http://a,b/echo", b"http:/a/echo", b"http:echo", b"ftp://a/echo", b"ws://a/echo",
    b"javascript:1", b"/echo?\x80", b"/echo??=&#", b"http://a%/echo", b"http://%61/echo",
    b"http://a\\b/echo",
)  # fmt: skip
FORMS = (
    (b"CONNECT", b"a:80"),  # §3.2.3
    (b"CONNECT", b"a"),
    (b"CONNECT", b"a:"),
    (b"CONNECT", b"a:0"),
    (b"CONNECT", b"[::1]:443"),
    (b"CONNECT", b"u@a:80"),
    (b"CONNECT", b"http://a/"),
    (b"CONNECT", b"*"),
    (b"OPTIONS", b"http://a"),  # §3.2.4
    (b"OPTIONS", b"**"),
    (b"OPTIONS", b"*?q"),
    (b"HEAD", b"*"),
    (b"POST", b"*"),
    (b"GET", b"a:80"),
    (b"GET", b"http://a:/"),
    (b"GET", b"http://other/echo"),
    (b"PRI", b"*"),
)
"""Methods with targets that are for some methods only."""
VERSIONS = (
    b"HTTP/1.0", b"HTTP/0.9", b"HTTP/1.9", b"HTTP/2.0", b"HTTP/2", b"HTTP/1", b"HTTP/1.",
    b"HTTP/1.10", b"HTTP/11.1", b"HTTP/01.1", b"http/1.1", b"Http/1.1", b"HTTP /1.1", b"HTTP/ 1.1",
    b"HTTP/1,1", b"HTTP/1.1 ", b"HTTP/1.1\t", b"HTTP/1.1x", b"HTTP/+1.1", b"HTTP/1.-1", b"HTTP/x.y",
    b"HTTP", b"HTTPS/1.1", b"ICE/1.0", b"RTSP/1.0", b"", b"HTTP/1.1\x00", b"HTTP/\xb2.1",
    b"HTTP/1.1 HTTP/1.1",
)  # fmt: skip
LINE_ENDS = (
    b"\n", b"\r", b"\r\r\n", b"\n\r", b"", b" \r\n", b"\t\r\n", b"\x00\r\n", b"\r\n ", b"\r\n\t",
    b"\r\n\r\n", b"\r\x00\n", b"\x0b\r\n", b"\x85",
)  # fmt: skip
BLANKS = (
    b"\n", b"\r", b"", b" \r\n", b"\r\r\n", b"\n\r\n", b"\r\n\r\n", b"\x00\r\n", b"\t\r\n",
    b"\r\n\n",
)  # fmt: skip
"""In place of the empty line that ends a head."""

# ----------------------------------------------------------------- fields, RFC 9112 §5, RFC 9110 §5

HOSTS = tuple(
    b"Host: %b\r\n" % value
    for value in (
        b"", b" ", b"a b", b"a, b", b"a,b", b"a/b", b"a@b", b"u:p@a", b"a:b", b"a:80:80", b"a:+80",
        b"a:-1", b"[::1", b"::1", b"[::1]a", b"[::g]", b"[]", b"a\x00b", b"a\x7f", b"a:99999",
        b"\xe9",
        b"a%", b"a%zz", b"a#b", b"a?b", b"a\\b", b"http://a", b"a..b", b".", b"a_b", b"<a>", b'"a"',
        b":80", b"a;b", b"[v1.a]", b"*", b"a\t", b"a\r\n b", b"a" * 256,
    )
) + (
    b"", b"Host: a\r\nHost: a\r\n", b"Host: a\r\nhost: b\r\n", b"Host: a\r\nX: 1\r\nHost: b\r\n",
    b"Host : a\r\n", b" Host: a\r\n", b"Host\t: a\r\n", b"Host\r\n", b"Host:\r\n a\r\n",
    b"Host: a\r\nHost:\r\n", b"H\x00st: a\r\n", b"Host\x00: a\r\n", b"Host: a\nHost: b\r\n",
    b"Host: other\r\n",
)  # fmt: skip
FIELDS = (
    b": v\r\n",  # no name
    b"X\r\n",  # no colon
    b"X v\r\n",
    b"X : v\r\n",  # §5.1: "No whitespace is allowed between the field name and colon."
    b"X\t: v\r\n",
    b"X Y: v\r\n",
    b" X: v\r\n",
    b"\tX: v\r\n",
    b"X: a\r\n b\r\n",  # §5.2 obs-fold
    b"X: a\r\n\tb\r\n",
    b"X: a\r\n \r\n",
    b"X:\r\n Content-Length: 5\r\n",
    b"X: a\nY: b\r\n",
    b"X: a\rY: b\r\n",
    b"X: a\r\r\n",
    b"X: a\x00b\r\n",  # RFC 9110 §5.5
    b"X: \x00\r\n",
    b"X: a\x01b\r\n",
    b"X: a\x0bb\r\n",
    b"X: a\x7fb\r\n",
    b"X\x00Y: v\r\n",
    b"X(Y): v\r\n",
    b'"X": v\r\n',
    b"X@Y: v\r\n",
    b"X[]: v\r\n",
    b"X{Y}: v\r\n",
    b"X/Y: v\r\n",
    b"X\xe9: v\r\n",
    b"X\xc2\xa0: v\r\n",
    b"X\x0b: v\r\n",
    b"\x00: v\r\n",
    b"X: v\r\n\n",
    b"X: v\n\r\n",
    b"=: v\r\n",
    b"X;a=b: v\r\n",
    b"X,Y: v\r\n",
    b"GET / HTTP/1.1\r\n",
    b"Connection: close, keep-alive\r\n",
    b"Connection: CLOSE\r\n",
    b"Connection: ,close,\r\n",
    b"Connection: close\r\nConnection: keep-alive\r\n",
    b"Connection: closed\r\n",
    b"Connection: clo\r\n se\r\n",
    b"Connection:\r\n",
    b"Connection: content-length\r\n",
    b"Connection: host\r\n",
    b"Connection: transfer-encoding\r\n",
    b"Proxy-Connection: close\r\n",
    b"Keep-Alive: max=0\r\n",
    b"Expect: 100-Continue\r\n",
    b"Expect: 200-ok\r\n",
    b"Expect: 100-continue, 100-continue\r\n",
    b"Expect:\r\n",
    b"Expect: 100-continue\r\nExpect: x\r\n",
    b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AA\r\n",
    b"Upgrade:\r\nConnection: upgrade\r\n",
    b"Connection: upgrade\r\n",
    b"Content-Encoding: gzip\r\n",
    b"Content-Length : 5\r\n",
    b"Content-Length\t: 5\r\n",
    b"Content-Length\x0b: 5\r\n",
    b" Content-Length: 5\r\n",
    b"Content-Length\x00: 5\r\n",
    b"Transfer-Encoding : chunked\r\n",
    b" Transfer-Encoding: chunked\r\n",
    b"X: a\nTransfer-Encoding: chunked\r\n",
    b"X: a\rContent-Length: 5\r\n",
    b"Transfer_Encoding: chunked\r\n",
    b"Transfer-Encoding\x00: chunked\r\n",
    b"Trailer: Content-Length\r\n",
    b"X-HTTP-Method-Override: PUT\r\n",
)

OLD_FIELDS = (
    b"",
    b"Host: a\r\n",
    b"Connection: keep-alive\r\n",
    b"Host: a\r\nConnection: keep-alive\r\n",
    b"Connection: close\r\n",
    b"Host: a\r\nTransfer-Encoding: chunked\r\n",
    b"Host: a\r\nExpect: 100-continue\r\n",
    b"Host: a b\r\n",
    b"Keep-Alive: 300\r\nConnection: Keep-Alive\r\n",
)
"""Of HTTP/1.0."""

# ----------------------------------------------------------------------- behind the last request

JUNK = (
    b"\r\n", b"\n", b"\r", b"\x00", b" ", b"X", b"GET", b"GET ", b"GET / HTTP/1.1\r\n", b"\r\n\r\n",
    b"0\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x00\xa5\x01", b"\xff\xfe\xfd",
    b"HTTP/1.1 200 OK\r\n\r\n", b"GET /\r\n", b"GET / HTTP/0.9\r\n\r\n", b"<html>", b"\x00" * 40,
    b"GET / HTTP/1.1\r\n\r\n", b"\r\n\r\nGET /echo HTTP/1.1\r\nHost: a\r\n\r\n", b"hello\r\n",
)  # fmt: skip
