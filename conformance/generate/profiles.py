"""How much a run of generated tests does, and where it keeps and finds examples.

Owns the profiles and the names of databases. An example database is Hypothesis's: what failed is
kept there, drawn first the next time, and forgotten when it fails no more.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis.database import (
    DirectoryBasedExampleDatabase,
    ExampleDatabase,
    GitHubArtifactDatabase,
    MultiplexedDatabase,
    ReadOnlyDatabase,
)
from hypothesis.errors import HypothesisWarning

from ..protocol import AdapterError
from .effort import EXAMPLES


def settings_of(
    profile: str, database: ExampleDatabase | None, *, shrinks: bool = False
) -> settings:
    """Settings of a run: a subject takes the time it takes, and cases are large on purpose.

    shrinks   Hypothesis makes smaller what fails; cases are made smaller by `reduce`
    """
    return settings(
        max_examples=EXAMPLES[profile],
        database=database,
        deadline=None,
        report_multiple_bugs=False,
        print_blob=False,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.reuse, Phase.generate, *([Phase.shrink] if shrinks else ())),
    )


@contextmanager
def unsaid() -> Iterator[None]:
    """Without Hypothesis's warning that a trial takes pages to print: it is not printed."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Generating overly large repr", HypothesisWarning)
        yield


def database_of(name: str | None) -> ExampleDatabase | None:
    """The database of that name; None for none.

        examples                    a folder, made when it is not there
        redis://HOST:PORT/0         a Redis server, also rediss:// and unix://
        github:OWNER/REPO           the latest artifact that a workflow of a repository has kept,
                                    to read from; what is found here is kept in .trueline/examples
        none

    Raises AdapterError, with what to do, for a name that means nothing and a server that is not
    there.
    """
    if name is None or name == "none":
        return None
    scheme, separator, rest = name.partition(":")
    if scheme in ("redis", "rediss", "unix") and separator:
        return _redis(name)
    if scheme == "github" and separator:
        return _github(name, rest)
    if separator and "//" in rest:
        raise AdapterError(
            f"--database {name}: a folder, redis://HOST:PORT/0 or github:OWNER/REPO is wanted"
        )
    path = Path(name)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise AdapterError(f"--database {name}: {exc.strerror}") from exc
    return DirectoryBasedExampleDatabase(path)


def _redis(url: str) -> ExampleDatabase:
    try:
        from hypothesis.extra.redis import RedisExampleDatabase
        from redis import Redis
        from redis.exceptions import RedisError
    except ImportError:
        raise AdapterError(
            "--database redis://...: the client for Redis is not installed; "
            "`pip install trueline[redis]`"
        ) from None
    try:
        server = Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5)
        server.ping()
    except (RedisError, ValueError) as exc:
        raise AdapterError(f"--database {url}: {exc}; is the server running?") from exc
    return RedisExampleDatabase(server)


def _github(name: str, repository: str) -> ExampleDatabase:
    owner, slash, repo = repository.partition("/")
    if not (owner and slash and repo) or "/" in repo:
        raise AdapterError(f"--database {name}: expected github:OWNER/REPO")
    if not os.environ.get("GITHUB_TOKEN"):
        raise AdapterError(f"--database {name}: artifacts are read with a token; set GITHUB_TOKEN")
    kept = DirectoryBasedExampleDatabase(Path(".trueline") / "examples")
    return MultiplexedDatabase(kept, ReadOnlyDatabase(GitHubArtifactDatabase(owner, repo)))


class Keyed(ExampleDatabase):
    """A part of a database: that of one subject and one property.

    Hypothesis forgets what fails no more, so two subjects must not have their examples in common.
    """

    def __init__(self, inner: ExampleDatabase, *names: str) -> None:
        super().__init__()
        self._inner = inner
        self._prefix = "/".join(("trueline", *names, "")).encode()

    def save(self, key: bytes, value: bytes) -> None:
        self._inner.save(self._prefix + key, value)

    def fetch(self, key: bytes) -> Iterable[bytes]:
        return self._inner.fetch(self._prefix + key)

    def delete(self, key: bytes, value: bytes) -> None:
        self._inner.delete(self._prefix + key, value)
