"""The targets, by name.

Owns how one is opened. Imports the one that is asked for, no other.
"""

from __future__ import annotations

from importlib import import_module

from ..target import Target, Wanted

TARGETS = {
    "parser": "the reference's parser, beside h11 and a table of the rules of RFC 9112",
    "server": "the whole reference on a transport and a clock of its own",
    "router": "generated route tables and paths, beside a plain model",
    "socket": "any server, by its adapter or its URL, held against the rules of RFC 9112",
    "differential": "any server and the reference, the same octets to both",
}
WITH_SUBJECT = frozenset({"socket", "differential"})


def opened(wanted: Wanted) -> Target:
    """The target that is wanted, ready for inputs. Raises AdapterError when its subject cannot be
    started."""
    target: Target = import_module(f".{wanted.target}", __package__).open_target(wanted)
    return target
