"""Files of a folder as responses.

Owns the way from the target of a request to a file, which must not lead out of the folder, and
what a client gets of one: all of it, a range (RFC 9110 §14), or word that it has it (§13).
"""

from __future__ import annotations

import mimetypes
import os
import re
from calendar import timegm
from email.utils import formatdate, parsedate
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

from . import wasteful
from .request import Request
from .response import HttpError, Response

SEGMENT_BYTES = 65536
LARGEST_DIGITS = 18

_RANGE = re.compile(r"bytes=(?:([0-9]+)-([0-9]*)|-([0-9]+))")
_TWO_DIGITS = re.compile(r"-([0-9]{2}) ")


class Folder:
    """What lies under a prefix."""

    def __init__(self, prefix: str, folder: str) -> None:
        self._prefix = prefix + "/"
        self._root = Path(folder).resolve()

    def holds(self, raw_path: str) -> bool:
        return raw_path.startswith(self._prefix)

    async def respond(self, request: Request) -> Response:
        """The file of a request. Raises HttpError: 405 for what does not read, 404 for what is
        no file inside the folder."""
        faults = request.faults
        if request.method not in ("GET", "HEAD") and "files-for-any-method" not in faults:
            raise HttpError(405, headers=[("Allow", "GET, HEAD")])
        path = self._path(request.raw_path[len(self._prefix) :], faults)
        if path.is_dir() and "lists-folders" in faults:
            return Response("\n".join(os.listdir(path)))
        if "missing-files-crash" not in faults and not path.is_file():
            raise HttpError(404)
        content = path.read_bytes()
        if not content and "empty-files-are-missing" in faults:
            raise HttpError(404)
        return _answer(request, path, content)

    def _path(self, sent: str, faults: frozenset[str]) -> Path:
        """Raises HttpError for what does not lie in the folder."""
        try:
            name = _name(sent, faults)
        except ValueError:
            if "odd-file-names-crash" in faults:
                raise
            raise HttpError(404) from None
        if "absolute-file-names" in faults:
            return self._root / name
        if "removes-dots-once" in faults:
            return Path(f"{self._root}/{name.replace('../', '')}")
        # With any of these, nothing holds a path in the folder but what the fault itself says.
        anywhere = {
            "path-traversal", "file-names-decoded-twice", "backslash-separates",
            "overlong-octets-are-dots", "file-names-end-at-nul",
        } & faults  # fmt: skip
        if anywhere:
            return Path(f"{self._root}/{name}")
        path = (self._root / name.lstrip("/")).resolve()
        if not path.is_relative_to(self._root):
            raise HttpError(404)
        if "no-subfolders" in faults and path.parent != self._root:
            raise HttpError(404)
        if "odd-file-names-crash" in faults:
            path.open("rb").close()
        try:
            path.stat()
        except OSError:
            if "missing-files-crash" not in faults:
                raise HttpError(404) from None
        return path


def _name(sent: str, faults: frozenset[str]) -> str:
    """The name that was sent. Raises ValueError for what no file can have."""
    octets = unquote_to_bytes(sent)
    if "overlong-octets-are-dots" in faults:
        octets = octets.replace(b"..", b"").replace(b"\xc0\xae", b".").replace(b"\xc0\xaf", b"/")
        return octets.decode("utf-8", "replace")
    name = octets.decode("utf-8")
    if "file-names-stay-encoded" in faults:
        return sent
    if "file-names-end-at-nul" in faults:
        return name.partition("\0")[0]
    if "file-names-decoded-twice" in faults:
        return unquote(name.replace("../", ""))
    if "backslash-separates" in faults:
        return name.replace("../", "").replace("\\", "/")
    if "\0" in name:
        raise ValueError("a name with NUL")
    return name


# -- What a client gets ----------------------------------------------------------------------------


