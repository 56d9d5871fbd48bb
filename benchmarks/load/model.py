"""What a load is asked for and what it did: `Job` and `Load`, both ways between Python and JSON.

Octets travel as text of their code points (latin-1), so that every octet survives. Data alone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from benchmarks.command import Refused
from benchmarks.load.histogram import Histogram

PLACEHOLDER = b"{count}"
"""Replaced for each request by a number of seven digits that counts up."""
COUNTS = 10_000_000


@dataclass(frozen=True)
class Job:
    """A load on one server.

    `request` is a whole request, `pipeline` copies of which are sent before the answers are read,
    on each of `connections` connections; with `new_connection`, one request on each connection.
    Every answer must have `status` and `body` (None: any body). `accepts` says how the bodies are
    compared: "exact", octet by octet, or "json", as documents. `rate_per_s` makes requests due at
    constant spacing whatever the server does; without it, a request follows the answer before it.
    An answer may take `answer_timeout_s`.
    """

    host: str
    port: int
    request: bytes
    status: int
    body: bytes | None
    pipeline: int = 1
    connections: int = 64
    new_connection: bool = False
    duration_s: float = 1.0
    rate_per_s: float | None = None
    accepts: str = "exact"
    answer_timeout_s: float = 10.0

    def __post_init__(self) -> None:
        """Raises Refused for a job that no engine can do."""
        if self.pipeline < 1 or self.connections < 1:
            raise Refused("a load needs a connection and a request on it")
        if self.duration_s <= 0 or self.answer_timeout_s <= 0:
            raise Refused("a load and an answer need some time")
        if self.accepts not in ("exact", "json"):
            raise Refused(f"bodies are accepted as exact or json, not {self.accepts!r}")
        if self.pipeline > 1 and (self.new_connection or self.rate_per_s is not None):
            raise Refused("pipelined requests go with neither new connections nor a fixed rate")
        if self.rate_per_s is not None and self.rate_per_s <= 0:
            raise Refused(f"a rate is more than nothing, not {self.rate_per_s}")

    @property
    def is_varied(self) -> bool:
        return PLACEHOLDER in self.request

    def to_json(self) -> dict[str, Any]:
        document = asdict(self)
        document["request"] = self.request.decode("latin-1")
        document["body"] = None if self.body is None else self.body.decode("latin-1")
        return document

    @classmethod
    def from_json(cls, document: Any) -> Job:
        """Raises Refused where the document is not a job."""
        if not isinstance(document, dict):
            raise Refused(f"a job is a JSON object, not {document!r:.80}")
        unknown = document.keys() - {field.name for field in fields(cls)}
        if unknown:
            raise Refused(f"a job has no {sorted(unknown)}")
        try:
            request, body = document["request"], document["body"]
            octets = {
                "request": request.encode("latin-1"),
                "body": None if body is None else body.encode("latin-1"),
            }
            return cls(**{**document, **octets})
        except (KeyError, TypeError, AttributeError, UnicodeEncodeError) as error:
            raise Refused(f"not a job: {error!r}") from error


@dataclass(frozen=True)
class Load:
    """What one run of an engine did. Each of `requests` was answered as it should be.

    `read_bytes` counts all octets of the answers. `client_cpu_s` is what the engine's own process
    used of its processor. `errors` are what the engine says of sockets, word for word; a load
    with errors is never handed out. `latency` is there where a rate was fixed.
    """

    requests: int
    read_bytes: int
    duration_s: float
    client_cpu_s: float
    errors: tuple[str, ...] = ()
    latency: Histogram | None = None

    @property
    def rate_per_s(self) -> float:
        return self.requests / self.duration_s

    @property
    def client_busy(self) -> float:
        """The share of its processor that the engine used."""
        return self.client_cpu_s / self.duration_s

    def to_json(self) -> dict[str, Any]:
        return {
            "requests": self.requests,
            "read_bytes": self.read_bytes,
            "duration_s": self.duration_s,
            "client_cpu_s": self.client_cpu_s,
            "errors": list(self.errors),
            "latency": None if self.latency is None else self.latency.to_json(),
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Load:
        latency = document["latency"]
        return cls(
            requests=document["requests"],
            read_bytes=document["read_bytes"],
            duration_s=document["duration_s"],
            client_cpu_s=document["client_cpu_s"],
            errors=tuple(document["errors"]),
            latency=None if latency is None else Histogram.from_json(latency),
        )
