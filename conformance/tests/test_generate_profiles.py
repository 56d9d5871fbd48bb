"""Profiles and databases: what is kept, for whom, and what is said of a name that means nothing."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.database import InMemoryExampleDatabase

from conformance.generate.effort import EXAMPLES
from conformance.generate.profiles import Keyed, database_of, settings_of
from conformance.protocol import AdapterError

REDIS = shutil.which("redis-server")


def test_a_thorough_run_does_more_than_a_quick_one() -> None:
    assert EXAMPLES["quick"] < EXAMPLES["ci"] < EXAMPLES["thorough"]
    assert settings_of("quick", None).max_examples == EXAMPLES["quick"]
    assert settings_of("ci", None).deadline is None


def test_subjects_do_not_share_a_database() -> None:
    """Hypothesis deletes what fails no more, and what one does wrong another does right."""
    shared = InMemoryExampleDatabase()
    one, other = Keyed(shared, "aiohttp", "differential"), Keyed(shared, "sanic", "differential")
    again = Keyed(shared, "aiohttp", "differential")
    one.save(b"key", b"value")
    assert set(again.fetch(b"key")) == {b"value"}
    assert set(other.fetch(b"key")) == set()
    other.delete(b"key", b"value")
    assert set(one.fetch(b"key")) == {b"value"}
    one.delete(b"key", b"value")
    assert set(again.fetch(b"key")) == set()


def found_with(name: str) -> tuple[int, int]:
    """What fails, looked for with a database by that name, and how many were tried."""
    tried: list[int] = []

    @settings(settings_of("ci", database_of(name), shrinks=True), max_examples=1000)
    @given(st.integers(0, 10**6))
    def is_small(number: int) -> None:
        tried.append(number)
        assert number < 777

    with pytest.raises(AssertionError):
        is_small()
    return tried[0], len(tried)


def test_a_folder_keeps_what_failed(tmp_path: Path) -> None:
    name = str(tmp_path / "made" / "here")
    found_with(name)
    first, tried = found_with(name)
    assert first == 777
    assert tried < 100


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Redis server of our own."""
    if REDIS is None:
        if os.environ.get("CI"):
            pytest.fail("CI is to have redis-server")
        pytest.skip("there is no redis-server here")
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    server = subprocess.Popen(
        [REDIS, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert server.stdout is not None
    said = ""
    while "Ready to accept connections" not in said:
        line = server.stdout.readline()
        assert line, said
        said += line
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait(10)
    server.stdout.close()


def test_machines_share_what_they_find_through_redis(redis: str) -> None:
    found_with(redis)
    first, tried = found_with(redis)  # by another client, which knows nothing but the URL
    assert first == 777
    assert tried < 100


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("redis://127.0.0.1:1/0", "is the server running?"),
        ("redis://127.0.0.1:nonsense", "--database redis://127.0.0.1:nonsense"),
        ("http://example.org", "a folder, redis://HOST:PORT/0 or github:OWNER/REPO is wanted"),
        ("github:nobody", "expected github:OWNER/REPO"),
        ("github:some/repo", "set GITHUB_TOKEN"),
        ("/dev/null/folder", "Not a directory"),
    ],
)
def test_a_name_that_means_nothing(name: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    with pytest.raises(AdapterError) as caught:
        database_of(name)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"--database {name}")


def test_none_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert database_of(None) is None
    assert database_of("none") is None


def test_github_is_read_beside_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Artifacts cannot be written, so what is found here is kept here."""
    monkeypatch.setenv("GITHUB_TOKEN", "not used: nothing is fetched")
    monkeypatch.chdir(tmp_path)
    database = database_of("github:some/repo")
    assert database is not None
    assert "GitHubArtifactDatabase" in repr(database)
    assert "DirectoryBasedExampleDatabase" in repr(database)