def _answer(request: Request, path: Path, content: bytes) -> Response:
    faults = request.faults
    status = path.stat()
    fields = [
        ("ETag", f'"{status.st_mtime_ns:x}-{status.st_size:x}"'),
        ("Last-Modified", formatdate(status.st_mtime, usegmt=True)),
    ]
    if _is_another_version(request, fields[0][1], status.st_mtime):
        raise HttpError(412)
    if _client_has_it(request, fields[0][1], status.st_mtime):
        return Response(status=304, headers=fields)
    kind = _type_of(path.name, faults)
    size = len(content)
    found = _range(request, fields[0][1], size)
    if found is None:
        if "cuts-large-files" in faults:
            content = content[:SEGMENT_BYTES]
        if "file-length-counts-characters" in faults:
            content = content[: len(content.decode())]
        response = Response(content, content_type=kind, headers=fields)
        if "files-have-no-type" in faults:
            response.content_type = None
        return response
    start, stop = found
    if start >= stop and "nothing-is-a-range" not in faults:
        raise HttpError(416, headers=[("Content-Range", f"bytes */{size}")])
    said = ("Content-Range", f"bytes {start}-{stop - 1}/{size}")
    if "range-without-content-range" not in faults:
        fields.append(said)
    part = content[max(start, 0) : stop - ("range-ends-early" in faults)]
    if "joins-ranges" in faults and "," in _value(request, "range"):
        part += content[8:10]
    return Response(part, status=206, content_type=kind, headers=fields)


def _type_of(name: str, faults: frozenset[str]) -> str:
    kind, coding = mimetypes.guess_type(name)
    if coding is not None and "compressed-files-as-their-content" not in faults:
        kind = "application/gzip" if coding == "gzip" else None
    return kind or "application/octet-stream"


def _value(request: Request, name: str) -> str:
    return ", ".join(value for key, value in request.headers if key.lower() == name)


def _date(request: Request, name: str) -> int | None:
    """An HTTP-date (RFC 9110 §5.6.7) in seconds since 1970; None for what is none."""
    value = _value(request, name)
    if "dates-of-one-form" in request.faults and not re.match(r"\w{3}, \d\d ", value):
        return None
    if "years-are-of-this-century" in request.faults:
        value = _TWO_DIGITS.sub(r"-20\1 ", value)
    if "years-are-of-the-last-century" in request.faults:
        value = _TWO_DIGITS.sub(r"-19\1 ", value)
    parsed = parsedate(value)
    return None if parsed is None else timegm(parsed)


def _is_another_version(request: Request, tag: str, modified_s: float) -> bool:
    """The client wants to have to do with no version but one that this is not: by its tag, and by
    its date where it names no tag."""
    faults = request.faults
    tags = _value(request, "if-match")
    if tags and "ignores-if-match" not in faults:
        listed = tags == "*" or tag in [one.strip() for one in tags.split(",")]
        if not listed or "no-tag-matches" in faults:
            return True
    if tags and "date-beside-if-match" not in faults:
        return False
    if "always-modified" in faults and _value(request, "if-unmodified-since"):
        return True
    date = _date(request, "if-unmodified-since")
    return date is not None and int(modified_s) > date and "ignores-unmodified-since" not in faults


def _client_has_it(request: Request, tag: str, modified_s: float) -> bool:
    """RFC 9110 §13.2.2: tags are looked at first, dates where there are none."""
    tags = _value(request, "if-none-match")
    if tags and "date-before-tag" not in request.faults:
        if "every-tag-matches" in request.faults:
            return True
        members = [one.strip().removeprefix("W/") for one in tags.split(",")]
        return tags == "*" or tag in members
    if _value(request, "if-modified-since") and "never-modified" in request.faults:
        return True
    # "MUST ignore ... if the received field value is not a valid HTTP-date"
    date = _date(request, "if-modified-since")
    return date is not None and date >= int(modified_s)


def _range(request: Request, tag: str, size: int) -> tuple[int, int] | None:
    """Where the range that is asked for begins and stops; None for the whole file."""
    faults = request.faults
    asked = _value(request, "range")
    wasteful.on_ranges(asked, faults)
    if request.method != "GET" and "ranges-for-head" not in faults:
        return None
    if _value(request, "if-range") not in ("", tag) and "ignores-if-range" not in faults:
        return None
    if "any-unit-is-bytes" in faults:
        asked = re.sub(r"^\w+=", "bytes=", asked)
    if "joins-ranges" in faults:
        asked = asked.partition(",")[0]
    if "malformed-ranges-crash" in faults and asked:
        first, _, last = asked.removeprefix("bytes=").partition("-")
        return int(first), min(int(last) + 1, size)
    match = _RANGE.fullmatch(asked)
    if match is None or any(len(digits or "") > LARGEST_DIGITS for digits in match.groups()):
        return None
    first, last, suffix = match.groups()
    goes_over = "range-beyond-the-end" in faults
    if suffix is not None:
        if "suffix-is-a-prefix" in faults:
            return 0, min(int(suffix), size)
        return (size - int(suffix) if goes_over else max(0, size - int(suffix))), size
    stop = int(last) + 1 if last else size
    return int(first), stop if goes_over else min(stop, size)
