"""Files: what is opened, what conditions and ranges make of it, and what a root keeps inside."""

from __future__ import annotations

import asyncio
import errno
import gzip
import mimetypes
import os
import resource
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path

import pytest

from reference.application import Application
from reference.body import EMPTY_BODY
from reference.conditional import (
    Validators,
    judge_preconditions,
    parse_http_date,
    requested_range,
)
from reference.exceptions import HTTPNotFound
from reference.fields import parse_fields
from reference.files import FileResponse, add_static, static_handler
from reference.limits import Limits
from reference.request import Request
from reference.response import FileBody, Response, encode_head, frame
from reference.route import Route, RouteError
from reference.router import UrlDispatcher
from reference.tests.requests import respond

# 2001-09-09 01:46:40 UTC: long enough ago for strong validators.
MODIFIED_S = 1_000_000_000
MODIFIED = "Sun, 09 Sep 2001 01:46:40 GMT"
EARLIER = "Sun, 09 Sep 2001 01:46:39 GMT"
LATER = "Sun, 09 Sep 2001 01:46:41 GMT"
CONTENT = b"0123456789"


class Client:
    remote = "192.0.2.1"
    scheme = "http"


def make_request(
    method: str = "GET", target: str = "/", *lines: str, app: Application | None = None
) -> Request:
    block = "".join(f"{line}\r\n" for line in lines).encode("latin-1")
    fields = parse_fields(block, Limits())
    return Request(app or Application(), Client(), method, target, 1, fields, EMPTY_BODY)


def prepare(response: Response, method: str = "GET", *lines: str) -> Response:
    assert isinstance(response, FileResponse)
    return asyncio.run(response.prepare(make_request(method, "/x", *lines)))


def read(response: Response) -> bytes:
    """The part of the file that would be sent; closes the file, as the connection does."""
    body = response.body
    assert isinstance(body, FileBody)
    with body.file as file:
        file.seek(body.offset)
        return file.read(body.count)


def open_fds() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


def write(path: Path, content: bytes = CONTENT, modified_s: float = MODIFIED_S) -> Path:
    path.write_bytes(content)
    os.utime(path, (modified_s, modified_s))
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "digits.bin")


@pytest.fixture
def etag(file: Path) -> str:
    response = prepare(FileResponse(file))
    read(response)
    return response.headers["ETag"]


# -- The whole file ------------------------------------------------------------------------------


def test_whole_file(file: Path) -> None:
    response = prepare(FileResponse(str(file)))
    assert response.status == 200
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["Last-Modified"] == MODIFIED
    assert "Content-Range" not in response.headers
    assert response.content_type == "application/octet-stream"
    assert read(response) == CONTENT


def test_head_has_the_same_headers_and_a_file_to_close(file: Path) -> None:
    get, head = prepare(FileResponse(file)), prepare(FileResponse(file), "HEAD")
    heads = [encode_head(r, frame(r, 1), 1, False).split(b"Date:")[0] for r in (get, head)]
    assert heads[0] == heads[1]
    assert read(get) == read(head) == CONTENT


def test_empty_file(tmp_path: Path) -> None:
    response = prepare(FileResponse(write(tmp_path / "empty", b"")))
    assert (response.status, read(response)) == (200, b"")


def test_headers_cookies_and_reason_are_kept(file: Path) -> None:
    own = FileResponse(file, 404, "text/html", {"X-Own": "1"})
    own.set_cookie("seen", "1")
    own.reason = "Gone Fishing"
    response = prepare(own)
    head = encode_head(response, frame(response, 1), 1, False)
    assert head.startswith(b"HTTP/1.1 404 Gone Fishing\r\n")
    for line in (b"X-Own: 1", b"Set-Cookie: seen=1; Path=/", b"Content-Type: text/html; ch"):
        assert line in head
    assert read(response) == CONTENT


def test_another_status_has_neither_validators_nor_conditions_nor_ranges(file: Path) -> None:
    own = FileResponse(file, 404)
    response = prepare(own, "GET", "If-None-Match: *", "Range: bytes=0-1")
    assert response.status == 404
    assert not {"ETag", "Last-Modified", "Accept-Ranges"} & set(response.headers)
    assert read(response) == CONTENT


