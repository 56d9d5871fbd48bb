"""What people may name as a subject, what is said of a wrong name, and that a subject in another
interpreter meets the kit and nothing else of the harness."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.driver import Command
from conformance.protocol import AdapterError
from conformance.subject import PACKAGE, bundled, command_for, command_of, put_kit

GUIDE_API = "class Application: ...\nclass Response: ...\ndef run_app(app): ...\n"
WITH_KIT = "from conformance.adapter import Adapter\nclass Mine(Adapter): ...\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, where people keep what they name."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    return tmp_path / "kit"


def guide(target: str) -> list[str]:
    return [sys.executable, "-m", "conformance.adapters.guide", target]


# -- Bundled -------------------------------------------------------------------------------------


def test_the_bundled_adapters() -> None:
    names = bundled()
    assert {"aiohttp", "miniature", "reference", "sanic", "starlette"} <= set(names)
    assert names == sorted(names)
    assert not {"__init__", "guide"} & set(names), "these are no subjects"


def test_a_bundled_adapter(kit: Path) -> None:
    command = command_for("starlette", None, kit)
    assert command.argv == [sys.executable, "-m", "conformance.adapters.starlette"]
    assert command.label == "starlette"
    assert command.advice == (
        "is starlette installed here? `pip install starlette uvicorn`, or name an environment that "
        "has it: --python PATH"
    )
    assert not kit.exists()


@pytest.mark.parametrize("name", ["reference", "miniature"])
def test_what_needs_no_package_gets_no_advice_to_install_one(name: str, kit: Path) -> None:
    assert command_for(name, None, kit).advice == ""


# -- Modules and files ---------------------------------------------------------------------------


def test_a_module_with_the_api_of_the_guide(here: Path, kit: Path) -> None:
    (here / "mysketch.py").write_text(GUIDE_API)
    command = command_for("mysketch", None, kit)
    assert (command.argv, command.label) == (guide("mysketch"), "mysketch")


def test_a_module_that_is_an_adapter(here: Path, kit: Path) -> None:
    (here / "my_adapter.py").write_text(WITH_KIT)
    command = command_for("my_adapter", None, kit)
    assert command.argv == [sys.executable, "-m", "my_adapter"]


@pytest.mark.parametrize(
    ("name", "source", "argv"),
    [
        ("mysketch.py", GUIDE_API, guide("mysketch.py")),
        ("my_adapter.py", WITH_KIT, [sys.executable, "my_adapter.py"]),
        ("./sub/my_adapter.py", WITH_KIT, [sys.executable, "sub/my_adapter.py"]),
        ("./sub/mysketch", GUIDE_API, guide("sub/mysketch")),
    ],
)
def test_a_file(here: Path, kit: Path, name: str, source: str, argv: list[str]) -> None:
    (here / "sub").mkdir()
    (here / name).write_text(source)
    assert command_for(name, None, kit).argv == argv


def test_a_package(here: Path, kit: Path) -> None:
    package = here / "sketch"
    package.mkdir()
    (package / "__init__.py").write_text(GUIDE_API)
    assert command_for("sketch", None, kit).argv == guide("sketch")
    (package / "__main__.py").write_text(WITH_KIT)
    assert command_for("sketch", None, kit).argv == [sys.executable, "-m", "sketch"]


def test_a_package_without_an_init(here: Path, kit: Path) -> None:
    (here / "sketch").mkdir()
    (here / "sketch" / "web.py").write_text(GUIDE_API)
    assert command_for("sketch", None, kit).argv == guide("sketch")
    assert command_for("sketch.web", None, kit).argv == guide("sketch.web")


def test_a_module_is_found_without_being_run(here: Path, kit: Path) -> None:
    (here / "loud.py").write_text("raise SystemExit('it was run')\n")
    assert command_for("loud", None, kit).argv == guide("loud")


def test_what_a_package_prints_is_not_taken_for_a_place(here: Path, kit: Path) -> None:
    (here / "chatty").mkdir()
    (here / "chatty" / "__init__.py").write_text("print('hello')\n")
    (here / "chatty" / "adapter.py").write_text(WITH_KIT)
    command = command_for("chatty.adapter", None, kit)
    assert command.argv == [sys.executable, "-m", "chatty.adapter"]


def test_any_command() -> None:
    command = command_of(["./bin/adapter.mjs", "--quiet"])
    assert (command.argv, command.label) == (["./bin/adapter.mjs", "--quiet"], "adapter.mjs")
    assert command.env == dict(os.environ)


# -- Wrong names ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["no_such_module_anywhere", "no_such.module", "aiohtp", "guide", "-x", "a b", "", "a..b"],
)
def test_a_name_that_means_nothing(here: Path, kit: Path, name: str) -> None:
    with pytest.raises(AdapterError) as caught:
        command_for(name, None, kit)
    text = str(caught.value)
    assert text.startswith(f"no subject {name!r}: ")
    assert "\n" not in text
    assert "(aiohttp, miniature, reference, sanic, starlette)" in text


def test_a_name_that_is_nearly_one(here: Path, kit: Path) -> None:
    with pytest.raises(AdapterError, match=r"did you mean 'aiohttp'\?"):
        command_for("aiohtp", None, kit)


@pytest.mark.parametrize("name", ["nothing.py", "./nothing", "/no/such/adapter.py"])
def test_a_file_that_is_not_there(here: Path, kit: Path, name: str) -> None:
    with pytest.raises(AdapterError) as caught:
        command_for(name, None, kit)
    assert str(caught.value) == f"there is no file {name}"


@pytest.mark.parametrize("python", ["no-such-python-anywhere", "./notes.txt", "."])
def test_an_interpreter_that_is_none(here: Path, kit: Path, python: str) -> None:
    (here / "notes.txt").write_text("no program")
    with pytest.raises(AdapterError) as caught:
        command_for("reference", python, kit)
    assert str(caught.value) == (
        f"--python {python}: there is no such interpreter; name one, or the folder of a virtual "
        "environment"
    )
    assert not kit.exists()


# -- Another interpreter -------------------------------------------------------------------------


def linked(folder: Path) -> Path:
    """An interpreter that has another name than this one."""
    (folder / "bin").mkdir()
    path = folder / "bin" / "python"
    path.symlink_to(sys.executable)
    return path


def test_a_bundled_adapter_in_another_interpreter(here: Path, kit: Path) -> None:
    python = linked(here)
    command = command_for("aiohttp", str(python), kit)
    assert command.argv == [str(python), "-m", "conformance.adapters.aiohttp"]
    assert command.advice == f"is aiohttp installed there? `{python} -m pip install aiohttp`"
    assert command.env is not None
    assert command.env["PYTHONPATH"].split(os.pathsep)[0] == str(kit)


def test_the_folder_of_a_virtual_environment_names_its_interpreter(here: Path, kit: Path) -> None:
    linked(here)
    command = command_for("aiohttp", ".", kit)
    assert command.argv[0] == str(Path("bin", "python"))


def test_what_the_user_has_on_the_path_stays_there(
    here: Path, kit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "lib").mkdir()
    (here / "lib" / "mysketch.py").write_text(GUIDE_API)
    monkeypatch.setenv("PYTHONPATH", str(here / "lib"))
    command = command_for("mysketch", sys.executable, kit)
    assert command == Command(
        guide("mysketch"),
        "mysketch",
        {**os.environ, "PYTHONPATH": os.pathsep.join([str(kit), str(here / "lib")])},
    )


def test_the_kit_is_all_that_is_copied(kit: Path) -> None:
    put_kit(kit)
    copied = {path.relative_to(kit / "conformance") for path in kit.rglob("*") if path.is_file()}
    ours = {
        path.relative_to(PACKAGE)
        for part in ("adapter", "adapters")
        for path in (PACKAGE / part).rglob("*.py")
    }
    assert copied == {Path("__init__.py"), *ours}
    assert [path.name for path in kit.iterdir()] == ["conformance"]


ALONE = """
import sys
sys.path.insert(0, sys.argv[1])
import conformance.adapter
foreign = {name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)
print(sorted(foreign - {"__main__", "conformance"}))
for name in ("conformance.judge", "conformance.protocol", "jsonschema"):
    try:
        __import__(name)
    except ModuleNotFoundError as exc:
        print(exc.name)
"""


def test_with_the_kit_alone_there_is_the_kit_alone(kit: Path) -> None:
    put_kit(kit)
    # Isolated and without site-packages: no path but the library's and the one that is given.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", ALONE, str(kit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "[]",
        "conformance.judge",
        "conformance.protocol",
        "jsonschema",
    ]


@pytest.mark.parametrize(
    "path", [PACKAGE / "__init__.py", *(PACKAGE / "adapter").glob("*.py")], ids=lambda one: one.stem
)
def test_the_kit_is_in_the_grammar_of_python_3_8(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
    # `A | B` in an annotation is no matter of grammar, but is not evaluated only with this:
    if path.parent.name == "adapter" and any(isinstance(one, ast.arg) for one in ast.walk(tree)):
        imported = {
            name.name
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and node.module == "__future__"
            for name in node.names
        }
        assert imported == {"annotations"}
