"""What a reader of HTTP/1.1 makes of the octets of one connection.

Owns the values that opinions are compared by. Reads nothing itself.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class End(Enum):
    """Why a reading ends where it does."""

    BETWEEN = "between requests"  # the octets end with a request, or there are none
    INCOMPLETE = "incomplete"  # a request has begun and may still become a valid one
    LAST = "last"  # the last request says that no other follows; what is behind it is not read
    REFUSED = "refused"


class Request(NamedTuple):
    """A request as it was read.

    minor   of the version, 1 for a higher one
    fields  names in lower case, values without white space around them, in order; no trailers
    body    decoded, as far as it came
    whole   its body came to its end
    """

    method: bytes
    target: bytes
    minor: int
    fields: tuple[tuple[bytes, bytes], ...]
    body: bytes
    whole: bool = True


class Reading(NamedTuple):
    """The requests of a connection, those with an incomplete body included, and how it ends.

    reason  why it was refused, in the reader's words, without anything of the input
    status  the response status of the refusal, where the reader has one
    """

    requests: tuple[Request, ...]
    end: End
    reason: str = ""
    status: int = 0
