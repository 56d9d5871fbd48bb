"""Request heads from bytes.

Owns the rules of RFC 9112 for what stands before a body; each is a step that a fault can leave
out. Does no I/O: takes lines off a buffer that somebody else fills.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from . import wasteful
from .response import HttpError

LINE_LIMIT_BYTES = 8190
HEAD_LIMIT_BYTES = 65536

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VERSION = re.compile(rb"HTTP/([0-9])\.([0-9])")
_TARGET = re.compile(rb"[!-~]+")
_AUTHORITY = re.compile(
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~!$&'()*+,;=%]*)(?P<port>:[0-9]*)?"
)
_ABSOLUTE = re.compile(r"(?i:https?)://(?P<authority>[^/?#]+)(?P<rest>[/?][^#]*)?")

Fields = tuple[tuple[str, str], ...]


class Refusal(HttpError):
    """What came is no message. Nothing behind it can be trusted, so the connection ends."""


@dataclass(frozen=True)
class Head:
    """A request line and its fields. `target` is in origin-form or "*", whatever form came."""

    method: str
    target: str
    version: tuple[int, int]
    fields: Fields
    faults: frozenset[str] = field(default=frozenset(), repr=False)

    def values(self, name: str) -> list[str]:
        """The values of a field, one a line; `name` as standards write it, sent in any case."""
        if "header-names-have-case" in self.faults:
            return [value for key, value in self.fields if key == name]
        if "framing-by-end-of-name" in self.faults and name.endswith(("-Length", "-Encoding")):
            return [value for key, value in self.fields if key.lower().endswith(name.lower())]
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def members(self, name: str) -> list[str]:
        """The members of a list field over all its lines, in lower case (RFC 9110 §5.6.1)."""
        around = " " if "strips-spaces-only" in self.faults else " \t"
        parts = [part.strip(around) for part in ",".join(self.values(name)).split(",")]
        if "coding-names-have-case" not in self.faults:
            parts = [part.lower() for part in parts]
        return [part for part in parts if part]


def take_line(buffer: bytearray, limit: int, faults: frozenset[str]) -> bytes | None:
    """A line off the buffer without its end; None while it is not whole.

    Raises Refusal for a line end that is not CRLF and for CR or NUL within, LineTooLong beyond
    `limit` bytes.
    """
    if "cr-ends-lines" in faults:
        _cr_to_crlf(buffer)
    whole = b"\r\n" if "keeps-lf-in-lines" in faults else b"\n"
    end = buffer.find(whole) + len(whole) - 1 if whole in buffer else -1
    if (end if end >= 0 else len(buffer)) > limit and "lines-have-no-limit" not in faults:
        raise LineTooLong
    if end < 0:
        if "line-end-in-one-segment" in faults and buffer.endswith(b"\r"):
            raise Refusal(400, "a line ends without LF")
        return None
    line = bytes(buffer[:end])
    del buffer[: end + 1]
    if line.endswith(b"\r"):
        line = line[:-1]
    elif "accepts-bare-lf" not in faults:
        # RFC 9112 §2.2 allows a lone LF; proxies that disagree about it are deceived.
        raise Refusal(400, "a line ends without CR")
    if b"\r" in line and "accepts-bare-cr" not in faults:
        # "A recipient of such a bare CR MUST consider that element to be invalid"
        raise Refusal(400, "CR within a line")
    if "drops-nul" in faults:
        line = line.replace(b"\0", b"")
    if b"\0" in line and "accepts-nul" not in faults:
        raise Refusal(400, "NUL within a line")
    return line


def _cr_to_crlf(buffer: bytearray) -> None:
    """Make the first line of the buffer one that ends in CRLF, if it ends in CR alone."""
    end = buffer.find(b"\r")
    if 0 <= end < len(buffer) - 1 and buffer[end + 1 : end + 2] != b"\n":
        buffer[end : end + 1] = b"\r\n"


_LETS_CONTROLS_PASS = frozenset({"accepts-nul", "accepts-bare-cr", "keeps-lf-in-lines"})


class LineTooLong(Exception):
    """The line on the buffer is beyond its limit, whole or not."""


class HeadParser:
    """Reads heads, one behind the other, off one buffer."""

    def __init__(self, buffer: bytearray, faults: frozenset[str]) -> None:
        self.faults = faults
        self._buffer = buffer
        self._clear()

    def _clear(self) -> None:
        self._request_line: tuple[str, str, tuple[int, int]] | None = None
        self._fields: list[tuple[str, str]] = []
        self._size = 0

    @property
    def has_begun(self) -> bool:
        """Something of a head has come."""
        return self._request_line is not None or bool(self._buffer)

    def parse(self) -> Head | None:
        """The next head, or None while it is not whole. Raises Refusal."""
        while (line := self._line()) is not None:
            if self._request_line is None:
                # "a server ... SHOULD ignore at least one empty line (CRLF) received prior to
                # the request-line" (RFC 9112 §2.2)
                if line or "refuses-leading-crlf" in self.faults:
                    self._request_line = self._split_request_line(line)
            elif line and not (not line.strip(b" ") and "blank-fold-ends-head" in self.faults):
                self._add_field(line)
            else:
                return self._finish(*self._request_line)
        if "field-in-front-of-a-cut-comes-twice" in self.faults and not self._buffer:
            self._fields += self._fields[-1:]
        return None

    def _add_field(self, line: bytes) -> None:
        try:
            self._fields.append(self._split_field(line))
        except Refusal:
            if "drops-bad-fields" not in self.faults:
                raise

    def _line(self) -> bytes | None:
        # RFC 9110 §15.5.15 and RFC 6585 §5: each limit has a status of its own.
        status = 431 if self._request_line else 414
        if status == 414 and "long-target-is-400" in self.faults:
            status = 400
        if "limits-are-500" in self.faults:
            status = 500
        try:
            line = take_line(self._buffer, self._line_limit(), self.faults)
        except LineTooLong:
            if "limits-close-silently" in self.faults:
                raise ConnectionAbortedError from None
            raise Refusal(status, "a line is too long") from None
        self._size += 0 if line is None else len(line) + 2
        has_limit = not {"heads-have-no-limit", "lines-have-no-limit"} & self.faults
        if self._size > HEAD_LIMIT_BYTES and has_limit:
            raise Refusal(status, "the head is too large")
        return line

    def _line_limit(self) -> int:
        if "short-request-lines" in self.faults and self._request_line is None:
            return 4096
        return LINE_LIMIT_BYTES

    def _finish(self, method: str, target: str, version: tuple[int, int]) -> Head:
        wasteful.on_fields(self._fields, self.faults)
        head = Head(method, target, version, tuple(self._fields), self.faults)
        self._clear()
        self._check_host(head)
        return replace(head, target=self._origin_form(method, target))

    def _split_request_line(self, line: bytes) -> tuple[str, str, tuple[int, int]]:
        parts = line.split(b" ")
        if "accepts-loose-request-line" in self.faults:
            parts = line.split()
        if "accepts-space-in-target" in self.faults and len(parts) > 3:
            parts = [parts[0], b"%20".join(parts[1:-1]), parts[-1]]
        if "serves-http09" in self.faults and len(parts) == 2:
            parts.append(b"HTTP/1.0")
        # RFC 9112 §3: request-line = method SP request-target SP HTTP-version
        if len(parts) != 3:
            raise Refusal(400, "the request line has not three parts")
        method, target, version = parts
        if "accepts-bad-method" in self.faults:
            method = method.rstrip(b"@")
        elif not _TOKEN.fullmatch(method):
            raise Refusal(400, "the method is no token")
        takes_any = {"accepts-bad-target", "raw-octets-are-latin-1"} & self.faults
        if not _TARGET.fullmatch(target) and not takes_any:
            raise Refusal(400, "the target has octets that no target has")
        return method.decode("latin-1"), target.decode("latin-1"), self._version(version)

    def _version(self, text: bytes) -> tuple[int, int]:
        match = _VERSION.fullmatch(text)
        if "reads-version-loosely" in self.faults:
            match = re.fullmatch(rb"HTTP/0*([0-9])\.([0-9])[0-9]*", text)
        if match is None and "accepts-bad-version" in self.faults:
            return 1, 1
        if match is None:
            raise Refusal(400, "the version is none")
        version = int(match[1]), int(match[2])
        if version[0] != 1 and not {"accepts-any-version", "echoes-version"} & self.faults:
            raise Refusal(505, "this server speaks HTTP/1")
        if version > (1, 1) and "refuses-later-minor-version" in self.faults:
            raise Refusal(505, "this server speaks HTTP/1.1")
        return version

    def _split_field(self, line: bytes) -> tuple[str, str]:
        if line[:1] in b" \t":
            return self._fold(line)
        name, colon, value = line.partition(b":")
        if "splits-header-at-last-colon" in self.faults:
            name, colon, value = line.rpartition(b": ")
        if len(self._fields) >= 32 and "few-headers" in self.faults:
            raise Refusal(431, "more than 32 fields")
        if len(self._fields) >= 500 and "field-count-crashes" in self.faults:
            raise Refusal(500, "more than 500 fields")
        if not colon and "accepts-field-without-colon" not in self.faults:
            raise Refusal(400, "a field line has no colon")
        if name != name.rstrip(b" \t") and "accepts-space-before-colon" in self.faults:
            name = name.rstrip(b" \t")
        if "strips-names" in self.faults:
            name = name.strip(bytes(range(0x21)))
        # RFC 9112 §5.1: "A server MUST reject, with a response status code of 400 (Bad Request),
        # any received request message that contains whitespace between a header field name and
        # colon."; no token has whitespace.
        if not _TOKEN.fullmatch(name) and "accepts-bad-field-name" not in self.faults:
            raise Refusal(400, "a field name is no token")
        # RFC 9112 §5.1: "The field line value does not include that leading or trailing whitespace"
        value = value.strip(b" \t") if "keeps-header-whitespace" not in self.faults else value[1:]
        if "strips-spaces-only" in self.faults:
            value = line.partition(b":")[2].strip(b" ")
        if "strips-control-characters" in self.faults:
            value = value.strip(bytes(range(0x20)))
        is_clean = all(octet == 0x09 or (octet >= 0x20 and octet != 0x7F) for octet in value)
        if not is_clean and not _LETS_CONTROLS_PASS & self.faults:
            raise Refusal(400, "a field value has a control character")
        if "header-names-are-words" in self.faults and not re.fullmatch(rb"[A-Za-z0-9-]+", name):
            raise Refusal(400, "a field name has odd characters")
        if "underscore-is-hyphen" in self.faults:
            name = name.replace(b"_", b"-")
        if "header-beyond-ascii-crashes" in self.faults and not value.isascii():
            raise Refusal(500, "a field value is not ASCII")
        return name.decode("latin-1"), value.decode("latin-1")

    def _fold(self, line: bytes) -> tuple[str, str]:
        if not self._fields:
            # RFC 9112 §2.2: whitespace between the start-line and the first field is refused.
            if "accepts-space-before-first-field" in self.faults:
                return self._split_field(line.lstrip(b" \t"))
            raise Refusal(400, "the first field line begins with whitespace")
        if "fold-is-a-field" in self.faults:
            return self._split_field(line.lstrip(b" \t"))
        raise Refusal(400, "a folded field line")

    def _check_host(self, head: Head) -> None:
        """RFC 9112 §3.2: 400 "to any HTTP/1.1 request message that lacks a Host header field and
        to any request message that contains more than one Host header field line or a Host header
        field with an invalid field value"."""
        hosts = head.values("Host")
        is_needed = head.version >= (1, 1) or "asks-http10-for-host" in self.faults
        if "://" in head.target and "absolute-form-needs-no-host" in self.faults:
            is_needed = False
        if not hosts and is_needed and "accepts-missing-host" not in self.faults:
            raise Refusal(400, "no Host")
        if "accepts-repeated-host" in self.faults:
            hosts = list(dict.fromkeys(hosts))
        if len(hosts) > 1 and "accepts-duplicate-host" not in self.faults:
            raise Refusal(400, "more than one Host")
        if hosts and "accepts-bad-host" not in self.faults and not _AUTHORITY.fullmatch(hosts[0]):
            raise Refusal(400, "Host is no authority")

    def _origin_form(self, method: str, target: str) -> str:
        """The four forms of RFC 9112 §3.2 in one."""
        if method == "CONNECT":
            if "accepts-connect" in self.faults:
                return "*"
            raise Refusal(501, "this server is no proxy")
        if target == "*" and "asterisk-is-root" in self.faults:
            return "/"
        if target == "*" and method == "OPTIONS":
            return target
        if "#" in target and "fragment-is-data" not in self.faults:
            raise Refusal(400, "the target has a fragment")
        if "two-slashes-name-a-host" in self.faults and target.startswith("//"):
            return "/" + target[2:].partition("/")[2]
        match = _ABSOLUTE.fullmatch(target)
        if "finds-urls-in-targets" in self.faults:
            match = _ABSOLUTE.search(target)
        if target.startswith("/") and match is None:
            return target
        if "absolute-form-is-a-path" in self.faults:
            return "/" + target
        if "refuses-absolute-form" in self.faults:
            match = None
        if "schemes-have-case" in self.faults and not target.startswith(("http:", "https:")):
            match = None
        if match and not match["rest"] and "absolute-form-without-path-crashes" in self.faults:
            raise Refusal(500, "a target without a path")
        if match is not None and _AUTHORITY.fullmatch(match["authority"]):
            # "a server MUST accept the absolute-form in requests" (RFC 9112 §3.2.2)
            rest = match["rest"] or "/"
            return rest if rest.startswith("/") else "/" + rest
        if "adds-leading-slash" in self.faults:
            return "/" + target
        raise Refusal(400, "the target has none of the forms")