@pytest.mark.parametrize("status", [204, 304])
def test_status_without_content_is_refused(file: Path, status: int) -> None:
    with pytest.raises(ValueError, match="cannot have a file"):
        FileResponse(file, status)


def test_one_object_answers_many_requests(file: Path) -> None:
    own = FileResponse(file)
    part = prepare(own, "GET", "Range: bytes=2-3")
    whole = prepare(own)
    assert (read(part), read(whole)) == (b"23", CONTENT)
    assert "Content-Range" not in whole.headers
    assert not own.headers


# -- Content types -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a.html", b"text/html; charset=utf-8"),
        ("a.txt", b"text/plain; charset=utf-8"),
        ("a.png", b"image/png"),
        ("a.json", b"application/json"),
        ("a.tar.gz", b"application/gzip"),
        ("a.html.gz", b"application/gzip"),
        ("a.txt.bz2", b"application/octet-stream"),
        ("a", b"application/octet-stream"),
        ("data:,a.png", b"image/png"),
    ],
)
def test_guessed_content_type(tmp_path: Path, name: str, line: bytes) -> None:
    response = prepare(FileResponse(write(tmp_path / name)))
    read(response)
    head = encode_head(response, frame(response, 1), 1, False)
    assert b"\r\nContent-Type: " + line + b"\r\n" in head
    assert b"Content-Encoding" not in head


def test_compressed_file_is_sent_as_it_is(tmp_path: Path) -> None:
    packed = gzip.compress(CONTENT)
    assert read(prepare(FileResponse(write(tmp_path / "a.txt.gz", packed)))) == packed


def test_type_registered_by_the_application(tmp_path: Path) -> None:
    mimetypes.add_type("application/x-own", ".ownown")
    assert FileResponse(tmp_path / "a.ownown").content_type == "application/x-own"


def test_given_content_type_wins(file: Path) -> None:
    assert FileResponse(file, content_type="image/gif").content_type == "image/gif"


# -- What is no file -----------------------------------------------------------------------------


def test_missing_file_is_404(tmp_path: Path) -> None:
    response = prepare(FileResponse(tmp_path / "none"))
    assert isinstance(response, HTTPNotFound)
    assert response.text == "Could not find /x"


def test_directory_is_404(tmp_path: Path) -> None:
    before = open_fds()
    assert prepare(FileResponse(tmp_path)).status == 404
    assert open_fds() == before


def test_fifo_is_404_and_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert prepare(FileResponse(tmp_path / "fifo")).status == 404


