"""An application as Python: a module for the reference's API that anybody can run.

Owns the order and the form of such a module, written as a person would; what its functions do is
written by `python_body`.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Sequence

from ..spec import App, Route
from .python_body import WIDTH, Bodies, called, inside, literal

_TAKEN = {
    *("add_static", "app", "asyncio", "echo", "folder", "handler", "json_response", "logging"),
    *("name", "path", "request", "response", "run_app", "tempfile", "text"),
}
"""Names that no function may take from the rest of the module; nor those of classes or builtins."""

_SHORT_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


def python_of(app: App) -> str:
    """A module that is this application, and runs it when it is run.

    Raises ValueError for a status of RaiseHttp that is registered nowhere: no exception has it.
    """
    return _Writer(app).module()


class _Writer:
    """Writes one module; gathers on the way what it has to import."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._names = set(_TAKEN)
        self._bodies = Bodies()
        self._bodies.of_reference |= {"Application", "run_app"}

    def module(self) -> str:
        app = self._app
        stack = {self._name(one.id): self._bodies.middleware(one) for one in app.middlewares}
        phases = {"startup": app.startup, "shutdown": app.shutdown, "cleanup": app.cleanup}
        hooks = {
            phase: {self._name(one.id): self._bodies.hook(one) for one in given}
            for phase, given in phases.items()
        }
        handlers = [self._route(route) for route in app.routes]
        made = self._application(list(stack))
        end = [_registered(phase, list(given)) for phase, given in hooks.items() if given]
        end += [self._folder()] if app.files else []
        end += [self._main()]
        functions = [_function(name, "request, handler", body) for name, body in stack.items()]
        for given in hooks.values():
            functions += [_function(name, "app", body) for name, body in given.items()]
        parts = [
            self._imports(),
            *(helper.strip().splitlines() for helper in self._bodies.helpers),
            *functions,
            made,
            *handlers,
            [line for lines in end for line in lines],
        ]
        return "\n\n\n".join("\n".join(lines) for lines in parts) + "\n"

    # -- Around the functions --------------------------------------------------------------------

    def _imports(self) -> list[str]:
        lines = [f"import {name}" for name in sorted(self._bodies.modules - {"pathlib"})]
        lines += ["from pathlib import Path"] if "pathlib" in self._bodies.modules else []
        names = sorted(self._bodies.of_reference)
        return [*lines, *([""] if lines else []), *_imported(names)]

    def _application(self, stack: Sequence[str]) -> list[str]:
        arguments = [f"middlewares=[{', '.join(stack)}]"] if stack else []
        if self._app.debug:
            arguments.append("debug=True")
        if self._app.body_limit is not None:
            arguments.append(f"client_max_size={self._app.body_limit}")
        return called("app = Application", arguments)

    def _folder(self) -> list[str]:
        self._bodies.modules |= {"tempfile", "pathlib"}
        self._bodies.of_reference.add("add_static")
        return [
            "folder = Path(tempfile.mkdtemp())",
            f"for name, text in {literal(list(self._app.files))}:",
            "    path = folder / name",
            "    path.parent.mkdir(parents=True, exist_ok=True)",
            '    path.write_text(text, encoding="utf-8", newline="")',
            'add_static(app, "/files", folder)',
            "",
        ]

    def _main(self) -> list[str]:
        app = self._app
        arguments, before = ["app"], []
        if app.drain_s is not None:
            arguments.append(f"shutdown_timeout={app.drain_s}")
        limits = {
            "header_timeout_s": app.head_s,
            "body_timeout_s": app.body_s,
            "keepalive_timeout_s": app.idle_s,
        }
        given = [f"{name}={value}" for name, value in limits.items() if value is not None]
        if given:
            self._bodies.of_reference.add("Limits")
            arguments.append(f"limits=Limits({', '.join(given)})")
        if app.access_log:
            self._bodies.modules.add("logging")
            before = ["logging.basicConfig(level=logging.INFO)"]
            arguments.append('access_log=logging.getLogger("access")')
        return ['if __name__ == "__main__":', *inside([*before, *called("run_app", arguments)])]

    def _name(self, id: str) -> str:
        """A name for a function, that nothing else has."""
        name = re.sub(r"\W", "_", id, flags=re.ASCII)
        is_free = name.isidentifier() and not keyword.iskeyword(name) and not name[0].isupper()
        if not is_free or hasattr(builtins, name):
            name = f"_{name}"
        found, number = name, 2
        while found in self._names:
            found, number = f"{name}_{number}", number + 1
        self._names.add(found)
        return found

    # -- Functions -------------------------------------------------------------------------------

    def _route(self, route: Route) -> list[str]:
        path = literal(route.path)
        if route.method in _SHORT_METHODS:
            decorator = f"@app.{route.method.lower()}({path})"
        else:
            decorator = f"@app.route({literal(route.method)}, {path})"
        body = self._bodies.handler(route)
        return [decorator, *_function(self._name(route.id), "request", body)]


def _function(name: str, parameters: str, body: Sequence[str]) -> list[str]:
    return [f"async def {name}({parameters}):", *inside(body)]


def _imported(names: Sequence[str]) -> list[str]:
    line = f"from reference import {', '.join(names)}"
    if len(line) <= WIDTH:
        return [line]
    return ["from reference import (", *(f"    {name}," for name in names), ")"]


def _registered(phase: str, names: Sequence[str]) -> list[str]:
    if len(names) == 1:
        return [f"app.on_{phase}.append({names[0]})", ""]
    return [f"app.on_{phase}.extend([{', '.join(names)}])", ""]
