"""Files of a folder as responses.

Owns the way from the target of a request to a file, which must not lead out of the folder.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path
from urllib.parse import unquote

from .request import Request
from .response import HttpError, Response


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
        if request.method not in ("GET", "HEAD"):
            raise HttpError(405, headers=[("Allow", "GET, HEAD")])
        name = unquote(request.raw_path[len(self._prefix) :])
        path = self._path(name, request.faults)
        if not path.is_file():
            raise HttpError(404)
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return Response(path.read_bytes(), content_type=kind)

    def _path(self, name: str, faults: frozenset[str]) -> Path:
        if "\0" in name:
            raise HttpError(404)
        if "path-traversal" in faults:
            return Path(f"{self._root}/{name}")
        path = (self._root / name.lstrip("/")).resolve()
        if not path.is_relative_to(self._root):
            raise HttpError(404)
        return path