def test_socket_is_404(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # socket addresses are short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        assert prepare(FileResponse(tmp_path / "socket")).status == 404


def test_device_is_404() -> None:
    assert prepare(FileResponse("/dev/null")).status == 404


def test_path_below_a_file_is_404(file: Path) -> None:
    assert prepare(FileResponse(file / "x")).status == 404


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file_is_404(file: Path) -> None:
    file.chmod(0)
    assert prepare(FileResponse(file)).status == 404


class Unreadable(FileResponse):
    """What opening does to everyone but root."""

    def _open(self):  # type: ignore[no-untyped-def]
        raise PermissionError(errno.EACCES, "Permission denied")


def test_permission_error_is_404(file: Path) -> None:
    assert prepare(Unreadable(file)).status == 404


def test_too_many_open_files_is_no_404(file: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    async def main() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
        try:
            await FileResponse(file).prepare(make_request())
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    with pytest.raises(OSError, match="Too many open files"):
        asyncio.run(main())


# -- Validators ----------------------------------------------------------------------------------


def etag_of(path: Path) -> str:
    response = prepare(FileResponse(path))
    read(response)
    return response.headers["ETag"]


def test_etag_is_strong_and_stable(file: Path, etag: str) -> None:
    assert etag[0] == etag[-1] == '"'
    assert etag_of(file) == etag
    assert f"{file.stat().st_ino}" not in etag


@pytest.mark.parametrize(
    ("content", "modified_s"), [(CONTENT + b"x", MODIFIED_S), (CONTENT, MODIFIED_S + 0.25)]
)
def test_etag_changes_with_size_and_time(
    file: Path, etag: str, content: bytes, modified_s: float
) -> None:
    assert etag_of(write(file, content, modified_s)) != etag


def test_etag_changes_when_the_file_is_replaced(tmp_path: Path, file: Path, etag: str) -> None:
    write(tmp_path / "new", CONTENT[::-1]).replace(file)
    assert etag_of(file) != etag


def test_fresh_file_is_weak_and_not_from_the_future(file: Path) -> None:
    write(file, CONTENT, time.time() + 3600)
    response = prepare(FileResponse(file))
    read(response)
    assert response.headers["ETag"].startswith('W/"')
    modified_s = parse_http_date(response.headers["Last-Modified"])
    assert modified_s is not None
    assert modified_s <= time.time()


def test_file_from_before_1970(file: Path) -> None:
    write(file, CONTENT, -1_000_000)
    response = prepare(FileResponse(file))
    read(response)
    assert response.headers["Last-Modified"] == "Thu, 01 Jan 1970 00:00:00 GMT"


def test_own_validators_win(file: Path) -> None:
    own = FileResponse(file, headers={"ETag": '"v1"', "Last-Modified": LATER})
    whole = prepare(own, "GET", 'If-None-Match: "v2"')
    assert (whole.headers["ETag"], whole.headers["Last-Modified"]) == ('"v1"', LATER)
    assert read(whole) == CONTENT
    assert prepare(own, "GET", 'If-None-Match: "v1"').status == 304
    assert prepare(own, "GET", f"If-Modified-Since: {LATER}").status == 304
    read(prepare(own, "GET", f"If-Modified-Since: {MODIFIED}"))


def test_own_last_modified_that_is_no_date_answers_no_condition(file: Path) -> None:
    own = FileResponse(file, headers={"Last-Modified": "yesterday"})
    response = prepare(own, "GET", f"If-Modified-Since: {LATER}", f"If-Unmodified-Since: {EARLIER}")
    assert response.status == 200
    read(response)


# -- Preconditions (RFC 9110 §13) ----------------------------------------------------------------

STRONG = Validators('"a"', MODIFIED_S, True)
WEAK = Validators('W/"a"', MODIFIED_S, False)


def judge(validators: Validators, *lines: str, method: str = "GET") -> int:
    return judge_preconditions(method, make_request("GET", "/", *lines).headers, validators)


@pytest.mark.parametrize(
    ("expected", "lines"),
    [
        (200, []),
        # If-Match, strong comparison
        (200, ["If-Match: *"]),
        (200, ['If-Match: "a"']),
        (200, ['If-Match: "b", "a"']),
        (200, ['If-Match: "b"', 'If-Match: "a"']),
        (412, ['If-Match: "b"']),
        (412, ['If-Match: W/"a"']),
        (412, ["If-Match: a"]),
        (412, ['If-Match: "x"a"y"']),
        # If-Unmodified-Since, only without If-Match
        (200, [f"If-Unmodified-Since: {MODIFIED}"]),
        (412, [f"If-Unmodified-Since: {EARLIER}"]),
        (200, ["If-Unmodified-Since: never"]),
        (200, [f"If-Unmodified-Since: {EARLIER}", f"If-Unmodified-Since: {EARLIER}"]),
        (200, ['If-Match: "a"', f"If-Unmodified-Since: {EARLIER}"]),
        # If-None-Match, weak comparison
        (304, ["If-None-Match: *"]),
        (304, ['If-None-Match: "a"']),
        (304, ['If-None-Match: W/"a"']),
        (304, ['If-None-Match: "b,", "a"']),
        (200, ['If-None-Match: "b"']),
        (200, ["If-None-Match: a"]),
        # If-Modified-Since, only without If-None-Match
        (304, [f"If-Modified-Since: {MODIFIED}"]),
        (304, [f"If-Modified-Since: {LATER}"]),
        (200, [f"If-Modified-Since: {EARLIER}"]),
        (200, ["If-Modified-Since: Sun, 09 Sep 2001 01:46:40"]),
        (200, [f"If-Modified-Since: {LATER}", f"If-Modified-Since: {LATER}"]),
        (200, ['If-None-Match: "b"', f"If-Modified-Since: {LATER}"]),
        # in this order
        (412, ['If-Match: "b"', 'If-None-Match: "a"']),
        (304, ['If-Match: "a"', 'If-None-Match: "a"']),
        (412, [f"If-Unmodified-Since: {EARLIER}", 'If-None-Match: "a"']),
        (304, [f"If-Unmodified-Since: {LATER}", f"If-Modified-Since: {LATER}"]),
    ],
)
def test_preconditions(expected: int, lines: list[str]) -> None:
    assert judge(STRONG, *lines) == expected
    assert judge(STRONG, *lines, method="HEAD") == expected
    assert judge(STRONG, *lines, method="POST") == 200


def test_weak_etag_never_matches_strongly() -> None:
    assert judge(WEAK, 'If-Match: W/"a"') == judge(WEAK, 'If-Match: "a"') == 412
    assert judge(WEAK, 'If-None-Match: W/"a"') == judge(WEAK, 'If-None-Match: "a"') == 304


class Keeping(FileResponse):
    """Remembers its file, so that only a close() closes it."""

    def _open(self):  # type: ignore[no-untyped-def]
        self.kept = super()._open()
        return self.kept


@pytest.mark.parametrize(
    ("status", "line"),
    [(304, "If-None-Match: *"), (412, 'If-Match: "b"'), (416, "Range: bytes=99-")],
)
def test_response_without_the_file_closes_it(file: Path, status: int, line: str) -> None:
    own = Keeping(file)
    assert prepare(own, "GET", line).status == status
    assert own.kept.file.closed


def test_not_modified_repeats_what_caches_need(file: Path, etag: str) -> None:
    headers = {"Cache-Control": "no-cache", "Vary": "Accept", "Content-Language": "de",
               "Content-Encoding": "br", "Content-Type": "text/html"}  # fmt: skip
    own = FileResponse(file, headers=headers)
    own.set_cookie("seen", "1")
    response = prepare(own, "GET", f"If-None-Match: {etag}", "Range: bytes=0-1")
    assert (response.status, response.body) == (304, b"")
    assert dict(response.headers) == {
        "Cache-Control": "no-cache", "Vary": "Accept", "ETag": etag, "Last-Modified": MODIFIED,
        "Accept-Ranges": "bytes",
    }  # fmt: skip
    assert b"Set-Cookie: seen=1" in encode_head(response, frame(response, 1), 1, False)


def test_own_reason_belongs_to_the_own_status(file: Path) -> None:
    own = FileResponse(file)
    own.reason = "Fine"
    part = prepare(own, "GET", "Range: bytes=0-0")
    assert part.reason == "Partial Content"
    read(part)


# -- Ranges (RFC 9110 §14) -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "part", "content_range"),
    [
        ("bytes=0-0", b"0", "bytes 0-0/10"),
        ("bytes=2-5", b"2345", "bytes 2-5/10"),
        ("bytes=0-9", CONTENT, "bytes 0-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
        (f"bytes=8-{'9' * 600}", b"89", "bytes 8-9/10"),
        ("bytes=9-", b"9", "bytes 9-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=-99", CONTENT, "bytes 0-9/10"),
        ("Bytes=1-1", b"1", "bytes 1-1/10"),
        ("bytes=, 1-2 ,", b"12", "bytes 1-2/10"),
    ],
)
def test_one_range(file: Path, value: str, part: bytes, content_range: str) -> None:
    response = prepare(FileResponse(file), "GET", f"Range: {value}")
    assert response.status == 206
    assert response.headers["Content-Range"] == content_range
    assert {"ETag", "Last-Modified", "Accept-Ranges"} <= set(response.headers)
    assert read(response) == part


@pytest.mark.parametrize("value", ["bytes=10-", "bytes=10-12", "bytes=-0", f"bytes={'9' * 600}-"])
def test_unsatisfiable_range(file: Path, value: str) -> None:
    response = prepare(FileResponse(file), "GET", f"Range: {value}")
    assert response.status == 416
    assert response.headers["Content-Range"] == "bytes */10"


@pytest.mark.parametrize(
    "value",
    [
        "bytes=0-1,3-4", "bytes=5-4", "bytes=-", "bytes=", "bytes", "bytes=a-b", "bytes=0x1-2",
        "bytes=--1", "bytes=1", "bytes = 0-1", "lines=0-1", "bytes=+1-2", "bytes=1-2-3",
        f"bytes={'9' * 5000}-", "bytes=0-1, 3", "0-1", "bytes=\xb2-",
    ],
)  # fmt: skip
def test_range_to_ignore(file: Path, value: str) -> None:
    response = prepare(FileResponse(file), "GET", f"Range: {value}")
    assert (response.status, read(response)) == (200, CONTENT)


def test_two_range_lines_are_several_ranges(file: Path) -> None:
    response = prepare(FileResponse(file), "GET", "Range: bytes=0-1", "Range: bytes=3-4")
    assert (response.status, read(response)) == (200, CONTENT)


@pytest.mark.parametrize("method", ["HEAD", "POST"])
def test_range_of_another_method_is_ignored(file: Path, method: str) -> None:
    response = prepare(FileResponse(file), method, "Range: bytes=0-1")
    assert (response.status, read(response)) == (200, CONTENT)


@pytest.mark.parametrize(
    ("value", "status"), [("bytes=0-", 416), ("bytes=-5", 200), ("bytes=-0", 416)]
)
def test_ranges_of_an_empty_file(tmp_path: Path, value: str, status: int) -> None:
    response = prepare(FileResponse(write(tmp_path / "empty", b"")), "GET", f"Range: {value}")
    assert response.status == status
    if status == 200:
        assert read(response) == b""


@pytest.mark.parametrize(
    ("validators", "value", "is_part"),
    [
        (STRONG, '"a"', True),
        (STRONG, '"b"', False),
        (STRONG, 'W/"a"', False),
        (STRONG, '"a", "b"', False),
        (STRONG, MODIFIED, True),
        (STRONG, EARLIER, False),
        (STRONG, LATER, False),
        (STRONG, "never", False),
        (WEAK, 'W/"a"', False),
        (WEAK, '"a"', False),
        (WEAK, MODIFIED, False),
        (Validators('"a"', None, True), "never", False),
    ],
)
def test_if_range(validators: Validators, value: str, is_part: bool) -> None:
    headers = make_request("GET", "/", "Range: bytes=1-2", f"If-Range: {value}").headers
    assert requested_range(headers, validators, 10) == (range(1, 3) if is_part else None)


def test_two_if_range_lines_are_no_validator() -> None:
    lines = ("Range: bytes=1-2", 'If-Range: "a"', 'If-Range: "b"')
    assert requested_range(make_request("GET", "/", *lines).headers, STRONG, 10) is None


def test_if_range_of_another_version_gets_the_whole_file(file: Path, etag: str) -> None:
    lines = ("Range: bytes=0-1", "If-Range: ")
    assert read(prepare(FileResponse(file), "GET", lines[0], lines[1] + etag)) == b"01"
    assert read(prepare(FileResponse(file), "GET", lines[0], lines[1] + '"b"')) == CONTENT
    # An unsatisfiable range is ignored like any other.
    response = prepare(FileResponse(file), "GET", "Range: bytes=99-", lines[1] + '"b"')
    assert read(response) == CONTENT


# -- Dates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"],
)
def test_three_forms_of_a_date(value: str) -> None:
    assert parse_http_date(value) == 784111777


@pytest.mark.parametrize(
    "value",
    [
        "", "0", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 +0100",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT\n",
        "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
    ],
)  # fmt: skip
def test_no_date(value: str) -> None:
    assert parse_http_date(value) is None


@pytest.mark.parametrize(("ahead", "meant"), [(0, 0), (50, 50), (51, -49)])  # until 2049
def test_two_digit_year(ahead: int, meant: int) -> None:
    """RFC 9110 §5.6.7: more than 50 years in the future is in the past."""
    this_year = datetime.now(UTC).year
    seconds = parse_http_date(f"Sunday, 06-Nov-{(this_year + ahead) % 100:02} 08:49:37 GMT")
    assert seconds is not None
    assert datetime.fromtimestamp(seconds, UTC).year == this_year + meant


def test_date_as_we_send_it() -> None:
    assert parse_http_date(formatdate(MODIFIED_S, usegmt=True)) == MODIFIED_S


# -- Static files --------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "sub" / "deep").mkdir(parents=True)
    write(root / "a.txt", b"a")
    write(root / "sub" / "b.txt", b"b")
    write(root / "sub" / "deep" / "c d.txt", b"c")
    write(root / "ü.txt", b"u")
    write(root / "..dots", b"d")
    write(tmp_path / "secret.txt", b"secret")
    return root


def fetch(app: Application, target: str, method: str = "GET") -> Response:
    async def main() -> Response:
        request = make_request(method, target, app=app)
        response = await respond(app, request)
        return response if response.prepare is None else await response.prepare(request)

    return asyncio.run(main())


def static_app(root: Path, *, follow_symlinks: bool = False) -> Application:
    app = Application()
    add_static(app, "/static", root, follow_symlinks=follow_symlinks)
    return app


@pytest.fixture(params=[False, True], ids=["no-links", "follow-links"])
def app(root: Path, request: pytest.FixtureRequest) -> Iterator[Application]:
    before = open_fds()
    yield static_app(root, follow_symlinks=request.param)
    assert open_fds() == before


@pytest.mark.parametrize(
    ("target", "content"),
    [
        ("/static/a.txt", b"a"),
        ("/static/sub/b.txt", b"b"),
        ("/static/sub/deep/c%20d.txt", b"c"),
        ("/static/%C3%BC.txt", b"u"),
        ("/static/..dots", b"d"),
        ("/static/%61.txt?v=2", b"a"),
    ],
)
def test_static_file(app: Application, target: str, content: bytes) -> None:
    response = fetch(app, target)
    assert (response.status, read(response)) == (200, content)


def test_static_head(app: Application) -> None:
    response = fetch(app, "/static/a.txt", "HEAD")
    assert response.content_type == "text/plain"
    assert read(response) == b"a"


def test_static_is_for_get_and_head(app: Application) -> None:
    assert fetch(app, "/static/a.txt", "POST").status == 405


@pytest.mark.parametrize(
    "path",
    [
        "", "sub", "sub/", "sub/deep", "a.txt/", "a.txt/x", "none", "none/a.txt", ".", "./a.txt",
        "..", "../secret.txt", "sub/../a.txt", "sub/../../secret.txt", "%2e%2e/secret.txt",
        "%2E%2E%2Fsecret.txt", "..%2fsecret.txt", "sub%2Fb.txt", "sub%2fb.txt", "/a.txt",
        "//etc/passwd", "%2Fetc%2Fpasswd", "/etc/passwd", "sub//b.txt", "..%5Csecret.txt",
        "sub%5cb.txt", "..\\secret.txt", "a.txt%00", "%00", "a.txt%00.png", "n" * 300,
        "n/" * 3000, "%FF", "%ED%A0%80", "sub/%2e%2e/a.txt",
    ],
)  # fmt: skip
def test_static_404(app: Application, path: str) -> None:
    assert fetch(app, f"/static/{path}").status == 404


def test_backslash_in_a_name_is_404(root: Path, app: Application) -> None:
    write(root / "a\\b")
    assert fetch(app, "/static/a%5Cb").status == 404


def test_name_that_cannot_be_encoded_is_404(root: Path) -> None:
    async def main() -> None:
        request = make_request("GET", "/x")
        request.match_info = {"path": "\ud800"}
        with pytest.raises(HTTPNotFound):
            await static_handler(root)(request)

    asyncio.run(main())


def test_encoded_slash_before_the_tail_is_not_ours(root: Path) -> None:
    app = Application()
    add_static(app, "/u/{user}/s%2Ft", root)
    assert read(fetch(app, "/u/a%2Fb/s%2Ft/sub/b.txt")) == b"b"
    assert fetch(app, "/u/a%2Fb/s%2Ft/sub%2Fb.txt").status == 404


def test_fifo_under_a_root_is_404(root: Path, app: Application) -> None:
    os.mkfifo(root / "fifo")
    assert fetch(app, "/static/fifo").status == 404


def link(root: Path) -> None:
    (root / "in.txt").symlink_to("a.txt")
    (root / "in").symlink_to("sub")
    (root / "absolute.txt").symlink_to(root / "a.txt")
    (root / "out.txt").symlink_to(root.parent / "secret.txt")
    (root / "up").symlink_to("..")
    (root / "self").symlink_to(".")
    (root / "loop").symlink_to("loop")
    (root / "dangling").symlink_to("none")


LINKS = {
    "in.txt": b"a", "in/b.txt": b"b", "in/deep/c%20d.txt": b"c", "absolute.txt": b"a",
    "self/a.txt": b"a",
    "out.txt": None, "up/secret.txt": None, "up/root/a.txt": None, "self": None, "loop": None,
    "loop/a.txt": None, "dangling": None, "up": None,
}  # fmt: skip


@pytest.mark.parametrize("path", LINKS)
def test_symbolic_links_are_404(root: Path, path: str) -> None:
    link(root)
    assert fetch(static_app(root), f"/static/{path}").status == 404


# Leaving the root and coming back leads to a file inside it: that is allowed.
@pytest.mark.parametrize(("path", "content"), (LINKS | {"up/root/a.txt": b"a"}).items())
def test_followed_links_stay_inside(root: Path, path: str, content: bytes | None) -> None:
    link(root)
    response = fetch(static_app(root, follow_symlinks=True), f"/static/{path}")
    if content is None:
        assert response.status == 404
    else:
        assert read(response) == content


def test_root_whose_name_begins_like_another(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root-secret").mkdir()
    write(tmp_path / "root-secret" / "a.txt")
    (tmp_path / "root" / "out").symlink_to(tmp_path / "root-secret")
    app = static_app(tmp_path / "root", follow_symlinks=True)
    assert fetch(app, "/static/out/a.txt").status == 404


@pytest.mark.parametrize("follow_symlinks", [False, True])
def test_root_may_be_a_link_that_moves(tmp_path: Path, root: Path, follow_symlinks: bool) -> None:
    current = tmp_path / "current"
    current.symlink_to(root)
    app = static_app(current, follow_symlinks=follow_symlinks)
    assert read(fetch(app, "/static/a.txt")) == b"a"
    (tmp_path / "next").mkdir()
    write(tmp_path / "next" / "a.txt", b"next")
    current.unlink()
    current.symlink_to(tmp_path / "next")
    assert read(fetch(app, "/static/a.txt")) == b"next"


def test_relative_root_is_fixed_at_registration(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root.parent)
    app = static_app(Path("root"))
    monkeypatch.chdir("/")
    assert read(fetch(app, "/static/a.txt")) == b"a"


def test_middlewares_see_the_404(root: Path) -> None:
    seen: list[int] = []

    async def watch(request: Request, handler) -> Response:  # type: ignore[no-untyped-def]
        try:
            return await handler(request)  # type: ignore[no-any-return]
        except HTTPNotFound as exc:
            seen.append(exc.status)
            raise

    app = Application(middlewares=[watch])
    add_static(app, "/static", root)
    for path in ("none", "..", "sub"):
        assert fetch(app, f"/static/{path}").status == 404
    assert seen == [404] * 3


def test_static_response_can_be_sent_again(root: Path) -> None:
    async def main() -> list[bytes]:
        request = make_request("GET", "/a.txt")
        request.match_info = {"path": "a.txt"}
        response = await static_handler(root)(request)
        assert isinstance(response, FileResponse)
        return [read(await response.prepare(request)) for _ in range(2)]

    assert asyncio.run(main()) == [b"a", b"a"]


def test_file_removed_after_it_was_opened_is_still_sent(root: Path) -> None:
    async def main() -> bytes:
        request = make_request("GET", "/a.txt")
        request.match_info = {"path": "a.txt"}
        response = await static_handler(root)(request)
        assert isinstance(response, FileResponse)
        (root / "a.txt").unlink()
        return read(await response.prepare(request))

    assert asyncio.run(main()) == b"a"


def test_add_static_to_a_router(root: Path) -> None:
    router = UrlDispatcher()
    route = add_static(router, "/static/", root, name="static")
    assert isinstance(route, Route)
    assert (route.method, route.path, route.name) == ("GET", "/static/{path:path}", "static")
    assert str(route.url_for(path="sub/b.txt")) == "/static/sub/b.txt"
    assert router.resolve("HEAD", "/static/a.txt").route is route


def test_add_static_at_the_top(root: Path) -> None:
    app = Application()
    add_static(app, "/", root)
    assert read(fetch(app, "/a.txt")) == b"a"


@pytest.mark.parametrize("name", ["none", "a.txt"])
def test_root_that_is_no_directory_is_refused(root: Path, name: str) -> None:
    router = UrlDispatcher()
    with pytest.raises(ValueError, match="is not a directory"):
        add_static(router, "/static", root / name)
    assert router.resolve("GET", "/static/a.txt").route is None


def test_prefix_without_slash_is_refused(root: Path) -> None:
    with pytest.raises(RouteError):
        add_static(UrlDispatcher(), "static", root)
