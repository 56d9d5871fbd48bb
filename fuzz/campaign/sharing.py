"""What machines share: findings and inputs, in a database of Hypothesis's.

Owns its keys. Databases are named as `trueline explore` names them.
"""

from __future__ import annotations

from conformance.protocol import AdapterError

from .tally import Tally

_KEYS = (b"findings", b"corpus")


class Shared:
    """The part of a database that one target of one subject has. Raises AdapterError for a name
    that means nothing."""

    def __init__(self, name: str | None, target: str, subject: str) -> None:
        self._database = None
        if name is not None and name != "none":
            from conformance.generate.profiles import Keyed, database_of

            inner = database_of(name)
            if inner is not None:
                self._database = Keyed(inner, "fuzz", target, subject)

    def inputs(self) -> list[bytes]:
        """What others found, first what broke something."""
        if self._database is None:
            return []
        try:
            return [value for key in _KEYS for value in sorted(self._database.fetch(key), key=len)]
        except OSError as exc:
            raise AdapterError(f"--database: {exc}") from exc

    def save(self, tally: Tally) -> None:
        if self._database is None:
            return
        for broken in tally.broken.values():
            self._database.save(b"findings", broken.data)
        for data in tally.inputs.values():
            self._database.save(b"corpus", data)
