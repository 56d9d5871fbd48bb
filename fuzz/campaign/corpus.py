"""Folders of inputs: read, added to, pruned.

Owns their names and their order. An input is a file of its octets; its name is theirs, so two
machines that find the same one have one file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

from conformance.protocol import AdapterError

from .findings import write

MOST_OF_A_RUN = 20_000
"""Inputs that one run adds. A target with more signatures tells its inputs apart too well."""
COMMITTED = Path(__file__).parents[1] / "corpus"
_LANGUAGE = {"router": "router"}
_SUFFIX = {"router": ".txt"}


def language_of(target: str) -> str:
    """The name of the folder of what the target reads."""
    return _LANGUAGE.get(target, "http")


def files(folder: Path) -> list[Path]:
    """The files of inputs in a folder. Raises AdapterError."""
    try:
        return sorted(path for path in folder.iterdir() if _is_input(path))
    except OSError as exc:
        raise AdapterError(f"{folder} is no folder that can be read: {exc.strerror}") from exc


def read(folder: Path) -> list[bytes]:
    """The inputs of a folder, smallest first. Raises AdapterError."""
    try:
        return ordered(path.read_bytes() for path in files(folder))
    except OSError as exc:
        raise AdapterError(f"{folder} cannot be read: {exc}") from exc


def committed(target: str) -> list[bytes]:
    """What everybody has of the inputs for a target."""
    folder = COMMITTED / language_of(target)
    return read(folder) if folder.is_dir() else []


def _is_input(path: Path) -> bool:
    return path.suffix in (".bin", ".txt") and not path.name.startswith(".") and path.is_file()


def ordered(inputs: Iterable[bytes]) -> list[bytes]:
    return sorted(set(inputs), key=lambda data: (len(data), data))


def file_of(target: str, data: bytes) -> str:
    return sha256(data).hexdigest()[:16] + _SUFFIX.get(language_of(target), ".bin")


class Corpus:
    """The folder of a run that is added to. What the run itself put there, it may take out again;
    what was there stays, until somebody prunes it."""

    def __init__(self, folder: Path, target: str) -> None:
        self._folder = folder
        self._target = target
        self._written: dict[str, Path] = {}

    def keep(self, signature: str, data: bytes) -> None:
        """Keep the smallest input of a signature, in the place of one of this run."""
        if len(self._written) >= MOST_OF_A_RUN and signature not in self._written:
            return
        path = self._folder / file_of(self._target, data)
        if path.exists():
            return
        write(path, data)
        before = self._written.get(signature)
        if before is not None:
            before.unlink(missing_ok=True)
        self._written[signature] = path


def prune(folder: Path, target: str, kept: Sequence[bytes]) -> tuple[int, int]:
    """Have the folder hold these inputs and no others; returns how many files were written, and
    how many taken out. Files that are no inputs stay."""
    names = {file_of(target, data): data for data in kept}
    there = files(folder)
    same = {path.read_bytes() for path in there}
    added = 0
    for name, data in names.items():
        if data not in same:
            write(folder / name, data)
            added += 1
    wanted = set(kept)
    seen: set[bytes] = set()
    taken = 0
    for path in there:
        data = path.read_bytes()
        if data not in wanted or data in seen:
            path.unlink()
            taken += 1
        seen.add(data)
    return added, taken
