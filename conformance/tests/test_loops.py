"""`--loop` of every bundled adapter: what it names is what the framework's server runs on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conformance.adapter.loops import use_loop
from conformance.driver import Command
from conformance.spec import Respond, Route, app

from .test_quiet import ask, serving

# Answers with where the loop comes from that runs it.
TELLS = """
import asyncio
from conformance.adapter import Adapter
from conformance.adapter.loops import parser
import conformance.adapters.NAME as module

[kind] = [one for one in vars(module).values() if isinstance(one, type)
          and issubclass(one, Adapter) and one.__module__ == module.__name__]

class Tells(kind):
    def responder(self, status, content_type):
        make = super().responder(status, content_type)
        return lambda request, body: make(request, type(asyncio.get_running_loop()).__module__)

Tells(*ARGUMENTS).main(parser().parse_args().loop)
"""
ADAPTERS = {
    "reference": "()", "miniature": "(frozenset(),)", "aiohttp": "()", "sanic": "()",
    "starlette": "()",
}  # fmt: skip
MODULES = {"asyncio": b"asyncio.", "uvloop": b"uvloop"}
HELLO = app(Route("r1", "GET", "/", Respond(200, "?")), quiet=True)


def telling(folder: Path, name: str, loop: str) -> Command:
    pytest.importorskip("uvloop")
    if name not in ("reference", "miniature"):
        pytest.importorskip(name)
    path = folder / "tells.py"
    path.write_text(TELLS.replace("NAME", name).replace("ARGUMENTS", ADAPTERS[name]))
    return Command([sys.executable, str(path), "--loop", loop], name)


@pytest.mark.parametrize("loop", MODULES)
@pytest.mark.parametrize("name", ADAPTERS)
async def test_the_entry_point_runs_on_the_loop_that_was_asked_for(
    name: str, loop: str, tmp_path: Path
) -> None:
    async with serving(telling(tmp_path, name, loop), HELLO, foreground=True) as running:
        status, body = await ask(running, "GET", "/")
        assert status == 200
        assert body.startswith(MODULES[loop])
        assert running.process is not None
        assert (", uvloop " in running.process.hello.runtime) is (loop == "uvloop")


@pytest.mark.parametrize("loop", MODULES)
async def test_so_do_applications_side_by_side(loop: str, tmp_path: Path) -> None:
    async with serving(telling(tmp_path, "aiohttp", loop), HELLO) as running:
        assert (await ask(running, "GET", "/"))[1].startswith(MODULES[loop])


def ended(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *argv], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["reference", "miniature", "guide"])
def test_no_such_loop(name: str) -> None:
    done = ended("-m", f"conformance.adapters.{name}", "--loop", "trio")
    assert done.returncode == 2
    assert "invalid choice: 'trio' (choose from" in done.stderr


def test_no_such_loop_in_a_program() -> None:
    with pytest.raises(ValueError, match="the loop 'trio' is none of: asyncio, uvloop"):
        use_loop("trio")


def test_no_uvloop_there() -> None:
    hidden = (
        "import runpy, sys; sys.modules['uvloop'] = None; sys.argv[1:] = ['--loop', 'uvloop'];"
        "runpy.run_module('conformance.adapters.miniature', run_name='__main__')"
    )
    done = ended("-c", hidden)
    assert done.returncode == 2
    [said] = done.stderr.splitlines()
    assert said.startswith("there is no uvloop in this environment")
    assert said.endswith("-m pip install uvloop`, or say --loop asyncio")


def test_what_else_stands_on_the_command_line_is_the_adapters_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "from conformance.adapter import Adapter\n"
        "class Mine(Adapter): ...\n"
        "mine = Mine()\n"
        "mine.main()\n"
        "print(mine.loop)\n"
    )
    done = ended(str(path), "MODE", "--lo", "--loop=asyncio", "-x", "7")
    assert done.returncode == 0, done.stderr
    assert done.stderr == "asyncio\n"  # where an adapter's output goes
