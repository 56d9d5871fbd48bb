"""Access log lines.

The line holds nothing that a client could use to forge another, or a part of its own: method and
target are visible ASCII by the time a request exists (the parser saw to it), quotes are escaped,
and no header is logged.
"""

from __future__ import annotations

import logging

from .request import Request
from .response import Response, has_content


def log_access(
    logger: logging.Logger, request: Request, response: Response, duration_s: float
) -> None:
    """One line: client, request line, status, body bytes ("-" when streamed), milliseconds."""
    body = response.body
    size = str(len(body)) if isinstance(body, bytes) else "-"
    logger.info(
        '%s "%s %s HTTP/%s" %d %s %.1f',
        request.remote or "-",
        request.method,
        request.target.replace('"', "%22"),
        request.version,
        response.status,
        size if request.method != "HEAD" and has_content(response.status) else "0",
        duration_s * 1000,
    )
