"""What is measured: how a subject that was named (`naming`) is run, and what it runs on.

A subject in an environment meets that environment and a copy of the kit; the current folder, where
the same package may lie as well, is not on its path.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

from conformance.driver import AdapterProcess, Command, Deadlines, Hello
from conformance.guard import Guard
from conformance.protocol import AdapterError
from conformance.subject import bundled, command_for

from .command import Refused
from .environments import (
    FOLDER,
    environment_for_revision,
    environment_for_version,
    interpreter,
)
from .kit import ROOT, environ, kit_folder, versions_of
from .names import LOOPS
from .naming import Name, close_to, expect_versions, packages_of, parse
from .peers import PEERS, Peer

PEERS_ENVIRONMENT = Path(".venv-peers")
"""Where `make bench-peers` installs what peers need and this environment may not have."""

# Runs a file as `python FILE` does, but what is installed comes before the folder of the file.
_RUN_FILE = """
import os, runpy, sys
sys.argv = sys.argv[1:]
sys.path.append(os.path.dirname(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@dataclass(frozen=True)
class Subject:
    """What is measured.

    command    how its adapter is run, or the peer without its port
    kind       "adapter", or "peer": without an adapter, so not judged by the suite
    loop       "asyncio" or "uvloop", where it has a choice
    versions   of what it runs on: name and version
    """

    label: str
    command: Command
    kind: str
    loop: str
    versions: Mapping[str, str] = field(default_factory=dict)
    has_choice: bool = True
    """Whether it can be told its event loop; an adapter in another language has none of these."""


async def subject(
    text: str, *, loop: str = "asyncio", python: str | None = None, folder: Path = FOLDER
) -> Subject:
    """The subject of that name, on an event loop.

    `python` is the interpreter, or the environment, for what names none of its own: versions are
    installed into environments made with it. `folder` is where environments are kept. Raises
    Refused when there is no such subject, or when it cannot even be started.
    """
    return await _met(_named(text, loop, python, folder))


def _named(text: str, loop: str, python: str | None, folder: Path) -> Subject:
    _expect_loop(loop)
    name = parse(text)
    if name.what == "command":
        return _command(text, name)
    if name.version is not None:
        wanted = packages_of(name, text)
        environment = environment_for_version(
            f"{wanted[0]}=={name.version}",
            also=[*wanted[1:], *_also(loop)],
            python=python,
            folder=folder,
        )
        return _in_environment(text, name, environment.python, loop, folder)
    place = name.python or python
    if place is not None:
        return _in_environment(text, name, place, loop, folder)
    return _here(text, name, loop, folder)


async def subject_at(
    text: str,
    revision: str,
    *,
    repository: Path,
    loop: str = "asyncio",
    python: str | None = None,
    folder: Path = FOLDER,
) -> Subject:
    """The subject of that name with the project of `repository` at a revision: "." is its working
    tree as it is. Raises Refused as `subject` does, and where there is no such revision."""
    found = _at_revision(text, revision, repository, loop, python, folder)
    return replace(await _met(found), label=f"{text}@{revision}")


def _at_revision(
    text: str, revision: str, repository: Path, loop: str, python: str | None, folder: Path
) -> Subject:
    _expect_loop(loop)
    name = parse(text)
    if name.what == "command":
        raise Refused(f"{text}: a command cannot be run at a revision; name an adapter in Python")
    if name.version is not None or name.python is not None:
        raise Refused(f"{text!r} names an environment, and {revision!r} another: give one of them")
    # Whichever of these the project is, pip takes it from there.
    known = [] if name.is_own else packages_of(name, text)
    also = [*known, *_also(loop)]
    environment = environment_for_revision(
        repository, revision, also=also, python=python, folder=folder
    )
    found = _in_environment(text, name, environment.python, loop, folder)
    return replace(found, versions={**found.versions, "commit": environment.commit or ""})


# -- How each is run ------------------------------------------------------------------------------


def _command(text: str, name: Name) -> Subject:
    try:
        argv = shlex.split(name.name)
    except ValueError as exc:
        raise Refused(f"{text!r} is no command: {exc}") from exc
    if not argv:
        raise Refused('`cmd:` is to be followed by a command: cmd:"node adapter.mjs"')
    command = Command(argv, text, dict(os.environ))
    return Subject(text, command, "adapter", "asyncio", has_choice=False)


def _here(text: str, name: Name, loop: str, folder: Path) -> Subject:
    """With what is installed here; a peer perhaps in the environment of the peers."""
    if name.what == "peer":
        peer = PEERS[name.name]
        if find_spec(peer.module) is not None:
            command = _peer(name.name, sys.executable, str(ROOT), environ(None), text)
            return _with_versions(text, command, peer, loop)
        if PEERS_ENVIRONMENT.is_dir():
            return _in_environment(text, name, str(PEERS_ENVIRONMENT), loop, folder)
        raise Refused(
            f"{peer.packages[0]} is not installed here: `make bench-peers`, or name an environment "
            f"that has it: {text}@PATH"
        )
    is_bundled = name.name in bundled()
    cwd = str(ROOT) if is_bundled else None  # what is named by a path or a module is found here
    command = replace(_adapter(name.name, None, folder, cwd), label=text)
    if is_bundled:
        command = replace(command, env=environ(None))
    return _adapter_subject(text, command, loop)


def _in_environment(text: str, name: Name, place: str, loop: str, folder: Path) -> Subject:
    kit = kit_folder(folder)
    python = interpreter(place)
    if name.what == "peer":
        command = _peer(name.name, python, str(kit), environ(kit), text)
        return _with_versions(text, command, PEERS[name.name], loop)
    is_file = name.name.endswith(".py") or os.sep in name.name
    expect_versions(name)
    given = str(Path(name.name).resolve()) if is_file else name.name
    command = _adapter(given, python, folder, str(kit))
    argv = list(command.argv)
    if argv[1] == given:  # a file with an adapter, by its path
        argv = [argv[0], "-c", _RUN_FILE, given]
    command = replace(command, argv=argv, label=text, env=environ(kit), cwd=str(kit))
    return _adapter_subject(text, command, loop)


def _adapter(name: str, python: str | None, folder: Path, cwd: str | None) -> Command:
    try:
        return command_for(name, python, kit_folder(folder), cwd=cwd)
    except AdapterError as exc:
        close = close_to(name, [*bundled(), *PEERS])
        peers = f"\n  {close}peers: {', '.join(PEERS)}" if close or name.isidentifier() else ""
        said = str(exc).replace("any other program behind `--`", 'a program is named cmd:"..."')
        raise Refused(said + peers) from exc


def _adapter_subject(label: str, command: Command, loop: str) -> Subject:
    command = replace(command, argv=[*command.argv, *_loop_option(loop)])
    return Subject(label, command, "adapter", loop)


def _peer(name: str, python: str, cwd: str, env: Mapping[str, str], label: str) -> Command:
    return Command([python, "-m", f"benchmarks.peers.{name}"], label, env, cwd=cwd)


def _with_versions(label: str, command: Command, peer: Peer, loop: str) -> Subject:
    """A peer, which nobody can ask: its interpreter knows what is installed."""
    uvloop = _also(loop) if peer.has_choice else []
    found = versions_of(command, [*peer.packages, *uvloop])
    missing = [name for name, version in found.items() if not version]
    if missing:
        raise Refused(
            f"{label}: {', '.join(missing)} is not installed there: "
            f"`{command.argv[0]} -m pip install {' '.join(missing)}`"
        )
    if peer.has_choice:
        found["loop"] = loop
        command = replace(command, argv=[*command.argv, *_loop_option(loop)])
    return Subject(label, command, "peer", loop, found, peer.has_choice)


async def _met(subject: Subject) -> Subject:
    """The subject with the versions that its adapter tells. Raises Refused when it cannot run."""
    if subject.kind == "peer":
        return subject  # its versions are known
    guard = Guard()
    try:
        process = await AdapterProcess.start(subject.command, guard, Deadlines())
        hello = process.hello
        await process.quit()
    except AdapterError as exc:
        raise Refused(str(exc)) from exc
    finally:
        guard.close()
    return replace(subject, versions={**_told(hello, subject), **subject.versions})


def _told(hello: Hello, subject: Subject) -> dict[str, str]:
    told = {hello.name: hello.version}
    if hello.runtime:
        told[hello.language.lower() or "runtime"] = hello.runtime
    if subject.has_choice:
        told["loop"] = subject.loop
    return told


# -- Event loops ----------------------------------------------------------------------------------


def _also(loop: str) -> list[str]:
    return ["uvloop"] if loop == "uvloop" else []


def _loop_option(loop: str) -> list[str]:
    """asyncio is what an adapter takes without being told, and not all of them can be told."""
    return [] if loop == "asyncio" else ["--loop", loop]


def _expect_loop(loop: str) -> None:
    if loop not in LOOPS:
        raise Refused(f"no event loop {loop!r}: there are {' and '.join(LOOPS)}")
