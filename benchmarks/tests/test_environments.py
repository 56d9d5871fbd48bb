"""Environments of versions and revisions, of a package that is built without an index."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks import environments
from benchmarks.command import Refused
from benchmarks.environments import (
    Environment,
    environment_for_revision,
    environment_for_version,
    interpreter,
)

from .test_checkouts import commit, git

# A backend of its own: pip needs no index to build with it.
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
BACKEND = """
import sys
sys.path.insert(0, ".")
from making import wheel

def build_wheel(folder, config_settings=None, metadata_directory=None):
    return wheel(folder, open("tiny.py").read())
"""


def wheel(folder: str, source: str, version: str = "1.0") -> str:
    """Write one with the module `tiny`; returns its name."""
    name = f"tiny-{version}-py3-none-any.whl"
    about = f"tiny-{version}.dist-info"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as file:
        file.writestr("tiny.py", source)
        file.writestr(
            f"{about}/METADATA", f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n"
        )
        file.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{about}/RECORD", "")
    return name


MAKING = f"""
import os, zipfile
{__import__("inspect").getsource(wheel)}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return tmp_path / "bench"


def imported(environment: Environment) -> str:
    """What `tiny` has in there."""
    done = subprocess.run(
        [environment.python, "-c", "import tiny; print(tiny.value)"],
        capture_output=True, text=True, check=True, cwd="/",
    )  # fmt: skip
    return done.stdout.strip()


def test_a_version(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("1.0", "2.0"):
        wheel(str(tmp_path), f"value = {version!r}", version)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    made = environment_for_version("tiny==1.0", folder=folder)
    assert imported(made) == "1.0"
    assert made.commit is None
    with pytest.raises(Refused, match=r"(?s)could not install tiny==3.0.*No matching distribution"):
        environment_for_version("tiny==3.0", folder=folder)
    assert len(list(folder.glob("environments/*/"))) == 1, "nothing is left of what failed"


def test_two_revisions_and_the_working_tree(folder: Path, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    git(repository, "init", "--quiet")
    (repository / "pyproject.toml").write_text(PYPROJECT)
    commit(repository, backend=BACKEND, making=MAKING, tiny="value = 'committed'")
    (repository / "tiny.py").write_text("value = 'changed'")
    made = environment_for_revision(repository, "HEAD", folder=folder)
    assert imported(made) == "committed"
    assert made.commit == git(repository, "rev-parse", "HEAD")
    assert imported(environment_for_revision(repository, ".", folder=folder)) == "changed"
    (repository / "backend.py").write_text("raise RuntimeError('it cannot be built')")
    with pytest.raises(Refused, match=r"(?s)could not install repository at \..*cannot be built"):
        environment_for_revision(repository, ".", folder=folder)


class Pip:
    """Stands in for pip; `wanted` is what each call was to install."""

    def __init__(self) -> None:
        self.wanted: list[list[str]] = []
        self.fails_with: BaseException | None = None
        self.begun, self.may_end = threading.Event(), threading.Event()
        self.may_end.set()

    def __call__(self, python: str, wanted: list[str], title: str) -> None:
        self.wanted.append(wanted)
        self.begun.set()
        assert self.may_end.wait(20)
        if self.fails_with is not None:
            raise self.fails_with


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> Pip:
    pip = Pip()
    monkeypatch.setattr(environments, "_pip", pip)
    return pip


def test_what_was_made_is_found_again(pip: Pip, folder: Path) -> None:
    made = environment_for_version("tiny==1", also=["more"], folder=folder)
    assert environment_for_version("tiny==1", also=["more"], folder=folder) == made
    assert environment_for_version("tiny==1", folder=folder) != made
    assert pip.wanted == [["tiny==1", "more"], ["tiny==1"]]
    assert made.python.startswith(str(folder.resolve()))
    assert (folder / ".gitignore").read_text() == "*\n"


def test_an_interrupted_one_is_made_anew(pip: Pip, folder: Path) -> None:
    pip.fails_with = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        environment_for_version("tiny==1", folder=folder)
    assert not list(folder.glob("environments/*/"))
    pip.fails_with = None
    made = environment_for_version("tiny==1", folder=folder)
    (made.folder / "trueline.json").unlink()  # as it is when the harness was killed
    (made.folder / "half").write_text("")
    assert environment_for_version("tiny==1", folder=folder) == made
    assert not (made.folder / "half").exists()
    assert len(pip.wanted) == 3


@pytest.fixture
def taken_signal() -> Iterator[Callable[..., None]]:
    """Ctrl-C as an event loop has it that listens to it: nothing happens until its next turn."""

    def later(*_: object) -> None: ...

    before = signal.signal(signal.SIGINT, later)
    yield later
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_ends_it_at_once(
    taken_signal: Callable[..., None], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "_pip", lambda *_: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        environment_for_version("tiny==1", folder=folder)
    assert not list(folder.glob("environments/*/"))
    assert signal.getsignal(signal.SIGINT) is taken_signal


def test_two_at_once_make_it_once(pip: Pip, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = threading.Event()

    def progress(line: str) -> None:
        if line.startswith("waiting for another run"):
            waits.set()

    monkeypatch.setattr(environments, "progress", progress)
    pip.may_end.clear()
    made: list[Environment] = []
    threads = [
        threading.Thread(
            target=lambda: made.append(environment_for_version("tiny==1", folder=folder))
        )
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    assert pip.begun.wait(20)
    assert waits.wait(20)
    pip.may_end.set()
    for thread in threads:
        thread.join()
    assert made[0] == made[1]
    assert len(pip.wanted) == 1


def test_what_nobody_has_used_for_long_is_removed(pip: Pip, folder: Path) -> None:
    old, new = (environment_for_version(one, folder=folder) for one in ("tiny==1", "tiny==2"))
    os.utime(old.folder / "trueline.json", (0, 0))
    environment_for_version("tiny==3", folder=folder)
    assert not old.folder.exists()
    assert new.folder.exists()


def test_interpreters(tmp_path: Path) -> None:
    assert interpreter(None) == sys.executable
    assert interpreter(sys.executable) == sys.executable
    assert interpreter(str(Path(sys.executable).parent.parent)).startswith(sys.prefix)
    with pytest.raises(Refused, match="there is no Python interpreter"):
        interpreter(str(tmp_path))


def test_a_base_that_is_no_python(folder: Path) -> None:
    with pytest.raises(Refused, match="could not run /bin/false; exit status 1"):
        environment_for_version("tiny==1", python="/bin/false", folder=folder)
