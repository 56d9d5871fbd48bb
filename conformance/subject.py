"""What people name as a subject, and how its adapter is run.

Owns the ways to name one: a bundled adapter, a module, a file, a command; the environment that an
adapter gets; and the sentence that says what was wrong with a name.
"""

from __future__ import annotations

import difflib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from . import adapters
from .driver import Command
from .protocol import AdapterError

PACKAGE = Path(__file__).parent
_OURS = ("reference", "miniature")
_KIT = "conformance.adapter"  # what the source of an adapter made with the kit mentions

# Prints where a module is, without running it. Its package is imported if it has one.
_LOCATE = """
import importlib.util, sys
sys.path.insert(0, "")
try:
    spec = importlib.util.find_spec(sys.argv[1])
except ModuleNotFoundError:
    spec = None
print("" if spec is None else spec.origin or list(spec.submodule_search_locations or [""])[0])
"""


def bundled() -> list[str]:
    """The names of the bundled subjects. (The adapter `guide` has none: it takes a module.)"""
    [folder] = adapters.__path__
    return sorted(path.stem for path in Path(folder).glob("[a-z]*.py") if path.stem != "guide")


def command_for(name: str, python: str | None, kit: Path, *, cwd: str | None = None) -> Command:
    """How to run the adapter of the subject called `name`.

    `python` is the interpreter to run it in, None for this one; `kit` a folder to put the kit into,
    for an interpreter that does not have it; `cwd` the folder to run it in, None for the current
    one, and where a module is looked for first. Raises AdapterError for a name that means nothing,
    and for an interpreter that is none.
    """
    interpreter = sys.executable if python is None else _interpreter(python)
    env = dict(os.environ)
    if python is not None:
        if not (kit / PACKAGE.name).exists():
            put_kit(kit)
        env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(kit), env.get("PYTHONPATH")]))
    if name in bundled():
        advice = "" if name in _OURS else _install_advice(name, python)
        run = [interpreter, "-m", f"conformance.adapters.{name}"]
        return Command(run, name, env, advice, cwd)
    if name.endswith(".py") or os.sep in name:
        path = Path(name)
        if not os.path.exists(path):  # a name that is too long is none
            raise AdapterError(f"there is no file {name}")
        origin, target = path, str(path)
        run = [interpreter, str(path)]
    else:
        found = _locate(interpreter, name, env, cwd)
        if found is None:
            raise AdapterError(_no_subject(name))
        origin, target = found, name
        run = [interpreter, "-m", name]
    if _is_adapter(origin):
        return Command(run, name, env, cwd=cwd)
    return Command([interpreter, "-m", "conformance.adapters.guide", target], name, env, cwd=cwd)


def put_kit(folder: Path) -> None:
    """Copy the kit and the bundled adapters into `folder`, and nothing else of the harness: what
    the harness itself needs must not be found by the subject."""
    package = folder / PACKAGE.name
    package.mkdir(parents=True)
    shutil.copy(PACKAGE / "__init__.py", package)
    for part in ("adapter", "adapters"):
        shutil.copytree(
            PACKAGE / part, package / part, ignore=shutil.ignore_patterns("__pycache__")
        )


def _interpreter(python: str) -> str:
    path = Path(python)
    if path.is_dir():
        path = path / "bin" / "python"
    found = shutil.which(str(path))
    if found is None:
        raise AdapterError(
            f"--python {python}: there is no such interpreter; name one, or the folder of a "
            "virtual environment"
        )
    return found


def _locate(interpreter: str, module: str, env: dict[str, str], cwd: str | None) -> Path | None:
    """The source of a module, or the folder of a package."""
    if not all(part.isidentifier() for part in module.split(".")):
        return None
    try:
        done = subprocess.run(  # noqa: S603 - the interpreter that was asked for
            [interpreter, "-c", _LOCATE, module],
            env=env, cwd=cwd, capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
    except OSError as exc:
        raise AdapterError(f"cannot run {interpreter}: {exc.strerror}") from exc
    except subprocess.TimeoutExpired as exc:
        raise AdapterError(f"{interpreter} did not find {module} within 30 seconds") from exc
    lines = done.stdout.splitlines()
    return Path(lines[-1]) if lines and lines[-1] else None


def _is_adapter(origin: Path) -> bool:
    """Whether a module is an adapter made with the kit, rather than one with the guide's API."""
    main = origin.parent / "__main__.py"
    for path in {origin, main} if origin.name == "__init__.py" else {origin}:
        if path.is_file() and _KIT in path.read_text(encoding="utf-8", errors="replace"):
            return True
    return False


def _no_subject(name: str) -> str:
    names = bundled()
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return (
        f"no subject {name!r}: {hint}It is none of the bundled ones ({', '.join(names)}), and no "
        "module that can be imported here. A file is named with its .py, any other program behind "
        "`--`."
    )


def _install_advice(name: str, python: str | None) -> str:
    packages = {"starlette": "starlette uvicorn"}.get(name, name)
    if python is None:
        return (
            f"is {name} installed here? `pip install {packages}`, or name an environment that has "
            "it: --python PATH"
        )
    return f"is {name} installed there? `{python} -m pip install {packages}`"


def command_of(argv: Sequence[str]) -> Command:
    """A subject that is a command of its own, in any language."""
    return Command(list(argv), Path(argv[0]).name, dict(os.environ))
