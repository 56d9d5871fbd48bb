"""What an application needs of an adapter, told from its description.

Owns what each action needs, and how it is said that something is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Iterator

if TYPE_CHECKING:
    from .base import Adapter


class Unsupported(Exception):
    """The framework has no way to express this; the checks that need it do not apply."""


# The method that an adapter fills in to be able to do what an action asks for.
_METHODS = {
    "raise_http": "http_error",
    "files": "serve_folder",
    "read_body": "read_body",
    "read_body as pieces": "read_pieces",
    "read_body as json": "read_json",
    "read_body as form": "read_form",
    "read_cookies": "read_cookies",
    "set_header": "set_header",
    "state": "load",
    "store": "store",
    "stream": "stream",
}


def expect_support(adapter: Adapter, spec: Dict[str, Any]) -> None:
    """Raises Unsupported, with the name of what an AppSpec needs and `adapter` lacks."""
    for name in sorted(_actions(spec)):
        method = _METHODS.get(name)
        if name in adapter.unsupported or (method is not None and not adapter.fills_in(method)):
            raise Unsupported(name)
    for given in _http_errors(spec):
        try:
            headers = [(name, value) for name, value in given.get("headers", ())]
            adapter.http_error(given["status"], None, given.get("location"), headers)
        except Unsupported:
            raise
        except Exception:
            pass  # what the framework says of it is seen when the handler raises it


def _http_errors(value: Any) -> Iterator[Dict[str, Any]]:
    """The arguments of every `raise_http`, wherever it stands."""
    if isinstance(value, dict):
        for name, given in value.items():
            if name == "raise_http":
                yield given
            else:
                yield from _http_errors(given)
    elif isinstance(value, list):
        for one in value:
            yield from _http_errors(one)


def _actions(value: Any) -> set[str]:
    """The names of all actions in an AppSpec, wherever they stand."""
    names = set()
    for route in value.get("routes", ()):
        names |= _names(route["do"])
    for middleware in value.get("middlewares", ()):
        names.add("middlewares")
        for action in middleware.get("before", []) + middleware.get("after", []):
            names |= _names(action)
    for phase, hooks in value.get("hooks", {}).items():
        for hook in hooks:
            names.add(phase + " hooks")
            names |= _names(hook.get("do", {}))
    names |= set(value.get("limits", {}))
    names |= {name for name in ("debug", "access_log", "files") if value.get(name)}
    return names


def _names(action: dict[str, Any]) -> set[str]:
    names = set(action)
    if "json" in action:
        names.add("read_body as json")
    if "mirror" in action:
        names.add("read_body")
    for given in action.values():
        if isinstance(given, dict):
            names |= _names(given.get("then", {}))
            if given.get("cookies"):
                names.add("cookies")
            if given.get("reason"):
                names.add("reason")
            if given.get("kind", "error") != "error":
                names.add("crash of kind " + given["kind"])
            if given.get("how") not in (None, "whole", "none"):
                names.add("read_body as " + given["how"])
    return names
