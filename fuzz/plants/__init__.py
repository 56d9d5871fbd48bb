"""Planted faults: copies of the reference in which one thing is wrong, for tests of the fuzzer.

Owns what a planted fault is and how the package `reference` is copied with one. The faults are
literals, by target, in `parser_faults`, `router_faults` and `server_faults`; this module imports
those of one target when one of them is asked for, and no target and no engine.

    reference = planted("router/empty-param")
    router = reference.router.UrlDispatcher()

A copy is a package of its own, with its own modules, classes and caches: it can be used beside the
reference and beside other copies. A module of it is read when it is first asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import reference

SOURCES = Path(reference.__path__[0])
PLANTED_TARGETS = ("parser", "router", "server")
"""The targets that have planted faults."""


class PlantError(ValueError):
    """A planted fault cannot be planted; the message says which and why."""


@dataclass(frozen=True, kw_only=True)
class Plant:
    """A fault, and where it goes.

    name    unique, "target/what-is-wrong"
    target  the name of the target that has to find it
    module  of the reference, by its name within the package: "chunked"
    old     a text of that module's source that occurs exactly once
    new     what stands there instead
    says    what is wrong then, in a sentence
    """

    name: str
    target: str
    module: str
    old: str
    new: str
    says: str

    @property
    def path(self) -> Path:
        return SOURCES / f"{self.module}.py"

    def source(self) -> str:
        """The module's source with the fault in it. Raises PlantError."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise PlantError(f"{self.name}: the reference has no module {self.module!r}") from None
        count = text.count(self.old)
        if count != 1:
            raise PlantError(
                f"{self.name}: this text occurs {count} times in {self.path.name}, and must occur "
                f"exactly once: {self.old!r}"
            )
        return text.replace(self.old, self.new)


def plants(target: str) -> tuple[Plant, ...]:
    """The planted faults of a target. Raises PlantError for a target that has none."""
    if target not in PLANTED_TARGETS:
        raise PlantError(f"no faults are planted for {target!r}, only for {PLANTED_TARGETS}")
    found: tuple[Plant, ...] = import_module(f".{target}_faults", __package__).PLANTS
    return found


def plant(name: str) -> Plant:
    """The planted fault of this name. Raises PlantError when there is none."""
    target, _, _ = name.partition("/")
    for one in plants(target):
        if one.name == name:
            return one
    raise PlantError(f"no fault is called {name!r}")


def subject(name: str | None) -> Any:
    """The package `reference`, or its copy with the planted fault of this name."""
    return reference if name is None else planted(name)


@cache
def planted(name: str) -> Any:
    """A copy of the package `reference` with a fault in it, the same one at every call.

    Its modules are its attributes: `planted(name).parser`. Raises PlantError.
    """
    return copied(plant(name))


def copied(fault: Plant) -> Any:
    """A new copy of the package `reference` with this fault. Raises PlantError."""
    source = fault.source()
    package = _Package(_free_name(fault, sys.modules))
    sys.modules[package.__name__] = package
    name = f"{package.__name__}.{fault.module}"
    loader = _Changed(name, str(fault.path), source)
    module = module_from_spec(ModuleSpec(name, loader, origin=loader.path))
    # In place before it runs: a module that it imports may import it.
    sys.modules[name] = module
    setattr(package, fault.module, module)
    loader.exec_module(module)
    return package


def _free_name(fault: Plant, taken: Iterable[str]) -> str:
    name = "reference_with_" + "".join(c if c.isalnum() else "_" for c in fault.name)
    copies = sum(one == name or one.startswith(f"{name}_copy_") for one in taken if "." not in one)
    return f"{name}_copy_{copies}" if copies else name


class _Package(ModuleType):
    """The package object of a copy.

    Every import within the reference is a relative one, so the modules that are read from here
    import each other, and never those of the reference.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, f"The package {reference.__name__} with a planted fault.")
        self.__path__ = [str(SOURCES)]
        self.__package__ = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or not (SOURCES / f"{name}.py").is_file():
            raise AttributeError(f"{self.__name__!r} has no module {name!r}")
        return import_module(f"{self.__name__}.{name}")


class _Changed(SourceFileLoader):
    """Loads a module from the source that has the fault, past the cache of compiled files."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._source = source

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self._source.encode("utf-8"), self.path)
