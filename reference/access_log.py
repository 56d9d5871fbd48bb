"""Access log lines.

The line holds nothing that a client could use to forge another: method and target are visible
ASCII by the time a request exists (the parser saw to it), and no header is logged.
"""

from __future__ import annotations

import logging

from .request import Request
from .response import Response


def log_access(
    logger: logging.Logger, request: Request, response: Response, duration_s: float
) -> None:
    """One line: client, request line, status, body bytes ("-" when streamed), milliseconds."""
    body = response.body
    logger.info(
        '%s "%s %s HTTP/%s" %d %s %.1f',
        request.remote or "-",
        request.method,
        request.target,
        request.version,
        response.status,
        len(body) if isinstance(body, bytes) else "-",
        duration_s * 1000,
    )
