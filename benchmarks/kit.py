"""What a subject gets from this project, and nothing else of it: the kit, the adapters, the peers.

Owns the folder with copies of these, and the variables that a subject runs with.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.driver import Command
from conformance.subject import PACKAGE, put_kit

from .command import Refused

ROOT = PACKAGE.parent
_HERE = Path(__file__).parent
_PEERS = _HERE / "peers"

_ASK_VERSIONS = """
import importlib.metadata, json, platform, sys
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        found[name] = ""
found["python"] = platform.python_implementation() + " " + platform.python_version()
print(json.dumps(found))
"""


def kit_folder(folder: Path) -> Path:
    """The copies, in a folder within `folder` that is named by their content. Raises Refused where
    nothing can be written."""
    kit = folder.resolve() / f"kit-{_digest()}"
    if kit.exists():
        return kit
    try:
        kit.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix="kit-", dir=kit.parent))
    except OSError as exc:
        raise Refused(f"cannot keep anything in {folder}: {exc.strerror}") from exc
    put_kit(making)
    peers = making / _HERE.name / _PEERS.name
    shutil.copytree(_PEERS, peers, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(_HERE / "__init__.py", peers.parent)
    try:
        making.rename(kit)
    except OSError:  # another run was first
        shutil.rmtree(making)
    return kit


def _digest() -> str:
    digest = hashlib.sha256()
    for path in _sources():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def _sources() -> Iterator[Path]:
    for part in (PACKAGE / "adapter", PACKAGE / "adapters", _PEERS):
        yield from sorted(part.rglob("*.py"))


def environ(kit: Path | None) -> dict[str, str]:
    """The variables of a subject: where it has an environment of its own, with nothing but the kit
    before what is installed there; else with the path of this process, from whatever folder."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONHOME"}
    given = env.pop("PYTHONPATH", "")
    if kit is not None:
        env["PYTHONPATH"] = str(kit)
    elif given:
        folders = [str(Path(one).absolute()) for one in given.split(os.pathsep) if one]
        env["PYTHONPATH"] = os.pathsep.join(folders)
    return env


def versions_of(command: Command, packages: Sequence[str]) -> dict[str, str]:
    """Which of each package is installed where `command` runs, "" for none; and of "python".

    Raises Refused when its interpreter cannot be run.
    """
    run = [command.argv[0], "-c", _ASK_VERSIONS, *packages]
    try:
        done = subprocess.run(
            run, env=command.env, cwd=command.cwd, capture_output=True, text=True, check=False
        )
    except OSError as exc:
        raise Refused(f"cannot run {command.argv[0]}: {exc.strerror}") from exc
    if done.returncode != 0:
        raise Refused(f"{command.argv[0]} is no Python that can be used:\n{done.stderr.strip()}")
    found: dict[str, str] = json.loads(done.stdout)
    return found
