"""Planted faults that the target `parser` has to find: in how octets become requests.

Owns the literals; `fuzz.plants` says what they mean. What llhttp would refuse is let in by changing
the block of fields before llhttp reads it, as lenient servers do.
"""

from __future__ import annotations

from . import Plant

_BLOCK = 'feed_data(_REQUEST_LINE + block + b"\\r\\n")'


def _plant(module: str, name: str, says: str, *, old: str, new: str) -> Plant:
    return Plant(name=f"parser/{name}", target="parser", module=module, old=old, new=new, says=says)


def _lenient(name: str, says: str, block: str) -> Plant:
    """A fault in the fields module: llhttp reads a block that was mended for it."""
    return _plant("fields", name, says, old=_BLOCK, new=_BLOCK.replace("block", block))


PLANTS = (
    # --- the request line -----------------------------------------------------------------------
    _plant(
        "parser",
        "whitespace-in-request-line",
        "Any white space, and more than one, separates the parts of a request line.",
        old='parts = line.split(b" ")',
        new='parts = line.split() or [b""]',
    ),
    _plant(
        "parser",
        "method-in-upper-case",
        "Methods are made upper case, though they are case-sensitive.",
        old="method = parts[0].decode()",
        new="method = parts[0].decode().upper()",
    ),
    _plant(
        "parser",
        "nul-in-target",
        "A target may have a NUL.",
        old=r'_ORIGIN_FORM = re.compile(rb"/[!-\"$-~]*")',
        new=r'_ORIGIN_FORM = re.compile(rb"/[\x00!-\"$-~]*")',
    ),
    _plant(
        "parser",
        "fragment-in-target",
        "A target may have a fragment.",
        old=r'_ORIGIN_FORM = re.compile(rb"/[!-\"$-~]*")',
        new=r'_ORIGIN_FORM = re.compile(rb"/[!-~]*")',
    ),
    _plant(
        "parser",
        "absolute-form-host-unchecked",
        "The authority of a target in absolute form may be anything.",
        old="if match is None or not is_host(match[1]):",
        new="if match is None:",
    ),
    _plant(
        "parser",
        "version-of-more-digits",
        "HTTP/1.10 is a version.",
        old=r"HTTP/([0-9])\.([0-9])",
        new=r"HTTP/([0-9])\.([0-9]+)",
    ),
    _plant(
        "parser",
        "version-in-lower-case",
        "http/1.1 is a version.",
        old=r'rb"HTTP/([0-9])\.([0-9])"',
        new=r'rb"(?i:HTTP)/([0-9])\.([0-9])"',
    ),
    _plant(
        "parser",
        "empty-line-missed-when-cut",
        "An empty line before a request line that comes by itself is held until more comes.",
        old='if self._held.startswith(b"\\r\\n") and not self._blank_line:',
        new='if self._held.startswith(b"\\r\\n") and self._blank_line:',
    ),
    _plant(
        "parser",
        "request-line-cache-ignores-version",
        "A request line of HTTP/1.0 is read as the one of HTTP/1.1 that was read before.",
        old="_KNOWN_LINES[line] = parsed",
        new='_KNOWN_LINES[line] = _KNOWN_LINES[line.replace(b"/1.1", b"/1.0")] = parsed',
    ),
    _plant(
        "parser",
        "request-line-unlimited",
        "A request line may have any length.",
        old="if line_end - pos > self._max_line_bytes:",
        new="if line_end - pos > 4 * self._max_line_bytes:",
    ),
    # --- fields ---------------------------------------------------------------------------------
    _lenient(
        "bare-lf", "A bare LF ends a field line.", r'b"\r\n".join(block.splitlines() + [b""])'
    ),
    _lenient(
        "space-before-colon",
        "White space may stand before the colon.",
        'block.replace(b" :", b":")',
    ),
    _lenient("obs-fold", "A folded line is joined.", r're.sub(rb"\r\n[ \t]+", b" ", block)'),
    _lenient("plus-length", "A Content-Length may have a sign.", 'block.replace(b": +", b": ")'),
    _lenient(
        "length-and-chunked",
        "Content-Length beside Transfer-Encoding is ignored.",
        r're.sub(rb"(?i)content-length:[^\r]*\r\n(?=.*chunked)", b"", block, flags=re.DOTALL)',
    ),
    _lenient(
        "xchunked",
        "A transfer coding that ends like chunked is taken for it.",
        're.sub(rb"(?i)xchunked", b"chunked", block)',
    ),
    _plant(
        "fields",
        "other-codings",
        "A transfer coding before chunked is ignored.",
        old='if codings == [b"chunked"]:',
        new='if codings[-1] == b"chunked":',
    ),
    _plant(
        "fields",
        "trailing-tab",
        "A tab behind a value belongs to it.",
        old=r'if b" \r\n" in block or b"\t\r\n" in block:',
        new=r'if b" \r\n" in block:',
    ),
    _plant(
        "fields",
        "duplicate-host",
        "Two Host fields are taken where they are the same.",
        old="if fields.host is not None:",
        new="if fields.host not in (None, value):",
    ),
    _plant(
        "fields",
        "userinfo-in-host",
        "A Host field may have userinfo.",
        old=r"[A-Za-z0-9\-._~!$&'()*+;=]",
        new=r"[A-Za-z0-9\-._~!$&'()*+;=@]",
    ),
    _plant(
        "parser",
        "no-host",
        "HTTP/1.1 without any field needs no Host.",
        old="if fields.host is None:",
        new="if fields.host is None and fields.pairs:",
    ),
    _plant(
        "fields",
        "close-in-other-option",
        "Any connection option that begins with close is close.",
        old='b"close" in options',
        new='any(option.startswith(b"close") for option in options)',
    ),
    _plant(
        "fields",
        "field-count-unlimited",
        "There may be any number of fields.",
        old="if len(pairs) > limits.field_count:",
        new="if len(pairs) > 100 * limits.field_count:",
    ),
    _plant(
        "parser",
        "fields-limit-when-cut",
        "The limit for all fields together holds only where they arrive in several segments.",
        old="if len(block) > limit:",
        new="if len(block) > 4 * limit:",
    ),
    # --- segments and what is remembered --------------------------------------------------------
    _plant(
        "parser",
        "cut-line-lost",
        "A field line that arrives in two segments loses its beginning.",
        old="            self._held += data[pos:]\n            self.is_between_requests = False",
        new=(
            '            self._held += data[pos : data.rfind(b"\\n", pos) + 1 or None]\n'
            "            self.is_between_requests = False"
        ),
    ),
    _plant(
        "parser",
        "cut-end-missed",
        "The empty line behind the fields is missed where it arrives in two segments.",
        old='self._held.find(b"\\r\\n\\r\\n", max(self._scanned - 3, 0))',
        new='self._held.find(b"\\r\\n\\r\\n", self._scanned)',
    ),
    _plant(
        "parser",
        "block-cache-by-length",
        "A block of fields as long as the one before it is taken for the same.",
        old="if block != self._last_block:",
        new="if len(block) != len(self._last_block):",
    ),
    _plant(
        "parser",
        "repeated-block-without-body",
        "A request that repeats the fields of one with a body is read without its own.",
        old="            self._begin_body(fields.length)\n        elif minor:",
        new="            self._begin_body(fields.length)\n        if minor:",
    ),
    _plant(
        "parser",
        "scanned-while-paused",
        "What was searched before a pause is taken as searched behind it.",
        old='            self._scanned = self._line_end = 0\n            self.feed(b"")',
        new='            self.feed(b"")',
    ),
    # --- bodies ---------------------------------------------------------------------------------
    _plant(
        "parser",
        "chunked-in-http10",
        "HTTP/1.0 may have the chunked transfer coding.",
        old="elif fields.length == CHUNKED:",
        new='elif fields.length == CHUNKED and method == "GET":',
    ),
    _plant(
        "parser",
        "body-one-short",
        "A body of which one octet is missing has ended.",
        old="if not self._remaining:",
        new="if self._remaining <= 1:",
    ),
    _plant(
        "parser",
        "request-behind-body-lost",
        "What follows a body is lost where a segment begins with the last of the body.",
        old="return pos + len(part)",
        new="return pos + len(part) if pos else len(data)",
    ),
    _plant(
        "parser",
        "reads-behind-last-request",
        "A request with a body is not the last one, whatever it says.",
        old="self._state = _STOPPED if self._stop_after_request else _HEAD",
        new="self._state = _HEAD",
    ),
    _plant(
        "chunked",
        "dropped-last-chunk",
        "The octets that complete a chunk are lost.",
        old="        self._sink(chunk)",
        new="        if self._remaining:\n            self._sink(chunk)",
    ),
    _plant(
        "chunked",
        "extension-with-lf",
        "A bare LF ends a chunk-size line, so that an extension may have one for other readers.",
        old=(
            "_SIZE_LINE.fullmatch(self._held, 0, len(self._held) - 2)\n"
            '        if match is None or not self._held.endswith(b"\\r\\n"):'
        ),
        new='_SIZE_LINE.fullmatch(self._held.rstrip(b"\\r\\n"))\n        if match is None:',
    ),
    _plant(
        "chunked",
        "signed-chunk-size",
        "A chunk size may have a sign.",
        old="([0-9A-Fa-f]{1,16})",
        new=r"(\+?[0-9A-Fa-f]{1,16})",
    ),
    _plant(
        "chunked",
        "chunk-size-with-0x",
        "A chunk size may begin with 0x.",
        old="([0-9A-Fa-f]{1,16})",
        new="((?:0[xX])?[0-9A-Fa-f]{1,16})",
    ),
    _plant(
        "chunked",
        "long-chunk-size-refused",
        "A chunk size of more than eight digits is refused, even if they are zeros.",
        old="([0-9A-Fa-f]{1,16})",
        new="([0-9A-Fa-f]{1,8})",
    ),
    _plant(
        "chunked",
        "space-before-chunk-size",
        "White space may stand before a chunk size.",
        old='rb"([0-9A-Fa-f]{1,16})',
        new='rb"[ \\t]*([0-9A-Fa-f]{1,16})',
    ),
    _plant(
        "chunked",
        "chunk-end-unchecked",
        "Any two octets stand behind a chunk, the second one LF.",
        old="if data[pos : pos + 1] != expected:",
        new="if self._held and data[pos : pos + 1] != expected:",
    ),
    _plant(
        "chunked",
        "trailers-unchecked",
        "A trailer section may have anything in it.",
        old="split_fields(bytes(held[2 : end + 2]))",
        new="held[2 : end + 2]",
    ),
    _plant(
        "parser",
        "trailers-promoted",
        "The next request that has the same fields has the trailers of the last one as well.",
        old="        pos = self._chunked.feed(data, pos)\n        if self._chunked.done:",
        new=(
            "        start, pos = pos, self._chunked.feed(data, pos)\n"
            "        if self._chunked.done:\n"
            '            trailers = data[start:pos].partition(b"\\r\\n0\\r\\n")[2][:-2]\n'
            "            pairs = parse_fields(trailers, self._limits).pairs\n"
            "            self._last_fields = Fields([*self._last_fields.pairs, *pairs])"
        ),
    ),
)
