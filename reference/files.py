"""Files as responses: one file, or a directory of static ones.

Owns how files are opened safely and their validators (RFC 9110 §8.8). Sends nothing:
`FileResponse.prepare` decides what is sent.
Needs a POSIX system: names are opened relative to open directories.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import mimetypes
import os
import stat
import time
from collections.abc import Mapping
from email.utils import formatdate
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from multidict import CIMultiDict

from .conditional import Validators, judge_preconditions, parse_http_date, requested_range
from .exceptions import (
    HTTPException,
    HTTPNotFound,
    HTTPPreconditionFailed,
    HTTPRangeNotSatisfiable,
)
from .response import FileBody, Response, has_content
from .route import Route
from .router import UrlDispatcher

if TYPE_CHECKING:
    from .application import Application
    from .request import Request
    from .types import Handler

_UNOPENED = FileBody(BytesIO(), 0, 0)
"""The body of every FileResponse until it is prepared."""


class FileResponse(Response):
    """The content of a regular file, opened when the response is about to be sent.

    With status 200, to GET and HEAD, preconditions are answered (304, 412), to GET also one byte
    range (206, 416); validators come from the file unless `headers` has an ETag or Last-Modified.
    A file that is missing, unreadable or not regular is 404: RFC 9110 §15.5.4 lets a server hide
    what it may not show.

    The content type is guessed from the name, text in UTF-8. A compressed file (`x.tar.gz`) is
    sent as what it is, application/gzip, and not as a tar with a Content-Encoding that clients
    would undo. The object keeps nothing of a request, so it may be returned many times.

    Raises ValueError as `Response` does, and for a status that has no content.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        status: int = 200,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(None, status, content_type or _guess_type(path), headers)
        if not has_content(self.status):
            raise ValueError(f"a response with status {self.status} cannot have a file")
        self._body = _UNOPENED
        self._path = path
        self._opened: _OpenFile | None = None

    def _open(self) -> _OpenFile:
        return _open_regular(self._path)

    async def prepare(self, request: Request) -> Response:
        """The response to send: with a `FileBody`, or without a file (304, 404, 412, 416).

        Raises OSError when opening fails for a reason that is the server's own.
        """
        opened, self._opened = self._opened, None
        if opened is None:
            try:
                opened = await asyncio.to_thread(self._open)
            except OSError as exc:
                return _not_found(exc, request)
        return self._answer(request, opened)

    def _answer(self, request: Request, opened: _OpenFile) -> Response:
        headers = CIMultiDict(self.headers)
        if self.status != 200:
            # RFC 9110 §13.2.1 and §14.2: conditions and ranges are about what would be a 200.
            return self._with_file(self.status, headers, opened, range(opened.size))
        validators = _add_validators(headers, opened.status)
        headers["Accept-Ranges"] = "bytes"
        verdict = judge_preconditions(request.method, request.headers, validators)
        if verdict != 200:
            opened.file.close()
            return self._not_modified(headers) if verdict == 304 else HTTPPreconditionFailed()
        # RFC 9110 §14.2: "GET is the only method for which range handling is defined."
        part = None
        if request.method == "GET":
            part = requested_range(request.headers, validators, opened.size)
        if part is None:
            return self._with_file(200, headers, opened, range(opened.size))
        if not part:
            opened.file.close()
            return HTTPRangeNotSatisfiable(headers={"Content-Range": f"bytes */{opened.size}"})
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{opened.size}"
        return self._with_file(206, headers, opened, part)

    def _with_file(
        self, status: int, headers: CIMultiDict[str], opened: _OpenFile, part: range
    ) -> Response:
        response = Response(None, status, self.content_type, headers)
        response.body = FileBody(opened.file, part.start, len(part))
        response._cookies = self._cookies
        response._reason = self._reason if status == self.status else None
        return response

    def _not_modified(self, headers: CIMultiDict[str]) -> Response:
        # RFC 9110 §15.4.5: what the 200 would say about caching is repeated; "a sender SHOULD NOT
        # generate representation metadata other than the above listed fields".
        for name in ("Content-Type", "Content-Encoding", "Content-Language"):
            headers.pop(name, None)
        response = Response(None, 304, None, headers)
        response._cookies = self._cookies
        return response


def _guess_type(path: str | os.PathLike[str]) -> str:
    # The slash keeps a file named "data:…" from being read as a URL that names its own type.
    content_type, encoding = mimetypes.guess_type("/" + os.path.basename(path))
    if encoding is not None:
        return "application/gzip" if encoding == "gzip" else "application/octet-stream"
    return content_type or "application/octet-stream"


def _add_validators(headers: CIMultiDict[str], status: os.stat_result) -> Validators:
    """Set the ETag and Last-Modified that the application has not set itself.

    The tag is made of inode, size and modification time, hashed as the inode is nobody's business.
    It is weak during the file's first second: clocks of file systems are coarse, and another
    change could leave all three the same (RFC 9110 §8.8.1).
    """
    now = time.time()
    is_strong = now - status.st_mtime >= 1
    if "ETag" not in headers:
        version = f"{status.st_ino}-{status.st_size}-{status.st_mtime_ns}".encode()
        opaque = hashlib.blake2b(version, digest_size=12).hexdigest()
        headers["ETag"] = f'"{opaque}"' if is_strong else f'W/"{opaque}"'
    if "Last-Modified" not in headers:
        # RFC 9110 §8.8.2.1: a Last-Modified later than the Date MUST NOT be sent.
        modified_s = min(max(int(status.st_mtime), 0), int(now))
        headers["Last-Modified"] = formatdate(modified_s, usegmt=True)
    return Validators(headers["ETag"], parse_http_date(headers["Last-Modified"]), is_strong)


