"""How subjects are named, what is said of wrong names, and what a subject meets where it runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import environments, kit, subjects
from benchmarks.asking import subject_info
from benchmarks.command import Refused
from benchmarks.naming import Name, parse
from benchmarks.subjects import subject, subject_at
from conformance.subject import PACKAGE

ROOT = PACKAGE.parent
ADAPTER = """
import tiny
from conformance.adapter import Adapter

class Mine(Adapter):
    name = "mine"
    version = tiny.version

Mine().main()
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "bench"


# -- Names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("aiohttp", Name("adapter", "aiohttp")),
        ("aiohttp==3.9.5", Name("adapter", "aiohttp", version="3.9.5")),
        ("aiohttp@venv/bin/python", Name("adapter", "aiohttp", python="venv/bin/python")),
        ("my_adapter.py", Name("adapter", "my_adapter.py")),
        ("my_adapter.py@venv", Name("adapter", "my_adapter.py", python="venv")),
        ("my.module", Name("adapter", "my.module")),
        ("peer:bare", Name("peer", "bare")),
        ("peer:aiohttp", Name("peer", "aiohttp")),
        ("socketify", Name("peer", "socketify")),
        ("robyn@venv", Name("peer", "robyn", python="venv")),
        ("peer:granian==2.8.7", Name("peer", "granian", version="2.8.7")),
        ("cmd:node adapter.mjs", Name("command", "node adapter.mjs")),
    ],
)
def test_names(text: str, name: Name) -> None:
    assert parse(text) == name


def test_a_path_that_is_there_is_no_environment(here: Path) -> None:
    (here / "odd@name.py").touch()
    assert parse("odd@name.py") == Name("adapter", "odd@name.py")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no subject"),
        ("aiohttp==", "names no subject"),
        ("aiohttp@", "names no subject"),
        ("==3", "names no subject"),
        ("aiohttp==3 --index-url=x", "is no version"),
        ("peer:socketfy", "did you mean 'socketify'"),
        ("peer:", "names no subject"),
        ("socketfy", "did you mean 'socketify'"),
        ("aiohtp", "did you mean 'aiohttp'"),
        ("aiohtp==3.9", "did you mean 'aiohttp'"),
        ("my_adapter.py==1", "name an environment: FILE@PATH"),
        ("miniature==1", "is a part of the harness"),
        ("miniature@" + sys.prefix, "is a part of the harness"),
        ("missing.py", "there is no file missing.py"),
        ("a" * 300 + ".py", "there is no file aaa"),
        ("node adapter.mjs", 'a program is named cmd:"..."'),
        ("aiohttp@/nowhere", "there is no Python interpreter '/nowhere'"),
        ("cmd:", "is to be followed by a command"),
        ("cmd:node 'x", "No closing quotation"),
        ("cmd:/no/such/program", "cannot run '/no/such/program'"),
    ],
)
async def test_what_is_said_of_wrong_names(text: str, said: str, here: Path, folder: Path) -> None:
    with pytest.raises(Refused, match=said):
        await subject(text, folder=folder)


async def test_no_such_loop(folder: Path) -> None:
    with pytest.raises(Refused, match="there are asyncio and uvloop"):
        await subject("reference", loop="trio", folder=folder)


# -- Here -----------------------------------------------------------------------------------------


async def test_a_bundled_adapter_is_not_looked_for_in_the_current_folder(
    here: Path, folder: Path
) -> None:
    for name in ("conformance", "reference"):
        (here / name).mkdir()
        (here / name / "__init__.py").write_text("raise RuntimeError('this is another one')")
    found = await subject("reference", folder=folder)
    assert found.label == "reference"
    assert found.kind == "adapter"
    assert found.versions["loop"] == "asyncio"
    assert found.versions["python"].split()[1] == ".".join(map(str, sys.version_info[:3]))
    assert "reference" in found.versions


async def test_a_file_and_a_module_are(here: Path, folder: Path) -> None:
    (here / "tiny.py").write_text("version = 'here'")
    (here / "mine.py").write_text(ADAPTER)
    for text in ("mine.py", "mine"):
        assert (await subject(text, folder=folder)).versions["mine"] == "here"


async def test_a_command(here: Path, folder: Path) -> None:
    (here / "tiny.py").write_text("version = 'here'")
    (here / "an adapter.py").write_text(ADAPTER)
    name = f"cmd:{sys.executable} 'an adapter.py'"
    found = await subject(name, loop="uvloop", folder=folder)
    assert found.versions["mine"] == "here"
    assert "loop" not in found.versions, "its loop is its own affair"


async def test_an_event_loop_is_an_argument(folder: Path) -> None:
    found = await subject("reference", folder=folder)
    other = await subject("reference", loop="uvloop", folder=folder)
    assert list(other.command.argv) == [*found.command.argv, "--loop", "uvloop"]
    assert (other.loop, other.versions["loop"]) == ("uvloop", "uvloop")


async def test_an_adapter_without_a_version_keeps_its_name(here: Path, folder: Path) -> None:
    (here / "tiny.py").write_text("version = ''")
    (here / "mine.py").write_text(ADAPTER)
    assert subject_info(await subject("mine.py", folder=folder)).name == "mine"


