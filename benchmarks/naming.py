"""What people name as a subject, and what is said of wrong names.

    aiohttp                   a bundled adapter, with what is installed here
    aiohttp==3.9.5            the same, in an environment made for that version
    aiohttp@PATH              the same, in that environment: its folder, or its interpreter
    my_adapter.py, my.module  an adapter of one's own, or a module with the guide's API
    cmd:"node adapter.mjs"    an adapter in any language
    peer:socketify            a small server without an adapter, of `benchmarks/peers`

Owns the reading of names, and which packages they stand for. Runs nothing.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.subject import bundled

from .command import Refused
from .peers import PEERS

_PACKAGES = {
    "reference": ("trueline",),
    "starlette": ("starlette", "uvicorn", "httptools", "python-multipart"),
}


@dataclass(frozen=True)
class Name:
    """A subject as it is named: `what` is "adapter", "peer" or "command"; at most one of `version`
    and `python` is given."""

    what: str
    name: str
    version: str | None = None
    python: str | None = None

    @property
    def is_own(self) -> bool:
        """An adapter of one's own: what it needs is not known."""
        return self.what == "adapter" and self.name not in bundled()


def parse(text: str) -> Name:
    """Read a name. Raises Refused for one that cannot be meant."""
    if text.startswith("cmd:"):
        return Name("command", text.removeprefix("cmd:"))
    is_peer = text.startswith("peer:")
    rest = text.removeprefix("peer:")
    name, version, python = rest, None, None
    if not os.path.exists(rest):  # a path may have any of these characters
        if "==" in rest:
            name, _, version = rest.partition("==")
        elif "@" in rest:
            name, _, python = rest.partition("@")
    if not name or "" in (version, python):
        raise Refused(f"{text!r} names no subject: NAME, NAME==VERSION or NAME@PATH is wanted")
    if version is not None and not re.fullmatch(r"[A-Za-z0-9.!+_*-]+", version):
        raise Refused(f"{text!r}: {version!r} is no version")
    if is_peer and name not in PEERS:
        raise Refused(f"no peer {name!r}: {close_to(name, PEERS)}there are {', '.join(PEERS)}")
    if not is_peer and name in PEERS and name not in bundled():
        is_peer = True
    return Name("peer" if is_peer else "adapter", name, version, python)


def packages_of(name: Name, text: str) -> Sequence[str]:
    """What is installed for a name: first what its version is of. Raises Refused for `text`, which
    it was named by, where versions are not known."""
    if name.what == "peer":
        return PEERS[name.name].packages
    expect_versions(name)
    if name.name in bundled():
        return _PACKAGES.get(name.name, (name.name,))
    hint = close_to(name.name, [*bundled(), *PEERS])
    raise Refused(
        f"{text}: {hint}versions are of bundled adapters ({', '.join(bundled())}) and peers "
        f"({', '.join(PEERS)}); for an adapter of your own name an environment: FILE@PATH"
    )


def expect_versions(name: Name) -> None:
    """Raises Refused for what is the same in every environment."""
    if name.what == "adapter" and name.name == "miniature":
        raise Refused("the miniature is a part of the harness, and has no other versions")


def close_to(name: str, names: Sequence[str] | Mapping[str, object]) -> str:
    """`did you mean 'aiohttp'? ` where one of the names is like it, else nothing."""
    close = difflib.get_close_matches(name, list(names), n=1)
    return f"did you mean {close[0]!r}? " if close else ""