# -- Opening ---------------------------------------------------------------------------------------


class _OpenFile(NamedTuple):
    """A regular file and its status, taken from the open file and not from its name."""

    file: BinaryIO
    status: os.stat_result

    @property
    def size(self) -> int:
        return self.status.st_size


# Without O_NONBLOCK, opening a FIFO would wait for somebody to write to it.
_OPEN_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY
_OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY

# Everything that means "no such file for you". Too many open files and failing disks are not
# among it: a 404 for those would be believed and kept.
_ABSENT = {
    errno.EACCES, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOENT, errno.ENOTDIR, errno.ENXIO,
}  # fmt: skip


def _not_found(exc: OSError, request: Request) -> HTTPException:
    """The 404 for a failed opening. Raises `exc` when that was not the client's choice of file."""
    if exc.errno not in _ABSENT:
        raise exc
    return HTTPNotFound(reason=f"Could not find {request.raw_path}")


def _open_regular(
    path: str | os.PathLike[str], extra_flags: int = 0, dir_fd: int | None = None
) -> _OpenFile:
    """Raises OSError, also for directories, FIFOs, sockets and devices."""
    fd = os.open(path, _OPEN_FILE | extra_flags, dir_fd=dir_fd)
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise FileNotFoundError(errno.ENOENT, "not a regular file", os.fspath(path))
        return _OpenFile(open(fd, "rb"), status)
    except BaseException:
        os.close(fd)
        raise


def _open_beneath(root: str | os.PathLike[str], names: list[str]) -> _OpenFile:
    """Open the file that `names` lead to from `root`, refusing every symbolic link on the way.

    Each name is looked up in the directory that is open already, so nobody who renames or links
    things meanwhile can lead the walk out of `root`. Raises OSError as `_open_regular` does.
    """
    fd = os.open(root, _OPEN_DIRECTORY)
    try:
        for name in names[:-1]:
            parent, fd = fd, os.open(name, _OPEN_DIRECTORY | os.O_NOFOLLOW, dir_fd=fd)
            os.close(parent)
        return _open_regular(names[-1], os.O_NOFOLLOW, fd)
    finally:
        os.close(fd)


# -- Static files ----------------------------------------------------------------------------------


class _StaticFile(FileResponse):
    """The file that `names` lead to from `root`, by way of symbolic links inside it or of none."""

    def __init__(self, root: Path, names: list[str], follow_symlinks: bool) -> None:
        super().__init__(names[-1])
        self._root = root
        self._names = names
        self._follow_symlinks = follow_symlinks

    def _open(self) -> _OpenFile:
        if not self._follow_symlinks:
            return _open_beneath(self._root, self._names)
        # What is resolved has no links left, so the same walk opens it without a race.
        root = os.path.realpath(self._root, strict=True)
        target = os.path.realpath(os.path.join(root, *self._names), strict=True)
        inside = os.path.relpath(target, root).split(os.sep)
        if inside[0] == os.pardir:
            raise FileNotFoundError(errno.ENOENT, "outside of the static root", target)
        return _open_beneath(root, inside)


def static_handler(root: str | os.PathLike[str], *, follow_symlinks: bool = False) -> Handler:
    """A handler for the files under the directory `root`, named by `match_info["path"]`.

    Everything else is 404: directories, names with "." or "..", empty names, encoded slashes,
    backslashes, NUL and, unless `follow_symlinks`, symbolic links; with it, those that lead out of
    `root`. `root` may itself be a link, which is followed anew by each request.

    Raises ValueError for a root that is no directory.
    """
    directory = Path(root).absolute()
    if not directory.is_dir():
        raise ValueError(f"the static root {directory} is not a directory")

    async def serve_file(request: Request) -> Response:
        names = _names_in(request)
        if names is None:
            raise HTTPNotFound(reason=f"Could not find {request.raw_path}")
        response = _StaticFile(directory, names, follow_symlinks)
        try:
            # Opened here and not in `prepare`, so that middlewares see the 404.
            response._opened = await asyncio.to_thread(response._open)
        except OSError as exc:
            raise _not_found(exc, request) from exc
        return response

    return serve_file


def _names_in(request: Request) -> list[str] | None:
    """The names that the tail of the path consists of; None when one cannot be that of a file."""
    names = request.match_info["path"].split("/")
    # An encoded slash is data (RFC 3986 §2.2), and no file has one in its name. The tail is what
    # the last segments hold; one that has such a slash only makes us look further to the left.
    sent = request.raw_path.split("/")[-len(names) :]
    if any("%2f" in segment.lower() for segment in sent):
        return None
    for name in names:
        if name in ("", os.curdir, os.pardir) or "\\" in name or "\0" in name:
            return None
        try:
            os.fsencode(name)
        except UnicodeEncodeError:
            return None
    return names


def add_static(
    app_or_router: Application | UrlDispatcher,
    prefix: str,
    root: str | os.PathLike[str],
    *,
    name: str | None = None,
    follow_symlinks: bool = False,
) -> Route:
    """Serve the files under `root` below the path `prefix`, to GET and HEAD.

        add_static(app, "/static", "assets", name="static")

    Raises ValueError for a root that is no directory (see `static_handler`), and RouteError as
    `UrlDispatcher.add_route` does.
    """
    router = app_or_router if isinstance(app_or_router, UrlDispatcher) else app_or_router.router
    handler = static_handler(root, follow_symlinks=follow_symlinks)
    return router.add_get(prefix.rstrip("/") + "/{path:path}", handler, name=name)
