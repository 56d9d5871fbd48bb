"""Every bound that the server puts on its clients, in one place.

Owns the numbers and their meaning; the modules that enforce them say how.
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Bounds on what one client may cost; sizes in bytes, times in seconds.

    The sizes follow what deployed servers take by default (8 KiB a line in Apache and nginx,
    100 fields in Apache and Go's proxies), so that a client that works elsewhere works here.

    Raises ValueError for a bound that is not positive.
    """

    request_line_bytes: int = 8192
    """Method, target and version without CRLF; longer: 414."""
    field_bytes: int = 8192
    """One header field, name and value; larger: 431."""
    field_count: int = 100
    """Header fields in one request; more: 431."""
    fields_bytes: int = 32768
    """All header field lines of one request together; more: 431."""
    chunk_extension_bytes: int = 1024
    """Extensions on one chunk-size line; longer: 400."""
    trailer_bytes: int = 8192
    """All trailer field lines of one request together; more: 431."""
    pipelined_requests: int = 32
    """Requests of one connection that are read and not yet answered; then reading pauses."""
    body_buffer_bytes: int = 65536
    """Body bytes held for a handler that has not asked for them; then reading pauses."""
    unread_body_bytes: int = 65536
    """Body left unread by its handler that is read and dropped to keep the connection."""
    connections: int = 10_000
    """Open connections; one more is answered 503 and closed."""

    header_timeout_s: float = 10.0
    """From the first byte of a request (or the connection's start) to the end of its head: 408."""
    keepalive_timeout_s: float = 75.0
    """Between the end of an answer and the next request; then the connection is closed."""
    body_timeout_s: float = 30.0
    """Without one body byte while a handler waits for some; then 408."""
    write_timeout_s: float = 60.0
    """Without the client taking any of what is sent; then the connection is cut."""
    half_closed_timeout_s: float = 1.0
    """How long a handler may go on after the client closed its sending side.

    TCP shows the same FIN for a client that still listens and for one that is gone, so a handler
    gets this long to begin its answer before it is cancelled.
    """
    linger_timeout_s: float = 2.0
    """How long input is read and dropped after the last answer, so that the client can read it."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not value > 0:
                raise ValueError(f"{field.name} must be positive, not {value!r}")
