"""What of a repository is written at a revision, and that the repository stays as it was."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from benchmarks.checkouts import checkout
from benchmarks.command import Refused

WHO = {
    "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org",
}  # fmt: skip


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env={**os.environ, **WHO}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "more")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits; `first` is a tag, `next` a branch."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    (folder / "pyproject.toml").write_text("")
    (folder / ".gitignore").write_text("ignored.py\n")
    commit(folder, tiny="one", gone="x")
    git(folder, "tag", "first")
    git(folder, "branch", "next")
    commit(folder, tiny="two")
    return folder


def written(repository: Path, revision: str, into: Path) -> dict[str, str]:
    project = checkout(repository, revision).write(into)
    return {path.stem: path.read_text() for path in project.rglob("*.py")}


def test_a_revision(repository: Path, tmp_path: Path) -> None:
    assert written(repository, "first", tmp_path / "a") == {"tiny": "one", "gone": "x"}
    assert written(repository, "HEAD", tmp_path / "b") == {"tiny": "two", "gone": "x"}
    assert checkout(repository, "first").commit == git(repository, "rev-parse", "first^{commit}")


def test_the_working_tree_as_it_is(repository: Path, tmp_path: Path) -> None:
    (repository / "tiny.py").write_text("not committed")
    (repository / "new.py").write_text("not added")
    (repository / "ignored.py").write_text("")
    (repository / "gone.py").unlink()
    (repository / ".trueline").mkdir()
    (repository / ".trueline" / "ours.py").write_text("")
    expected = {"tiny": "not committed", "new": "not added"}
    assert written(repository, ".", tmp_path / "a") == expected
    assert checkout(repository, ".").commit == git(repository, "rev-parse", "HEAD") + "+"


def test_the_working_tree_is_another_when_a_file_is(repository: Path) -> None:
    before = checkout(repository, ".").identity
    assert checkout(repository, ".").identity == before
    (repository / "tiny.py").write_text("another")
    changed = checkout(repository, ".").identity
    (repository / "new.py").write_text("")
    assert len({before, changed, checkout(repository, ".").identity}) == 3


def test_the_repository_stays_as_it_was(repository: Path, tmp_path: Path) -> None:
    (repository / "tiny.py").write_text("not committed")

    def state() -> list[str]:
        asked = (["status", "--porcelain"], ["worktree", "list"], ["branch", "--all"])
        return [git(repository, *one) for one in asked]

    before = state()
    for number, revision in enumerate(("first", ".")):
        written(repository, revision, tmp_path / str(number))
    assert state() == before


def test_within_a_hook_too(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "another"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert written(repository, "first", tmp_path / "a")["tiny"] == "one"


def test_a_project_in_a_folder_of_the_repository(repository: Path, tmp_path: Path) -> None:
    inner = repository / "packages" / "inner"
    (inner / "source").mkdir(parents=True)
    (inner / "setup.py").write_text("")
    commit(repository)
    found = checkout(inner / "source", "HEAD")
    assert found.project == Path("packages/inner")
    assert found.title == "inner"
    assert found.write(tmp_path / "a") == tmp_path / "a" / "packages" / "inner"
    with pytest.raises(Refused, match=r"nothing to install at .*: no packages/inner/pyproject"):
        checkout(inner, "first").write(tmp_path / "b")


@pytest.mark.parametrize(
    ("revision", "said"),
    [
        ("frist", "did you mean 'first'"),
        ("0123456", "there is no revision '0123456'"),
        ("--help", "there is no revision '--help'"),
    ],
)
def test_a_revision_that_is_none(repository: Path, revision: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        checkout(repository, revision)


def test_a_branch_that_is_only_at_the_origin(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", str(repository), "clone")
    with pytest.raises(Refused, match="did you mean 'origin/next'"):
        checkout(tmp_path / "clone", "next")


def test_a_shallow_clone(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--depth", "1", repository.as_uri(), "clone")
    with pytest.raises(Refused, match="git fetch --unshallow"):
        checkout(tmp_path / "clone", "first")


def test_a_base_that_a_shallow_clone_has_fetched(repository: Path, tmp_path: Path) -> None:
    """As CI has it: a branch of one commit, and of the base one commit too."""
    git(repository, "checkout", "--quiet", "-b", "change", "first")
    commit(repository, tiny="changed")
    git(tmp_path, "clone", "--quiet", "--depth", "1", repository.as_uri(), "clone")
    clone = tmp_path / "clone"
    git(clone, "fetch", "--quiet", "--depth", "1", "origin", "main:refs/remotes/origin/main")
    before = git(clone, "status", "--porcelain"), git(clone, "for-each-ref")
    assert written(clone, "origin/main", tmp_path / "a")["tiny"] == "two"
    assert written(clone, "HEAD", tmp_path / "b")["tiny"] == "changed"
    assert (git(clone, "status", "--porcelain"), git(clone, "for-each-ref")) == before


def test_where_no_repository_is(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"is in no git repository.*: fatal: not a git repo"):
        checkout(tmp_path, "main")
    with pytest.raises(Refused, match="there is no folder"):
        checkout(tmp_path / "nowhere", "main")