async def test_a_folder_that_nothing_can_be_kept_in(here: Path) -> None:
    (here / "file").touch()
    with pytest.raises(Refused, match=r"cannot keep anything in .*file: File exists"):
        await subject("reference", folder=here / "file")


def test_the_path_of_this_process_from_any_folder(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["more", "/absolute", ""]))
    given = kit.environ(None)["PYTHONPATH"]
    assert given == os.pathsep.join([str(here / "more"), "/absolute"])
    assert kit.environ(Path("/kit"))["PYTHONPATH"] == "/kit"


# -- In an environment ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One with the module `tiny`."""
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    [packages] = folder.glob("lib/python*/site-packages")
    (packages / "tiny.py").write_text("version = 'there'")
    (packages / "mine_there.py").write_text(ADAPTER)
    return folder


async def test_what_is_installed_there_and_not_what_lies_here(
    here: Path, folder: Path, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(here))
    (here / "tiny.py").write_text("version = 'here'")
    (here / "beside.py").write_text("")
    (here / "mine.py").write_text("import beside\n" + ADAPTER)
    for text in (f"mine.py@{environment}", f"mine_there@{environment}"):
        found = await subject(text, folder=folder)
        assert found.label == text
        assert found.versions["mine"] == "there"
    found = await subject("mine.py", python=str(environment), folder=folder)
    assert found.versions["mine"] == "there"


async def test_a_framework_that_is_not_installed_there(folder: Path, environment: Path) -> None:
    with pytest.raises(Refused, match="is aiohttp installed there"):
        await subject(f"aiohttp@{environment}", folder=folder)
    with pytest.raises(Refused, match=r"peer:bare.*: httptools is not installed there"):
        await subject(f"peer:bare@{environment}", folder=folder)


async def test_the_kit_is_all_that_a_subject_gets(folder: Path) -> None:
    made = kit.kit_folder(folder)
    assert kit.kit_folder(folder) == made
    assert sorted(path.name for path in made.iterdir()) == ["benchmarks", "conformance"]
    assert sorted(path.name for path in (made / "benchmarks").iterdir()) == [
        "__init__.py",
        "peers",
    ]


async def test_a_version_is_installed_with_what_goes_with_it(
    folder: Path, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def made(requirement: str, **more: object) -> environments.Environment:
        asked.append((requirement, more["also"], more["python"]))
        return environments.Environment(environment)

    monkeypatch.setattr(subjects, "environment_for_version", made)
    for text in ("starlette==0.40", "reference==0.1.0", "blacksheep==2.6"):
        with pytest.raises(Refused, match=r"installed there|No module named 'reference'"):
            await subject(text, loop="uvloop", python="python3.11", folder=folder)
    assert asked == [
        ("starlette==0.40", ["uvicorn", "httptools", "python-multipart", "uvloop"], "python3.11"),
        ("trueline==0.1.0", ["uvloop"], "python3.11"),
        ("blacksheep==2.6", ["uvicorn", "httptools", "uvloop"], "python3.11"),
    ]


# -- Peers ----------------------------------------------------------------------------------------


async def test_a_peer(folder: Path) -> None:
    found = await subject("peer:bare", folder=folder)
    assert found.kind == "peer"
    assert set(found.versions) == {"httptools", "python", "loop"}
    assert list(found.command.argv[1:]) == ["-m", "benchmarks.peers.bare"]


async def test_a_peer_that_is_not_installed(
    here: Path, folder: Path, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subjects, "find_spec", lambda name: None)
    with pytest.raises(Refused, match=r"socketify is not installed here: `make bench-peers`"):
        await subject("socketify", folder=folder)
    (here / ".venv-peers").symlink_to(environment)
    with pytest.raises(Refused, match=r"\.venv-peers/bin/python -m pip install socketify"):
        await subject("socketify", folder=folder)


# -- Revisions ------------------------------------------------------------------------------------


async def test_a_revision(
    here: Path, folder: Path, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "mine.py").write_text(ADAPTER)
    asked: list[object] = []

    def made(repository: Path, revision: str, **more: object) -> environments.Environment:
        asked.append((repository, revision, more["also"]))
        return environments.Environment(environment, "abc")

    monkeypatch.setattr(subjects, "environment_for_revision", made)
    found = await subject_at("mine.py", "main", repository=here, folder=folder)
    assert (found.label, found.versions["commit"]) == ("mine.py@main", "abc")
    assert found.versions["mine"] == "there"
    with pytest.raises(Refused, match="aiohttp installed there"):
        await subject_at("aiohttp", ".", repository=here, loop="uvloop", folder=folder)
    assert asked == [(here, "main", []), (here, ".", ["aiohttp", "uvloop"])]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cmd:node x.mjs", "a command cannot be run at a revision"),
        ("aiohttp==3.9", "names an environment, and 'main' another"),
        ("aiohttp@venv", "names an environment, and 'main' another"),
    ],
)
async def test_what_has_no_revisions(text: str, said: str, here: Path, folder: Path) -> None:
    with pytest.raises(Refused, match=said):
        await subject_at(text, "main", repository=here, folder=folder)
