"""Virtual environments for what is measured: released versions, and revisions of a repository.

Owns `.trueline/bench/environments/`. An environment is named by what it is made from (requirements,
or a commit with its files) and by the interpreter, so that the next run finds it again. It is made
under a lock that ends with its holder, and is finished when its record has been written: one that
was interrupted is made anew. What nobody has used for two weeks is removed.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .checkouts import checkout
from .command import Refused, progress

FOLDER = Path(".trueline/bench")

_RECORD = "trueline.json"
_UNUSED_S = 14 * 24 * 3600.0
_SHOWN_LINES = 25
_IDENTITY = "import sys; print(sys.version, sys.base_prefix, sys.implementation.cache_tag)"


@dataclass(frozen=True)
class Environment:
    """A finished one. `commit` is that of a revision, in full, with "+" behind it for files as they
    are in the working tree; None for a released version."""

    folder: Path
    commit: str | None = None

    @property
    def python(self) -> str:
        return str(self.folder / "bin" / "python")


def environment_for_version(
    requirement: str,
    *,
    also: Sequence[str] = (),
    python: str | None = None,
    folder: Path = FOLDER,
) -> Environment:
    """One with `requirement` ("aiohttp==3.9.5") and what it needs, and `also` beside it.

    `python` is the interpreter that it is made with, None for this one. Raises Refused when pip
    cannot install it, with what pip said.
    """
    base = interpreter(python)
    wanted = [requirement, *also]

    def install(python: str) -> None:
        _pip(python, wanted, requirement)

    return Environment(_made(folder, base, wanted, " ".join(wanted), install))


def environment_for_revision(
    repository: Path,
    revision: str,
    *,
    also: Sequence[str] = (),
    python: str | None = None,
    folder: Path = FOLDER,
) -> Environment:
    """One with the project at a revision: a branch, a tag, a commit; "." for the working tree as it
    is, with what is neither committed nor ignored.

    `repository` is a folder in it: the project is the nearest one around that folder. Raises
    Refused for a revision that is none, and when the project cannot be installed.
    """
    base = interpreter(python)
    found = checkout(repository, revision)
    title = f"{found.title} at {revision}"

    def install(python: str) -> None:
        with tempfile.TemporaryDirectory(prefix="trueline-") as temporary:
            project = found.write(Path(temporary) / "checkout")
            _pip(python, [str(project), *also], title)

    made = _made(folder, base, [found.identity, *also], title, install)
    return Environment(made, found.commit)


def interpreter(python: str | None) -> str:
    """An interpreter by its path, its name, or the folder of an environment; None for this one.

    Raises Refused when there is none.
    """
    if python is None:
        return sys.executable
    path = Path(python)
    found = shutil.which(str(path / "bin" / "python" if path.is_dir() else path))
    if found is None:
        raise Refused(
            f"there is no Python interpreter {python!r}: name one, or the folder of a virtual "
            "environment"
        )
    return str(Path(found).absolute())  # not resolved: the link says which environment it is


def _made(
    folder: Path,
    base: str,
    parts: Sequence[str],
    title: str,
    install: Callable[[str], None],
) -> Path:
    """The folder of the environment with this content; made when there is none."""
    environments = folder.resolve() / "environments"
    try:
        environments.mkdir(parents=True, exist_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as exc:
        raise Refused(f"cannot keep anything in {folder}: {exc.strerror}") from exc
    content = "\0".join([_identity(base), *parts])
    target = environments / hashlib.sha256(content.encode()).hexdigest()[:16]
    record = target / _RECORD
    with _interruptible(), _locked(target.with_suffix(".lock"), title):
        if not record.exists():
            shutil.rmtree(target, ignore_errors=True)
            progress(f"making an environment with {title}")
            try:
                _run([base, "-m", "venv", *_without_pip(), str(target)], "make an environment")
                install(str(target / "bin" / "python"))
            except BaseException:
                shutil.rmtree(target, ignore_errors=True)
                raise
            record.write_text(json.dumps({"title": title}), encoding="utf-8")
        os.utime(record)  # it was used now
    _remove_unused(environments, time.time() - _UNUSED_S)
    return target


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt in here: an event loop that took the signal over would hear
    of it only behind pip, or behind another run that makes the same."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _locked(path: Path, title: str) -> Iterator[None]:
    """Whoever makes the same at the same time is waited for. The lock of a process that is killed
    is released by the system."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"waiting for another run, which makes the environment with {title}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _remove_unused(environments: Path, before_s: float) -> None:
    for record in environments.glob(f"*/{_RECORD}"):
        try:
            is_unused = record.stat().st_mtime < before_s
        except FileNotFoundError:
            continue  # another run removes it
        if is_unused:
            record.unlink(missing_ok=True)  # first: from here on it is none
            shutil.rmtree(record.parent, ignore_errors=True)


# -- Running venv and pip -------------------------------------------------------------------------


def _identity(base: str) -> str:
    return _run([base, "-c", _IDENTITY], f"run {base}").strip()


def _has_pip() -> bool:
    return importlib.util.find_spec("pip") is not None


def _without_pip() -> list[str]:
    """A pip for each environment takes seconds; the one that runs here can install into all."""
    return ["--without-pip"] if _has_pip() else []


def _pip(python: str, wanted: Sequence[str], title: str) -> None:
    pip = [sys.executable, "-m", "pip", "--python", python]
    if not _has_pip():
        pip = [python, "-m", "pip"]
    options = ["--quiet", "--no-compile", "--disable-pip-version-check", "--no-input"]
    _run([*pip, "install", *options, *wanted], f"install {title}")


def _run(command: Sequence[str], what: str) -> str:
    """Its output. Raises Refused, with the end of what it printed, when it fails."""
    # An empty folder: `python -m` would import from the current one.
    with tempfile.TemporaryDirectory(prefix="trueline-") as nowhere:
        env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        try:
            done = subprocess.run(
                command, cwd=nowhere, env=env, stdin=subprocess.DEVNULL, check=False,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            )  # fmt: skip
        except OSError as exc:
            raise Refused(f"could not {what}: {exc.strerror}") from exc
    if done.returncode != 0:
        said = "\n".join(f"  {line}" for line in done.stdout.splitlines()[-_SHOWN_LINES:])
        raise Refused(f"could not {what}; exit status {done.returncode}, and it said:\n{said}")
    return done.stdout
