"""What a repository holds at a revision, written into a folder of one's own.

Owns the questions to git. The repository is read only: its working tree, index and list of
worktrees stay as they are. What is written is a clone that shares its objects, because many
projects ask git for their version when they are built.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .command import Refused

WORKING_TREE = "."
_PROJECT_FILES = ("pyproject.toml", "setup.py")
_OURS = ".trueline"
_GIVES_ANY_COMMIT = "git -c uploadpack.allowAnySHA1InWant=true upload-pack"


@dataclass(frozen=True)
class Checkout:
    """A project at a revision.

    top        the root of the repository
    project    the folder of the project, relative to that
    commit     in full; with "+" behind it for the working tree; "" where nothing is committed
    files      those of the working tree, relative to `top`; None for a commit
    identity   two of the same have the same content
    """

    top: Path
    project: Path
    commit: str
    files: tuple[Path, ...] | None
    identity: str

    @property
    def title(self) -> str:
        return (self.top / self.project).resolve().name

    def write(self, folder: Path) -> Path:
        """Write it into `folder`, which does not exist; returns the folder of the project.

        Raises Refused when there is no project at that revision.
        """
        _git(self.top, "clone", "--quiet", "--shared", "--no-checkout", str(self.top), str(folder))
        if self.files is None:
            self._check_out(folder)
        else:
            _copy(self.files, self.top, folder)
        project = folder / self.project
        if not any((project / name).exists() for name in _PROJECT_FILES):
            raise Refused(
                f"there is nothing to install at {self.commit[:10]}: no "
                f"{' and no '.join(str(self.project / name) for name in _PROJECT_FILES)}"
            )
        return project

    def _check_out(self, folder: Path) -> None:
        if not _ask(folder, "cat-file", "-t", self.commit):
            # A shallow repository shares no objects: its clone has what its own branches lead to,
            # and not what it has fetched of others.
            _git(folder, "fetch", "--quiet", "--depth", "1", "--upload-pack", _GIVES_ANY_COMMIT,
                 str(self.top), self.commit)  # fmt: skip
        _git(folder, "checkout", "--quiet", "--detach", self.commit)
        if (folder / ".gitmodules").exists():
            # Addresses relative to the origin are meant relative to the origin of the repository.
            origin = _ask(self.top, "config", "--get", "remote.origin.url")
            if origin:
                _git(folder, "config", "remote.origin.url", origin)
            _git(folder, "submodule", "--quiet", "update", "--init", "--recursive")


def checkout(repository: Path, revision: str) -> Checkout:
    """The project around the folder `repository` at a revision; "." is the working tree as it is.

    Raises Refused where there is no repository, no such revision or no project.
    """
    if shutil.which("git") is None:
        raise Refused("revisions need git, which is not installed here")
    if not repository.is_dir():
        raise Refused(f"there is no folder {repository}")
    found = _run(repository, ("rev-parse", "--show-toplevel"))
    if found.returncode != 0:
        raise Refused(
            f"{repository.resolve()} is in no git repository that can be read, so it has no "
            f"revision {revision!r}: {found.stderr.strip()}"
        )
    top = Path(found.stdout.removesuffix("\n")).resolve()
    project = _project(repository.resolve(), top)
    if revision == WORKING_TREE:
        return _working_tree(top, project)
    commit = _commit(top, revision)
    return Checkout(top, project, commit, None, f"{top}\0{project}\0{commit}")


def _project(folder: Path, top: Path) -> Path:
    """The nearest folder of a project, from `folder` outwards; the root where there is none now."""
    for one in (folder, *folder.parents):
        if any((one / name).exists() for name in _PROJECT_FILES):
            return one.relative_to(top)
        if one == top:
            break
    return Path()


def _commit(top: Path, revision: str) -> str:
    ask = ("rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}")
    commit = _ask(top, *ask)
    if commit:
        return commit
    names = _ask(top, "for-each-ref", "--format=%(refname:short)").splitlines()
    close = [name for name in names if name.endswith(f"/{revision}")]
    close += difflib.get_close_matches(revision, names, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    if _ask(top, "rev-parse", "--is-shallow-repository") == "true":
        hint += "The repository is a shallow clone: fetch more of it (`git fetch --unshallow`). "
    raise Refused(
        f"there is no revision {revision!r} in {top}: {hint}`git branch --all` and `git tag` list "
        "what there is"
    )


def _working_tree(top: Path, project: Path) -> Checkout:
    commit = _ask(top, "rev-parse", "--verify", "--quiet", "HEAD")
    listed = _git(top, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = sorted({name for name in listed.split("\0") if name})
    files = tuple(Path(name) for name in names if Path(name).parts[0] != _OURS)
    return Checkout(top, project, f"{commit}+", files, f"{top}\0{project}\0{_digest(top, files)}")


def _digest(top: Path, files: tuple[Path, ...]) -> str:
    digest = hashlib.sha256()
    for file in _with_submodules(top, files):
        path = top / file
        if path.is_symlink():
            content = os.fsencode(path.readlink())
        elif path.is_file():
            content = path.read_bytes()
        else:
            continue  # removed, and that not committed
        digest.update(f"{file}\0{path.lstat().st_mode & 0o111}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _with_submodules(top: Path, files: tuple[Path, ...]) -> Iterator[Path]:
    """The files, and those in folders that git lists as one thing: submodules."""
    for file in files:
        path = top / file
        if not path.is_dir() or path.is_symlink():
            yield file
            continue
        for parent, folders, names in os.walk(path):
            folders[:] = sorted(set(folders) - {".git", "__pycache__"})
            relative = Path(parent).relative_to(top)
            yield from (relative / name for name in sorted(names) if name != ".git")


def _copy(files: tuple[Path, ...], top: Path, folder: Path) -> None:
    for file in _with_submodules(top, files):
        if (top / file).is_symlink() or (top / file).is_file():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(top / file, folder / file, follow_symlinks=False)


# -- git ------------------------------------------------------------------------------------------


def _git(folder: Path, *arguments: str) -> str:
    """Its output. Raises Refused with what it said when it fails."""
    done = _run(folder, arguments)
    if done.returncode != 0:
        said = done.stderr.strip() or f"exit status {done.returncode}"
        raise Refused(f"`git {' '.join(arguments)}` failed in {folder}: {said}")
    return done.stdout


def _ask(folder: Path, *arguments: str) -> str:
    """Its output, stripped; "" when it fails."""
    done = _run(folder, arguments)
    return done.stdout.strip() if done.returncode == 0 else ""


def _run(folder: Path, arguments: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    # In a hook, git says by variables which repository is meant, whatever the folder.
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
    }
    return subprocess.run(
        ["git", *arguments],
        cwd=folder, env={**env, "GIT_TERMINAL_PROMPT": "0"}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, errors="surrogateescape", check=False,
    )  # fmt: skip
