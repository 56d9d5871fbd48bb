"""Who imports whom: the layers of the project, read from the source with `ast`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("reference", "conformance", "fuzz", "benchmarks")
FRAMEWORKS = {
    "aiohttp", "blacksheep", "django", "falcon", "fastapi", "flask", "litestar", "quart",
    "sanic", "socketify", "starlette", "tornado", "uvicorn", "hypercorn", "granian",
}  # fmt: skip


def imports(source: str, package: str, *, at_run_time: bool = False) -> set[str]:
    """Dotted names that a module of `package` imports: `from a import b` gives a and a.b.

    `at_run_time` leaves out what stands under `if TYPE_CHECKING:`.
    """
    found: set[str] = set()
    for node in _nodes(ast.parse(source), at_run_time):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")
                kept = parents[: len(parents) - node.level + 1]
                base = ".".join([*kept, base] if base else kept)
            found.add(base)
            found.update(f"{base}.{alias.name}" for alias in node.names)
    return found


def _nodes(node: ast.AST, at_run_time: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if at_run_time and isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from _nodes(child, at_run_time)


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@cache
def imports_of(path: Path, *, at_run_time: bool = False) -> set[str]:
    package = ".".join(path.relative_to(ROOT).parent.parts)
    return imports(path.read_text(encoding="utf-8"), package, at_run_time=at_run_time)


def tops(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def is_within(path: Path, folder: str) -> bool:
    return path.is_relative_to(ROOT / folder)


def is_test(path: Path) -> bool:
    return "tests" in path.relative_to(ROOT).parts


def offenders(paths: list[Path], forbidden: set[str]) -> dict[str, set[str]]:
    found = {str(path.relative_to(ROOT)): tops(imports_of(path)) & forbidden for path in paths}
    return {path: names for path, names in found.items() if names}


# --- the reader of imports ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "package", "found"),
    [
        ("import a.b, c as d", "p", {"a.b", "c"}),
        ("from a.b import c, d", "p", {"a.b", "a.b.c", "a.b.d"}),
        ("from . import a", "p.q", {"p.q", "p.q.a"}),
        ("from .a import b", "p", {"p.a", "p.a.b"}),
        ("from ..a import b", "p.q", {"p.a", "p.a.b"}),
        ("def f():\n  try:\n    import a\n  finally:\n    pass", "p", {"a"}),
        ("if TYPE_CHECKING:\n  import a", "p", {"a"}),
    ],
)
def test_reader(source: str, package: str, found: set[str]) -> None:
    assert imports(source, package) == found


def test_reader_at_run_time() -> None:
    source = "if TYPE_CHECKING:\n  import a\nif x:\n  import b"
    assert imports(source, "p", at_run_time=True) == {"b"}


def test_all_packages_are_read() -> None:
    for package in PACKAGES:
        assert ROOT / package / "__init__.py" in modules(package)


# --- between the packages -----------------------------------------------------------------------


def test_reference_imports_none_of_the_others() -> None:
    assert offenders(modules("reference"), {"conformance", "fuzz", "benchmarks"}) == {}


# The harness drives subjects with aiohttp's client, and the kit has a base for ASGI applications,
# which runs in the subject's environment.
EXCEPTIONS = {"conformance/client.py": {"aiohttp"}, "conformance/adapter/asgi.py": {"uvicorn"}}


def test_judge_and_judged_share_no_parser() -> None:
    core = [
        path
        for path in modules("conformance")
        if not is_within(path, "conformance/adapters") and not is_test(path)
    ]
    assert offenders(core, {"reference", "httptools", *FRAMEWORKS}) == EXCEPTIONS


def test_frameworks_are_imported_by_their_adapters_and_their_measurements_only() -> None:
    others = [
        path
        for package in PACKAGES
        for path in modules(package)
        if not is_within(path, "conformance/adapters")
        and not is_within(path, "benchmarks/peers")
        and not is_within(path, "benchmarks/micro")
        and not is_within(path, "fuzz/servers")
        and not is_test(path)
    ]
    assert offenders(others, FRAMEWORKS) == EXCEPTIONS


@pytest.mark.parametrize("package", ["fuzz", "benchmarks"])
def test_nothing_imports_fuzz_or_benchmarks(package: str) -> None:
    others = [path for other in PACKAGES if other != package for path in modules(other)]
    assert offenders(others, {package}) == {}


# --- inside the reference -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["pattern", "errors", "limits", "cookies", "response", "types"])
def test_leaves_import_little_of_the_package(name: str) -> None:
    inside = {"response": {"reference.cookies", "reference.cookies.format_cookie"}}
    names = imports_of(ROOT / f"reference/{name}.py", at_run_time=True)
    assert {one for one in names if tops({one}) == {"reference"}} == inside.get(name, set())


def test_router_imports_the_pattern_language_and_routes_only() -> None:
    names = imports_of(ROOT / "reference/router.py", at_run_time=True)
    assert {".".join(one.split(".")[:2]) for one in names if tops({one}) == {"reference"}} == {
        "reference.pattern",
        "reference.route",
    }


@pytest.mark.parametrize("name", ["parser", "fields", "chunked", "limits", "errors", "body"])
def test_wire_layer_knows_nothing_of_applications(name: str) -> None:
    names = imports_of(ROOT / f"reference/{name}.py")
    assert names & {f"reference.{one}" for one in ("request", "response", "application")} == set()
    assert "reference" not in names


@pytest.mark.parametrize("name", ["application", "request", "response", "router", "error_page"])
def test_api_knows_nothing_of_sockets(name: str) -> None:
    names = imports_of(ROOT / f"reference/{name}.py", at_run_time=True)
    assert tops(names) & {"socket", "ssl", "httptools"} == set()
    wire = {"connection", "server", "run", "parser", "sending", "outbox", "waits"}
    assert names & {f"reference.{one}" for one in wire} == set()
